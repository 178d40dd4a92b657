/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Which addresses a server's next client gets, and which ones somebody may choose for it. */

#include <criterion/criterion.h>
#include <stdio.h>
#include <time.h>

#include "desired/client-address.h"
#include "model/value.h"

enum {
        LIST_MAX = 16,
};

/* Prefixes separated by blanks. */
static size_t read_list(const char *list, WgpPrefix ret[static LIST_MAX]) {
        char copy[512];
        size_t n = 0;

        snprintf(copy, sizeof(copy), "%s", list);
        for (char *save = NULL, *item = strtok_r(copy, " ", &save); item; item = strtok_r(NULL, " ", &save)) {
                cr_assert_lt(n, (size_t) LIST_MAX);
                cr_assert_eq(wgp_prefix_parse(item, ret + n++, NULL), 0, "%s", item);
        }
        return n;
}

Test(client_address, next_free) {
        static const struct {
                const char *networks, *taken;
                int result;
                const char *found; /* with WGP_CLIENT_ADDRESSES_E_FULL, the network that is */
        } rows[] = {
                { "10.8.0.1/24", "10.8.0.1", 0, "10.8.0.2/32" },
                { "10.8.0.1/24", "10.8.0.1 10.8.0.2 10.8.0.4", 0, "10.8.0.3/32" },
                /* the order does not matter, nor that something is told twice */
                { "10.8.0.1/24", "10.8.0.4 10.8.0.2 10.8.0.1 10.8.0.2 10.8.0.3", 0, "10.8.0.5/32" },
                /* the server's host bits are not the first */
                { "10.8.0.254/24", "10.8.0.254", 0, "10.8.0.1/32" },
                /* prefixes that are longer than the network take all of their addresses */
                { "10.8.0.1/24", "10.8.0.1 10.8.0.0/25", 0, "10.8.0.128/32" },
                { "10.8.0.1/24", "10.8.0.1 10.8.0.2/31 10.8.0.3", 0, "10.8.0.4/32" },
                /* and those that are as long or shorter take none: the longest prefix has a packet */
                { "10.8.0.1/24", "10.8.0.1 10.8.0.0/24 10.0.0.0/8 0.0.0.0/0", 0, "10.8.0.2/32" },
                /* what lies elsewhere, or in the other family, does not count */
                { "10.8.0.1/24", "10.8.0.1 10.8.1.2 fd00::2", 0, "10.8.0.2/32" },
                /* both families by host part */
                { "10.8.0.1/24 fd00::1/64", "10.8.0.1 fd00::1", 0, "10.8.0.2/32 fd00::2/128" },
                { "10.8.0.1/24 fd00::1/64", "10.8.0.1 fd00::1 10.8.0.2 fd00::3", 0, "10.8.0.4/32 fd00::4/128" },
                { "fd00::1/64 10.8.0.1/24", "10.8.0.1 fd00::1 fd00::2", 0, "fd00::3/128 10.8.0.3/32" },
                /* where no host is free in both, each gets its own */
                { "10.8.0.1/30 fd00::1/64", "10.8.0.1 fd00::1 fd00::2", 0, "10.8.0.2/32 fd00::3/128" },
                /* three networks */
                { "10.8.0.1/24 10.9.0.1/24 fd00::1/64", "10.8.0.1 10.9.0.1 fd00::1 10.9.0.2 fd00::3", 0,
                                "10.8.0.4/32 10.9.0.4/32 fd00::4/128" },
                /* small networks: RFC 3021, RFC 6164 */
                { "10.8.0.0/31", "10.8.0.0", 0, "10.8.0.1/32" },
                { "10.8.0.1/31", "10.8.0.1", 0, "10.8.0.0/32" },
                { "fd00::/127", "fd00::", 0, "fd00::1/128" },
                { "10.8.0.1/30", "10.8.0.1", 0, "10.8.0.2/32" },
                { "10.8.0.1/30", "10.8.0.1 10.8.0.2", WGP_CLIENT_ADDRESSES_E_FULL, "10.8.0.1/30" },
                { "fd00::1/64 10.8.0.1/30", "fd00::1 10.8.0.1 10.8.0.2", WGP_CLIENT_ADDRESSES_E_FULL, "10.8.0.1/30" },
                { "10.8.0.0/31", "10.8.0.0 10.8.0.1", WGP_CLIENT_ADDRESSES_E_FULL, "10.8.0.0/31" },
                /* no IPv6 address is a broadcast one, and the first is the routers' */
                { "fd00::1/126", "fd00::1 fd00::2", 0, "fd00::3/128" },
                { "fd00::1/126", "fd00::1 fd00::2 fd00::3", WGP_CLIENT_ADDRESSES_E_FULL, "fd00::1/126" },
                /* a network of one has no room, and is passed over */
                { "10.8.0.1/32", "10.8.0.1", WGP_CLIENT_ADDRESSES_E_NONE, "" },
                { "10.8.0.1/32 fd00::1/128", "", WGP_CLIENT_ADDRESSES_E_NONE, "" },
                { "", "", WGP_CLIENT_ADDRESSES_E_NONE, "" },
                { "10.8.0.1/32 fd00::1/64", "fd00::1", 0, "fd00::2/128" },
                /* the largest networks there are */
                { "0.0.0.0/0", "0.0.0.0/1", 0, "128.0.0.0/32" },
                { "::/0", "::/1", 0, "8000::/128" },
                { "::/0", "::/1 8000::/1", WGP_CLIENT_ADDRESSES_E_FULL, "::/0" },
        };

        for (size_t i = 0; i < WGP_ARRAY_SIZE(rows); i++) {
                WgpPrefix networks[LIST_MAX], taken[LIST_MAX], expected[LIST_MAX], found[LIST_MAX];
                const size_t n_networks = read_list(rows[i].networks, networks);
                const size_t n_taken = read_list(rows[i].taken, taken),
                             n_expected = read_list(rows[i].found, expected);
                size_t n = 0, full = SIZE_MAX;
                int r;

                r = wgp_client_addresses_find(networks, n_networks, taken, n_taken, found, &n, &full);
                cr_expect_eq(r, rows[i].result, "row %zu: %d", i, r);
                if (r == WGP_CLIENT_ADDRESSES_E_FULL)
                        cr_expect(full < n_networks && wgp_prefix_compare(networks + full, expected) == 0, "row %zu",
                                        i);
                if (r != 0)
                        continue;
                cr_expect_eq(n, n_expected, "row %zu", i);
                for (size_t j = 0; j < n && j < n_expected; j++) {
                        char text[WGP_PREFIX_TEXT_SIZE];

                        wgp_prefix_format(found + j, text);
                        cr_expect_eq(wgp_prefix_compare(found + j, expected + j), 0, "row %zu: %s", i, text);
                }
        }
}

Test(client_address, chosen) {
        static const char networks_text[] = "10.8.0.1/24 fd00::1/64 10.9.0.1/31 10.10.0.1/32";
        static const char taken_text[] = "10.8.0.1 fd00::1 10.9.0.1 10.8.0.7 10.8.0.64/26 10.0.0.0/8 ::/0";
        static const struct {
                const char *address;
                WgpClientAddress verdict;
        } rows[] = {
                { "10.8.0.2", WGP_CLIENT_ADDRESS_FREE },
                { "10.8.0.254", WGP_CLIENT_ADDRESS_FREE },
                { "fd00::77", WGP_CLIENT_ADDRESS_FREE },
                { "fd00::ffff:ffff:ffff:ffff", WGP_CLIENT_ADDRESS_FREE },
                { "10.9.0.0", WGP_CLIENT_ADDRESS_FREE },
                { "10.8.0.1", WGP_CLIENT_ADDRESS_TAKEN },
                { "10.8.0.7", WGP_CLIENT_ADDRESS_TAKEN },
                { "10.8.0.65", WGP_CLIENT_ADDRESS_TAKEN },
                { "fd00::1", WGP_CLIENT_ADDRESS_TAKEN },
                { "10.9.0.1", WGP_CLIENT_ADDRESS_TAKEN },
                { "10.8.0.0", WGP_CLIENT_ADDRESS_RESERVED },
                { "10.8.0.255", WGP_CLIENT_ADDRESS_RESERVED },
                { "fd00::", WGP_CLIENT_ADDRESS_RESERVED },
                { "10.8.1.2", WGP_CLIENT_ADDRESS_OUTSIDE },
                { "10.10.0.1", WGP_CLIENT_ADDRESS_OUTSIDE },
                { "fd00:0:0:1::2", WGP_CLIENT_ADDRESS_OUTSIDE },
        };
        WgpPrefix networks[LIST_MAX], taken[LIST_MAX], address;
        const size_t n_networks = read_list(networks_text, networks), n_taken = read_list(taken_text, taken);

        for (size_t i = 0; i < WGP_ARRAY_SIZE(rows); i++) {
                cr_assert_eq(wgp_address_parse(rows[i].address, &address), 0);
                cr_expect_eq(wgp_client_address_judge(networks, n_networks, taken, n_taken, &address), rows[i].verdict,
                                "%s", rows[i].address);
        }
}

Test(client_address, count) {
        static const struct {
                const char *network, *taken;
                uint64_t used, all;
        } rows[] = {
                { "10.8.0.1/24", "10.8.0.1 10.8.0.7 10.8.0.64/26 10.8.0.65", 66, 254 },
                { "10.8.0.1/24", "10.8.0.0 10.8.0.255 10.8.0.1", 1, 254 },
                { "10.8.0.0/31", "10.8.0.0", 1, 2 },
                { "fd00::1/64", "fd00::1", 1, UINT64_MAX },
                { "fd00::1/48", "fd00::/49", UINT64_MAX, UINT64_MAX },
        };

        for (size_t i = 0; i < WGP_ARRAY_SIZE(rows); i++) {
                WgpPrefix network[LIST_MAX], taken[LIST_MAX];
                const size_t n_taken = read_list(rows[i].taken, taken);
                uint64_t used = 0, all = 0;

                read_list(rows[i].network, network);
                cr_assert_eq(wgp_client_addresses_count(network, taken, n_taken, &used, &all), 0);
                cr_expect_eq(used, rows[i].used, "row %zu: %llu", i, (unsigned long long) used);
                cr_expect_eq(all, rows[i].all, "row %zu: %llu", i, (unsigned long long) all);
        }
}

/* The last client of a /16 with IPv6 beside it, in less than 50 ms of the processor. */
Test(client_address, full_quickly) {
        enum {
                N = 65534,
        };
        WgpPrefix networks[LIST_MAX], found[LIST_MAX], *taken = calloc(2 * N, sizeof(*taken));
        size_t n_networks, n_found = 0, full = 0, n = 0;
        clock_t start, took;

        cr_assert(taken);
        n_networks = read_list("10.8.0.1/16 fd00::1/64", networks);
        /* in no order: 40503 has no factor in common with 65534 */
        for (unsigned i = 0; i < N; i++) {
                const unsigned host = (unsigned) ((uint64_t) i * 40503 % N) + 1;

                if (host == 50000)
                        continue;
                taken[n] = (WgpPrefix) { .family = AF_INET, .length = 32 };
                taken[n++].in.s_addr = htonl(UINT32_C(0x0a080000) + host);
                taken[n] = (WgpPrefix) { .family = AF_INET6, .length = 128, .bytes = { 0xfd } };
                taken[n].bytes[14] = (uint8_t) (host >> 8);
                taken[n++].bytes[15] = (uint8_t) host;
        }
        start = clock();
        cr_assert_eq(wgp_client_addresses_find(networks, n_networks, taken, n, found, &n_found, &full), 0);
        took = clock() - start;
        cr_expect_eq(n_found, (size_t) 2);
        cr_expect_eq(ntohl(found[0].in.s_addr), UINT32_C(0x0a080000) + 50000);
        cr_expect_eq(found[1].bytes[14] << 8 | found[1].bytes[15], 50000);
        cr_expect_lt(took, CLOCKS_PER_SEC / 20, "%ld us", (long) took);

        taken[n++] = found[0];
        cr_expect_eq(wgp_client_addresses_find(networks, n_networks, taken, n, found, &n_found, &full),
                        WGP_CLIENT_ADDRESSES_E_FULL);
        cr_expect_eq(full, (size_t) 0);
        free(taken);
}
