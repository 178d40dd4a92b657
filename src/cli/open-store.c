/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Opens the profile directories that the options name. */

#include "cli/cli.h"
#include "cli/message.h"

/* Whether the options are about this system, whose tunnels run, and not about a tree of files: --root=/ is. */
bool wgp_cli_is_this_system(const WgpCli *cli) {
        return !cli->root || cli->root[strspn(cli->root, "/")] == 0;
}

/* Opens the profile directories below --root=. Returns 0, an exit code (reported), or a negative errno. */
int wgp_cli_open_store(const WgpCli *cli, WgpStore **ret) {
        const WgpStoreOptions store_options = { .root = cli->root, .lookup = &cli->lookup, .keep_entries = true };
        int r;

        r = wgp_store_open(&store_options, ret);
        if (r >= 0 || r == -ENOMEM)
                return r;
        wgp_cli_error("%s: %s.", cli->root ?: "/", strerror(-r));
        return r == -EACCES ? CLI_EXIT_DENIED : CLI_EXIT_FAILED;
}
