/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "cli/input.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "system/root-path.h"
#include "system/whole-file.h"

void wgp_input_done(WgpInput *input) {
        wgp_wipe_free(input->data, input->data ? input->size + 1 : 0);
        *input = WGP_INPUT_NULL;
}

/* Reads a file; "-" is standard input. Returns 0, -EFBIG when it has more than "max" bytes, or another negative
 * errno. */
int wgp_input_read(const char *path, size_t max, WgpInput *ret) {
        _cleanup_(wgp_closep) int opened = -EBADF;
        WgpInput input = WGP_INPUT_NULL;
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
        if (S_ISDIR(st.st_mode))
                return -EISDIR;
        r = wgp_read_fd(fd, max, &input.data, &input.size);
        if (r < 0)
                return r;
        input.mode = S_ISREG(st.st_mode) ? st.st_mode & 07777U : 0;
        *ret = input;
        return 0;
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
