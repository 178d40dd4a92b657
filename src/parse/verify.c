/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Judgement of a profile as a whole, after its last drop-in: what no single line can tell. */

#include "parse/parse.h"
#include "parse/verify-internal.h"

/* --- names --- */

static int verify_interface_name(Verify *v) {
        const WgpProfile *p = v->profile;

        if (!p->ifname)
                return 0; /* a keyfile's: said already */
        if (strlen(p->ifname) >= IF_NAMESIZE)
                return wgp_verify_report(v, WGP_ERROR, p->ifname_origin, NULL, NULL,
                                "'%s' is not a valid link name: expected at most 15 bytes. Rename the file.",
                                p->ifname);
        if (!wgp_ifname_is_valid(p->ifname))
                return wgp_verify_report(v, WGP_ERROR, p->ifname_origin, NULL, NULL,
                                "'%s' is not a valid link name: expected no blanks, '/', ':' and '%%', not 'all' or 'default'. Rename the file.",
                                p->ifname);
        if (p->kill_switch == WGP_YES && !wgp_ifname_fits_nft(p->ifname))
                return wgp_verify_report(v, WGP_ERROR, p->ifname_origin, NULL, NULL,
                                "nft(8) cannot have the name '%s' in its text: KillSwitch= needs another one.",
                                p->ifname);
        return 0;
}

/* "systemctl start wg-profile@office.target" means a target, not our service. */
static int verify_unit_name(Verify *v) {
        static const char *const types[] = {
                ".service",
                ".socket",
                ".target",
                ".device",
                ".mount",
                ".automount",
                ".swap",
                ".timer",
                ".path",
                ".slice",
                ".scope",
        };
        const char *dot = strrchr(v->profile->name, '.');

        for (size_t i = 0; dot && i < WGP_ARRAY_SIZE(types); i++)
                if (streq(dot, types[i]))
                        return wgp_verify_report(v, WGP_WARNING, (WgpOrigin) {}, NULL, NULL,
                                        "systemctl takes 'wg-profile@%s' for a unit of another type: write 'wg-profile@%s.service'.",
                                        v->profile->name, v->profile->name);
        return 0;
}

/* --- what has to be there --- */

static int verify_required_of(Verify *v, WgpSectionId id) {
        const WgpSection *section = wgp_section(id);
        const WgpKey *key = wgp_section_missing_key(section, v->profile->stated[id]);

        return key ? wgp_verify_report(
                                     v, WGP_ERROR, (WgpOrigin) {}, section->name, key->name, "This key is missing.") :
                     0;
}

static int verify_required(Verify *v) {
        WgpProfile *p = v->profile;
        int r = 0;

        if (!is_keyfile(v))
                return 0; /* only a peer has a key that it needs, and that was judged where its section ends */
        /* an older NetworkManager wrote the link's name into [wireguard] */
        if (p->stated[WGP_SECTION_WIREGUARD] & wgp_section_key_bit(&wgp_section_wireguard, WGP_KEY_ID_INTERFACE_NAME))
                p->stated[WGP_SECTION_CONNECTION] |=
                                wgp_section_key_bit(&wgp_section_connection, WGP_KEY_ID_INTERFACE_NAME);

        r = verify_required_of(v, WGP_SECTION_CONNECTION);
        if (r >= 0 && p->ipv4.present)
                r = verify_required_of(v, WGP_SECTION_IPV4);
        if (r >= 0 && p->ipv6.present)
                r = verify_required_of(v, WGP_SECTION_IPV6);
        return r;
}

/* NetworkManager's default; the one of uuid= has a hash in it, and is made where it is shown. */
static int set_default_id(Verify *v) {
        WgpProfile *p = v->profile;

        return is_keyfile(v) && !p->id ? wgp_parse_string(&p->id, p->name) : 0;
}

/* --- secrets --- */

static int verify_private_key(Verify *v) {
        WgpProfile *p = v->profile;
        int r;

        if (p->private_key_file) {
                if (p->private_key.source != WGP_SECRET_NONE) {
                        r = wgp_verify_report(v, WGP_WARNING, p->private_key.origin,
                                        format_word(v, "Interface", "wireguard"),
                                        format_word(v, "PrivateKey", "private-key"),
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

/* --- the link --- */

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
        return wgp_verify_report(v, WGP_ERROR, p->mtu_origin, format_word(v, "Interface", "wireguard"),
                        format_word(v, "MTU", "mtu"),
                        "'%u' is not a valid MTU with the IPv6 address of this profile: expected at least %d bytes.",
                        p->mtu, IPV6_MTU_MIN);
}

/* IPv6 has an address once per link. wg-quick(8) fails at the second one, and NetworkManager takes the first. */
static int verify_addresses(Verify *v) {
        _cleanup_(wgp_prefix_map_done) WgpPrefixMap seen = WGP_PREFIX_MAP_NULL;
        const WgpProfile *p = v->profile;

        for (size_t i = 0; i < p->n_addresses; i++) {
                const WgpAddress *address = p->addresses + i, *first;
                WgpPrefix slot = address->prefix;
                const WgpPrefixEntry *entry;
                char text[WGP_PREFIX_TEXT_SIZE];
                int r;

                if (slot.family != AF_INET6)
                        continue;
                slot.length = 128;
                entry = wgp_prefix_map_find(&seen, &slot, 0);
                first = entry ? p->addresses + entry->value : address;
                r = entry ? 0 : wgp_prefix_map_add(&seen, &slot, 0, (uint32_t) i);
                if (r >= 0 && first->prefix.length != address->prefix.length) {
                        wgp_prefix_format(&first->prefix, text);
                        r = wgp_verify_report(v, WGP_WARNING, address->origin, format_word(v, "Interface", "ipv6"),
                                        format_word(v, "Address", "address"),
                                        "Not used: a link has an IPv6 address once, and %s at line %u is the same one.",
                                        text, first->origin.line);
                }
                if (r < 0)
                        return r;
        }
        return 0;
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
                return 0; /* missing or refused: said already */
        if (family->method == WGP_METHOD_MANUAL && !addresses && !states_routes(p, af))
                return wgp_verify_report(v, WGP_ERROR, family->method_origin, section, "method",
                                "method=manual needs an address or a route.");
        if (family->method != WGP_METHOD_MANUAL && addresses)
                return wgp_verify_report(
                                v, WGP_ERROR, origin, section, NULL, "An address goes with method=manual only.");
        if (family->method != WGP_METHOD_MANUAL && states_dns(p, af, &origin))
                return wgp_verify_report(
                                v, WGP_ERROR, origin, section, NULL, "DNS settings go with method=manual only.");
        if (family->has_gateway && !addresses)
                return wgp_verify_report(v, WGP_ERROR, family->gateway_origin, section, "gateway",
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
                return wgp_verify_report(v, WGP_ERROR, v->profile->controller_origin, "connection", "port-type",
                                "Only a controller of the type vrf can hold a WireGuard link.");
        if (v->profile->controller && !v->profile->port_type)
                return wgp_verify_report(v, WGP_ERROR, v->profile->controller_origin, "connection", "port-type",
                                "This key is missing: a controller needs it.");
        if (v->profile->controller && !wgp_profile_vrf(v->profile))
                return wgp_verify_report(v, WGP_ERROR, v->profile->controller_origin, "connection", "controller",
                                "'%s' is not a valid link name. NetworkManager also takes a connection's UUID: write the name of "
                                "its VRF instead.",
                                v->profile->controller);
        return 0;
}

/* The kill switch is a table of this network namespace, where the tunnel would be no way out. */
static int verify_netns(Verify *v) {
        if (v->profile->netns && v->profile->kill_switch == WGP_YES)
                return wgp_verify_report(v, WGP_ERROR, v->profile->netns_origin, "WgProfile", "Netns",
                                "Netns= and KillSwitch= do not go together. In a network namespace without other links "
                                "nothing leaves but by the tunnel.");
        return 0;
}

/* Judges the profile once all its files are read, and settles where its keys come from.
 *
 * Returns 0, also when something was reported, or -ENOMEM. */
int wgp_profile_verify(WgpProfile *profile, const WgpLookup *lookup, WgpDiagnostics *diagnostics) {
        static int (*const steps[])(Verify *) = {
                verify_required,
                set_default_id,
                verify_interface_name,
                verify_unit_name,
                verify_private_key,
                wgp_verify_peers,
                wgp_verify_default_route,
                verify_mtu,
                verify_addresses,
                verify_netns,
        };
        static const WgpLookup no_lookup = {};
        Verify v = { .profile = profile, .lookup = lookup ?: &no_lookup, .diagnostics = diagnostics };
        int r = 0;

        for (size_t i = 0; r >= 0 && i < WGP_ARRAY_SIZE(steps); i++)
                r = steps[i](&v);
        if (r >= 0 && is_keyfile(&v))
                r = verify_keyfile(&v);
        wgp_prefix_map_done(&v.connected);
        return r;
}
