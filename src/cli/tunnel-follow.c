/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "cli/tunnel-follow.h"

#include "cli/unit-status.h"

/* Reloads the tunnel if it runs, in this system. "*ret_follows" is whether it did.
 *
 * Returns 0, an exit code (reported), or a negative errno. */
int wgp_tunnel_follow(const WgpCli *cli, const char *name, bool *ret_follows) {
        WgpCli reload = *cli;
        WgpUnits units = WGP_UNITS_NULL;
        char *argument = (char *) name; /* which no verb changes */
        bool active;
        int r;

        *ret_follows = false;
        if (cli->root)
                return 0;
        r = wgp_units_read(name, &units);
        if (r < 0)
                return r == -ENODATA ? 0 : r;
        active = wgp_unit_is(wgp_units_find(&units, name), "active");
        wgp_units_done(&units);
        if (!active)
                return 0;
        reload.arguments = &argument;
        reload.n_arguments = 1;
        r = wgp_verb_reload.run(&reload);
        *ret_follows = r == 0;
        return r;
}
