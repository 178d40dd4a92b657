/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Conversion: what comes back from the other format is what went in, and what does not is reported. */

#include <criterion/criterion.h>
#include <stdio.h>

#include "rewrite/convert.h"
#include "support/profile-text.h"

#define K1 "xTIBA5rboUvnH4htodjb6e697QjLERt1NAB4mZqp8Dg="
#define K2 "TrMvSoP4jYQlY6RIzBgbssQqY3vxI2Pi+y71lOWWXX0="
#define SECRET "yAnz5TF+lXXJte14tji3zlMNq+hd2rYUIgJBgB3fBmk="
#define UUID "2c0f8536-f98f-3863-88ae-8a9fe17ef73d"
#define CONNECTION "[connection]\nid=wg0\nuuid=" UUID "\ntype=wireguard\ninterface-name=wg0\n"

/* The text of a profile in that format. */
static char *convert(const char *name, const WgpProfile *profile, WgpFormat format, WgpDiagnostics *losses) {
        WgpText text = WGP_TEXT_NULL;
        char *copy;

        cr_assert_eq(wgp_convert(profile, format, UUID, &text, losses), 0, "case '%s'", name);
        cr_assert(text.data);
        copy = strdup(text.data);
        cr_assert(copy);
        wgp_text_done(&text);
        return copy;
}

static bool equal_secrets(const WgpSecret *a, const WgpSecret *b) {
        return a->source == b->source && streq_ptr(a->name, b->name) && memcmp(a->value, b->value, WGP_KEY_SIZE) == 0;
}

/* Compares two profiles, secrets included: the dump leaves those out. */
static void expect_equal(const char *name, const Reading *a, const Reading *b, const char *text) {
        cr_expect_str_eq(a->dump, b->dump, "case '%s'\n--- expected\n%s--- found\n%s--- in\n%s%s", name, a->dump,
                        b->dump, text, b->problems);
        cr_expect(equal_secrets(&a->profile->private_key, &b->profile->private_key), "case '%s': private key", name);
        cr_assert_eq(a->profile->n_peers, b->profile->n_peers, "case '%s'", name);
        for (size_t i = 0; i < a->profile->n_peers; i++)
                cr_expect(equal_secrets(&a->profile->peers[i].preshared_key, &b->profile->peers[i].preshared_key),
                                "case '%s': preshared key %zu", name, i);
}

/* --- there and back --- */

static const struct {
        const char *name, *text;
} round_trips[] = {
        { "a key and an address", "[Interface]\nPrivateKey = " SECRET "\nAddress = 10.0.0.2/24\n" },
        { "nothing at all", "[Interface]\n" },
        {
                        "all that both can say",
                        "[Interface]\nPrivateKey = " SECRET "\nListenPort = 51820\nFwMark = 0x1234\n"
                        "Address = 10.0.0.2/24, 10.0.1.2/32\nAddress = fd00::2/64\nDNS = 10.0.0.1, fd00::1\nMTU = 1380\n"
                        "[Peer]\nPublicKey = " K1 "\nPresharedKey = " SECRET "\nAllowedIPs = 10.0.0.0/8, fd00::/8\n"
                        "Endpoint = vpn.example.org:51820\nPersistentKeepalive = 25\n"
                        "[Peer]\nPublicKey = " K2 "\nAllowedIPs = 192.0.2.0/24\nEndpoint = [2001:db8::1]:5\n",
        },
        { "a full tunnel", "[Interface]\nAddress = 10.0.0.2/32\nDNS = 10.0.0.1\n[Peer]\nPublicKey = " K1
                           "\nAllowedIPs = 0.0.0.0/0, ::/0\n" },
        { "a full tunnel with a search domain",
                        "[Interface]\nAddress = 10.0.0.2/32\nDNS = 10.0.0.1, example.com\n[Peer]\nPublicKey = " K1
                        "\nAllowedIPs = 0.0.0.0/0, ::/0\n" },
        { "a split tunnel with domains",
                        "[Interface]\nAddress = 10.0.0.2/32, fd00::2/128\nDNS = 10.0.0.1, fd00::1, a.example, ~b.example\n" },
        { "a domain without a server", "[Interface]\nAddress = fd00::2/128\nDNS = a.example\n" },
        { "everything and a domain", "[Interface]\nAddress = 10.0.0.2/32\nDNS = 10.0.0.1, a.example, ~.\n" },
        { "a table", "[Interface]\nAddress = 10.0.0.2/32\nTable = 1234\n[Peer]\nPublicKey = " K1
                     "\nAllowedIPs = 0.0.0.0/0\n" },
        { "a table's name that is known",
                        "[Interface]\nTable = vpn\n[Peer]\nPublicKey = " K1 "\nAllowedIPs = ::/0\n" },
        { "no routes", "[Interface]\nAddress = 10.0.0.2/32\nTable = off\n[Peer]\nPublicKey = " K1
                       "\nAllowedIPs = 0.0.0.0/0\n" },
        { "credentials", "[Interface]\nPrivateKey = @wg.key\n[Peer]\nPublicKey = " K1 "\nPresharedKey = @wg.psk\n" },
        { "a service's name",
                        "[Interface]\nListenPort = ntp\n[Peer]\nPublicKey = " K1 "\nEndpoint = 192.0.2.1:domain\n" },
        { "a scope", "[Interface]\n[Peer]\nPublicKey = " K1 "\nEndpoint = [fe80::1%eth0]:5\n[Peer]\nPublicKey = " K2
                     "\nEndpoint = [fe80::1%2]:6\n" },
        { "a link-local server", "[Interface]\nAddress = fd00::2/64\nDNS = fe80::1%eth0\n" },
};

Test(convert, wg_quick_there_and_back) {
        for (size_t i = 0; i < WGP_ARRAY_SIZE(round_trips); i++) {
                WgpDiagnostics losses = WGP_DIAGNOSTICS_NULL;
                Reading first = read_one(WGP_FORMAT_WG_QUICK, round_trips[i].text), middle, last;
                char *keyfile, *conf;

                cr_assert_eq(first.diagnostics.n_errors, 0, "case '%s': %s", round_trips[i].name, first.problems);
                keyfile = convert(round_trips[i].name, first.profile, WGP_FORMAT_KEYFILE, &losses);
                middle = read_one(WGP_FORMAT_KEYFILE, keyfile);
                cr_expect_eq(middle.diagnostics.n_errors, 0, "case '%s': %s in\n%s", round_trips[i].name,
                                middle.problems, keyfile);
                conf = convert(round_trips[i].name, middle.profile, WGP_FORMAT_WG_QUICK, &losses);
                last = read_one(WGP_FORMAT_WG_QUICK, conf);
                expect_equal(round_trips[i].name, &first, &last, conf);

                free(keyfile);
                free(conf);
                wgp_diagnostics_done(&losses);
                reading_done(&first);
                reading_done(&middle);
                reading_done(&last);
        }
}

static const struct {
        const char *name;
        WgpFormat format;
        const char *text;
} rewritings[] = {
        {
                        "wg-quick",
                        WGP_FORMAT_WG_QUICK,
                        "[Peer]\nPublicKey = " K1
                        "\nAllowedIPs = +10.0.0.0/8\nAllowedIPs = -10.1.0.0/16\nEndpoint = 192.0.2.1:0\n"
                        "[Interface]\nFwMark = off\nSaveConfig = true\nPreUp = c; %i\nPostUp = a # b\nPreDown = d\nPostDown = e\n"
                        "Table = main\nListenPort = 0\n",
        },
        {
                        "a keyfile with everything",
                        WGP_FORMAT_KEYFILE,
                        CONNECTION
                        "autoconnect=false\nzone=\npermissions=user:alice:;user:bob:;\ncontroller=blue\nport-type=vrf\n"
                        "mdns=0\nllmnr=1\ndns-over-tls=2\ndnssec=0\n"
                        "[wireguard]\nprivate-key=" SECRET
                        "\nlisten-port=0x10\nfwmark=010\npeer-routes=false\nmtu=1400\n"
                        "ip4-auto-default-route=1\nip6-auto-default-route=0\n"
                        "[wireguard-peer." K1
                        "]\nendpoint=vpn.example.org:5\npreshared-key-flags=2\nallowed-ips=0.0.0.0/0;\n"
                        "[wireguard-peer." K2 "]\npreshared-key=" SECRET "\npersistent-keepalive=7\n"
                        "[ipv4]\nmethod=manual\naddress1=10.0.0.2/24,10.0.0.1\nnever-default=true\nmay-fail=false\nroute-metric=5\n"
                        "route-table=6\ndns=10.0.0.1;dns+tls://10.0.0.2:853#dns.example;10.0.0.3#other.example;dns+udp://10.0.0.4:54;\n"
                        "dns-search=a.example;~b.example;~;\ndns-priority=-5\n"
                        "route1=10.1.0.0/16\nroute2=10.2.0.0/16,10.0.0.1\nroute3=10.3.0.0/16,10.0.0.1,9\nroute4=10.4.0.0/16,0.0.0.0,9\n"
                        "route1_options=table=5,src=10.0.0.2,scope=253,tos=8,onlink=true,weight=3,window=1,cwnd=2,initcwnd=3,"
                        "initrwnd=4,mtu=1300,advmss=1200,rto_min=6,quickack=true,lock-mtu=true,lock-window=true\n"
                        "route4_options=type=local,scope=254\n"
                        "routing-rule1=priority 5 not from 10.0.0.0/8 to 10.9.0.0/16 fwmark 0x1/0xff iif eth0 oif eth1 tos 0x10 "
                        "ipproto 17 sport 5-6 dport 7 uidrange 0-1000 table 99 suppress_prefixlength 0\n"
                        "routing-rule2=priority 6 from 10.0.0.0/8 type blackhole\nrouting-rule3=priority 7 type prohibit\n"
                        "routing-rule4=priority 8 unreachable\nrouting-rule5=pref 9 lookup main\n"
                        "[ipv6]\nmethod=manual\naddress1=fd00::2/64\ngateway=fd00::1\nroute1=2001:db8::/32,fd00::1,3\nroute2=2001:db9::/32\n"
                        "route2_options=type=unreachable,from=fd00::/64\nroute3=fd01::/64\nroute3_options=type=throw\n"
                        "route4=fd02::/64\nroute4_options=type=prohibit\nroute5=fd03::/64\nroute5_options=type=blackhole\n"
                        "dns=fd00::1;dns+tls://[fe80::1%eth0]:853;\ndns-search=c.example;\n",
        },
        {
                        "a keyfile with next to nothing",
                        WGP_FORMAT_KEYFILE,
                        CONNECTION "[wireguard]\n[ipv6]\nmethod=link-local\n[ipv4]\nmethod=disabled\n",
        },
        {
                        "escapes",
                        WGP_FORMAT_KEYFILE,
                        "[connection]\nid=\\sa\\tb\\\\c d \nuuid=" UUID
                        "\ntype=wireguard\ninterface-name=wg0\nzone=\\sx\n",
        },
};

Test(convert, same_format) {
        for (size_t i = 0; i < WGP_ARRAY_SIZE(rewritings); i++) {
                WgpDiagnostics losses = WGP_DIAGNOSTICS_NULL;
                Reading first = read_one(rewritings[i].format, rewritings[i].text), last;
                char *text;

                cr_assert_eq(first.diagnostics.n_errors, 0, "case '%s': %s", rewritings[i].name, first.problems);
                text = convert(rewritings[i].name, first.profile, rewritings[i].format, &losses);
                last = read_one(rewritings[i].format, text);
                expect_equal(rewritings[i].name, &first, &last, text);
                cr_expect_eq(losses.n_items, 0, "case '%s'", rewritings[i].name);

                free(text);
                wgp_diagnostics_done(&losses);
                reading_done(&first);
                reading_done(&last);
        }
}

/* --- texts --- */

Test(convert, text_of_a_keyfile) {
        WgpDiagnostics losses = WGP_DIAGNOSTICS_NULL;
        Reading r = read_one(WGP_FORMAT_WG_QUICK,
                        "[Interface]\nPrivateKey = " SECRET "\nAddress = 10.0.0.2/24, fd00::2/64\nDNS = 10.0.0.1\n"
                        "[Peer]\nPublicKey = " K1 "\nPresharedKey = " SECRET "\nAllowedIPs = 0.0.0.0/0, ::/0\n"
                        "Endpoint = vpn.example.org:51820\nPersistentKeepalive = 25\n[WgProfile]\nAutoconnect = no\n");
        char *text = convert("text", r.profile, WGP_FORMAT_KEYFILE, &losses);

        cr_expect_str_eq(text,
                        CONNECTION "autoconnect=false\n\n"
                                   "[wireguard]\nprivate-key=" SECRET "\n\n"
                                   "[wireguard-peer." K1 "]\nendpoint=vpn.example.org:51820\npreshared-key=" SECRET
                                   "\npreshared-key-flags=0\npersistent-keepalive=25\nallowed-ips=0.0.0.0/0;::/0;\n\n"
                                   "[ipv4]\nmethod=manual\naddress1=10.0.0.2/24\ndns=10.0.0.1;\ndns-search=~;\n\n"
                                   "[ipv6]\nmethod=manual\naddress1=fd00::2/64\naddr-gen-mode=default\n\n"
                                   "[WgProfile]\nAutoconnect=no\n",
                        "%s", text);
        cr_expect_eq(losses.n_items, 0);
        free(text);
        wgp_diagnostics_done(&losses);
        reading_done(&r);
}

Test(convert, text_of_a_conf) {
        WgpDiagnostics losses = WGP_DIAGNOSTICS_NULL;
        Reading r = read_one(WGP_FORMAT_KEYFILE, CONNECTION
                        "zone=home\nautoconnect=false\n[wireguard]\nprivate-key=" SECRET "\nlisten-port=5\n"
                        "[wireguard-peer." K1 "]\nallowed-ips=10.0.0.0/8;\n"
                        "[ipv4]\nmethod=manual\naddress1=10.0.0.2/24\ndns=10.0.0.1;\ndns-search=~;\nroute-metric=9\n");
        char *text = convert("text", r.profile, WGP_FORMAT_WG_QUICK, &losses);

        cr_expect_str_eq(text,
                        "[Interface]\nPrivateKey = " SECRET
                        "\nListenPort = 5\nAddress = 10.0.0.2/24\nDNS = 10.0.0.1\n\n"
                        "[Peer]\nPublicKey = " K1 "\nAllowedIPs = 10.0.0.0/8\n",
                        "%s", text);
        cr_expect_eq(losses.n_warnings, 3);
        free(text);
        wgp_diagnostics_done(&losses);
        reading_done(&r);
}

#define OWN                                                                                               \
        "[WgProfile]\nAutoconnect = no\nGenerateKey = encrypted\nHooks = no\n"                            \
        "KillSwitch = no\nNetns = red\nPrivateKeyFile = /etc/wg.key\nRefreshSec = 90s\nRouteMetric = 7\n" \
        "Vrf = blue\nZone = home\n"

/* A keyfile takes our own section along; from a file that wg-quick(8) reads it is left out, line by line. */
Test(convert, our_own_section) {
        WgpDiagnostics losses = WGP_DIAGNOSTICS_NULL, again = WGP_DIAGNOSTICS_NULL;
        Reading r = read_one(WGP_FORMAT_WG_QUICK, "[Interface]\nAddress = 10.0.0.2/32\n" OWN);
        char *keyfile = convert("own", r.profile, WGP_FORMAT_KEYFILE, &losses);
        Reading middle = read_one(WGP_FORMAT_KEYFILE, keyfile);
        char *conf = convert("own", middle.profile, WGP_FORMAT_WG_QUICK, &losses);
        char *same = convert("own", r.profile, WGP_FORMAT_WG_QUICK, &again);

        for (const char *line = strchr(OWN, '\n') + 1; *line; line = strchr(line, '\n') + 1) {
                char *key = strndup(line, strcspn(line, " "));

                cr_expect(strcasestr(keyfile, key), "%s in\n%s", key, keyfile);
                free(key);
        }
        cr_expect_str_eq(conf, "[Interface]\nAddress = 10.0.0.2/32\n");
        cr_expect_str_eq(same, "[Interface]\nAddress = 10.0.0.2/32\n");
        cr_expect_eq(losses.n_warnings, 10);
        cr_expect_eq(again.n_warnings, 10);
        cr_expect_str_eq(again.items[0].message,
                        "Left out: wg-quick(8) refuses this section. Write 'Autoconnect=no' into a drop-in, below [WgProfile].");
        cr_expect_str_eq(again.items[0].key, "Autoconnect");
        free(keyfile);
        free(conf);
        free(same);
        wgp_diagnostics_done(&losses);
        wgp_diagnostics_done(&again);
        reading_done(&r);
        reading_done(&middle);
}

/* wg-quick(8) reads a line in quadratic time. */
Test(convert, allowed_ips_in_lines_of_fifty) {
        static const struct {
                unsigned n, n_lines;
        } cases[] = { { 1, 1 }, { 49, 1 }, { 50, 1 }, { 51, 2 }, { 100, 2 }, { 101, 3 }, { 2000, 40 } };

        for (size_t i = 0; i < WGP_ARRAY_SIZE(cases); i++) {
                WgpDiagnostics losses = WGP_DIAGNOSTICS_NULL;
                WgpText profile = WGP_TEXT_NULL;
                unsigned n_lines = 0;
                Reading r, again;
                char *text;

                wgp_text_append(&profile, "[Interface]\n[Peer]\nPublicKey = " K1 "\nAllowedIPs = ");
                for (unsigned k = 0; k < cases[i].n; k++)
                        wgp_text_printf(&profile, "%s10.%u.%u.0/24", k > 0 ? "," : "", k / 256, k % 256);
                r = read_one(WGP_FORMAT_WG_QUICK, profile.data);
                text = convert("lines", r.profile, WGP_FORMAT_WG_QUICK, &losses);
                again = read_one(WGP_FORMAT_WG_QUICK, text);
                for (const char *s = text; (s = strstr(s, "AllowedIPs")); s++)
                        n_lines++;
                cr_expect_eq(n_lines, cases[i].n_lines, "%u items gave %u lines", cases[i].n, n_lines);
                cr_expect_str_eq(again.dump, r.dump);
                wgp_text_done(&profile);
                free(text);
                reading_done(&r);
                reading_done(&again);
        }
}

/* What is not expanded stays so, and escapes are not escaped again. */
Test(convert, as_written) {
        static const struct {
                WgpFormat format;
                const char *text, *line;
        } cases[] = {
                { WGP_FORMAT_WG_QUICK, "[Interface]\nPostUp = ip route add 10.0.0.0/8 dev %i # %i\n",
                                "PostUp = ip route add 10.0.0.0/8 dev %i # %i\n" },
                { WGP_FORMAT_KEYFILE, CONNECTION "stable-id=a\\\\b\\sc\n", "stable-id=a\\\\b\\sc\n" },
                { WGP_FORMAT_KEYFILE, CONNECTION "secondaries=a\\;b;c;\n", "secondaries=a\\;b;c;\n" },
        };

        for (size_t i = 0; i < WGP_ARRAY_SIZE(cases); i++) {
                WgpDiagnostics losses = WGP_DIAGNOSTICS_NULL;
                Reading r = read_one(cases[i].format, cases[i].text);
                char *text = convert("as written", r.profile, cases[i].format, &losses);

                cr_expect(strstr(text, cases[i].line), "'%s' is not in\n%s", cases[i].line, text);
                cr_expect_eq(losses.n_items, 0);
                free(text);
                reading_done(&r);
        }
}

/* The key is for drop-ins: whoever converts finds it in a comment. */
Test(convert, alternate_endpoints) {
        static const struct {
                WgpFormat from;
                const char *texts[2];
        } cases[] = {
                { WGP_FORMAT_WG_QUICK,
                                { "[Interface]\n[Peer]\nPublicKey = " K1 "\nEndpoint = a:1\n",
                                                "[Peer]\nPublicKey = " K1
                                                "\nAlternateEndpoints = b:2 [2001:db8::1]:3\nAlternateEndpoints = 192.0.2.1:4\n" } },
                { WGP_FORMAT_KEYFILE,
                                { CONNECTION "[wireguard-peer." K1 "]\nendpoint=a:1\n",
                                                "[wireguard-peer." K1
                                                "]\nAlternateEndpoints=b:2 [2001:db8::1]:3\nAlternateEndpoints=192.0.2.1:4\n" } },
        };

        for (size_t i = 0; i < WGP_ARRAY_SIZE(cases); i++)
                for (WgpFormat to = 0; to < _WGP_FORMAT_N; to++) {
                        WgpDiagnostics losses = WGP_DIAGNOSTICS_NULL;
                        Reading r = read_profile("wg0", cases[i].from, cases[i].texts, 2);
                        char *text = convert("alternates", r.profile, to, &losses);

                        cr_expect(strstr(text, "# AlternateEndpoints = b:2, [2001:db8::1]:3, 192.0.2.1:4\n"), "%s",
                                        text);
                        cr_expect_eq(losses.n_warnings, to == cases[i].from ? 0 : 2, "case %zu: %zu", i,
                                        losses.n_warnings);
                        free(text);
                        wgp_diagnostics_done(&losses);
                        reading_done(&r);
                }
}

Test(convert, uuid_is_optional) {
        WgpDiagnostics losses = WGP_DIAGNOSTICS_NULL;
        Reading r = read_one(WGP_FORMAT_WG_QUICK, "[Interface]\n");
        WgpText text = WGP_TEXT_NULL;

        cr_assert_eq(wgp_convert(r.profile, WGP_FORMAT_KEYFILE, NULL, &text, &losses), 0);
        cr_expect_null(strstr(text.data, "uuid"));
        wgp_text_done(&text);
        reading_done(&r);
}

/* --- losses --- */

static const struct {
        const char *name;
        WgpFormat from;
        const char *text;
        const char *expected; /* "LINE KEY" of each; line 0: the file as a whole */
} losses_cases[] = {
        { "none", WGP_FORMAT_WG_QUICK, "[Interface]\nPrivateKey = " SECRET "\nMTU = 1400\nSaveConfig = false\n", "" },
        { "hooks", WGP_FORMAT_WG_QUICK, "[Interface]\nPreUp = a\nPostUp = b\nPostUp = c\nPreDown = d\nPostDown = e\n",
                        "2 PreUp, 3 PostUp, 4 PostUp, 5 PreDown, 6 PostDown" },
        { "SaveConfig", WGP_FORMAT_WG_QUICK, "[Interface]\nSaveConfig = true\n", "2 SaveConfig" },
        { "a server without an address of its family", WGP_FORMAT_WG_QUICK,
                        "[Interface]\nAddress = 10.0.0.2/32\nDNS = 10.0.0.1\nDNS = fd00::1\n", "4 DNS" },
        { "a domain without an address", WGP_FORMAT_WG_QUICK, "[Interface]\nDNS = a.example\n", "2 DNS" },
        { "a search domain of a split tunnel", WGP_FORMAT_WG_QUICK,
                        "[Interface]\nAddress = 10.0.0.2/32\nDNS = 10.0.0.1\nDNS = a.example\n", "4 DNS" },
        { "a search domain of a full tunnel", WGP_FORMAT_WG_QUICK,
                        "[Interface]\nAddress = 10.0.0.2/32\nDNS = 10.0.0.1, a.example\n[Peer]\nPublicKey = " K1
                        "\nAllowedIPs = ::/0\n",
                        "" },
        { "plus and minus", WGP_FORMAT_WG_QUICK,
                        "[Interface]\n[Peer]\nPublicKey = " K1
                        "\nAllowedIPs = 10.0.0.0/8\nAllowedIPs = +10.1.0.0/16\nAllowedIPs = -10.2.0.0/16\n",
                        "5 AllowedIPs, 6 AllowedIPs" },
        { "port 0", WGP_FORMAT_WG_QUICK, "[Interface]\n[Peer]\nPublicKey = " K1 "\nEndpoint = 192.0.2.1:0\n",
                        "4 Endpoint" },
        { "routes and rules", WGP_FORMAT_KEYFILE,
                        CONNECTION
                        "[ipv4]\nmethod=manual\naddress1=10.0.0.2/24\nroute1=10.1.0.0/16,10.0.0.1\nroute1_options=mtu=1300\n"
                        "gateway=10.0.0.1\nrouting-rule1=priority 5 from 10.0.0.0/8 table 9\n",
                        "11 gateway, 9 route1, 12 routing-rule1" },
        { "settings of resolved", WGP_FORMAT_KEYFILE,
                        CONNECTION
                        "mdns=1\nllmnr=0\ndns-over-tls=2\ndnssec=0\n[ipv4]\nmethod=manual\naddress1=10.0.0.2/24\n"
                        "dns=10.0.0.1#dns.example;\ndns-priority=5\ndns-search=~;\n",
                        "6 mdns, 7 llmnr, 8 dns-over-tls, 9 dnssec, 13 dns, 14 dns-priority" },
        { "domains of a split tunnel", WGP_FORMAT_KEYFILE,
                        CONNECTION
                        "[ipv4]\nmethod=manual\naddress1=10.0.0.2/24\ndns=10.0.0.1;\ndns-search=a.example;\n",
                        "10 dns-search" },
        { "keys that are asked for", WGP_FORMAT_KEYFILE,
                        CONNECTION "[wireguard]\nprivate-key-flags=1\n[wireguard-peer." K1
                                   "]\npreshared-key-flags=2\n",
                        "0 Autoconnect, 7 private-key-flags, 9 preshared-key-flags" },
        { "flags of a key that is there", WGP_FORMAT_KEYFILE,
                        CONNECTION "[wireguard]\n[wireguard-peer." K1 "]\npreshared-key=" SECRET
                                   "\npreshared-key-flags=0\n",
                        "" },
        { "permissions", WGP_FORMAT_KEYFILE, CONNECTION "permissions=user:alice:;\n", "0 Autoconnect, 6 permissions" },
        { "zone", WGP_FORMAT_KEYFILE, CONNECTION "zone=home\n", "0 Zone" },
        { "a VRF has a key of ours", WGP_FORMAT_KEYFILE, CONNECTION "controller=blue\nport-type=vrf\n", "0 Vrf" },
        { "the VRF of that key goes before", WGP_FORMAT_KEYFILE,
                        CONNECTION "controller=blue\nport-type=vrf\n[WgProfile]\nVrf=red\n", "0 Vrf, 6 controller" },
        { "metrics of the families differ", WGP_FORMAT_KEYFILE,
                        CONNECTION
                        "[ipv4]\nmethod=manual\naddress1=10.0.0.2/24\nroute-metric=5\n[ipv6]\nmethod=manual\naddress1=fd00::2/64\nroute-metric=6\n",
                        "9 route-metric, 13 route-metric" },
        { "tables of the families differ", WGP_FORMAT_KEYFILE,
                        CONNECTION
                        "[ipv4]\nmethod=manual\naddress1=10.0.0.2/24\nroute-table=5\n[ipv6]\nmethod=manual\naddress1=fd00::2/64\n",
                        "9 route-table" },
        { "a gateway behind an address", WGP_FORMAT_KEYFILE,
                        CONNECTION "[ipv4]\nmethod=manual\naddress1=10.0.0.2/24,10.0.0.1\naddress2=10.0.0.3/24\n",
                        "8 address1" },
        { "a default route in a table", WGP_FORMAT_KEYFILE,
                        CONNECTION
                        "[wireguard-peer." K1
                        "]\nallowed-ips=0.0.0.0/0\n[ipv4]\nmethod=manual\naddress1=10.0.0.2/24\nroute-table=5\n",
                        "11 route-table" },
        { "no default route", WGP_FORMAT_KEYFILE,
                        CONNECTION
                        "[wireguard-peer." K1
                        "]\nallowed-ips=0.0.0.0/0\n[ipv4]\nmethod=manual\naddress1=10.0.0.2/24\nnever-default=true\n",
                        "11 never-default" },
        { "never-default of a split tunnel is none", WGP_FORMAT_KEYFILE,
                        CONNECTION
                        "[wireguard-peer." K1
                        "]\nallowed-ips=10.0.0.0/8\n[ipv4]\nmethod=manual\naddress1=10.0.0.2/24\nnever-default=true\n",
                        "" },
        { "rules that were asked for", WGP_FORMAT_KEYFILE,
                        CONNECTION "[wireguard]\nip4-auto-default-route=1\nip6-auto-default-route=0\n",
                        "7 ip4-auto-default-route" },
        { "a link-local address", WGP_FORMAT_KEYFILE, CONNECTION "[ipv6]\nmethod=link-local\nmay-fail=false\n",
                        "7 method, 8 may-fail" },
        { "keys without meaning are no loss", WGP_FORMAT_KEYFILE, CONNECTION "metered=1\nautoconnect-priority=5\n",
                        "" },
};

static char *list_losses(const WgpDiagnostics *losses) {
        char *text = NULL;
        size_t size = 0;
        FILE *f = open_memstream(&text, &size);

        cr_assert(f);
        for (size_t i = 0; i < losses->n_items; i++)
                fprintf(f, "%s%u%s%s", i > 0 ? ", " : "", losses->items[i].line, losses->items[i].key ? " " : "",
                                losses->items[i].key ?: "");
        fclose(f);
        return text;
}

Test(convert, losses) {
        for (size_t i = 0; i < WGP_ARRAY_SIZE(losses_cases); i++) {
                const WgpFormat from = losses_cases[i].from;
                WgpDiagnostics losses = WGP_DIAGNOSTICS_NULL;
                Reading r = read_one(from, losses_cases[i].text);
                char *text, *found;

                cr_expect_eq(r.diagnostics.n_errors, 0, "case '%s': %s", losses_cases[i].name, r.problems);
                text = convert(losses_cases[i].name, r.profile,
                                from == WGP_FORMAT_KEYFILE ? WGP_FORMAT_WG_QUICK : WGP_FORMAT_KEYFILE, &losses);
                found = list_losses(&losses);
                cr_expect_str_eq(found, losses_cases[i].expected, "case '%s': %s\n%s", losses_cases[i].name, found,
                                text);
                cr_expect_eq(losses.n_errors, 0, "case '%s'", losses_cases[i].name);

                free(found);
                free(text);
                wgp_diagnostics_done(&losses);
                reading_done(&r);
        }
}

/* A value that a comment would cut is left out, not written wrong. */
Test(convert, comment_sign_in_a_value) {
        WgpDiagnostics losses = WGP_DIAGNOSTICS_NULL;
        Reading r = read_one(WGP_FORMAT_KEYFILE, CONNECTION "zone=a#b\n");
        char *text = convert("comment", r.profile, WGP_FORMAT_WG_QUICK, &losses);

        cr_expect_null(strstr(text, "a#b"), "%s", text);
        cr_expect_eq(losses.n_warnings, 1);
        free(text);
        wgp_diagnostics_done(&losses);
        reading_done(&r);
}
