/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* wg-profile logs: what the units of tunnels, and the resolver about them, have said; by journalctl(1). */

#include <stdio.h>
#include <unistd.h>

#include "cli/child.h"
#include "cli/message.h"
#include "cli/names.h"
#include "cli/unit-refresh.h"
#include "system/profile-name.h"

/* Adds one alternative: what matches it is shown. */
static int add_match(WgpNames *words, const char *field, const char *value) {
        _cleanup_(freep) char *match = NULL;
        int r = 0;

        if (asprintf(&match, "%s=%s", field, value) < 0) {
                match = NULL;
                return -ENOMEM;
        }
        if (strchr(words->items[words->n_items - 1], '=')) /* behind another match */
                r = wgp_names_add(words, "+");
        if (r >= 0 && streq(field, "UNIT")) /* anybody can write that field: systemd's own is meant */
                r = wgp_names_add(words, "_PID=1");
        return r < 0 ? r : wgp_names_add(words, match);
}

/* Its own words, systemd's about it, and those of the resolver about the tunnel. */
static int add_tunnel(WgpNames *words, const char *name) {
        static const char *const prefixes[] = { WGP_UNIT_PREFIX, "wg-profile-killswitch@" };
        _cleanup_(freep) char *instance = wgp_instance_escape(name);
        int r = instance ? 0 : -ENOMEM;

        for (size_t i = 0; r >= 0 && i < WGP_ARRAY_SIZE(prefixes); i++) {
                _cleanup_(freep) char *unit = NULL;

                if (asprintf(&unit, "%s%s" WGP_UNIT_SUFFIX, prefixes[i], instance) < 0) {
                        unit = NULL;
                        return -ENOMEM;
                }
                r = add_match(words, "_SYSTEMD_UNIT", unit);
                if (r >= 0)
                        r = add_match(words, "UNIT", unit);
        }
        return r < 0 ? r : add_match(words, "WG_PROFILE", name);
}

static int build_command(const WgpCli *cli, WgpNames *words) {
        int r;

        r = wgp_names_add(words, "journalctl");
        if (r >= 0 && (cli->no_pager || cli->follow))
                r = wgp_names_add(words, "--no-pager");
        if (r >= 0 && cli->follow)
                r = wgp_names_add(words, "--follow");
        if (r >= 0 && cli->json)
                r = wgp_names_add(words, "--output=json");
        for (size_t i = 0; r >= 0 && i < cli->n_arguments; i++)
                r = add_tunnel(words, cli->arguments[i]);
        return r;
}

static int run_logs(const WgpCli *cli) {
        _cleanup_(wgp_names_done) WgpNames words = WGP_NAMES_NULL;
        _cleanup_(freep) const char **arguments = NULL;
        int r, status;

        if (cli->root) {
                wgp_cli_error("The journal is this system's: --root= has no meaning here.");
                return CLI_EXIT_USAGE;
        }
        r = build_command(cli, &words);
        if (r < 0)
                return r;
        arguments = calloc(words.n_items + 1, sizeof(*arguments));
        if (!arguments)
                return -ENOMEM;
        memcpy(arguments, words.items, words.n_items * sizeof(*arguments));
        r = wgp_child_run(arguments, STDOUT_FILENO, STDERR_FILENO, &status);
        if (r < 0)
                return wgp_report_spawn(arguments[0], r);
        return status == 0 ? CLI_EXIT_OK : CLI_EXIT_FAILED;
}

const WgpVerb wgp_verb_logs = {
        .name = "logs",
        .synopsis = "logs NAME... [-f]",
        .summary = "what the journal has about tunnels",
        .examples = "  wg-profile logs home\n"
                    "  wg-profile logs -f home office\n",
        .exits = "  0  done\n"
                 "  1  journalctl(1) failed\n"
                 "  5  there is no journalctl(1)\n",
        .operands = WGP_OPERANDS_NAMES,
        .options = CLI_OPTION_FOLLOW | CLI_OPTION_ALL,
        .n_arguments_min = 1,
        .n_arguments_max = SIZE_MAX,
        .run = run_logs,
};
