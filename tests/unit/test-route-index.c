/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The route index, against a search through all routes. */

#include <criterion/criterion.h>

#include <linux/rtnetlink.h>

#include "model/kernel-slot.h"
#include "model/route-index.h"

/* Of few slots, so that many routes share one. */
static WgpRoute random_route(unsigned *seed) {
        const unsigned n = rand_r(seed), m = rand_r(seed);
        WgpRoute route = {
                .destination = { .family = n & 1 ? AF_INET6 : AF_INET,
                                .length = 24,
                                .bytes = { 10, 0, (uint8_t) (n >> 1 & 31) } },
                .table = 254 + (n >> 6 & 1),
                .metric = n >> 7 & 1 ? 1024 : n >> 8 & 1, /* 0 and 1024 are one to IPv6 */
                .type = n >> 9 & 1 ? RTN_UNICAST : RTN_BLACKHOLE,
                .protocol = m & 1 ? RTPROT_STATIC : RTPROT_BOOT,
                .uses_device = m >> 1 & 1,
        };

        if (route.destination.family == AF_INET)
                route.tos = (uint8_t) (m >> 2 & 4);
        return route;
}

/* "equal": an equal one; else any of that slot. */
static bool has(const WgpNetwork *network, size_t n, const WgpRoute *route, bool equal) {
        for (size_t i = 0; i < n; i++)
                if (equal ? wgp_route_equal(network->routes + i, route) :
                            wgp_route_compare_slot(network->routes + i, route) == 0)
                        return true;
        return false;
}

static void expect_right(WgpRouteIndex *index, const WgpRoute *route, unsigned seed) {
        const size_t n = index->n_max > 0 ? WGP_MIN(index->n_max, index->network->n_routes) : index->network->n_routes;
        const WgpRoute *found;

        cr_assert_eq(wgp_route_index_find(index, route, &found), 0);
        cr_expect_eq(!!found, has(index->network, n, route, false), "seed %u", seed);
        cr_expect_eq(found && wgp_route_equal(found, route), has(index->network, n, route, true), "seed %u", seed);
        cr_expect(!found || (size_t) (found - index->network->routes) < n, "seed %u", seed);
}

Test(route_index, random) {
        for (unsigned seed = 1; seed <= 200; seed++) {
                WgpNetwork network = WGP_NETWORK_NULL;
                WgpRouteIndex index = { .network = &network };
                unsigned state = seed;

                for (unsigned step = 0; step < 200; step++) {
                        const WgpRoute route = random_route(&state);

                        expect_right(&index, &route, seed);
                        if (step % 3 == 0)
                                *wgp_network_add_route(&network) = route; /* while the index is in use */
                        index.n_max = seed % 4 == 0 ? step / 6 : 0;
                }
                /* in the order of the list */
                index.n_max = 0;
                index.next = 0;
                for (size_t i = 0; i < network.n_routes; i++)
                        expect_right(&index, network.routes + i, seed);
                wgp_route_index_done(&index);
                wgp_network_done(&network);
        }
}

Test(route_index, in_order_takes_no_table) {
        WgpNetwork network = WGP_NETWORK_NULL;
        WgpRouteIndex index = { .network = &network };
        const WgpRoute *found;

        for (uint32_t i = 0; i < 1000; i++)
                *wgp_network_add_route(&network) =
                                (WgpRoute) { .destination = { .family = AF_INET, .length = 32, .in.s_addr = i },
                                        .uses_device = true };
        for (size_t i = 0; i < 1000; i++) {
                cr_assert_eq(wgp_route_index_find(&index, network.routes + i, &found), 0);
                cr_assert_eq(found, network.routes + i);
        }
        cr_expect_null(index.slots);
        wgp_route_index_done(&index);
        wgp_network_done(&network);
}
