/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The command wg-profile: options, the table of verbs, and what its exit code is. */

#include <signal.h>
#include <sodium.h>
#include <stdio.h>
#include <unistd.h>

#include "base/suggest.h"
#include "cli/cli.h"
#include "cli/help.h"
#include "cli/json-output.h"
#include "cli/message.h"
#include "cli/names.h"
#include "cli/options.h"
#include "cli/pager.h"
#include "cli/synonym.h"
#include "system/name-lookup.h"
#include "system/program.h"

static const WgpVerb *const verbs[] = {
        &wgp_verb_list,
        &wgp_verb_check,
        &wgp_verb_show,
        &wgp_verb_plan,
        &wgp_verb_up,
        &wgp_verb_down,
        &wgp_verb_restart,
        &wgp_verb_reload,
        &wgp_verb_start,
        &wgp_verb_stop,
        &wgp_verb_enable,
        &wgp_verb_disable,
        &wgp_verb_status,
        &wgp_verb_wait,
        &wgp_verb_resolve,
        &wgp_verb_logs,
        &wgp_verb_doctor,
        &wgp_verb_set,
        &wgp_verb_peer,
        &wgp_verb_edit,
        &wgp_verb_remove,
        &wgp_verb_import,
        &wgp_verb_convert,
        &wgp_verb_genkey,
};

/* Returns X25519's public key: libsodium clamps the private one, as WireGuard does. */
static int derive_public_key(const uint8_t private_key[WGP_KEY_SIZE], uint8_t ret[WGP_KEY_SIZE]) {
        _Static_assert(crypto_scalarmult_BYTES == WGP_KEY_SIZE, "the size of X25519's keys");

        return crypto_scalarmult_base(ret, private_key) == 0 ? 0 : -EINVAL;
}

/* --- the command line --- */

static const WgpVerb *find(const char *name) {
        for (size_t i = 0; i < WGP_ARRAY_SIZE(verbs); i++)
                if (streq(verbs[i]->name, name))
                        return verbs[i];
        return NULL;
}

/* Another program's word for one of our verbs comes before one that only looks like it. */
static int refuse_verb(const char *typed) {
        const char *names[WGP_ARRAY_SIZE(verbs)], *near = wgp_verb_synonym(typed);

        for (size_t i = 0; i < WGP_ARRAY_SIZE(verbs); i++)
                names[i] = verbs[i]->name;
        if (!near)
                near = wgp_suggest(typed, names, WGP_ARRAY_SIZE(names));
        if (near)
                wgp_cli_error("Unknown verb '%s'. Did you mean 'wg-profile %s'?", typed, near);
        else
                wgp_cli_error("Unknown verb '%s'. Try 'wg-profile --help'.", typed);
        return CLI_EXIT_USAGE;
}

/* "help VERB" and "VERB --help". */
static int print_help(const WgpCli *cli) {
        const size_t i = cli->n_arguments > 0 && streq(cli->arguments[0], "help");
        const WgpVerb *verb;

        if (cli->n_arguments <= i) {
                wgp_help_print(verbs, WGP_ARRAY_SIZE(verbs));
                return CLI_EXIT_OK;
        }
        verb = find(cli->arguments[i]);
        if (!verb)
                return refuse_verb(cli->arguments[i]);
        wgp_help_print_verb(verb);
        return CLI_EXIT_OK;
}

static int refuse_arguments(const char *problem, const WgpVerb *verb) {
        wgp_cli_error("%s. Usage: wg-profile %s", problem, verb->synopsis);
        return CLI_EXIT_USAGE;
}

/* Takes the verb off the arguments; without one it is "status". Returns 0, or the exit code. */
static int find_verb(WgpCli *cli, unsigned given, const WgpVerb **ret) {
        const WgpVerb *verb = cli->n_arguments == 0 ? &wgp_verb_status : find(cli->arguments[0]);

        if (!verb)
                return refuse_verb(cli->arguments[0]);
        if (cli->n_arguments > 0) {
                cli->arguments++;
                cli->n_arguments--;
        }
        cli->given = given;
        if (given & ~verb->options)
                return refuse_arguments("This option is not for this verb", verb);
        if (cli->all && cli->n_arguments > 0)
                return refuse_arguments("--all does not go with names", verb);
        if (cli->n_arguments < verb->n_arguments_min && !cli->all)
                return refuse_arguments("An argument is missing", verb);
        if (cli->n_arguments > verb->n_arguments_max)
                return refuse_arguments("Too many arguments", verb);
        *ret = verb;
        return 0;
}

/* --- running --- */

/* Runs the verb for each of its names. Returns the first exit code that is not 0, or a negative errno. */
static int run_each(const WgpVerb *verb, const WgpCli *cli) {
        int first = 0;

        for (size_t i = 0; i < cli->n_arguments; i++) {
                WgpCli one = *cli;
                int r;

                one.arguments = cli->arguments + i;
                one.n_arguments = 1;
                r = verb->run(&one);
                if (r < 0)
                        return r;
                first = first ?: r;
        }
        return first;
}

static int run_expanded(const WgpVerb *verb, WgpCli *cli) {
        _cleanup_(wgp_names_done) WgpNames names = WGP_NAMES_NULL;
        int r;

        if (verb->operands == WGP_OPERANDS_PLAIN)
                return verb->run(cli);
        r = wgp_names_expand(cli, &names);
        if (r != 0)
                return r;
        cli->arguments = names.items;
        cli->n_arguments = names.n_items;
        return verb->operands == WGP_OPERANDS_EACH ? run_each(verb, cli) : verb->run(cli);
}

static int run_verb(const WgpVerb *verb, WgpCli *cli) {
        int r;

        r = wgp_name_lookup_open(cli->root, &cli->lookup);
        if (r < 0) {
                wgp_cli_error("%s: %s.", cli->root, strerror(-r));
                return r == -EACCES ? CLI_EXIT_DENIED : CLI_EXIT_FAILED;
        }
        cli->lookup.public_key = derive_public_key;

        r = run_expanded(verb, cli);
        wgp_name_lookup_close();
        if (r == -EPIPE) /* nobody reads any more, as behind "| head" */
                return CLI_EXIT_OK;
        if (r < 0) {
                wgp_cli_error("%s: %s.", verb->name, strerror(-r));
                return CLI_EXIT_FAILED;
        }
        return r;
}

static int run_command(WgpCli *cli, unsigned given) {
        const WgpVerb *verb = NULL;
        int r;

        if (cli->n_arguments > 0 && streq(cli->arguments[0], "help"))
                return print_help(cli);
        wgp_terminal_open(stdout, &cli->out);
        wgp_terminal_open(stderr, &cli->err);
        r = sodium_init() < 0 ? CLI_EXIT_FAILED : find_verb(cli, given, &verb);
        return r != 0 ? r : run_verb(verb, cli);
}

int main(int argc, char **argv) {
        WgpCli cli = {};
        unsigned given;
        int r;

        wgp_program_open_standard();
        signal(SIGPIPE, SIG_IGN); /* a pager may end before we do: a write tells */
        if (geteuid() == 0)       /* of somebody else, /dev/stdin and its like would be root's then */
                wgp_program_hide_memory();
        wgp_json_init();
        r = wgp_options_parse(argc, argv, &cli, &given);
        if (r == WGP_OPTIONS_HELP)
                r = print_help(&cli);
        else if (r == WGP_OPTIONS_VERSION) {
                printf("wg-profile %s\n", WGP_VERSION);
                r = CLI_EXIT_OK;
        } else if (r == WGP_OPTIONS_GO_ON)
                r = run_command(&cli, given);

        if (fflush(stdout) != 0 && errno != EPIPE) {
                wgp_cli_error("Standard output: %m.");
                r = CLI_EXIT_FAILED;
        }
        wgp_pager_close();
        return r;
}
