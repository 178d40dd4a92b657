/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* desired/nft-text.c: the table's text, and the digest by which it is known again. */

#include "desired/nft-text.h"

#include <criterion/criterion.h>

static const WgpAddress addresses[] = {
        { .prefix = { .family = AF_INET, .length = 24, .bytes = { 10, 0, 0, 1 } } },
        { .prefix = { .family = AF_INET6, .length = 64, .bytes = { 0xfd, [15] = 1 } } },
};

Test(nft_text, table_name) {
        static const struct {
                const char *ifname, *name;
        } rows[] = {
                { "wg0", "wg-profile-wg0" },
                { "a.b-C9", "wg-profile-a.b-C9" },
                { "a_b=c+d", "wg-profile-a_5Fb_3Dc_2Bd" },
                { "\xc3\xa9", "wg-profile-_C3_A9" },
                { "\"\"\"\"\"\"\"\"\"\"\"\"\"\"\"", "wg-profile-_22_22_22_22_22_22_22_22_22_22_22_22_22_22_22" },
        };

        for (size_t i = 0; i < WGP_ARRAY_SIZE(rows); i++) {
                char name[WGP_NFT_TABLE_SIZE];

                wgp_nft_table_name(rows[i].ifname, name);
                cr_expect_str_eq(name, rows[i].name);
        }
}

#define CHAIN(name, rules)                                                         \
        "table inet " name "\ndelete table inet " name "\ntable inet " name " {\n" \
        "\tchain prerouting {\n\t\ttype filter hook prerouting priority -301; policy accept;\n" rules "\t}\n}\n"
#define FORGED_4 \
        " ip daddr 10.0.0.1 fib saddr type != local drop comment \"forged: to 10.0.0.1, not through the tunnel\"\n"
#define FORGED_6 \
        " ip6 daddr fd00::1 fib saddr type != local drop comment \"forged: to fd00::1, not through the tunnel\"\n"

static const struct {
        const char *name;
        WgpNftInput input;
        const char *text;
} cases[] = {
        {
                        "both families",
                        { "wg0", 5, addresses, 2, 51820, 0xca6c },
                        CHAIN("wg-profile-wg0", "\t\tiifname != \"wg0\"" FORGED_4 "\t\tiifname != \"wg0\"" FORGED_6
                                                "\t\tudp dport 51820 fib daddr type local meta mark set 0x0000ca6c"
                                                " comment \"the tunnel's own packets: port 51820, mark 0xca6c\"\n"),
        },
        {
                        "questions to name servers",
                        { "wg0", 5, NULL, 0, 51820, 0xca6c, .answers = true },
                        CHAIN("wg-profile-wg0", "\t\tudp dport 51820 fib daddr type local meta mark set 0x0000ca6c"
                                                " comment \"the tunnel's own packets: port 51820, mark 0xca6c\"\n"
                                                "\t\tudp sport 53 socket mark 0x0000ca6c meta mark set 0x0000ca6c"
                                                " comment \"answers of name servers past the tunnel: mark 0xca6c\"\n"),
        },
        {
                        "the same, and no port yet",
                        { "wg0", 5, NULL, 0, 0, 0xca6c, .answers = true },
                        CHAIN("wg-profile-wg0", "\t\tudp sport 53 socket mark 0x0000ca6c meta mark set 0x0000ca6c"
                                                " comment \"answers of name servers past the tunnel: mark 0xca6c\"\n"),
        },
        { "no port yet", { "wg0", 5, addresses, 1, 0, 0xca6c },
                        CHAIN("wg-profile-wg0", "\t\tiifname != \"wg0\"" FORGED_4) },
        {
                        "no address",
                        { "wg0", 5, NULL, 0, 1, UINT32_MAX },
                        CHAIN("wg-profile-wg0", "\t\tudp dport 1 fib daddr type local meta mark set 0xffffffff"
                                                " comment \"the tunnel's own packets: port 1, mark 0xffffffff\"\n"),
        },
        { "a name that nft cannot quote", { "a\"*", 5, addresses, 1 },
                        CHAIN("wg-profile-a_22_2A", "\t\tiif != 5" FORGED_4) },
        { "nothing", { "wg0" }, CHAIN("wg-profile-wg0", "") },
};

Test(nft_text, up) {
        for (size_t i = 0; i < WGP_ARRAY_SIZE(cases); i++) {
                char *text;

                cr_assert(wgp_nft_format_up(&cases[i].input, &text) == 0);
                cr_expect_str_eq(text, cases[i].text, "case '%s':\n%s", cases[i].name, text);
                free(text);
        }
}

Test(nft_text, down) {
        char *text;

        cr_assert(wgp_nft_format_down("wg0", &text) == 0);
        cr_expect_str_eq(text, "table inet wg-profile-wg0\ndelete table inet wg-profile-wg0\n");
        free(text);
}

/* Each thing that the rules depend on makes another digest; what they do not depend on does not. */
Test(nft_text, digest) {
        const WgpNftInput base = { "wg0", 5, addresses, 2, 51820, 0xca6c };
        WgpNftInput others[] = {
                { "wg0", 5, addresses, 1, 51820, 0xca6c },
                { "wg0", 5, addresses + 1, 1, 51820, 0xca6c },
                { "wg0", 5, addresses, 2, 51821, 0xca6c },
                { "wg0", 5, addresses, 2, 51820, 0xca6d },
                { "wg0", 5, addresses, 2, 0, 0xca6c },
                { "wg0", 5, addresses, 2, 51820, 0xca6c, .answers = true },
                { "wg0", 5, NULL, 0, 0, 0 },
        };
        uint64_t digests[WGP_ARRAY_SIZE(others) + 1] = { wgp_nft_digest(&base) };

        for (size_t i = 0; i < WGP_ARRAY_SIZE(others); i++) {
                digests[i + 1] = wgp_nft_digest(others + i);
                for (size_t j = 0; j <= i; j++)
                        cr_expect_neq(digests[j], digests[i + 1], "%zu and %zu", j, i + 1);
        }
        cr_expect_eq(digests[WGP_ARRAY_SIZE(others)], WGP_NFT_DIGEST_EMPTY);
        cr_expect_eq(wgp_nft_digest(&(WgpNftInput) { "other", 6, addresses, 2, 51820, 0xca6c }), digests[0]);
        cr_expect_neq(wgp_nft_digest_add(WGP_NFT_DIGEST_EMPTY, ""), WGP_NFT_DIGEST_EMPTY,
                        "a rule without a comment counts");
}
