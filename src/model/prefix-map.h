/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once
/* Prefix map: which number a prefix has, and whether one that is there covers another, among tens of thousands in time
 * that does not grow with them. Pure. */

#include "model/prefix.h"

typedef struct WgpPrefixEntry WgpPrefixEntry;
typedef struct WgpPrefixMap WgpPrefixMap;

struct WgpPrefixEntry {
        WgpPrefix prefix; /* AF_UNSPEC: free */
        uint32_t tag;     /* tells entries with one prefix apart, such as a table */
        uint32_t value;
};

struct WgpPrefixMap {
        WgpPrefixEntry *entries; /* an open hash table, at most half full */
        size_t n_entries, n_slots;
        uint64_t lengths[2][3]; /* of IPv4 and IPv6: bit by prefix length, there is such an entry */
};

#define WGP_PREFIX_MAP_NULL ((WgpPrefixMap) {})

int wgp_prefix_map_add(WgpPrefixMap *map, const WgpPrefix *prefix, uint32_t tag, uint32_t value);
const WgpPrefixEntry *wgp_prefix_map_find(const WgpPrefixMap *map, const WgpPrefix *prefix, uint32_t tag);
const WgpPrefixEntry *wgp_prefix_map_find_around(
                const WgpPrefixMap *map, const WgpPrefix *prefix, uint32_t tag, uint8_t length_min);
void wgp_prefix_map_done(WgpPrefixMap *map);
