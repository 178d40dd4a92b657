/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The words of "wg set", and what becomes of a list of allowed-ips. */

#include <criterion/criterion.h>

#include "cli/set-words.h"
#include "model/prefix.h"

#define KEY "xTIBA5rboUvnH4htodjb6e697QjLERt1NAB4mZqp8Dg="

enum {
        WORDS_MAX = 20,
};

static int parse(const char *line, char *buffer, WgpSetRequest *request) {
        char *words[WORDS_MAX], *cursor = buffer;
        size_t n = 0;

        strcpy(buffer, line);
        for (char *word; (word = strsep(&cursor, " "));)
                if (*word)
                        words[n++] = word;
        return wgp_set_words_parse(words, n, request);
}

Test(set_words, all_of_them) {
        WgpSetRequest request = WGP_SET_REQUEST_NULL;
        char buffer[512];

        cr_assert_eq(parse("listen-port 51820 fwmark 0x20 private-key /k peer " KEY " preshared-key /p endpoint h:1 "
                           "persistent-keepalive off",
                                     buffer, &request),
                        0);
        cr_expect(request.has_listen_port && request.listen_port == 51820);
        cr_expect(request.has_fwmark && request.fwmark == 0x20);
        cr_expect_str_eq(request.private_key_file, "/k");
        cr_assert_eq(request.n_peers, 1);
        cr_expect(request.peers[0].has_key);
        cr_expect_str_eq(request.peers[0].endpoint, "h:1");
        cr_expect_str_eq(request.peers[0].preshared_key_file, "/p");
        cr_expect(request.peers[0].has_keepalive && request.peers[0].keepalive == 0);
        cr_expect_not(request.peers[0].has_allowed_ips);
        wgp_set_request_done(&request);
}

Test(set_words, several_peers) {
        WgpSetRequest request = WGP_SET_REQUEST_NULL;
        char buffer[512];

        cr_assert_eq(parse("peer gateway remove peer " KEY " allowed-ips 10.0.0.7/24,+::/0 fwmark off", buffer,
                                     &request),
                        0);
        cr_assert_eq(request.n_peers, 2);
        cr_expect(request.peers[0].remove && !request.peers[0].has_key);
        cr_expect_str_eq(request.peers[0].label, "gateway");
        cr_assert_eq(request.peers[1].n_allowed_ips, 2);
        cr_expect_eq(request.peers[1].allowed_ips[0].prefix.bytes[3], 0);
        cr_expect_eq(request.peers[1].allowed_ips[1].sign, '+');
        cr_expect(request.has_fwmark && request.fwmark == 0);
        wgp_set_request_done(&request);
}

Test(set_words, wrong) {
        static const struct {
                const char *line, *problem;
        } cases[] = {
                { "", "There is nothing to set." },
                { "peer", "A value is missing for peer." },
                { "peer x endpoint", "A value is missing for endpoint." },
                { "peer x keepalive 5", "Not a word of wg(8)'s set: keepalive." },
                { "endpoint x", "Not a word of wg(8)'s set, or a peer's without peer: endpoint." },
                { "listen-port 65536", "listen-port: This is no number up to 65535: 65536." },
                { "peer x persistent-keepalive -1", "persistent-keepalive: This is no number up to 65535: -1." },
                { "peer x allowed-ips 10.0.0.0/33",
                                "allowed-ips: This is no address with a prefix length: 10.0.0.0/33." },
                { "peer x allowed-ips --1", "allowed-ips: This is no address with a prefix length: --1." },
                { "peer x --runtime", "An option goes before the name: --runtime." },
        };

        for (size_t i = 0; i < WGP_ARRAY_SIZE(cases); i++) {
                WgpSetRequest request = WGP_SET_REQUEST_NULL;
                char buffer[512];

                cr_expect_eq(parse(cases[i].line, buffer, &request), -EINVAL, "%s", cases[i].line);
                cr_expect_str_eq(request.problem, cases[i].problem);
                wgp_set_request_done(&request);
        }
}

/* A list as text. */
static void format(const WgpPeerState *peer, char ret[static 512]) {
        *ret = 0;
        for (size_t i = 0; i < peer->n_allowed_ips; i++) {
                char text[WGP_PREFIX_TEXT_SIZE];

                wgp_prefix_format(peer->allowed_ips + i, text);
                strcat(strcat(ret, i > 0 ? " " : ""), text);
        }
}

Test(set_words, allowed_ips) {
        static const struct {
                const char *words, *expected; /* "10.0.0.0/24 10.1.0.0/16" are there */
        } cases[] = {
                { "10.9.0.0/16", "10.9.0.0/16" },
                { "+10.9.0.0/16", "10.0.0.0/24 10.1.0.0/16 10.9.0.0/16" },
                { "-10.1.0.0/16", "10.0.0.0/24" },
                { "+10.0.0.0/24", "10.0.0.0/24 10.1.0.0/16" },
                { "-10.7.0.0/16", "10.0.0.0/24 10.1.0.0/16" },
                { "+10.9.0.0/16,-10.1.0.0/16", "10.0.0.0/24 10.9.0.0/16" },
                { "-10.1.0.0/16,+10.1.0.0/16", "10.0.0.0/24 10.1.0.0/16" },
                { "+10.9.0.0/16,-10.9.0.0/16", "10.0.0.0/24 10.1.0.0/16" },
                { "10.9.0.0/16,+10.8.0.0/16", "10.0.0.0/24 10.1.0.0/16 10.9.0.0/16 10.8.0.0/16" },
                { "10.9.0.0/16,-10.1.0.0/16", "10.0.0.0/24 10.9.0.0/16" },
                { "10.9.0.0/16,10.9.0.0/16", "10.9.0.0/16" },
                { "-10.0.0.0/24,-10.1.0.0/16", "" },
                { ",", "" },
        };

        for (size_t i = 0; i < WGP_ARRAY_SIZE(cases); i++) {
                WgpSetRequest request = WGP_SET_REQUEST_NULL;
                WgpPeerState after = {};
                WgpPrefix present[2];
                bool has_length;
                char line[512], buffer[512], text[512];

                cr_assert(wgp_prefix_parse("10.0.0.0/24", present, &has_length) >= 0 &&
                                wgp_prefix_parse("10.1.0.0/16", present + 1, &has_length) >= 0);
                strcat(strcpy(line, "peer x allowed-ips "), cases[i].words);
                cr_assert_eq(parse(line, buffer, &request), 0, "%s", line);
                cr_expect_eq(wgp_set_allowed_ips(request.peers, present, 2, &after), 0);
                format(&after, text);
                cr_expect_str_eq(text, cases[i].expected, "%s: %s", cases[i].words, text);
                free(after.allowed_ips);
                wgp_set_request_done(&request);
        }
}
