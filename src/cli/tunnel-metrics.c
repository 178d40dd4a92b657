/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Metrics, in the text format of Prometheus. Those of peers have the names and labels of prometheus_wireguard_exporter
 * (with friendly names), so that its dashboards show our tunnels, too. */

#include "cli/tunnel-metrics.h"

#include <inttypes.h>

#include "base/utf8.h"
#include "model/prefix.h"
#include "model/value.h"

/* A label's value: backslash, quote and newline are escaped. Prometheus reads nothing at all of a text that is no
 * UTF-8: such bytes are written as in JSON. */
static void put_value(WgpText *text, const char *value) {
        const bool is_utf8 = wgp_utf8_is_valid(value);

        for (; *value; value++)
                if (*value == '\\' || *value == '"')
                        wgp_text_printf(text, "\\%c", *value);
                else if (*value == '\n')
                        wgp_text_append(text, "\\n");
                else if (is_utf8 || (unsigned char) *value < 0x80)
                        wgp_text_printf(text, "%c", *value);
                else
                        wgp_text_printf(text, "\\\\x%02x", (unsigned) (unsigned char) *value);
}

static void put_label(WgpText *text, const char *before, const char *label, const char *value) {
        wgp_text_printf(text, "%s%s=\"", before, label);
        put_value(text, value);
        wgp_text_append(text, "\"");
}

static void put_header(WgpText *text, const char *name, const char *type, const char *help) {
        wgp_text_printf(text, "# HELP %s %s\n# TYPE %s %s\n", name, help, name, type);
}

static void put_tunnel(WgpText *text, const char *name, const WgpTunnelStatus *tunnel) {
        wgp_text_append(text, name);
        put_label(text, "{", "tunnel", tunnel->name);
}

static void put_states(WgpText *text, const WgpTunnelStatus *tunnels, size_t n_tunnels) {
        put_header(text, "wg_profile_state", "gauge", "1 for the state that the tunnel is in, 0 for the others.");
        for (size_t i = 0; i < n_tunnels; i++)
                for (WgpTunnelState state = 0; state < _WGP_TUNNEL_STATE_N; state++) {
                        put_tunnel(text, "wg_profile_state", tunnels + i);
                        put_label(text, ",", "state", wgp_tunnel_state_name(state));
                        wgp_text_printf(text, "} %d\n", tunnels[i].state == state);
                }
        put_header(text, "wg_profile_differences", "gauge",
                        "Changes that a reload would make: the profile was changed, or the kernel.");
        for (size_t i = 0; i < n_tunnels; i++)
                if (wgp_tunnel_was_compared(tunnels + i)) {
                        put_tunnel(text, "wg_profile_differences", tunnels + i);
                        wgp_text_printf(text, "} %zu\n", tunnels[i].n_differences);
                }
}

static void put_peer(WgpText *text, const char *name, const WgpTunnelStatus *tunnel, const WgpPeerStatus *peer) {
        char key[WGP_KEY_TEXT_SIZE];

        wgp_key_format(peer->peer->public_key, key);
        wgp_text_append(text, name);
        put_label(text, "{", "interface", tunnel->network.link.name);
        if (tunnel->record.network.netns)
                put_label(text, ",", "netns", tunnel->record.network.netns);
        put_label(text, ",", "public_key", key);
        wgp_text_append(text, ",allowed_ips=\"");
        for (size_t i = 0; i < peer->peer->n_allowed_ips; i++) {
                char prefix[WGP_PREFIX_TEXT_SIZE];

                wgp_prefix_format(peer->peer->allowed_ips + i, prefix);
                wgp_text_printf(text, "%s%s", i > 0 ? "," : "", prefix);
        }
        wgp_text_append(text, "\"");
        if (peer->name)
                put_label(text, ",", "friendly_name", peer->name);
        wgp_text_append(text, "} ");
}

typedef struct PeerMetric {
        const char *name, *type, *help;
        uint64_t (*value)(const WgpPeerStatus *peer, const WgpMoment *now);
} PeerMetric;

static uint64_t sent_bytes(const WgpPeerStatus *peer, const WgpMoment *now) {
        return peer->peer->tx_bytes;
}

static uint64_t received_bytes(const WgpPeerStatus *peer, const WgpMoment *now) {
        return peer->peer->rx_bytes;
}

static uint64_t latest_handshake(const WgpPeerStatus *peer, const WgpMoment *now) {
        return (uint64_t) peer->peer->handshake_sec;
}

static uint64_t is_up(const WgpPeerStatus *peer, const WgpMoment *now) {
        return peer->state == WGP_TUNNEL_UP;
}

/* 0 until there was an answer. */
static uint64_t resolved(const WgpPeerStatus *peer, const WgpMoment *now) {
        const uint64_t answered_usec = wgp_peer_endpoint(peer)->answered_usec;

        if (answered_usec == 0 || answered_usec > now->boot_usec)
                return 0;
        return (uint64_t) now->real_sec - (now->boot_usec - answered_usec) / 1000000;
}

static const PeerMetric metrics[] = {
        { "wireguard_sent_bytes_total", "counter", "Bytes sent to the peer.", sent_bytes },
        { "wireguard_received_bytes_total", "counter", "Bytes received from the peer.", received_bytes },
        { "wireguard_latest_handshake_seconds", "gauge", "UNIX timestamp of the last handshake, 0 for none.",
                        latest_handshake },
        { "wg_profile_peer_up", "gauge", "1 if the peer's session is alive.", is_up },
        { "wg_profile_endpoint_resolved_seconds", "gauge",
                        "UNIX timestamp of the last DNS answer for the peer's endpoint, 0 for none.", resolved },
};

/* Appends them all, with the time of writing: a file that is no longer written can be told by it. */
void wgp_metrics_format(const WgpTunnelStatus *tunnels, size_t n_tunnels, const WgpMoment *now, WgpText *text) {
        put_states(text, tunnels, n_tunnels);
        for (size_t m = 0; m < WGP_ARRAY_SIZE(metrics); m++) {
                put_header(text, metrics[m].name, metrics[m].type, metrics[m].help);
                for (size_t i = 0; i < n_tunnels; i++)
                        for (size_t j = 0; j < tunnels[i].n_peers; j++) {
                                const WgpPeerStatus *peer = tunnels[i].peers + j;

                                if (metrics[m].value == resolved && !peer->host)
                                        continue;
                                put_peer(text, metrics[m].name, tunnels + i, peer);
                                wgp_text_printf(text, "%" PRIu64 "\n", metrics[m].value(peer, now));
                        }
        }
        put_header(text, "wg_profile_written_seconds", "gauge", "UNIX timestamp of this text.");
        wgp_text_printf(text, "wg_profile_written_seconds %" PRId64 "\n", now->real_sec);
}
