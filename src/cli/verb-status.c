/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* wg-profile status: what becomes of each tunnel, for people, programs and monitoring. */

#include <stdio.h>
#include <time.h>
#include <unistd.h>

#include "cli/json-output.h"
#include "cli/look.h"
#include "cli/message.h"
#include "cli/output.h"
#include "cli/overview-print.h"
#include "cli/pager.h"
#include "cli/tunnel-json.h"
#include "cli/tunnel-metrics.h"
#include "cli/tunnel-text.h"
#include "model/value.h"

enum {
        WATCH_SEC = 2, /* between two looks, if --watch= says nothing */
        USEC = 1000000,
};

/* --- telling --- */

/* The worst of all; a tunnel that is not started is told by a code only when it was named. */
static int exit_code(const WgpLook *look) {
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

        for (size_t i = 0; i < look->n_tunnels; i++) {
                if (wgp_tunnel_lacks_kill_switch(look->tunnels + i))
                        return CLI_EXIT_FAILED;
                if (look->cli->n_arguments > 0 || look->tunnels[i].state != WGP_TUNNEL_DOWN)
                        worst = WGP_MAX(worst, look->tunnels[i].state);
        }
        return codes[worst];
}

static int print_json(const WgpLook *look) {
        _cleanup_(json_decrefp) json_t *json = json_pack("{s:[], s:[]}", "tunnels", "not-started");

        for (size_t i = 0; json && i < look->n_tunnels; i++)
                if (json_array_append_new(json_object_get(json, "tunnels"),
                                    wgp_tunnel_json(look->tunnels + i, &look->now)) < 0)
                        return -ENOMEM;
        for (size_t i = 0; json && i < look->others.n_items; i++)
                if (json_array_append_new(json_object_get(json, "not-started"), wgp_json_text(look->others.items[i])) <
                                0)
                        return -ENOMEM;
        return wgp_json_print(json);
}

static int print_metrics(const WgpLook *look) {
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

static int print_details(const WgpLook *look) {
        for (size_t i = 0; i < look->n_tunnels; i++) {
                if (i > 0)
                        putchar('\n');
                wgp_tunnel_print(look->cli, look->tunnels + i, &look->now);
        }
        return 0;
}

/* What somebody who is not root does not see, once, and not on top of the answer. */
static void tell_hidden(const WgpLook *look) {
        for (size_t i = 0; i < look->n_tunnels; i++)
                if (look->tunnels[i].hidden && look->tunnels[i].state != WGP_TUNNEL_DOWN) {
                        fflush(stdout);
                        wgp_cli_error("Peers, handshakes, routes and DNS are shown to root only.");
                        return;
                }
}

static bool is_overview(const WgpCli *cli) {
        return cli->n_arguments == 0 && !cli->json && !cli->prometheus;
}

/* Tells of names that neither a profile nor a tunnel has, and drops them. Returns 0, the first exit code (reported),
 * or a negative errno. */
static int refuse_unknown(WgpLook *look) {
        int first = 0;
        size_t n = 0;

        for (size_t i = 0; i < look->n_tunnels; i++) {
                int r = wgp_tunnel_refuse_unknown(look->cli, look->tunnels + i);

                if (r < 0)
                        return r;
                first = first ?: r;
                if (r == 0) {
                        WgpTunnelStatus tunnel = look->tunnels[n];

                        look->tunnels[n++] = look->tunnels[i];
                        look->tunnels[i] = tunnel;
                }
        }
        for (size_t i = n; i < look->n_tunnels; i++)
                wgp_tunnel_status_done(look->tunnels + i);
        look->n_tunnels = n;
        return first;
}

static int look(const WgpCli *cli, WgpLook *ret) {
        if (cli->n_arguments > 0)
                return wgp_look_at_named(cli, ret);
        return is_overview(cli) ? wgp_look_at_all(cli, /* unused= */ false, ret) : wgp_look_at_running(cli, ret);
}

static int print(const WgpLook *look, bool rates) {
        if (look->cli->prometheus)
                return print_metrics(look);
        if (look->cli->json)
                return print_json(look);
        return is_overview(look->cli) ? wgp_overview_print(look, rates) : print_details(look);
}

/* "before": the look before this one, NULL: this is the first. */
static int status_once(const WgpCli *cli, const WgpLook *before, WgpLook *now) {
        int r, unknown;

        r = look(cli, now);
        if (r != 0)
                return r;
        if (before)
                wgp_look_find_rates(before, now);
        unknown = cli->n_arguments > 0 ? refuse_unknown(now) : 0;
        if (unknown < 0 || (unknown > 0 && now->n_tunnels == 0))
                return unknown;
        if (!cli->watch && !cli->json && !cli->prometheus && !cli->no_pager)
                wgp_pager_open();
        r = print(now, before);
        if (r != 0)
                return r;
        tell_hidden(now);
        return unknown != 0 ? unknown : cli->prometheus ? CLI_EXIT_OK : exit_code(now);
}

/* Until somebody ends it. On a terminal each look is in the place of the one before. */
static int watch(const WgpCli *cli, uint64_t interval_usec) {
        const struct timespec pause = {
                .tv_sec = (time_t) (interval_usec / USEC),
                .tv_nsec = (long) (interval_usec % USEC * 1000),
        };
        _cleanup_(wgp_look_done) WgpLook before = WGP_LOOK_NULL;

        for (bool first = true;; first = false) {
                _cleanup_(wgp_look_done) WgpLook now = WGP_LOOK_NULL;
                WgpLook old;
                int r;

                if (cli->out.is_terminal)
                        fputs("\033[H\033[2J", stdout); /* ECMA-48: cursor home, erase all */
                else if (!first && !cli->json)
                        putchar('\n');
                r = status_once(cli, first ? NULL : &before, &now);
                if (r < 0 || r == CLI_EXIT_NO_PROFILE || r == CLI_EXIT_USAGE)
                        return r;
                if (fflush(stdout) != 0)
                        return -errno;
                old = before;
                before = now;
                now = old;
                if (before.gather.profiles)
                        before.gather.profiles = &before.profiles;
                nanosleep(&pause, NULL);
        }
}

static int run_status(const WgpCli *cli) {
        uint64_t interval_usec = WATCH_SEC * (uint64_t) USEC;
        WgpLook now = WGP_LOOK_NULL;
        int r;

        r = wgp_names_check(cli);
        if (r != 0)
                return r;
        if (cli->interval && (wgp_parse_duration(cli->interval, &interval_usec) < 0 || interval_usec == 0)) {
                wgp_cli_error("'%s' is not a valid time for --watch=. Examples are 5, 500ms, 1min.", cli->interval);
                return CLI_EXIT_USAGE;
        }
        if (cli->prometheus && (cli->json || cli->watch)) {
                wgp_cli_error("--prometheus goes neither with --json nor with --watch.");
                return CLI_EXIT_USAGE;
        }
        if (cli->output && !cli->prometheus) {
                wgp_cli_error("--output= is for --prometheus.");
                return CLI_EXIT_USAGE;
        }
        if (cli->watch)
                return watch(cli, interval_usec);
        r = status_once(cli, /* before= */ NULL, &now);
        wgp_look_done(&now);
        return r;
}

const WgpVerb wgp_verb_status = {
        .name = "status",
        .synopsis = "status [NAME...] [--watch[=SEC]]",
        .summary = "whether tunnels work, and why not",
        .words = "  Without a name: one line a tunnel. With names: all about them.\n"
                 "\n"
                 "  States: up, idle, connecting, stale, starting, stopping, down, failed, running;\n"
                 "  wg-profile(1) explains them.\n",
        .examples = "  wg-profile status\n"
                    "  wg-profile status home --watch=1\n",
        .exits = "  0  all are up or idle\n"
                 "  1  one has failed, or lacks its kill switch\n"
                 "  4  only root can see whether they are up\n"
                 "  6  there is no such profile\n"
                 "  7  one is connecting, starting or stopping\n"
                 "  8  one is stale\n"
                 "  9  one that was named is down\n",
        .operands = WGP_OPERANDS_NAMES,
        .options = CLI_OPTION_WATCH | CLI_OPTION_PROMETHEUS | CLI_OPTION_OUTPUT | CLI_OPTION_LEGEND,
        .n_arguments_max = SIZE_MAX,
        .run = run_status,
};
