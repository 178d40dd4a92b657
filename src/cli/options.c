/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Reads the options of the command line. */

#include "cli/options.h"

#include <getopt.h>

#include "cli/message.h"

const WgpOption wgp_options[] = {
        { "root", "DIR", 0, offsetof(WgpCli, root), 0, "look into the tree below DIR instead of this system" },
        { "json", NULL, 0, offsetof(WgpCli, json), 0, "print JSON, for programs; its names are in wg-profile(1)" },
        { "no-pager", NULL, 0, offsetof(WgpCli, no_pager), 0, "do not show long output in a pager" },
        { "all", NULL, CLI_OPTION_ALL, offsetof(WgpCli, all), 0, "all tunnels that have a profile of ours, or run" },
        { "yes", NULL, CLI_OPTION_YES, offsetof(WgpCli, yes), 0, "do not ask" },
        { "follow", NULL, CLI_OPTION_FOLLOW, offsetof(WgpCli, follow), 0, "go on as more comes (-f)" },
        { "no-legend", NULL, CLI_OPTION_LEGEND, offsetof(WgpCli, no_legend), 0, "no titles, and no summary" },
        { "secrets", NULL, CLI_OPTION_SECRETS, offsetof(WgpCli, secrets), 0, "show keys" },
        { "watch", "[=SEC]", CLI_OPTION_WATCH, offsetof(WgpCli, interval), offsetof(WgpCli, watch),
                        "look again every SEC seconds (2), and show rates" },
        { "prometheus", NULL, CLI_OPTION_PROMETHEUS, offsetof(WgpCli, prometheus), 0,
                        "print metrics, for node_exporter's textfile collector" },
        { "handshake", NULL, CLI_OPTION_HANDSHAKE, offsetof(WgpCli, handshake), 0, "wait until a peer has answered" },
        { "timeout", "TIME", CLI_OPTION_TIMEOUT, offsetof(WgpCli, timeout), 0,
                        "wait no longer than TIME (60s); 0: forever" },
        { "runtime", NULL, CLI_OPTION_RUNTIME, offsetof(WgpCli, runtime), 0,
                        "change the running tunnel, and not the profile" },
        { "now", NULL, CLI_OPTION_NOW, offsetof(WgpCli, now), 0, "start or stop the tunnels as well" },
        { "name", "NAME", CLI_OPTION_NAME, offsetof(WgpCli, name), 0, "how the profile is to be called" },
        { "start", NULL, CLI_OPTION_START, offsetof(WgpCli, start), 0, "start the tunnel as well" },
        { "force", NULL, CLI_OPTION_FORCE, offsetof(WgpCli, force), 0, "replace a profile of that name" },
        { "to", "FORMAT", CLI_OPTION_TO, offsetof(WgpCli, to), 0, "wg-quick or nmconnection" },
        { "output", "FILE", CLI_OPTION_OUTPUT, offsetof(WgpCli, output), 0,
                        "write to FILE: a new one of mode 0600 (convert, peer; .png and .svg: as a code), or replace it (status)" },
        { "address", "LIST", CLI_OPTION_ADDRESS, offsetof(WgpCli, address), 0,
                        "give the client these addresses, not the next free ones" },
        { "allowed-ips", "LIST", CLI_OPTION_ALLOWED_IPS, offsetof(WgpCli, allowed_ips), 0,
                        "what the client sends into the tunnel" },
        { "site", "LIST", CLI_OPTION_SITE, offsetof(WgpCli, site), 0, "the networks behind the client" },
        { "no-psk", NULL, CLI_OPTION_NO_PSK, offsetof(WgpCli, no_psk), 0, "no preshared key" },
        { "qr", NULL, CLI_OPTION_QR, offsetof(WgpCli, qr), 0, "show the client's profile as a code for a phone" },
        { "format", "FORMAT", CLI_OPTION_FORMAT, offsetof(WgpCli, client_format), 0,
                        "of the client's profile: wg-quick or nmconnection" },
        { "encrypt", NULL, CLI_OPTION_ENCRYPT, offsetof(WgpCli, encrypt), 0,
                        "keep the key as an encrypted credential" },
        { "first-boot", NULL, CLI_OPTION_FIRST_BOOT, offsetof(WgpCli, first_boot), 0,
                        "do what GenerateKey= says, if the profile has no key" },
};

const size_t wgp_n_options = WGP_ARRAY_SIZE(wgp_options);

enum {
        OPTION_HELP = 'h',
        OPTION_VERSION = 0x100,
        OPTION_KNOWN = 0x200, /* and its index in wgp_options */
};

bool wgp_option_is_optional(const WgpOption *option) {
        return option->argument && *option->argument == '[';
}

/* Returns the exit code. */
int wgp_report_usage(const char *problem, const char *what) {
        wgp_cli_error("%s%s%s. Try 'wg-profile --help'.", problem, what ? " " : "", what ?: "");
        return CLI_EXIT_USAGE;
}

static int parse_format(WgpCli *cli) {
        cli->has_format = true;
        if (streq(cli->to, "wg-quick"))
                cli->format = WGP_FORMAT_WG_QUICK;
        else if (streq(cli->to, "nmconnection"))
                cli->format = WGP_FORMAT_KEYFILE;
        else
                return wgp_report_usage("There is no such format (only wg-quick and nmconnection):", cli->to);
        return 0;
}

static void make_options(struct option ret[static WGP_ARRAY_SIZE(wgp_options) + 3]) {
        size_t n = wgp_n_options;

        for (size_t i = 0; i < n; i++)
                ret[i] = (struct option) {
                        .name = wgp_options[i].name,
                        .has_arg = wgp_option_is_optional(wgp_options + i) ? optional_argument :
                                   wgp_options[i].argument                 ? required_argument :
                                                                             no_argument,
                        .val = OPTION_KNOWN + (int) i,
                };
        ret[n++] = (struct option) { "help", no_argument, NULL, OPTION_HELP };
        ret[n++] = (struct option) { "version", no_argument, NULL, OPTION_VERSION };
        ret[n] = (struct option) {};
}

static void take_option(const WgpOption *option, WgpCli *cli, unsigned *given) {
        char *field = (char *) cli;

        if (option->argument)
                memcpy(field + option->offset, &optarg, sizeof(optarg));
        else
                *(bool *) (field + option->offset) = true;
        if (option->flag_offset > 0)
                *(bool *) (field + option->flag_offset) = true;
        *given |= option->bit;
}

static const WgpOption *find_option(const char *name) {
        for (size_t i = 0; i < wgp_n_options; i++)
                if (streq(wgp_options[i].name, name))
                        return wgp_options + i;
        return NULL;
}

/* Reads the options, and leaves the operands in cli->arguments. "*ret_given" has the CLI_OPTION_* that were there.
 * Returns WGP_OPTIONS_*, or the exit code (reported). */
int wgp_options_parse(int argc, char **argv, WgpCli *cli, unsigned *ret_given) {
        struct option options[WGP_ARRAY_SIZE(wgp_options) + 3];
        int r, n = 0; /* operands, which move to the front */
        bool help = false;

        *ret_given = 0;
        make_options(options);
        opterr = 0;
        for (;;) {
                const int before = optind, c = getopt_long(argc, argv, "+:hfy", options, NULL);

                if (c < 0) {
                        const bool is_terminated = optind > before; /* by "--" */

                        /* The words of "set" are wg(8)'s, and some begin with a minus: its options end at the
                         * profile's name. */
                        if (optind >= argc || is_terminated || (n == 1 && streq(argv[1], wgp_verb_set.name)))
                                break;
                        argv[++n] = argv[optind++];
                        continue;
                }
                switch (c) {
                case OPTION_HELP:
                        help = true;
                        break;
                case 'f':
                case 'y':
                        take_option(find_option(c == 'f' ? "follow" : "yes"), cli, ret_given);
                        break;
                case OPTION_VERSION:
                        return WGP_OPTIONS_VERSION;
                case ':':
                        return wgp_report_usage("An argument is missing for", argv[optind - 1]);
                case '?':
                        if (!help)
                                return wgp_report_usage("Not an option here:", argv[optind - 1]);
                        break;
                default:
                        take_option(wgp_options + (c - OPTION_KNOWN), cli, ret_given);
                }
        }
        r = cli->to && !help ? parse_format(cli) : 0;
        if (r != 0)
                return r;

        memmove(argv + 1 + n, argv + optind, (size_t) (argc - optind) * sizeof(*argv));
        cli->arguments = argv + 1;
        cli->n_arguments = (size_t) (n + argc - optind);
        return help ? WGP_OPTIONS_HELP : WGP_OPTIONS_GO_ON;
}
