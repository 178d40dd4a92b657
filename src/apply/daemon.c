/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Daemon: finding the program that is userspace WireGuard, and starting it for a link. */

#include "apply/daemon.h"

#include <fcntl.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include "apply/program.h"
#include "system/userspace.h"

/* Returns the path of $WG_PROFILE_USERSPACE, or of wireguard-go, to be freed by the caller; NULL when there is none (or
 * no memory). */
char *wgp_daemon_find(void) {
        return wgp_program_find(getenv("WG_PROFILE_USERSPACE") ?: "wireguard-go");
}

static int spawn(const char *program, const char *ifname, bool show_output, pid_t *ret) {
        char *const argv[] = { (char *) program, (char *) ifname, NULL };
        posix_spawn_file_actions_t actions;
        int r;

        r = posix_spawn_file_actions_init(&actions);
        if (r != 0)
                return -r;
        r = posix_spawn_file_actions_addopen(&actions, STDIN_FILENO, "/dev/null", O_RDONLY, 0);
        for (int fd = STDOUT_FILENO; r == 0 && fd <= STDERR_FILENO; fd++)
                r = show_output ? posix_spawn_file_actions_adddup2(&actions, STDERR_FILENO, fd) :
                                  posix_spawn_file_actions_addopen(&actions, fd, "/dev/null", O_WRONLY, 0);
        if (r == 0)
                r = posix_spawn(ret, program, &actions, NULL, argv, environ);
        posix_spawn_file_actions_destroy(&actions);
        return -r;
}

/* Starts the daemon, without a shell, and waits until it has put itself into the background and answers: its link and
 * its socket exist then, and it will not set the link's MTU any more, which wireguard-go 0.0.20220316 does in the
 * background, too, and so overwrites what others have set meanwhile. "show_output": what it says, now and later, goes
 * to our standard error.
 *
 * Returns 0, -EPROTO when the program failed, or another negative errno: -ETIMEDOUT when it does not answer. */
int wgp_daemon_start(const char *program, const char *ifname, bool show_output) {
        int r, status;
        pid_t pid;

        r = spawn(program, ifname, show_output, &pid);
        if (r < 0)
                return r;
        while (waitpid(pid, &status, 0) < 0)
                if (errno != EINTR)
                        return -errno;
        if (!WIFEXITED(status) || WEXITSTATUS(status) != 0)
                return -EPROTO;
        return wgp_userspace_await(ifname);
}
