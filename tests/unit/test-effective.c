/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The effective profile: which lines of a file and its drop-ins count. */

#include <criterion/criterion.h>
#include <stdio.h>

#include "parse/effective-lines.h"
#include "support/profile-text.h"

#define K1 "xTIBA5rboUvnH4htodjb6e697QjLERt1NAB4mZqp8Dg="
#define K2 "TrMvSoP4jYQlY6RIzBgbssQqY3vxI2Pi+y71lOWWXX0="
#define SECRET "yAnz5TF+lXXJte14tji3zlMNq+hd2rYUIgJBgB3fBmk="
#define INTERFACE "[Interface]\nPrivateKey = " SECRET "\n"
#define PEER1 "[Peer]\nPublicKey = " K1 "\n"
#define PEER2 "[Peer]\nPublicKey = " K2 "\n"
#define KEYFILE                                                                              \
        "[connection]\ntype=wireguard\ninterface-name=wg0\n[wireguard]\nprivate-key=" SECRET \
        "\n[ipv4]\nmethod=manual\naddress1=10.0.0.1/24\n"

/* The values of one section each in a line, "key=value@file:line"; a secret has no value. */
static char *describe(const WgpProfile *profile) {
        WgpEffective effective = WGP_EFFECTIVE_NULL;
        char *text = NULL;
        size_t size = 0;
        FILE *f = open_memstream(&text, &size);

        cr_assert(f);
        cr_assert_eq(wgp_effective_build(profile, &effective), 0);
        for (size_t i = 0; i < effective.n_sections; i++) {
                const WgpEffectiveSection *s = effective.sections + i;

                fprintf(f, "[%s%c]", s->section->name, s->peer ? s->peer->public_key[0] == 0xc5 ? '1' : '2' : ' ');
                for (size_t j = 0; j < s->n_entries; j++) {
                        const WgpEntry *e = s->entries[j];

                        fprintf(f, " %s=%s@%s:%u", e->name, e->value ?: "*",
                                        wgp_profile_file(profile, e->origin) + (e->origin.file > 0 ? 8 : 0),
                                        e->origin.line);
                }
                fputc('\n', f);
        }
        fclose(f);
        wgp_effective_done(&effective);
        return text;
}

static const struct {
        const char *name;
        WgpFormat format;
        const char *texts[3];
        const char *expected;
} cases[] = {
        {
                        "one file",
                        WGP_FORMAT_WG_QUICK,
                        { INTERFACE "MTU = 1400\nAddress = 10.0.0.1/24\n" PEER1 "AllowedIPs = 10.0.0.0/8\n" },
                        "[Interface ] PrivateKey=*@profile:2 Address=10.0.0.1/24@profile:4 MTU=1400@profile:3\n"
                        "[Peer1] PublicKey=" K1 "@profile:6 AllowedIPs=10.0.0.0/8@profile:7\n",
        },
        {
                        "a scalar of a drop-in replaces, a list grows",
                        WGP_FORMAT_WG_QUICK,
                        { "[Interface]\nMTU = 1400\nAddress = 10.0.0.1/24\n",
                                        "[Interface]\nmtu = 1300\nAddress = 10.0.0.2/24\n" },
                        "[Interface ] Address=10.0.0.1/24@profile:3 Address=10.0.0.2/24@1:3 mtu=1300@1:2\n",
        },
        {
                        "an empty value resets a scalar",
                        WGP_FORMAT_WG_QUICK,
                        { "[Interface]\nMTU = 1400\nTable = 5\n", "[Interface]\nMTU =\n" },
                        "[Interface ] Table=5@profile:3\n",
        },
        {
                        "an empty value resets a list, and what follows it counts",
                        WGP_FORMAT_WG_QUICK,
                        { "[Interface]\nDNS = 10.0.0.1, example.com\n", "[Interface]\nDNS =\nDNS = 10.0.0.2\n" },
                        "[Interface ] DNS=10.0.0.2@1:3\n",
        },
        {
                        "hooks of one kind are reset, others stay",
                        WGP_FORMAT_WG_QUICK,
                        { "[Interface]\nPostUp = a\nPreDown = b\nPostUp = c # d\n", "[Interface]\nPreDown =\n" },
                        "[Interface ] PostUp=a@profile:2 PostUp=c # d@profile:4\n",
        },
        {
                        "the last of three files",
                        WGP_FORMAT_WG_QUICK,
                        { "[Interface]\nMTU = 1400\n", "[Interface]\nMTU = 1300\n", "[Interface]\nMTU = 1200\n" },
                        "[Interface ] MTU=1200@2:2\n",
        },
        {
                        "MTU of both sections is one setting",
                        WGP_FORMAT_WG_QUICK,
                        { "[Interface]\nMTU = 1400\n", "[WgProfile]\nMTU = 1300\n" },
                        "[Interface ]\n[WgProfile ] MTU=1300@1:2\n",
        },
        {
                        "a peer of a drop-in with the same key merges",
                        WGP_FORMAT_WG_QUICK,
                        {
                                        PEER1 "Endpoint = 192.0.2.1:1\nAllowedIPs = 10.0.0.0/8\n" PEER2,
                                        PEER1
                                        "Endpoint = 192.0.2.2:2\nAllowedIPs = 10.0.0.0/9\nPersistentKeepalive = 5\n",
                        },
                        "[Interface ]\n[Peer1] PublicKey=" K1
                        "@profile:2 AllowedIPs=10.0.0.0/8@profile:4 AllowedIPs=10.0.0.0/9@1:4 "
                        "Endpoint=192.0.2.2:2@1:3 PersistentKeepalive=5@1:5\n"
                        "[Peer2] PublicKey=" K2 "@profile:6\n",
        },
        {
                        "alternate endpoints grow",
                        WGP_FORMAT_WG_QUICK,
                        { PEER1 "Endpoint = a:1\n", PEER1 "AlternateEndpoints = b:2\nAlternateEndpoints = c:3\n" },
                        "[Interface ]\n[Peer1] PublicKey=" K1
                        "@profile:2 Endpoint=a:1@profile:3 AlternateEndpoints=b:2@1:3 "
                        "AlternateEndpoints=c:3@1:4\n",
        },
        {
                        "alternate endpoints are reset",
                        WGP_FORMAT_WG_QUICK,
                        { PEER1 "Endpoint = a:1\n", PEER1 "AlternateEndpoints = b:2\n",
                                        PEER1 "AlternateEndpoints =\nAlternateEndpoints = c:3\n" },
                        "[Interface ]\n[Peer1] PublicKey=" K1
                        "@profile:2 Endpoint=a:1@profile:3 AlternateEndpoints=c:3@2:4\n",
        },
        {
                        "the allowed-ips of a peer are reset",
                        WGP_FORMAT_WG_QUICK,
                        { PEER1 "AllowedIPs = 10.0.0.0/8\n", PEER1 "AllowedIPs =\nAllowedIPs = 10.1.0.0/16\n" },
                        "[Interface ]\n[Peer1] PublicKey=" K1 "@profile:2 AllowedIPs=10.1.0.0/16@1:4\n",
        },
        {
                        "in one file the second section of a peer replaces the allowed-ips",
                        WGP_FORMAT_WG_QUICK,
                        { PEER1 "AllowedIPs = 10.0.0.0/8\nEndpoint = 192.0.2.1:1\n" PEER1
                                "AllowedIPs = 10.1.0.0/16\n" },
                        "[Interface ]\n[Peer1] PublicKey=" K1
                        "@profile:2 AllowedIPs=10.1.0.0/16@profile:7 Endpoint=192.0.2.1:1@profile:4\n",
        },
        {
                        "a credential is no secret",
                        WGP_FORMAT_WG_QUICK,
                        { "[Interface]\nPrivateKey = @key\n" PEER1 "PresharedKey = " SECRET "\n" },
                        "[Interface ] PrivateKey=@key@profile:2\n[Peer1] PublicKey=" K1
                        "@profile:4 PresharedKey=*@profile:5\n",
        },
        {
                        "a key file makes the key in the file meaningless",
                        WGP_FORMAT_WG_QUICK,
                        { INTERFACE, "[WgProfile]\nPrivateKeyFile = /etc/key\n" },
                        "[Interface ]\n[WgProfile ] PrivateKeyFile=/etc/key@1:2\n",
        },
        {
                        "a keyfile, its routes in order and with their options",
                        WGP_FORMAT_KEYFILE,
                        { KEYFILE "route2=10.2.0.0/16\nroute1_options=mtu=1300\nroute1=10.1.0.0/16\nroute2_options=table=5\n" },
                        "[connection ] type=wireguard@profile:2 interface-name=wg0@profile:3\n"
                        "[wireguard ] private-key=*@profile:5\n"
                        "[ipv4 ] method=manual@profile:7 address1=10.0.0.1/24@profile:8 route1=10.1.0.0/16@profile:11 "
                        "route1_options=mtu=1300@profile:10 route2=10.2.0.0/16@profile:9 route2_options=table=5@profile:12\n",
        },
        {
                        "a drop-in resets the routes, and their options go with them",
                        WGP_FORMAT_KEYFILE,
                        {
                                        KEYFILE "route1=10.1.0.0/16\nroute1_options=mtu=1300\n",
                                        "[ipv4]\nroute1=\n",
                        },
                        "[connection ] type=wireguard@profile:2 interface-name=wg0@profile:3\n"
                        "[wireguard ] private-key=*@profile:5\n"
                        "[ipv4 ] method=manual@profile:7 address1=10.0.0.1/24@profile:8\n",
        },
        {
                        "both families have a method",
                        WGP_FORMAT_KEYFILE,
                        { KEYFILE "[ipv6]\nmethod=disabled\n", "[ipv6]\nmethod=ignore\n" },
                        "[connection ] type=wireguard@profile:2 interface-name=wg0@profile:3\n"
                        "[wireguard ] private-key=*@profile:5\n"
                        "[ipv4 ] method=manual@profile:7 address1=10.0.0.1/24@profile:8\n"
                        "[ipv6 ] method=ignore@1:2\n",
        },
        {
                        "zones of both sections are one setting, and the empty one is a zone",
                        WGP_FORMAT_KEYFILE,
                        { KEYFILE "[connection]\nzone=home\nmetered=1\n", "[WgProfile]\nZone=\n" },
                        "[connection ] type=wireguard@profile:2 interface-name=wg0@profile:3 metered=1@profile:11\n"
                        "[wireguard ] private-key=*@profile:5\n"
                        "[ipv4 ] method=manual@profile:7 address1=10.0.0.1/24@profile:8\n"
                        "[WgProfile ] Zone=@1:2\n",
        },
        {
                        "a peer of a keyfile without a line of its own",
                        WGP_FORMAT_KEYFILE,
                        { KEYFILE "[wireguard-peer." K1 "]\n[wireguard-peer." K2 "]\nallowed-ips=10.0.0.0/8;\n",
                                        "[wireguard-peer." K2 "]\nallowed-ips=10.0.0.0/9\npreshared-key=" SECRET
                                        "\n" },
                        "[connection ] type=wireguard@profile:2 interface-name=wg0@profile:3\n"
                        "[wireguard ] private-key=*@profile:5\n"
                        "[ipv4 ] method=manual@profile:7 address1=10.0.0.1/24@profile:8\n"
                        "[wireguard-peer.1]\n"
                        "[wireguard-peer.2] preshared-key=*@1:3 allowed-ips=10.0.0.0/8;@profile:11 allowed-ips=10.0.0.0/9@1:2\n",
        },
};

Test(effective, lines_that_count) {
        for (size_t i = 0; i < WGP_ARRAY_SIZE(cases); i++) {
                size_t n = 1;
                char *text;
                Reading r;

                while (n < WGP_ARRAY_SIZE(cases[i].texts) && cases[i].texts[n])
                        n++;
                r = read_profile("wg0", cases[i].format, cases[i].texts, n);
                cr_expect_eq(r.diagnostics.n_errors, 0, "case '%s': %s", cases[i].name, r.problems);
                text = describe(r.profile);
                cr_expect_str_eq(text, cases[i].expected, "case '%s':\n%s", cases[i].name, text);
                free(text);
                reading_done(&r);
        }
}

/* Half a second would be quadratic. */
Test(effective, many_peers, .timeout = 20) {
        enum {
                N_PEERS = 20000,
        };
        char *text = NULL;
        size_t size = 0;
        FILE *f = open_memstream(&text, &size);
        WgpEffective effective = WGP_EFFECTIVE_NULL;
        const char *texts[2];
        Reading r;

        cr_assert(f);
        for (unsigned i = 0; i < N_PEERS; i++)
                fprintf(f, "[Peer]\nPublicKey = %05uxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxA=\nAllowedIPs = 10.%u.%u.0/24\n",
                                i, i / 256, i % 256);
        fclose(f);
        texts[0] = "[Interface]\n";
        texts[1] = text;
        r = read_profile("wg0", WGP_FORMAT_WG_QUICK, texts, 2);
        cr_assert_eq(r.profile->n_peers, N_PEERS);
        cr_assert_eq(wgp_effective_build(r.profile, &effective), 0);
        cr_expect_eq(effective.n_sections, N_PEERS + 1);
        cr_expect_eq(effective.n_entries, 2 * N_PEERS);
        wgp_effective_done(&effective);
        reading_done(&r);
        free(text);
}
