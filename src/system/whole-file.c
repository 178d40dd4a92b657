/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Reads and writes files whole. */

#include "system/whole-file.h"

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

/* Puts a file of mode 0600 with that text into the place of what was there, by rename: a reader has the old text or
 * the new one. For what need not outlive a loss of power. The file is FILE.new until then. Returns 0, or a negative
 * errno: what was there is there still. */
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

/* How many bytes there may be at once: a pipe and a file of procfs have no size. */
static size_t guess_size(const struct stat *st) {
        return S_ISREG(st->st_mode) && st->st_size > 0 ? (size_t) st->st_size : 4096;
}

/* Reads what is left of an open file or pipe. No copy of it is left in memory that was given up, since it may be a
 * key.
 *
 * Returns 0, with text and a NUL behind it, to be freed by the caller; -EFBIG when there are more than "max" bytes; or
 * another negative errno. */
int wgp_read_fd(int fd, size_t max, char **ret, size_t *ret_size) {
        size_t n = 0, allocated = 0;
        char *text = NULL;
        struct stat st;
        ssize_t k = -1;
        int r;

        if (fstat(fd, &st) < 0)
                return -errno;
        r = S_ISREG(st.st_mode) && st.st_size > (off_t) max ? -EFBIG : 0;
        while (r >= 0 && k != 0) {
                if (!wgp_grow(&text, &allocated, WGP_MAX(n, guess_size(&st)) + 2, 1)) { /* the end, and a NUL */
                        r = -ENOMEM;
                        break;
                }
                k = read(fd, text + n, allocated - n - 1);
                if (k < 0 && errno != EINTR)
                        r = -errno;
                else if (k > 0)
                        n += (size_t) k;
                if (n > max)
                        r = -EFBIG;
        }
        if (r < 0) {
                wgp_wipe_free(text, n);
                return r;
        }
        text[n] = 0;
        *ret = text;
        *ret_size = n;
        return 0;
}

/* Reads a file of ours, no link. Returns as above. */
int wgp_read_file(int directory, const char *file, size_t max, char **ret, size_t *ret_size) {
        _cleanup_(wgp_closep) int fd = openat(directory, file, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);

        return fd < 0 ? -errno : wgp_read_fd(fd, max, ret, ret_size);
}
