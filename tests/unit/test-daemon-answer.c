/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* apply/userspace.c: answers as they come through a socket, and what a daemon may do instead of giving one. */

#include <criterion/criterion.h>
#include <stdio.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "system/userspace.h"

#define PEER "public_key=%064x\npreshared_key=%064x\nendpoint=192.0.2.1:%zu\nallowed_ip=10.0.0.0/8\n"

/* An answer about so many peers, with so much more behind the last one, to be freed by the caller. */
static char *make_answer(size_t n_peers, size_t n_behind, const char *end) {
        char *text = NULL;
        size_t size;
        FILE *f = open_memstream(&text, &size);

        cr_assert(f);
        fputs("listen_port=51820\n", f);
        for (size_t i = 0; i < n_peers; i++)
                fprintf(f, PEER, (unsigned) i + 1, 0, i);
        for (size_t i = 0; i < n_behind; i++)
                fputc('x', f);
        fputs(end, f);
        cr_assert_eq(fclose(f), 0);
        return text;
}

/* Has a child write the text in pieces of that size and close the socket. Returns the other end. */
static int serve(const char *text, size_t piece, pid_t *ret) {
        int fds[2];

        cr_assert_eq(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, fds), 0);
        *ret = fork();
        cr_assert_geq(*ret, 0);
        if (*ret == 0) {
                for (size_t n = strlen(text); n > 0;) {
                        ssize_t k = send(fds[1], text, WGP_MIN(n, piece), MSG_NOSIGNAL);

                        if (k < 0)
                                _exit(1);
                        text += k;
                        n -= (size_t) k;
                }
                _exit(0);
        }
        close(fds[1]);
        return fds[0];
}

static const struct {
        const char *name;
        size_t n_peers, n_behind, piece;
        const char *end;
        int result;
} cases[] = {
        { "one piece", 3, 0, SIZE_MAX, "errno=0\n\n", 0 },
        { "byte by byte", 3, 0, 1, "errno=0\n\n", 0 },
        { "more than fits at once", 3000, 0, 100000, "errno=0\n\n", 0 },
        { "in odd pieces", 3000, 0, 1021, "errno=0\n\n", 0 },
        { "a long line that nobody knows", 3, 60000, SIZE_MAX, "=1\nerrno=0\n\n", 0 },
        { "a line without an end", 3, 70000, SIZE_MAX, "=1\nerrno=0\n\n", -EBADMSG },
        { "a refusal", 0, 0, SIZE_MAX, "errno=-1\n\n", -EPERM },
        { "it hangs up", 0, 0, SIZE_MAX, "", -EPIPE },
        { "it hangs up in the middle", 3000, 0, 4096, "public_key=0", -EPIPE },
        { "it hangs up before the end", 3, 0, SIZE_MAX, "errno=0\n", -EPIPE },
        { "it says something else", 3, 0, SIZE_MAX, "hello\n\n", -EBADMSG },
};

Test(daemon_answer, answers, .timeout = 60) {
        for (size_t i = 0; i < WGP_ARRAY_SIZE(cases); i++) {
                char *text = make_answer(cases[i].n_peers, cases[i].n_behind, cases[i].end);
                WgpDevice device = {};
                pid_t pid;
                int fd = serve(text, cases[i].piece, &pid), r;

                cr_assert_eq(wgp_device_reserve_peers(&device, 2), 0); /* as if two had been expected */
                r = wgp_userspace_take_answer(fd, &device);
                cr_expect_eq(r, cases[i].result, "case '%s': %d", cases[i].name, r);
                cr_expect_eq(device.n_peers, r < 0 ? 0 : cases[i].n_peers, "case '%s'", cases[i].name);
                for (size_t j = 0; j < device.n_peers; j++)
                        cr_expect_eq(device.peers[j].endpoint.in.sin_port, htons((uint16_t) j), "case '%s'",
                                        cases[i].name);

                wgp_device_done(&device);
                close(fd);
                waitpid(pid, NULL, 0);
                free(text);
        }
}
