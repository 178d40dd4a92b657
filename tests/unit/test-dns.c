/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* desired/desired-services.c, model/dns.c: what a profile has others told about its link, in the words of the plan. */

#include "model/dns.h"

#include "network-of.h"

#define CONF(more) "[Interface]\n" more
#define PEER(ips) "[Peer]\nPublicKey=" KEY_A "\nAllowedIPs=" ips "\n"
#define KEYFILE(connection, ipv4, ipv6)                                                                        \
        "[connection]\ntype=wireguard\ninterface-name=wg0\n" connection "[wireguard]\nprivate-key=" KEY_P "\n" \
        "[wireguard-peer." KEY_A "]\nallowed-ips=0.0.0.0/0;::/0;\n"                                            \
        "[ipv4]\nmethod=manual\naddress1=10.0.0.2/24\n" ipv4 ipv6
#define NO_DEFAULT "never-default=true\n"
#define IPV6 "[ipv6]\nmethod=manual\naddress1=fd00::2/64\n"

static const struct {
        const char *name, *profile, *resolvconf, *text, *resolv_conf;
} cases[] = {
        { "none", CONF(""), .text = "" },

        /* --- which names --- */
        {
                        "no domain: everything",
                        CONF("DNS=10.0.0.1\n"),
                        .text = " dns 10.0.0.1 domain ~. default-route yes",
        },
        {
                        "a search domain: only that",
                        CONF("DNS=10.0.0.1, office.example\n"),
                        .text = " dns 10.0.0.1 domain office.example default-route no",
        },
        {
                        "a routing domain: only that",
                        CONF("DNS=10.0.0.1, ~office.example\n"),
                        .text = " dns 10.0.0.1 domain ~office.example default-route no",
        },
        {
                        "search domains only",
                        CONF("DNS=office.example, home.example\n"),
                        .text = " domain office.example home.example",
        },
        {
                        "a full tunnel with search domains only has no servers for everything",
                        CONF("DNS=office.example\n") PEER("0.0.0.0/0"),
                        .text = " domain office.example",
        },
        {
                        "a full tunnel: everything",
                        CONF("DNS=10.0.0.1, office.example\n") PEER("0.0.0.0/0"),
                        .text = " dns 10.0.0.1 domain office.example ~. default-route yes",
        },
        {
                        "a full tunnel of the other family",
                        CONF("DNS=10.0.0.1, office.example\n") PEER("::/0"),
                        .text = " dns 10.0.0.1 domain office.example ~. default-route yes",
        },
        {
                        "a full tunnel in a table of the user's",
                        CONF("Table=7\nDNS=10.0.0.1, office.example\n") PEER("0.0.0.0/0"),
                        .text = " dns 10.0.0.1 domain office.example ~. default-route yes",
        },
        {
                        "everything, but no routes of ours",
                        CONF("Table=off\nDNS=10.0.0.1, office.example\n") PEER("0.0.0.0/0"),
                        .text = " dns 10.0.0.1 domain office.example default-route no",
        },
        {
                        "everything by name",
                        CONF("DNS=10.0.0.1, office.example, ~.\n"),
                        .text = " dns 10.0.0.1 domain office.example ~. default-route yes",
        },
        {
                        "a domain twice: searched, if it is once",
                        CONF("DNS=10.0.0.1, ~A.example, a.example, a.example\n"),
                        .text = " dns 10.0.0.1 domain A.example default-route no",
        },

        /* --- keyfiles --- */
        {
                        "keyfile: full tunnel",
                        KEYFILE("", "dns=10.0.0.1;\ndns-search=office.example;\n", ""),
                        .text = " dns 10.0.0.1 domain office.example ~. default-route yes",
        },
        {
                        "keyfile: for its own networks, no domain",
                        KEYFILE("", NO_DEFAULT "dns=10.0.0.1;\n", ""),
                        .text = " dns 10.0.0.1 default-route no",
        },
        {
                        "keyfile: for its own networks, by name",
                        KEYFILE("", NO_DEFAULT "dns=10.0.0.1;\ndns-search=~;\n", ""),
                        .text = " dns 10.0.0.1 domain ~. default-route yes",
        },
        {
                        "keyfile: a family without a default route, and one with",
                        KEYFILE("", NO_DEFAULT "dns=10.0.0.1;\ndns-search=office.example;\n", IPV6 "dns=fd00::1;\n"),
                        .text = " dns 10.0.0.1 fd00::1 domain office.example ~. default-route yes",
        },
        {
                        "keyfile: split, and a negative priority: nobody else is asked",
                        KEYFILE("", "auto-default-route=0\nroute-table=0\ndns=10.0.0.1;\ndns-search=office.example;\ndns-priority=-5\n",
                                        ""),
                        .text = " dns 10.0.0.1 domain office.example ~. default-route yes",
        },
        {
                        "keyfile: a negative priority does not overrule never-default",
                        KEYFILE("", NO_DEFAULT "dns=10.0.0.1;\ndns-search=office.example;\ndns-priority=-5\n", ""),
                        .text = " dns 10.0.0.1 domain office.example default-route no",
        },
        {
                        "keyfile: ports and names",
                        KEYFILE("", "dns=10.0.0.1#a.example;dns+tls://10.0.0.2:853#b.example;\n",
                                        IPV6 "dns=dns+udp://[fd00::1]:5353;fd00::2;\n"),
                        .text = " dns 10.0.0.1#a.example 10.0.0.2:853#b.example [fd00::1]:5353 fd00::2 domain ~. default-route yes",
        },
        {
                        "keyfile: settings alone",
                        KEYFILE("llmnr=0\nmdns=1\ndns-over-tls=1\ndnssec=2\n", "", ""),
                        .text = " llmnr no mdns resolve dnsovertls opportunistic dnssec yes",
        },
        {
                        "keyfile: all settings of the other kinds",
                        KEYFILE("llmnr=2\nmdns=2\ndns-over-tls=2\ndnssec=1\n", "", ""),
                        .text = " llmnr yes mdns yes dnsovertls yes dnssec allow-downgrade",
        },

        /* --- servers that cannot be told of --- */
        {
                        "none, and the stub",
                        CONF("DNS=0.0.0.0, ::, 127.0.0.53, 127.0.0.54, 127.0.0.1\n"),
                        .text = " dns 127.0.0.1 domain ~. default-route yes",
        },
        {
                        "a full tunnel whose servers are all left out",
                        CONF("DNS=127.0.0.53\n") PEER("0.0.0.0/0"),
                        .text = "",
        },
        {
                        "link-local: on the tunnel, on no link, on another",
                        CONF("DNS=fe80::1%wg0, fe80::2, fe80::3%eth0\n"),
                        .text = " dns fe80::1%wg0 fe80::2 domain ~. default-route yes",
        },

        /* --- resolvconf --- */
        {
                        "resolvconf",
                        CONF("DNS=10.0.0.1, fd00::1, office.example, home.example\n"),
                        "tun.wg0",
                        " resolvconf tun.wg0 dns 10.0.0.1 fd00::1 domain office.example home.example default-route no",
                        "nameserver 10.0.0.1\nnameserver fd00::1\nsearch office.example home.example\n",
        },
        {
                        "resolvconf: routing domains mean nothing, a scope does",
                        CONF("DNS=10.0.0.1, fe80::3%eth0, ~office.example\n") PEER("0.0.0.0/0"),
                        "wg0",
                        " resolvconf wg0 dns 10.0.0.1 fe80::3%eth0 domain ~office.example ~. default-route yes",
                        "nameserver 10.0.0.1\nnameserver fe80::3%eth0\n",
        },
        { "resolvconf: domains only", CONF("DNS=a.example\n"), "wg0", " resolvconf wg0 domain a.example",
                        "search a.example\n" },
        { "resolvconf: settings mean nothing", KEYFILE("llmnr=0\n", "", ""), "wg0", "" },
        { "resolvconf: nothing", CONF(""), "wg0", "" },

        /* --- network namespaces --- */
        { "not in another namespace", CONF("DNS=10.0.0.1\n[WgProfile]\nNetns=x\nZone=work\n"), .text = "" },
};

static char *text_of(const WgpDns *dns) {
        WgpText text = WGP_TEXT_NULL;

        wgp_text_append(&text, "");
        wgp_dns_format(dns, &text);
        cr_assert(!text.failed);
        return text.data;
}

static WgpNetwork build(size_t i) {
        const WgpDesiredInput input = {
                .mark = 51820,
                .skip_priority = 31000,
                .lookup_priority = 31996,
                .resolvconf = cases[i].resolvconf,
        };
        WgpNetwork network = WGP_NETWORK_NULL;

        cr_assert(try_network_of(cases[i].profile, &input, &network) == 0, "case '%s'", cases[i].name);
        return network;
}

Test(dns, cases) {
        for (size_t i = 0; i < WGP_ARRAY_SIZE(cases); i++) {
                WgpNetwork network = build(i);
                char *text = text_of(&network.dns), *resolv_conf = NULL;

                cr_expect_str_eq(text, cases[i].text, "case '%s': '%s'", cases[i].name, text);
                cr_expect_eq(wgp_dns_is_empty(&network.dns), !*cases[i].text, "case '%s'", cases[i].name);
                cr_expect_null(network.zone, "case '%s'", cases[i].name);
                if (cases[i].resolv_conf) {
                        cr_assert(wgp_dns_format_resolv_conf(&network.dns, &resolv_conf) >= 0);
                        cr_expect_str_eq(resolv_conf, cases[i].resolv_conf, "case '%s': '%s'", cases[i].name,
                                        resolv_conf);
                }
                free(text);
                free(resolv_conf);
                wgp_network_done(&network);
        }
}

/* Equal to a copy of itself, and to no other that is told otherwise. */
Test(dns, equal) {
        for (size_t i = 0; i < WGP_ARRAY_SIZE(cases); i++)
                for (size_t j = 0; j < WGP_ARRAY_SIZE(cases); j++) {
                        WgpNetwork a = build(i), b = build(j);
                        WgpDns copy;

                        cr_assert(wgp_dns_copy(&a.dns, &copy) >= 0);
                        cr_expect_eq(wgp_dns_equal(&copy, &b.dns), streq(cases[i].text, cases[j].text),
                                        "'%s' and '%s'", cases[i].name, cases[j].name);
                        wgp_dns_done(&copy);
                        wgp_network_done(&a);
                        wgp_network_done(&b);
                }
}

Test(zone, cases) {
        static const struct {
                const char *profile, *zone;
        } zones[] = {
                { CONF(""), NULL },
                { CONF("[WgProfile]\nZone=work\n"), "work" },
                { CONF("[WgProfile]\nZone=\n"), "" },
                { KEYFILE("zone=home\n", "", ""), "home" },
                { KEYFILE("zone=\n", "", ""), "" },
                { KEYFILE("zone=home\n", "", "[WgProfile]\nZone=work\n"), "work" },
        };

        for (size_t i = 0; i < WGP_ARRAY_SIZE(zones); i++) {
                WgpNetwork network = network_of(zones[i].profile);

                cr_expect(streq_ptr(network.zone, zones[i].zone), "case %zu: %s", i, network.zone ?: "none");
                wgp_network_done(&network);
        }
}
