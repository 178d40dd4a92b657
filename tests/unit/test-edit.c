/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Edits of a profile's text: what changes, and that nothing else does. */

#include <criterion/criterion.h>
#include <stdio.h>

#include "model/prefix.h"
#include "model/value.h"
#include "rewrite/edit.h"

#define ALICE "AgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgI="
#define BOB "AwMDAwMDAwMDAwMDAwMDAwMDAwMDAwMDAwMDAwMDAwM="
#define CAROL "BAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQ="
#define SECRET "BQUFBQUFBQUFBQUFBQUFBQUFBQUFBQUFBQUFBQUFBQU="

/* One step. "peer" NULL: the interface; "value" NULL: the key goes. */
typedef struct Step {
        enum {
                END,
                SET,
                LIST, /* the value's items are separated by blanks; "": none */
                ADD_PEER,
                REMOVE_PEER,
        } what;
        const char *peer;
        WgpEditKey key;
        const char *value;
} Step;

static int do_list(WgpEdit *edit, const Step *step, const uint8_t *peer) {
        _cleanup_(freep) char *copy = strdup(step->value);
        char *cursor = copy;
        WgpPrefix items[8];
        size_t n = 0;

        for (char *item; (item = strsep(&cursor, " "));)
                if (*item)
                        cr_assert_geq(wgp_prefix_parse(item, items + n++, NULL), 0);
        return wgp_edit_set_list(edit, step->key, peer, items, n);
}

static int do_step(WgpEdit *edit, const Step *step) {
        uint8_t peer[WGP_KEY_SIZE];

        if (step->peer)
                cr_assert_geq(wgp_key_parse(step->peer, WGP_KEY_CANONICAL, peer), 0);
        switch (step->what) {
        case SET:
                return wgp_edit_set(edit, step->key, step->peer ? peer : NULL, step->value);
        case LIST:
                return do_list(edit, step, step->peer ? peer : NULL);
        case ADD_PEER:
                return wgp_edit_add_peer(edit, peer);
        default:
                return wgp_edit_remove_peer(edit, peer);
        }
}

#define Q WGP_FORMAT_WG_QUICK
#define K WGP_FORMAT_KEYFILE
#define HEAD "[Interface]\nPrivateKey = " SECRET "\n"

static const struct {
        const char *name;
        WgpFormat format;
        const char *before;
        Step steps[4];
        const char *after;
} cases[] = {
        /* --- nothing --- */
        { "no step", Q, "\xef\xbb\xbf# c\n[Interface]\r\n\n\nPrivateKey=x # y", {},
                        "\xef\xbb\xbf# c\n[Interface]\r\n\n\nPrivateKey=x # y" },
        { "an empty text", K, "", {}, "" },
        { "lines that nobody understands", Q, "rubbish\n[x\n=\n[Peer]\nwhat\n", {}, "rubbish\n[x\n=\n[Peer]\nwhat\n" },

        /* --- scalars --- */
        { "in place, with the comment behind it", Q, "[Interface]\nListenPort=1 # why\n# end\n",
                        { { SET, NULL, WGP_EDIT_LISTEN_PORT, "51820" } },
                        "[Interface]\nListenPort=51820 # why\n# end\n" },
        { "any case, and blanks that wg deletes", Q, "[ INTERFACE ]\nlisten PORT   =  5 1 8\n",
                        { { SET, NULL, WGP_EDIT_LISTEN_PORT, "7" } }, "[ INTERFACE ]\nlisten PORT   =  7\n" },
        { "the last one of several", Q, "[Interface]\nMTU = 1\nMTU = 2\n[Interface]\nMTU = 3\n",
                        { { SET, NULL, WGP_EDIT_MTU, "1400" } },
                        "[Interface]\nMTU = 1\nMTU = 2\n[Interface]\nMTU = 1400\n" },
        { "all of several go", Q, "[Interface]\nFwMark = 1\n# a\nFwMark = 2\n[Interface]\nFwMark = 3\n",
                        { { SET, NULL, WGP_EDIT_FWMARK, NULL } }, "[Interface]\n# a\n[Interface]\n" },
        { "a new one behind the last entry, in the file's style", Q, "[Interface]\nPostUp=a # b\n\n# alice\n[Peer]\n",
                        { { SET, NULL, WGP_EDIT_FWMARK, "51820" } },
                        "[Interface]\nPostUp=a # b\nFwMark=51820\n\n# alice\n[Peer]\n" },
        { "a new one in an empty section, without a line end", Q, "[Interface]",
                        { { SET, NULL, WGP_EDIT_MTU, "1400" } }, "[Interface]\nMTU = 1400\n" },
        { "a value that was empty", Q, "[Interface]\nMTU =\nTable =\n", { { SET, NULL, WGP_EDIT_MTU, "1400" } },
                        "[Interface]\nMTU = 1400\nTable =\n" },
        { "without blanks, as it was", Q,
                        "[Interface]\nMTU = 1\n[Peer]\nPublicKey = " ALICE "\nAllowedIPs=10.0.0.0/8\nEndpoint=a:1\n",
                        { { LIST, ALICE, WGP_EDIT_ALLOWED_IPS, "10.0.0.0/8 10.1.0.0/16" },
                                        { SET, ALICE, WGP_EDIT_ENDPOINT, "b:2" } },
                        "[Interface]\nMTU = 1\n[Peer]\nPublicKey = " ALICE
                        "\nAllowedIPs=10.0.0.0/8, 10.1.0.0/16\nEndpoint=b:2\n" },
        { "keyfile, a header that is not read", K, "[wireguard-peer. " ALICE "]\nendpoint=a:1\n",
                        { { SET, ALICE, WGP_EDIT_ENDPOINT, "b:2" } },
                        "[wireguard-peer. " ALICE "]\nendpoint=a:1\n\n[wireguard-peer." ALICE "]\nendpoint=b:2\n" },
        { "CRLF", Q, "[Interface]\r\nMTU = 1\r\n",
                        { { SET, NULL, WGP_EDIT_MTU, "1400" }, { SET, NULL, WGP_EDIT_LISTEN_PORT, "7" } },
                        "[Interface]\r\nMTU = 1400\r\nListenPort = 7\r\n" },
        { "the same name elsewhere is another key", Q, "[WgProfile]\nMTU = 9\n[Interface]\nMTU = 1\n[Peer]\nMTU = 3\n",
                        { { SET, NULL, WGP_EDIT_MTU, "1400" } },
                        "[WgProfile]\nMTU = 9\n[Interface]\nMTU = 1400\n[Peer]\nMTU = 3\n" },
        { "a hook that looks like a key", Q, "[Interface]\nPostUp = echo MTU = 1; [Peer] # MTU = 2\nMTU = 3\n",
                        { { SET, NULL, WGP_EDIT_MTU, "1400" } },
                        "[Interface]\nPostUp = echo MTU = 1; [Peer] # MTU = 2\nMTU = 1400\n" },
        { "keyfile", K, "# c\n[wireguard]\nlisten-port=1\n;x\n",
                        { { SET, NULL, WGP_EDIT_LISTEN_PORT, "7" }, { SET, NULL, WGP_EDIT_FWMARK, "5" },
                                        { SET, NULL, WGP_EDIT_MTU, "1400" } },
                        "# c\n[wireguard]\nlisten-port=7\nfwmark=5\nmtu=1400\n;x\n" },
        { "keyfile, private key", K, "[connection]\nid=x\n[wireguard]\nprivate-key-flags=1\n",
                        { { SET, NULL, WGP_EDIT_PRIVATE_KEY, SECRET } },
                        "[connection]\nid=x\n[wireguard]\nprivate-key=" SECRET "\n" },
        { "keyfile without the section", K, "[connection]\nid=x\n", { { SET, NULL, WGP_EDIT_LISTEN_PORT, "7" } },
                        "[connection]\nid=x\n\n[wireguard]\nlisten-port=7\n" },

        /* --- addresses --- */
        { "some go and some come", Q,
                        "[Interface]\nAddress = 10.5/16, 10.0.0.1/255.255.255.0 fd00::1/64 # both\nAddress = 10.9.0.1/32\n# x\n",
                        { { LIST, NULL, WGP_EDIT_ADDRESSES, "10.0.0.1/24 fd00::1/64 10.8.0.1/24" } },
                        "[Interface]\nAddress = 10.0.0.1/255.255.255.0, fd00::1/64, 10.8.0.1/24 # both\n# x\n" },
        { "the line that stays gets the new ones", Q, "[Interface]\nAddress = 10.9.0.1/32\nAddress = 10.5/16\n",
                        { { LIST, NULL, WGP_EDIT_ADDRESSES, "10.5.0.0/16 ::1/128" } },
                        "[Interface]\nAddress = 10.5/16, ::1/128\n" },
        { "nothing changes", Q, "[Interface]\nAddress = 10.5/16 ,,10.0.0.1\n",
                        { { LIST, NULL, WGP_EDIT_ADDRESSES, "10.0.0.1/32 10.5.0.0/16" } },
                        "[Interface]\nAddress = 10.5/16 ,,10.0.0.1\n" },
        { "another prefix length is another address", Q, "[Interface]\nAddress = 10.0.0.1/24\n",
                        { { LIST, NULL, WGP_EDIT_ADDRESSES, "10.0.0.1/25" } },
                        "[Interface]\nAddress = 10.0.0.1/25\n" },
        { "all go", Q, "[Interface]\nAddress = 10.0.0.1/24\nAddress=\nDNS = 1.1.1.1\n",
                        { { LIST, NULL, WGP_EDIT_ADDRESSES, "" } }, "[Interface]\nDNS = 1.1.1.1\n" },
        { "the first", Q, HEAD, { { LIST, NULL, WGP_EDIT_ADDRESSES, "10.0.0.1/24 fd00::1/64" } },
                        HEAD "Address = 10.0.0.1/24, fd00::1/64\n" },
        { "keyfile", K, "[ipv4]\nmethod=manual\naddress1=10.0.0.1/24,10.0.0.254\n# c\naddress3=10.3.0.1/24\n\n[ipv6]\nmethod=disabled\n",
                        { { LIST, NULL, WGP_EDIT_ADDRESSES, "10.0.0.1/24 fd00::1/64 10.4.0.1/24" } },
                        "[ipv4]\nmethod=manual\naddress1=10.0.0.1/24,10.0.0.254\naddress2=10.4.0.1/24\n# c\n\n[ipv6]\nmethod=manual\naddress1=fd00::1/64\n" },
        { "keyfile, all go", K, "[ipv4]\nmethod=manual\naddresses=10.0.0.1/24\n[ipv6]\nmethod=ignore\n",
                        { { LIST, NULL, WGP_EDIT_ADDRESSES, "" } },
                        "[ipv4]\nmethod=disabled\n[ipv6]\nmethod=ignore\n" },
        { "keyfile, none before", K, "[wireguard]\nmtu=1\n", { { LIST, NULL, WGP_EDIT_ADDRESSES, "10.0.0.1/24" } },
                        "[wireguard]\nmtu=1\n\n[ipv4]\naddress1=10.0.0.1/24\nmethod=manual\n" },

        /* --- peers --- */
        { "a peer's keys", Q,
                        HEAD "\n[Peer] # alice\nPublicKey = " ALICE
                             "\nEndpoint = vpn.example.com:51820 # home\nPersistentKeepalive = 25\n",
                        { { SET, ALICE, WGP_EDIT_ENDPOINT, "[fd00::1]:7" }, { SET, ALICE, WGP_EDIT_KEEPALIVE, NULL },
                                        { SET, ALICE, WGP_EDIT_PRESHARED_KEY, SECRET },
                                        { LIST, ALICE, WGP_EDIT_ALLOWED_IPS, "10.0.0.0/8 ::/0" } },
                        HEAD "\n[Peer] # alice\nPublicKey = " ALICE
                             "\nEndpoint = [fd00::1]:7 # home\nPresharedKey = " SECRET
                             "\nAllowedIPs = 10.0.0.0/8, ::/0\n" },
        { "allowed-ips, item by item", Q,
                        "[Peer]\nAllowedIPs = 10.0.0.1/8,10.1.0.0/16 # lan\nAllowedIPs = 10.2.0.0/16\nPublicKey=" ALICE
                        "\n",
                        { { LIST, ALICE, WGP_EDIT_ALLOWED_IPS, "10.0.0.0/8 10.2.0.0/16 10.3.0.0/16" } },
                        "[Peer]\nAllowedIPs = 10.0.0.1/8 # lan\nAllowedIPs = 10.2.0.0/16, 10.3.0.0/16\nPublicKey=" ALICE
                        "\n" },
        { "allowed-ips with signs", Q, "[Peer]\nPublicKey=" ALICE "\nAllowedIPs = +10.0.0.0/8, -10.1.0.0/16\n",
                        { { LIST, ALICE, WGP_EDIT_ALLOWED_IPS, "10.0.0.0/8" } },
                        "[Peer]\nPublicKey=" ALICE "\nAllowedIPs = 10.0.0.0/8\n" },
        { "no allowed-ips", Q,
                        "[Peer]\nPublicKey = " ALICE "\nAllowedIPs = 10.0.0.0/8\n# x\nAllowedIPs = 10.1.0.0/16\n",
                        { { LIST, ALICE, WGP_EDIT_ALLOWED_IPS, "" } }, "[Peer]\nPublicKey = " ALICE "\n# x\n" },
        { "two sections of one peer", Q,
                        "[Peer]\nPublicKey = " ALICE
                        "\nAllowedIPs = 10.0.0.0/8\nEndpoint = a:1\n[Peer]\nPublicKey = " ALICE
                        "\nAllowedIPs = 10.1.0.0/16\n",
                        { { LIST, ALICE, WGP_EDIT_ALLOWED_IPS, "10.0.0.0/8" },
                                        { SET, ALICE, WGP_EDIT_ENDPOINT, "b:2" } },
                        "[Peer]\nPublicKey = " ALICE
                        "\nAllowedIPs = 10.0.0.0/8\nEndpoint = b:2\n[Peer]\nPublicKey = " ALICE
                        "\nAllowedIPs = 10.0.0.0/8\n" },
        { "a new peer", Q, HEAD,
                        { { ADD_PEER, BOB, 0, NULL }, { ADD_PEER, BOB, 0, NULL },
                                        { LIST, BOB, WGP_EDIT_ALLOWED_IPS, "10.0.0.2/32" } },
                        HEAD "\n[Peer]\nPublicKey = " BOB "\nAllowedIPs = 10.0.0.2/32\n" },
        { "a new peer behind a text without a line end", Q, "[Interface]\nMTU=1",
                        { { SET, BOB, WGP_EDIT_KEEPALIVE, "25" } },
                        "[Interface]\nMTU=1\n\n[Peer]\nPublicKey=" BOB "\nPersistentKeepalive=25\n" },
        { "a peer goes, with the comments about it", Q,
                        HEAD "# our key\n\n# alice\n# from home\n[Peer]\n# hers\nPublicKey = " ALICE
                             "\n# end\n\n# bob\n[Peer]\nPublicKey = " BOB "\n",
                        { { REMOVE_PEER, ALICE, 0, NULL } },
                        HEAD "# our key\n\n# bob\n[Peer]\nPublicKey = " BOB "\n" },
        { "the last peer goes", Q, HEAD "\n[Peer]\nPublicKey = " ALICE "\n\n[Peer]\nPublicKey = " BOB "\n\n",
                        { { REMOVE_PEER, BOB, 0, NULL } }, HEAD "\n[Peer]\nPublicKey = " ALICE "\n\n" },
        { "nobody knows whose the comments are", Q,
                        HEAD "### begin alice\n[Peer]\nPublicKey = " ALICE
                             "\n### end alice\n### begin bob\n[Peer]\nPublicKey = " BOB "\n### end bob\n",
                        { { REMOVE_PEER, ALICE, 0, NULL } },
                        HEAD "### begin alice\n### end alice\n### begin bob\n[Peer]\nPublicKey = " BOB
                             "\n### end bob\n" },
        { "all sections of a peer go", Q,
                        "[Peer]\nPublicKey = " ALICE "\n[Peer]\nPublicKey = " BOB "\n[Peer]\nPublicKey=" ALICE
                        "#x\nEndpoint = a:1\n",
                        { { REMOVE_PEER, ALICE, 0, NULL } }, "[Peer]\nPublicKey = " BOB "\n" },
        { "keyfile", K,
                        "[wireguard-peer." ALICE
                        "]\n# c\nendpoint=a:1\nallowed-ips=10.0.0.0/8;10.1.0.0/16\n\n[ipv4]\nmethod=disabled\n",
                        { { LIST, ALICE, WGP_EDIT_ALLOWED_IPS, "10.1.0.0/16 ::/0" },
                                        { SET, ALICE, WGP_EDIT_PRESHARED_KEY, "@psk" },
                                        { SET, ALICE, WGP_EDIT_ENDPOINT, "b:2" } },
                        "[wireguard-peer." ALICE
                        "]\n# c\nendpoint=b:2\nallowed-ips=10.1.0.0/16;::/0;\npreshared-key=@psk\npreshared-key-flags=0\n\n[ipv4]\nmethod=disabled\n" },
        { "keyfile, only the last allowed-ips count", K,
                        "[wireguard-peer." ALICE "]\nallowed-ips=10.0.0.0/8;\nallowed-ips=10.1.0.0/16;\n",
                        { { LIST, ALICE, WGP_EDIT_ALLOWED_IPS, "10.1.0.0/16 10.0.0.0/8" } },
                        "[wireguard-peer." ALICE "]\nallowed-ips=10.0.0.0/8;\nallowed-ips=10.1.0.0/16;10.0.0.0/8;\n" },
        { "keyfile, no preshared key", K,
                        "[wireguard-peer." ALICE "]\npreshared-key=" SECRET "\npreshared-key-flags=0\nendpoint=a:1\n",
                        { { SET, ALICE, WGP_EDIT_PRESHARED_KEY, NULL } },
                        "[wireguard-peer." ALICE "]\nendpoint=a:1\n" },
        { "keyfile, a peer comes and one goes", K,
                        "[wireguard-peer." ALICE "]\nendpoint=a:1\n\n[ipv4]\nmethod=disabled\n",
                        { { SET, CAROL, WGP_EDIT_KEEPALIVE, "25" }, { REMOVE_PEER, ALICE, 0, NULL } },
                        "\n[ipv4]\nmethod=disabled\n\n[wireguard-peer." CAROL "]\npersistent-keepalive=25\n" },
};

Test(edit, steps) {
        for (size_t i = 0; i < WGP_ARRAY_SIZE(cases); i++) {
                _cleanup_(wgp_edit_freep) WgpEdit *edit = NULL;
                _cleanup_(freep) char *text = NULL;
                size_t size = 0;

                cr_assert_eq(wgp_edit_new(cases[i].format, cases[i].before, strlen(cases[i].before), &edit), 0);
                for (size_t k = 0; k < WGP_ARRAY_SIZE(cases[i].steps) && cases[i].steps[k].what != END; k++)
                        cr_expect_eq(do_step(edit, cases[i].steps + k), 0, "case '%s', step %zu", cases[i].name, k);
                cr_assert_eq(wgp_edit_format(edit, &text, &size), 0);
                cr_expect_str_eq(text, cases[i].after, "case '%s'", cases[i].name);
                cr_expect_eq(size, strlen(text));
        }
}

Test(edit, refused) {
        static const char text[] = "[Interface]\nMTU = 1\n";
        static const char *const values[] = { "", "1\n[Peer]", "1\r", "1 # x" };
        uint8_t key[WGP_KEY_SIZE];
        _cleanup_(wgp_edit_freep) WgpEdit *edit = NULL;
        _cleanup_(freep) char *after = NULL;
        size_t size;

        cr_assert_eq(wgp_edit_new(WGP_FORMAT_WG_QUICK, text, strlen(text), &edit), 0);
        for (size_t i = 0; i < WGP_ARRAY_SIZE(values); i++)
                cr_expect_eq(wgp_edit_set(edit, WGP_EDIT_MTU, NULL, values[i]), -EINVAL, "value %zu", i);
        cr_assert_geq(wgp_key_parse(ALICE, WGP_KEY_CANONICAL, key), 0);
        cr_expect_eq(wgp_edit_remove_peer(edit, key), -ENOENT);
        cr_assert_eq(wgp_edit_format(edit, &after, &size), 0);
        cr_expect_str_eq(after, text);
}

/* wg-quick(8) reads a line in quadratic time: one that is full is followed by others. */
Test(edit, allowed_ips_in_lines_of_fifty) {
        static const struct {
                size_t n_before, n_after, lines[4];
        } lines_cases[] = {
                { 0, 50, { 50 } },
                { 0, 51, { 50, 1 } },
                { 0, 120, { 50, 50, 20 } },
                { 30, 60, { 50, 10 } },
                { 50, 51, { 50, 1 } },
                { 60, 61, { 60, 1 } },
                { 60, 30, { 30 } },
                { 60, 60, { 60 } },
        };
        uint8_t peer[WGP_KEY_SIZE];

        cr_assert_geq(wgp_key_parse(ALICE, WGP_KEY_CANONICAL, peer), 0);
        for (size_t i = 0; i < WGP_ARRAY_SIZE(lines_cases); i++) {
                WgpPrefix items[128];
                char before[4096] = HEAD "[Peer]\nPublicKey = " ALICE "\n", *after;
                size_t n_lines = 0, size;
                WgpEdit *edit;

                for (size_t k = 0; k < WGP_ARRAY_SIZE(items); k++) {
                        char text[32];

                        snprintf(text, sizeof(text), "10.0.%zu.0/24", k);
                        cr_assert_geq(wgp_prefix_parse(text, items + k, NULL), 0);
                        if (k < lines_cases[i].n_before)
                                strcat(strcat(before, k == 0 ? "AllowedIPs = " : ", "), text);
                }
                cr_assert_eq(wgp_edit_new(Q, before, strlen(before), &edit), 0);
                cr_assert_eq(wgp_edit_set_list(edit, WGP_EDIT_ALLOWED_IPS, peer, items, lines_cases[i].n_after), 0);
                cr_assert_eq(wgp_edit_format(edit, &after, &size), 0);
                for (char *line, *cursor = after; (line = strsep(&cursor, "\n"));) {
                        size_t n = 1;

                        if (strncmp(line, "AllowedIPs = ", 13) != 0)
                                continue;
                        for (const char *s = line; *s; s++)
                                n += *s == ',';
                        cr_assert_lt(n_lines, WGP_ARRAY_SIZE(lines_cases[i].lines));
                        cr_expect_eq(n, lines_cases[i].lines[n_lines], "case %zu: line %zu has %zu items", i, n_lines,
                                        n);
                        n_lines++;
                }
                cr_expect(n_lines == WGP_ARRAY_SIZE(lines_cases[i].lines) || lines_cases[i].lines[n_lines] == 0,
                                "case %zu: %zu lines", i, n_lines);
                free(after);
                wgp_edit_free(edit);
        }
}
