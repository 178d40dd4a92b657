/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The command wg-profile: options, the table of verbs, and what its exit code is. */

#include <getopt.h>
#include <sodium.h>
#include <stdio.h>
#include <unistd.h>

#include "base/suggest.h"
#include "cli/cli.h"
#include "cli/json-output.h"
#include "cli/message.h"
#include "system/name-lookup.h"
#include "system/program.h"

static const WgpVerb *const verbs[] = {
        &wgp_verb_list,
        &wgp_verb_check,
        &wgp_verb_show,
        &wgp_verb_plan,
        &wgp_verb_up,
        &wgp_verb_down,
        &wgp_verb_reload,
        &wgp_verb_enable,
        &wgp_verb_disable,
        &wgp_verb_status,
        &wgp_verb_wait,
        &wgp_verb_resolve,
        &wgp_verb_set,
        &wgp_verb_import,
        &wgp_verb_convert,
        &wgp_verb_genkey,
};

/* An option that only takes note of itself or of its argument; the others, OPTION_*, do something else. */
typedef struct Option {
        const char *name, *argument; /* NULL: it has no argument */
        unsigned bit;                /* CLI_OPTION_*; 0: all verbs have it */
        size_t offset;               /* in WgpCli: a bool, or a const char * if there is an argument */
        const char *help;
} Option;

static const Option known_options[] = {
        { "root", "DIR", 0, offsetof(WgpCli, root), "look into the tree below DIR, not into this system" },
        { "json", NULL, 0, offsetof(WgpCli, json), "for programs; the names are in wg-profile(1)" },
        { "secrets", NULL, CLI_OPTION_SECRETS, offsetof(WgpCli, secrets), "show: keys, too" },
        { "watch", NULL, CLI_OPTION_WATCH, offsetof(WgpCli, watch), "status: again every 2 s" },
        { "prometheus", NULL, CLI_OPTION_PROMETHEUS, offsetof(WgpCli, prometheus),
                        "status: as metrics, for node_exporter's textfile collector" },
        { "handshake", NULL, CLI_OPTION_HANDSHAKE, offsetof(WgpCli, handshake), "wait: until a peer has answered" },
        { "timeout", "TIME", CLI_OPTION_TIMEOUT, offsetof(WgpCli, timeout),
                        "wait: at most so long; 60s; 0: forever; resolve: likewise" },
        { "runtime", NULL, CLI_OPTION_RUNTIME, offsetof(WgpCli, runtime), "set: the running tunnel, not the profile" },
        { "now", NULL, CLI_OPTION_NOW, offsetof(WgpCli, now), "enable: start them, too; disable: stop them" },
        { "name", "NAME", CLI_OPTION_NAME, offsetof(WgpCli, name), "import: what the profile is to be called" },
        { "start", NULL, CLI_OPTION_START, offsetof(WgpCli, start), "import: start the tunnel, too" },
        { "force", NULL, CLI_OPTION_FORCE, offsetof(WgpCli, force), "import: overwrite a profile of that name" },
        { "to", "FORMAT", CLI_OPTION_TO, offsetof(WgpCli, to), "convert: wg-quick or nmconnection" },
        { "output", "FILE", CLI_OPTION_OUTPUT, offsetof(WgpCli, output),
                        "convert: make FILE, of mode 0600; status: replace FILE" },
        { "encrypt", NULL, CLI_OPTION_ENCRYPT, offsetof(WgpCli, encrypt),
                        "genkey: keep the key as an encrypted credential" },
        { "first-boot", NULL, CLI_OPTION_FIRST_BOOT, offsetof(WgpCli, first_boot),
                        "genkey: as GenerateKey= says, if the profile has no key" },
};

enum {
        OPTION_HELP = 'h',
        OPTION_VERSION = 0x100,
        OPTION_KNOWN = 0x200, /* and its index in known_options */
};

/* Text in columns from "indent" on, as wide as a terminal is that nobody widened; the cursor is at "column". */
static void print_wrapped(size_t column, size_t indent, const char *text) {
        enum {
                WIDTH = 79
        };

        if (column + 2 > indent) {
                putchar('\n');
                column = 0;
        }
        printf("%*s", (int) (indent - column), "");
        column = indent;
        while (*text) {
                size_t n = strcspn(text, " ");

                if (column > indent && column + 1 + n > WIDTH) {
                        printf("\n%*s", (int) indent, "");
                        column = indent;
                } else if (column > indent)
                        column += (size_t) printf(" ");
                column += (size_t) printf("%.*s", (int) n, text);
                text += n;
                text += strspn(text, " ");
        }
        putchar('\n');
}

static void print_help(void) {
        printf("wg-profile [OPTION...] VERB [ARGUMENT...]\n\n"
               "WireGuard tunnels as systemd units, from wg-quick and NetworkManager profiles.\n\nVerbs:\n");
        for (size_t i = 0; i < WGP_ARRAY_SIZE(verbs); i++)
                print_wrapped((size_t) printf("  %s", verbs[i]->synopsis), 26, verbs[i]->summary);
        printf("\nOptions:\n");
        for (size_t i = 0; i < WGP_ARRAY_SIZE(known_options); i++) {
                const Option *o = known_options + i;

                print_wrapped((size_t) printf("  --%s%s%s", o->name, o->argument ? "=" : "", o->argument ?: ""), 23,
                                o->help);
        }
        printf("  -h, --help           this text\n"
               "  --version            the version\n");
}

static int usage(const char *problem, const char *what) {
        wgp_cli_error("%s%s%s. Try 'wg-profile --help'.", problem, what ? " " : "", what ?: "");
        return CLI_EXIT_USAGE;
}

/* Returns X25519's public key: libsodium clamps the private one, as WireGuard does. */
static int derive_public_key(const uint8_t private_key[WGP_KEY_SIZE], uint8_t ret[WGP_KEY_SIZE]) {
        _Static_assert(crypto_scalarmult_BYTES == WGP_KEY_SIZE, "the size of X25519's keys");

        return crypto_scalarmult_base(ret, private_key) == 0 ? 0 : -EINVAL;
}

/* --- the command line --- */

static int parse_format(WgpCli *cli) {
        cli->has_format = true;
        if (streq(cli->to, "wg-quick"))
                cli->format = WGP_FORMAT_WG_QUICK;
        else if (streq(cli->to, "nmconnection"))
                cli->format = WGP_FORMAT_KEYFILE;
        else
                return usage("There is no such format (only wg-quick and nmconnection):", cli->to);
        return 0;
}

static void make_options(struct option ret[static WGP_ARRAY_SIZE(known_options) + 3]) {
        size_t n = WGP_ARRAY_SIZE(known_options);

        for (size_t i = 0; i < n; i++)
                ret[i] = (struct option) {
                        .name = known_options[i].name,
                        .has_arg = known_options[i].argument ? required_argument : no_argument,
                        .val = OPTION_KNOWN + (int) i,
                };
        ret[n++] = (struct option) { "help", no_argument, NULL, OPTION_HELP };
        ret[n++] = (struct option) { "version", no_argument, NULL, OPTION_VERSION };
        ret[n] = (struct option) {};
}

static void take_option(const Option *option, WgpCli *cli, unsigned *given) {
        char *field = (char *) cli + option->offset;

        if (option->argument)
                memcpy(field, &optarg, sizeof(optarg));
        else
                *(bool *) field = true;
        *given |= option->bit;
}

/* Reads the options. Returns -1 to go on, or the exit code. "*ret_given" has the CLI_OPTION_* that were there. */
static int parse_options(int argc, char **argv, WgpCli *cli, unsigned *ret_given) {
        struct option options[WGP_ARRAY_SIZE(known_options) + 3];
        unsigned given = 0;
        int r, n = 0; /* operands, which move to the front */

        make_options(options);
        opterr = 0;
        for (;;) {
                const int before = optind, c = getopt_long(argc, argv, "+:h", options, NULL);

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
                        print_help();
                        return CLI_EXIT_OK;
                case OPTION_VERSION:
                        printf("wg-profile %s\n", WGP_VERSION);
                        return CLI_EXIT_OK;
                case ':':
                        return usage("An argument is missing for", argv[optind - 1]);
                case '?':
                        return usage("Not an option here:", argv[optind - 1]);
                default:
                        take_option(known_options + (c - OPTION_KNOWN), cli, &given);
                }
        }
        r = cli->to ? parse_format(cli) : 0;
        if (r != 0)
                return r;

        memmove(argv + 1 + n, argv + optind, (size_t) (argc - optind) * sizeof(*argv));
        cli->arguments = argv + 1;
        cli->n_arguments = (size_t) (n + argc - optind);
        *ret_given = given;
        return -1;
}

static int unknown_verb(const char *typed) {
        const char *names[WGP_ARRAY_SIZE(verbs)], *near;

        for (size_t i = 0; i < WGP_ARRAY_SIZE(verbs); i++)
                names[i] = verbs[i]->name;
        near = wgp_suggest(typed, names, WGP_ARRAY_SIZE(names));
        if (near)
                wgp_cli_error("Unknown verb '%s'. Did you mean '%s'?", typed, near);
        else
                wgp_cli_error("Unknown verb '%s'. Try 'wg-profile --help'.", typed);
        return CLI_EXIT_USAGE;
}

/* Takes the verb off the arguments. Returns 0, or the exit code. */
static int find_verb(WgpCli *cli, unsigned given, const WgpVerb **ret) {
        const WgpVerb *verb = NULL;

        if (cli->n_arguments == 0)
                return usage("A verb is missing", NULL);
        for (size_t i = 0; i < WGP_ARRAY_SIZE(verbs); i++)
                if (streq(verbs[i]->name, cli->arguments[0]))
                        verb = verbs[i];
        if (!verb)
                return unknown_verb(cli->arguments[0]);

        cli->arguments++;
        cli->n_arguments--;
        if (given & ~verb->options)
                return usage("An option that is not for this verb:", verb->synopsis);
        if (cli->n_arguments < verb->n_arguments_min)
                return usage("An argument is missing:", verb->synopsis);
        if (cli->n_arguments > verb->n_arguments_max)
                return usage("An argument too many:", verb->synopsis);
        *ret = verb;
        return 0;
}

/* --- running --- */

static int run_verb(const WgpVerb *verb, WgpCli *cli) {
        int r;

        r = wgp_name_lookup_open(cli->root, &cli->lookup);
        if (r < 0) {
                wgp_cli_error("%s: %s.", cli->root, strerror(-r));
                return r == -EACCES ? CLI_EXIT_DENIED : CLI_EXIT_FAILED;
        }
        cli->lookup.public_key = derive_public_key;

        r = verb->run(cli);
        wgp_name_lookup_close();
        if (r < 0) {
                wgp_cli_error("%s: %s.", verb->name, strerror(-r));
                return CLI_EXIT_FAILED;
        }
        return r;
}

int main(int argc, char **argv) {
        WgpCli cli = {};
        const WgpVerb *verb = NULL;
        unsigned given = 0;
        int r;

        wgp_program_open_standard();
        if (geteuid() == 0) /* of somebody else, /dev/stdin and its like would be root's then */
                wgp_program_hide_memory();
        wgp_json_init();
        r = parse_options(argc, argv, &cli, &given);
        if (r < 0) {
                wgp_terminal_open(stdout, &cli.out);
                wgp_terminal_open(stderr, &cli.err);
                r = sodium_init() < 0 ? CLI_EXIT_FAILED : find_verb(&cli, given, &verb);
        } else
                verb = NULL;
        if (r == 0 && verb)
                r = run_verb(verb, &cli);

        if (fflush(stdout) != 0) {
                wgp_cli_error("Standard output: %m.");
                return CLI_EXIT_FAILED;
        }
        return r;
}
