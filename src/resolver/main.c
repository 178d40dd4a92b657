/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* wg-profile-resolver: keeps the endpoints of all tunnels right. */

#include <getopt.h>
#include <malloc.h>
#include <stdio.h>

#include "model/value.h"
#include "resolver/resolver.h"
#include "system/program.h"
#include "system/report.h"

enum {
        EXIT_USAGE = 2,
        IDLE_SECONDS = 30,
};

static int usage(FILE *f, int status) {
        fputs("Usage: wg-profile-resolver [OPTION...]\n"
              "\n"
              "Keeps the addresses of WireGuard peers whose endpoints are names up to date. Run by\n"
              "wg-profile-resolver.service; see wg-profile-resolver(8).\n"
              "\n"
              "  --root=DIR          the tree whose tunnels are looked after\n"
              "  --apply=PROGRAM     the program that repairs a tunnel\n"
              "  --idle-sec=SECONDS  without a tunnel, how long to stay (default: 30)\n"
              "  --help\n",
                        f);
        return status;
}

/* Returns -1, or an exit status: the program is to end. */
static int parse_options(int argc, char **argv, WgpResolverOptions *options) {
        enum {
                OPTION_ROOT = 256,
                OPTION_APPLY,
                OPTION_IDLE,
                OPTION_HELP,
        };
        static const struct option known[] = {
                { "root", required_argument, NULL, OPTION_ROOT },
                { "apply", required_argument, NULL, OPTION_APPLY },
                { "idle-sec", required_argument, NULL, OPTION_IDLE },
                { "help", no_argument, NULL, OPTION_HELP },
                {},
        };
        uint64_t n;

        for (int c; (c = getopt_long(argc, argv, "", known, NULL)) >= 0;)
                switch (c) {
                case OPTION_ROOT:
                        options->root = optarg;
                        break;
                case OPTION_APPLY:
                        options->apply = optarg;
                        break;
                case OPTION_IDLE:
                        if (wgp_parse_decimal(optarg, 24 * 3600, &n) < 0)
                                return usage(stderr, EXIT_USAGE);
                        options->idle_seconds = (unsigned) n;
                        break;
                case OPTION_HELP:
                        return usage(stdout, EXIT_SUCCESS);
                default:
                        return usage(stderr, EXIT_USAGE);
                }
        return optind < argc ? usage(stderr, EXIT_USAGE) : -1;
}

int main(int argc, char **argv) {
        WgpResolverOptions options = { .apply = WGP_APPLY_PROGRAM, .idle_seconds = IDLE_SECONDS };
        WgpNetnsHelper helper = WGP_NETNS_HELPER_NULL;
        WgpRepairCommand command;
        WgpResolver resolver;
        int r;

        wgp_program_hide_memory();
        r = parse_options(argc, argv, &options);
        if (r >= 0)
                return r;

        command = (WgpRepairCommand) { options.apply, options.root };
        options.helper = &helper;
        wgp_report_open();
        r = wgp_netns_helper_start(&helper, &command);
        if (r < 0) {
                wgp_report_error("Cannot start the process that enters network namespaces: %s.", strerror(-r));
                return EXIT_FAILURE;
        }

        /* The threads that wait for DNS allocate little: not an arena each. */
        (void) mallopt(M_ARENA_MAX, 1);
        r = wgp_resolver_init(&resolver, &options);
        if (r >= 0)
                r = wgp_resolver_run(&resolver);
        wgp_resolver_done(&resolver);
        wgp_netns_helper_done(&helper);
        return r < 0 ? EXIT_FAILURE : r;
}
