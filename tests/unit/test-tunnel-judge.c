/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What a tunnel's state is, out of what systemd, the record, the kernel and the resolver say. */

#include <criterion/criterion.h>

#include "cli/tunnel-status.h"

enum {
        NOW = 1800000000, /* seconds since the epoch */
};

typedef struct Peer {
        bool configured;
        int64_t age; /* of the handshake, seconds; -1: there was none */
        uint64_t sent;
        uint16_t keepalive;
        const char *host, *health, *failure;
        bool no_address;
} Peer;

typedef struct Case {
        const char *what;
        const char *active, *sub, *result, *words; /* NULL: systemd was not asked */
        int exit_status;
        bool absent, no_record, no_link, link_down, incomplete, hidden;
        int device_error;
        Peer peers[3];
        size_t n_peers;
        WgpTunnelState state;
        const char *reason;
} Case;

#define RUNNING .active = "active", .sub = "exited"
#define ONE .n_peers = 1

static const Case cases[] = {
        { "a fresh handshake", RUNNING, .peers = { { true, 32, 100 } }, ONE, .state = WGP_TUNNEL_UP,
                        .reason = "last handshake 32s ago" },
        { "the last second of a session", RUNNING, .peers = { { true, 180, 100 } }, ONE, .state = WGP_TUNNEL_UP,
                        .reason = "last handshake 3min ago" },
        { "one second more, and something has to be sent", RUNNING, .peers = { { true, 181, 100, 25 } }, ONE,
                        .state = WGP_TUNNEL_STALE, .reason = "no answer, last handshake 3min 1s ago" },
        { "likewise, and nothing has", RUNNING, .peers = { { true, 181, 100 } }, ONE, .state = WGP_TUNNEL_IDLE,
                        .reason = "last handshake 3min 1s ago, and nothing known to be sent" },
        { "the clock was set back", RUNNING, .peers = { { true, -100, 100 } }, ONE, .state = WGP_TUNNEL_UP,
                        .reason = "last handshake 0s ago" },
        { "nothing sent yet", RUNNING, .peers = { { true, -1 } }, ONE, .state = WGP_TUNNEL_IDLE,
                        .reason = "no handshake yet, and nothing known to be sent" },
        { "sent, but no answer", RUNNING, .peers = { { true, -1, 148 } }, ONE, .state = WGP_TUNNEL_CONNECTING,
                        .reason = "no handshake yet" },
        { "a name without an answer", RUNNING, .peers = { { true, -1, .host = "vpn.example", .no_address = true } },
                        ONE, .state = WGP_TUNNEL_CONNECTING, .reason = "vpn.example has no address yet" },
        { "a name that does not exist", RUNNING,
                        .peers = { { true, -1, .host = "vpn.example", .failure = "there is no such name",
                                        .no_address = true } },
                        ONE, .state = WGP_TUNNEL_CONNECTING,
                        .reason = "vpn.example has no address yet: there is no such name" },
        { "the resolver knows before the handshake is old", RUNNING,
                        .peers = { { true, 60, 900, .host = "vpn.example", .health = "dead" } }, ONE,
                        .state = WGP_TUNNEL_STALE, .reason = "no answer, last handshake 1min ago" },
        { "no route", RUNNING, .peers = { { true, 300, 900, .host = "vpn.example", .health = "no route" } }, ONE,
                        .state = WGP_TUNNEL_STALE, .reason = "there is no route to it, last handshake 5min ago" },
        { "its next address is being tried", RUNNING,
                        .peers = { { true, 300, 900, .host = "vpn.example", .health = "trying" } }, ONE,
                        .state = WGP_TUNNEL_CONNECTING, .reason = "last handshake 5min ago" },
        { "suspected, but the session lives", RUNNING,
                        .peers = { { true, 60, 900, .host = "vpn.example", .health = "not answering" } }, ONE,
                        .state = WGP_TUNNEL_UP, .reason = "last handshake 1min ago" },
        { "a server whose clients are away", RUNNING, .peers = { { false, 4000, 900, 25 }, { false, -1 } },
                        .n_peers = 2, .state = WGP_TUNNEL_IDLE,
                        .reason = "0 of 2 peers, last handshake 1h 6min ago, and nothing known to be sent" },
        { "one of them is there", RUNNING, .peers = { { false, -1 }, { false, 8 } }, .n_peers = 2,
                        .state = WGP_TUNNEL_UP, .reason = "1 of 2 peers, last handshake 8s ago" },
        { "one of three sites is dead", RUNNING,
                        .peers = { { true, 8 }, { true, 700, 900, 25, .host = "south.example" }, { true, 9 } },
                        .n_peers = 3, .state = WGP_TUNNEL_STALE,
                        .reason = "2 of 3 peers up; south.example: no answer, last handshake 11min 40s ago" },
        { "dead is worse than not there yet", RUNNING,
                        .peers = { { true, -1, 148 }, { true, 700, 900, 25, .host = "south.example" } }, .n_peers = 2,
                        .state = WGP_TUNNEL_STALE,
                        .reason = "0 of 2 peers up; south.example: no answer, last handshake 11min 40s ago" },
        { "no peers", RUNNING, .state = WGP_TUNNEL_IDLE, .reason = "it has no peers" },

        { "failed, in its own words", .active = "failed", .sub = "failed", .result = "exit-code", .exit_status = 3,
                        .words = "a.conf:3: [Peer] Endpoint: no port", .state = WGP_TUNNEL_FAILED,
                        .reason = "a.conf:3: [Peer] Endpoint: no port" },
        { "failed, without", .active = "failed", .sub = "failed", .result = "exit-code", .exit_status = 5,
                        .state = WGP_TUNNEL_FAILED, .reason = "the system lacks what the profile needs" },
        { "took too long", .active = "failed", .sub = "failed", .result = "timeout", .exit_status = 15,
                        .state = WGP_TUNNEL_FAILED, .reason = "it took too long" },
        { "a credential is missing", .active = "failed", .sub = "failed", .result = "exit-code", .exit_status = 243,
                        .state = WGP_TUNNEL_FAILED, .reason = "a credential could not be read" },
        { "between two tries", .active = "activating", .sub = "auto-restart", .result = "exit-code", .exit_status = 1,
                        .state = WGP_TUNNEL_FAILED,
                        .reason = "it failed, and may work later (it will be tried again)" },
        { "being started", .active = "activating", .sub = "start", .state = WGP_TUNNEL_STARTING, .reason = "" },
        { "being stopped", .active = "deactivating", .sub = "stop", .state = WGP_TUNNEL_STOPPING, .reason = "" },
        { "not known to systemd", .active = "", .absent = true, .no_record = true, .no_link = true,
                        .state = WGP_TUNNEL_DOWN, .reason = "it was not started" },
        { "inactive, but the link is there", .active = "inactive", .sub = "dead", .state = WGP_TUNNEL_FAILED,
                        .reason = "its link is there, but its unit is not active" },
        { "not for these eyes", RUNNING, .hidden = true, .no_record = true, .no_link = true,
                        .state = WGP_TUNNEL_RUNNING,
                        .reason = "it was started; whether peers answer, only root can see" },
        { "failed: that everybody may know", .active = "failed", .sub = "failed", .result = "exit-code",
                        .exit_status = 1, .hidden = true, .no_record = true, .no_link = true,
                        .state = WGP_TUNNEL_FAILED, .reason = "it failed, and may work later" },
        { "the record is gone", RUNNING, .no_record = true, .no_link = true, .state = WGP_TUNNEL_FAILED,
                        .reason = "its record in /run/wg-profile/state is gone" },
        { "the link is gone", RUNNING, .no_link = true, .state = WGP_TUNNEL_FAILED, .reason = "its link is gone" },
        { "the link is down", RUNNING, .link_down = true, .state = WGP_TUNNEL_FAILED,
                        .reason = "somebody has set its link down" },
        { "the daemon is dead", RUNNING, .device_error = -ECONNREFUSED, .state = WGP_TUNNEL_FAILED,
                        .reason = "userspace WireGuard does not answer" },

        { "without systemd", .peers = { { true, 32, 100 } }, ONE, .state = WGP_TUNNEL_UP,
                        .reason = "last handshake 32s ago" },
        { "likewise, not started", .no_record = true, .no_link = true, .state = WGP_TUNNEL_DOWN,
                        .reason = "it was not started" },
        { "likewise, just being started", .incomplete = true, .no_link = true, .state = WGP_TUNNEL_STARTING,
                        .reason = "" },
};

static void fill(const Case *c, WgpUnitStatus *unit, WgpPeerState *states, WgpTunnelStatus *t) {
        *unit = (WgpUnitStatus) {
                .active = (char *) c->active,
                .sub = (char *) (c->sub ?: ""),
                .result = (char *) (c->result ?: "success"),
                .exit_status = c->exit_status,
        };
        *t = WGP_TUNNEL_STATUS_NULL;
        t->asked_systemd = c->active;
        t->unit = c->active && !c->absent ? unit : NULL;
        t->words = c->words ? strdup(c->words) : NULL;
        t->hidden = c->hidden;
        t->has_record = !c->no_record;
        t->record.complete = !c->incomplete;
        t->record.backend = WGP_BACKEND_USERSPACE;
        t->network.link.ifindex = c->no_link ? 0 : 7;
        t->network.link.up = !c->link_down;
        t->device_error = c->device_error;
        t->peers = calloc(c->n_peers + 1, sizeof(*t->peers));
        t->n_peers = c->n_peers;
        for (size_t i = 0; i < c->n_peers; i++) {
                const Peer *peer = c->peers + i;

                states[i] = (WgpPeerState) { .tx_bytes = peer->sent, .keepalive = peer->keepalive };
                states[i].handshake_sec = peer->age == -1 ? 0 : NOW - peer->age;
                states[i].endpoint.family = peer->no_address ? AF_UNSPEC : AF_INET;
                t->peers[i] = (WgpPeerStatus) {
                        .peer = states + i,
                        .configured = peer->configured,
                        .host = peer->host ? strdup(peer->host) : NULL,
                        .health = peer->health ? strdup(peer->health) : NULL,
                };
                if (peer->failure) {
                        t->peers[i].endpoints = calloc(1, sizeof(*t->peers[i].endpoints));
                        t->peers[i].n_endpoints = 1;
                        t->peers[i].endpoints[0].failure = strdup(peer->failure);
                }
        }
}

Test(tunnel_judge, states_and_reasons) {
        for (size_t i = 0; i < WGP_ARRAY_SIZE(cases); i++) {
                const Case *c = cases + i;
                WgpPeerState states[3];
                WgpTunnelStatus t;
                WgpUnitStatus unit;

                fill(c, &unit, states, &t);
                cr_expect_eq(wgp_tunnel_judge(&t, &(WgpMoment) { .real_sec = NOW }), 0, "%s", c->what);
                cr_expect_eq(t.state, c->state, "%s: %s", c->what, wgp_tunnel_state_name(t.state));
                cr_expect_str_eq(t.reason, c->reason, "%s: %s", c->what, t.reason);
                wgp_tunnel_status_done(&t);
        }
}
