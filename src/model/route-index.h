/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once
/* Route index: finds what a network has in a route's slot (destination, source, table, metric, TOS), of tens of
 * thousands in time that does not grow with them. Pure. */

#include "model/device.h"

typedef struct WgpRouteIndex WgpRouteIndex;

/* An index over the routes of "network", those included that are added while it is in use; it borrows them. It starts
 * as { .network = ... }. */
struct WgpRouteIndex {
        const WgpNetwork *network;
        size_t n_max;    /* only so many routes are looked at; 0: all */
        uint32_t *slots; /* index + 1; 0: free. NULL until a route is not where it is looked for first */
        size_t n_slots, n_indexed;
        size_t next; /* behind what was found last: the next one to be looked for is mostly there */
};

int wgp_route_index_find(WgpRouteIndex *index, const WgpRoute *route, const WgpRoute **ret);
void wgp_route_index_done(WgpRouteIndex *index);
