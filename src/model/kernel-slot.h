/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once
/* Compare: when two objects of the kernel are the same one, and when they are equal. Pure.
 *
 * "Slot" is what the kernel lets exist only once: two routes in one slot replace each other. Each *_compare_slot()
 * is a total order over slots, for qsort() and bsearch(). */

#include "model/device.h"

int wgp_address_compare_slot(const WgpAddress *a, const WgpAddress *b);
int wgp_route_compare_slot(const WgpRoute *a, const WgpRoute *b);
bool wgp_route_equal(const WgpRoute *a, const WgpRoute *b);
int wgp_rule_compare(const WgpRule *a, const WgpRule *b);
int wgp_peer_compare_key(const WgpPeerState *a, const WgpPeerState *b);

const WgpRoute *wgp_routes_find(const WgpRoute *routes, size_t n_routes, const WgpRoute *route);
const WgpRule *wgp_rules_find(const WgpRule *rules, size_t n_rules, const WgpRule *rule);
