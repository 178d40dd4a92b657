/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Asks for a key through systemd-ask-password(1), which reaches all password agents: that of "systemctl start" on a
 * terminal, of a desktop, of Plymouth. No terminal of our own is used: this runs in a unit. */

#include "apply/ask-password.h"

#include <fcntl.h>
#include <stdio.h>
#include <sys/wait.h>
#include <unistd.h>

#include "system/program.h"
#include "system/root-path.h"
#include "system/whole-file.h"

/* Asks a question, and waits that long for an answer of at most "max" bytes, which the caller frees by
 * wgp_wipe_free(). "id" tells agents which question it is.
 *
 * Returns 0; -ENOENT: there is no systemd-ask-password(1); -ETIMEDOUT: nobody answered, or the question was dismissed;
 * -EFBIG: the answer is too long; or another negative errno. */
int wgp_ask_password(
                const char *id, const char *question, unsigned timeout_sec, size_t max, char **ret, size_t *ret_size) {
        _cleanup_(wgp_closep) int read_end = -EBADF, write_end = -EBADF;
        char timeout[sizeof("--timeout=") + 3 * sizeof(unsigned)], id_option[sizeof("--id=") + 300];
        char *const argv[] = { (char *) "systemd-ask-password", (char *) "--no-tty", (char *) "-n",
                (char *) "--icon=network-vpn", timeout, id_option, (char *) "--", (char *) question, NULL };
        int ends[2], r, k, status;
        char *answer = NULL;
        size_t n = 0;
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
        r = wgp_read_fd(read_end, max, &answer, &n);
        close(TAKE_FD(read_end)); /* the program never waits to get rid of the rest */
        k = wgp_program_wait(pid, &status);
        if (r >= 0)
                r = k < 0 ? k : WIFEXITED(status) && WEXITSTATUS(status) == 0 ? 0 : -ETIMEDOUT;
        if (r < 0) {
                wgp_wipe_free(answer, n);
                return r;
        }
        *ret = answer;
        *ret_size = n;
        return 0;
}
