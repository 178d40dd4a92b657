/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The judgement of a whole profile: each row says which lines it finds fault with, and a word of each message. */

#include <criterion/criterion.h>

#include "model/value.h"
#include "parse/parse.h"
#include "support/profile-text.h"

#define K1 "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8="
#define K2 "ICEiIyQlJicoKSorLC0uLzAxMjM0NTY3ODk6Ozw9Pj8="
#define K3 "QEFCQ0RFRkdISUpLTE1OT1BRUlNUVVZXWFlaW1xdXl8="
#define K3 "QEFCQ0RFRkdISUpLTE1OT1BRUlNUVVZXWFlaW1xdXl8="
#define PEER(key) "[Peer]\nPublicKey = " key "\n"
/* five lines */
#define KEYFILE "[connection]\nid=t\nuuid=63376701-b61e-4318-bf7e-664a1c1eeaab\ntype=wireguard\ninterface-name=wg0\n"

Test(verify, wg_quick) {
        static const struct {
                const char *name, *in, *places, *text;
        } cases[] = {
                { "nothing wrong", "[Interface]\nAddress = 10.0.0.1/24\n" PEER(K1) "AllowedIPs = 10.0.0.0/24\n", "",
                                "" },
                { "same allowed-ip", PEER(K1) "AllowedIPs = 10.0.0.0/8\n" PEER(K2) "AllowedIPs = 10.0.0.0/8\n", "W3",
                                "another peer at line 6" },
                { "three times, the last has it",
                                PEER(K1) "AllowedIPs = 10.0.0.0/8\n" PEER(K2) "AllowedIPs = 10.0.0.0/8\n" PEER(
                                                K3) "AllowedIPs = 10.0.0.0/8\n",
                                "W3 W6", "another peer at line 9" },
                { "two peers in turn, the last line has it",
                                PEER(K1) "AllowedIPs = 10.0.0.0/8\n" PEER(K2) "AllowedIPs = 10.0.0.0/8\n" PEER(
                                                K1) "AllowedIPs = 10.0.0.0/8\n",
                                "W7 W6", "another peer at line 9" },
                { "the same one twice in one peer", PEER(K1) "AllowedIPs = 10.0.0.0/8, 10.0.0.0/8\n", "", "" },
                { "same after masking", PEER(K1) "AllowedIPs = 10.0.0.1/8\n" PEER(K2) "AllowedIPs = 10.0.0.0/8\n",
                                "W3 W3", "host bits" },
                { "same address, other length",
                                PEER(K1) "AllowedIPs = 10.0.0.0/8\n" PEER(K2) "AllowedIPs = 10.0.0.0/9\n", "", "" },
                { "taken away is not stated",
                                PEER(K1) "AllowedIPs = 10.0.0.0/8\n" PEER(K2) "AllowedIPs = -10.0.0.0/8\n", "", "" },
                { "same peer", PEER(K1) PEER(K1), "W3", "Same peer as at line 1" },
                { "endpoint in own allowed-ips", PEER(K1) "AllowedIPs = 192.0.2.0/24\nEndpoint = 192.0.2.1:5\n", "W4",
                                "inside 192.0.2.0/24 of the same peer, line 3" },
                { "endpoint beside", PEER(K1) "AllowedIPs = 192.0.2.0/24\nEndpoint = 192.0.3.1:5\n", "", "" },
                { "endpoint in own allowed-ips, full tunnel",
                                PEER(K1) "AllowedIPs = 0.0.0.0/0, ::/0, 192.0.2.0/24\nEndpoint = 192.0.2.1:5\n", "",
                                "" },
                { "endpoint in own allowed-ips, full tunnel of the other family",
                                PEER(K1) "AllowedIPs = ::/0, 192.0.2.0/24\nEndpoint = 192.0.2.1:5\n", "W4", "inside" },
                { "endpoint in own allowed-ips, no routes",
                                "[Interface]\nTable = off\n" PEER(
                                                K1) "AllowedIPs = 192.0.2.0/24\nEndpoint = 192.0.2.1:5\n",
                                "", "" },
                { "endpoint in own allowed-ips, other table",
                                "[Interface]\nTable = 5\n" PEER(
                                                K1) "AllowedIPs = 192.0.2.0/24\nEndpoint = 192.0.2.1:5\n",
                                "", "" },
                { "only IPv4", PEER(K1) "AllowedIPs = 0.0.0.0/0\n", "W1", "IPv6 stays outside" },
                { "only IPv6", PEER(K1) "AllowedIPs = ::/0\n", "", "" },
                { "both, in two peers", PEER(K1) "AllowedIPs = 0.0.0.0/0\n" PEER(K2) "AllowedIPs = ::/0\n", "", "" },
                { "by default, in the main table",
                                "[Interface]\nTable = 254\n" PEER(K1) "AllowedIPs = 10.0.0.0/8, 0.0.0.0/0\n", "E3",
                                "into the tunnel: leave the table to be chosen automatically" },
                { "by default, in the main table, IPv6",
                                "[Interface]\nTable = main\n" PEER(K1) "AllowedIPs = 10.0.0.0/8\n" PEER(
                                                K2) "AllowedIPs = ::/0\n",
                                "E6", "main routing table" },
                { "by default, in the main table with a VRF",
                                "[Interface]\nTable = main\n" PEER(
                                                K1) "AllowedIPs = 0.0.0.0/0\n[WgProfile]\nVrf = blue\n",
                                "E3", "main routing table" },
                { "by default, in the main table of a network namespace",
                                "[Interface]\nTable = main\n" PEER(
                                                K1) "AllowedIPs = 0.0.0.0/0\n[WgProfile]\nNetns = vpn\n",
                                "", "" },
                { "by default, in another table", "[Interface]\nTable = 5\n" PEER(K1) "AllowedIPs = 0.0.0.0/0, ::/0\n",
                                "", "" },
                { "taken away again", PEER(K1) "AllowedIPs = -0.0.0.0/0\n", "", "" },
                { "an endpoint in the network of the tunnel's own address",
                                "[Interface]\nAddress = 10.0.0.2/24\n" PEER(
                                                K1) "Endpoint = 10.0.0.1:1\nAllowedIPs = 10.0.0.0/24\n",
                                "W5",
                                "lies inside 10.0.0.0/24, the network of the tunnel's own address 10.0.0.2/24. Where the host has no better route, "
                                "its packets go into the tunnel that they carry, and the tunnel is refused" },
                { "the same with hooks",
                                "[Interface]\nAddress = 10.0.0.2/24\nPostUp = ip route add 10.0.0.1 dev eth0\n" PEER(
                                                K1) "Endpoint = 10.0.0.1:1\n",
                                "W6", "unless a hook or a rule leads them elsewhere" },
                { "the same with a mark",
                                "[Interface]\nAddress = fd00::2/64\nFwMark = 1\n" PEER(K1) "Endpoint = [fd00::1]:1\n",
                                "W6", "unless a hook or a rule leads them elsewhere" },
                { "an address of one host has no network",
                                "[Interface]\nAddress = 10.0.0.2, fd00::2\n" PEER(K1) "Endpoint = 10.0.0.1:1\n", "",
                                "" },
                { "a network apart",
                                "[Interface]\nAddress = 10.0.0.2/24\n" PEER(
                                                K1) "Endpoint = 10.0.0.1:1\n[WgProfile]\nNetns = vpn\n",
                                "", "" },
                { "one IPv6 address with two lengths",
                                "[Interface]\nAddress = fd00::1/64, fd00::1/64\nAddress = fd00::1/128\n", "W3",
                                "Not used: a link has an IPv6 address once, and fd00::1/64 at line 2 is the same one." },
                { "one IPv4 address with two lengths", "[Interface]\nAddress = 10.0.0.1/24\nAddress = 10.0.0.1/32\n",
                                "", "" },
                { "host bits", PEER(K1) "AllowedIPs = 10.1.2.3/16\n", "W3",
                                "10.1.2.3/16 has host bits set: read as 10.1.0.0/16" },
                { "MTU too small for IPv6", "[Interface]\nMTU = 1279\nAddress = fd00::1/64\n", "E2", "1280" },
                { "MTU just right for IPv6", "[Interface]\nMTU = 1280\nAddress = fd00::1/64\n", "", "" },
                { "MTU small without IPv6", "[Interface]\nMTU = 576\nAddress = 10.0.0.1/8\n", "", "" },
                { "key file and key", "[Interface]\nPrivateKey = " K1 "\n[WgProfile]\nPrivateKeyFile = /k\n", "W2",
                                "Not used" },
        };

        for (size_t i = 0; i < WGP_ARRAY_SIZE(cases); i++) {
                Reading r = read_one(WGP_FORMAT_WG_QUICK, cases[i].in);

                cr_expect_str_eq(r.places, cases[i].places, "case '%s' gave '%s':\n%s", cases[i].name, r.places,
                                r.problems);
                cr_expect(strstr(r.problems, cases[i].text), "case '%s' gave:\n%s", cases[i].name, r.problems);
                reading_done(&r);
        }
}

Test(verify, keyfile) {
        static const struct {
                const char *name, *in, *places, *text;
        } cases[] = {
                { "default route and no routes",
                                KEYFILE "[wireguard]\npeer-routes=false\n[wireguard-peer." K1
                                        "]\nallowed-ips=0.0.0.0/0;::/0\n",
                                "W7", "nothing is sent to it by default" },
                { "only IPv4", KEYFILE "[wireguard-peer." K1 "]\nallowed-ips=0.0.0.0/0\n", "W6",
                                "IPv6 stays outside" },
                { "only IPv4, and that without rules",
                                KEYFILE "[wireguard]\nip4-auto-default-route=0\n[wireguard-peer." K1
                                        "]\nallowed-ips=0.0.0.0/0\n",
                                "E8", "main routing table" },
                { "without rules, in another table",
                                KEYFILE "[wireguard]\nip4-auto-default-route=0\n[wireguard-peer." K1
                                        "]\nallowed-ips=0.0.0.0/0\n"
                                        "[ipv4]\nmethod=manual\naddress1=10.0.0.1/8\nroute-table=7\n",
                                "", "" },
                { "without rules and routes",
                                KEYFILE "[wireguard]\nip4-auto-default-route=0\npeer-routes=false\n"
                                        "[wireguard-peer." K1 "]\nallowed-ips=0.0.0.0/0\n",
                                "W8", "no routes are made" },
                { "by default, in the main table with a VRF",
                                KEYFILE "port-type=vrf\ncontroller=blue\n[wireguard-peer." K1
                                        "]\nallowed-ips=0.0.0.0/0\n"
                                        "[ipv4]\nmethod=manual\naddress1=10.0.0.1/8\nroute-table=254\n",
                                "E8", "main routing table" },
                { "only IPv4, never by default",
                                KEYFILE "[ipv4]\nmethod=disabled\nnever-default=true\n[wireguard-peer." K1
                                        "]\nallowed-ips=0.0.0.0/0\n",
                                "", "" },
                { "no method", KEYFILE "[ipv6]\ndns-priority=5\n", "E0", "[ipv6] method: This key is missing." },
                { "no name of the link", "[connection]\nid=x\n", "E0",
                                "[connection] interface-name: This key is missing." },
                { "no name of the link, once", "[connection]\ninterface-name=a/b\n", "E2",
                                "'a/b' is not a valid link name: expected 1 to 15 bytes" },
                { "an endpoint in the network of the tunnel's own address, which is in a table of its own",
                                KEYFILE
                                "[wireguard-peer." K1
                                "]\nendpoint=10.0.0.1:1\n[ipv4]\nmethod=manual\naddress1=10.0.0.2/24\nroute-table=7\n",
                                "", "" },
                { "an endpoint in the network of the tunnel's own address",
                                KEYFILE "[wireguard-peer." K1
                                        "]\nendpoint=10.0.0.1:1\n[ipv4]\nmethod=manual\naddress1=10.0.0.2/24\n",
                                "W7", "10.0.0.2/24" },
                { "bridge", KEYFILE "port-type=bridge\n", "E6", "vrf" },
                { "a VRF by UUID", KEYFILE "port-type=vrf\ncontroller=63376701-b61e-4318-bf7e-664a1c1eeaab\n", "E7",
                                "[connection] controller: '63376701-b61e-4318-bf7e-664a1c1eeaab' is not a valid link name" },
                { "a kill switch in a network namespace", KEYFILE "[WgProfile]\nKillSwitch=yes\nNetns=vpn\n", "E8",
                                "Netns= and KillSwitch= do not go together" },
                { "only IPv4, in a VRF",
                                KEYFILE "port-type=vrf\ncontroller=blue\n[wireguard-peer." K1
                                        "]\nallowed-ips=0.0.0.0/0\n",
                                "", "" },
                { "an endpoint inside an allowed-ip, in a VRF",
                                KEYFILE "[wireguard-peer." K1
                                        "]\nendpoint=10.0.0.1:1\nallowed-ips=10.0.0.0/8\n[WgProfile]\nVrf=blue\n",
                                "", "" },
                { "an endpoint inside an allowed-ip, in a network namespace",
                                KEYFILE "[wireguard-peer." K1
                                        "]\nendpoint=10.0.0.1:1\nallowed-ips=10.0.0.0/8\n[WgProfile]\nNetns=vpn\n",
                                "", "" },
        };

        for (size_t i = 0; i < WGP_ARRAY_SIZE(cases); i++) {
                Reading r = read_one(WGP_FORMAT_KEYFILE, cases[i].in);

                cr_expect_str_eq(r.places, cases[i].places, "case '%s' gave '%s':\n%s", cases[i].name, r.places,
                                r.problems);
                cr_expect(strstr(r.problems, cases[i].text), "case '%s' gave:\n%s", cases[i].name, r.problems);
                reading_done(&r);
        }
}

Test(verify, names) {
        static const struct {
                const char *name;
                WgpFormat format;
                const char *places, *text;
        } cases[] = {
                { "wg0", WGP_FORMAT_WG_QUICK, "", "" },
                { "fifteen-bytes-x", WGP_FORMAT_WG_QUICK, "", "" },
                { "sixteen-bytes-xx", WGP_FORMAT_WG_QUICK, "E0", "15 bytes" },
                { "all", WGP_FORMAT_WG_QUICK, "E0", "is not a valid link name" },
                { "a b", WGP_FORMAT_WG_QUICK, "E0", "is not a valid link name" },
                { "office.target", WGP_FORMAT_WG_QUICK, "W0", "wg-profile@office.target.service" },
                { "office.service", WGP_FORMAT_KEYFILE, "W0", "wg-profile@office.service.service" },
                { "office.conf", WGP_FORMAT_WG_QUICK, "", "" },
                { "a-name-longer-than-any-link", WGP_FORMAT_KEYFILE, "", "" },
        };

        for (size_t i = 0; i < WGP_ARRAY_SIZE(cases); i++) {
                const char *text = cases[i].format == WGP_FORMAT_KEYFILE ? KEYFILE : "[Interface]\n";
                Reading r = read_profile(cases[i].name, cases[i].format, &text, 1);

                cr_expect_str_eq(r.places, cases[i].places, "case '%s' gave '%s':\n%s", cases[i].name, r.places,
                                r.problems);
                cr_expect(strstr(r.problems, cases[i].text), "case '%s' gave:\n%s", cases[i].name, r.problems);
                reading_done(&r);
        }
}

/* For the test, each byte of a public key is the private one's plus 32: K2 belongs to K1. */
static int public_key(const uint8_t private_key[WGP_KEY_SIZE], uint8_t ret[WGP_KEY_SIZE]) {
        for (unsigned i = 0; i < WGP_KEY_SIZE; i++)
                ret[i] = (uint8_t) (private_key[i] + 32);
        return 0;
}

Test(verify, own_key) {
        static const struct {
                const char *in;
                size_t n_warnings;
        } cases[] = {
                { "[Interface]\nPrivateKey = " K1 "\n" PEER(K2), 1 },
                { "[Interface]\nPrivateKey = " K1 "\n" PEER(K1) PEER(K2), 1 },
                { "[Interface]\nPrivateKey = " K1 "\n" PEER(K1), 0 },
                { "[Interface]\nPrivateKey = @c\n" PEER(K2), 0 },
                { PEER(K2), 0 },
                /* it claims nothing, and takes nothing from another one */
                { "[Interface]\nPrivateKey = " K1
                  "\nAddress = 10.0.0.2/24\n" PEER(K3) "AllowedIPs = 10.1.0.0/16\n" PEER(
                                  K2) "AllowedIPs = 10.1.0.0/16, 0.0.0.0/0\nEndpoint = 10.0.0.1:1\n",
                                1 },
        };
        static const WgpLookup lookup = { .public_key = public_key };

        for (size_t i = 0; i < WGP_ARRAY_SIZE(cases); i++) {
                WgpDiagnostics d = WGP_DIAGNOSTICS_NULL;
                char data[512];
                WgpProfile *p;

                strcpy(data, cases[i].in);
                cr_assert_eq(wgp_profile_new("wg0", WGP_FORMAT_WG_QUICK, &p), 0);
                cr_assert_eq(wgp_profile_parse(p, "f", data, strlen(data), &lookup, &d), 0);
                cr_assert_eq(wgp_profile_verify(p, &lookup, &d), 0);
                cr_expect_eq(d.n_warnings, cases[i].n_warnings, "'%s'", cases[i].in);
                cr_expect_eq(d.n_errors, 0, "'%s'", cases[i].in);
                wgp_diagnostics_done(&d);
                wgp_profile_free(p);
        }
}
