/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The prefix map, against a search through all entries. */

#include <criterion/criterion.h>
#include <stdio.h>

#include "model/prefix-map.h"
#include "model/prefix.h"

static WgpPrefix prefix(const char *text) {
        WgpPrefix p;

        cr_assert_eq(wgp_prefix_parse(text, &p, NULL), 0, "%s", text);
        return p;
}

Test(prefix_map, finds_and_covers) {
        static const struct {
                const char *entry;
                uint32_t tag;
        } entries[] = {
                { "10.0.0.0/8", 1 },
                { "10.1.0.0/16", 1 },
                { "10.1.2.3/32", 1 },
                { "192.168.0.0/16", 2 },
                { "fd00::/64", 1 },
                { "fd00::1/128", 1 },
                { "::/0", 3 },
                { "0.0.0.0/0", 4 },
        };
        static const struct {
                const char *prefix;
                uint32_t tag;
                uint8_t length_min;
                bool found;
                int around; /* index of the entry, -1: none */
        } rows[] = {
                { "10.1.2.3/32", 1, 0, true, 0 },
                { "10.1.2.3/32", 1, 9, true, 1 },
                { "10.1.2.3/32", 1, 17, true, 2 },
                { "10.1.2.3/32", 2, 0, false, -1 },
                { "10.1.2.4/32", 1, 17, false, -1 },
                { "10.2.0.0/16", 1, 0, false, 0 },
                { "10.0.0.0/7", 1, 0, false, -1 },
                { "10.0.0.0/8", 1, 0, true, 0 },
                { "192.168.7.0/24", 2, 0, false, 3 },
                { "192.168.7.0/24", 1, 0, false, -1 },
                { "fd00::1/128", 1, 0, true, 4 },
                { "fd00::1/128", 1, 65, true, 5 },
                { "fd00::2/128", 1, 0, false, 4 },
                { "fd00::2/128", 1, 65, false, -1 },
                { "2001:db8::1/128", 3, 0, false, 6 },
                { "2001:db8::1/128", 3, 1, false, -1 },
                { "1.2.3.4/32", 3, 0, false, -1 },
                { "1.2.3.4/32", 4, 0, false, 7 },
        };
        WgpPrefixMap map = WGP_PREFIX_MAP_NULL;

        for (size_t i = 0; i < WGP_ARRAY_SIZE(rows); i++) {
                const WgpPrefix p = prefix(rows[i].prefix);

                cr_expect_null(wgp_prefix_map_find(&map, &p, rows[i].tag), "in an empty map");
                cr_expect_null(wgp_prefix_map_find_around(&map, &p, rows[i].tag, 0), "in an empty map");
        }
        for (size_t i = 0; i < WGP_ARRAY_SIZE(entries); i++) {
                const WgpPrefix p = prefix(entries[i].entry);

                cr_assert_eq(wgp_prefix_map_add(&map, &p, entries[i].tag, (uint32_t) i), 0);
                cr_assert_eq(wgp_prefix_map_add(&map, &p, entries[i].tag, 99), 0, "the first one stays");
        }
        cr_expect_eq(map.n_entries, WGP_ARRAY_SIZE(entries));
        for (size_t i = 0; i < WGP_ARRAY_SIZE(rows); i++) {
                const WgpPrefix p = prefix(rows[i].prefix);
                const WgpPrefixEntry *around = wgp_prefix_map_find_around(&map, &p, rows[i].tag, rows[i].length_min);

                cr_expect_eq(!!wgp_prefix_map_find(&map, &p, rows[i].tag), rows[i].found, "%s", rows[i].prefix);
                cr_expect_eq(around ? (int) around->value : -1, rows[i].around, "%s tag %u from %u: %d",
                                rows[i].prefix, rows[i].tag, rows[i].length_min, around ? (int) around->value : -1);
        }
        wgp_prefix_map_done(&map);
}

Test(prefix_map, many) {
        enum {
                N = 20000
        };
        WgpPrefixMap map = WGP_PREFIX_MAP_NULL;

        for (uint32_t i = 0; i < N; i++) {
                const WgpPrefix p = { .family = AF_INET, .length = 32, .in.s_addr = htonl(0x0a000000 + i * 3) };

                cr_assert_eq(wgp_prefix_map_add(&map, &p, i % 2, i), 0);
        }
        for (uint32_t i = 0; i < 3 * N; i++) {
                const WgpPrefix p = { .family = AF_INET, .length = 32, .in.s_addr = htonl(0x0a000000 + i) };
                const WgpPrefixEntry *entry = wgp_prefix_map_find(&map, &p, i / 3 % 2);

                cr_assert_eq(!!entry, i % 3 == 0, "%u", i);
                cr_assert(!entry || entry->value == i / 3, "%u", i);
        }
        wgp_prefix_map_done(&map);
}
