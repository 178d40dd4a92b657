/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Judging: what a tunnel's state is in one word, and why. Pure. */

#include <inttypes.h>
#include <stdio.h>

#include "cli/cli.h"
#include "cli/shell-quote.h"
#include "cli/span.h"
#include "cli/tunnel-status.h"
#include "model/value.h"

const char *wgp_tunnel_state_name(WgpTunnelState state) {
        static const char *const names[_WGP_TUNNEL_STATE_N] = {
                [WGP_TUNNEL_UP] = "up",
                [WGP_TUNNEL_IDLE] = "idle",
                [WGP_TUNNEL_RUNNING] = "running",
                [WGP_TUNNEL_DOWN] = "down",
                [WGP_TUNNEL_STOPPING] = "stopping",
                [WGP_TUNNEL_STARTING] = "starting",
                [WGP_TUNNEL_CONNECTING] = "connecting",
                [WGP_TUNNEL_STALE] = "stale",
                [WGP_TUNNEL_FAILED] = "failed",
        };

        return names[state];
}

/* Green: it works; yellow: it may; red: it does not. */
WgpColour wgp_tunnel_state_colour(WgpTunnelState state) {
        static const WgpColour colours[_WGP_TUNNEL_STATE_N] = {
                [WGP_TUNNEL_UP] = WGP_COLOUR_GREEN,
                [WGP_TUNNEL_IDLE] = WGP_COLOUR_GREEN,
                [WGP_TUNNEL_RUNNING] = WGP_COLOUR_GREEN,
                [WGP_TUNNEL_DOWN] = WGP_COLOUR_DIM,
                [WGP_TUNNEL_STOPPING] = WGP_COLOUR_YELLOW,
                [WGP_TUNNEL_STARTING] = WGP_COLOUR_YELLOW,
                [WGP_TUNNEL_CONNECTING] = WGP_COLOUR_YELLOW,
                [WGP_TUNNEL_STALE] = WGP_COLOUR_RED,
                [WGP_TUNNEL_FAILED] = WGP_COLOUR_RED,
        };

        return colours[state];
}

/* What people know a peer by: its name, that of its endpoint, or its key, which goes into the buffer. */
void wgp_peer_label(const WgpPeerStatus *peer, const char **ret, char buffer[static WGP_KEY_TEXT_SIZE]) {
        wgp_key_format(peer->peer->public_key, buffer);
        *ret = peer->name ?: peer->host ?: buffer;
}

/* Whether it is known what differs: the profile could be read, and the kernel be asked. */
bool wgp_tunnel_was_compared(const WgpTunnelStatus *tunnel) {
        return tunnel->compared == CLI_EXIT_OK || tunnel->compared == CLI_EXIT_CHANGES;
}

/* How the kill switch differs from what the profile says, for people; NULL: it does not, or that is not known. */
const char *wgp_tunnel_kill_switch_problem(const WgpTunnelStatus *tunnel) {
        if (tunnel->hidden || tunnel->kill_switch_wanted == WGP_KILL_SWITCH_UNKNOWN)
                return NULL;
        if (tunnel->kill_switch_wanted == WGP_KILL_SWITCH_NO)
                return tunnel->kill_switch ? "the kill switch is on, and the profile has no KillSwitch=yes" : NULL;
        if (!tunnel->kill_switch)
                return "the kill switch is off, and the profile has KillSwitch=yes";
        if (tunnel->kill_switch_strict == (tunnel->kill_switch_wanted == WGP_KILL_SWITCH_STRICT))
                return NULL;
        return tunnel->kill_switch_strict ? "the kill switch is strict, and the profile has KillSwitch=yes" :
                                            "the kill switch is not strict, and the profile has KillSwitch=strict";
}

/* Whether the kill switch is off that the profile asks for: what should stay here may leave. That of a profile of
 * another program is not ours to switch on before somebody starts it. */
bool wgp_tunnel_lacks_kill_switch(const WgpTunnelStatus *tunnel) {
        return !tunnel->hidden && !tunnel->kill_switch && tunnel->kill_switch_wanted >= WGP_KILL_SWITCH_YES &&
               (tunnel->has_record || (tunnel->asked_systemd && !tunnel->fallback));
}

/* What the resolver has written about the endpoint in the profile; of nothing, nothing. */
const WgpEndpointStatus *wgp_peer_endpoint(const WgpPeerStatus *peer) {
        static const WgpEndpointStatus nothing = { .ttl_sec = -1 };

        return peer->n_endpoints > 0 ? peer->endpoints : &nothing;
}

void wgp_endpoint_status_done(WgpEndpointStatus *endpoint) {
        for (size_t i = 0; i < endpoint->n_addresses; i++)
                free(endpoint->addresses[i]);
        free(endpoint->addresses);
        free(endpoint->host);
        free(endpoint->failure);
        *endpoint = (WgpEndpointStatus) {};
}

static void peer_status_done(WgpPeerStatus *peer) {
        for (size_t i = 0; i < peer->n_endpoints; i++)
                wgp_endpoint_status_done(peer->endpoints + i);
        free(peer->endpoints);
        free(peer->name);
        free(peer->host);
        free(peer->health);
        free(peer->why);
}

void wgp_tunnel_status_done(WgpTunnelStatus *tunnel) {
        for (size_t i = 0; i < tunnel->n_peers; i++)
                peer_status_done(tunnel->peers + i);
        for (size_t i = 0; i < tunnel->n_differences; i++)
                free(tunnel->differences[i]);
        free(tunnel->peers);
        free(tunnel->differences);
        free(tunnel->name);
        free(tunnel->path);
        free(tunnel->words);
        free(tunnel->reason);
        wgp_state_done(&tunnel->record);
        wgp_network_done(&tunnel->network);
        *tunnel = WGP_TUNNEL_STATUS_NULL;
}

static int compare_key(const void *key, const void *peer) {
        return memcmp(key, ((const WgpPeerStatus *) peer)->peer->public_key, WGP_KEY_SIZE);
}

/* While the peers are in the order of their keys. Returns NULL when there is none of that key. */
WgpPeerStatus *wgp_tunnel_find_peer(const WgpTunnelStatus *tunnel, const uint8_t public_key[static WGP_KEY_SIZE]) {
        return tunnel->n_peers == 0 ? NULL :
                                      bsearch(public_key, tunnel->peers, tunnel->n_peers, sizeof(*tunnel->peers),
                                                      compare_key);
}

/* --- peers --- */

static bool is_health(const WgpPeerStatus *peer, const char *health) {
        return peer->health && streq(peer->health, health); /* the words of wgp_health_text() */
}

/* A peer that only answers to us, or comes by when it likes, cannot fail: it is up or idle. */
static WgpTunnelState judge_peer(const WgpPeerStatus *peer, const WgpMoment *now) {
        const WgpPeerState *p = peer->peer;
        bool fresh = p->handshake_sec > 0 && now->real_sec - p->handshake_sec <= WGP_SESSION_SEC;

        if (!peer->configured)
                return fresh ? WGP_TUNNEL_UP : WGP_TUNNEL_IDLE;
        /* The resolver compares what goes out with what comes in, and knows before a handshake is old. */
        if (is_health(peer, "dead") || is_health(peer, "no route"))
                return p->handshake_sec > 0 ? WGP_TUNNEL_STALE : WGP_TUNNEL_CONNECTING;
        if (fresh)
                return WGP_TUNNEL_UP;
        if (p->endpoint.family == AF_UNSPEC || is_health(peer, "trying") || is_health(peer, "not answering"))
                return WGP_TUNNEL_CONNECTING;
        if (p->handshake_sec > 0)
                return p->keepalive > 0 ? WGP_TUNNEL_STALE : WGP_TUNNEL_IDLE;
        return p->keepalive > 0 || p->tx_bytes > 0 ? WGP_TUNNEL_CONNECTING : WGP_TUNNEL_IDLE;
}

static char *handshake_text(const WgpPeerState *peer, const WgpMoment *now) {
        char span[WGP_SPAN_SIZE], *text;

        if (peer->handshake_sec == 0)
                return strdup("no handshake yet");
        wgp_span_format((uint64_t) WGP_MAX(now->real_sec - peer->handshake_sec, 0), span);
        return asprintf(&text, "last handshake %s ago", span) < 0 ? NULL : text;
}

/* Why a peer is not up. */
static char *peer_reason(const WgpPeerStatus *peer, const WgpMoment *now) {
        _cleanup_(freep) char *handshake = handshake_text(peer->peer, now);
        const char *failure = wgp_peer_endpoint(peer)->failure;
        char *text;
        int n;

        if (!handshake)
                return NULL;
        if (peer->peer->endpoint.family == AF_UNSPEC && peer->host)
                n = asprintf(&text, "%s has no address yet%s%s", peer->host, failure ? ": " : "", failure ?: "");
        else if (is_health(peer, "no route"))
                n = asprintf(&text, "there is no route to it, %s", handshake);
        else if (peer->state == WGP_TUNNEL_STALE)
                n = asprintf(&text, "no answer, %s", handshake);
        else if (peer->state == WGP_TUNNEL_IDLE)
                n = asprintf(&text, "%s, and nothing known to be sent", handshake);
        else
                n = asprintf(&text, "%s", handshake);
        return n < 0 ? NULL : text;
}

/* --- all of them --- */

/* The peer that stands for the tunnel's state: the first in it; of those that are up the one heard of last. */
static const WgpPeerStatus *find_example(const WgpTunnelStatus *tunnel) {
        const WgpPeerStatus *best = NULL;

        for (size_t i = 0; i < tunnel->n_peers; i++) {
                const WgpPeerStatus *peer = tunnel->peers + i;

                if (peer->state == tunnel->state && (!best || best->peer->handshake_sec < peer->peer->handshake_sec))
                        best = peer;
        }
        return best;
}

static WgpTunnelState judge_peers(WgpTunnelStatus *tunnel, const WgpMoment *now, size_t *ret_n_up) {
        WgpTunnelState state = WGP_TUNNEL_IDLE;
        size_t n_up = 0;

        for (size_t i = 0; i < tunnel->n_peers; i++) {
                WgpPeerStatus *peer = tunnel->peers + i;

                peer->state = judge_peer(peer, now);
                n_up += peer->state == WGP_TUNNEL_UP;
                if (peer->state > WGP_TUNNEL_IDLE)
                        state = WGP_MAX(state, peer->state);
        }
        *ret_n_up = n_up;
        return state == WGP_TUNNEL_IDLE && n_up > 0 ? WGP_TUNNEL_UP : state;
}

static int explain_peers(WgpTunnelStatus *tunnel, const WgpMoment *now, size_t n_up) {
        const WgpPeerStatus *example = find_example(tunnel);
        _cleanup_(freep) char *why = NULL;
        char key[WGP_KEY_TEXT_SIZE];
        const char *label;
        int n;

        if (!example) {
                tunnel->reason = strdup("it has no peers");
                return tunnel->reason ? 0 : -ENOMEM;
        }
        why = tunnel->state == WGP_TUNNEL_UP ? handshake_text(example->peer, now) : peer_reason(example, now);
        if (!why)
                return -ENOMEM;
        wgp_peer_label(example, &label, key);
        if (tunnel->n_peers == 1)
                n = asprintf(&tunnel->reason, "%s", why);
        else if (tunnel->state == WGP_TUNNEL_UP || tunnel->state == WGP_TUNNEL_IDLE)
                n = asprintf(&tunnel->reason, "%zu of %zu peers, %s", n_up, tunnel->n_peers, why);
        else
                n = asprintf(&tunnel->reason, "%zu of %zu peers up; %s: %s", n_up, tunnel->n_peers, label, why);
        if (n < 0)
                tunnel->reason = NULL;
        return n < 0 ? -ENOMEM : 0;
}

/* --- the unit --- */

/* What the exit codes of wg-profile-apply and systemd's own results mean. */
static const char *failure_text(const WgpUnitStatus *unit) {
        static const char *const codes[] = {
                [1] = "it failed, and may work later",
                [2] = "its unit has a wrong command line",
                [3] = "the profile has errors",
                [4] = "not permitted",
                [5] = "the system lacks what the profile needs",
                [6] = "there is no such profile",
        };
        static const struct {
                const char *result, *text;
        } results[] = {
                { "timeout", "it took too long" },
                { "start-limit-hit", "it was started too often" },
                { "resources", "systemd could not start it" },
                { "signal", "it was killed" },
                { "core-dump", "it crashed" },
                { "oom-kill", "memory ran out" },
        };

        for (size_t i = 0; i < WGP_ARRAY_SIZE(results); i++)
                if (streq(unit->result, results[i].result))
                        return results[i].text;
        if (unit->exit_status == 243) /* EXIT_CREDENTIALS, systemd.exec(5) */
                return "a credential could not be read";
        if (unit->exit_status > 0 && (size_t) unit->exit_status < WGP_ARRAY_SIZE(codes))
                return codes[unit->exit_status];
        return *unit->result ? unit->result : "systemd does not say why";
}

/* Returns false when the peers have to be asked. */
static bool judge_unit(WgpTunnelStatus *tunnel, const char **ret_reason) {
        const WgpUnitStatus *unit = tunnel->unit;

        *ret_reason = "";
        if (wgp_unit_is(unit, "failed")) {
                tunnel->state = WGP_TUNNEL_FAILED;
                *ret_reason = tunnel->words ?: failure_text(unit);
        } else if (wgp_unit_is(unit, "activating") && streq(unit->sub, "auto-restart")) {
                tunnel->state = WGP_TUNNEL_FAILED;
                *ret_reason = tunnel->words ?: failure_text(unit);
        } else if (wgp_unit_is(unit, "activating"))
                tunnel->state = WGP_TUNNEL_STARTING;
        else if (wgp_unit_is(unit, "deactivating"))
                tunnel->state = WGP_TUNNEL_STOPPING;
        else if (tunnel->asked_systemd && (!unit || wgp_unit_is(unit, "inactive")) &&
                        tunnel->network.link.ifindex > 0) {
                tunnel->state = WGP_TUNNEL_FAILED;
                *ret_reason = "its link is there, but its unit is not active";
        } else if (tunnel->asked_systemd && (!unit || wgp_unit_is(unit, "inactive"))) {
                tunnel->state = WGP_TUNNEL_DOWN;
                *ret_reason = unit && unit->since_sec > 0 ? "it was stopped" : "it was not started";
        } else if (tunnel->hidden) {
                tunnel->state = WGP_TUNNEL_RUNNING;
                *ret_reason = "it was started; whether peers answer, only root can see";
        } else if (!tunnel->has_record) {
                tunnel->state = unit ? WGP_TUNNEL_FAILED : WGP_TUNNEL_DOWN;
                *ret_reason = unit ? "its record in " WGP_STATE_DIRECTORY " is gone" : "it was not started";
        } else if (tunnel->network.link.ifindex == 0) {
                tunnel->state = tunnel->record.complete ? WGP_TUNNEL_FAILED : WGP_TUNNEL_STARTING;
                *ret_reason = !tunnel->record.complete ? "" :
                              tunnel->netns_gone       ? "the network namespace of its link is gone" :
                                                         "its link is gone";
        } else if (tunnel->device_error < 0) {
                tunnel->state = WGP_TUNNEL_FAILED;
                *ret_reason = tunnel->record.backend == WGP_BACKEND_USERSPACE ? "userspace WireGuard does not answer" :
                                                                                strerror(-tunnel->device_error);
        } else if (!tunnel->network.link.up) {
                tunnel->state = WGP_TUNNEL_FAILED;
                *ret_reason = "somebody has set its link down";
        } else
                return false;
        return true;
}

/* A tunnel that is down and cannot be started is told from one that can. */
static int tell_errors(WgpTunnelStatus *tunnel) {
        _cleanup_(freep) char *name = wgp_shell_quote(tunnel->name), *reason = tunnel->reason;
        const size_t n = tunnel->n_errors;

        tunnel->reason = NULL;
        if (!name)
                return -ENOMEM;
        if (asprintf(&tunnel->reason, "%s, and its profile has %zu error%s: run 'wg-profile check %s'", reason, n,
                            n == 1 ? "" : "s", name) < 0)
                tunnel->reason = NULL;
        return tunnel->reason ? 0 : -ENOMEM;
}

/* Finds the state of the tunnel and of its peers, and says why. Returns 0, or -ENOMEM. */
int wgp_tunnel_judge(WgpTunnelStatus *tunnel, const WgpMoment *now) {
        const char *reason;
        size_t n_up = 0;

        free(tunnel->reason);
        tunnel->reason = NULL;
        if (!judge_unit(tunnel, &reason)) {
                tunnel->state = judge_peers(tunnel, now, &n_up);
                return explain_peers(tunnel, now, n_up);
        }
        (void) judge_peers(tunnel, now, &n_up); /* each by itself is still worth to be told */
        if (asprintf(&tunnel->reason, "%s%s", reason,
                            wgp_unit_is(tunnel->unit, "activating") && *reason ? " (it will be tried again)" : "") < 0)
                tunnel->reason = NULL;
        if (!tunnel->reason)
                return -ENOMEM;
        return tunnel->state == WGP_TUNNEL_DOWN && tunnel->n_errors > 0 ? tell_errors(tunnel) : 0;
}
