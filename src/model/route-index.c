/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Route index: two lists of routes are mostly in one order, so that the place behind the last one that was found is
 * looked at first. The hash table, open and at most half full, is made when that fails. */

#include "model/route-index.h"

#include "model/hash.h"
#include "model/kernel-slot.h"

static size_t n_routes(const WgpRouteIndex *index) {
        const size_t n = index->network->n_routes;

        return index->n_max > 0 ? WGP_MIN(n, index->n_max) : n;
}

/* Where a route's slot begins. What the metric of an IPv6 route may be written as is left out: equal slots have to be
 * equal. */
static size_t first_slot(const WgpRouteIndex *index, const WgpRoute *route) {
        uint64_t hash = wgp_hash_prefix(&route->destination, route->table);

        if (route->destination.family == AF_INET)
                hash = wgp_hash_add(hash, (uint64_t) route->metric << 8 | route->tos);
        return hash & (index->n_slots - 1);
}

static void insert(WgpRouteIndex *index, size_t n) {
        size_t i = first_slot(index, index->network->routes + n);

        while (index->slots[i] != 0)
                i = (i + 1) & (index->n_slots - 1);
        index->slots[i] = (uint32_t) n + 1;
}

/* Brings the table up to date. Returns 0, or -ENOMEM. */
static int catch_up(WgpRouteIndex *index) {
        const size_t n = n_routes(index);

        if (index->n_slots < 2 * n || !index->slots) {
                size_t n_slots = index->n_slots ?: 16;
                uint32_t *slots;

                while (n_slots < 2 * n)
                        n_slots *= 2;
                slots = calloc(n_slots, sizeof(*slots));
                if (!slots)
                        return -ENOMEM;
                free(index->slots);
                index->slots = slots;
                index->n_slots = n_slots;
                index->n_indexed = 0;
        }
        for (; index->n_indexed < n; index->n_indexed++)
                insert(index, index->n_indexed);
        return 0;
}

/* Looks for what is in the slot of "route": an equal one if there is one, else any. Returns 0 with "*ret", NULL:
 * nothing; or -ENOMEM. */
int wgp_route_index_find(WgpRouteIndex *index, const WgpRoute *route, const WgpRoute **ret) {
        const WgpRoute *routes = index->network->routes, *found = NULL;
        const size_t n = n_routes(index);
        int r;

        *ret = NULL;
        if (index->next < n && wgp_route_equal(routes + index->next, route)) {
                *ret = routes + index->next++;
                return 0;
        }
        if (n == 0)
                return 0;
        r = catch_up(index);
        if (r < 0)
                return r;

        for (size_t i = first_slot(index, route); index->slots[i] != 0; i = (i + 1) & (index->n_slots - 1)) {
                const WgpRoute *other = routes + (index->slots[i] - 1);

                if ((size_t) (other - routes) >= n || wgp_route_compare_slot(other, route) != 0)
                        continue;
                found = other;
                if (wgp_route_equal(other, route))
                        break;
        }
        if (found)
                index->next = (size_t) (found - routes) + 1;
        *ret = found;
        return 0;
}

void wgp_route_index_done(WgpRouteIndex *index) {
        free(index->slots);
        *index = (WgpRouteIndex) {};
}
