/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* wg-profile set: as "wg set", but in the profile, of which nothing else changes; the running tunnel follows. */

#include <stdio.h>

#include "cli/message.h"
#include "cli/set-request.h"
#include "cli/tunnel-follow.h"
#include "model/value.h"

/* A profile that would be refused is not written. */
static int judge(const WgpSetProfile *set, const WgpInput *text) {
        _cleanup_(wgp_diagnostics_done) WgpDiagnostics diagnostics = WGP_DIAGNOSTICS_NULL;
        bool exposed;
        int r;

        r = wgp_set_profile_judge(set, text, &diagnostics, &exposed);
        if (exposed)
                return wgp_set_refuse_exposed(set);
        if (r != CLI_EXIT_INVALID)
                return r;
        r = wgp_cli_refuse(set->cli, &diagnostics);
        wgp_cli_error("%s was not changed.", set->path);
        return r;
}

/* A drop-in that speaks of the same peer has the last word. */
static void warn_of_dropins(const WgpSetProfile *set) {
        for (size_t i = 1; i < set->n_texts; i++)
                for (size_t j = 0; j < set->request->n_peers; j++) {
                        char key[WGP_KEY_TEXT_SIZE];

                        wgp_key_format(set->request->peers[j].public_key, key);
                        if (memmem(set->texts[i].data, set->texts[i].size, key, strlen(key)))
                                wgp_cli_error("%s speaks of the peer %s, too, and has the last word.",
                                                set->item.dropins[i - 1].path, key);
                }
}

static int replace(const WgpSetProfile *set, const WgpInput *text) {
        int r = wgp_replace_file(&set->file, text->data, text->size);

        if (r != WGP_REPLACE_E_CHANGED && r != -EBUSY)
                return r;
        wgp_cli_error(r == -EBUSY ? "%s was not changed: another run is writing it. Try again." :
                                    "%s was edited meanwhile, and was not changed: try again.",
                        set->path);
        return CLI_EXIT_FAILED;
}

static int write_text(const WgpSetProfile *set) {
        WgpInput text = WGP_INPUT_NULL;
        int r;

        r = wgp_edit_format(set->edit, &text.data, &text.size);
        if (r < 0)
                return r;
        if (text.size == set->texts[0].size && memcmp(text.data, set->texts[0].data, text.size) == 0)
                printf("%s: nothing to change.\n", set->path);
        else {
                r = judge(set, &text);
                if (r == 0)
                        r = replace(set, &text);
                if (r < 0)
                        r = wgp_cli_report_failure(set->path, r);
                if (r == 0)
                        printf("%s: changed.\n", set->path);
        }
        wgp_input_done(&text);
        fflush(stdout);
        return r;
}

/* Also when nothing was changed: an earlier reload may have failed. */
static int reload(const WgpSetProfile *set) {
        bool follows;
        int r;

        r = wgp_tunnel_follow(set->cli, set->item.name, &follows);
        if (follows)
                printf("Tunnel reloaded.\n");
        return r;
}

static int set_in_profile(const WgpCli *cli, WgpSetRequest *request) {
        _cleanup_(wgp_set_profile_done)
                        WgpSetProfile set = { .cli = cli, .request = request, .file = WGP_REPLACE_NULL };
        int r;

        r = wgp_set_profile_open(&set);
        if (r == 0)
                r = wgp_set_profile_edit(&set);
        if (r == 0)
                r = write_text(&set);
        if (r != 0)
                return r;
        warn_of_dropins(&set);
        return reload(&set);
}

static int run_set(const WgpCli *cli) {
        _cleanup_(wgp_set_request_done) WgpSetRequest request = WGP_SET_REQUEST_NULL;
        int r;

        r = wgp_set_words_parse(cli->arguments + 1, cli->n_arguments - 1, &request);
        if (r == -EINVAL) {
                wgp_cli_error("%s", request.problem);
                return CLI_EXIT_USAGE;
        }
        if (r < 0)
                return r;
        return cli->runtime ? wgp_set_runtime(cli, &request) : set_in_profile(cli, &request);
}

const WgpVerb wgp_verb_set = {
        .name = "set",
        .synopsis = "set [--runtime] NAME peer KEY WORD...",
        .summary = "as 'wg set', in the profile; the tunnel follows",
        .words = "  listen-port PORT                UDP port; 0: any\n"
                 "  fwmark MARK                     mark of the encrypted packets; off: none\n"
                 "  private-key FILE                the key in that file; /dev/null: none\n"
                 "  peer KEY|NAME                   the words that follow are about this peer\n"
                 "    remove                        the peer goes\n"
                 "    preshared-key FILE            the key in that file; /dev/null: none\n"
                 "    endpoint HOST:PORT            where the peer is\n"
                 "    persistent-keepalive SECONDS  between two empty packets; off: none\n"
                 "    allowed-ips PREFIX,...        instead of those that there are; +PREFIX adds one,\n"
                 "                                  -PREFIX takes one away\n",
        .examples = "  wg-profile set home peer gateway endpoint vpn2.example.org:51820\n"
                    "  wg-profile set home peer \"$KEY\" allowed-ips +10.9.0.0/24\n",
        .exits = "  0  done\n"
                 "  1  it failed\n"
                 "  2  the words are wrong\n"
                 "  3  the profile has errors\n"
                 "  4  not permitted\n"
                 "  6  there is no such profile\n",
        .options = CLI_OPTION_RUNTIME,
        .n_arguments_min = 2,
        .n_arguments_max = SIZE_MAX,
        .run = run_set,
};
