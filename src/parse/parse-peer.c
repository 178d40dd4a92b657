/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* [Peer] of a wg-quick profile: all of it is wg's, but for our own keys. */

#include "parse/parse-internal.h"

static int parse_public_key(WgpParse *p, char *value, void *field) {
        WgpPeer *peer = parse_peer(p);

        if (wgp_key_parse(value, WGP_KEY_CANONICAL, peer->public_key) < 0)
                return wgp_parse_error(p, "Not a valid key: expected 44 characters of base64.");

        peer->set |= WGP_PEER_PUBLIC_KEY;
        return 0;
}

/* One item; "+" and "-" in front are wg's for changing a running set. */
static int parse_allowed_ip(WgpParse *p, const char *item) {
        WgpPeer *peer = parse_peer(p);
        WgpPeerIp ip = { .origin = parse_origin(p) };
        const char *s = item;
        int r;

        if (*s == '+' || *s == '-') {
                ip.action = *s++ == '+' ? WGP_PEER_IP_ADD : WGP_PEER_IP_REMOVE;
                peer->set |= WGP_PEER_ALLOWED_IPS_CHANGED;
        }

        if (!*item)
                return wgp_parse_error(p, "An item of the list is empty: there is a comma too many.");
        r = wgp_parse_prefix(p, s, &ip.prefix);
        return r < 0 ? r : wgp_parse_add_allowed_ip(p, peer, &ip);
}

static int parse_allowed_ips(WgpParse *p, char *value, void *field) {
        WgpPeer *peer = parse_peer(p);
        int r = 0;

        /* whether the section replaces what the peer had is decided anew by each line */
        peer->set &= (uint16_t) ~WGP_PEER_ALLOWED_IPS_CHANGED;
        peer->set |= WGP_PEER_ALLOWED_IPS;
        if (!*value) {
                /* wg refuses this; here it means none (and in a drop-in: none of those before). */
                peer->n_allowed_ips = 0;
                peer->reset |= WGP_PEER_ALLOWED_IPS;
                return 0;
        }

        for (char *item; (item = strsep(&value, ","));) {
                int k = parse_allowed_ip(p, item);

                if (k == -ENOMEM)
                        return k;
                r = k < 0 ? k : r;
        }
        return r;
}

static int parse_endpoint(WgpParse *p, char *value, void *field) {
        WgpPeer *peer = parse_peer(p);

        peer->set |= WGP_PEER_ENDPOINT;
        wgp_endpoint_done(&peer->endpoint);
        return *value ? wgp_parse_endpoint(p, value, /* as_wg= */ true, &peer->endpoint) : 0;
}

static int parse_keepalive(WgpParse *p, char *value, void *field) {
        WgpPeer *peer = parse_peer(p);
        uint64_t seconds = 0;

        if (*value && strcasecmp(value, "off") != 0 && wgp_parse_decimal(value, UINT16_MAX, &seconds) < 0)
                return wgp_parse_error(p, "'%s' is not a valid interval: expected off, or 0 to 65535 seconds.", value);

        peer->set |= WGP_PEER_KEEPALIVE;
        peer->keepalive = (uint16_t) seconds;
        return 0;
}

#define FIELD(name) offsetof(WgpPeer, name)

static const WgpKey peer_keys[] = {
        { "PublicKey", parse_public_key, WGP_KEY_WG | WGP_KEY_REQUIRED, "key" },
        { "PresharedKey", wgp_parse_secret, WGP_KEY_WG | WGP_KEY_SECRET, "key", FIELD(preshared_key) },
        { "AllowedIPs", parse_allowed_ips, WGP_KEY_WG | WGP_KEY_LIST, "prefixes" },
        { "Endpoint", parse_endpoint, WGP_KEY_WG, "host:port" },
        { "PersistentKeepalive", parse_keepalive, WGP_KEY_WG, "seconds" },
        WGP_OWN_PEER_KEYS,
};

WGP_ASSERT_KEYS_FIT(peer_keys, WGP_PEER_KEYS_MAX);

const WgpSection wgp_section_peer = {
        WGP_SECTION_PEER,
        "Peer",
        peer_keys,
        WGP_ARRAY_SIZE(peer_keys),
};
