/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Judgement of a profile's peers: with each other, and with the routes that they ask for. */

#include <linux/rtnetlink.h>
#include <stdio.h>

#include "parse/verify-internal.h"

enum {
        LINE_TEXT_SIZE = 256,
};

/* --- keys --- */

static int verify_preshared_key(Verify *v, WgpPeer *peer) {
        const bool stated = peer->set & WGP_PEER_PRESHARED_KEY_FLAGS;

        if (peer->preshared_key.source != WGP_SECRET_NONE) {
                if (stated && peer->preshared_key_flags == 4)
                        return wgp_verify_report(v, WGP_WARNING, peer->preshared_key.origin, "wireguard-peer",
                                        "preshared-key",
                                        "Used, although preshared-key-flags=4 makes NetworkManager ignore it.");
                return 0;
        }

        if (stated && (peer->preshared_key_flags == 1 || peer->preshared_key_flags == 2))
                peer->preshared_key.source = WGP_SECRET_ASK;
        else if (stated && peer->preshared_key_flags == 0)
                return wgp_verify_report(v, WGP_ERROR, peer->origin, "wireguard-peer", "preshared-key",
                                "preshared-key-flags=0 promises a key in this file, and there is none.");
        return 0;
}

/* --- endpoints and allowed-ips --- */

/* Finds the peers that a default route would lead to, and how many allowed-ips there are. */
static void survey_peers(Verify *v) {
        const WgpProfile *p = v->profile;

        for (size_t i = 0; i < p->n_peers; i++) {
                const WgpPeer *peer = p->peers + i;

                if (peer->is_self)
                        continue;
                v->n_allowed_ips += peer->n_allowed_ips;
                for (size_t j = 0; j < peer->n_allowed_ips; j++) {
                        const WgpPeerIp *ip = peer->allowed_ips + j;
                        const WgpPeer **found = v->default_peer + (ip->prefix.family == AF_INET6);

                        if (ip->prefix.length == 0 && ip->action != WGP_PEER_IP_REMOVE && !*found)
                                *found = peer;
                }
        }
}

/* Whether everything of that family goes into the tunnel. */
static bool is_full_tunnel(const Verify *v, int family) {
        const WgpProfile *p = v->profile;
        const WgpFamily *f = wgp_profile_family(p, family);

        if (!p->peer_routes || p->table.kind != WGP_TABLE_AUTO || !v->default_peer[family == AF_INET6])
                return false;
        return f->auto_default_route == WGP_UNSET ? f->never_default != WGP_YES : f->auto_default_route;
}

/* Whether a default route of that family would go to the main table, which also routes our own packets. */
static bool is_default_in_main(const Verify *v, int family) {
        const WgpProfile *p = v->profile;
        const WgpFamily *f = wgp_profile_family(p, family);

        if (!p->peer_routes || p->netns || !v->default_peer[family == AF_INET6])
                return false;
        if (!is_keyfile(v))
                return p->table.kind == WGP_TABLE_NUMBER && p->table.number == RT_TABLE_MAIN;
        if (f->never_default == WGP_YES || wgp_profile_wants_policy(p, family))
                return false;
        return f->route_table == RT_TABLE_MAIN || (f->route_table == 0 && !wgp_profile_vrf(p));
}

/* "line 7", or "line 7 of FILE" when that is another file. */
static void format_line(const Verify *v, WgpOrigin origin, WgpOrigin from, char *ret, size_t size) {
        if (origin.file == from.file)
                snprintf(ret, size, "line %u", origin.line);
        else
                snprintf(ret, size, "line %u of %s", origin.line, wgp_profile_file(v->profile, origin));
}

/* The networks that addresses of the tunnel make routes to in the main table, by which its own packets are routed,
 * marked or not. */
static int collect_connected(Verify *v) {
        const WgpProfile *p = v->profile;
        int r = 0;

        for (size_t i = 0; r >= 0 && i < p->n_addresses && !wgp_profile_has_own_routing(p); i++) {
                WgpPrefix connected = p->addresses[i].prefix;
                const uint32_t table = wgp_profile_family(p, connected.family)->route_table;

                (void) wgp_prefix_mask(&connected);
                if (connected.length < wgp_family_bits(connected.family) && (table == 0 || table == RT_TABLE_MAIN) &&
                                wgp_profile_has_prefix_route(p, &connected))
                        r = wgp_prefix_map_add(&v->connected, &connected, 0, (uint32_t) i);
        }
        return r;
}

/* Hooks and rules for a mark may lead the packets elsewhere: unknown here. */
static bool may_be_led_elsewhere(const WgpProfile *p) {
        return wgp_profile_runs_hooks(p) || p->fwmark > 0 || p->n_rules > 0;
}

static int report_loop(Verify *v, WgpPeer *peer, const WgpEndpoint *e, const char *key, const WgpPrefixEntry *entry) {
        const WgpProfile *p = v->profile;
        char network[WGP_PREFIX_TEXT_SIZE], address[WGP_PREFIX_TEXT_SIZE];

        const bool refused = e == &peer->endpoint && !may_be_led_elsewhere(p);

        peer->may_loop = peer->may_loop || refused;
        wgp_prefix_format(&entry->prefix, network);
        wgp_prefix_format(&p->addresses[entry->value].prefix, address);
        return wgp_verify_report(v, WGP_WARNING, e->origin, format_word(v, "Peer", "wireguard-peer"), key,
                        "The endpoint lies inside %s, the network of the tunnel's own address %s. Where the host has no better "
                        "route, its packets go into the tunnel that they carry%s.",
                        network, address,
                        refused ? ", and the tunnel is refused" : ", unless a hook or a rule leads them elsewhere");
}

/* A packet to the endpoint would go into the tunnel that it carries. Where an allowed-ip makes the route, apply takes
 * care of it; a person should know. A full tunnel is meant so. Where the route is an address's, apply asks the kernel
 * whether it is so: the host may be the endpoint itself, or have a better route. */
static int verify_endpoint(Verify *v, WgpPeer *peer, const WgpEndpoint *e, const char *key) {
        char text[WGP_PREFIX_TEXT_SIZE], line[LINE_TEXT_SIZE];
        const WgpProfile *p = v->profile;
        const WgpPrefixEntry *connected;
        WgpPrefix endpoint;

        if (e->address.family == AF_UNSPEC || peer->is_self)
                return 0;
        wgp_sockaddr_to_prefix(&e->address, &endpoint);
        connected = wgp_prefix_map_find_around(&v->connected, &endpoint, 0, /* length_min= */ 0);
        if (connected)
                return report_loop(v, peer, e, key, connected);

        if (!p->peer_routes || p->table.kind != WGP_TABLE_AUTO || wgp_profile_has_own_routing(p) ||
                        v->full_tunnel[e->address.family == AF_INET6])
                return 0;
        for (size_t i = 0; i < peer->n_allowed_ips; i++) {
                const WgpPeerIp *ip = peer->allowed_ips + i;

                if (ip->action == WGP_PEER_IP_REMOVE || !wgp_prefix_contains(&ip->prefix, &endpoint))
                        continue;
                wgp_prefix_format(&ip->prefix, text);
                format_line(v, ip->origin, e->origin, line, sizeof(line));
                return wgp_verify_report(v, WGP_WARNING, e->origin, format_word(v, "Peer", "wireguard-peer"), key,
                                "The endpoint lies inside %s of the same peer, %s: its packets are kept out of the tunnel by a mark and rules.",
                                text, line);
        }
        return 0;
}

static bool is_same_endpoint(const WgpEndpoint *a, const WgpEndpoint *b) {
        return a->port == b->port && streq_ptr(a->host, b->host) && streq_ptr(a->scope, b->scope) &&
               wgp_sockaddr_equal(&a->address, &b->address);
}

static int verify_alternates(Verify *v, WgpPeer *peer) {
        const char *section = format_word(v, "Peer", "wireguard-peer");
        int r = 0;

        if (peer->n_alternates > 0 && !peer->endpoint.host && peer->endpoint.address.family == AF_UNSPEC &&
                        !peer->invalid)
                return wgp_verify_report(v, WGP_ERROR, peer->alternates[0].origin, section, "AlternateEndpoints",
                                "The peer has no endpoint that these could be tried instead of. Add %s with the first of them.",
                                format_word(v, "Endpoint=", "endpoint="));
        for (size_t i = 0; r >= 0 && i < peer->n_alternates; i++) {
                const WgpEndpoint *alternate = peer->alternates + i;
                bool known = is_same_endpoint(&peer->endpoint, alternate);

                for (size_t j = 0; j < i && !known; j++)
                        known = is_same_endpoint(peer->alternates + j, alternate);
                if (known)
                        r = wgp_verify_report(v, WGP_WARNING, alternate->origin, section, "AlternateEndpoints",
                                        "The peer has this endpoint already.");
                if (r >= 0)
                        r = verify_endpoint(v, peer, alternate, "AlternateEndpoints");
        }
        return r;
}

/* Apply checks this again: it also knows the keys outside the profile. */
static int verify_own_key(Verify *v) {
        WgpProfile *p = v->profile;
        uint8_t own[WGP_KEY_SIZE];

        if (!v->lookup->public_key || p->private_key.source != WGP_SECRET_VALUE)
                return 0;
        if (v->lookup->public_key(p->private_key.value, own) < 0)
                return 0;

        wgp_profile_mark_self(p, own);
        for (size_t i = 0; i < p->n_peers; i++)
                if (p->peers[i].is_self)
                        return wgp_verify_report(v, WGP_WARNING, p->peers[i].origin,
                                        format_word(v, "Peer", "wireguard-peer"), NULL,
                                        "This is the public key of this very tunnel: the peer is left out, with its allowed-ips and their routes.");
        return 0;
}

typedef struct IpRef {
        WgpPrefix prefix; /* of "ip": sorting looks no further */
        uint64_t order;
        uint32_t peer;
        const WgpPeerIp *ip;
} IpRef;

static int compare_ips(const void *a, const void *b) {
        const IpRef *x = a, *y = b;

        return wgp_prefix_compare(&x->prefix, &y->prefix) ?: (x->order > y->order) - (x->order < y->order);
}

static bool is_sorted(const IpRef *refs, size_t n) {
        for (size_t i = 1; i < n; i++)
                if (compare_ips(refs + i - 1, refs + i) > 0)
                        return false;
        return true;
}

static size_t collect_ips(const WgpProfile *p, IpRef *refs) {
        size_t n = 0;

        for (size_t i = 0; i < p->n_peers; i++)
                for (size_t j = 0; j < p->peers[i].n_allowed_ips && !p->peers[i].is_self; j++) {
                        const WgpPeerIp *ip = p->peers[i].allowed_ips + j;

                        if (ip->action != WGP_PEER_IP_REMOVE)
                                refs[n++] = (IpRef) { ip->prefix, wgp_profile_claim_order(p, i, ip), (uint32_t) i,
                                        ip };
                }
        return n;
}

/* All mentions of one prefix: the last one counts. */
static int verify_claims(Verify *v, const IpRef *refs, size_t n) {
        const IpRef *last = refs + n - 1;
        char text[WGP_PREFIX_TEXT_SIZE], line[LINE_TEXT_SIZE];
        int r;

        for (size_t i = 0; i < n; i++) {
                if (refs[i].peer == last->peer)
                        continue;
                wgp_prefix_format(&refs[i].ip->prefix, text);
                format_line(v, last->ip->origin, refs[i].ip->origin, line, sizeof(line));
                r = wgp_verify_report(v, WGP_WARNING, refs[i].ip->origin, format_word(v, "Peer", "wireguard-peer"),
                                format_word(v, "AllowedIPs", "allowed-ips"),
                                "%s is stated again by another peer at %s, which gets it.", text, line);
                if (r < 0)
                        return r;
        }
        return 0;
}

/* The kernel moves an allowed-ip to the peer that states it last. */
static int verify_allowed_ips(Verify *v) {
        _cleanup_(freep) IpRef *refs = NULL;
        size_t n, run;
        int r;

        refs = calloc(v->n_allowed_ips + 1, sizeof(*refs));
        if (!refs)
                return -ENOMEM;

        n = collect_ips(v->profile, refs);
        if (!is_sorted(refs, n)) /* generated profiles are */
                qsort(refs, n, sizeof(*refs), compare_ips);
        for (size_t i = 0; i < n; i += run) {
                for (run = 1; i + run < n; run++)
                        if (wgp_prefix_compare(&refs[i].prefix, &refs[i + run].prefix) != 0)
                                break;
                r = verify_claims(v, refs + i, run);
                if (r < 0)
                        return r;
        }
        return 0;
}

int wgp_verify_peers(Verify *v) {
        WgpProfile *p = v->profile;
        int r;

        r = verify_own_key(v);
        if (r >= 0)
                r = collect_connected(v);
        if (r < 0)
                return r;
        survey_peers(v);
        v->full_tunnel[0] = is_full_tunnel(v, AF_INET);
        v->full_tunnel[1] = is_full_tunnel(v, AF_INET6);
        for (size_t i = 0; i < p->n_peers; i++) {
                if (is_keyfile(v)) {
                        r = verify_preshared_key(v, p->peers + i);
                        if (r < 0)
                                return r;
                }
                r = verify_endpoint(v, p->peers + i, &p->peers[i].endpoint, format_word(v, "Endpoint", "endpoint"));
                if (r >= 0)
                        r = verify_alternates(v, p->peers + i);
                if (r < 0)
                        return r;
        }
        return verify_allowed_ips(v);
}

/* --- routing --- */

int wgp_verify_default_route(Verify *v) {
        const WgpProfile *p = v->profile;
        const WgpPeer *ipv4 = v->default_peer[0], *ipv6 = v->default_peer[1];

        if ((ipv4 || ipv6) && !p->peer_routes)
                return wgp_verify_report(v, WGP_WARNING, p->peer_routes_origin, "wireguard", "peer-routes",
                                "A peer has a default route as allowed-ip, and no routes are made: nothing is sent to it by default.");
        for (int i = 0; i < 2; i++)
                if (is_default_in_main(v, i == 0 ? AF_INET : AF_INET6))
                        return wgp_verify_report(v, WGP_ERROR, v->default_peer[i]->origin,
                                        format_word(v, "Peer", "wireguard-peer"),
                                        format_word(v, "AllowedIPs", "allowed-ips"),
                                        "A default route in the main routing table would send the tunnel's own packets "
                                        "into the tunnel: leave the table to be chosen automatically.");
        if (v->full_tunnel[0] && !ipv6 && !wgp_profile_has_own_routing(p))
                return wgp_verify_report(v, WGP_WARNING, ipv4->origin, format_word(v, "Peer", "wireguard-peer"),
                                format_word(v, "AllowedIPs", "allowed-ips"),
                                "0.0.0.0/0 without ::/0: IPv6 stays outside the tunnel.");
        return 0;
}
