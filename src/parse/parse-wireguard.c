/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* [wireguard] and [wireguard-peer.KEY] of a keyfile. */

#include "base/text.h"
#include "parse/parse-internal.h"

/* --- [wireguard] --- */

static int parse_private_key_flags(WgpParse *p, char *value, void *field) {
        int64_t flags = 0;
        int r;

        r = wgp_keyfile_parse_integer(p, value, "combination of flags", 0, 2, &flags);
        if (r < 0)
                return r;

        *(uint8_t *) field = (uint8_t) flags;
        return 0;
}

static int parse_listen_port(WgpParse *p, char *value, void *field) {
        int64_t port = 0;
        int r;

        r = wgp_keyfile_parse_integer(p, value, "port", 0, UINT16_MAX, &port);
        if (r < 0)
                return r;

        p->profile->has_listen_port = *value && port > 0;
        p->profile->listen_port = (uint16_t) port;
        return 0;
}

static int parse_fwmark(WgpParse *p, char *value, void *field) {
        int64_t mark = 0;
        int r;

        r = wgp_keyfile_parse_integer(p, value, "mark", 0, UINT32_MAX, &mark);
        if (r < 0)
                return r;

        p->profile->has_fwmark = mark > 0;
        p->profile->fwmark = (uint32_t) mark;
        return 0;
}

static int parse_peer_routes(WgpParse *p, char *value, void *field) {
        return wgp_keyfile_parse_bool(p, value, true, field);
}

static int parse_auto_default_route(WgpParse *p, char *value, void *field) {
        static const WgpWord words[] = { { "default", WGP_UNSET }, { "no", WGP_NO }, { "yes", WGP_YES } };
        int v = WGP_UNSET;
        int r;

        r = wgp_keyfile_parse_choice(p, value, words, WGP_ARRAY_SIZE(words), &v);
        if (r >= 0)
                *(WgpTristate *) field = (WgpTristate) v;
        return r;
}

#define FIELD(name) offsetof(WgpProfile, name)

static const WgpKey wireguard_keys[] = {
        { "private-key", wgp_parse_secret, WGP_KEY_SECRET, "key", FIELD(private_key) },
        { "private-key-flags", parse_private_key_flags, 0, "0, 1 or 2", FIELD(private_key_flags) },
        { "listen-port", parse_listen_port, 0, "port", 0, FIELD(listen_port_origin) },
        { "fwmark", parse_fwmark, 0, "mark", 0, FIELD(fwmark_origin) },
        { "peer-routes", parse_peer_routes, 0, "true or false", FIELD(peer_routes), FIELD(peer_routes_origin) },
        { "mtu", wgp_parse_mtu, 0, "bytes", FIELD(mtu), FIELD(mtu_origin), WGP_KEY_ID_MTU },
        { "ip4-auto-default-route", parse_auto_default_route, 0, "-1, 0 or 1", FIELD(ipv4.auto_default_route) },
        { "ip6-auto-default-route", parse_auto_default_route, 0, "-1, 0 or 1", FIELD(ipv6.auto_default_route) },
        { "interface-name", wgp_keyfile_parse_interface_name, WGP_KEY_OTHER_FORM, "link name", FIELD(ifname),
                        FIELD(ifname_origin), WGP_KEY_ID_INTERFACE_NAME },
};

WGP_ASSERT_KEYS_FIT(wireguard_keys, WGP_SECTION_KEYS_MAX);

const WgpSection wgp_section_wireguard = {
        WGP_SECTION_WIREGUARD,
        "wireguard",
        wireguard_keys,
        WGP_ARRAY_SIZE(wireguard_keys),
};

/* --- [wireguard-peer.KEY] --- */

static int parse_endpoint(WgpParse *p, char *value, void *field) {
        WgpPeer *peer = parse_peer(p);
        int r;

        peer->set |= WGP_PEER_ENDPOINT;
        wgp_endpoint_done(&peer->endpoint);
        wgp_strip_end(value);
        if (!*value)
                return 0;

        r = wgp_parse_endpoint(p, value, /* as_wg= */ false, &peer->endpoint);
        if (r < 0 || peer->endpoint.port > 0)
                return r;
        wgp_endpoint_done(&peer->endpoint);
        return wgp_parse_error(p, "Not a valid endpoint: expected HOST:PORT, with a port from 1 to 65535.");
}

/* NetworkManager's default is 4, "not required", and then it ignores the key in the same section. We use the key. */
static int parse_preshared_key_flags(WgpParse *p, char *value, void *field) {
        WgpPeer *peer = parse_peer(p);
        int64_t flags = 0;
        int r;

        r = wgp_keyfile_parse_integer(p, value, "combination of flags", 0, 4, &flags);
        if (r < 0)
                return r;
        if (flags == 3)
                return wgp_parse_error(p, "'%s' is not a valid combination of flags: expected 0, 1, 2 or 4.", value);

        peer->preshared_key_flags = (uint8_t) flags;
        if (*value)
                peer->set |= WGP_PEER_PRESHARED_KEY_FLAGS;
        else
                peer->reset |= WGP_PEER_PRESHARED_KEY_FLAGS;
        return 0;
}

static int parse_keepalive(WgpParse *p, char *value, void *field) {
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

static int parse_allowed_ips(WgpParse *p, char *value, void *field) {
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

                k = wgp_keyfile_unescape(item, /* in_list= */ true) < 0 ? wgp_parse_error(p, WGP_NOT_AN_ESCAPE) :
                                                                          wgp_parse_prefix(p, item, &ip.prefix);
                if (k >= 0)
                        k = wgp_parse_add_allowed_ip(p, peer, &ip);
                if (k == -ENOMEM)
                        return k;
                r = k < 0 ? k : r;
        }
        return r;
}

#define PEER_FIELD(name) offsetof(WgpPeer, name)

static const WgpKey wireguard_peer_keys[] = {
        { "endpoint", parse_endpoint, 0, "host:port" },
        { "preshared-key", wgp_parse_secret, WGP_KEY_SECRET, "key", PEER_FIELD(preshared_key) },
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
