/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Names of peers, in keys and comments of both formats. */

#include <criterion/criterion.h>

#include "cli/peer-names.h"
#include "model/value.h"

#define KEY "xTIBA5rboUvnH4htodjb6e697QjLERt1NAB4mZqp8Dg="
#define OTHER "TrMvSoP4jYQlY6RIzBgbssQqY3vxI2Pi+y71lOWWXX0="

Test(peer_names, both_formats) {
        static const struct {
                const char *text, *expected;
        } cases[] = {
                { "[Peer]\n# Name = gateway\nPublicKey = " KEY "\n", "gateway" },
                { "[Peer]\nPublicKey=" KEY "\n#friendly_name=the other one  \r\n", "the other one" },
                { "[peer]\npublickey = " KEY " # x\n## name: gateway", "gateway" },
                { "[wireguard-peer." KEY "]\n# Name = gateway\n", "gateway" },
                { "[Peer]\n# Name = first\n# Name = second\nPublicKey = " KEY "\n", "second" },
                { "# Name = before\n[Peer]\nPublicKey = " KEY "\n", "before" },
                { "# Name = before\n\n[Peer]\nPublicKey = " KEY "\n", NULL },
                { "[Interface]\n# Name = me\n[Peer]\nPublicKey = " KEY "\n", NULL },
                { "[Peer]\n# Name = one\n[Peer]\nPublicKey = " KEY "\n", NULL },
                { "[Peer]\n# Name =\nPublicKey = " KEY "\n", NULL },
                { "[Peer]\n# Names are for others\nPublicKey = " KEY "\n", "Names are for others" },
                { "[Peer]\nPublicKey = " KEY "\n# not right below the header\n", NULL },
                /* plain comments, as Algo has them, and as people have */
                { "[Peer]\n# phone\nPublicKey = " KEY "\n", "phone" },
                { "# Anna's phone\n[Peer]\nPublicKey = " KEY "\n", "Anna's phone" },
                { "# above\n[Peer]\n# below\nPublicKey = " KEY "\n", "below" },
                { "# above\n[Peer]\n# below\nPublicKey = " KEY "\n# Name = said\n", "said" },
                { "# above\n[wireguard-peer." KEY "]\nendpoint=a:1\n", "above" },
                { "[Peer]\nPublicKey = " OTHER "\n# two\n[Peer]\nPublicKey = " KEY "\n", "two" },
                { "# one\n# two\n[Peer]\nPublicKey = " KEY "\n", "two" },
                { "# für Jürgen\n[Peer]\nPublicKey = " KEY "\n", "für Jürgen" },
                /* what generators write */
                { "### Client alice\n[Peer]\nPublicKey = " KEY "\n", "alice" },
                { "# BEGIN_PEER alice\n[Peer]\nPublicKey = " KEY "\n# END_PEER alice\n", "alice" },
                { "# BEGIN_PEER bob\n[Peer]\nPublicKey = " OTHER
                  "\n# END_PEER bob\n# BEGIN_PEER alice\n[Peer]\nPublicKey = " KEY "\n# END_PEER alice\n",
                                "alice" },
                { "# BEGIN_PEER bob\n[Peer]\nPublicKey = " OTHER "\n# END_PEER bob\n[Peer]\nPublicKey = " KEY "\n",
                                NULL },
                { "### begin alice ###\n[Peer]\nPublicKey = " KEY "\n### end alice ###\n", "alice" },
                { "# Client: alice (63376701-b61e-4318-bf7e-664a1c1eeaab)\n[Peer]\nPublicKey = " KEY "\n", "alice" },
                { "# Client: alice (home)\n[Peer]\nPublicKey = " KEY "\n", "alice (home)" },
                /* ours */
                { "# above\n[Peer]\n# Name = said\nPublicKey = " KEY "\nName = ours # and why\n", "ours" },
                { "[wireguard-peer." KEY "]\nName=ours\n", "ours" },
                { "[Interface]\nName = x\n[Peer]\nPublicKey = " KEY "\n", NULL },
                /* no names */
                { "# ------\n[Peer]\nPublicKey = " KEY "\n", NULL },
                { "[Peer]\n# Endpoint = a:1\nPublicKey = " KEY "\n", NULL },
                { "[Peer]\n# PrivateKey = " OTHER "\nPublicKey = " KEY "\n", NULL },
                { "[Peer]\n# " OTHER "\nPublicKey = " KEY "\n", NULL },
                { "# Name = " OTHER "\n[Peer]\nPublicKey = " KEY "\n", NULL },
                { "[Peer]\n# a comment that goes on and on, longer than a name would be in any table\nPublicKey = " KEY
                  "\n",
                                NULL },
                { "[Peer]\n# Name = one\nPublicKey = nonsense\n", NULL },
                { "[Peer]\n# Name = one\nPublicKey = " OTHER "\n[Peer]\n# Name = two\nPublicKey = " KEY "\n", "two" },
                { "", NULL },
                { "[", NULL },
        };
        uint8_t key[WGP_KEY_SIZE];

        cr_assert_eq(wgp_key_parse(KEY, WGP_KEY_CANONICAL, key), 0);
        for (size_t i = 0; i < WGP_ARRAY_SIZE(cases); i++) {
                WgpPeerNames names = WGP_PEER_NAMES_NULL;
                const char *found;

                cr_expect_eq(wgp_peer_names_read(cases[i].text, strlen(cases[i].text), &names), 0);
                found = wgp_peer_names_find(&names, key);
                cr_expect(streq_ptr(found, cases[i].expected), "%s: %s", cases[i].text, found ?: "none");
                wgp_peer_names_done(&names);
        }
}

Test(peer_names, a_drop_in_counts_more) {
        static const char base[] = "[Peer]\n# Name = old\nPublicKey = " KEY "\n";
        static const char drop_in[] = "[Peer]\n# Name = new\nPublicKey = " KEY "\n";
        WgpPeerNames names = WGP_PEER_NAMES_NULL;
        uint8_t key[WGP_KEY_SIZE];

        cr_assert_eq(wgp_key_parse(KEY, WGP_KEY_CANONICAL, key), 0);
        cr_expect_eq(wgp_peer_names_read(base, strlen(base), &names), 0);
        cr_expect_eq(wgp_peer_names_read(drop_in, sizeof(drop_in), &names), 0); /* with its NUL */
        cr_expect_str_eq(wgp_peer_names_find(&names, key), "new");
        wgp_peer_names_done(&names);
}
