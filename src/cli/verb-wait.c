/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* wg-profile wait: until a tunnel is up, for scripts. */

#include <stdio.h>
#include <time.h>

#include "cli/message.h"
#include "cli/names.h"
#include "cli/tunnel-gather.h"
#include "model/value.h"

enum {
        LOOK_MSEC = 200,  /* between two looks: a handshake takes as long */
        TIMEOUT_SEC = 60, /* if --timeout= says nothing: TimeoutStartSec= of the unit */
        USEC = 1000000,
};

/* What the last look has shown. */
typedef struct Seen {
        bool come;  /* what is waited for */
        bool final; /* it will not come: systemd has given up */
        char *reason;
} Seen;

/* A unit that runs is not enough: its record has to be complete. */
static bool has_come(const WgpCli *cli, const WgpTunnelStatus *tunnel) {
        switch (tunnel->state) {
        case WGP_TUNNEL_UP:
                return true;
        case WGP_TUNNEL_IDLE:
        case WGP_TUNNEL_CONNECTING:
        case WGP_TUNNEL_STALE:
                return !cli->handshake && tunnel->record.complete;
        default:
                return false;
        }
}

static int judge(const WgpCli *cli, const WgpTunnelStatus *tunnel, Seen *seen) {
        int r;

        r = wgp_tunnel_refuse_unknown(cli, tunnel);
        if (r != 0)
                return r;
        if (tunnel->hidden) {
                wgp_cli_error("Only root can see whether a tunnel is up.");
                return CLI_EXIT_DENIED;
        }
        free(seen->reason);
        if (asprintf(&seen->reason, "%s%s%s", wgp_tunnel_state_name(tunnel->state), *tunnel->reason ? ", " : "",
                            tunnel->reason) < 0)
                seen->reason = NULL;
        seen->come = has_come(cli, tunnel);
        seen->final = wgp_unit_is(tunnel->unit, "failed");
        return seen->reason ? 0 : -ENOMEM;
}

/* Returns 0, an exit code (reported), or a negative errno. */
static int look(const WgpCli *cli, Seen *seen) {
        WgpTunnelStatus tunnel = WGP_TUNNEL_STATUS_NULL;
        WgpGather gather;
        int r;

        r = wgp_gather_open(cli, cli->arguments[0], &gather);
        if (r != 0)
                return r;
        r = wgp_gather_tunnel(&gather, cli->arguments[0], &tunnel);
        if (r >= 0)
                r = judge(cli, &tunnel, seen);
        wgp_tunnel_status_done(&tunnel);
        wgp_gather_done(&gather);
        return r;
}

static uint64_t now_usec(void) {
        struct timespec now;

        clock_gettime(CLOCK_BOOTTIME, &now);
        return (uint64_t) now.tv_sec * USEC + (uint64_t) now.tv_nsec / 1000;
}

/* Looks until it has come, it cannot any more, or the time is over; 0: that never is. */
static int wait_for(const WgpCli *cli, uint64_t timeout_usec) {
        const struct timespec pause = { .tv_nsec = LOOK_MSEC * 1000000L };
        const uint64_t start = now_usec();
        Seen seen = {};
        int r;

        while ((r = look(cli, &seen)) == 0 && !seen.come && !seen.final &&
                        (timeout_usec == 0 || now_usec() - start < timeout_usec))
                nanosleep(&pause, NULL);
        if (r == 0 && !seen.come) {
                wgp_cli_error("%s: %s%s.", cli->arguments[0], seen.final ? "" : "still ", seen.reason);
                r = CLI_EXIT_FAILED;
        }
        free(seen.reason);
        return r;
}

static int run_wait(const WgpCli *cli) {
        uint64_t timeout_usec = TIMEOUT_SEC * (uint64_t) USEC;
        int r;

        r = wgp_names_check(cli);
        if (r != 0)
                return r;
        if (cli->timeout && wgp_parse_duration(cli->timeout, &timeout_usec) < 0) {
                wgp_cli_error("This is no time: %s. Examples are 30, 500ms, 2min.", cli->timeout);
                return CLI_EXIT_USAGE;
        }
        return wait_for(cli, timeout_usec);
}

const WgpVerb wgp_verb_wait = {
        .name = "wait",
        .synopsis = "wait NAME... [--handshake] [--timeout=TIME]",
        .summary = "until the tunnel is there, or a peer has answered",
        .examples = "  wg-profile wait home\n"
                    "  wg-profile wait --handshake --timeout=10 home && ssh host.home\n",
        .exits = "  0  it is there\n"
                 "  1  it is not, and the time is over, or its unit has failed\n"
                 "  4  only root can see that\n"
                 "  6  there is no such profile\n",
        .operands = WGP_OPERANDS_EACH,
        .options = CLI_OPTION_HANDSHAKE | CLI_OPTION_TIMEOUT,
        .n_arguments_min = 1,
        .n_arguments_max = SIZE_MAX,
        .run = run_wait,
};
