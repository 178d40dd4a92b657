/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Peers of hundreds of drop-ins, joined by key: against a list that is searched from its start. */

#include <criterion/criterion.h>
#include <stdio.h>

#include "model/value.h"
#include "parse/parse.h"

enum {
        POOL = 64, /* keys; small, so that they meet */
        FILES = 400,
};

typedef struct Known {
        unsigned key, name, n_allowed_ips;
} Known;

static void key_of(unsigned i, uint8_t ret[static WGP_KEY_SIZE]) {
        memset(ret, 0, WGP_KEY_SIZE);
        /* every fourth begins as another one does: the first bytes do not tell them apart */
        ret[0] = (uint8_t) (i % 4 == 3 ? i - 1 : i);
        ret[31] = (uint8_t) (i + 1);
}

static void expect(const WgpProfile *profile, const Known *known, size_t n_known, unsigned seed, unsigned file) {
        cr_assert_eq(profile->n_peers, n_known, "seed %u, file %u", seed, file);
        for (size_t i = 0; i < n_known; i++) {
                uint8_t key[WGP_KEY_SIZE];
                char name[16];

                key_of(known[i].key, key);
                snprintf(name, sizeof(name), "n%u", known[i].name);
                cr_assert_arr_eq(profile->peers[i].public_key, key, WGP_KEY_SIZE, "seed %u, file %u", seed, file);
                cr_assert_str_eq(profile->peers[i].name, name, "seed %u, file %u", seed, file);
                cr_assert_eq(profile->peers[i].n_allowed_ips, (size_t) known[i].n_allowed_ips);
        }
}

static void run(unsigned seed) {
        _cleanup_(wgp_diagnostics_done) WgpDiagnostics diagnostics = WGP_DIAGNOSTICS_NULL;
        _cleanup_(wgp_profile_freep) WgpProfile *profile = NULL;
        Known known[POOL];
        size_t n_known = 0;

        srandom(seed);
        cr_assert_eq(wgp_profile_new("a", WGP_FORMAT_WG_QUICK, &profile), 0);
        for (unsigned file = 0; file < FILES; file++) {
                const unsigned n = file == 0 ? 0 : (unsigned) random() % 4, first = (unsigned) random() % POOL;
                char text[2048] = "[Interface]\n";

                for (unsigned i = 0; i < n; i++) {
                        const unsigned key = (first + i * 7) % POOL; /* each once in a file */
                        char base64[WGP_KEY_TEXT_SIZE];
                        uint8_t bytes[WGP_KEY_SIZE];
                        size_t k = 0;

                        key_of(key, bytes);
                        wgp_key_format(bytes, base64);
                        sprintf(text + strlen(text),
                                        "[Peer]\nPublicKey = %s\nName = n%u\nAllowedIPs = 10.%u.0.%u/32\n", base64,
                                        file, file / 200, file % 200);
                        while (k < n_known && known[k].key != key)
                                k++;
                        if (k == n_known)
                                known[n_known++] = (Known) { .key = key };
                        known[k].name = file;
                        known[k].n_allowed_ips++;
                }
                cr_assert_eq(wgp_profile_parse(profile, "file", text, strlen(text), NULL, &diagnostics), 0);
                cr_assert_eq(diagnostics.n_items, (size_t) 0);
                expect(profile, known, n_known, seed, file);
        }
}

Test(join_peers, random) {
        for (unsigned seed = 1; seed <= 300; seed++)
                run(seed);
}
