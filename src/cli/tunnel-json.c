/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* JSON. Times are seconds since the epoch; what is not there, or may not be seen, is null. Each function returns NULL
 * when memory ran out, and json_pack() passes that on. */

#include "cli/tunnel-json.h"

#include "cli/cli.h"
#include "cli/json-output.h"
#include "desired/nft-text.h"
#include "model/prefix.h"
#include "model/value.h"

static json_t *time_or_null(int64_t seconds) {
        return seconds > 0 ? json_integer(seconds) : json_null();
}

/* The resolver's clock into that of people. */
static json_t *boot_time_or_null(uint64_t usec, const WgpMoment *now) {
        return usec > 0 ? json_integer(now->real_sec + ((int64_t) usec - (int64_t) now->boot_usec) / 1000000) :
                          json_null();
}

static json_t *number_or_null(uint64_t number) {
        return number > 0 ? json_integer((json_int_t) number) : json_null();
}

static json_t *key_json(const uint8_t key[static WGP_KEY_SIZE]) {
        char text[WGP_KEY_TEXT_SIZE];

        if (wgp_key_is_zero(key))
                return json_null();
        wgp_key_format(key, text);
        return json_string(text);
}

/* --- peers --- */

static json_t *texts_json(char *const *texts, size_t n) {
        _cleanup_(json_decrefp) json_t *array = json_array();

        for (size_t i = 0; array && i < n; i++)
                if (json_array_append_new(array, json_string(texts[i])) < 0)
                        return NULL;
        return TAKE_PTR(array);
}

/* What DNS said of one endpoint. */
json_t *wgp_endpoint_json(const WgpEndpointStatus *e, const WgpMoment *now) {
        return json_pack("{s:o, s:i, s:o, s:o, s:o, s:o, s:o}", "host", wgp_json_text(e->host), "port", (int) e->port,
                        "addresses", texts_json(e->addresses, e->n_addresses), "resolved",
                        boot_time_or_null(e->answered_usec, now), "next", boot_time_or_null(e->next_usec, now), "ttl",
                        e->ttl_sec >= 0 ? json_integer(e->ttl_sec) : json_null(), "failure",
                        wgp_json_text(e->failure));
}

static json_t *alternates_json(const WgpPeerStatus *peer, const WgpMoment *now) {
        _cleanup_(json_decrefp) json_t *array = json_array();

        for (size_t i = 1; array && i < peer->n_endpoints; i++)
                if (json_array_append_new(array, wgp_endpoint_json(peer->endpoints + i, now)) < 0)
                        return NULL;
        return TAKE_PTR(array);
}

static json_t *endpoint_json(const WgpPeerStatus *peer, const WgpMoment *now) {
        const WgpEndpointStatus *e = wgp_peer_endpoint(peer);
        char address[WGP_SOCKADDR_TEXT_SIZE] = "";

        if (peer->peer->endpoint.family != AF_UNSPEC)
                wgp_sockaddr_format(&peer->peer->endpoint, address);
        return json_pack("{s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o}", "address",
                        *address ? json_string(address) : json_null(), "reason", wgp_json_text(peer->why), "since",
                        boot_time_or_null(peer->since_usec, now), "host", wgp_json_text(peer->host), "port",
                        peer->host ? json_integer(peer->port) : json_null(), "addresses",
                        texts_json(e->addresses, e->n_addresses), "resolved", boot_time_or_null(e->answered_usec, now),
                        "next", boot_time_or_null(e->next_usec, now), "ttl",
                        e->ttl_sec >= 0 ? json_integer(e->ttl_sec) : json_null(), "failure", wgp_json_text(e->failure),
                        "alternates", alternates_json(peer, now));
}

static json_t *allowed_ips_json(const WgpPeerState *peer) {
        _cleanup_(json_decrefp) json_t *array = json_array();

        for (size_t i = 0; array && i < peer->n_allowed_ips; i++)
                if (json_array_append_new(array, wgp_json_prefix(peer->allowed_ips + i)) < 0)
                        return NULL;
        return TAKE_PTR(array);
}

static json_t *peer_json(const WgpPeerStatus *peer, const WgpMoment *now) {
        const WgpPeerState *p = peer->peer;

        return json_pack("{s:o, s:o, s:s, s:b, s:o, s:o, s:I, s:I, s:o, s:b, s:o}", "public-key",
                        key_json(p->public_key), "name", wgp_json_text(peer->name), "state",
                        wgp_tunnel_state_name(peer->state), "configured-endpoint", peer->configured, "endpoint",
                        endpoint_json(peer, now), "latest-handshake", time_or_null(p->handshake_sec), "received-bytes",
                        (json_int_t) p->rx_bytes, "sent-bytes", (json_int_t) p->tx_bytes, "keepalive",
                        number_or_null(p->keepalive), "preshared-key", !wgp_key_is_zero(p->preshared_key),
                        "allowed-ips", allowed_ips_json(p));
}

static json_t *peers_json(const WgpTunnelStatus *tunnel, const WgpMoment *now) {
        _cleanup_(json_decrefp) json_t *array = json_array();

        if (tunnel->hidden)
                return json_null();
        for (size_t i = 0; array && i < tunnel->n_peers; i++)
                if (json_array_append_new(array, peer_json(tunnel->peers + i, now)) < 0)
                        return NULL;
        return TAKE_PTR(array);
}

/* --- the link --- */

static json_t *addresses_json(const WgpNetwork *network) {
        _cleanup_(json_decrefp) json_t *array = json_array();

        for (size_t i = 0; array && i < network->n_addresses; i++)
                if (json_array_append_new(array, wgp_json_prefix(&network->addresses[i].prefix)) < 0)
                        return NULL;
        return TAKE_PTR(array);
}

static json_t *routes_json(const WgpTunnelStatus *tunnel) {
        _cleanup_(json_decrefp) json_t *array = json_array();
        const WgpNetwork *network = &tunnel->record.network;

        if (!tunnel->has_record)
                return json_null();
        for (size_t i = 0; array && i < network->n_routes; i++) {
                const WgpRoute *route = network->routes + i;

                if (json_array_append_new(array,
                                    json_pack("{s:o, s:I, s:b}", "destination", wgp_json_prefix(&route->destination),
                                                    "table", (json_int_t) route->table, "unreachable",
                                                    !route->uses_device)) < 0)
                        return NULL;
        }
        return TAKE_PTR(array);
}

static json_t *filter_json(const WgpTunnelStatus *tunnel) {
        const WgpState *record = &tunnel->record;
        char table[WGP_NFT_TABLE_SIZE];

        if (!record->filter_problem && !record->network.filter.present)
                return json_null();
        wgp_nft_table_name(record->network.link.name, table);
        return json_pack("{s:o, s:o}", "table", record->filter_problem ? json_null() : json_string(table), "problem",
                        wgp_json_text(record->filter_problem));
}

static json_t *link_json(const WgpTunnelStatus *tunnel) {
        const WgpNetwork *network = &tunnel->network;
        const char *vrf = tunnel->record.network.link.master_name;
        bool has_device = !tunnel->hidden && tunnel->device_error >= 0;

        if (network->link.ifindex == 0)
                return json_null();
        return json_pack("{s:o, s:o, s:o, s:I, s:b, s:s, s:I, s:o, s:o, s:o, s:o}", "name",
                        wgp_json_text(network->link.name), "netns", wgp_json_text(tunnel->record.network.netns), "vrf",
                        wgp_json_text(*vrf ? vrf : NULL), "index", (json_int_t) network->link.ifindex, "up",
                        network->link.up, "backend",
                        tunnel->record.backend == WGP_BACKEND_USERSPACE ? "userspace" : "kernel", "mtu",
                        (json_int_t) network->link.mtu, "addresses", addresses_json(network), "mark",
                        has_device ? number_or_null(network->device.fwmark) : json_null(), "listen-port",
                        has_device ? number_or_null(network->device.listen_port) : json_null(), "public-key",
                        has_device ? key_json(network->device.public_key) : json_null());
}

static json_t *unit_json(const WgpTunnelStatus *tunnel) {
        const WgpUnitStatus *unit = tunnel->unit;

        if (!unit)
                return json_null();
        return json_pack("{s:o, s:o, s:o, s:o, s:b}", "active", wgp_json_text(unit->active), "sub",
                        wgp_json_text(unit->sub), "result", wgp_json_text(unit->result), "since",
                        time_or_null((int64_t) unit->since_sec), "needs-daemon-reload", tunnel->outdated);
}

static json_t *differences_json(const WgpTunnelStatus *tunnel) {
        _cleanup_(json_decrefp) json_t *array = json_array();

        if (!wgp_tunnel_was_compared(tunnel))
                return json_null();
        for (size_t i = 0; array && i < tunnel->n_differences; i++)
                if (json_array_append_new(array, wgp_json_text(tunnel->differences[i])) < 0)
                        return NULL;
        return TAKE_PTR(array);
}

static json_t *kill_switch_wish_json(const WgpTunnelStatus *tunnel) {
        static const char *const words[] = {
                [WGP_KILL_SWITCH_NO] = "no",
                [WGP_KILL_SWITCH_YES] = "yes",
                [WGP_KILL_SWITCH_STRICT] = "strict",
        };

        return wgp_json_text(words[tunnel->kill_switch_wanted]);
}

/* Returns an object, or NULL when memory ran out. */
json_t *wgp_tunnel_json(const WgpTunnelStatus *tunnel, const WgpMoment *now) {
        return json_pack("{s:o, s:s, s:o, s:o, s:o, s:o, s:o, s:o, s:b, s:o, s:o, s:o}", "name",
                        wgp_json_text(tunnel->name), "state", wgp_tunnel_state_name(tunnel->state), "reason",
                        wgp_json_text(tunnel->reason), "profile", wgp_json_text(tunnel->path), "unit",
                        unit_json(tunnel), "link", link_json(tunnel), "routes", routes_json(tunnel), "nft",
                        filter_json(tunnel), "kill-switch", tunnel->kill_switch, "kill-switch-wanted",
                        kill_switch_wish_json(tunnel), "differences", differences_json(tunnel), "peers",
                        peers_json(tunnel, now));
}
