/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Answers questions about a profile in which the writers and the table of losses have to agree. */

#include "rewrite/convert-internal.h"

/* Whether a peer has the default route of that family, or with AF_UNSPEC of any. */
bool wgp_convert_has_default(const WgpProfile *profile, int family) {
        for (size_t i = 0; i < profile->n_peers; i++)
                for (size_t j = 0; j < profile->peers[i].n_allowed_ips; j++) {
                        const WgpPeerIp *ip = profile->peers[i].allowed_ips + j;

                        if (ip->prefix.length == 0 && (family == AF_UNSPEC || ip->prefix.family == family))
                                return true;
                }
        return false;
}

bool wgp_convert_has_address(const WgpProfile *profile, int family) {
        for (size_t i = 0; i < profile->n_addresses; i++)
                if (profile->addresses[i].prefix.family == family)
                        return true;
        return false;
}

bool wgp_convert_has_server(const WgpProfile *profile, int family) {
        for (size_t i = 0; i < profile->n_dns_servers; i++)
                if (profile->dns_servers[i].address.family == family)
                        return true;
        return false;
}

/* Where the domains of a wg-quick profile, which belong to no family, go in a keyfile: AF_UNSPEC, to each family that
 * has an address and a server, since NetworkManager passes over a server whose family has no domain; a family, to the
 * first that has an address; -1, nowhere. */
int wgp_convert_domain_family(const WgpProfile *profile) {
        static const int families[] = { AF_INET, AF_INET6 };

        for (size_t i = 0; i < WGP_ARRAY_SIZE(families); i++)
                if (wgp_convert_has_address(profile, families[i]) && wgp_convert_has_server(profile, families[i]))
                        return AF_UNSPEC;
        for (size_t i = 0; i < WGP_ARRAY_SIZE(families); i++)
                if (wgp_convert_has_address(profile, families[i]))
                        return families[i];
        return -1;
}

/* Whether the profile has its servers asked for all names, as wg-quick(8) always does. */
bool wgp_convert_routes_all_names(const WgpProfile *profile) {
        for (size_t i = 0; i < profile->n_dns_domains; i++)
                if (profile->dns_domains[i].route_only && streq(profile->dns_domains[i].name, "."))
                        return true;
        return profile->n_dns_domains == 0 || wgp_convert_has_default(profile, AF_UNSPEC);
}

/* Whether what a keyfile states for routes of that family has a meaning. */
static bool has_routes(const WgpProfile *profile, int family) {
        if (wgp_convert_has_address(profile, family))
                return true;
        for (size_t i = 0; i < profile->n_peers; i++)
                for (size_t j = 0; j < profile->peers[i].n_allowed_ips; j++)
                        if (profile->peers[i].allowed_ips[j].prefix.family == family)
                                return true;
        return false;
}

/* The metric that all routes of the peers have, -1: each family another, or none stated. */
int64_t wgp_convert_common_metric(const WgpProfile *profile) {
        if (profile->route_metric >= 0)
                return profile->route_metric;
        if (!has_routes(profile, AF_INET6))
                return profile->ipv4.route_metric;
        if (!has_routes(profile, AF_INET))
                return profile->ipv6.route_metric;
        return profile->ipv4.route_metric == profile->ipv6.route_metric ? profile->ipv4.route_metric : -1;
}

/* The same for the table of a keyfile; 0: none. */
uint32_t wgp_convert_common_table(const WgpProfile *profile) {
        if (!has_routes(profile, AF_INET6))
                return profile->ipv4.route_table;
        if (!has_routes(profile, AF_INET))
                return profile->ipv6.route_table;
        return profile->ipv4.route_table == profile->ipv6.route_table ? profile->ipv4.route_table : 0;
}
