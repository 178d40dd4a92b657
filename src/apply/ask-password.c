/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Ask. systemd-ask-password(1) puts the question where agents look for it: that of "systemctl start" on a terminal, of
 * a desktop, of Plymouth. A terminal of our own is never used: this runs in a unit. */

#include "apply/ask-password.h"

#include <fcntl.h>
#include <stdio.h>
#include <sys/wait.h>
#include <unistd.h>

#include "system/program.h"
#include "system/root-path.h"

/* Reads until the end, so that the other side never waits. Returns the length, or -ENOBUFS when it is too long. */
static int read_answer(int fd, char *ret, size_t size) {
        char rest[256];
        size_t n = 0;
        ssize_t k;

        while (n < size && (k = read(fd, ret + n, size - n)) != 0)
                if (k > 0)
                        n += (size_t) k;
                else if (errno != EINTR)
                        return -errno;
        if (n < size) {
                ret[n] = 0;
                return (int) n;
        }
        while (read(fd, rest, sizeof(rest)) > 0)
                ;
        explicit_bzero(rest, sizeof(rest));
        return -ENOBUFS;
}

/* Asks a question, and waits that long for an answer of less than "size" bytes, which the caller wipes. "id" tells
 * agents which question it is.
 *
 * Returns 0; -ENOENT: there is no systemd-ask-password(1); -ETIMEDOUT: nobody answered, or somebody did not want to;
 * -ENOBUFS: the answer is too long; or another negative errno. */
int wgp_ask_password(const char *id, const char *question, unsigned timeout_sec, char *ret, size_t size) {
        _cleanup_(wgp_closep) int read_end = -EBADF, write_end = -EBADF;
        char timeout[sizeof("--timeout=") + 3 * sizeof(unsigned)], id_option[sizeof("--id=") + 300];
        char *const argv[] = { (char *) "systemd-ask-password", (char *) "--no-tty", (char *) "-n",
                (char *) "--icon=network-vpn", timeout, id_option, (char *) "--", (char *) question, NULL };
        int ends[2], r, k, status;
        pid_t pid;

        snprintf(timeout, sizeof(timeout), "--timeout=%u", timeout_sec);
        snprintf(id_option, sizeof(id_option), "--id=%s", id);
        if (pipe2(ends, O_CLOEXEC) < 0)
                return -errno;
        read_end = ends[0];
        write_end = ends[1];

        r = wgp_program_spawn(argv, (int[]) { -EBADF, write_end, STDERR_FILENO }, &pid);
        if (r < 0)
                return r;
        close(TAKE_FD(write_end));
        r = read_answer(read_end, ret, size);
        k = wgp_program_wait(pid, &status);
        if (k < 0 || r < 0)
                return k < 0 ? k : r;
        return WIFEXITED(status) && WEXITSTATUS(status) == 0 ? 0 : -ETIMEDOUT;
}
