/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* wg-profile-apply that fails on purpose. $WGP_FAULT:
 *
 * N:error   the N-th change (counted from 1) is not made, and fails with "No space left on device"
 * N:kill    the program kills itself before the N-th change
 * count     nothing fails
 *
 * The number of changes that were attempted goes to the file descriptor 9. */

#include <signal.h>
#include <stdio.h>
#include <unistd.h>

#include "apply/apply.h"

typedef struct Fault {
        unsigned at, n_changes;
        bool kill;
} Fault;

static int before_change(void *userdata) {
        Fault *fault = userdata;

        if (++fault->n_changes != fault->at)
                return 0;
        if (fault->kill)
                raise(SIGKILL);
        return -ENOSPC;
}

int main(int argc, char **argv) {
        const char *text = getenv("WGP_FAULT") ?: "count";
        Fault fault = { .kill = strstr(text, ":kill") };
        const WgpChangeHook hook = { .before_change = before_change, .userdata = &fault };
        int r;

        (void) sscanf(text, "%u:", &fault.at);
        r = wgp_apply(argc, argv, &hook);
        dprintf(9, "%u\n", fault.n_changes);
        return r;
}
