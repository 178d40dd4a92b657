/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Status files: the edge. Replaced by rename, so that a reader sees the old text or the new one. */

#include <fcntl.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

#include "resolver/status.h"
#include "system/root-path.h"
#include "system/write-file.h"

enum {
        SIZE_MAX_READ = 64 << 20, /* bytes; ten thousand names take 5 MB */
};

static char *file_name(const char *name, const char *suffix) {
        char *s;

        return asprintf(&s, "%s%s", name, suffix) < 0 ? NULL : s;
}

/* Writes what is known of the names of a tunnel. Returns 0 or a negative errno. */
int wgp_status_write(int directory, const WgpTunnel *tunnel) {
        _cleanup_(freep) char *file = file_name(tunnel->name, WGP_STATUS_SUFFIX), *text = NULL;
        int r;

        if (!file)
                return -ENOMEM;
        r = wgp_status_format(tunnel, &text);
        return r < 0 ? r : wgp_write_file(directory, file, text);
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
