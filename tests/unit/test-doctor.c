/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What the doctor finds in a tunnel, and that it finds nothing in a healthy one. */

#include <criterion/criterion.h>

#include "cli/cli.h"
#include "cli/doctor-judge.h"
#include "model/value.h"

enum {
        NOW = 1800000000, /* seconds since the epoch */
};

typedef struct Case {
        const char *what;
        WgpTunnelState state;
        size_t n_errors;
        int compared;
        bool outdated, lacks_kill_switch, kill_switch, no_link, no_key, no_peer, full, ipv6_elsewhere, inside;
        int64_t handshake_sec; /* 0: there was none */
        uint64_t rx, tx;
        const char *host, *failure, *health;
        bool no_address;
        size_t n_findings;
        const char *first, *advice; /* parts of the text; NULL: nothing is found */
} Case;

static const Case cases[] = {
        { "healthy", WGP_TUNNEL_UP, .compared = 0, .handshake_sec = NOW - 9, .rx = 92, .tx = 148 },
        { "healthy, by name", WGP_TUNNEL_UP, .handshake_sec = NOW - 9, .rx = 92, .tx = 148,
                        .host = "vpn.example.org" },
        { "idle", WGP_TUNNEL_IDLE },
        { "errors", WGP_TUNNEL_DOWN, .n_errors = 2, .no_link = true, .n_findings = 1, .first = "has 2 errors",
                        .advice = "wg-profile check 'my lab'" },
        { "down", WGP_TUNNEL_DOWN, .no_link = true, .n_findings = 1, .first = "the tunnel is down",
                        .advice = "wg-profile up 'my lab'" },
        { "failed", WGP_TUNNEL_FAILED, .no_link = true, .n_findings = 1, .first = "the tunnel has failed: the reason",
                        .advice = "wg-profile logs 'my lab'" },
        { "profile changed", WGP_TUNNEL_UP, .compared = CLI_EXIT_CHANGES, .handshake_sec = NOW - 9, .n_findings = 1,
                        .first = "differs from its profile in 1 point, the first being: add route",
                        .advice = "wg-profile reload 'my lab'" },
        { "unit files changed", WGP_TUNNEL_UP, .outdated = true, .handshake_sec = NOW - 9, .n_findings = 1,
                        .first = "systemd has not read", .advice = "systemctl daemon-reload" },
        { "no kill switch", WGP_TUNNEL_UP, .lacks_kill_switch = true, .handshake_sec = NOW - 9, .n_findings = 1,
                        .first = "the kill switch is off", .advice = "systemctl start 'wg-profile-killswitch@" },
        { "a kill switch, and no tunnel", WGP_TUNNEL_DOWN, .kill_switch = true, .no_link = true, .n_findings = 2,
                        .first = "the tunnel is down" },
        { "no key", WGP_TUNNEL_CONNECTING, .no_key = true, .n_findings = 1, .first = "has no private key",
                        .advice = "wg-profile genkey 'my lab'" },
        { "no peers", WGP_TUNNEL_IDLE, .no_peer = true, .n_findings = 1, .first = "has no peers" },
        { "IPv6 outside", WGP_TUNNEL_UP, .full = true, .ipv6_elsewhere = true, .handshake_sec = NOW - 9,
                        .n_findings = 1, .first = "IPv6 leaves outside", .advice = "::/0" },
        { "a full tunnel, and no IPv6 here", WGP_TUNNEL_UP, .full = true, .handshake_sec = NOW - 9 },
        { "not a full tunnel", WGP_TUNNEL_UP, .ipv6_elsewhere = true, .handshake_sec = NOW - 9 },
        { "endpoint inside", WGP_TUNNEL_CONNECTING, .full = true, .inside = true, .tx = 148, .n_findings = 2,
                        .first = "its endpoint 192.0.2.2:51820 lies in 0.0.0.0/0" },
        { "silence", WGP_TUNNEL_CONNECTING, .tx = 592, .n_findings = 1,
                        .first = "592 bytes were sent to 192.0.2.2:51820, and nothing came back",
                        .advice = "that the peer with the public key AQ" },
        { "no route", WGP_TUNNEL_CONNECTING, .tx = 592, .host = "vpn.example.org", .health = "no route",
                        .n_findings = 1, .first = "no route to 192.0.2.2:51820" },
        { "answers no more", WGP_TUNNEL_STALE, .handshake_sec = NOW - 700, .rx = 9, .tx = 592, .n_findings = 1,
                        .first = "the last time 11min 40s ago, and does not any more" },
        { "clock set back", WGP_TUNNEL_CONNECTING, .handshake_sec = NOW + 5000, .rx = 9, .tx = 592, .n_findings = 2,
                        .first = "the last time 0s ago" },
        { "a name without an address", WGP_TUNNEL_CONNECTING, .host = "vpn.example.org", .no_address = true,
                        .failure = "there is no such name", .n_findings = 1,
                        .first = "the name vpn.example.org has no address", .advice = "there is no such name" },
        { "a name that was not asked for", WGP_TUNNEL_CONNECTING, .host = "vpn.example.org", .no_address = true,
                        .n_findings = 1, .first = "has no address yet", .advice = "wg-profile-resolver" },
};

static void make(const Case *c, WgpTunnelStatus *t, WgpUnitStatus *unit, WgpPeerStatus *peer, WgpPeerState *state,
                WgpEndpointStatus *endpoint, WgpPrefix *prefix) {
        static char *differences[] = { (char *) "add route 10.0.0.0/8" };

        wgp_prefix_parse(c->full ? "0.0.0.0/0" : "10.7.0.0/24", prefix, NULL);
        *state = (WgpPeerState) {
                .handshake_sec = c->handshake_sec,
                .rx_bytes = c->rx,
                .tx_bytes = c->tx,
                .allowed_ips = prefix,
                .n_allowed_ips = 1,
        };
        if (!c->no_address) {
                WgpPrefix address;

                wgp_prefix_parse("192.0.2.2", &address, NULL);
                wgp_sockaddr_from_prefix(&address, 51820, &state->endpoint);
        }
        *endpoint = (WgpEndpointStatus) { .host = (char *) c->host, .failure = (char *) c->failure, .ttl_sec = -1 };
        *peer = (WgpPeerStatus) {
                .peer = state,
                .configured = true,
                .host = (char *) c->host,
                .health = (char *) c->health,
                .endpoints = endpoint,
                .n_endpoints = c->host != NULL,
                .state = c->state,
                .endpoint_inside = c->inside,
        };
        *unit = (WgpUnitStatus) { .active = (char *) "active" };
        *t = WGP_TUNNEL_STATUS_NULL;
        t->name = (char *) "my lab";
        t->unit = unit;
        t->outdated = c->outdated;
        t->state = c->state;
        t->reason = (char *) "the reason";
        t->n_errors = c->n_errors;
        t->compared = c->compared;
        t->differences = differences;
        t->n_differences = c->compared == CLI_EXIT_CHANGES;
        t->asked_systemd = true;
        t->kill_switch = c->kill_switch;
        t->kill_switch_wanted = c->lacks_kill_switch || c->kill_switch ? WGP_KILL_SWITCH_YES : WGP_KILL_SWITCH_NO;
        t->network.link.ifindex = !c->no_link;
        t->network.device.public_key[0] = !c->no_key;
        t->peers = peer;
        t->n_peers = !c->no_peer && !c->no_link;
}

Test(doctor, findings) {
        for (size_t i = 0; i < WGP_ARRAY_SIZE(cases); i++) {
                const Case *c = cases + i;
                WgpFindings findings = WGP_FINDINGS_NULL;
                WgpEndpointStatus endpoint;
                WgpTunnelStatus tunnel;
                WgpUnitStatus unit;
                WgpPeerStatus peer;
                WgpPeerState state;
                WgpPrefix prefix;

                make(c, &tunnel, &unit, &peer, &state, &endpoint, &prefix);
                cr_expect_eq(wgp_doctor_judge(&tunnel, &(WgpSurroundings) { c->ipv6_elsewhere },
                                             &(WgpMoment) { .real_sec = NOW }, &findings),
                                0);
                cr_expect_eq(findings.n_items, c->n_findings, "%s: %zu findings, the first: %s", c->what,
                                findings.n_items, findings.n_items > 0 ? findings.items[0].what : "");
                for (size_t k = 0; k < findings.n_items; k++)
                        cr_expect_not_null(findings.items[k].advice, "%s: what to do", c->what);
                if (c->first && findings.n_items > 0)
                        cr_expect(strstr(findings.items[0].what, c->first), "%s: %s", c->what, findings.items[0].what);
                if (c->advice && findings.n_items > 0)
                        cr_expect(strstr(findings.items[0].advice, c->advice), "%s: %s", c->what,
                                        findings.items[0].advice);
                wgp_findings_done(&findings);
        }
}
