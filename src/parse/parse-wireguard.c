/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* [wireguard] and [wireguard-peer.KEY] of a keyfile. */

#include "parse/parse.h"

/* --- [wireguard] --- */

static int parse_private_key(WgpParse *p, char *value) {
        return wgp_parse_optional_secret(p, value, WGP_KEY_WITH_BLANKS, &p->profile->private_key);
}

static int parse_private_key_flags(WgpParse *p, char *value) {
        int64_t flags = 0;
        int r;

        r = wgp_keyfile_parse_integer(p, value, "combination of flags", 0, 2, &flags);
        if (r < 0)
                return r;

        p->profile->private_key_flags = (uint8_t) flags;
        return 0;
}

static int parse_listen_port(WgpParse *p, char *value) {
        int64_t port = 0;
        int r;

        r = wgp_keyfile_parse_integer(p, value, "port", 0, UINT16_MAX, &port);
        if (r < 0)
                return r;

        p->profile->has_listen_port = *value && port > 0;
        p->profile->listen_port = (uint16_t) port;
        p->profile->listen_port_origin = parse_origin(p);
        return 0;
}

static int parse_fwmark(WgpParse *p, char *value) {
        int64_t mark = 0;
        int r;

        r = wgp_keyfile_parse_integer(p, value, "mark", 0, UINT32_MAX, &mark);
        if (r < 0)
                return r;

        p->profile->has_fwmark = mark > 0;
        p->profile->fwmark = (uint32_t) mark;
        p->profile->fwmark_origin = parse_origin(p);
        return 0;
}

static int parse_peer_routes(WgpParse *p, char *value) {
        p->profile->peer_routes_origin = parse_origin(p);
        return wgp_keyfile_parse_bool(p, value, true, &p->profile->peer_routes);
}

static int parse_auto_default_route(WgpParse *p, char *value, WgpFamily *family) {
        static const WgpWord words[] = { { "default", WGP_UNSET }, { "no", WGP_NO }, { "yes", WGP_YES } };
        int v = WGP_UNSET;
        int r;

        r = wgp_keyfile_parse_choice(p, value, words, WGP_ARRAY_SIZE(words), &v);
        if (r >= 0)
                family->auto_default_route = (WgpTristate) v;
        return r;
}

static int parse_ip4_auto_default_route(WgpParse *p, char *value) {
        return parse_auto_default_route(p, value, &p->profile->ipv4);
}

static int parse_ip6_auto_default_route(WgpParse *p, char *value) {
        return parse_auto_default_route(p, value, &p->profile->ipv6);
}

static const WgpKey wireguard_keys[] = {
        { "private-key", parse_private_key, WGP_KEY_SECRET, "key" },
        { "private-key-flags", parse_private_key_flags, 0, "0, 1 or 2" },
        { "listen-port", parse_listen_port, 0, "port" },
        { "fwmark", parse_fwmark, 0, "mark" },
        { "peer-routes", parse_peer_routes, 0, "true or false" },
        { "mtu", wgp_parse_mtu, 0, "bytes" },
        { "ip4-auto-default-route", parse_ip4_auto_default_route, 0, "-1, 0 or 1" },
        { "ip6-auto-default-route", parse_ip6_auto_default_route, 0, "-1, 0 or 1" },
        { "interface-name", wgp_keyfile_parse_interface_name, WGP_KEY_OTHER_FORM, "link name" },
};

WGP_ASSERT_KEYS_FIT(wireguard_keys, WGP_SECTION_KEYS_MAX);

const WgpSection wgp_section_wireguard = {
        WGP_SECTION_WIREGUARD,
        "wireguard",
        wireguard_keys,
        WGP_ARRAY_SIZE(wireguard_keys),
};

/* --- [wireguard-peer.KEY] --- */

static int parse_endpoint(WgpParse *p, char *value) {
        WgpPeer *peer = parse_peer(p);
        int r;

        peer->set |= WGP_PEER_ENDPOINT;
        wgp_endpoint_done(&peer->endpoint);
        wgp_parse_strip(value);
        if (!*value)
                return 0;

        r = wgp_parse_endpoint(p, value, /* as_wg= */ false, &peer->endpoint);
        if (r < 0 || peer->endpoint.port > 0)
                return r;
        wgp_endpoint_done(&peer->endpoint);
        return parse_error(p, "Not a valid endpoint: expected HOST:PORT, with a port from 1 to 65535.");
}

static int parse_preshared_key(WgpParse *p, char *value) {
        WgpPeer *peer = parse_peer(p);

        peer->set |= WGP_PEER_PRESHARED_KEY;
        return wgp_parse_optional_secret(p, value, WGP_KEY_WITH_BLANKS, &peer->preshared_key);
}

/* NetworkManager's default is 4, "not required", and then it ignores the key that stands right here. We use it. */
static int parse_preshared_key_flags(WgpParse *p, char *value) {
        WgpPeer *peer = parse_peer(p);
        int64_t flags = 0;
        int r;

        r = wgp_keyfile_parse_integer(p, value, "combination of flags", 0, 4, &flags);
        if (r < 0)
                return r;
        if (flags == 3)
                return parse_error(p, "'%s' is not a valid combination of flags: expected 0, 1, 2 or 4.", value);

        peer->preshared_key_flags = (uint8_t) flags;
        if (*value)
                peer->set |= WGP_PEER_PRESHARED_KEY_FLAGS;
        else
                peer->reset |= WGP_PEER_PRESHARED_KEY_FLAGS;
        return 0;
}

static int parse_keepalive(WgpParse *p, char *value) {
        WgpPeer *peer = parse_peer(p);
        int64_t seconds = 0;
        int r;

        r = wgp_keyfile_parse_integer(p, value, "number of seconds", 0, UINT16_MAX, &seconds);
        if (r < 0)
                return r;

        peer->set |= WGP_PEER_KEEPALIVE;
        peer->keepalive = (uint16_t) seconds;
        return 0;
}

static int parse_allowed_ips(WgpParse *p, char *value) {
        WgpPeer *peer = parse_peer(p);
        int r = 0;

        if (!p->dropin || !*value)
                peer->n_allowed_ips = 0; /* the last of several counts */
        if (!*value)
                peer->reset |= WGP_PEER_ALLOWED_IPS;
        peer->set |= WGP_PEER_ALLOWED_IPS;

        for (char *item; (item = wgp_keyfile_next_item(&value));) {
                WgpPeerIp ip = { .origin = parse_origin(p) };
                int k;

                k = wgp_keyfile_unescape(item, /* in_list= */ true) < 0 ? parse_error(p, WGP_NOT_AN_ESCAPE) :
                                                                          wgp_parse_prefix(p, item, &ip.prefix);
                if (k >= 0)
                        k = wgp_parse_add_allowed_ip(p, peer, &ip);
                if (k == -ENOMEM)
                        return k;
                r = k < 0 ? k : r;
        }
        return r;
}

static const WgpKey wireguard_peer_keys[] = {
        { "endpoint", parse_endpoint, 0, "host:port" },
        { "preshared-key", parse_preshared_key, WGP_KEY_SECRET, "key" },
        { "preshared-key-flags", parse_preshared_key_flags, 0, "0, 1, 2 or 4" },
        { "allowed-ips", parse_allowed_ips, WGP_KEY_LIST | WGP_KEY_STRINGS, "prefixes" },
        { "persistent-keepalive", parse_keepalive, 0, "seconds" },
        WGP_OWN_PEER_KEYS,
};

WGP_ASSERT_KEYS_FIT(wireguard_peer_keys, WGP_PEER_KEYS_MAX);

const WgpSection wgp_section_wireguard_peer = {
        WGP_SECTION_WIREGUARD_PEER,
        "wireguard-peer.",
        wireguard_peer_keys,
        WGP_ARRAY_SIZE(wireguard_peer_keys),
};
