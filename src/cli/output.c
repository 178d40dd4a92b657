/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Output: standard output, or a new file that nobody else reads. */

#include "cli/output.h"

#include <fcntl.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

#include "system/whole-file.h"

/* Writes to standard output, behind what stdio has of it. Returns 0, or a negative errno. */
int wgp_output_write(const char *data, size_t size) {
        if (fflush(stdout) != 0)
                return -errno;
        return wgp_write_all(STDOUT_FILENO, data, size);
}

/* Makes a file of mode 0600 with that content. Returns 0, or a negative errno: -EEXIST when there is one already. A
 * file that could not be completed is removed. */
int wgp_output_create(const char *path, const char *data, size_t size) {
        int fd, r;

        fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
        if (fd < 0)
                return -errno;

        r = fchmod(fd, 0600) < 0 ? -errno : wgp_write_all(fd, data, size); /* whatever the umask took away */
        if (r >= 0 && fsync(fd) < 0)
                r = -errno;
        if (close(fd) < 0 && r >= 0)
                r = -errno;
        if (r < 0)
                (void) unlink(path);
        return r;
}

/* Puts a file with that content and mode into the place of what was there, at once: a reader has the old text or the
 * new one, also after a crash. The new file lies in the same directory until then, under a name that begins with a
 * dot.
 *
 * Returns 0, or a negative errno; the old file is there still, then. */
int wgp_output_replace(const char *path, const char *data, size_t size, unsigned mode) {
        const char *slash = strrchr(path, '/'), *base = slash ? slash + 1 : path;
        _cleanup_(freep) char *temporary = NULL;
        int fd, r;

        if (asprintf(&temporary, "%.*s.%s.XXXXXX", (int) (base - path), path, base) < 0) {
                temporary = NULL;
                return -ENOMEM;
        }
        fd = mkostemp(temporary, O_CLOEXEC);
        if (fd < 0)
                return -errno;
        r = fchmod(fd, mode) < 0 ? -errno : wgp_write_all(fd, data, size);
        if (r >= 0 && fsync(fd) < 0)
                r = -errno;
        if (close(fd) < 0 && r >= 0)
                r = -errno;
        if (r >= 0 && rename(temporary, path) < 0)
                r = -errno;
        if (r < 0)
                (void) unlink(temporary);
        return r;
}
