/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Judgement of a profile as a whole, after its last drop-in: what no single line can tell. */

#include <stdio.h>

#include "core/parse.h"

typedef struct Verify {
        WgpProfile *profile;
        const WgpLookup *lookup;
        WgpDiagnostics *diagnostics;
} Verify;

static bool is_keyfile(const Verify *v) {
        return v->profile->format == WGP_FORMAT_KEYFILE;
}

static WgpPlace place_of(const Verify *v, WgpOrigin origin, const char *section, const char *key) {
        return (WgpPlace) {
                .file = wgp_profile_file(v->profile, origin),
                .line = origin.line,
                .section = section,
                .key = key,
        };
}

/* A report about the line that "origin" names, in the words of the profile's format. Gives 0, or -ENOMEM. */
#define report(v, severity, origin, section, key, ...)                                                     \
        ({                                                                                                 \
                const WgpPlace _place = place_of(v, origin, section, key);                                 \
                wgp_diagnostics_add((v)->diagnostics, severity, &_place, __VA_ARGS__);                     \
        })

#define words(v, wg_quick, keyfile) (is_keyfile(v) ? (keyfile) : (wg_quick))

/* --- names --- */

static int verify_interface_name(Verify *v) {
        const WgpProfile *p = v->profile;

        if (!p->ifname)
                return report(v, WGP_ERROR, (WgpOrigin) {}, "connection", "interface-name",
                                "The name of the link is missing.");
        if (strlen(p->ifname) >= IF_NAMESIZE)
                return report(v, WGP_ERROR, p->ifname_origin, NULL, NULL,
                                "'%s' is longer than the 15 bytes of a link's name: rename the file.", p->ifname);
        if (!wgp_ifname_is_valid(p->ifname))
                return report(v, WGP_ERROR, p->ifname_origin, NULL, NULL,
                                "'%s' cannot be the name of a link: rename the file.", p->ifname);
        return 0;
}

/* "systemctl start wg-profile@office.target" means a target, not our service. */
static int verify_unit_name(Verify *v) {
        static const char *const types[] = {
                ".service", ".socket", ".target", ".device", ".mount", ".automount",
                ".swap",    ".timer",  ".path",   ".slice",  ".scope",
        };
        const char *dot = strrchr(v->profile->name, '.');

        for (size_t i = 0; dot && i < WGP_ARRAY_SIZE(types); i++)
                if (streq(dot, types[i]))
                        return report(v, WGP_WARNING, (WgpOrigin) {}, NULL, NULL,
                                        "systemctl takes 'wg-profile@%s' for a unit of another type: write 'wg-profile@%s.service'.",
                                        v->profile->name, v->profile->name);
        return 0;
}

/* --- secrets --- */

static int verify_private_key(Verify *v) {
        WgpProfile *p = v->profile;
        int r;

        if (p->private_key_file) {
                if (p->private_key.source != WGP_SECRET_NONE) {
                        r = report(v, WGP_WARNING, p->private_key.origin, words(v, "Interface", "wireguard"),
                                        words(v, "PrivateKey", "private-key"),
                                        "Not used: PrivateKeyFile= says where the key is.");
                        if (r < 0)
                                return r;
                }
                wgp_secret_done(&p->private_key);
                p->private_key.source = WGP_SECRET_FILE;
                p->private_key.origin = p->private_key_file_origin;
                return wgp_parse_string(&p->private_key.name, p->private_key_file);
        }

        if (p->private_key_flags != 0 && p->private_key.source == WGP_SECRET_NONE)
                p->private_key.source = WGP_SECRET_ASK;
        return 0;
}

static int verify_preshared_key(Verify *v, WgpPeer *peer) {
        const bool stated = peer->set & WGP_PEER_PRESHARED_KEY_FLAGS;

        if (peer->preshared_key.source != WGP_SECRET_NONE) {
                if (stated && peer->preshared_key_flags == 4)
                        return report(v, WGP_WARNING, peer->preshared_key.origin, "wireguard-peer", "preshared-key",
                                        "Used, although preshared-key-flags=4 makes NetworkManager ignore it.");
                return 0;
        }

        if (stated && (peer->preshared_key_flags == 1 || peer->preshared_key_flags == 2))
                peer->preshared_key.source = WGP_SECRET_ASK;
        else if (stated && peer->preshared_key_flags == 0)
                return report(v, WGP_ERROR, peer->origin, "wireguard-peer", "preshared-key",
                                "preshared-key-flags=0 promises a key in this file, and there is none.");
        return 0;
}

/* --- peers --- */

static bool has_default(const WgpPeer *peer, int family) {
        for (size_t i = 0; i < peer->n_allowed_ips; i++)
                if (peer->allowed_ips[i].prefix.length == 0 && peer->allowed_ips[i].prefix.family == family)
                        return true;
        return false;
}

static bool any_default(const WgpProfile *p, int family, WgpOrigin *ret_origin) {
        for (size_t i = 0; i < p->n_peers; i++)
                if (has_default(p->peers + i, family)) {
                        *ret_origin = p->peers[i].origin;
                        return true;
                }
        return false;
}

static bool adds_routes(const WgpProfile *p) {
        return p->peer_routes && p->table.kind != WGP_TABLE_OFF;
}

/* A packet to the endpoint would go into the tunnel that it carries. Apply takes care of it; a person should know. */
static int verify_endpoint(Verify *v, const WgpPeer *peer) {
        char text[WGP_PREFIX_TEXT_SIZE];
        WgpPrefix endpoint;

        if (peer->endpoint.address.family == AF_UNSPEC || !adds_routes(v->profile))
                return 0;

        wgp_sockaddr_to_prefix(&peer->endpoint.address, &endpoint);
        for (size_t i = 0; i < peer->n_allowed_ips; i++) {
                const WgpPrefix *prefix = &peer->allowed_ips[i].prefix;

                if (prefix->length == 0 || !wgp_prefix_contains(prefix, &endpoint))
                        continue;
                wgp_prefix_format(prefix, text);
                return report(v, WGP_WARNING, peer->endpoint.origin, words(v, "Peer", "wireguard-peer"),
                                words(v, "Endpoint", "endpoint"),
                                "The endpoint lies inside %s of the same peer, line %u: its packets are kept out of the tunnel by a mark and rules.",
                                text, peer->allowed_ips[i].origin.line);
        }
        return 0;
}

static int verify_own_key(Verify *v) {
        const WgpProfile *p = v->profile;
        uint8_t own[WGP_KEY_SIZE];

        if (!v->lookup->public_key || p->private_key.source != WGP_SECRET_VALUE)
                return 0;
        if (v->lookup->public_key(p->private_key.value, own) < 0)
                return 0;

        for (size_t i = 0; i < p->n_peers; i++)
                if (memcmp(p->peers[i].public_key, own, sizeof(own)) == 0)
                        return report(v, WGP_WARNING, p->peers[i].origin, words(v, "Peer", "wireguard-peer"), NULL,
                                        "This is the public key of this very tunnel: the kernel leaves such a peer out.");
        return 0;
}

typedef struct IpRef {
        const WgpPeerIp *ip;
        size_t peer;
} IpRef;

static int compare_ips(const void *a, const void *b) {
        const IpRef *x = a, *y = b;

        return wgp_prefix_compare(&x->ip->prefix, &y->ip->prefix) ?:
                        (x->peer > y->peer) - (x->peer < y->peer);
}

/* The kernel moves an allowed-ip to the peer that states it last. */
static int verify_allowed_ips(Verify *v) {
        const WgpProfile *p = v->profile;
        _cleanup_(freep) IpRef *refs = NULL;
        size_t n = 0;
        int r;

        for (size_t i = 0; i < p->n_peers; i++)
                n += p->peers[i].n_allowed_ips;
        refs = calloc(n + 1, sizeof(*refs));
        if (!refs)
                return -ENOMEM;

        n = 0;
        for (size_t i = 0; i < p->n_peers; i++)
                for (size_t j = 0; j < p->peers[i].n_allowed_ips; j++)
                        refs[n++] = (IpRef) { p->peers[i].allowed_ips + j, i };
        qsort(refs, n, sizeof(*refs), compare_ips);

        for (size_t i = 1; i < n; i++) {
                const IpRef *first = refs + i - 1, *second = refs + i;
                char text[WGP_PREFIX_TEXT_SIZE];

                if (first->peer == second->peer || wgp_prefix_compare(&first->ip->prefix, &second->ip->prefix) != 0 ||
                    first->ip->action == WGP_PEER_IP_REMOVE || second->ip->action == WGP_PEER_IP_REMOVE)
                        continue;
                wgp_prefix_format(&second->ip->prefix, text);
                r = report(v, WGP_WARNING, first->ip->origin, words(v, "Peer", "wireguard-peer"),
                                words(v, "AllowedIPs", "allowed-ips"),
                                "%s is stated again by another peer at line %u, which gets it.", text,
                                second->ip->origin.line);
                if (r < 0)
                        return r;
        }
        return 0;
}

static int verify_peers(Verify *v) {
        WgpProfile *p = v->profile;
        int r;

        for (size_t i = 0; i < p->n_peers; i++) {
                if (is_keyfile(v)) {
                        r = verify_preshared_key(v, p->peers + i);
                        if (r < 0)
                                return r;
                }
                r = verify_endpoint(v, p->peers + i);
                if (r < 0)
                        return r;
        }

        r = verify_own_key(v);
        if (r < 0)
                return r;
        return verify_allowed_ips(v);
}

/* --- routing --- */

static int verify_default_route(Verify *v) {
        const WgpProfile *p = v->profile;
        WgpOrigin ipv4, ipv6;
        const bool has_ipv4 = any_default(p, AF_INET, &ipv4), has_ipv6 = any_default(p, AF_INET6, &ipv6);

        if (!has_ipv4 && !has_ipv6)
                return 0;
        if (!p->peer_routes)
                return report(v, WGP_WARNING, p->peer_routes_origin, "wireguard", "peer-routes",
                                "A peer has a default route as allowed-ip, and no routes are made: nothing is sent to it by default.");
        if (has_ipv4 && !has_ipv6 && p->table.kind == WGP_TABLE_AUTO)
                return report(v, WGP_WARNING, ipv4, words(v, "Peer", "wireguard-peer"),
                                words(v, "AllowedIPs", "allowed-ips"),
                                "0.0.0.0/0 without ::/0: IPv6 stays outside the tunnel.");
        return 0;
}

static bool has_ipv6_address(const WgpProfile *p) {
        for (size_t i = 0; i < p->n_addresses; i++)
                if (p->addresses[i].prefix.family == AF_INET6)
                        return true;
        return false;
}

static int verify_mtu(Verify *v) {
        enum {
                IPV6_MTU_MIN = 1280, /* RFC 8200: the kernel takes IPv6 off a link with less */
        };
        const WgpProfile *p = v->profile;

        if (p->mtu == 0 || p->mtu >= IPV6_MTU_MIN || !has_ipv6_address(p))
                return 0;
        return report(v, WGP_ERROR, p->mtu_origin, words(v, "Interface", "wireguard"), words(v, "MTU", "mtu"),
                        "%u bytes are too few for the IPv6 address of this profile: %d at least.", p->mtu,
                        IPV6_MTU_MIN);
}

/* --- the methods of a keyfile --- */

static bool states_addresses(const WgpProfile *p, int family, WgpOrigin *ret_origin) {
        for (size_t i = 0; i < p->n_addresses; i++)
                if (p->addresses[i].prefix.family == family) {
                        *ret_origin = p->addresses[i].origin;
                        return true;
                }
        return false;
}

static bool states_dns(const WgpProfile *p, int family, WgpOrigin *ret_origin) {
        for (size_t i = 0; i < p->n_dns_servers; i++)
                if (p->dns_servers[i].address.family == family) {
                        *ret_origin = p->dns_servers[i].origin;
                        return true;
                }
        for (size_t i = 0; i < p->n_dns_domains; i++)
                if (p->dns_domains[i].family == family) {
                        *ret_origin = p->dns_domains[i].origin;
                        return true;
                }
        return false;
}

static bool states_routes(const WgpProfile *p, int family) {
        for (size_t i = 0; i < p->n_routes; i++)
                if (p->routes[i].destination.family == family)
                        return true;
        return false;
}

static int verify_method(Verify *v, int af, const WgpFamily *family) {
        const char *section = af == AF_INET6 ? "ipv6" : "ipv4";
        const WgpProfile *p = v->profile;
        WgpOrigin origin = {};
        const bool addresses = states_addresses(p, af, &origin);

        if (!family->present)
                return 0;
        if (family->method == WGP_METHOD_UNSET)
                return v->diagnostics->n_errors > 0 ? 0 :
                                report(v, WGP_ERROR, (WgpOrigin) {}, section, "method", "This key is missing.");
        if (family->method == WGP_METHOD_MANUAL && !addresses && !states_routes(p, af))
                return report(v, WGP_ERROR, family->method_origin, section, "method",
                                "'manual' needs an address or a route.");
        if (family->method != WGP_METHOD_MANUAL && addresses)
                return report(v, WGP_ERROR, origin, section, NULL, "An address goes with method=manual only.");
        if (family->method != WGP_METHOD_MANUAL && states_dns(p, af, &origin))
                return report(v, WGP_ERROR, origin, section, NULL, "DNS settings go with method=manual only.");
        if (family->has_gateway && !addresses)
                return report(v, WGP_ERROR, family->gateway_origin, section, "gateway",
                                "A gateway needs an address.");
        return 0;
}

static int verify_keyfile(Verify *v) {
        int r;

        r = verify_method(v, AF_INET, &v->profile->ipv4);
        if (r < 0)
                return r;
        r = verify_method(v, AF_INET6, &v->profile->ipv6);
        if (r < 0)
                return r;
        if (v->profile->port_type && !streq(v->profile->port_type, "vrf"))
                return report(v, WGP_ERROR, (WgpOrigin) {}, "connection", "port-type",
                                "'%s' cannot hold a WireGuard link: only vrf can.", v->profile->port_type);
        return 0;
}

/* Judges the profile once all its files are read, and settles where its keys come from.
 *
 * Returns 0, also when something was reported, or -ENOMEM. */
int wgp_profile_verify(WgpProfile *profile, const WgpLookup *lookup, WgpDiagnostics *diagnostics) {
        static int (*const steps[])(Verify *) = {
                verify_interface_name, verify_unit_name,     verify_private_key,
                verify_peers,          verify_default_route, verify_mtu,
        };
        static const WgpLookup no_lookup = {};
        Verify v = { .profile = profile, .lookup = lookup ?: &no_lookup, .diagnostics = diagnostics };
        int r;

        for (size_t i = 0; i < WGP_ARRAY_SIZE(steps); i++) {
                r = steps[i](&v);
                if (r < 0)
                        return r;
        }
        return is_keyfile(&v) ? verify_keyfile(&v) : 0;
}
