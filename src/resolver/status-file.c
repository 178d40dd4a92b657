/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Status files: the edge. Replaced by rename, so that a reader sees the old text or the new one. */

#include <fcntl.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

#include "resolver/status.h"
#include "system/root-path.h"

enum {
        SIZE_MAX_READ = 64 << 20, /* bytes; ten thousand names take 5 MB */
};

static char *file_name(const char *name, const char *suffix) {
        char *s;

        return asprintf(&s, "%s%s", name, suffix) < 0 ? NULL : s;
}

static int write_all(int fd, const char *text) {
        for (size_t left = strlen(text); left > 0;) {
                ssize_t n = write(fd, text, left);

                if (n < 0)
                        return -errno;
                text += n;
                left -= (size_t) n;
        }
        return 0;
}

/* Writes what is known of the names of a tunnel. Returns 0 or a negative errno. */
int wgp_status_write(int directory, const WgpTunnel *tunnel) {
        _cleanup_(freep) char *file = file_name(tunnel->name, WGP_STATUS_SUFFIX);
        _cleanup_(freep) char *new = file_name(tunnel->name, WGP_STATUS_SUFFIX ".new");
        _cleanup_(freep) char *text = NULL;
        _cleanup_(wgp_closep) int fd = -EBADF;
        int r;

        if (!file || !new)
                return -ENOMEM;
        r = wgp_status_format(tunnel, &text);
        if (r < 0)
                return r;

        fd = openat(directory, new, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, 0600);
        if (fd < 0)
                return -errno;
        r = write_all(fd, text);
        if (r >= 0 && renameat(directory, new, directory, file) < 0)
                r = -errno;
        if (r < 0)
                (void) unlinkat(directory, new, 0);
        return r;
}

static int read_all(int fd, char **ret, size_t *ret_size) {
        _cleanup_(freep) char *text = NULL;
        struct stat st;
        ssize_t n;

        if (fstat(fd, &st) < 0)
                return -errno;
        if (st.st_size > SIZE_MAX_READ)
                return -EFBIG;
        text = malloc((size_t) st.st_size + 1);
        if (!text)
                return -ENOMEM;
        n = read(fd, text, (size_t) st.st_size); /* a file of tmpfs: all of it, or an error */
        if (n < 0)
                return -errno;
        *ret = TAKE_PTR(text);
        *ret_size = (size_t) n;
        return 0;
}

/* Takes over what an earlier run has written. Returns 0 or a negative errno: -ENOENT, there is nothing. */
int wgp_status_read(int directory, WgpTunnel *tunnel) {
        _cleanup_(freep) char *file = file_name(tunnel->name, WGP_STATUS_SUFFIX), *text = NULL;
        _cleanup_(wgp_closep) int fd = -EBADF;
        size_t size = 0;
        int r;

        if (!file)
                return -ENOMEM;
        fd = openat(directory, file, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);
        if (fd < 0)
                return -errno;
        r = read_all(fd, &text, &size);
        return r < 0 ? r : wgp_status_restore(tunnel, text, size);
}

/* Returns 0, also when there is none, or a negative errno. */
int wgp_status_remove(int directory, const char *name) {
        _cleanup_(freep) char *file = file_name(name, WGP_STATUS_SUFFIX);

        if (!file)
                return -ENOMEM;
        return unlinkat(directory, file, 0) < 0 && errno != ENOENT ? -errno : 0;
}
