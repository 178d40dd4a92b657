/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* wg-profile status: what becomes of each tunnel, for people, programs and monitoring. */

#include <stdio.h>
#include <time.h>
#include <unistd.h>

#include "cli/json-output.h"
#include "cli/message.h"
#include "cli/output.h"
#include "cli/tunnel-compare.h"
#include "cli/tunnel-gather.h"
#include "cli/tunnel-json.h"
#include "cli/tunnel-metrics.h"
#include "cli/tunnel-text.h"
#include "system/profile-name.h"

enum {
        WATCH_SEC = 2, /* between two looks */
};

/* One look at all the tunnels that were asked for. */
typedef struct Look {
        const WgpCli *cli;
        WgpGather gather;
        WgpMoment now;
        WgpTunnelStatus *tunnels;
        size_t n_tunnels;
        char **names;  /* of the tunnels, sorted */
        char **others; /* profiles that are not started */
        size_t n_names, n_others, n_names_allocated, n_others_allocated;
} Look;

static void look_done(Look *look) {
        for (size_t i = 0; i < look->n_tunnels; i++)
                wgp_tunnel_status_done(look->tunnels + i);
        for (size_t i = 0; i < look->n_names; i++)
                free(look->names[i]);
        for (size_t i = 0; i < look->n_others; i++)
                free(look->others[i]);
        free(look->tunnels);
        free(look->names);
        free(look->others);
        wgp_gather_done(&look->gather);
}

/* --- which tunnels --- */

static int compare_text(const void *a, const void *b) {
        return strcmp(*(char *const *) a, *(char *const *) b);
}

static bool contains(char *const *names, size_t n_names, const char *name) {
        return n_names > 0 && bsearch(&name, names, n_names, sizeof(*names), compare_text);
}

static int add_name(char ***names, size_t *n_names, size_t *n_allocated, const char *name) {
        if (!wgp_grow(names, n_allocated, *n_names + 1, sizeof(char *)))
                return -ENOMEM;
        (*names)[*n_names] = strdup(name);
        if (!(*names)[*n_names])
                return -ENOMEM;
        (*n_names)++;
        return 0;
}

static int add_recorded(const char *name, const WgpState *state, void *userdata) {
        Look *look = userdata;

        return add_name(&look->names, &look->n_names, &look->n_names_allocated, name);
}

static void sort_names(Look *look) {
        size_t n = 0;

        qsort(look->names, look->n_names, sizeof(*look->names), compare_text);
        for (size_t i = 0; i < look->n_names; i++)
                if (n > 0 && streq(look->names[n - 1], look->names[i]))
                        free(look->names[i]);
                else
                        look->names[n++] = look->names[i];
        look->n_names = n;
}

/* What runs, or should: by systemd and by the records. */
static int find_running(Look *look) {
        const WgpUnits *units = &look->gather.units;
        int r = 0;

        for (size_t i = 0; r >= 0 && i < units->n_items; i++)
                if (!wgp_unit_is(units->items + i, "inactive"))
                        r = add_name(&look->names, &look->n_names, &look->n_names_allocated, units->items[i].name);
        if (r >= 0 && look->gather.directory >= 0)
                r = wgp_state_read_others(look->gather.directory, "", add_recorded, look);
        if (r >= 0 && look->n_names > 0)
                sort_names(look);
        return r;
}

/* The other profiles, those excepted that are there for other programs. */
static int find_others(Look *look) {
        _cleanup_(wgp_diagnostics_done) WgpDiagnostics diagnostics = WGP_DIAGNOSTICS_NULL;
        _cleanup_(wgp_store_list_done) WgpStoreList list = WGP_STORE_LIST_NULL;
        int r;

        r = wgp_store_enumerate(look->gather.store, &diagnostics, &list);
        if (r < 0)
                return r == -ENOMEM ? r : 0;
        for (size_t i = 0; i < list.n_items; i++) {
                const WgpStoreItem *item = list.items + i;

                if (item->fallback || contains(look->names, look->n_names, item->name) ||
                                wgp_store_is_masked(look->gather.store, item) > 0)
                        continue;
                r = add_name(&look->others, &look->n_others, &look->n_others_allocated, item->name);
                if (r < 0)
                        return r;
        }
        return 0;
}

/* --- looking --- */

static int look_at(Look *look) {
        look->tunnels = calloc(look->n_names + 1, sizeof(*look->tunnels));
        if (!look->tunnels)
                return -ENOMEM;
        for (size_t i = 0; i < look->n_names; i++) {
                int r;

                r = wgp_gather_tunnel(&look->gather, look->names[i], look->tunnels + i);
                if (r < 0)
                        return r;
                look->n_tunnels++;
                r = wgp_tunnel_compare(look->cli, look->tunnels + i);
                if (r < 0)
                        return r;
        }
        wgp_moment_now(&look->now);
        return 0;
}

/* Returns 0, an exit code (reported), or a negative errno. */
static int look(const WgpCli *cli, Look *ret) {
        const char *name = cli->n_arguments > 0 ? cli->arguments[0] : NULL;
        int r;

        ret->cli = cli;
        r = wgp_gather_open(cli, name, &ret->gather);
        if (r != 0)
                return r;
        if (name)
                r = add_name(&ret->names, &ret->n_names, &ret->n_names_allocated, name);
        else
                r = find_running(ret);
        if (r >= 0 && !name)
                r = find_others(ret);
        return r < 0 ? r : look_at(ret);
}

/* --- telling --- */

/* The worst of all; a tunnel that is not started is told by a code only when it was named. */
static int exit_code(const Look *look) {
        static const int codes[_WGP_TUNNEL_STATE_N] = {
                [WGP_TUNNEL_UP] = CLI_EXIT_OK,
                [WGP_TUNNEL_IDLE] = CLI_EXIT_OK,
                [WGP_TUNNEL_RUNNING] = CLI_EXIT_DENIED,
                [WGP_TUNNEL_DOWN] = CLI_EXIT_DOWN,
                [WGP_TUNNEL_STOPPING] = CLI_EXIT_CONNECTING,
                [WGP_TUNNEL_STARTING] = CLI_EXIT_CONNECTING,
                [WGP_TUNNEL_CONNECTING] = CLI_EXIT_CONNECTING,
                [WGP_TUNNEL_STALE] = CLI_EXIT_STALE,
                [WGP_TUNNEL_FAILED] = CLI_EXIT_FAILED,
        };
        WgpTunnelState worst = WGP_TUNNEL_UP;

        for (size_t i = 0; i < look->n_tunnels; i++)
                worst = WGP_MAX(worst, look->tunnels[i].state);
        return codes[worst];
}

static int print_json(const Look *look) {
        _cleanup_(json_decrefp) json_t *json = json_pack("{s:[], s:[]}", "tunnels", "not-started");

        for (size_t i = 0; json && i < look->n_tunnels; i++)
                if (json_array_append_new(json_object_get(json, "tunnels"),
                                    wgp_tunnel_json(look->tunnels + i, &look->now)) < 0)
                        return -ENOMEM;
        for (size_t i = 0; json && i < look->n_others; i++)
                if (json_array_append_new(json_object_get(json, "not-started"), wgp_json_text(look->others[i])) < 0)
                        return -ENOMEM;
        return wgp_json_print(json);
}

static int print_metrics(const Look *look) {
        _cleanup_(wgp_text_done) WgpText text = WGP_TEXT_NULL;
        int r;

        wgp_metrics_format(look->tunnels, look->n_tunnels, &look->now, &text);
        if (text.failed)
                return -ENOMEM;
        if (!look->cli->output)
                return wgp_output_write(text.data, text.size);
        r = wgp_output_replace(look->cli->output, text.data, text.size, 0644);
        return r < 0 ? wgp_cli_report_failure(look->cli->output, r) : 0;
}

static int print_text(const Look *look) {
        for (size_t i = 0; i < look->n_tunnels; i++) {
                if (i > 0)
                        putchar('\n');
                wgp_tunnel_print(look->cli, look->tunnels + i, &look->now);
        }
        if (look->n_tunnels == 0 && look->n_others == 0)
                printf("No tunnels, and no profiles.\n");
        if (look->n_others > 0) {
                printf("%sNot started:", look->n_tunnels > 0 ? "\n" : "");
                for (size_t i = 0; i < look->n_others; i++)
                        printf("%s %s", i > 0 ? "," : "", look->others[i]);
                putchar('\n');
        }
        return 0;
}

/* What somebody who is not root does not see, once, and not on top of the answer. */
static void tell_hidden(const Look *look) {
        for (size_t i = 0; i < look->n_tunnels; i++)
                if (look->tunnels[i].hidden && look->tunnels[i].state != WGP_TUNNEL_DOWN) {
                        fflush(stdout);
                        wgp_cli_error("Peers, handshakes, routes and DNS are shown to root only.");
                        return;
                }
}

static int status_once(const WgpCli *cli) {
        _cleanup_(look_done) Look now = { .gather.directory = -EBADF };
        int r;

        r = look(cli, &now);
        if (r == 0 && cli->n_arguments > 0)
                r = wgp_tunnel_refuse_unknown(cli, now.tunnels);
        if (r == 0)
                r = cli->prometheus ? print_metrics(&now) : cli->json ? print_json(&now) : print_text(&now);
        if (r != 0)
                return r;
        tell_hidden(&now);
        return cli->prometheus ? CLI_EXIT_OK : exit_code(&now);
}

/* Until somebody ends it. On a terminal each look is in the place of the one before. */
static int watch(const WgpCli *cli) {
        for (bool first = true;; first = false) {
                int r;

                if (cli->out.is_terminal)
                        fputs("\033[H\033[2J", stdout); /* ECMA-48: cursor home, erase all */
                else if (!first && !cli->json)
                        putchar('\n');
                r = status_once(cli);
                if (r < 0 || r == CLI_EXIT_NO_PROFILE || r == CLI_EXIT_USAGE)
                        return r;
                if (fflush(stdout) != 0)
                        return -errno;
                sleep(WATCH_SEC);
        }
}

static int run_status(const WgpCli *cli) {
        const char *problem = cli->n_arguments > 0 ? wgp_profile_name_problem(cli->arguments[0]) : NULL;

        if (problem) {
                wgp_cli_error("%s: %s", cli->arguments[0], problem);
                return CLI_EXIT_NO_PROFILE;
        }
        if (cli->prometheus && (cli->json || cli->watch)) {
                wgp_cli_error("--prometheus goes neither with --json nor with --watch.");
                return CLI_EXIT_USAGE;
        }
        if (cli->output && !cli->prometheus) {
                wgp_cli_error("--output= is for --prometheus.");
                return CLI_EXIT_USAGE;
        }
        return cli->watch ? watch(cli) : status_once(cli);
}

const WgpVerb wgp_verb_status = {
        .name = "status",
        .synopsis = "status [NAME] [--watch]",
        .summary = "whether tunnels work, and why not",
        .options = CLI_OPTION_WATCH | CLI_OPTION_PROMETHEUS | CLI_OPTION_OUTPUT,
        .n_arguments_max = 1,
        .run = run_status,
};
