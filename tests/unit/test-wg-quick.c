/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The wg-quick format: every verdict that was measured on wg(8) and wg-quick(8), and the deviations from them. */

#include <criterion/criterion.h>

#include "parse/key-table.h"
#include "parse/parse.h"
#include "support/profile-text.h"

#define K1 "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8="
#define K2 "ICEiIyQlJicoKSorLC0uLzAxMjM0NTY3ODk6Ozw9Pj8="
#define ZERO "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA="

typedef struct Case {
        const char *in;
        const char *out;    /* the dump */
        const char *places; /* "": nothing to say */
} Case;

static void check_cases(const char *before, const Case *cases, size_t n_cases, const char *dump_before) {
        for (size_t i = 0; i < n_cases; i++) {
                char *text, *dump;
                Reading r;

                cr_assert(asprintf(&text, "%s%s", before, cases[i].in) >= 0);
                cr_assert(asprintf(&dump, "%s%s", dump_before, cases[i].out) >= 0);
                r = read_one(WGP_FORMAT_WG_QUICK, text);
                cr_expect_str_eq(r.dump, dump, "'%s' gave:\n%s", cases[i].in, r.dump);
                cr_expect_str_eq(r.places, cases[i].places, "'%s' gave '%s':\n%s", cases[i].in, r.places, r.problems);
                reading_done(&r);
                free(dump);
                free(text);
        }
}

Test(wg_quick, interface_of_wg) {
        static const Case cases[] = {
                { "ListenPort = 0", "listen-port 0\n", "" },
                { "ListenPort = 51820", "listen-port 51820\n", "" },
                { "ListenPort = 65535", "listen-port 65535\n", "" },
                { "ListenPort = +80", "listen-port 80\n", "" },
                { "ListenPort = 080", "listen-port 80\n", "" },
                { "ListenPort = 51 820", "listen-port 51820\n", "" },
                { "Listen Port = 5 1 8 2 0", "listen-port 51820\n", "" },
                { "ListenPort = domain", "listen-port 53\n", "" },
                { "listenport=ntp", "listen-port 123\n", "" },
                { "ListenPort = 1 # one", "listen-port 1\n", "" },
                { "ListenPort = -1", "", "E2" },
                { "ListenPort = 0x50", "", "E2" },
                { "ListenPort = http", "", "E2" },
                { "ListenPort = +ntp", "", "E2" },
                { "ListenPort = +", "", "E2" },
                { "ListenPort = 99999999999999999999", "", "E2" },
                { "ListenPort =", "", "E2" },
                { "ListenPort = # none", "", "E2" },
                { "ListenPort", "", "E2" },
                { "ListenPort : 5", "", "E2" },
                /* deviation: wg takes a port modulo 65536 */
                { "ListenPort = 65536", "", "E2" },
                { "ListenPort = 70000", "", "E2" },
                { "ListenPort = 4294967297", "", "E2" },

                { "FwMark = off", "fwmark 0x0\n", "" },
                { "FwMark = OFF", "fwmark 0x0\n", "" },
                { "FwMark = 0", "fwmark 0x0\n", "" },
                { "FwMark = 0x1234", "fwmark 0x1234\n", "" },
                { "FwMark = 0xffffffff", "fwmark 0xffffffff\n", "" },
                { "FwMark = 4294967295", "fwmark 0xffffffff\n", "" },
                { "FwMark = 010", "fwmark 0xa\n", "" },
                { "FwMark = 0X1234", "", "E2" },
                { "FwMark = 0x", "", "E2" },
                { "FwMark = 12abc", "", "E2" },
                { "FwMark = -1", "", "E2" },
                { "FwMark = 4294967296", "", "E2" },
                { "FwMark = 0xfffffffff", "", "E2" },
                { "FwMark =", "", "E2" },

                { "PrivateKey = " K1, "private-key stated\n", "" },
                { "privatekey=" K1, "private-key stated\n", "" },
                { "PrivateKey = AAECAwQFBgcICQoLDA0O DxAREhMUFRYXGBkaGxwdHh8=", "private-key stated\n", "" },
                { "PrivateKey = " K1 " # c", "private-key stated\n", "" },
                { "PrivateKey = " ZERO, "", "" },
                { "PrivateKey = @office.key", "private-key credential office.key\n", "" },
                { "PrivateKey = AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh=", "", "E2" },
                { "PrivateKey = AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh9=", "", "E2" },
                { "PrivateKey = AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh-=", "", "E2" },
                { "PrivateKey =", "", "E2" },
                { "PrivateKey = @", "", "E2" },
                { "PrivateKey = @..", "", "E2" },
                { "PrivateKey = @a/b", "", "E2" },

                { "Name = foo", "", "E2" },
                { "#Name = foo", "", "" },
                { "# c", "", "" },
                { "; c", "", "E2" },
                { "// c", "", "E2" },
                { "Jc = 4", "", "E2" },
                { "PublicKey = " K1, "", "E2" },
                { "AllowedIPs = 10.0.0.0/8", "", "E2" },
        };

        check_cases("[Interface]\n", cases, WGP_ARRAY_SIZE(cases), "");
}

Test(wg_quick, interface_of_wg_quick) {
        static const Case cases[] = {
                { "Address = 10.66.0.2/24", "address 10.66.0.2/24\n", "" },
                { "Address = 10.66.0.2", "address 10.66.0.2/32\n", "" },
                { "Address = fd00::1", "address fd00::1/128\n", "" },
                { "Address = 10.5/16", "address 10.5.0.0/16\n", "" },
                { "Address = 10/8", "address 10.0.0.0/8\n", "" },
                { "Address = 0x0a.010.1.1/8", "address 10.8.1.1/8\n", "" },
                { "Address = 10.67.0.1/255.255.255.0", "address 10.67.0.1/24\n", "" },
                { "Address = 10.67.0.1/255.255", "address 10.67.0.1/16\n", "" },
                { "Address = 10.67.0.1/0.0.0.0", "address 10.67.0.1/0\n", "" },
                { "Address = 10.67.0.1/0x18", "address 10.67.0.1/24\n", "" },
                { "Address = 10.67.0.1/030", "address 10.67.0.1/24\n", "" },
                { "Address = 10.67.0.1/+24", "address 10.67.0.1/24\n", "" },
                { "Address = 10.67.0.1/-8", "", "E2" },
                { "Address = 10.66.0.2/24 10.67.0.1/255.255.255.0,,10.68.0.9   fd00:1::5",
                                "address 10.66.0.2/24\naddress 10.67.0.1/24\naddress 10.68.0.9/32\naddress fd00:1::5/128\n",
                                "" },
                { "Address = 10.0.0.1/8 # c", "address 10.0.0.1/8\n", "" },
                { "Address = 10.0.0.1/8\naddress=10.0.0.2/8", "address 10.0.0.1/8\naddress 10.0.0.2/8\n", "" },
                { "Address =", "", "" },
                { "Address = ,", "", "" },
                { "Address = 10.0.0.1/33", "", "E2" },
                { "Address = 10.0.0.1/", "", "E2" },
                { "Address = 10.0.0.1/255.0.255.0", "", "E2" },
                { "Address = 10.0.0.1/24/24", "", "E2" },
                { "Address = 256.1.1.1", "", "E2" },
                { "Address = 10.0.0.0.1", "", "E2" },
                { "Address = fd00::1/129", "", "E2" },
                { "Address = fd00::1%eth0/64", "", "E2" },
                { "Address = host", "", "E2" },
                { "Address = x, 10.0.0.1/8, y", "address 10.0.0.1/8\n", "E2 E2" },
                /* deviation: never globs */
                { "Address = *", "", "E2" },
                { "Address", "", "E2" },

                { "DNS = 10.66.0.1", "dns 10.66.0.1\n", "" },
                { "DNS = 10.66.0.1, fd66::1, example.com  corp.example",
                                "dns 10.66.0.1\ndns fd66::1\ndomain example.com\ndomain corp.example\n", "" },
                { "DNS = ~corp.example, ~.", "domain ~corp.example\ndomain ~.\n", "" },
                { "DNS = fe80::1%wg0", "dns fe80::1 scope wg0\n", "" },
                { "DNS =", "", "" },
                { "DNS = 10.66.1", "", "E2" },
                { "DNS = example.com:53", "", "E2" },
                { "DNS = fd00::1%wg0", "", "E2" },
                { "DNS = fe80::1%", "", "E2" },
                { "DNS = a..b", "", "E2" },
                { "DNS = -a", "", "E2" },

                { "MTU = 1420", "mtu 1420\n", "" },
                { "MTU = 0x500", "mtu 1280\n", "" },
                { "MTU = 0", "", "" },
                { "MTU =", "", "" },
                { "MTU = 67", "", "E2" },
                { "MTU = 70000", "", "E2" },
                { "MTU = 1420 bytes", "", "E2" },
                { "MTU = -1", "", "E2" },

                { "Table = off", "table off\n", "" },
                /* deviation: in any case */
                { "Table = OFF", "table off\n", "" },
                { "Table = auto", "", "" },
                { "Table =", "", "" },
                { "Table = 1234", "table 1234\n", "" },
                { "Table = 0x10", "table 16\n", "" },
                { "Table = 4294967295", "table 4294967295\n", "" },
                { "Table = 0", "table 254\n", "" },
                { "Table = main", "table 254\n", "" },
                { "Table = local", "table 255\n", "" },
                { "Table = default", "table 253\n", "" },
                { "Table = vpn", "table 200\n", "" },
                { "Table = nosuch", "", "E2" },
                { "Table = 4294967296", "", "E2" },
                { "Table = -1", "", "E2" },

                { "PreUp = a\nPostUp = b\nPreDown = c\nPostDown = d", "pre-up a\npost-up b\npre-down c\npost-down d\n",
                                "" },
                { "PostUp = b\nPostUp = a\nPreUp = c", "post-up b\npost-up a\npre-up c\n", "" },
                { "PostUp = ip link set %i up; echo %i%i %%i %I", "post-up ip link set wg0 up; echo wg0wg0 %wg0 %I\n",
                                "" },
                { "PostUp = wg set %i private-key <(cat /k) # %i", "post-up wg set wg0 private-key <(cat /k) # wg0\n",
                                "" },
                { "PostUp = echo \"#\" ; a=b", "post-up echo \"#\" ; a=b\n", "" },
                { "PostUp = %", "post-up %\n", "" },
                { "PostUp =", "", "" },
                { "PostUp", "", "E2" },
                { "Post Up = a", "", "E2" },

                { "SaveConfig = true", "save-config\n", "" },
                { "SaveConfig = TRUE", "save-config\n", "" },
                { "SaveConfig = false", "", "" },
                { "SaveConfig = yes", "", "E2" },
                { "SaveConfig =", "", "E2" },
                { "SaveConfig", "", "E2" },

                /* the last one counts */
                { "MTU = 1400\nMTU = 1300", "mtu 1300\n", "W3" },
                { "Table = 5\nTable = off", "table off\n", "W3" },
                { "ListenPort = 1\nlisten port = 2", "listen-port 2\n", "W3" },
                { "FwMark = 1\nFwMark = 2\nFwMark = 3", "fwmark 0x3\n", "W3 W4" },
                { "Address = 10.0.0.1/8\nAddress = 10.0.0.1/8", "address 10.0.0.1/8\naddress 10.0.0.1/8\n", "" },
        };

        check_cases("[Interface]\n", cases, WGP_ARRAY_SIZE(cases), "");
}

Test(wg_quick, peer) {
        static const Case cases[] = {
                { "", "", "" },
                { "PresharedKey = " K2, "  preshared-key stated\n", "" },
                { "PresharedKey = " ZERO, "", "" },
                { "PresharedKey = @psk", "  preshared-key credential psk\n", "" },
                { "PresharedKey =", "", "E4" },

                { "AllowedIPs = 10.0.0.1", "  allowed  10.0.0.1/32\n", "" },
                { "AllowedIPs = fd00::1", "  allowed  fd00::1/128\n", "" },
                { "AllowedIPs = 10.0.0.1/24", "  allowed  10.0.0.0/24\n", "W4" },
                { "AllowedIPs = 10.0.0.0/024", "  allowed  10.0.0.0/24\n", "" },
                { "AllowedIPs = ::ffff:10.0.0.1/128", "  allowed  ::ffff:10.0.0.1/128\n", "" },
                { "AllowedIPs = 10.0.0.0/8\nAllowedIPs = 11.0.0.0/8, 12.0.0.0/8",
                                "  allowed  10.0.0.0/8\n  allowed  11.0.0.0/8\n  allowed  12.0.0.0/8\n", "" },
                { "AllowedIPs = 10.0.0.0/8,10.0.0.0/8", "  allowed  10.0.0.0/8\n  allowed  10.0.0.0/8\n", "" },
                { "AllowedIPs = 10 . 0 . 0 . 0 / 8", "  allowed  10.0.0.0/8\n", "" },
                { "AllowedIPs = 10.0.0.0/8 # , x", "  allowed  10.0.0.0/8\n", "" },
                { "AllowedIPs = +10.0.0.0/24", "  allowed +10.0.0.0/24\n", "" },
                { "AllowedIPs = -10.0.0.0/24", "  allowed -10.0.0.0/24\n", "" },
                { "AllowedIPs = 10.0.0.0/24, -10.0.0.0/24, +11.0.0.0/8",
                                "  allowed  10.0.0.0/24\n  allowed -10.0.0.0/24\n  allowed +11.0.0.0/8\n", "" },
                { "AllowedIPs = +-10.0.0.0/24", "", "E4" },
                { "AllowedIPs = +", "", "E4" },
                /* deviation: empty means none */
                { "AllowedIPs =", "", "" },
                { "AllowedIPs = 10.0.0.0/33", "", "E4" },
                { "AllowedIPs = ::/129", "", "E4" },
                { "AllowedIPs = 10.0.0.1/", "", "E4" },
                { "AllowedIPs = 10.0.0.0/+24", "", "E4" },
                { "AllowedIPs = 10.0.0.0/255.255.255.0", "", "E4" },
                { "AllowedIPs = ,10.0.0.1", "  allowed  10.0.0.1/32\n", "E4" },
                { "AllowedIPs = 10.0.0.1,", "  allowed  10.0.0.1/32\n", "E4" },
                { "AllowedIPs = 10.0.0.1,,10.0.0.2", "  allowed  10.0.0.1/32\n  allowed  10.0.0.2/32\n", "E4" },
                { "AllowedIPs = ,", "", "E4 E4" },
                { "AllowedIPs = 10.0.0.1 10.0.0.2", "", "E4" },
                { "AllowedIPs = 10.1/16", "", "E4" },
                { "AllowedIPs = 010.0.0.1", "", "E4" },
                { "AllowedIPs = fe80::1%eth0", "", "E4" },
                { "AllowedIPs = 0/0", "", "E4" },
                { "AllowedIP = 10.0.0.0/8", "", "E4" },
                { "AllowedIPs:10.0.0.0/8", "", "E4" },

                { "Endpoint = 1.2.3.4:5", "  endpoint 1.2.3.4:5\n", "" },
                { "Endpoint = 1.2.3.4 : 5", "  endpoint 1.2.3.4:5\n", "" },
                { "Endpoint = [::1]:5", "  endpoint [::1]:5\n", "" },
                { "Endpoint = ::1:5", "  endpoint [::1]:5\n", "" },
                { "Endpoint = 2001:db8::1:51820", "  endpoint [2001:db8::1]:51820\n", "" },
                { "Endpoint = [1.2.3.4]:5", "  endpoint 1.2.3.4:5\n", "" },
                { "Endpoint = [localhost]:5", "  endpoint name localhost port 5\n", "" },
                { "Endpoint = localhost:domain", "  endpoint name localhost port 53\n", "" },
                { "Endpoint = 1.2.3.4:ntp", "  endpoint 1.2.3.4:123\n", "" },
                { "Endpoint = 1.2.3.4:0", "  endpoint 1.2.3.4:0\n", "" },
                { "Endpoint = 1.2.3.4:+5", "  endpoint 1.2.3.4:5\n", "" },
                { "Endpoint = vpn.example.org.:5", "  endpoint name vpn.example.org. port 5\n", "" },
                { "Endpoint = a_b.example:5", "  endpoint name a_b.example port 5\n", "" },
                { "Endpoint = 0xcafe.example.org:5", "  endpoint name 0xcafe.example.org port 5\n", "" },
                { "Endpoint = 127.1:5", "  endpoint 127.0.0.1:5\n", "" },
                { "Endpoint = 0x7f.1:5", "  endpoint 127.0.0.1:5\n", "" },
                { "Endpoint = 2130706433:5", "  endpoint 127.0.0.1:5\n", "" },
                { "Endpoint = [fe80::1%up0]:5", "  endpoint [fe80::1]:5 scope up0\n", "" },
                { "Endpoint = [fe80::1%2]:5", "  endpoint [fe80::1%2]:5\n", "" },
                { "Endpoint = fe80::1%up0:5", "  endpoint [fe80::1]:5 scope up0\n", "" },
                { "Endpoint = [2001:db8::1%2]:5", "  endpoint [2001:db8::1%2]:5\n", "" },
                /* deviation: wg takes a port modulo 65536 */
                { "Endpoint = 1.2.3.4:65536", "", "E4" },
                { "Endpoint = 1.2.3.4:70000", "", "E4" },
                { "Endpoint = 1.2.3.4", "", "E4" },
                { "Endpoint = 1.2.3.4:", "", "E4" },
                { "Endpoint = :5", "", "E4" },
                { "Endpoint = []:5", "", "E4" },
                { "Endpoint = [::1]", "", "E4" },
                { "Endpoint = [::1]5", "", "E4" },
                { "Endpoint = [::1:5", "", "E4" },
                { "Endpoint = [fe80::1%]:5", "", "E4" },
                { "Endpoint = [2001:db8::1%up0]:5", "", "E4" },
                { "Endpoint = 1.2.3.4%up0:5", "", "E4" },
                { "Endpoint = name%up0:5", "", "E4" },
                { "Endpoint = 127.1%up0:5", "", "E4" },
                { "Endpoint = localhost:http", "", "E4" },
                { "Endpoint = 1.2.3.4:5x", "", "E4" },
                { "Endpoint = 1.2.3.4:+", "", "E4" },
                { "Endpoint = 1.2.3.4:+ntp", "", "E4" },
                { "Endpoint = 256.1.1.1:5", "", "E4" },
                { "Endpoint = (none)", "", "E4" },
                { "Endpoint =", "", "E4" },
                { "Endpoint = b\xc3\xbc"
                  "cher.example:5",
                                "", "E4" },
                { "Endpoint = a..b:5", "", "E4" },
                { "Endpoint = -a:5", "", "E4" },

                { "PersistentKeepalive = off", "", "" },
                { "PersistentKeepalive = Off", "", "" },
                { "PersistentKeepalive = 0", "", "" },
                { "PersistentKeepalive = 25", "  keepalive 25\n", "" },
                { "PersistentKeepalive = 025", "  keepalive 25\n", "" },
                { "persistent keepalive=65535", "  keepalive 65535\n", "" },
                { "PersistentKeepalive = 65536", "", "E4" },
                { "PersistentKeepalive = 25s", "", "E4" },
                { "PersistentKeepalive = -1", "", "E4" },
                { "PersistentKeepalive = +5", "", "E4" },
                { "PersistentKeepalive = 0x10", "", "E4" },
                { "PersistentKeepalive =", "", "E4" },

                { "MTU = 1420", "", "E4" },
                { "Address = 10.0.0.1", "", "E4" },
                { "PostUp = x", "", "E4" },
                { "DNS =", "", "E4" },

                { "Endpoint = 1.2.3.4:5\nEndpoint = 1.2.3.4:6", "  endpoint 1.2.3.4:6\n", "W5" },
                { "PersistentKeepalive = 5\nPersistentKeepalive = off", "", "W5" },
        };

        check_cases("[Interface]\n[Peer]\nPublicKey = " K1 "\n", cases, WGP_ARRAY_SIZE(cases), "peer " K1 "\n");
}

Test(wg_quick, files) {
        static const Case cases[] = {
                { "", "", "" },
                { "[Interface]\n", "", "" },
                { "\xef\xbb\xbf[Interface]\r\nListenPort = 1\r\n", "listen-port 1\n", "" },
                { "[interface]\nLISTENPORT=1\n[PEER]\npublickey=" K1, "listen-port 1\npeer " K1 "\n", "" },
                { "ListenPort = 1\n", "", "E1" },
                { "[Peer\nPublicKey = " K1 "\n", "", "E1" },
                { "[Beer]\nPublicKey = " K1 "\nFoo = 1\n", "", "E1" },
                { "[Peer]\n", "", "E1" },
                { "[Peer]\n[Peer]\nPublicKey = " K1 "\n[Peer]\n", "peer " K1 "\n", "E1 E4" },
                { "[Peer]\nEndpoint = 1.2.3.4:5\n", "", "E1" },
                /* one mistake is said once */
                { "[Peer]\nPublicKey = x\nEndpoint = 1.2.3.4:5\n", "", "E2" },
                { "[Peer]\nPublicKy = " K1 "\n", "", "E2" },
                { "[Peer]\nword\n", "", "E2" },
                /* any of the repeated sections counts */
                { "[Interface]\nListenPort = 1\n[Peer]\nPublicKey = " K1 "\n[Interface]\nFwMark = 2\nMTU = 1300\n",
                                "listen-port 1\nfwmark 0x2\nmtu 1300\npeer " K1 "\n", "" },
                { "[Interface]\nListenPort = 1\n[Interface]\nListenPort = 2\n", "listen-port 2\n", "W4" },
                /* wg reads what wg-quick does not see */
                { "[ Interface ]\nListenPort = 1\n", "listen-port 1\n", "" },
                { "[ Interface ]\nAddress = 10.0.0.1/8\n", "", "E2" },
                { "[ Interface ]\nMTU = 1400\n[Interface]\nMTU = 1300\n", "mtu 1300\n", "E2" },
                { "[In terface]\nFwMark = 1\n", "fwmark 0x1\n", "" },
                { "[Pe er]\nPublicKey = " K1 "\n", "peer " K1 "\n", "" },
                { "[Interface]x\n", "", "E1" },
                { "[Interface] # c\nListenPort = 1\n", "listen-port 1\n", "" },
                { "[Interface]\nTable = off\n[Peer]\nPublicKey=" K1 "\nAllowedIPs = 0.0.0.0/0\n",
                                "table off\npeer " K1 "\n  allowed  0.0.0.0/0\n", "" },
                { "[WgProfile]\nAutoconnect = no\nHooks = yes\nRefreshSec = 1h\nNetns = blue\nVrf = red\nZone = home\n"
                  "RouteMetric = 0\nMTU = auto\nKillSwitch = no\nGenerateKey = encrypted\n",
                                "zone home\nautoconnect 0\nhooks 1\nkill-switch 0\nrefresh-usec 3600000000\nnetns blue\nvrf red\n"
                                "route-metric 0\ngenerate-key 2\n",
                                "" },
                { "[WgProfile]\nAutoconnect = maybe\nHooks = 2\nRefreshSec = 5s\nNetns = ../x\nVrf = a/b\n"
                  "RouteMetric = -1\nMTU = 5\nKillSwitch = x\nGenerateKey = x\nPrivateKeyFile = key\n",
                                "", "E2 E3 E4 E5 E6 E7 E8 E9 E10 E11" },
                { "[WgProfile]\nKillSwitch = yes\n", "kill-switch 1\n", "" },
                { "[WgProfile]\nKillSwitch = Strict\n", "kill-switch 1\nkill-switch-strict\n", "" },
                { "[WgProfile]\nKillSwitch = strict\nKillSwitch = yes\n", "kill-switch 1\n", "W3" },
                { "[WgProfile]\nKillSwitch = strict\nKillSwitch =\n", "", "W3" },
                { "[WgProfile]\nZone = caf\303\251\n", "zone caf\303\251\n", "" },
                { "[WgProfile]\nZone = caf\351\n", "", "E2" },
                { "[WgProfile]\nPrivateKeyFile = /etc/key\n", "private-key file /etc/key\nprivate-key-file /etc/key\n",
                                "" },
                { "[WgProfile]\nPrivateKeyFile = /etc/key\n[Interface]\nPrivateKey = " K1 "\n",
                                "private-key file /etc/key\nprivate-key-file /etc/key\n", "W4" },
        };

        check_cases("", cases, WGP_ARRAY_SIZE(cases), "");
}

/* A peer that stands twice: as the kernel ends up with it after wg(8). */
Test(wg_quick, same_peer) {
        static const Case cases[] = {
                { "Endpoint = 1.2.3.4:5\nPersistentKeepalive = 25\nPresharedKey = " K2 "\nAllowedIPs = 10.0.0.0/8\n"
                  "[Peer]\nPublicKey = " K1 "\nAllowedIPs = 11.0.0.0/8\n",
                                "  preshared-key stated\n  endpoint 1.2.3.4:5\n  keepalive 25\n  allowed  11.0.0.0/8\n",
                                "W8" },
                { "AllowedIPs = 10.0.0.0/8\n[Peer]\nPublicKey = " K1 "\nEndpoint = 1.2.3.4:5\n",
                                "  endpoint 1.2.3.4:5\n", "W5" },
                { "AllowedIPs = 10.0.0.0/8\n[Peer]\nPublicKey = " K1 "\nAllowedIPs = +11.0.0.0/8\n",
                                "  allowed  10.0.0.0/8\n  allowed +11.0.0.0/8\n", "W5" },
                { "AllowedIPs = 10.0.0.0/8\n[Peer]\nPublicKey = " K1 "\nAllowedIPs = -10.0.0.0/8\n",
                                "  allowed  10.0.0.0/8\n  allowed -10.0.0.0/8\n", "W5" },
                /* each line decides anew whether it replaces */
                { "AllowedIPs = 10.0.0.0/8\n[Peer]\nPublicKey = " K1
                  "\nAllowedIPs = +11.0.0.0/8\nAllowedIPs = 12.0.0.0/8\n",
                                "  allowed +11.0.0.0/8\n  allowed  12.0.0.0/8\n", "W5" },
                { "AllowedIPs = 10.0.0.0/8\n[Peer]\nPublicKey = " K1
                  "\nAllowedIPs = 12.0.0.0/8\nAllowedIPs = +11.0.0.0/8\n",
                                "  allowed  10.0.0.0/8\n  allowed  12.0.0.0/8\n  allowed +11.0.0.0/8\n", "W5" },
                { "[Peer]\nPublicKey = " K1 "\n[Peer]\nPublicKey = " K1 "\nPersistentKeepalive = 5\n",
                                "  keepalive 5\n", "W4 W6" },
        };

        check_cases("[Interface]\n[Peer]\nPublicKey = " K1 "\n", cases, WGP_ARRAY_SIZE(cases), "peer " K1 "\n");
}

/* Keys of other dialects are errors that say whose they are. */
Test(wg_quick, dialects) {
        static const struct {
                const char *in, *dialect;
        } cases[] = {
                { "[Interface]\nJc = 4\n", "AmneziaWG" },
                { "[Interface]\nS1 = 4\n", "AmneziaWG" },
                { "[Interface]\nh4 = 4\n", "AmneziaWG" },
                { "[Interface]\nIncludedApplications = a\n", "Android" },
                { "[Interface]\nPrivateKeyFile = /x\n", "systemd.netdev(5)" },
                { "[Interface]\nTable = 5\n[WireGuardPeer]\nPublicKey = " K1 "\n", "systemd.netdev(5)" },
                { "[Socks5]\nBindAddress = 127.0.0.1:1\n", "wireproxy" },
                { "[Interface]\nCheckAlive = 1.1.1.1\n", "wireproxy" },
                { "[http]\nBindAddress = 127.0.0.1:1\n[STDIOTunnel]\nTarget = a:1\n", "and so does 1 other line" },
                { "[Interface]\nReserved = 1,2,3\n", "WARP" },
                { "[Peer]\nPublicKey = " K1 "\nAdvancedSecurity = on\n", "AmneziaWG" },
                /* one line for all of them */
                { "[Interface]\nJc = 4\nJmin = 40\nJmax = 70\nS1 = 0\nS2 = 0\nS3 = 0\nS4 = 0\nH1 = 1\nH2 = 2\nH3 = 3\nH4 = 4-9\n"
                  "I1 = <b 0x00>\nI2 = x\nI3 = x\nI4 = x\nI5 = x\nJ1 = x\nJ2 = x\nJ3 = x\nItime = 10\n"
                  "HeaderProtectionKey = " K2
                  "\nContentPaddingAddition = 0-9\nRekeyAfterTime = 120\nRekeyTimeout = 5\n"
                  "RejectAfterTime = 180\nKeepaliveTimeout = 10\nMaxHandshakeAttempts = 18\n"
                  "[Peer]\nPublicKey = " K1 "\nAdvancedSecurity = on\n",
                                "profile:2: [Interface] Jc: This key belongs to AmneziaWG, not to wg-quick(8), and so do 27 other lines of this file." },
        };

        for (size_t i = 0; i < WGP_ARRAY_SIZE(cases); i++) {
                Reading r = read_one(WGP_FORMAT_WG_QUICK, cases[i].in);

                cr_expect_eq(r.diagnostics.n_errors, 1, "'%s':\n%s", cases[i].in, r.problems);
                cr_expect(strstr(r.problems, cases[i].dialect), "'%s':\n%s", cases[i].in, r.problems);
                reading_done(&r);
        }
}

/* What is wrong, and what was meant. */
Test(wg_quick, messages) {
        static const struct {
                const char *in, *text;
        } cases[] = {
                { "[Interface]\nAddress = 10.0.0.1/99\n",
                                "Address: '10.0.0.1/99' does not have a valid prefix length: expected 0 to 32" },
                { "[Interface]\nAddress = fd00::1/129\n",
                                "'fd00::1/129' does not have a valid prefix length: expected 0 to 128" },
                { "[Interface]\nAddress = 10.0.0.1/\n", "'10.0.0.1/' does not have a valid prefix length" },
                { "[Interface]\nAddress = 10.0.0.999/8\n",
                                "'10.0.0.999/8' is not a valid IP address: expected ADDRESS/LENGTH" },
                { "[Interface]\nAddress = x\n", "'x' is not a valid IP address" },
                { "[Peer]\nPublicKey = " K1 "\nAllowedIPs = 10.0.0.0/33\n",
                                "'10.0.0.0/33' does not have a valid prefix length: expected 0 to 32" },
                { "[Peer]\nPublicKey = " K1 "\nAllowedIPs = x/8\n", "'x/8' is not a valid IP address" },
                { "[Peer]\nPublicKey = " K1 "\nAllowedIPs = 10.0.0.0/8,\n", "a comma too many" },
                { "[Interface]\nListenPort = 70000\n",
                                "'70000' is not a valid port: expected 0 to 65535, or the name of a UDP service" },
                { "[Interface]\nFwMark = x\n", "'x' is not a valid mark: expected off, or 0 to 0xffffffff" },
                { "[Interface]\nMTU = 5\n", "'5' is not a valid MTU: expected 68 to 65535 bytes, or auto" },
                { "[Interface]\nTable = 4294967296\n",
                                "'4294967296' is not a valid routing table: expected auto, off, 1 to 4294967295, or a name" },
                { "[Interface]\nDNS = a/b\n", "'a/b' is not a valid name server or domain" },
                { "[Peer]\nPublicKey = " K1 "\nEndpoint = a\n", "'a' is not a valid endpoint: expected HOST:PORT" },
                { "[Peer]\nPublicKey = " K1 "\nPersistentKeepalive = 25s\n",
                                "'25s' is not a valid interval: expected off, or 0 to 65535 seconds" },
                /* quotes */
                { "[Interface]\nAddress = \"10.0.0.1/24\"\n",
                                "is not a valid IP address: expected ADDRESS/LENGTH. Quotes are not part of the format" },
                { "[Interface]\nPrivateKey = '" K1 "'\n",
                                "Not a valid key: expected 44 characters of base64, or @ and the name of a credential. Quotes are" },
                { "[Peer]\nPublicKey = \"" K1 "\"\n", "Quotes are not part of the format: leave them out." },
                { "[WgProfile]\nZone = \"home\"\n",
                                "warning: Quotes are not part of the format: here they belong to the value." },
                /* names */
                { "[Interface]\nAdress = x\n", "Adress: Unknown key: did you mean 'Address'?" },
                { "[Interface]\nadres = x\n", "did you mean 'Address'?" },
                { "[Interface]\nPrivatKey = x\n", "did you mean 'PrivateKey'?" },
                { "[Interface]\nListen-Port = 1\n", "did you mean 'ListenPort'?" },
                { "[Interface]\nEndpoint = a:1\n", "Unknown key: it belongs into [Peer]." },
                { "[Interface]\nautoconnect = no\n", "Unknown key: it belongs into [WgProfile]." },
                { "[Peer]\nPublicKey = " K1 "\nAllowedIP = 10.0.0.0/8\n", "did you mean 'AllowedIPs'?" },
                { "[WgProfile]\nKilSwitch = yes\n", "did you mean 'KillSwitch'?" },
                { "[Interface]\nDontLetTheFeelingFade = 1\n", "DontLetTheFeelingFade: Unknown key.\n" },
                { "[Interface]\nDisableKernelInterfaceNameConflictCheck = 1\n",
                                "DisableKernelInterfaceNameConflictCheck: Unknown key.\n" },
                { "[Interfaces]\n", "Unknown section: did you mean [Interface]?" },
                { "[Bandwidth]\n", "Unknown section.\n" },
        };

        for (size_t i = 0; i < WGP_ARRAY_SIZE(cases); i++) {
                Reading r = read_one(WGP_FORMAT_WG_QUICK, cases[i].in);

                cr_expect_eq(r.diagnostics.n_items, 1, "'%s':\n%s", cases[i].in, r.problems);
                cr_expect(strstr(r.problems, cases[i].text), "'%s' gave:\n%s", cases[i].in, r.problems);
                reading_done(&r);
        }
}

/* A hook may end with the quote that it starts with. */
Test(wg_quick, quotes_of_commands) {
        Reading r = read_one(WGP_FORMAT_WG_QUICK, "[Interface]\nPostUp = \"echo\" \"a\"\n");

        cr_expect_str_eq(r.dump, "post-up \"echo\" \"a\"\n");
        cr_expect_str_eq(r.problems, "");
        reading_done(&r);
}

Test(wg_quick, key_bytes) {
        Reading r = read_one(WGP_FORMAT_WG_QUICK,
                        "[Interface]\nPrivateKey = " K1 "\n[Peer]\nPublicKey = " K2 "\nPresharedKey = " K1 "\n");

        for (unsigned i = 0; i < WGP_KEY_SIZE; i++) {
                cr_expect_eq(r.profile->private_key.value[i], i);
                cr_expect_eq(r.profile->peers[0].public_key[i], 32 + i);
                cr_expect_eq(r.profile->peers[0].preshared_key.value[i], i);
        }
        cr_expect(r.profile->files[0].has_secret);
        reading_done(&r);

        r = read_one(WGP_FORMAT_WG_QUICK, "[Interface]\nPrivateKey = @c\n[Peer]\nPublicKey = " K2 "\n");
        cr_expect_not(r.profile->files[0].has_secret);
        reading_done(&r);
}

/* The entries that "show" and "convert" work from: as written, without the text of secrets. */
Test(wg_quick, entries) {
        Reading r = read_one(WGP_FORMAT_WG_QUICK, "[Interface]\nprivate key = " K1 "\nPostUp = a # b\n[Peer]\n"
                                                  "PublicKey = " K2 "\nPresharedKey = @psk\n");
        const WgpEntry *e = r.profile->entries;

        cr_assert_eq(r.profile->n_entries, 4);
        cr_expect_null(e[0].value);
        cr_expect_str_eq(e[0].key->name, "PrivateKey");
        cr_expect_str_eq(e[1].value, "a # b");
        cr_expect_str_eq(e[2].value, K2);
        cr_expect_str_eq(e[2].section_name, "Peer");
        cr_expect_eq(e[2].section, 2);
        cr_expect_eq(e[2].origin.line, 5);
        cr_expect_str_eq(e[3].value, "@psk");
        reading_done(&r);
}

/* Without a lookup a name is kept for whoever may ask. */
Test(wg_quick, no_lookup) {
        char data[] = "[Interface]\nListenPort = ntp\nTable = vpn\n[Peer]\nPublicKey = " K1 "\nEndpoint = a:domain\n";
        WgpDiagnostics d = WGP_DIAGNOSTICS_NULL;
        WgpProfile *p;

        cr_assert_eq(wgp_profile_new("wg0", WGP_FORMAT_WG_QUICK, &p), 0);
        cr_assert_eq(wgp_profile_parse(p, "f", data, strlen(data), NULL, &d), 0);
        cr_expect_eq(d.n_items, 0);
        cr_expect(p->has_listen_port);
        cr_expect_str_eq(p->listen_service, "ntp");
        cr_expect_eq(p->table.kind, WGP_TABLE_NUMBER);
        cr_expect_str_eq(p->table.name, "vpn");
        cr_expect_str_eq(p->peers[0].endpoint.service, "domain");
        wgp_diagnostics_done(&d);
        wgp_profile_free(p);
}
