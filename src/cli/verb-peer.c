/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* wg-profile peer: the clients of a server, each a drop-in of its profile. */

#include <stdio.h>

#include "cli/message.h"
#include "cli/peer.h"

typedef struct PeerVerb {
        const char *name;
        size_t n_arguments_min, n_arguments_max; /* SERVER and NAMEs */
        unsigned options;
        int (*run)(const WgpCli *cli);
} PeerVerb;

enum {
        OPTIONS_ADD = CLI_OPTION_ADDRESS | CLI_OPTION_ALLOWED_IPS | CLI_OPTION_NO_PSK | CLI_OPTION_QR |
                      CLI_OPTION_SITE | CLI_OPTION_FORMAT | CLI_OPTION_OUTPUT,
};

static const PeerVerb peer_verbs[] = {
        { "add", 2, 2, OPTIONS_ADD, wgp_peer_add },
        { "list", 1, 1, 0, wgp_peer_list },
        { "show", 2, 2, 0, wgp_peer_show },
        { "remove", 2, 2, 0, wgp_peer_remove },
        { "disable", 2, 2, 0, wgp_peer_disable },
        { "enable", 2, 2, 0, wgp_peer_enable },
};

static int usage(const char *problem, const char *what) {
        wgp_cli_error("%s %s. Try 'wg-profile --help'.", problem, what);
        return CLI_EXIT_USAGE;
}

static int run_peer(const WgpCli *cli) {
        const size_t n = cli->n_arguments - 1;

        for (size_t i = 0; i < WGP_ARRAY_SIZE(peer_verbs); i++) {
                const PeerVerb *verb = peer_verbs + i;

                if (!streq(verb->name, cli->arguments[0]))
                        continue;
                if (cli->given & ~verb->options)
                        return usage("An option that is not for this verb: peer", verb->name);
                if (n < verb->n_arguments_min)
                        return usage("An argument is missing: peer", verb->name);
                if (n > verb->n_arguments_max)
                        return usage("Too many arguments: peer", verb->name);
                return verb->run(cli);
        }
        return usage("Unknown verb: peer", cli->arguments[0]);
}

const WgpVerb wgp_verb_peer = {
        .name = "peer",
        .synopsis = "peer VERB SERVER [NAME]",
        .summary = "the clients of a server: give one a tunnel, see them, send one away; the server follows",
        .words = "  add SERVER NAME      make a client, and print its profile, which is kept nowhere here\n"
                 "  list SERVER          all clients\n"
                 "  show SERVER NAME     one of them\n"
                 "  remove SERVER NAME   the client is not let in any more\n"
                 "  disable SERVER NAME  likewise, until it is enabled; it keeps its addresses\n"
                 "  enable SERVER NAME   let it in again\n",
        .examples = "  wg-profile peer add vpn phone --qr\n"
                    "  wg-profile peer add vpn laptop --output=laptop.conf\n",
        .exits = "  0  done\n"
                 "  1  it failed, and nothing was changed unless it says so\n"
                 "  2  the words are wrong\n"
                 "  3  the profile has errors, or cannot be a server\n"
                 "  4  not permitted\n"
                 "  6  there is no such profile\n",
        .options = OPTIONS_ADD,
        .n_arguments_min = 2,
        .n_arguments_max = 3,
        .run = run_peer,
};
