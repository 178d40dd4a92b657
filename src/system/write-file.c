/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "system/write-file.h"

#include <fcntl.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

#include "system/root-path.h"

/* Writes all of it, however many calls that takes. Returns 0 or a negative errno; a part may be written, then. */
int wgp_write_all(int fd, const char *data, size_t size) {
        while (size > 0) {
                ssize_t n = write(fd, data, size);

                if (n < 0 && errno != EINTR)
                        return -errno;
                if (n > 0) {
                        data += n;
                        size -= (size_t) n;
                }
        }
        return 0;
}

/* Puts a file of mode 0600 with that text into the place of what was there, by rename: a reader has the old text or the
 * new one. For what need not outlive a loss of power. The file is FILE.new until then. Returns 0, or a negative errno:
 * what was there is there still. */
int wgp_write_file(int directory, const char *file, const char *text) {
        _cleanup_(wgp_closep) int fd = -EBADF;
        _cleanup_(freep) char *new = NULL;
        int r;

        if (asprintf(&new, "%s.new", file) < 0) {
                new = NULL;
                return -ENOMEM;
        }
        fd = openat(directory, new, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, 0600);
        if (fd < 0)
                return -errno;
        r = wgp_write_all(fd, text, strlen(text));
        if (r >= 0 && renameat(directory, new, directory, file) < 0)
                r = -errno;
        if (r < 0)
                (void) unlinkat(directory, new, 0);
        return r;
}
