/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Finds the MTU by wg-quick's rule since 1.0.20260223: for each literal endpoint the MTU of its route, else of the
 * route's device; the smallest counts. */

#include "apply/mtu.h"

#include <linux/fib_rules.h>

#include "desired/mtu.h"
#include "model/prefix.h"
#include "netlink/nl-query.h"
#include "netlink/rt-message.h"

static uint32_t device_mtu(WgpRun *run, uint32_t ifindex) {
        WgpLink link = {};

        return wgp_nl_query_link(wgp_context_outside(&run->context), ifindex, NULL, &link) < 0 ? 0 : link.mtu;
}

static int find_route(WgpRun *run, const WgpRouteQuery *query, WgpRoute *ret) {
        WgpRtBuffer buffer;
        int r;

        r = wgp_rt_route_encode_query(&buffer, query);
        return r < 0 ? r :
                       wgp_nl_socket_request(
                                       wgp_context_outside(&run->context), &buffer.header, wgp_rt_route_store, ret);
}

/* The tunnel's own packets will skip all tunnels with a table of their own, but the rule for its mark may not exist
 * yet. The mark of the tunnel that has this table skips it now. Returns that mark; 0 for another table. */
static uint32_t mark_around(const WgpRun *run, uint32_t table) {
        const WgpNetwork *desired = &run->desired, *others = &run->others;
        bool skips = false;

        for (size_t i = 0; i < desired->n_rules; i++)
                skips = skips || desired->rules[i].action == FR_ACT_GOTO;
        for (size_t i = 0; skips && i < others->n_rules; i++)
                if (others->rules[i].action == FR_ACT_TO_TBL && others->rules[i].invert &&
                                others->rules[i].has_fwmark && others->rules[i].table == table)
                        return others->rules[i].fwmark;
        return 0;
}

/* Finds the route of the tunnel's own packets to an endpoint. Returns 0, or a negative errno: there is no route now.
 */
int wgp_path_find(WgpRun *run, const WgpSockaddr *endpoint, WgpRoute *ret) {
        WgpRouteQuery query = { .mark = run->desired.device.fwmark };
        WgpRoute route = {};
        uint32_t around;
        int r;

        wgp_sockaddr_to_prefix(endpoint, &query.destination);
        if (endpoint->family == AF_INET6)
                query.ifindex = endpoint->in6.sin6_scope_id;

        r = find_route(run, &query, &route);
        around = r >= 0 ? mark_around(run, route.table) : 0;
        if (around > 0) {
                query.mark = around;
                route = (WgpRoute) {};
                r = find_route(run, &query, &route);
        }
        if (r >= 0)
                *ret = route;
        return r;
}

/* The MTU of the path to an address; 0: there is no path now. */
static uint32_t path_mtu(WgpRun *run, const WgpSockaddr *endpoint) {
        WgpRoute route = {};

        if (wgp_path_find(run, endpoint, &route) < 0)
                return 0;
        if (run->context.netns < 0 && route.ifindex == run->actual.link.ifindex)
                return 0;
        if (route.metrics_set & 1U << WGP_ROUTE_MTU)
                return route.metrics[WGP_ROUTE_MTU];
        return device_mtu(run, route.ifindex);
}

/* Returns the MTU for a tunnel whose profile has none, in bytes; the rest of run->desired is complete. An unknown path
 * counts as standard. */
uint32_t wgp_mtu_find(WgpRun *run) {
        const WgpProfile *profile = run->profile;
        uint32_t smallest = 0;
        WgpSockaddr last = {};

        for (size_t i = 0; i < profile->n_peers; i++) {
                const WgpSockaddr *endpoint = &profile->peers[i].endpoint.address;
                uint32_t mtu;

                if (endpoint->family == AF_UNSPEC || profile->peers[i].is_self || wgp_sockaddr_equal(endpoint, &last))
                        continue;
                last = *endpoint;
                mtu = path_mtu(run, endpoint);
                if (mtu > 0 && (smallest == 0 || mtu < smallest))
                        smallest = mtu;
        }

        return wgp_mtu_of_path(smallest, wgp_mtu_needs_ipv6(&run->desired));
}
