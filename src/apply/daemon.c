/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Finds and starts the program for userspace WireGuard. */

#include "apply/daemon.h"

#include <unistd.h>

#include "apply/helper.h"
#include "system/program.h"
#include "system/userspace.h"

/* Returns the path of $WG_PROFILE_USERSPACE, or of wireguard-go, to be freed by the caller; NULL when there is none
 * (or no memory). */
char *wgp_daemon_find(void) {
        return wgp_helper_find(getenv("WG_PROFILE_USERSPACE") ?: "wireguard-go");
}

/* Starts the daemon, without a shell, and waits until it has put itself into the background and answers: its link and
 * its socket exist then, and it will not set the link's MTU any more, which wireguard-go 0.0.20220316 does in the
 * background, too, and so overwrites what others have set meanwhile. "show_output": what it says, now and later, goes
 * to our standard error.
 *
 * Returns 0, -EPROTO when the program failed, or another negative errno: -ETIMEDOUT when it does not answer. */
int wgp_daemon_start(const char *program, const char *ifname, bool show_output) {
        char *const argv[] = { (char *) program, (char *) ifname, NULL };
        const int output = show_output ? STDERR_FILENO : -EBADF;
        int r;

        r = wgp_program_run(argv, (int[]) { -EBADF, output, output });
        if (r != 0)
                return r < 0 ? r : -EPROTO;
        return wgp_userspace_await(ifname);
}
