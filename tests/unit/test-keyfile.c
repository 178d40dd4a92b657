/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* NetworkManager's keyfile: GKeyFile's grammar, every key, and where we refuse or use what NetworkManager drops. */

#include <criterion/criterion.h>

#include "support/profile-text.h"

#define K1 "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8="
#define K2 "ICEiIyQlJicoKSorLC0uLzAxMjM0NTY3ODk6Ozw9Pj8="
#define UUID "63376701-b61e-4318-bf7e-664a1c1eeaab"
#define ID "id=t\nuuid=" UUID "\n"
#define ID_DUMP "id t\nuuid " UUID "\n"
/* five lines */
#define BASE "[connection]\n" ID "type=wireguard\ninterface-name=wg0\n"
#define BASE_DUMP ID_DUMP "ifname wg0\n"

typedef struct Case {
        const char *in;
        const char *out;    /* the dump */
        const char *places; /* "": nothing to say */
} Case;

static void check_cases(const char *before, const char *dump_before, const Case *cases, size_t n_cases) {
        for (size_t i = 0; i < n_cases; i++) {
                char *text, *dump;
                Reading r;

                cr_assert(asprintf(&text, "%s%s", before, cases[i].in) >= 0);
                cr_assert(asprintf(&dump, "%s%s", dump_before, cases[i].out) >= 0);
                r = read_one(WGP_FORMAT_KEYFILE, text);
                cr_expect_str_eq(r.dump, dump, "'%s' gave:\n%s", cases[i].in, r.dump);
                cr_expect_str_eq(r.places, cases[i].places, "'%s' gave '%s':\n%s", cases[i].in, r.places, r.problems);
                reading_done(&r);
                free(dump);
                free(text);
        }
}

Test(keyfile, grammar) {
        static const Case cases[] = {
                { "", "", "" },
                { "# c\n\n  # d\n", "", "" },
                { "word\n", "", "E6" },
                { ";comment\n", "", "E6" },
                { ";a=b\n", "", "W6" },
                { "zone: home\n", "", "E6" },
                { "=x\n", "", "E6" },
                { "[wireguard\nmtu=1400\n[ipv4]\nmethod=disabled\n", "ipv4 method disabled\n", "E6" },
                { "[wireguard] # c\nmtu=1400\n", "", "E6" },
                { "[wire[guard]\nmtu=1400\n", "", "E6" },
                { "[wire\x01guard]\nmtu=1400\n", "", "E6" },
                { "  [wireguard]  \n  mtu = 1400\n", "mtu 1400\n", "" },
                { "[wireguard]\nmtu=1400 # c\n", "", "E7" },
                { "[wireguard]\n\n# c\r\nmtu=1400\r\n", "mtu 1400\n", "" },
                /* keys and groups are case-sensitive */
                { "[WireGuard]\nmtu=1400\n", "", "W6" },
                { "[wireguard]\nMTU=1400\n", "", "W7" },
                /* groups join, the last of equal keys counts */
                { "[wireguard]\nmtu=1400\n[ipv4]\nmethod=disabled\n[wireguard]\nlisten-port=1\n",
                                "listen-port 1\nmtu 1400\nipv4 method disabled\n", "" },
                { "[wireguard]\nmtu=1400\n[wireguard]\nmtu=1300\n", "mtu 1300\n", "W9" },
                /* translations are not ours */
                { "[wireguard]\nmtu[de]=1\nmtu=1400\n", "mtu 1400\n", "" },
                { "[wireguard]\nm]tu=1\n", "", "E7" },
                { "[wireguard]\nm[t]u=1\n", "", "E7" },
                { "[wireguard]\na]b[c]=1\n", "", "E7" },
                { "[wireguard]\na[b][c]=1\n", "", "E7" },
                /* unknown and foreign */
                { "[wireguard]\nmut=1400\n", "", "W7" },
                { "[proxy]\nmethod=1\n[user]\nfoo=bar\n[vpn-secrets]\nx=y\n", "", "" },
                { "[bond]\nmode=1\nmode=2\n", "", "W6" },
                { "[nmmeta]\nnm-generated=true\n", "", "" },
                { "[.nmmeta]\nfoo=true\n", "", "W6" },
                { "[wireguard]\nmtu=\xff\n", "", "E7" },
                { "[wireguard]\nmtu=\xc0\x80\n", "", "E7" },
                { "[wireguard]\nmtu=\xed\xa0\x80\n", "", "E7" },
                { "[WgProfile]\nColour=red\n", "", "E7" },
                { "[ipv4]\nmethod=dis\\abled\n", "ipv4 method unset\n", "E7" },
                { "[ipv4]\nmethod=\xff\n", "ipv4 method unset\n", "E7" },
                { "[WgProfile]\nAutoconnect=no \nMTU=1380\n", "mtu 1380\nautoconnect 0\n", "" },
        };

        check_cases(BASE, BASE_DUMP, cases, WGP_ARRAY_SIZE(cases));
}

Test(keyfile, connection) {
        static const Case cases[] = {
                { "zone=home\n", "zone home\nifname wg0\n", "" },
                { "zone=\n", "zone (empty)\nifname wg0\n", "" },
                { "zone=a\\sb\\tc\\\\d\n", "zone a b\tc\\d\nifname wg0\n", "" },
                { "zone=\\shome\n", "zone  home\nifname wg0\n", "" },
                { "zone=home \n", "zone home \nifname wg0\n", "" },
                { "zone=a\\xb\n", "ifname wg0\n", "E6" },
                { "zone=a\\;b\n", "ifname wg0\n", "E6" },
                { "zone=a\\\n", "ifname wg0\n", "E6" },
                { "zone=\xe2\x82\xac\n", "zone \xe2\x82\xac\nifname wg0\n", "" },
                { "autoconnect=true\n", "keyfile-autoconnect 1\nifname wg0\n", "" },
                { "autoconnect=false \n", "keyfile-autoconnect 0\nifname wg0\n", "" },
                { "autoconnect=1\n", "keyfile-autoconnect 1\nifname wg0\n", "" },
                { "autoconnect=0\n", "keyfile-autoconnect 0\nifname wg0\n", "" },
                { "autoconnect=\n", "ifname wg0\n", "" },
                { "autoconnect=yes\n", "keyfile-autoconnect 1\nifname wg0\n", "W6" },
                { "autoconnect=TRUE\n", "keyfile-autoconnect 1\nifname wg0\n", "W6" },
                { "autoconnect=off\n", "keyfile-autoconnect 0\nifname wg0\n", "W6" },
                { "autoconnect=n\n", "keyfile-autoconnect 0\nifname wg0\n", "W6" },
                { "autoconnect=2\n", "ifname wg0\n", "E6" },
                { "autoconnect=perhaps\n", "ifname wg0\n", "E6" },
                { "permissions=user:joe:;\n", "permissions\nifname wg0\n", "" },
                { "permissions=user:joe;user:jill:\n", "permissions\nifname wg0\n", "" },
                { "permissions=\n", "ifname wg0\n", "" },
                { "permissions=group:staff\n", "permissions\nifname wg0\n", "E6" },
                { "permissions=user:joe:x\n", "permissions\nifname wg0\n", "E6" },
                { "permissions=user:\n", "permissions\nifname wg0\n", "E6" },
                { "controller=red\nport-type=vrf\n", "controller red\nport-type vrf\nifname wg0\n", "" },
                { "master=red\nslave-type=vrf\n", "controller red\nport-type vrf\nifname wg0\n", "" },
                { "controller=br0\nport-type=bridge\n", "controller br0\nport-type bridge\nifname wg0\n", "E7" },
                { "mdns=1\nllmnr=-1\ndns-over-tls=2\ndnssec=0x1\n", "ifname wg0\nmdns 1\ndns-over-tls 2\ndnssec 1\n",
                                "" },
                { "mdns=3\n", "ifname wg0\n", "E6" },
                { "mdns=yes\n", "ifname wg0\nmdns 2\n", "W6" },
                { "mdns=resolve\nllmnr=off\ndns-over-tls=opportunistic\ndnssec=allow-downgrade\n",
                                "ifname wg0\nmdns 1\nllmnr 0\ndns-over-tls 1\ndnssec 1\n", "W6 W7 W8 W9" },
                { "mdns=opportunistic\n", "ifname wg0\n", "E6" },
                { "mdns=+1\n", "ifname wg0\nmdns 1\n", "" },
                { "mdns=- 1\n", "ifname wg0\n", "E6" },
                { "mdns= 1 \n", "ifname wg0\nmdns 1\n", "" },
                { "autoconnect-priority=5\nlldp=x\nmud-url=1\ntimestamp=1\nstable-id=a\\xb\n", "ifname wg0\n", "" },
                { "controller=red\n", "controller red\nifname wg0\n", "E6" },
                { "interface-name=wg1\n", "ifname wg1\n", "W6" },
        };

        check_cases(BASE, ID_DUMP, cases, WGP_ARRAY_SIZE(cases));
}

Test(keyfile, connection_whole) {
        static const Case cases[] = {
                { "", "id wg0\n", "E0" },
                { "[connection]\ntype=wireguard\n" ID, ID_DUMP, "E0" },
                { "[connection]\n" ID "type=ethernet\ninterface-name=wg0\n", BASE_DUMP, "E4" },
                { "[connection]\n" ID "interface-name=wg0\n", BASE_DUMP, "" },
                /* the id is the name of the file */
                { "[connection]\ntype=wireguard\ninterface-name=wg0\n", "id wg0\nifname wg0\n", "" },
                { "[connection]\nid=t\nuuid=63376701-B61E-4318-BF7E-664A1C1EEAAB\ninterface-name=wg0\n",
                                "id t\nuuid 63376701-B61E-4318-BF7E-664A1C1EEAAB\nifname wg0\n", "" },
                /* the older form, which NetworkManager hashes */
                { "[connection]\nid=t\nuuid=0123456789abcdef0123456789ABCDEF01234567\ninterface-name=wg0\n",
                                "id t\nuuid 0123456789abcdef0123456789ABCDEF01234567\nifname wg0\n", "" },
                { "[connection]\nid=t\nuuid=a----bcdef0123456789abcdef0123456789\ninterface-name=wg0\n",
                                "id t\nuuid a----bcdef0123456789abcdef0123456789\nifname wg0\n", "" },
                { "[connection]\nid=t\nuuid=63376701\ninterface-name=wg0\n", "id t\nifname wg0\n", "E3" },
                { "[connection]\n" ID "interface-name=sixteen-bytes-xx\n", ID_DUMP, "E4" },
                { "[connection]\n" ID "interface-name=a/b\n", ID_DUMP, "E4" },
                { "[connection]\n" ID "interface-name=\n", ID_DUMP, "E4" },
                { "[connection]\n" ID "[wireguard]\ninterface-name=wg0\n", BASE_DUMP, "" },
                { "interface-name=wg0\n", "id wg0\n", "E1 E0" },
                { "[connection]\nEncoding=UTF-8\n" ID "interface-name=wg0\n", BASE_DUMP, "" },
                { "[connection]\nEncoding=utf-8 \n" ID "interface-name=wg0\n", BASE_DUMP, "" },
                { "[connection]\nEncoding=ISO-8859-1\n" ID "interface-name=wg0\n", BASE_DUMP, "E2" },
        };

        check_cases("", "", cases, WGP_ARRAY_SIZE(cases));
}

Test(keyfile, wireguard) {
        static const Case cases[] = {
                { "private-key=" K1 "\n", "private-key stated\n", "" },
                { "private-key=AAECAwQFBgcICQoLDA0O DxAREhMUFRYXGBkaGxwdHh8= \n", "private-key stated\n", "" },
                { "private-key=\n", "", "" },
                { "private-key=@office\n", "private-key credential office\n", "" },
                { "private-key=x\n", "", "E7" },
                { "private-key=AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8\n", "", "E7" },
                { "private-key-flags=0\n", "", "" },
                { "private-key-flags=1\n", "private-key asked for\nprivate-key-flags 1\n", "" },
                { "private-key-flags=0x2\n", "private-key asked for\nprivate-key-flags 2\n", "" },
                { "private-key-flags=1\nprivate-key=" K1 "\n", "private-key stated\nprivate-key-flags 1\n", "" },
                { "private-key-flags=4\n", "", "E7" },
                { "private-key-flags=3\n", "", "E7" },
                { "listen-port=51820\n", "listen-port 51820\n", "" },
                { "listen-port=0x10\n", "listen-port 16\n", "" },
                { "listen-port=0\n", "", "" },
                { "listen-port=65536\n", "", "E7" },
                { "listen-port=-1\n", "", "E7" },
                { "listen-port=ntp\n", "", "E7" },
                { "fwmark=010\n", "fwmark 0x8\n", "" },
                { "fwmark=4294967295\n", "fwmark 0xffffffff\n", "" },
                { "fwmark=4294967296\n", "", "E7" },
                { "fwmark=0\n", "", "" },
                { "peer-routes=false\n", "no-peer-routes\n", "" },
                { "peer-routes=true\n", "", "" },
                { "peer-routes=\n", "", "" },
                { "peer-routes=no\n", "no-peer-routes\n", "W7" },
                { "peer-routes=never\n", "", "E7" },
                { "mtu=1380\n", "mtu 1380\n", "" },
                { "mtu=0\n", "", "" },
                { "mtu=5\n", "", "E7" },
                { "ip4-auto-default-route=1\nip6-auto-default-route=0\n",
                                "ipv4 auto-default-route 1\nipv6 auto-default-route 0\n", "" },
                { "ip4-auto-default-route=-1\n", "", "" },
                { "ip4-auto-default-route=true\n", "ipv4 auto-default-route 1\n", "W7" },
                { "ip4-auto-default-route=on\n", "ipv4 auto-default-route 1\n", "W7" },
                { "ip4-auto-default-route=No\n", "ipv4 auto-default-route 0\n", "W7" },
                { "ip4-auto-default-route=default\n", "", "W7" },
                { "ip4-auto-default-route=-2\n", "", "E7" },
                { "ip4-auto-default-route=maybe\n", "", "E7" },
                { "ip4-auto-default-route=0x1\n", "ipv4 auto-default-route 1\n", "" },
                { "ip4-auto-default-route=2\n", "", "E7" },
        };

        check_cases(BASE "[wireguard]\n", BASE_DUMP, cases, WGP_ARRAY_SIZE(cases));
}

Test(keyfile, peer) {
        static const Case cases[] = {
                { "", "", "" },
                /* without flags NetworkManager would not use it */
                { "preshared-key=" K2 "\n", "  preshared-key stated\n", "" },
                { "preshared-key=" K2 "\npreshared-key-flags=0\n", "  preshared-key stated\n", "" },
                { "preshared-key=" K2 "\npreshared-key-flags=4\n", "  preshared-key stated\n  preshared-key-flags 4\n",
                                "W7" },
                { "preshared-key=" K2 "\npreshared-key-flags=1\n", "  preshared-key stated\n  preshared-key-flags 1\n",
                                "" },
                { "preshared-key-flags=1\n", "  preshared-key asked for\n  preshared-key-flags 1\n", "" },
                { "preshared-key-flags=4\n", "  preshared-key-flags 4\n", "" },
                { "preshared-key-flags=0\n", "", "E6" },
                { "preshared-key-flags=\n", "", "" },
                { "preshared-key-flags=3\n", "", "E7" },
                { "preshared-key-flags=5\n", "", "E7" },
                { "preshared-key=@psk\n", "  preshared-key credential psk\n", "" },
                { "preshared-key=x\n", "", "E7" },
                { "preshared-key=\n", "", "" },

                { "persistent-keepalive=25\n", "  keepalive 25\n", "" },
                { "persistent-keepalive=0x19\n", "  keepalive 25\n", "" },
                { "persistent-keepalive=\n", "", "" },
                { "persistent-keepalive=65561\n", "", "E7" },
                { "persistent-keepalive=off\n", "", "E7" },

                { "allowed-ips=10.0.0.0/8\n", "  allowed  10.0.0.0/8\n", "" },
                { "allowed-ips=10.0.0.0/8;fd00::/8;\n", "  allowed  10.0.0.0/8\n  allowed  fd00::/8\n", "" },
                { "allowed-ips=10.0.0.0/8; fd00::/8\n", "  allowed  10.0.0.0/8\n  allowed  fd00::/8\n", "" },
                { "allowed-ips=10.0.0.1;;fd00::1\n", "  allowed  10.0.0.1/32\n  allowed  fd00::1/128\n", "" },
                { "allowed-ips=10.0.0.1/8\n", "  allowed  10.0.0.0/8\n", "W7" },
                { "allowed-ips=\n", "", "" },
                { "allowed-ips=10.0.0.0/8,11.0.0.0/8\n", "", "E7" },
                { "allowed-ips=10.0.0.0/33;x;11.0.0.0/8\n", "  allowed  11.0.0.0/8\n", "E7 E7" },
                { "allowed-ips=+10.0.0.0/8\n", "", "E7" },
                { "allowed-ips=10.0.0.0\\;8\n", "", "E7" },
                { "allowed-ips=10.0.0.0/8\nallowed-ips=11.0.0.0/8\n", "  allowed  11.0.0.0/8\n", "W8" },

                { "endpoint=a:6\n", "  endpoint name a port 6\n", "" },
                { "endpoint=[a]:655 \n", "  endpoint name a port 655\n", "" },
                { "endpoint=192.169.6.7:6\n", "  endpoint 192.169.6.7:6\n", "" },
                { "endpoint=[192.169.6.7]:6\n", "  endpoint 192.169.6.7:6\n", "" },
                { "endpoint=[192.169.6.x]:6\n", "  endpoint name 192.169.6.x port 6\n", "" },
                { "endpoint=[a:b::]:6\n", "  endpoint [a:b::]:6\n", "" },
                { "endpoint=a:b::1:6\n", "  endpoint [a:b::1]:6\n", "" },
                { "endpoint=[a:b::%7]:6\n", "  endpoint [a:b::%7]:6\n", "" },
                { "endpoint=a:b::1%75:6\n", "  endpoint [a:b::1%75]:6\n", "" },
                { "endpoint=a:b::1%0:64\n", "  endpoint [a:b::1]:64\n", "" },
                { "endpoint=[fe80::1%eth0]:6\n", "  endpoint [fe80::1]:6 scope eth0\n", "" },
                { "endpoint=\n", "", "" },
                { "endpoint=:\n", "", "E7" },
                { "endpoint=a\n", "", "E7" },
                { "endpoint=a:\n", "", "E7" },
                { "endpoint=:a\n", "", "E7" },
                { "endpoint=[]:6\n", "", "E7" },
                { "endpoint=[]a\n", "", "E7" },
                { "endpoint=[]:\n", "", "E7" },
                { "endpoint=[a]b\n", "", "E7" },
                { "endpoint=[a:6\n", "", "E7" },
                { "endpoint=[a[:6\n", "", "E7" },
                { "endpoint=[a[]:6\n", "", "E7" },
                { "endpoint=[ab]:][6\n", "", "E7" },
                { "endpoint=[ab]:]:[6\n", "", "E7" },
                { "endpoint=a:0\n", "", "E7" },
                { "endpoint=192.169.6.7:0\n", "", "E7" },
                { "endpoint=a:65536\n", "", "E7" },
                { "endpoint=a:domain\n", "", "E7" },
                { "endpoint=a:+5\n", "", "E7" },
                { "endpoint=127.1 x:5\n", "", "E7" },
                { "public-key=" K2 "\n", "", "W7" },
        };

        check_cases(BASE "[wireguard-peer." K1 "]\n", BASE_DUMP "peer " K1 "\n", cases, WGP_ARRAY_SIZE(cases));
}

Test(keyfile, peer_groups) {
        static const Case cases[] = {
                { "[wireguard-peer.x]\nendpoint=a:6\n", "", "E6" },
                { "[wireguard-peer.]\n", "", "E6" },
                { "[wireguard-peer]\nendpoint=a:6\n", "", "W6" },
                { "[wireguard-peer.AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh9=]\n", "", "E6" },
                { "[wireguard-peer. " K1 "]\n", "", "E6" },
                /* NetworkManager loses a peer that stands before its group */
                { "[wireguard-peer." K1 "]\nallowed-ips=10.0.0.0/8\n[wireguard]\nmtu=1400\n",
                                "mtu 1400\npeer " K1 "\n  allowed  10.0.0.0/8\n", "" },
                { "[wireguard-peer." K2 "]\n[wireguard-peer." K1 "]\n", "peer " K2 "\npeer " K1 "\n", "" },
                { "[wireguard-peer." K1 "]\nallowed-ips=10.0.0.0/8\nendpoint=a:1\n[wireguard-peer." K1
                  "]\nendpoint=a:2\n",
                                "peer " K1 "\n  endpoint name a port 2\n  allowed  10.0.0.0/8\n", "W9" },
                { "[wireguard-peer." K1 "]\nallowed-ips=10.0.0.0/8\n[wireguard-peer." K1 "]\nallowed-ips=11.0.0.0/8\n",
                                "peer " K1 "\n  allowed  11.0.0.0/8\n", "W8" },
        };

        check_cases(BASE, BASE_DUMP, cases, WGP_ARRAY_SIZE(cases));
}

Test(keyfile, methods) {
        static const Case cases[] = {
                { "[ipv4]\nmethod=disabled\n", "ipv4 method disabled\n", "" },
                { "[ipv4]\n", "ipv4 method unset\n", "E0" },
                { "[ipv4]\nmethod=manual\n", "ipv4 method manual\n", "E7" },
                { "[ipv4]\nmethod=auto\n", "ipv4 method unset\n", "E7" },
                { "[ipv4]\nmethod=shared\n", "ipv4 method unset\n", "E7" },
                { "[ipv4]\nmethod=link-local\n", "ipv4 method unset\n", "E7" },
                { "[ipv4]\nmethod=ignore\n", "ipv4 method unset\n", "E7" },
                { "[ipv6]\nmethod=ignore\n", "ipv6 method ignore\n", "" },
                { "[ipv6]\nmethod=link-local\n", "ipv6 method link-local\n", "" },
                { "[ipv6]\nmethod=auto\n", "ipv6 method unset\n", "E7" },
                { "[ipv6]\nmethod=dhcp\n", "ipv6 method unset\n", "E7" },
                { "[ipv6]\nmethod=ignore\ndns=fd00::1\n", "ipv6 method ignore\ndns fd00::1\n", "E8" },
                { "[ipv4]\nmethod=disabled\ndns-search=a\n", "ipv4 method disabled\ndomain a (ipv4)\n", "E8" },
                { "[ipv4]\nmethod=disabled\naddress1=10.0.0.1/8\n", "address 10.0.0.1/8\nipv4 method disabled\n",
                                "E8" },
                { "[ipv4]\nmethod=manual\nroute1=10.0.0.0/8\n", "ipv4 method manual\nroute 10.0.0.0/8\n", "" },
                { "[ipv4]\nmethod=manual\nroute1=10.0.0.0/8\ngateway=10.0.0.1\n",
                                "ipv4 method manual\nipv4 gateway 10.0.0.1\nroute 10.0.0.0/8\n", "E9" },
                { "[ipv4]\nmethod=manual\naddress1=10.0.0.2/8\ngateway=10.0.0.1\nnever-default=true\nmay-fail=false\n"
                  "route-metric=5\nroute-table=0x10\ndns-priority=-50\n",
                                "address 10.0.0.2/8\nipv4 method manual\nipv4 gateway 10.0.0.1\nipv4 never-default 1\n"
                                "ipv4 may-fail 0\nipv4 route-metric 5\nipv4 route-table 16\nipv4 dns-priority -50\n",
                                "" },
                { "[ipv4]\nmethod=disabled\nroute-metric=-2\nroute-table=-1\ndns-priority=2147483648\nnever-default=x\n",
                                "ipv4 method disabled\n", "E8 E9 E10 E11" },
                { "[ipv4]\nmethod=disabled\nroute-metric=-1\n", "ipv4 method disabled\n", "" },
                { "[ipv4]\nmethod=disabled\ngateway=fd00::1\n", "ipv4 method disabled\n", "E8" },
                { "[ipv6]\nmethod=disabled\naddr-gen-mode=default\ntoken=::1\nip6-privacy=0\n",
                                "ipv6 method disabled\n", "" },
                { "[ipv6]\nmethod=disabled\nmethod=ignore\n", "ipv6 method ignore\n", "W8" },
        };

        check_cases(BASE, BASE_DUMP, cases, WGP_ARRAY_SIZE(cases));
}

Test(keyfile, addresses) {
        static const Case cases[] = {
                { "address1=10.0.0.1/8\n", "address 10.0.0.1/8\nipv4 method manual\n", "" },
                { "address=10.0.0.1/8\n", "address 10.0.0.1/8\nipv4 method manual\n", "" },
                { "address1=10.0.0.1\n", "address 10.0.0.1/24\nipv4 method manual\n", "W8" },
                { "address1=10.0.0.1;8;10.0.0.254;\n",
                                "address 10.0.0.1/8\nipv4 method manual\nipv4 gateway 10.0.0.254\n", "" },
                { "address1=10.0.0.1/8,10.0.0.254\n",
                                "address 10.0.0.1/8\nipv4 method manual\nipv4 gateway 10.0.0.254\n", "" },
                { "address1=10.0.0.1,10.0.0.254\n",
                                "address 10.0.0.1/24\nipv4 method manual\nipv4 gateway 10.0.0.254\n", "W8" },
                { "address1=10.0.0.1/8,\n", "address 10.0.0.1/8\nipv4 method manual\n", "" },
                { "address1=10.0.0.1/8,,\n", "address 10.0.0.1/8\nipv4 method manual\n", "" },
                { "address1=10.0.0.1/8,10.0.0.254,x\n", "ipv4 method manual\n", "E8 E7" },
                { "address1=10.0.0.1/8,10.0.0.254,\n",
                                "address 10.0.0.1/8\nipv4 method manual\nipv4 gateway 10.0.0.254\n", "" },
                { "address1=10.0.0.1/33\n", "ipv4 method manual\n", "E8 E7" },
                { "address1=10.0.0.1/x\n", "ipv4 method manual\n", "E8 E7" },
                { "address1=10.0.0.1/8,x\n", "ipv4 method manual\n", "E8 E7" },
                { "address1=fd00::1/64\n", "ipv4 method manual\n", "E8 E7" },
                { "address1=host/8\n", "ipv4 method manual\n", "E8 E7" },
                /* by number, the one without first; address before addresses */
                { "address10=10.0.0.10/8\naddress2=10.0.0.2/8\naddresses2=10.0.0.22/8\naddress=10.0.0.1/8\n"
                  "address0=10.0.0.0/8\naddresses1=10.0.0.11/8\n",
                                "address 10.0.0.1/8\naddress 10.0.0.0/8\naddress 10.0.0.11/8\naddress 10.0.0.2/8\n"
                                "address 10.0.0.22/8\naddress 10.0.0.10/8\nipv4 method manual\n",
                                "" },
                { "address1=10.0.0.1/8\naddress1=10.0.0.2/8\n", "address 10.0.0.2/8\nipv4 method manual\n", "W9" },
                { "address1=10.0.0.1/8\naddress01=10.0.0.2/8\naddress2147483648=10.0.0.3/8\naddress-1=10.0.0.4/8\n",
                                "address 10.0.0.1/8\nipv4 method manual\n", "W9 W10 W11" },
                { "address2147483647=10.0.0.1/8\naddress1_options=x\n", "address 10.0.0.1/8\nipv4 method manual\n",
                                "W9" },
                /* the first gateway counts, and gateway= before it */
                { "address1=10.0.0.1/8,10.0.0.3\naddress2=10.0.0.2/8,10.0.0.4\n",
                                "address 10.0.0.1/8\naddress 10.0.0.2/8\nipv4 method manual\nipv4 gateway 10.0.0.3\n",
                                "W9" },
                { "address1=10.0.0.1/8,10.0.0.3\naddress2=10.0.0.2/8,10.0.0.3\n",
                                "address 10.0.0.1/8\naddress 10.0.0.2/8\nipv4 method manual\nipv4 gateway 10.0.0.3\n",
                                "" },
                { "address1=10.0.0.1/8,10.0.0.3\ngateway=10.0.0.4\n",
                                "address 10.0.0.1/8\nipv4 method manual\nipv4 gateway 10.0.0.4\n", "W8" },
                { "address1=10.0.0.1/8,0.0.0.0\naddress2=10.0.0.2/8,10.0.0.4\n",
                                "address 10.0.0.1/8\naddress 10.0.0.2/8\nipv4 method manual\nipv4 gateway 10.0.0.4\n",
                                "" },
                { "address1=10.0.0.1/8\ngateway=0.0.0.0\n", "address 10.0.0.1/8\nipv4 method manual\n", "" },
                { "address1=10.0.0.1\\s/8\n", "address 10.0.0.1/8\nipv4 method manual\n", "" },
                { "address1=10.0.0.1/8\\x\n", "ipv4 method manual\n", "E8 E7" },
        };
        static const Case ipv6[] = {
                { "address1=fd00::1\n", "address fd00::1/64\nipv6 method manual\n", "W8" },
                { "address1=fd00::1/128,fd00::2\n", "address fd00::1/128\nipv6 method manual\nipv6 gateway fd00::2\n",
                                "" },
                { "address1=fd00::1,fd00::2\n", "address fd00::1/64\nipv6 method manual\nipv6 gateway fd00::2\n",
                                "W8" },
                { "address1=10.0.0.1/8\n", "ipv6 method manual\n", "E8 E7" },
                { "address1=fe80::1%eth0/64\n", "ipv6 method manual\n", "E8 E7" },
        };

        check_cases(BASE "[ipv4]\nmethod=manual\n", BASE_DUMP, cases, WGP_ARRAY_SIZE(cases));
        check_cases(BASE "[ipv6]\nmethod=manual\n", BASE_DUMP, ipv6, WGP_ARRAY_SIZE(ipv6));
}

Test(keyfile, routes) {
        static const Case cases[] = {
                { "route1=10.1.0.0/16\n", "route 10.1.0.0/16\n", "" },
                { "route1=10.1.2.3/16,10.0.0.1,50\n", "route 10.1.0.0/16 via 10.0.0.1 metric 50\n", "W9" },
                { "route1=10.1.0.0;16;10.0.0.1;50;\n", "route 10.1.0.0/16 via 10.0.0.1 metric 50\n", "" },
                { "route1=10.1.0.0/16,,50\n", "route 10.1.0.0/16 metric 50\n", "" },
                { "route1=10.1.0.0/16,0.0.0.0,0\n", "route 10.1.0.0/16 metric 0\n", "" },
                { "route1=10.1.0.0\n", "route 10.1.0.0/24\n", "W9" },
                { "route1=10.1.0.0,10.0.0.1\n", "route 10.1.0.0/24 via 10.0.0.1\n", "W9" },
                { "route1=10.1.0.0/16,50\n", "", "E9" },
                { "route1=10.1.0.0/16,10.0.0.1,50,x\n", "", "E9" },
                { "route1=10.1.0.0/16,10.0.0.1,4294967295\n", "route 10.1.0.0/16 via 10.0.0.1 metric 4294967295\n",
                                "" },
                { "route1=10.1.0.0/16,10.0.0.1,4294967296\n", "", "E9" },
                { "route1=10.1.0.0/33\n", "", "E9" },
                { "route1=fd00::/8\n", "", "E9" },
                { "route1=0.0.0.0/0\n", "route 0.0.0.0/0\n", "" },
                { "routes=10.3.0.0/16\nroute2=10.2.0.0/16\nroute=10.1.0.0/16\n",
                                "route 10.1.0.0/16\nroute 10.3.0.0/16\nroute 10.2.0.0/16\n", "" },

                { "route1=10.1.0.0/16\nroute1_options=table=5,mtu=1300,lock-mtu=true,src=10.0.0.2,scope=253,tos=16,"
                  "onlink=yes,weight=5,window=1,cwnd=2,initcwnd=3,initrwnd=4,advmss=5,rto_min=6,quickack=on,"
                  "lock-window=1,lock-cwnd=0\n",
                                "route 10.1.0.0/16 table 5 src 10.0.0.2 scope 253 tos 16 onlink weight 5 mtu 1300 lock-mtu window 1 "
                                "lock-window cwnd 2 initcwnd 3 initrwnd 4 advmss 5 rto_min 6 quickack 1\n",
                                "" },
                /* what the kernel would lower is refused */
                { "route1=10.1.0.0/16\nroute1_options=mtu=65520,advmss=65495\n",
                                "route 10.1.0.0/16 mtu 65520 advmss 65495\n", "" },
                { "route1=10.1.0.0/16\nroute1_options=mtu=65521\n", "route 10.1.0.0/16\n", "E10" },
                { "route1=10.1.0.0/16\nroute1_options=advmss=65496\n", "route 10.1.0.0/16\n", "E10" },
                { "route1_options=table=5\nroute1=10.1.0.0/16\n", "route 10.1.0.0/16 table 5\n", "" },
                { "route1=10.1.0.0/16\nroute1_options=type=blackhole\n", "route 10.1.0.0/16 type 6 no-device\n", "" },
                { "route1=10.1.0.0/16\nroute1_options=type=unreachable\n", "route 10.1.0.0/16 type 7 no-device\n",
                                "" },
                { "route1=10.1.0.0/16\nroute1_options=type=prohibit\n", "route 10.1.0.0/16 type 8 no-device\n", "" },
                { "route1=10.1.0.0/16\nroute1_options=type=throw\n", "route 10.1.0.0/16 type 9 no-device\n", "" },
                { "route1=10.1.0.0/16\nroute1_options=type=local,scope=254\n", "route 10.1.0.0/16 type 2 scope 254\n",
                                "" },
                { "route1=10.1.0.0/16\nroute1_options=type=local,scope=0\n", "route 10.1.0.0/16 type 2 scope 0\n",
                                "E10" },
                { "route1=10.1.0.0/16,10.0.0.1\nroute1_options=type=blackhole\n",
                                "route 10.1.0.0/16 via 10.0.0.1 type 6 no-device\n", "E10" },
                /* NetworkManager would read nothing behind the unknown one */
                { "route1=10.1.0.0/16\nroute1_options=table=5,foo=1,mtu=1300\n",
                                "route 10.1.0.0/16 table 5 mtu 1300\n", "E10" },
                { "route1=10.1.0.0/16\nroute1_options=table=5,table=6\n", "route 10.1.0.0/16 table 5\n", "E10" },
                { "route1=10.1.0.0/16\nroute1_options=table=x,mtu=1\n", "route 10.1.0.0/16 mtu 1\n", "E10" },
                { "route1=10.1.0.0/16\nroute1_options=table\n", "route 10.1.0.0/16\n", "E10" },
                { "route1=10.1.0.0/16\nroute1_options=weight=257\n", "route 10.1.0.0/16\n", "E10" },
                { "route1=10.1.0.0/16\nroute1_options=weight=2,type=local\n", "route 10.1.0.0/16 type 2 weight 2\n",
                                "E10" },
                { "route1=10.1.0.0/16\nroute1_options=weight=2,type=blackhole\n",
                                "route 10.1.0.0/16 type 6 no-device weight 2\n", "E10" },
                { "route1=10.1.0.0/16\nroute1_options=tos=0x10\n", "route 10.1.0.0/16\n", "E10" },
                { "route1=10.1.0.0/16\nroute1_options=from=10.0.0.0/8\n", "route 10.1.0.0/16\n", "E10" },
                { "route1=10.1.0.0/16\nroute1_options= table = 5 , mtu=1300,,\n",
                                "route 10.1.0.0/16 table 5 mtu 1300\n", "" },
                { "route1=10.1.0.0/16\nroute1_options=ta\\\\ble=5\n", "route 10.1.0.0/16 table 5\n", "" },
                { "route1_options=table=5\n", "", "W9" },
                { "route1=10.1.0.0/16\nroute10_options=table=5\n", "route 10.1.0.0/16\n", "W10" },
                { "route1=10.1.0.0/16\nroutes1_options=table=5\n", "route 10.1.0.0/16\n", "W10" },
                /* one mistake is said once */
                { "route1=x\nroute1_options=table=5\n", "", "E9" },
                { "route1=10.1.0.0/16\nroute1_options=table=5\nroute1_options=table=6\n",
                                "route 10.1.0.0/16 table 6\n", "W11" },
        };
        static const Case ipv6[] = {
                { "route1=fd01::/16,5\n", "route fd01::/16 metric 5\n", "" },
                { "route1=fd01::/16,fd00::1,5\n", "route fd01::/16 via fd00::1 metric 5\n", "" },
                { "route1=fd01::1\n", "route fd01::1/128\n", "W9" },
                { "route1=fd01::/16,5,6\n", "", "E9" },
                { "route1=fd01::/16,::,5\n", "route fd01::/16 metric 5\n", "" },
                { "route1=fd01::/16\nroute1_options=from=fd02::1/16,src=fd00::2\n",
                                "route fd01::/16 src fd00::2 from fd02::/16\n", "" },
                { "route1=fd01::/16\nroute1_options=tos=5\n", "route fd01::/16\n", "E10" },
        };

        check_cases(BASE "[ipv4]\nmethod=manual\naddress1=10.0.0.2/32\n",
                        BASE_DUMP "address 10.0.0.2/32\nipv4 method manual\n", cases, WGP_ARRAY_SIZE(cases));
        check_cases(BASE "[ipv6]\nmethod=manual\naddress1=fd00::2/64\n",
                        BASE_DUMP "address fd00::2/64\nipv6 method manual\n", ipv6, WGP_ARRAY_SIZE(ipv6));
}

Test(keyfile, rules) {
        static const Case cases[] = {
                { "routing-rule1=priority 5\n", "rule4 5 action 1 table 254\n", "" },
                { "routing-rule1=priority 5 from 10.0.0.0/8 table 7\n", "rule4 5 from 10.0.0.0/8 action 1 table 7\n",
                                "" },
                { "routing-rule1=order 0x5 lookup 010\n", "rule4 5 action 1 table 8\n", "" },
                { "routing-rule1=pref 5 to 10.0.0.1 dev eth0\n",
                                "rule4 5 to 10.0.0.1/32 iif eth0 action 1 table 254\n", "" },
                { "routing-rule1=preference 5 from all to all\n", "rule4 5 action 1 table 254\n", "" },
                { "routing-rule1=priority 5 from 0.0.0.0/0\n", "rule4 5 action 1 table 254\n", "" },
                { "routing-rule1=  not\tpriority 5  not  \n", "rule4 5 not action 1 table 254\n", "" },
                { "routing-rule1=priority 5 table main\n", "rule4 5 action 1 table 254\n", "" },
                { "routing-rule1=priority 5 table local\n", "rule4 5 action 1 table 255\n", "" },
                { "routing-rule1=priority 5 table default\n", "rule4 5 action 1 table 253\n", "" },
                { "routing-rule1=priority 5 tos 16 table 7\n", "rule4 5 tos 0x16 action 1 table 7\n", "" },
                { "routing-rule1=priority 5 dsfield 0x16 table 7\n", "rule4 5 tos 0x16 action 1 table 7\n", "" },
                { "routing-rule1=priority 5 ipproto 6 sport 80 dport 1-65534\n",
                                "rule4 5 ipproto 6 sport 80-80 dport 1-65534 action 1 table 254\n", "" },
                { "routing-rule1=priority 5 fwmark 0x10\n", "rule4 5 fwmark 0x10/0xffffffff action 1 table 254\n",
                                "" },
                { "routing-rule1=priority 5 fwmark 7/0xf\n", "rule4 5 fwmark 0x7/0xf action 1 table 254\n", "" },
                { "routing-rule1=priority 5 iif a oif b\n", "rule4 5 iif a oif b action 1 table 254\n", "" },
                { "routing-rule1=priority 5 iif a\\\\\\\\303\\\\\\\\261,x\n",
                                "rule4 5 iif a\303\261,x action 1 table 254\n", "" },
                { "routing-rule1=priority 5 suppress_prefixlength 0 table 7\n",
                                "rule4 5 suppress 0 action 1 table 7\n", "" },
                { "routing-rule1=priority 5 sup_pl 32 table 7\n", "rule4 5 suppress 32 action 1 table 7\n", "" },
                { "routing-rule1=priority 5 uidrange 0x3e8-2000\n", "rule4 5 uidrange 1000-2000 action 1 table 254\n",
                                "" },
                { "routing-rule1=priority 5 uidrange 5\n", "rule4 5 uidrange 5-5 action 1 table 254\n", "" },
                { "routing-rule1=priority 5 blackhole\n", "rule4 5 action 6\n", "" },
                { "routing-rule1=priority 5 unreachable\n", "rule4 5 action 7\n", "" },
                { "routing-rule1=priority 5 type prohibit\n", "rule4 5 action 8\n", "" },
                { "routing-rule1=priority 5 type unicast table 7\n", "rule4 5 action 1 table 7\n", "" },
                { "routing-rule1=priority 5 type 6\n", "rule4 5 action 6\n", "" },
                { "routing-rule1=priority 5 blackhole table 7\n", "rule4 5 action 6\n", "W9" },
                { "routing-rule1=priority 5 table 0 prohibit\n", "rule4 5 action 8\n", "W9" },
                { "routing-rule1=priority 5 type 0x8\n", "rule4 5 action 8\n", "" },
                { "routing-rule1=priority 0 table 7\nrouting-rule0=priority 4294967295\n",
                                "rule4 4294967295 action 1 table 254\nrule4 0 action 1 table 7\n", "" },
                { "routing-rule1=prio\\\\rity 5\n", "rule4 5 action 1 table 254\n", "" },

                /* NetworkManager drops these and goes on without them */
                { "routing-rule1=from 10.0.0.0/8 table 5\n", "", "E9" },
                { "routing-rule1=priority 5 bogus\n", "", "E9" },
                { "routing-rule1=priority\n", "", "E9" },
                { "routing-rule1=priority 5 priority 6\n", "", "E9" },
                { "routing-rule1=priority 5 pref 6\n", "", "E9" },
                { "routing-rule1=priority x\n", "", "E9" },
                { "routing-rule1=priority 4294967296\n", "", "E9" },
                { "routing-rule1=priority 5 table 0\n", "", "E9" },
                { "routing-rule1=priority 5 table vpn\n", "", "E9" },
                { "routing-rule1=priority 5 tos 100 table 7\n", "", "E9" },
                { "routing-rule1=priority 5 from fd00::/8\n", "", "E9" },
                { "routing-rule1=priority 5 from 10.0.0.1/0\n", "", "E9" },
                { "routing-rule1=priority 5 sport 0-5\n", "", "E9" },
                { "routing-rule1=priority 5 sport 6-5\n", "", "E9" },
                { "routing-rule1=priority 5 sport 65535\n", "", "E9" },
                { "routing-rule1=priority 5 ipproto tcp\n", "", "E9" },
                { "routing-rule1=priority 5 ipproto 256\n", "", "E9" },
                { "routing-rule1=priority 5 fwmark 1/x\n", "", "E9" },
                { "routing-rule1=priority 5 iif sixteen-bytes-xx\n", "", "E9" },
                { "routing-rule1=priority 5 suppress_prefixlength 33 table 7\n", "", "E9" },
                { "routing-rule1=priority 5 suppress_prefixlength 1 blackhole\n", "", "E9" },
                { "routing-rule1=priority 5 uidrange 6-5\n", "", "E9" },
                { "routing-rule1=priority 5 blackhole prohibit\n", "", "E9" },
                { "routing-rule1=priority 5 blackhole type prohibit\n", "", "E9" },
                { "routing-rule1=priority 5 type nat\n", "", "E9" },
                { "routing-rule1=priority 5 type 2\n", "", "E9" },
                { "routing-rule1=priority 5 goto 7\n", "", "E9" },
                { "routing-rule1=not\n", "", "E9" },
                { "routing-rule=priority 5\nrouting-rule=priority 6\n", "rule4 6 action 1 table 254\n", "W10" },
        };
        static const Case ipv6[] = {
                { "routing-rule1=priority 5 from fd00::/8 suppress_prefixlength 128\n",
                                "rule6 5 from fd00::/8 suppress 128 action 1 table 254\n", "" },
                { "routing-rule1=priority 5 from ::/0\n", "rule6 5 action 1 table 254\n", "" },
                { "routing-rule1=priority 5 from ::\n", "rule6 5 from ::/128 action 1 table 254\n", "" },
                { "routing-rule1=priority 5 from 10.0.0.0/8\n", "", "E9" },
        };

        check_cases(BASE "[ipv4]\nmethod=manual\naddress1=10.0.0.2/32\n",
                        BASE_DUMP "address 10.0.0.2/32\nipv4 method manual\n", cases, WGP_ARRAY_SIZE(cases));
        check_cases(BASE "[ipv6]\nmethod=manual\naddress1=fd00::2/64\n",
                        BASE_DUMP "address fd00::2/64\nipv6 method manual\n", ipv6, WGP_ARRAY_SIZE(ipv6));
}

Test(keyfile, dns) {
        static const Case cases[] = {
                { "dns=10.0.0.1;10.0.0.2;\n", "dns 10.0.0.1\ndns 10.0.0.2\n", "" },
                { "dns=10.0.0.1; 10.0.0.2\n", "dns 10.0.0.1\ndns 10.0.0.2\n", "" },
                { "dns=10.0.0.1#dot.example\n", "dns 10.0.0.1 name dot.example\n", "" },
                { "dns=dns+udp://10.0.0.1\n", "dns 10.0.0.1\n", "" },
                { "dns=dns+udp://10.0.0.1:5353\n", "dns 10.0.0.1 port 5353\n", "" },
                { "dns=dns+tls://10.0.0.1:853#dot.example\n", "dns 10.0.0.1 port 853 tls name dot.example\n", "" },
                { "dns=dns+tls://10.0.0.1\n", "dns 10.0.0.1 tls\n", "" },
                { "dns=\n", "", "" },
                { "dns=10.0.0.1\ndns=10.0.0.2\n", "dns 10.0.0.2\n", "W10" },
                { "dns=1.1.1.1,8.8.8.8\n", "", "E9" },
                { "dns=192.168.0.1:53\n", "", "E9" },
                { "dns=10.0.0.1#\n", "", "E9" },
                { "dns=dns+udp://10.0.0.1#name\n", "", "E9" },
                { "dns=dns+udp://10.0.0.1:\n", "", "E9" },
                { "dns=dns+udp://10.0.0.1:0\n", "", "E9" },
                { "dns=dns+udp://10.0.0.1:65536\n", "", "E9" },
                { "dns=dns+udp://\n", "", "E9" },
                { "dns=dns+udp://[10.0.0.1]\n", "", "E9" },
                { "dns=dns+tcp://10.0.0.1\n", "", "E9" },
                { "dns=dns+udp://[\n", "", "E9" },
                { "dns=name.example\n", "", "E9" },
                { "dns=fd00::1\n", "", "E9" },
                { "dns=x;10.0.0.1;y\n", "dns 10.0.0.1\n", "E9 E9" },
                { "dns=10.0.0.1\\x\n", "", "E9" },
                { "dns-search=a.example;~b.example;~;~.;\n",
                                "domain a.example (ipv4)\ndomain ~b.example (ipv4)\ndomain ~. (ipv4)\ndomain ~. (ipv4)\n",
                                "" },
                { "dns-search=a.example, b.example\n", "domain a.example (ipv4)\ndomain b.example (ipv4)\n", "W9" },
                { "dns-search=a.example b.example;c\n",
                                "domain a.example (ipv4)\ndomain b.example (ipv4)\ndomain c (ipv4)\n", "W9" },
                { "dns-search=..\n", "", "E9" },
                { "dns-options=ndots:1;rotate\n", "", "" },
        };
        static const Case ipv6[] = {
                { "dns=fd00::1;fe80::1\n", "dns fd00::1\ndns fe80::1\n", "" },
                { "dns=fd00::1#n\n", "dns fd00::1 name n\n", "" },
                { "dns=dns+udp://[fe80::1%eth0]:5353\n", "dns fe80::1 scope eth0 port 5353\n", "" },
                { "dns=dns+tls://[fd00::1]#n\n", "dns fd00::1 tls name n\n", "" },
                { "dns=[fe80::18]:53\n", "", "E9" },
                { "dns=fe80::18%lo\n", "", "E9" },
                { "dns=dns+udp://fe80::18\n", "", "E9" },
                { "dns=dns+udp://[fd00::1%eth0]\n", "", "E9" },
                { "dns=dns+udp://[fe80::1%]\n", "", "E9" },
                { "dns=dns+udp://[fe80::1%sixteen-bytes-xx]\n", "", "E9" },
                { "dns=dns+udp://[fe80::1]x\n", "", "E9" },
                { "dns=10.0.0.1\n", "", "E9" },
        };

        check_cases(BASE "[ipv4]\nmethod=manual\naddress1=10.0.0.2/32\n",
                        BASE_DUMP "address 10.0.0.2/32\nipv4 method manual\n", cases, WGP_ARRAY_SIZE(cases));
        check_cases(BASE "[ipv6]\nmethod=manual\naddress1=fd00::2/64\n",
                        BASE_DUMP "address fd00::2/64\nipv6 method manual\n", ipv6, WGP_ARRAY_SIZE(ipv6));
}

/* What is wrong, and what was meant. */
Test(keyfile, messages) {
        static const struct {
                const char *in, *text;
        } cases[] = {
                { "autoconnect=yes\n",
                                "warning: 'yes' is read as true. NetworkManager does not read that word: write true." },
                { "autoconnect=x\n", "'x' is not a valid switch: expected true or false." },
                { "mdns=x\n", "'x' is not a valid number: expected -1 (default), 0 (no), 1 (resolve) or 2 (yes)." },
                { "[wireguard]\nip4-auto-default-route=7\n",
                                "'7' is not a valid number: expected -1 (default), 0 (no) or 1 (yes)." },
                { "[wireguard]\nlisten-port=x\n", "'x' is not a valid port: expected 0 to 65535." },
                { "[wireguard]\nfwmark=x\n", "'x' is not a valid mark: expected 0 to 4294967295." },
                { "[wireguard]\nprivate-key-flags=4\n", "'4' is not a valid combination of flags: expected 0 to 2." },
                { "[wireguard-peer." K1 "]\npersistent-keepalive=70000\n",
                                "'70000' is not a valid number of seconds: expected 0 to 65535." },
                { "[wireguard-peer." K1 "]\npreshared-key-flags=3\n",
                                "'3' is not a valid combination of flags: expected 0, 1, 2 or 4." },
                { "[wireguard-peer." K1 "]\nallowed-ips=10.0.0.0/33\n",
                                "'10.0.0.0/33' does not have a valid prefix length: expected 0 to 32" },
                { "[wireguard-peer." K1 "]\nallowed-ips=\"10.0.0.0/8\"\n",
                                "Quotes are not part of the format: leave them out." },
                { "[wireguard-peer.x]\nendpoint=a:1\n",
                                "The group's name does not end with a valid public key: expected 44 characters of base64." },
                { "[ipv4]\nmethod=auto\n",
                                "'auto' is not a valid method for WireGuard: expected manual or disabled." },
                { "[ipv6]\nmethod=auto\n",
                                "'auto' is not a valid method for WireGuard: expected manual, disabled, ignore or link-local." },
                { "[ipv4]\nmethod=manual\naddress1=10.0.0.1/8\naddress2=10.0.0.2/33\n",
                                "The second field is not a valid prefix length: expected 0 to 32." },
                { "[ipv4]\nmethod=manual\naddress1=10.0.0.1/8\nroute1=10.0.0.0/8\nroute1_options=mtu=65521\n",
                                "'65521' is not a valid value of the attribute 'mtu': expected 0 to 65520 bytes." },
                { "[ipv4]\nmethod=manual\naddress1=10.0.0.1/8\nrouting-rule1=priority 1 sport x\n",
                                "'x' is not a valid argument of 'sport': expected a port or START-END, from 1 to 65534." },
                { "[ipv4]\nmethod=manual\naddress1=10.0.0.1/8\nadress2=10.0.0.2/8\n",
                                "warning: Unknown key, ignored: did you mean 'address2'?" },
                { "[wireguard]\nListenPort=1\n", "Unknown key, ignored: did you mean 'listen-port'?" },
                { "[wireguard]\nendpoint=a:1\n", "Unknown key, ignored: it belongs into [wireguard-peer.KEY]." },
                { "[connection]\naddress1=10.0.0.1/8\n", "Unknown key, ignored: it belongs into [ipv4]." },
                { "[WgProfile]\nRefreshSecs=5min\n", "Unknown key: did you mean 'RefreshSec'?" },
                { "Jc=4\n", "Jc: warning: Unknown key, ignored." },
        };

        for (size_t i = 0; i < WGP_ARRAY_SIZE(cases); i++) {
                char *text;
                Reading r;

                cr_assert(asprintf(&text, "%s%s", BASE, cases[i].in) >= 0);
                r = read_one(WGP_FORMAT_KEYFILE, text);
                cr_expect_eq(r.diagnostics.n_items, 1, "'%s':\n%s", cases[i].in, r.problems);
                cr_expect(strstr(r.problems, cases[i].text), "'%s' gave:\n%s", cases[i].in, r.problems);
                reading_done(&r);
                free(text);
        }
}

Test(keyfile, autoconnect) {
        static const struct {
                const char *in;
                bool out;
        } cases[] = {
                { BASE, true },
                { BASE "autoconnect=false\n", false },
                { BASE "permissions=user:joe\n", false },
                { BASE "[wireguard]\nprivate-key-flags=1\n", false },
                { BASE "[wireguard]\nprivate-key-flags=1\nprivate-key=" K1 "\n", true },
                { BASE "[wireguard-peer." K1 "]\npreshared-key-flags=2\n", false },
                { BASE "autoconnect=false\n[WgProfile]\nAutoconnect=yes\n", true },
                { BASE "[WgProfile]\nAutoconnect=no\n", false },
                { BASE "permissions=user:joe\n[WgProfile]\nAutoconnect=yes\n", true },
                { BASE "[wireguard]\nprivate-key-flags=1\n[WgProfile]\nAutoconnect=yes\n", false },
        };

        for (size_t i = 0; i < WGP_ARRAY_SIZE(cases); i++) {
                Reading r = read_one(WGP_FORMAT_KEYFILE, cases[i].in);

                cr_expect_eq(wgp_profile_autoconnects(r.profile), cases[i].out, "'%s'", cases[i].in);
                reading_done(&r);
        }
}
