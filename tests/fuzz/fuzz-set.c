/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The words of "wg-profile set", separated by NUL bytes or spaces; and the allowed-ips that come of them. */

#include "cli/set-words.h"
#include "fuzz.h"
#include "model/prefix.h"

enum {
        WORDS_MAX = 64,
};

static size_t split(char *text, size_t size, char **words) {
        size_t n = 0;

        for (size_t i = 0; i < size && n < WORDS_MAX;) {
                size_t n_word = strcspn(text + i, " \n");

                text[i + n_word] = 0;
                words[n++] = text + i;
                i += n_word + 1;
        }
        return n;
}

static void check_allowed_ips(const WgpSetPeer *peer) {
        const WgpPrefix present[] = {
                { .family = AF_INET, .length = 8, .bytes = { 10 } },
                { .family = AF_INET6, .length = 8, .bytes = { 0xfd } },
        };
        WgpPeerState after = {};

        check(wgp_set_allowed_ips(peer, present, WGP_ARRAY_SIZE(present), &after) == 0);
        check(after.n_allowed_ips <= peer->n_allowed_ips + WGP_ARRAY_SIZE(present));
        for (size_t i = 0; i < after.n_allowed_ips; i++) {
                WgpPrefix masked = after.allowed_ips[i];

                check(masked.length <= wgp_family_bits(masked.family));
                check(!wgp_prefix_mask(&masked));
        }
        free(after.allowed_ips);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
        WgpSetRequest request = WGP_SET_REQUEST_NULL;
        char *words[WORDS_MAX], *text = (char *) fuzz_copy(data, size);
        size_t n = split(text, size, words);
        int r = wgp_set_words_parse(words, n, &request);

        check(r == 0 || r == -EINVAL);
        check(memchr(request.problem, 0, sizeof(request.problem)));
        check(r == 0 || *request.problem);
        for (size_t i = 0; r == 0 && i < request.n_peers; i++) {
                check(request.peers[i].label);
                check_allowed_ips(request.peers + i);
        }
        wgp_set_request_done(&request);
        free(text);
        return 0;
}
