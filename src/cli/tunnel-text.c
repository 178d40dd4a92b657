/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Text: the first line says what matters, in the layout of systemctl(1); below it the words of wg(8). */

#include "cli/tunnel-text.h"

#include <inttypes.h>
#include <linux/rtnetlink.h>
#include <stdio.h>
#include <time.h>

#include "cli/fields.h"
#include "cli/span.h"
#include "desired/nft-text.h"
#include "model/prefix.h"
#include "model/value.h"
#include "system/profile-name.h"

enum {
        INDENT = 14, /* of the values */
        PEER_INDENT = 20,
        DIFFERENCES_MAX = 8, /* "plan" shows them all */
        USEC = 1000000,      /* in a second */
};

static void print_header(const WgpCli *cli, const WgpTunnelStatus *tunnel) {
        const WgpTerminal *out = &cli->out;
        const WgpColour colour = wgp_tunnel_state_colour(tunnel->state);
        const char *dot = !out->has_utf8 ? "*" : tunnel->state == WGP_TUNNEL_DOWN ? "\u25cb" : "\u25cf";
        _cleanup_(freep) char *reason = wgp_printable(tunnel->reason);

        printf("%s%s%s %s: %s%s%s%s%s\n", wgp_terminal_colour(out, colour), dot, wgp_terminal_reset(out, colour),
                        tunnel->name, wgp_terminal_colour(out, colour), wgp_tunnel_state_name(tunnel->state),
                        wgp_terminal_reset(out, colour), reason && *reason ? ", " : "", reason ?: "");
}

/* --- the unit and the link --- */

static void print_unit(WgpFields *fields, const WgpTunnelStatus *tunnel, const WgpMoment *now) {
        const WgpUnitStatus *unit = tunnel->unit;
        char span[WGP_SPAN_SIZE], date[sizeof("2026-11-25 20:15:00")] = "";
        time_t since;
        struct tm tm;

        if (!unit)
                return;
        wgp_field_begin(fields, "unit");
        wgp_field_printf(fields, "%s (%s)", unit->active, unit->sub);
        if (unit->since_sec > 0) {
                since = (time_t) unit->since_sec;
                if (localtime_r(&since, &tm))
                        strftime(date, sizeof(date), "%Y-%m-%d %H:%M:%S", &tm);
                wgp_span_format((uint64_t) WGP_MAX(now->real_sec - (int64_t) unit->since_sec, 0), span);
                wgp_field_printf(fields, "since %s; %s ago", date, span);
        }
        wgp_field_end(fields);
}

static void print_link(WgpFields *fields, const WgpTunnelStatus *tunnel) {
        const char *netns = tunnel->record.network.netns;
        const WgpLink *link = &tunnel->network.link;

        if (link->ifindex == 0)
                return;
        wgp_field_begin(fields, "link");
        wgp_field_add(fields, link->name);
        if (netns)
                wgp_field_printf(fields, "network namespace %s", netns);
        if (*tunnel->record.network.link.master_name)
                wgp_field_printf(fields, "VRF %s", tunnel->record.network.link.master_name);
        if (tunnel->record.backend == WGP_BACKEND_USERSPACE)
                wgp_field_add(fields, "userspace WireGuard");
        wgp_field_printf(fields, "MTU %" PRIu32 "%s", link->mtu, tunnel->record.automatic_mtu ? " (automatic)" : "");
        wgp_field_end(fields);
}

static void print_addresses(WgpFields *fields, const WgpNetwork *network) {
        if (network->n_addresses == 0)
                return;
        wgp_field_begin(fields, "addresses");
        for (size_t i = 0; i < network->n_addresses; i++) {
                char text[WGP_PREFIX_TEXT_SIZE];

                wgp_prefix_format(&network->addresses[i].prefix, text);
                wgp_field_add(fields, text);
        }
        wgp_field_end(fields);
}

/* --- what was recorded --- */

/* Routes that keep packets from leaving past the tunnel are told as what they are. */
static void print_routes(WgpFields *fields, const WgpNetwork *network) {
        if (network->n_routes == 0)
                return;
        wgp_field_begin(fields, "routes");
        for (size_t i = 0; i < network->n_routes; i++) {
                const WgpRoute *route = network->routes + i;
                char text[WGP_PREFIX_TEXT_SIZE];

                wgp_prefix_format(&route->destination, text);
                if (route->uses_device && route->table == RT_TABLE_MAIN)
                        wgp_field_add(fields, text);
                else
                        wgp_field_printf(fields, "%s%s table %" PRIu32, route->uses_device ? "" : "unreachable ", text,
                                        route->table);
        }
        wgp_field_end(fields);
}

/* The tunnel's nft table, or why it has none. */
static void print_filter(const WgpCli *cli, WgpFields *fields, const WgpState *record) {
        _cleanup_(freep) char *problem = record->filter_problem ? wgp_printable(record->filter_problem) : NULL;
        char table[WGP_NFT_TABLE_SIZE];

        if (!problem && !record->network.filter.present)
                return;
        wgp_field_begin(fields, "nft table");
        if (problem) {
                fputs(wgp_terminal_colour(&cli->out, WGP_COLOUR_YELLOW), stdout);
                wgp_field_printf(fields, "none: %s", problem);
                fputs(wgp_terminal_reset(&cli->out, WGP_COLOUR_YELLOW), stdout);
        } else {
                wgp_nft_table_name(record->network.link.name, table);
                wgp_field_printf(fields, "inet %s", table);
        }
        wgp_field_end(fields);
}

static void print_kill_switch(const WgpCli *cli, WgpFields *fields, const WgpTunnelStatus *tunnel) {
        const char *problem = wgp_tunnel_kill_switch_problem(tunnel);

        wgp_field_begin(fields, "kill switch");
        if (tunnel->kill_switch)
                wgp_field_add(fields, tunnel->kill_switch_strict ?
                                                      "on: what is for no tunnel stays here" :
                                                      "on: what is for neither a tunnel nor the LAN stays here");
        if (problem) {
                fputs(wgp_terminal_colour(&cli->out, WGP_COLOUR_YELLOW), stdout);
                wgp_field_add(fields, problem);
                fputs(wgp_terminal_reset(&cli->out, WGP_COLOUR_YELLOW), stdout);
        }
        wgp_field_end(fields);
}

static void print_device(WgpFields *fields, const WgpTunnelStatus *tunnel) {
        const WgpDevice *device = &tunnel->network.device;
        char key[WGP_KEY_TEXT_SIZE];

        if (tunnel->network.link.ifindex == 0 || tunnel->hidden || tunnel->device_error < 0)
                return;
        if (device->fwmark != 0) {
                wgp_field_begin(fields, "mark");
                wgp_field_printf(fields, "0x%" PRIx32, device->fwmark);
                wgp_field_end(fields);
        }
        wgp_field_begin(fields, "port");
        wgp_field_printf(fields, "%u", device->listen_port);
        wgp_field_end(fields);
        wgp_key_format(device->public_key, key);
        wgp_field_begin(fields, "public key");
        wgp_field_add(fields, wgp_key_is_zero(device->public_key) ? "(none)" : key);
        wgp_field_end(fields);
}

/* --- the profile --- */

static void print_profile(WgpFields *fields, const WgpTunnelStatus *tunnel) {
        _cleanup_(freep) char *path = tunnel->path ? wgp_printable(tunnel->path) : NULL;

        wgp_field_begin(fields, "profile");
        wgp_field_add(fields, path ?: "(none to be found)");
        if (tunnel->outdated)
                wgp_field_add(fields, "changed: run 'systemctl daemon-reload'");
        wgp_field_end(fields);
}

static void print_differences(const WgpCli *cli, WgpFields *fields, const WgpTunnelStatus *tunnel) {
        const WgpColour colour = WGP_COLOUR_YELLOW;
        size_t n = WGP_MIN(tunnel->n_differences, (size_t) DIFFERENCES_MAX);

        if (tunnel->compared <= CLI_EXIT_OK)
                return;
        wgp_field_begin(fields, "differs");
        fputs(wgp_terminal_colour(&cli->out, colour), stdout);
        if (tunnel->compared == CLI_EXIT_CHANGES)
                wgp_field_printf(fields, "from the profile: run 'wg-profile reload %s'", tunnel->name);
        else if (tunnel->compared == CLI_EXIT_INVALID)
                wgp_field_printf(fields, "the profile has errors now: run 'wg-profile check %s'", tunnel->name);
        else if (tunnel->compared == CLI_EXIT_NO_PROFILE)
                wgp_field_printf(fields, "the profile is gone");
        else
                wgp_field_printf(fields, "not known: run 'wg-profile plan %s'", tunnel->name);
        fputs(wgp_terminal_reset(&cli->out, colour), stdout);
        wgp_field_end(fields);
        for (size_t i = 0; i < n; i++)
                printf("%*s %s\n", INDENT, "", tunnel->differences[i]);
        if (n < tunnel->n_differences)
                printf("%*s and %zu more: run 'wg-profile plan %s'\n", INDENT, "", tunnel->n_differences - n,
                                tunnel->name);
}

/* --- peers --- */

static void print_resolver(WgpFields *fields, const WgpEndpointStatus *e, const WgpMoment *now) {
        char span[WGP_SPAN_SIZE];

        if (e->failure)
                wgp_field_add(fields, e->failure);
        else if (e->answered_usec == 0)
                wgp_field_add(fields, "not looked up yet");
        if (e->answered_usec > 0) {
                wgp_span_format((WGP_MAX(now->boot_usec, e->answered_usec) - e->answered_usec) / USEC, span);
                wgp_field_printf(fields, "resolved %s ago", span);
        }
        if (e->ttl_sec >= 0) {
                wgp_span_format((uint64_t) e->ttl_sec, span);
                wgp_field_printf(fields, "TTL %s", span);
        }
        if (e->n_addresses > 1)
                wgp_field_printf(fields, "%zu addresses", e->n_addresses);
        if (e->next_usec > now->boot_usec) {
                wgp_span_format((e->next_usec - now->boot_usec) / USEC, span);
                wgp_field_printf(fields, "again in %s", span);
        } else if (e->answered_usec > 0 || e->failure)
                wgp_field_add(fields, "being asked for");
}

/* Why the peer is sent to there, as far as that was the resolver's doing. */
static void print_reason(WgpFields *fields, const WgpPeerStatus *peer, const WgpMoment *now) {
        char span[WGP_SPAN_SIZE];

        if (!peer->why || peer->since_usec == 0)
                return;
        wgp_field_begin(fields, "set");
        wgp_span_format((WGP_MAX(now->boot_usec, peer->since_usec) - peer->since_usec) / USEC, span);
        wgp_field_printf(fields, "%s ago: %s", span, peer->why);
        wgp_field_end(fields);
}

static void print_alternates(WgpFields *fields, const WgpPeerStatus *peer, const WgpMoment *now) {
        for (size_t i = 1; i < peer->n_endpoints; i++) {
                const WgpEndpointStatus *e = peer->endpoints + i;

                wgp_field_begin(fields, "alternate");
                if (e->is_name) {
                        wgp_field_printf(fields, "%s:%u", e->host, e->port);
                        print_resolver(fields, e, now);
                } else
                        wgp_field_add(fields, e->n_addresses > 0 ? e->addresses[0] : e->host);
                wgp_field_end(fields);
        }
}

static void print_endpoint(WgpFields *fields, const WgpPeerStatus *peer, const WgpMoment *now) {
        char address[WGP_SOCKADDR_TEXT_SIZE] = "(none)";

        if (!peer->host && peer->peer->endpoint.family == AF_UNSPEC)
                return;
        if (peer->peer->endpoint.family != AF_UNSPEC)
                wgp_sockaddr_format(&peer->peer->endpoint, address);
        wgp_field_begin(fields, "endpoint");
        if (peer->host) {
                wgp_field_printf(fields, "%s:%u -> %s", peer->host, peer->port, address);
                wgp_field_end(fields);
                wgp_field_begin(fields, "name");
                print_resolver(fields, wgp_peer_endpoint(peer), now);
        } else
                wgp_field_add(fields, address);
        wgp_field_end(fields);
        print_reason(fields, peer, now);
        print_alternates(fields, peer, now);
}

static void print_handshake(WgpFields *fields, const WgpPeerStatus *peer, const WgpMoment *now) {
        const WgpPeerState *p = peer->peer;
        char span[WGP_SPAN_SIZE], received[WGP_BYTES_SIZE], sent[WGP_BYTES_SIZE];

        wgp_field_begin(fields, "handshake");
        if (p->handshake_sec > 0) {
                wgp_span_format((uint64_t) WGP_MAX(now->real_sec - p->handshake_sec, 0), span);
                wgp_field_printf(fields, "%s ago", span);
        } else
                wgp_field_add(fields, "none yet");
        wgp_field_end(fields);
        wgp_bytes_format(p->rx_bytes, received);
        wgp_bytes_format(p->tx_bytes, sent);
        wgp_field_begin(fields, "transfer");
        wgp_field_printf(fields, "%s received", received);
        wgp_field_printf(fields, "%s sent", sent);
        wgp_field_end(fields);
        if (peer->has_rates) {
                wgp_bytes_format(peer->rx_rate, received);
                wgp_bytes_format(peer->tx_rate, sent);
                wgp_field_begin(fields, "rates");
                wgp_field_printf(fields, "%s/s received", received);
                wgp_field_printf(fields, "%s/s sent", sent);
                wgp_field_end(fields);
        }
        if (p->keepalive > 0) {
                wgp_field_begin(fields, "keepalive");
                wgp_field_printf(fields, "every %us", p->keepalive);
                wgp_field_end(fields);
        }
}

static void print_allowed_ips(WgpFields *fields, const WgpPeerState *peer) {
        wgp_field_begin(fields, "allowed ips");
        if (peer->n_allowed_ips == 0)
                wgp_field_add(fields, "(none)");
        for (size_t i = 0; i < peer->n_allowed_ips; i++) {
                char text[WGP_PREFIX_TEXT_SIZE];

                wgp_prefix_format(peer->allowed_ips + i, text);
                wgp_field_add(fields, text);
        }
        wgp_field_end(fields);
}

static void print_peer(const WgpCli *cli, const WgpPeerStatus *peer, const WgpMoment *now) {
        WgpFields fields = { .terminal = &cli->out, .indent = PEER_INDENT };
        const WgpColour colour = wgp_tunnel_state_colour(peer->state);
        char key[WGP_KEY_TEXT_SIZE];

        wgp_key_format(peer->peer->public_key, key);
        printf("\n%*s%speer:%s %s, %s%s%s\n", INDENT - (int) strlen("peer:"), "",
                        wgp_terminal_colour(&cli->out, WGP_COLOUR_BOLD),
                        wgp_terminal_reset(&cli->out, WGP_COLOUR_BOLD), peer->name ?: key,
                        wgp_terminal_colour(&cli->out, colour), wgp_tunnel_state_name(peer->state),
                        wgp_terminal_reset(&cli->out, colour));
        if (peer->name) {
                wgp_field_begin(&fields, "public key");
                wgp_field_add(&fields, key);
                wgp_field_end(&fields);
        }
        print_endpoint(&fields, peer, now);
        print_handshake(&fields, peer, now);
        print_allowed_ips(&fields, peer->peer);
}

/* Prints the tunnel, first line first. Returns 0. */
int wgp_tunnel_print(const WgpCli *cli, const WgpTunnelStatus *tunnel, const WgpMoment *now) {
        WgpFields fields = { .terminal = &cli->out, .indent = INDENT };

        print_header(cli, tunnel);
        print_profile(&fields, tunnel);
        print_unit(&fields, tunnel, now);
        print_link(&fields, tunnel);
        print_addresses(&fields, &tunnel->network);
        if (tunnel->has_record)
                print_routes(&fields, &tunnel->record.network);
        if (tunnel->has_record)
                print_filter(cli, &fields, &tunnel->record);
        if (tunnel->kill_switch || wgp_tunnel_kill_switch_problem(tunnel))
                print_kill_switch(cli, &fields, tunnel);
        print_device(&fields, tunnel);
        print_differences(cli, &fields, tunnel);
        for (size_t i = 0; i < tunnel->n_peers; i++)
                print_peer(cli, tunnel->peers + i, now);
        return 0;
}
