/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Desired state: routes and rules. What each format's own program would install, so that a profile means the same
 * here:
 *
 * wg-quick: one route per allowed-ip, the longest prefixes first, protocol boot, scope link, unless a connected
 * prefix of an Address covers it. "Table=N" puts all of them there, "Table=off" none anywhere.
 * Keyfile: NetworkManager's: protocol static, metric 50, not if an address's prefix covers it; the prefix routes of
 * the addresses (protocol kernel, metric 50); the profile's own routes and rules.
 *
 * A default route, in one piece or in two halves, and any other that would catch our own packets to an endpoint, goes
 * to a table of its own, which rules consult for packets without our mark ("policy routing"). In a VRF or in another
 * network namespace none does: there such a route is one among others. */

#include <linux/fib_rules.h>
#include <linux/rtnetlink.h>
#include <stdlib.h>

#include "desired/desired.h"
#include "model/kernel-slot.h"
#include "model/prefix.h"

enum {
        NAMED_ENDPOINT_BITS = 8, /* an allowed-ip of no more bits may well have a named endpoint inside */
};

/* Whether the profile leaves the metric to us, and what comes with the format is only a first choice. */
static bool has_automatic_metric(const WgpProfile *profile, int family) {
        return profile->format == WGP_FORMAT_KEYFILE && profile->route_metric < 0 &&
               wgp_profile_family(profile, family)->route_metric < 0;
}

static uint32_t metric_of(const WgpDesiredRouting *routing, int family) {
        const WgpProfile *profile = routing->profile;

        if (profile->route_metric >= 0)
                return (uint32_t) profile->route_metric;
        if (profile->format == WGP_FORMAT_WG_QUICK)
                return 0;
        if (has_automatic_metric(profile, family))
                return routing->input->metric ?: WGP_KEYFILE_METRIC;
        return (uint32_t) wgp_profile_family(profile, family)->route_metric;
}

/* The table that the profile states, else the VRF's. */
static uint32_t table_of(const WgpDesiredRouting *routing, int family) {
        const WgpProfile *profile = routing->profile;
        const uint32_t usual = wgp_profile_vrf(profile) ? routing->input->vrf_table : (uint32_t) RT_TABLE_MAIN;

        if (profile->format == WGP_FORMAT_WG_QUICK)
                return profile->table.kind == WGP_TABLE_NUMBER ? profile->table.number : usual;
        return wgp_profile_family(profile, family)->route_table ?: usual;
}

/* Whether one of our own packets would be sent to that prefix. */
static bool covers_endpoint(const WgpDesiredRouting *routing, const WgpPrefix *prefix) {
        size_t low = 0, high = routing->n_endpoints;

        /* The endpoints of a masked prefix follow, in order, its first address. */
        while (low < high) {
                size_t middle = low + (high - low) / 2;

                if (wgp_prefix_compare(routing->endpoints + middle, prefix) < 0)
                        low = middle + 1;
                else
                        high = middle;
        }
        return low < routing->n_endpoints && wgp_prefix_contains(prefix, routing->endpoints + low);
}

/* Whether an endpoint of which only the name is known may well lie there. */
bool wgp_desired_may_cover_endpoint(const WgpPrefix *prefix) {
        return prefix->length <= NAMED_ENDPOINT_BITS;
}

static int collect_connected(WgpDesiredRouting *routing) {
        const WgpProfile *profile = routing->profile;
        int r = 0;

        for (size_t i = 0; r >= 0 && i < profile->n_addresses; i++) {
                WgpPrefix connected = profile->addresses[i].prefix;

                wgp_prefix_mask(&connected);
                if (wgp_profile_has_prefix_route(profile, &connected))
                        r = wgp_prefix_map_add(&routing->connected, &connected, 0, 0);
        }
        return r;
}

/* Whether an address of the tunnel makes the route to "prefix" superfluous. */
static bool is_connected(const WgpDesiredRouting *routing, const WgpPrefix *prefix) {
        return wgp_prefix_map_find_around(&routing->connected, prefix, 0, /* length_min= */ 0);
}

static int append_route(WgpNetwork *network, const WgpRoute *route) {
        WgpRoute *to = wgp_network_add_route(network);

        if (!to)
                return -ENOMEM;
        *to = *route;
        return 0;
}

/* Adds a route, unless one of the profile's own has its place already. */
static int add_route(WgpDesiredRouting *routing, WgpNetwork *network, const WgpRoute *route) {
        const WgpRoute *there = NULL;
        int r;

        r = wgp_route_index_find(&routing->own, route, &there);
        return r < 0 || there ? r : append_route(network, route);
}

/* The same for one of the profile's own, where a gateway may be found. */
static int add_own_route(WgpDesiredRouting *routing, WgpNetwork *network, const WgpRoute *route) {
        const size_t n_before = network->n_routes;
        int r;

        r = add_route(routing, network, route);
        if (r >= 0 && network->n_routes > n_before && route->gateway.family == AF_UNSPEC)
                r = wgp_prefix_map_add(&routing->on_link, &route->destination, route->table, 0);
        return r;
}

static WgpRoute device_route(const WgpDesiredRouting *routing, const WgpPrefix *destination) {
        const WgpProfile *profile = routing->profile;

        return (WgpRoute) {
                .destination = *destination,
                .table = table_of(routing, destination->family),
                .metric = metric_of(routing, destination->family),
                .automatic_metric = has_automatic_metric(profile, destination->family),
                .protocol = profile->format == WGP_FORMAT_KEYFILE ? RTPROT_STATIC : RTPROT_BOOT,
                .scope = destination->family == AF_INET ? RT_SCOPE_LINK : RT_SCOPE_UNIVERSE,
                .type = RTN_UNICAST,
                .uses_device = true,
        };
}

/* --- peers --- */

static bool is_half(const WgpPrefix *prefix) {
        return prefix->length == 1;
}

/* Finds the families of which the peers have both halves, 0.0.0.0/1 and 128.0.0.0/1, and not the whole: a default
 * route, written by people whose program made a mess of 0.0.0.0/0. */
static void find_halves(WgpDesiredRouting *routing, const WgpDevice *device) {
        unsigned seen[2] = {};

        for (size_t i = 0; i < device->n_peers; i++)
                for (size_t j = 0; j < device->peers[i].n_allowed_ips; j++) {
                        const WgpPrefix *ip = device->peers[i].allowed_ips + j;

                        if (ip->length <= 1)
                                seen[ip->family == AF_INET6] |= !is_half(ip) ? 4 : ip->bytes[0] & 0x80 ? 2 : 1;
                }
        for (int i = 0; i < 2; i++)
                routing->halves[i] = seen[i] == 3;
}

static bool is_half_of_default(const WgpDesiredRouting *routing, const WgpPrefix *prefix) {
        return is_half(prefix) && routing->halves[prefix->family == AF_INET6];
}

/* The route to one allowed-ip; "peer" is the peer's origin. */
static int add_peer_route(WgpDesiredRouting *routing, const WgpPrefix *prefix, WgpOrigin peer, WgpNetwork *network) {
        const WgpProfile *profile = routing->profile;
        WgpRoute route = device_route(routing, prefix);
        bool explicit_table = profile->format == WGP_FORMAT_WG_QUICK && profile->table.kind == WGP_TABLE_NUMBER;
        bool whole = prefix->length == 0;

        route.origin = peer;
        if (!explicit_table) {
                bool catches = whole || is_half_of_default(routing, prefix) || covers_endpoint(routing, prefix) ||
                               (routing->has_names && wgp_desired_may_cover_endpoint(prefix));

                if (profile->format == WGP_FORMAT_KEYFILE && whole &&
                                wgp_profile_family(profile, prefix->family)->never_default == WGP_YES)
                        return 0;
                if (catches && wgp_profile_wants_policy(profile, prefix->family)) {
                        if (routing->input->mark == 0)
                                return WGP_DESIRED_E_NEEDS_MARK;
                        routing->policy[prefix->family == AF_INET6] = true;
                        route.table = routing->input->mark;
                } else if (is_connected(routing, prefix))
                        return 0;
        }
        /* No two peers have one allowed-ip: only the profile's own routes can be there already. */
        return routing->own.n_max > 0 ? add_route(routing, network, &route) : append_route(network, &route);
}

/* One allowed-ip with the peer it belongs to, for sorting. */
typedef struct PeerRoute {
        WgpPrefix prefix;
        WgpOrigin origin;
        size_t sequence;
} PeerRoute;

static int compare_peer_routes(const void *a, const void *b) {
        const PeerRoute *x = a, *y = b;

        if (x->prefix.length != y->prefix.length)
                return x->prefix.length > y->prefix.length ? -1 : 1;
        return x->sequence < y->sequence ? -1 : x->sequence > y->sequence;
}

static int add_peer_routes(WgpDesiredRouting *routing, WgpNetwork *network) {
        const WgpDevice *device = &network->device;
        _cleanup_(freep) PeerRoute *list = NULL;
        size_t n = 0;
        int r;

        routing->own.n_max = network->n_routes;
        for (size_t i = 0; i < device->n_peers; i++)
                n += device->peers[i].n_allowed_ips;
        list = calloc(n + 1, sizeof(*list));
        if (!list || wgp_network_reserve_routes(network, network->n_routes + n) < 0)
                return -ENOMEM;

        n = 0;
        for (size_t i = 0; i < device->n_peers; i++)
                for (size_t j = 0; j < device->peers[i].n_allowed_ips; j++, n++)
                        list[n] = (PeerRoute) { device->peers[i].allowed_ips[j], device->peers[i].origin, n };
        qsort(list, n, sizeof(*list), compare_peer_routes);

        for (size_t i = 0; i < n; i++) {
                r = add_peer_route(routing, &list[i].prefix, list[i].origin, network);
                if (r != 0)
                        return r;
        }
        return 0;
}

/* --- the keyfile's own --- */

/* What the kernel would have done for an address without IFA_F_NOPREFIXROUTE, in the profile's table and metric. */
static int add_prefix_routes(WgpDesiredRouting *routing, WgpNetwork *network) {
        const WgpProfile *profile = routing->profile;
        int r;

        for (size_t i = 0; i < profile->n_addresses; i++) {
                const WgpPrefix *address = &profile->addresses[i].prefix;
                WgpPrefix destination = *address;
                WgpRoute route;

                wgp_prefix_mask(&destination);
                if (address->length == 0 || (address->family == AF_INET && address->length == 32))
                        continue;
                route = device_route(routing, &destination);
                route.protocol = RTPROT_KERNEL;
                route.origin = profile->addresses[i].origin;
                if (address->family == AF_INET) {
                        route.preferred_source = *address;
                        route.preferred_source.length = 32;
                }
                r = add_own_route(routing, network, &route);
                if (r < 0)
                        return r;
        }
        return 0;
}

/* A gateway must be on the link: if no route says so, a route to that one host does. */
static int add_route_to_gateway(WgpDesiredRouting *routing, const WgpRoute *via, WgpNetwork *network) {
        WgpRoute route = device_route(routing, &via->gateway);

        if (via->gateway.family == AF_UNSPEC || via->onlink)
                return 0;
        route.destination.length = (uint8_t) wgp_family_bits(via->gateway.family);
        if (wgp_prefix_map_find_around(&routing->on_link, &route.destination, via->table, /* length_min= */ 1))
                return 0;

        route.table = via->table;
        route.origin = via->origin;
        return add_own_route(routing, network, &route);
}

static int add_gateway(WgpDesiredRouting *routing, int family, WgpNetwork *network) {
        const WgpFamily *f = wgp_profile_family(routing->profile, family);
        WgpPrefix everything = { .family = (uint8_t) family };
        WgpRoute route = device_route(routing, &everything);
        int r;

        if (!f->has_gateway || f->never_default == WGP_YES)
                return 0;

        route.gateway = f->gateway;
        route.scope = RT_SCOPE_UNIVERSE;
        route.origin = f->gateway_origin;
        r = add_route_to_gateway(routing, &route, network);
        return r < 0 ? r : add_own_route(routing, network, &route);
}

/* NetworkManager's choice for a route without a stated scope. IPv6 has none. */
static uint8_t default_scope(const WgpRoute *route) {
        if (route->destination.family == AF_INET6 || route->gateway.family != AF_UNSPEC || !route->uses_device)
                return RT_SCOPE_UNIVERSE;
        return route->type == RTN_LOCAL ? RT_SCOPE_HOST : RT_SCOPE_LINK;
}

/* Fills in what "routeN" and its options left open. */
static WgpRoute complete_route(const WgpDesiredRouting *routing, const WgpRoute *from) {
        WgpRoute route = *from;

        route.protocol = RTPROT_STATIC;
        if (route.table == 0)
                route.table = route.type == RTN_LOCAL && !wgp_profile_vrf(routing->profile) ?
                                              (uint32_t) RT_TABLE_LOCAL :
                                              table_of(routing, route.destination.family);
        if (!route.states_metric) {
                route.metric = metric_of(routing, route.destination.family);
                route.automatic_metric = has_automatic_metric(routing->profile, route.destination.family);
        }
        if (!route.states_scope)
                route.scope = default_scope(&route);
        if (route.gateway.family == AF_UNSPEC && route.destination.family == AF_INET)
                route.onlink = false;
        return route;
}

static int add_own_routes(WgpDesiredRouting *routing, WgpNetwork *network) {
        const WgpProfile *profile = routing->profile;
        int r;

        for (size_t i = 0; i < profile->n_routes; i++) {
                WgpRoute route = complete_route(routing, profile->routes + i);

                r = add_route_to_gateway(routing, &route, network);
                if (r >= 0)
                        r = add_own_route(routing, network, &route);
                if (r < 0)
                        return r;
        }
        return 0;
}

static int add_keyfile_routes(WgpDesiredRouting *routing, WgpNetwork *network) {
        int r;

        r = add_prefix_routes(routing, network);
        if (r >= 0)
                r = add_own_routes(routing, network);
        if (r >= 0)
                r = add_gateway(routing, AF_INET, network);
        if (r >= 0)
                r = add_gateway(routing, AF_INET6, network);
        return r;
}

/* --- both --- */

/* Whether a default route is of the tunnel's own table, or of its VRF's: without it other tables would be asked. */
static bool has_table_behind(const WgpDesiredRouting *routing, const WgpRoute *route) {
        if (wgp_profile_vrf(routing->profile))
                return route->table == routing->input->vrf_table;
        return routing->policy[route->destination.family == AF_INET6] && route->table == routing->input->mark;
}

/* Whether the route is the tunnel's default route, or the first half of it. */
static bool is_default(const WgpDesiredRouting *routing, const WgpRoute *route) {
        const WgpPrefix *to = &route->destination;

        return route->uses_device && has_table_behind(routing, route) &&
               (to->length == 0 || (is_half_of_default(routing, to) && !(to->bytes[0] & 0x80)));
}

/* Behind the tunnel's default route: where the link is gone, or lacks the family, traffic stops instead of leaking
 * around it. */
static int add_unreachable(const WgpDesiredRouting *routing, WgpNetwork *network) {
        for (size_t i = 0, n = network->n_routes; i < n; i++) {
                WgpRoute route = network->routes[i];
                int r;

                if (!is_default(routing, &route))
                        continue;
                r = append_route(network, &(WgpRoute) {
                                                          .destination = { .family = route.destination.family },
                                                          .table = route.table,
                                                          .metric = WGP_UNREACHABLE_METRIC,
                                                          /* systemd-networkd removes those of others without a link */
                                                          .protocol = RTPROT_KERNEL,
                                                          .type = RTN_UNREACHABLE,
                                                          .origin = route.origin,
                                          });
                if (r < 0)
                        return r;
        }
        return 0;
}

/* Adds all routes; needs the addresses and the peers. Returns 0, WGP_DESIRED_E_NEEDS_MARK, or -ENOMEM. */
int wgp_desired_routes(WgpDesiredRouting *routing, WgpNetwork *network) {
        const WgpProfile *profile = routing->profile;
        int r;

        if (profile->format == WGP_FORMAT_WG_QUICK && profile->table.kind == WGP_TABLE_OFF)
                return 0;

        routing->own.network = network;
        network->metric = routing->input->metric;
        find_halves(routing, &network->device);
        r = collect_connected(routing);
        if (r < 0)
                return r;
        for (int i = 0; i < 2 && profile->format == WGP_FORMAT_KEYFILE; i++) {
                routing->policy[i] = wgp_profile_family(profile, i == 0 ? AF_INET : AF_INET6)->auto_default_route ==
                                                     WGP_YES &&
                                     !wgp_profile_has_own_routing(profile);
                if (routing->policy[i] && routing->input->mark == 0)
                        return WGP_DESIRED_E_NEEDS_MARK;
        }

        if (profile->format == WGP_FORMAT_KEYFILE) {
                r = add_keyfile_routes(routing, network);
                if (r < 0)
                        return r;
        }
        if (profile->peer_routes) {
                r = add_peer_routes(routing, network);
                if (r != 0)
                        return r;
        }
        return add_unreachable(routing, network);
}

/* Gives the routes with an automatic metric this one instead. */
void wgp_desired_move_metric(WgpNetwork *network, uint32_t metric) {
        for (size_t i = 0; i < network->n_routes; i++)
                if (network->routes[i].automatic_metric)
                        network->routes[i].metric = metric;
        network->metric = metric;
}

static int add_rule(WgpNetwork *network, WgpRule rule) {
        WgpRule *to;

        to = wgp_network_add_rule(network);
        if (!to)
                return -ENOMEM;
        *to = rule;
        return 0;
}

/* Marked packets skip all tunnels; of the others, the destinations that the main table knows better than by its
 * default route stay there, and the rest takes the tunnel. Protocol kernel, since networkd removes rules of others. */
static int add_policy_rules(const WgpDesiredRouting *routing, uint8_t family, WgpNetwork *network) {
        const WgpDesiredInput *input = routing->input;
        const WgpRule rules[] = {
                { .priority = WGP_RULE_NOP, .action = FR_ACT_NOP, .shared = true },
                {
                                .priority = input->skip_priority,
                                .action = FR_ACT_GOTO,
                                .goto_priority = WGP_RULE_NOP,
                                .has_fwmark = true,
                },
                {
                                .priority = input->lookup_priority,
                                .action = FR_ACT_TO_TBL,
                                .table = table_of(routing, family),
                                .has_suppress_prefixlength = true,
                },
                {
                                .priority = input->lookup_priority + 1,
                                .action = FR_ACT_TO_TBL,
                                .table = input->mark,
                                .has_fwmark = true,
                                .invert = true,
                },
        };
        int r;

        for (size_t i = 0; i < WGP_ARRAY_SIZE(rules); i++) {
                WgpRule rule = rules[i];

                rule.family = family;
                rule.protocol = RTPROT_KERNEL;
                if (rule.has_fwmark) {
                        rule.fwmark = input->mark;
                        rule.fwmask = UINT32_MAX;
                }
                r = add_rule(network, rule);
                if (r < 0)
                        return r;
        }
        return 0;
}

/* Adds all rules; after the routes. Returns 0, or -ENOMEM. */
int wgp_desired_rules(const WgpDesiredRouting *routing, WgpNetwork *network) {
        const WgpProfile *profile = routing->profile;
        int r;

        for (int i = 0; i < 2; i++) {
                if (!routing->policy[i])
                        continue;
                r = add_policy_rules(routing, i == 0 ? AF_INET : AF_INET6, network);
                if (r < 0)
                        return r;
        }

        for (size_t i = 0; i < profile->n_rules; i++) {
                WgpRule rule = profile->rules[i];

                rule.protocol = RTPROT_STATIC;
                if (wgp_rules_find(network->rules, network->n_rules, &rule))
                        continue;
                r = add_rule(network, rule);
                if (r < 0)
                        return r;
        }
        return 0;
}
