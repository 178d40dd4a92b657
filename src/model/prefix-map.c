/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "model/prefix-map.h"

#include "model/hash.h"

/* The entry that the prefix has, or else would have. */
static WgpPrefixEntry *find_slot(const WgpPrefixMap *map, const WgpPrefix *prefix, uint32_t tag) {
        for (size_t i = wgp_hash_prefix(prefix, tag) & (map->n_slots - 1);; i = (i + 1) & (map->n_slots - 1)) {
                WgpPrefixEntry *entry = map->entries + i;

                if (entry->prefix.family == AF_UNSPEC ||
                                (entry->tag == tag && wgp_prefix_compare(&entry->prefix, prefix) == 0))
                        return entry;
        }
}

static int grow(WgpPrefixMap *map) {
        WgpPrefixMap larger = *map;

        larger.n_slots = map->n_slots > 0 ? 2 * map->n_slots : 16;
        larger.entries = calloc(larger.n_slots, sizeof(*larger.entries));
        if (!larger.entries)
                return -ENOMEM;
        for (size_t i = 0; i < map->n_slots; i++)
                if (map->entries[i].prefix.family != AF_UNSPEC)
                        *find_slot(&larger, &map->entries[i].prefix, map->entries[i].tag) = map->entries[i];
        free(map->entries);
        *map = larger;
        return 0;
}

/* Adds an entry, unless the prefix has one, which stays as it is. Returns 0, or -ENOMEM. */
int wgp_prefix_map_add(WgpPrefixMap *map, const WgpPrefix *prefix, uint32_t tag, uint32_t value) {
        WgpPrefixEntry *entry;

        if (2 * (map->n_entries + 1) > map->n_slots && grow(map) < 0)
                return -ENOMEM;
        entry = find_slot(map, prefix, tag);
        if (entry->prefix.family != AF_UNSPEC)
                return 0;
        *entry = (WgpPrefixEntry) { *prefix, tag, value };
        map->n_entries++;
        map->lengths[prefix->family == AF_INET6][prefix->length / 64] |= UINT64_C(1) << prefix->length % 64;
        return 0;
}

/* Returns the entry, valid until the next one is added, or NULL. */
const WgpPrefixEntry *wgp_prefix_map_find(const WgpPrefixMap *map, const WgpPrefix *prefix, uint32_t tag) {
        const WgpPrefixEntry *entry = map->n_slots > 0 ? find_slot(map, prefix, tag) : NULL;

        return entry && entry->prefix.family != AF_UNSPEC ? entry : NULL;
}

/* Returns the widest entry, masked and of "length_min" bits at least, that contains the prefix, or NULL. One look for
 * each length that there is. */
const WgpPrefixEntry *wgp_prefix_map_find_around(
                const WgpPrefixMap *map, const WgpPrefix *prefix, uint32_t tag, uint8_t length_min) {
        const uint64_t *lengths = map->lengths[prefix->family == AF_INET6];

        for (unsigned length = length_min; length <= prefix->length; length++) {
                const uint64_t rest = lengths[length / 64] >> length % 64;
                const WgpPrefixEntry *entry;
                WgpPrefix p = *prefix;

                if (rest == 0) { /* no such length in this word, or none any more */
                        length |= 63;
                        continue;
                }
                length += (unsigned) __builtin_ctzll(rest);
                if (length > prefix->length)
                        break;
                p.length = (uint8_t) length;
                (void) wgp_prefix_mask(&p);
                entry = wgp_prefix_map_find(map, &p, tag);
                if (entry)
                        return entry;
        }
        return NULL;
}

void wgp_prefix_map_done(WgpPrefixMap *map) {
        free(map->entries);
        *map = WGP_PREFIX_MAP_NULL;
}
