/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The index of peers: each peer is found, and no other. */

#include <criterion/criterion.h>

#include "model/peer-index.h"

/* "n" spreads over the bytes that the index looks at first; "rest" is in none of them. */
static void make_key(uint32_t n, uint8_t rest, uint8_t ret[static WGP_KEY_SIZE]) {
        memset(ret, 0, WGP_KEY_SIZE);
        memcpy(ret, &n, sizeof(n));
        ret[WGP_KEY_SIZE - 1] = rest;
}

static const struct {
        const char *what;
        unsigned n_heads, n_rests; /* so many peers differ in the first bytes, and of each so many only in the last */
} sizes[] = {
        { "no peer", 0, 0 },
        { "one", 1, 1 },
        { "two", 2, 1 },
        { "as many as slots would be, were it full", 64, 1 },
        { "one more", 65, 1 },
        { "all with the same first bytes", 1, 200 },
        { "many", 5000, 2 },
};

Test(peer_index, finds_each) {
        for (size_t i = 0; i < WGP_ARRAY_SIZE(sizes); i++) {
                WgpDevice device = {};
                WgpPeerIndex index;
                uint8_t key[WGP_KEY_SIZE];

                for (unsigned j = 0; j < sizes[i].n_heads * sizes[i].n_rests; j++) {
                        make_key(j % WGP_MAX(sizes[i].n_heads, 1U), (uint8_t) (j / sizes[i].n_heads), key);
                        cr_assert(wgp_device_add_peer(&device, key));
                }
                cr_assert_eq(wgp_peer_index_build(&device, &index), 0);

                for (size_t j = 0; j < device.n_peers; j++)
                        cr_expect_eq(wgp_peer_index_find(&index, device.peers[j].public_key), device.peers + j,
                                        "%s: %zu", sizes[i].what, j);
                make_key(sizes[i].n_heads, 0, key);
                cr_expect_null(wgp_peer_index_find(&index, key), "%s: another beginning", sizes[i].what);
                make_key(0, (uint8_t) sizes[i].n_rests, key);
                cr_expect_null(wgp_peer_index_find(&index, key), "%s: another end", sizes[i].what);

                wgp_peer_index_done(&index);
                wgp_device_done(&device);
        }
}

Test(peer_index, takes_the_first_of_several) {
        uint8_t key[WGP_KEY_SIZE];
        WgpDevice device = {};
        WgpPeerIndex index;

        make_key(7, 7, key);
        for (int i = 0; i < 3; i++)
                cr_assert(wgp_device_add_peer(&device, key));
        cr_assert_eq(wgp_peer_index_build(&device, &index), 0);
        cr_expect_eq(wgp_peer_index_find(&index, key), device.peers);
        wgp_peer_index_done(&index);
        wgp_device_done(&device);
}
