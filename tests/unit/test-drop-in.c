/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Drop-ins: scalars override, lists append, an empty value resets, a peer with the same key merges. */

#include <criterion/criterion.h>

#include "support/profile-text.h"

#define K1 "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8="
#define K2 "ICEiIyQlJicoKSorLC0uLzAxMjM0NTY3ODk6Ozw9Pj8="
#define SIXTEEN                                                                                                           \
        "  alternate name b port 1\n  alternate name b port 2\n  alternate name b port 3\n  alternate name b port 4\n"    \
        "  alternate name b port 5\n  alternate name b port 6\n  alternate name b port 7\n  alternate name b port 8\n"    \
        "  alternate name b port 9\n  alternate name b port 10\n  alternate name b port 11\n  alternate name b port 12\n" \
        "  alternate name b port 13\n  alternate name b port 14\n  alternate name b port 15\n  alternate name b port 16\n"
#define KEYFILE "[connection]\nid=t\nuuid=63376701-b61e-4318-bf7e-664a1c1eeaab\ninterface-name=wg0\n"
#define KEYFILE_DUMP "id t\nuuid 63376701-b61e-4318-bf7e-664a1c1eeaab\nifname wg0\n"

typedef struct Case {
        const char *name;
        const char *in[3]; /* the profile and its drop-ins */
        const char *out, *places;
} Case;

static void check_cases(WgpFormat format, const Case *cases, size_t n_cases) {
        for (size_t i = 0; i < n_cases; i++) {
                Reading r = read_profile("wg0", format, cases[i].in, cases[i].in[2] ? 3 : cases[i].in[1] ? 2 : 1);

                cr_expect_str_eq(r.dump, cases[i].out, "case '%s' gave:\n%s", cases[i].name, r.dump);
                cr_expect_str_eq(r.places, cases[i].places, "case '%s' gave '%s':\n%s", cases[i].name, r.places,
                                r.problems);
                reading_done(&r);
        }
}

Test(drop_in, wg_quick) {
        static const Case cases[] = {
                { "scalars override",
                                { "[Interface]\nListenPort = 1\nFwMark = 1\nMTU = 1300\nTable = 5\nSaveConfig = true\nPrivateKey = " K1,
                                                "[Interface]\nListenPort = 2\nFwMark = 2\nMTU = 1400\nTable = off\nSaveConfig = false\nPrivateKey = @c" },
                                "private-key credential c\nlisten-port 2\nfwmark 0x2\nmtu 1400\ntable off\n", "" },
                { "empty scalars reset",
                                { "[Interface]\nListenPort = 1\nFwMark = 1\nMTU = 1300\nTable = 5\nSaveConfig = true\nPrivateKey = " K1,
                                                "[Interface]\nListenPort =\nFwMark =\nMTU =\nTable =\nSaveConfig =\nPrivateKey =" },
                                "", "" },
                { "the last drop-in counts",
                                { "[Interface]\nMTU = 1300", "[Interface]\nMTU = 1400", "[Interface]\nMTU = 1500" },
                                "mtu 1500\n", "" },
                { "lists append",
                                { "[Interface]\nAddress = 10.0.0.1/8\nDNS = 10.0.0.1, a\nPostUp = x",
                                                "[Interface]\nAddress = 10.0.0.2/8\nDNS = 10.0.0.2, b\nPostUp = y" },
                                "post-up x\npost-up y\naddress 10.0.0.1/8\naddress 10.0.0.2/8\ndns 10.0.0.1\ndns 10.0.0.2\n"
                                "domain a\ndomain b\n",
                                "" },
                { "empty lists reset, each its own",
                                { "[Interface]\nAddress = 10.0.0.1/8\nDNS = 10.0.0.1, a\nPostUp = x\nPreUp = z",
                                                "[Interface]\nAddress =\nDNS =\nPostUp =\nPostUp = y" },
                                "pre-up z\npost-up y\n", "" },
                { "a peer merges",
                                { "[Peer]\nPublicKey = " K1
                                  "\nEndpoint = 1.2.3.4:5\nPersistentKeepalive = 5\nAllowedIPs = 10.0.0.0/8\n",
                                                "[Peer]\nPublicKey = " K1
                                                "\nPersistentKeepalive = 6\nPresharedKey = @psk\nAllowedIPs = 11.0.0.0/8\n" },
                                "peer " K1 "\n  preshared-key credential psk\n  endpoint 1.2.3.4:5\n  keepalive 6\n"
                                "  allowed  10.0.0.0/8\n  allowed  11.0.0.0/8\n",
                                "" },
                { "a peer's values reset",
                                { "[Peer]\nPublicKey = " K1
                                  "\nEndpoint = 1.2.3.4:5\nPersistentKeepalive = 5\nPresharedKey = " K2
                                  "\nAllowedIPs = 10.0.0.0/8\n",
                                                "[Peer]\nPublicKey = " K1
                                                "\nPersistentKeepalive =\nPresharedKey =\nEndpoint =\nAllowedIPs =\n"
                                                "AllowedIPs = 12.0.0.0/8\n" },
                                "peer " K1 "\n  allowed  12.0.0.0/8\n", "" },
                { "a peer without allowed-ips keeps them",
                                { "[Peer]\nPublicKey = " K1 "\nAllowedIPs = 10.0.0.0/8\n",
                                                "[Peer]\nPublicKey = " K1 "\nEndpoint = a:1\n" },
                                "peer " K1 "\n  endpoint name a port 1\n  allowed  10.0.0.0/8\n", "" },
                { "plus and minus",
                                { "[Peer]\nPublicKey = " K1 "\nAllowedIPs = 10.0.0.0/8\n",
                                                "[Peer]\nPublicKey = " K1
                                                "\nAllowedIPs = -10.0.0.0/8, +11.0.0.0/8\n" },
                                "peer " K1 "\n  allowed  10.0.0.0/8\n  allowed -10.0.0.0/8\n  allowed +11.0.0.0/8\n",
                                "" },
                { "a new peer is added",
                                { "[Peer]\nPublicKey = " K2 "\n", "[Peer]\nPublicKey = " K1 "\n",
                                                "[Peer]\nPublicKey = " K2 "\nEndpoint = a:1\n" },
                                "peer " K2 "\n  endpoint name a port 1\npeer " K1 "\n", "" },
                { "a new peer twice in its drop-in",
                                { "[Interface]\n", "[Peer]\nPublicKey = " K1
                                                   "\nAllowedIPs = 10.0.0.0/8\n[Peer]\nPublicKey = " K1
                                                   "\nAllowedIPs = 11.0.0.0/8\n" },
                                "peer " K1 "\n  allowed  11.0.0.0/8\n", "W4" },
                { "a drop-in's peer needs its key, too", { "[Interface]\n", "[Peer]\nEndpoint = a:1\n" }, "", "E1" },
                { "alternate endpoints",
                                { "[Peer]\nPublicKey = " K1 "\nEndpoint = a:1\n",
                                                "[Peer]\nPublicKey = " K1
                                                "\nAlternateEndpoints = b.example:2, 192.0.2.1:3 [2001:db8::1]:4\n"
                                                "AlternateEndpoints = fe80::1%eth0:5 # the last resort\n" },
                                "peer " K1
                                "\n  endpoint name a port 1\n  alternate name b.example port 2\n  alternate 192.0.2.1:3\n"
                                "  alternate [2001:db8::1]:4\n  alternate [fe80::1]:5 scope eth0\n",
                                "" },
                { "alternate endpoints of several drop-ins add up",
                                { "[Peer]\nPublicKey = " K1 "\nEndpoint = a:1\n",
                                                "[Peer]\nPublicKey = " K1 "\nAlternateEndpoints = b:2\n",
                                                "[Peer]\nPublicKey = " K1 "\nAlternateEndpoints = c:3\n" },
                                "peer " K1
                                "\n  endpoint name a port 1\n  alternate name b port 2\n  alternate name c port 3\n",
                                "" },
                { "unless one resets them",
                                { "[Peer]\nPublicKey = " K1 "\nEndpoint = a:1\n",
                                                "[Peer]\nPublicKey = " K1 "\nAlternateEndpoints = b:2\n",
                                                "[Peer]\nPublicKey = " K1
                                                "\nAlternateEndpoints =\nAlternateEndpoints = c:3\n" },
                                "peer " K1 "\n  endpoint name a port 1\n  alternate name c port 3\n", "" },
                { "alternate endpoints belong to a drop-in",
                                { "[Peer]\nPublicKey = " K1 "\nEndpoint = a:1\nAlternateEndpoints = b:2\n" },
                                "peer " K1 "\n  endpoint name a port 1\n", "E4" },
                { "alternate endpoints that are none",
                                { "[Peer]\nPublicKey = " K1 "\nEndpoint = a:1\n",
                                                "[Peer]\nPublicKey = " K1
                                                "\nAlternateEndpoints = b, c:70000, d:0, e$:1, f:domain\n" },
                                "peer " K1 "\n  endpoint name a port 1\n", "E3 E3 E3 E3 E3" },
                { "alternate endpoints need one to stand behind",
                                { "[Peer]\nPublicKey = " K1 "\n",
                                                "[Peer]\nPublicKey = " K1 "\nAlternateEndpoints = b:2 c:3\n" },
                                "peer " K1 "\n  alternate name b port 2\n  alternate name c port 3\n", "E3" },
                { "an alternate endpoint that is there already",
                                { "[Peer]\nPublicKey = " K1 "\nEndpoint = a:1\n",
                                                "[Peer]\nPublicKey = " K1
                                                "\nAlternateEndpoints = a:1 a:2\nAlternateEndpoints = a:2\n" },
                                "peer " K1
                                "\n  endpoint name a port 1\n  alternate name a port 1\n  alternate name a port 2\n"
                                "  alternate name a port 2\n",
                                "W3 W4" },
                { "an alternate endpoint inside an allowed-ip",
                                { "[Peer]\nPublicKey = " K1 "\nEndpoint = a:1\nAllowedIPs = 192.0.2.0/24\n",
                                                "[Peer]\nPublicKey = " K1 "\nAlternateEndpoints = 192.0.2.1:1\n" },
                                "peer " K1
                                "\n  endpoint name a port 1\n  alternate 192.0.2.1:1\n  allowed  192.0.2.0/24\n",
                                "W3" },
                { "seventeen of them",
                                { "[Peer]\nPublicKey = " K1 "\nEndpoint = a:1\n",
                                                "[Peer]\nPublicKey = " K1 "\n"
                                                "AlternateEndpoints = b:1 b:2 b:3 b:4 b:5 b:6 b:7 b:8 b:9 b:10 b:11 b:12 b:13 b:14 b:15 b:16 b:17\n" },
                                "peer " K1 "\n  endpoint name a port 1\n" SIXTEEN, "E3" },
                { "a peer's name",
                                { "[Peer]\nPublicKey = " K1 "\n",
                                                "[Peer]\nPublicKey = " K1 "\nName = Anna's phone # of 2026\n" },
                                "peer " K1 "\n  name Anna's phone\n", "" },
                { "a peer's name changes",
                                { "[Peer]\nPublicKey = " K1 "\n", "[Peer]\nPublicKey = " K1 "\nname = a\n",
                                                "[Peer]\nPublicKey = " K1 "\nName = b\n" },
                                "peer " K1 "\n  name b\n", "" },
                { "a peer's name resets",
                                { "[Peer]\nPublicKey = " K1 "\n", "[Peer]\nPublicKey = " K1 "\nName = a\n",
                                                "[Peer]\nPublicKey = " K1 "\nName =\n" },
                                "peer " K1 "\n", "" },
                { "a name belongs to a drop-in", { "[Peer]\nPublicKey = " K1 "\nName = a\n" }, "peer " K1 "\n", "E3" },
                { "a name fits a line", { "[Interface]\n", "[Peer]\nPublicKey = " K1 "\nName = a\tb\n" },
                                "peer " K1 "\n", "E3" },
                { "a name is text", { "[Interface]\n", "[Peer]\nPublicKey = " K1 "\nName = \xff\n" }, "peer " K1 "\n",
                                "E3" },
                { "a name has 64 bytes",
                                { "[Interface]\n",
                                                "[Peer]\nPublicKey = " K1 "\n"
                                                "Name = 0123456789012345678901234567890123456789012345678901234567890123\n" },
                                "peer " K1
                                "\n  name 0123456789012345678901234567890123456789012345678901234567890123\n",
                                "" },
                { "a name has no more",
                                { "[Interface]\n",
                                                "[Peer]\nPublicKey = " K1 "\n"
                                                "Name = 01234567890123456789012345678901234567890123456789012345678901234\n" },
                                "peer " K1 "\n", "E3" },
                { "a name is not a key", { "[Interface]\n", "[Peer]\nPublicKey = " K1 "\nName = " K2 "\n" },
                                "peer " K1 "\n", "E3" },
                { "our own section",
                                { "[Interface]\nMTU = 1300\n",
                                                "[WgProfile]\nAutoconnect = no\nMTU = 1400\nZone = home\n",
                                                "[WgProfile]\nAutoconnect =\nMTU = auto\nZone =\n" },
                                "zone (empty)\n", "" },
                { "a name of a table goes with its number",
                                { "[Interface]\nTable = vpn\n", "[Interface]\nTable = 7\n" }, "table 7\n", "" },
        };

        check_cases(WGP_FORMAT_WG_QUICK, cases, WGP_ARRAY_SIZE(cases));
}

Test(drop_in, keyfile) {
        static const Case cases[] = {
                { "scalars override",
                                { KEYFILE "autoconnect=false\n[wireguard]\nlisten-port=1\nfwmark=1\nmtu=1300\npeer-routes=false\n",
                                                "[connection]\nautoconnect=true\n[wireguard]\nlisten-port=2\nfwmark=2\nmtu=1400\npeer-routes=true\n" },
                                "id t\nuuid 63376701-b61e-4318-bf7e-664a1c1eeaab\nkeyfile-autoconnect 1\nifname wg0\n"
                                "listen-port 2\nfwmark 0x2\nmtu 1400\n",
                                "" },
                { "empty scalars reset",
                                { KEYFILE "autoconnect=false\nzone=home\nmdns=1\n[wireguard]\nlisten-port=1\nfwmark=1\nmtu=1300\n"
                                          "peer-routes=false\nprivate-key-flags=1\nip4-auto-default-route=1\n",
                                                "[connection]\nautoconnect=\nmdns=\n[wireguard]\nlisten-port=\nfwmark=\nmtu=\npeer-routes=\n"
                                                "private-key-flags=\nip4-auto-default-route=\n" },
                                "id t\nuuid 63376701-b61e-4318-bf7e-664a1c1eeaab\nzone home\nifname wg0\n", "" },
                { "alternate endpoints",
                                { KEYFILE "[wireguard-peer." K1 "]\nendpoint=a:1\n",
                                                "[wireguard-peer." K1
                                                "]\nAlternateEndpoints=b:2, [2001:db8::1]:3\nAlternateEndpoints=c:4\n" },
                                KEYFILE_DUMP "peer " K1 "\n  endpoint name a port 1\n  alternate name b port 2\n"
                                             "  alternate [2001:db8::1]:3\n  alternate name c port 4\n",
                                "" },
                { "alternate endpoints belong to a drop-in",
                                { KEYFILE "[wireguard-peer." K1 "]\nendpoint=a:1\nAlternateEndpoints=b:2\n" },
                                KEYFILE_DUMP "peer " K1 "\n  endpoint name a port 1\n", "E7" },
                { "a peer's name",
                                { KEYFILE "[wireguard-peer." K1 "]\n",
                                                "[wireguard-peer." K1 "]\nName=Anna; phone \n" },
                                KEYFILE_DUMP "peer " K1 "\n  name Anna; phone\n", "" },
                { "a name belongs to a drop-in", { KEYFILE "[wireguard-peer." K1 "]\nName=a\n" },
                                KEYFILE_DUMP "peer " K1 "\n", "E6" },
                { "a name fits a line", { KEYFILE, "[wireguard-peer." K1 "]\nName=a\\nb\n" },
                                KEYFILE_DUMP "peer " K1 "\n", "E2" },
                { "a family's values reset",
                                { KEYFILE "[ipv4]\nmethod=manual\naddress1=10.0.0.1/8,10.0.0.2\ngateway=10.0.0.3\nroute-metric=5\n"
                                          "route-table=5\nnever-default=true\ndns-priority=5\n",
                                                "[ipv4]\ngateway=\nroute-metric=\nroute-table=\nnever-default=\ndns-priority=\n" },
                                KEYFILE_DUMP "address 10.0.0.1/8\nipv4 method manual\n", "W7" },
                { "the link's name", { KEYFILE, "[connection]\ninterface-name=wg1\n" },
                                "id t\nuuid 63376701-b61e-4318-bf7e-664a1c1eeaab\nifname wg1\n", "" },
                { "the link's name comes from a drop-in",
                                { "[connection]\nid=t\nuuid=63376701-b61e-4318-bf7e-664a1c1eeaab\n",
                                                "[connection]\ninterface-name=wg0\n" },
                                KEYFILE_DUMP, "" },
                { "lists append",
                                { KEYFILE "[ipv4]\nmethod=manual\naddress1=10.0.0.1/8\nroute1=10.1.0.0/16\nrouting-rule1=priority 1\n"
                                          "dns=10.0.0.1\ndns-search=a\n",
                                                "[ipv4]\naddress1=10.0.0.2/8\nroute1=10.2.0.0/16\nroute1_options=table=7\nrouting-rule1=priority 2\n"
                                                "dns=10.0.0.2\ndns-search=b\n" },
                                KEYFILE_DUMP
                                "address 10.0.0.1/8\naddress 10.0.0.2/8\nipv4 method manual\nroute 10.1.0.0/16\n"
                                "route 10.2.0.0/16 table 7\nrule4 1 action 1 table 254\nrule4 2 action 1 table 254\n"
                                "dns 10.0.0.1\ndns 10.0.0.2\ndomain a (ipv4)\ndomain b (ipv4)\n",
                                "" },
                { "empty lists reset, of that family",
                                { KEYFILE "[ipv4]\nmethod=manual\naddress1=10.0.0.1/8\nroute1=10.1.0.0/16\nrouting-rule1=priority 1\n"
                                          "dns=10.0.0.1\ndns-search=a\n[ipv6]\nmethod=manual\naddress1=fd00::1/64\nroute1=fd01::/16\n"
                                          "routing-rule1=priority 1\ndns=fd00::2\ndns-search=b\n",
                                                "[ipv4]\naddress=\naddress1=10.0.0.3/8\nroute=\nrouting-rule=\ndns=\ndns-search=\n" },
                                KEYFILE_DUMP
                                "address fd00::1/64\naddress 10.0.0.3/8\nipv4 method manual\nipv6 method manual\n"
                                "route fd01::/16\nrule6 1 action 1 table 254\ndns fd00::2\ndomain b (ipv6)\n",
                                "" },
                { "options belong to the routes of their own file",
                                { KEYFILE "[ipv4]\nmethod=manual\nroute1=10.1.0.0/16\n",
                                                "[ipv4]\nroute1_options=table=7\n" },
                                KEYFILE_DUMP "ipv4 method manual\nroute 10.1.0.0/16\n", "W2" },
                { "a peer merges",
                                { KEYFILE "[wireguard-peer." K1
                                          "]\nendpoint=a:1\nallowed-ips=10.0.0.0/8\npersistent-keepalive=5\n",
                                                "[wireguard-peer." K1
                                                "]\nendpoint=b:2\nallowed-ips=11.0.0.0/8\n[wireguard-peer." K2 "]\n" },
                                KEYFILE_DUMP "peer " K1
                                             "\n  endpoint name b port 2\n  keepalive 5\n  allowed  10.0.0.0/8\n"
                                             "  allowed  11.0.0.0/8\npeer " K2 "\n",
                                "" },
                { "a peer's values reset",
                                { KEYFILE "[wireguard-peer." K1
                                          "]\nendpoint=a:1\nallowed-ips=10.0.0.0/8\npersistent-keepalive=5\n"
                                          "preshared-key=" K2 "\npreshared-key-flags=0\n",
                                                "[wireguard-peer." K1
                                                "]\nendpoint=\nallowed-ips=\npersistent-keepalive=\npreshared-key=\n"
                                                "preshared-key-flags=\n" },
                                KEYFILE_DUMP "peer " K1 "\n", "" },
        };

        check_cases(WGP_FORMAT_KEYFILE, cases, WGP_ARRAY_SIZE(cases));
}

Test(drop_in, places_name_their_file) {
        const char *in[] = { "[Peer]\nPublicKey = " K1 "\nAllowedIPs = 10.0.0.0/8\n",
                "[Peer]\nPublicKey = " K2 "\nAllowedIPs = 10.0.0.0/8\n" };
        Reading r = read_profile("wg0", WGP_FORMAT_WG_QUICK, in, 2);

        cr_expect_str_eq(r.problems,
                        "profile:3: [Peer] AllowedIPs: warning: 10.0.0.0/8 is stated again by another peer at "
                        "line 3 of drop-in-1, which gets it.\n");
        reading_done(&r);
}
