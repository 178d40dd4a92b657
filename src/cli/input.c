/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "cli/input.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "system/root-path.h"

void wgp_input_done(WgpInput *input) {
        wgp_wipe_free(input->data, input->data ? input->size + 1 : 0);
        *input = WGP_INPUT_NULL;
}

/* A pipe has no size, so the buffer grows; wgp_grow() wipes what it leaves. */
static int read_all(int fd, size_t max, char **data, size_t *n_allocated, size_t *size) {
        for (;;) {
                ssize_t n;

                if (!wgp_grow(data, n_allocated, *size + 4096, 1))
                        return -ENOMEM;
                n = read(fd, *data + *size, *n_allocated - *size);
                if (n < 0)
                        return -errno;
                if (n == 0)
                        return 0;
                *size += (size_t) n;
                if (*size > max)
                        return -EFBIG;
        }
}

/* Reads a file; "-" is standard input. Returns 0, -EFBIG when it has more than "max" bytes, or another negative
 * errno. */
int wgp_input_read(const char *path, size_t max, WgpInput *ret) {
        _cleanup_(wgp_closep) int opened = -EBADF;
        size_t n_allocated = 0, size = 0;
        char *data = NULL;
        struct stat st;
        int fd, r;

        if (!streq(path, "-")) {
                opened = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY);
                if (opened < 0)
                        return -errno;
        }
        fd = opened >= 0 ? opened : STDIN_FILENO;
        if (fstat(fd, &st) < 0)
                return -errno;
        r = S_ISDIR(st.st_mode) ? -EISDIR : read_all(fd, max, &data, &n_allocated, &size);
        if (r >= 0) {
                *ret = (WgpInput) { .size = size, .mode = S_ISREG(st.st_mode) ? st.st_mode & 07777U : 0 };
                ret->data = calloc(size + 1, 1);
                if (ret->data)
                        memcpy(ret->data, data, size);
                else
                        r = -ENOMEM;
        }
        wgp_wipe_free(data, n_allocated);
        return r;
}

/* For who takes the text apart in place. Returns 0, or -ENOMEM. */
int wgp_input_copy(const WgpInput *input, WgpInput *ret) {
        char *data = calloc(input->size + 1, 1);

        if (!data)
                return -ENOMEM;
        memcpy(data, input->data, input->size);
        *ret = (WgpInput) { .data = data, .size = input->size, .mode = input->mode };
        return 0;
}
