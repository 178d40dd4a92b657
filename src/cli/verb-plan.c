/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* wg-profile plan: what starting or reloading a tunnel would do. */

#include <unistd.h>

#include "cli/ask-apply.h"
#include "cli/message.h"
#include "cli/profile-set.h"

static int run_plan(const WgpCli *cli) {
        _cleanup_(wgp_loaded_done) WgpLoaded loaded = WGP_LOADED_NULL;
        int r, status;

        r = wgp_loaded_open_name(cli, cli->arguments[0], &loaded);
        if (r != 0)
                return r;
        r = wgp_ask_plan(cli, cli->arguments[0], cli->json, STDOUT_FILENO, STDERR_FILENO, &status);
        if (r < 0) {
                wgp_cli_error("%s: %s.", wgp_apply_program(), strerror(-r));
                return CLI_EXIT_FAILED;
        }
        return status;
}

const WgpVerb wgp_verb_plan = {
        .name = "plan",
        .synopsis = "plan NAME",
        .summary = "what starting or reloading the tunnel would do; 10: something",
        .examples = "  wg-profile plan home\n"
                    "  wg-profile plan home --json\n",
        .exits = "  0  nothing to do\n"
                 "  1  it failed\n"
                 "  3  the profile has errors\n"
                 "  4  not permitted\n"
                 "  6  there is no such profile\n"
                 "  10 there is something to do\n",
        .n_arguments_min = 1,
        .n_arguments_max = 1,
        .run = run_plan,
};
