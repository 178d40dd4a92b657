/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* wg-profile plan: what starting or reloading a tunnel would do. The engine is asked: wg-profile-apply. */

#include "cli/child.h"
#include "cli/message.h"

static int run_plan(const WgpCli *cli) {
        const char *program = getenv("WG_PROFILE_APPLY") ?: WGP_APPLY_PATH;
        const char *arguments[8] = { program };
        _cleanup_(freep) char *root = NULL;
        size_t n = 1;
        int r, status;

        if (cli->root && asprintf(&root, "--root=%s", cli->root) < 0) {
                root = NULL;
                return -ENOMEM;
        }
        if (root)
                arguments[n++] = root;
        if (cli->json)
                arguments[n++] = "--json";
        arguments[n++] = "--";
        arguments[n++] = "plan";
        arguments[n] = cli->arguments[0];

        r = wgp_child_run(arguments, WGP_CHILD_INHERIT, WGP_CHILD_INHERIT, &status);
        if (r < 0) {
                wgp_cli_error("%s: %s.", program, strerror(-r));
                return CLI_EXIT_FAILED;
        }
        return status;
}

const WgpVerb wgp_verb_plan = {
        .name = "plan",
        .synopsis = "plan NAME",
        .summary = "what starting or reloading the tunnel would do; 10: something",
        .n_arguments_min = 1,
        .n_arguments_max = 1,
        .run = run_plan,
};
