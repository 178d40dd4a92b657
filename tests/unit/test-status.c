/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <criterion/criterion.h>
#include <stdio.h>

#include "model/prefix.h"
#include "model/value.h"
#include "resolver/status.h"

#define KEY "AQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQE="

/* One tunnel with one name, whose peer has the key 0101... */
typedef struct Fixture {
        WgpName asked;
        WgpEndpointName name, more[2];
        WgpEndpointName *endpoints[3];
        WgpAnswers *answers[3];
        WgpEndpointPeer peer;
        WgpEndpointPeer *peers[1];
        WgpTunnel tunnel;
} Fixture;

static WgpSockaddr address_of(const char *text) {
        WgpSockaddr s = {};

        cr_assert_eq(wgp_sockaddr_parse(text, &s), 0);
        return s;
}

static void setup(Fixture *f) {
        *f = (Fixture) { .name = { .host = (char *) "vpn.example.org", .port = 51820 } };
        wgp_answers_init(&f->name.answers, f->name.host, 5);
        f->asked = (WgpName) { .host = f->name.host, .ask_usec = 5, .ttl_usec = WGP_TTL_UNKNOWN };
        f->name.name = &f->asked;
        f->endpoints[0] = &f->name;
        f->answers[0] = &f->name.answers;
        memset(f->peer.public_key, 1, WGP_KEY_SIZE);
        f->peer.endpoints = f->endpoints;
        f->peer.remote.answers = f->answers;
        f->peer.n_endpoints = f->peer.remote.n_answers = 1;
        f->peers[0] = &f->peer;
        f->tunnel = (WgpTunnel) { .name = (char *) "site", .peers = f->peers, .n_peers = 1 };
}

/* An address, and a name that was never asked for. */
static void add_alternates(Fixture *f) {
        WgpSockaddr address = address_of("198.51.100.1:443");

        f->more[0] = (WgpEndpointName) { .host = (char *) "198.51.100.1", .port = 443 };
        cr_assert_eq(wgp_answers_init_constant(&f->more[0].answers, &address), 0);
        f->more[1] = (WgpEndpointName) { .host = (char *) "vpn2.example.org", .port = 443, .name = &f->asked };
        for (size_t i = 0; i < 2; i++) {
                f->endpoints[i + 1] = f->more + i;
                f->answers[i + 1] = &f->more[i].answers;
        }
        f->peer.n_endpoints = f->peer.remote.n_answers = 3;
        cr_assert_eq(wgp_remote_update(&f->peer.remote), 0);
}

static void teardown(Fixture *f) {
        wgp_answers_done(&f->name.answers);
        for (size_t i = 0; i < 2; i++)
                wgp_answers_done(&f->more[i].answers);
        wgp_remote_done(&f->peer.remote);
}

Test(status, nothing_is_known) {
        char *text;
        Fixture f;

        setup(&f);
        f.asked.failure = (char *) "there is no \"name\" server";
        cr_assert_eq(wgp_status_format(&f.tunnel, &text), 0);
        cr_expect_str_eq(text, "{\n"
                               " \"version\": 1,\n"
                               " \"name\": \"site\",\n"
                               " \"endpoints\": {\n"
                               "  \"" KEY "\": {\n"
                               "   \"host\": \"vpn.example.org\",\n"
                               "   \"port\": 51820,\n"
                               "   \"addresses\": [],\n"
                               "   \"failure\": \"there is no \\\"name\\\" server\",\n"
                               "   \"next\": 5,\n"
                               "   \"health\": \"unknown\"\n"
                               "  }\n"
                               " }\n"
                               "}");
        free(text);
}

Test(status, all_is_known) {
        WgpSockaddr addresses[] = { address_of("192.0.2.1:51820"), address_of("[2001:db8::1]:51820") };
        WgpPeerFacts facts = { .address = address_of("192.0.2.9:51820") };
        char *text;
        Fixture f;

        setup(&f);
        wgp_remote_observe(&f.peer.remote, 10, &facts);
        wgp_answers_take(&f.name.answers, 10, &(WgpAnswer) { addresses, 2, WGP_SECONDS(300) }, 0);
        cr_assert_eq(wgp_remote_update(&f.peer.remote), 0);
        wgp_name_answered(&f.asked, 10, &(WgpAnswer) { addresses, 2, WGP_SECONDS(300) });
        wgp_remote_moved(&f.peer.remote, 10, addresses, WGP_WHY_GONE);
        wgp_remote_observe(&f.peer.remote, 20, &facts);
        wgp_name_asked(&f.asked, 30);
        cr_assert_eq(wgp_status_format(&f.tunnel, &text), 0);
        cr_expect_str_eq(text, "{\n"
                               " \"version\": 1,\n"
                               " \"name\": \"site\",\n"
                               " \"endpoints\": {\n"
                               "  \"" KEY "\": {\n"
                               "   \"host\": \"vpn.example.org\",\n"
                               "   \"port\": 51820,\n"
                               "   \"addresses\": [\n"
                               "    \"192.0.2.1:51820\",\n"
                               "    \"[2001:db8::1]:51820\"\n"
                               "   ],\n"
                               "   \"answered\": 10,\n"
                               "   \"asked\": 30,\n"
                               "   \"ttl\": 300,\n"
                               "   \"present\": \"192.0.2.9:51820\",\n"
                               "   \"chosen\": \"192.0.2.1:51820\",\n"
                               "   \"why\": \"the name has lost the address before\",\n"
                               "   \"since\": 10,\n"
                               "   \"health\": \"trying\"\n"
                               "  }\n"
                               " }\n"
                               "}");
        free(text);
        teardown(&f);
}

Test(status, restore) {
        static const struct {
                const char *name, *text;
                int r;
                const char *chosen; /* NULL: none */
        } cases[] = {
                { "what was set",
                                "{\"version\": 1, \"name\": \"site\", \"endpoints\": {\"" KEY "\": "
                                "{\"host\": \"vpn.example.org\", \"port\": 51820, \"chosen\": \"192.0.2.1:51820\"}}}",
                                0, "192.0.2.1:51820" },
                { "nothing was",
                                "{\"version\": 1, \"name\": \"site\", \"endpoints\": {\"" KEY "\": "
                                "{\"host\": \"vpn.example.org\"}}}",
                                0, NULL },
                { "of another port",
                                "{\"version\": 1, \"name\": \"site\", \"endpoints\": {\"" KEY "\": "
                                "{\"host\": \"vpn.example.org\", \"port\": 51821, \"chosen\": \"192.0.2.1:51820\"}}}",
                                0, NULL },
                { "of another name",
                                "{\"version\": 1, \"name\": \"site\", \"endpoints\": {\"" KEY "\": "
                                "{\"host\": \"old.example.org\", \"port\": 51820, \"chosen\": \"192.0.2.1:51820\"}}}",
                                0, NULL },
                { "of another tunnel",
                                "{\"version\": 1, \"name\": \"home\", \"endpoints\": {\"" KEY "\": "
                                "{\"host\": \"vpn.example.org\", \"port\": 51820, \"chosen\": \"192.0.2.1:51820\"}}}",
                                -EBADMSG, NULL },
                { "of another peer",
                                "{\"version\": 1, \"name\": \"site\", \"endpoints\": "
                                "{\"AgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgI=\": "
                                "{\"host\": \"vpn.example.org\", \"port\": 51820, \"chosen\": \"192.0.2.1:51820\"}}}",
                                0, NULL },
                { "no key",
                                "{\"version\": 1, \"name\": \"site\", \"endpoints\": {\"x\": "
                                "{\"host\": \"vpn.example.org\", \"port\": 51820, \"chosen\": \"192.0.2.1:51820\"}}}",
                                0, NULL },
                { "no address",
                                "{\"version\": 1, \"name\": \"site\", \"endpoints\": {\"" KEY "\": "
                                "{\"host\": \"vpn.example.org\", \"port\": 51820, \"chosen\": \"192.0.2.1\"}}}",
                                0, NULL },
                { "other types",
                                "{\"version\": 1, \"name\": \"site\", \"endpoints\": {\"" KEY "\": "
                                "{\"host\": 1, \"chosen\": []}}}",
                                0, NULL },
                { "no endpoints", "{\"version\": 1, \"name\": \"site\", \"endpoints\": 7}", 0, NULL },
                { "a later version", "{\"version\": 2, \"name\": \"site\", \"endpoints\": {}}", -EBADMSG, NULL },
                { "no object", "[]", -EBADMSG, NULL },
                { "cut off", "{\"version\": 1, \"na", -EBADMSG, NULL },
                { "nothing", "", -EBADMSG, NULL },
        };

        for (size_t i = 0; i < WGP_ARRAY_SIZE(cases); i++) {
                char text[WGP_SOCKADDR_TEXT_SIZE] = "";
                Fixture f;
                int r;

                setup(&f);
                r = wgp_status_restore(&f.tunnel, cases[i].text, strlen(cases[i].text));
                cr_expect_eq(r, cases[i].r, "case '%s': %d", cases[i].name, r);
                if (f.peer.remote.moves.ours.family != AF_UNSPEC)
                        wgp_sockaddr_format(&f.peer.remote.moves.ours, text);
                cr_expect_str_eq(text, cases[i].chosen ?: "", "case '%s': %s", cases[i].name, text);
                teardown(&f);
        }
}

/* A restart in between does not make the peer stay with the endpoint that the profile had before. */
Test(status, restore_inherited) {
        static const struct {
                const char *name, *endpoint;
                bool replaced, inherited; /* by the tunnel's record; then */
        } cases[] = {
                { "still", "{\"host\": \"vpn.example.org\", \"port\": 51820, \"inherited\": true}", true, true },
                { "no more", "{\"host\": \"vpn.example.org\", \"port\": 51820}", true, false },
                { "changed meanwhile", "{\"host\": \"old.example.org\", \"port\": 51820}", true, true },
                { "changed meanwhile, the port", "{\"host\": \"vpn.example.org\", \"port\": 1}", true, true },
                { "started again meanwhile", "{\"host\": \"old.example.org\", \"port\": 51820}", false, false },
        };

        for (size_t i = 0; i < WGP_ARRAY_SIZE(cases); i++) {
                char text[300];
                Fixture f;

                setup(&f);
                f.peer.remote.moves.inherited = cases[i].replaced;
                snprintf(text, sizeof(text), "{\"version\": 1, \"name\": \"site\", \"endpoints\": {\"" KEY "\": %s}}",
                                cases[i].endpoint);
                cr_assert_eq(wgp_status_restore(&f.tunnel, text, strlen(text)), 0);
                cr_expect_eq(f.peer.remote.moves.inherited, cases[i].inherited, "case '%s'", cases[i].name);
        }
}

Test(status, inherited) {
        WgpPeerFacts facts = { .address = address_of("192.0.2.9:51820") };
        char *text;
        Fixture f;

        setup(&f);
        f.peer.remote.moves.inherited = true;
        wgp_remote_observe(&f.peer.remote, 10, &facts);
        cr_assert_eq(wgp_status_format(&f.tunnel, &text), 0);
        f.peer.remote.moves.inherited = false;
        cr_assert_eq(wgp_status_restore(&f.tunnel, text, strlen(text)), 0);
        cr_expect(f.peer.remote.moves.inherited);
        free(text);
}

/* All endpoints of a peer that has several, and back: which of them has the address that was set. */
Test(status, endpoints) {
        WgpSockaddr address = address_of("192.0.2.1:51820"), other = address_of("203.0.113.1:443");
        char *text;
        Fixture f;

        setup(&f);
        add_alternates(&f);
        wgp_answers_take(&f.name.answers, 10, &(WgpAnswer) { &address, 1, 0 }, 0);
        wgp_answers_take(&f.more[1].answers, 10, &(WgpAnswer) { &other, 1, 0 }, 0);
        cr_assert_eq(wgp_remote_update(&f.peer.remote), 0);
        wgp_remote_moved(&f.peer.remote, 10, &other, WGP_WHY_SILENT);
        cr_assert_eq(wgp_status_format(&f.tunnel, &text), 0);
        cr_expect(strstr(text, "   \"endpoints\": [\n"
                               "    {\n"
                               "     \"host\": \"vpn.example.org\",\n"
                               "     \"port\": 51820,\n"
                               "     \"addresses\": [\n"
                               "      \"192.0.2.1:51820\"\n"
                               "     ],\n"
                               "     \"next\": 5\n"
                               "    },\n"
                               "    {\n"
                               "     \"host\": \"198.51.100.1\",\n"
                               "     \"port\": 443,\n"
                               "     \"addresses\": [\n"
                               "      \"198.51.100.1:443\"\n"
                               "     ]\n"
                               "    },\n"
                               "    {\n"
                               "     \"host\": \"vpn2.example.org\",\n"),
                        "%s", text);
        teardown(&f);

        setup(&f);
        add_alternates(&f);
        cr_assert_eq(wgp_status_restore(&f.tunnel, text, strlen(text)), 0);
        cr_expect(wgp_sockaddr_equal(&f.peer.remote.moves.ours, &other));
        cr_expect_eq(f.peer.remote.moves.why, WGP_WHY_SILENT);
        cr_expect_eq(f.peer.remote.moves.moved_usec, 10);
        cr_expect(wgp_answers_list(&f.more[1].answers, &other));
        cr_expect_not(wgp_answers_list(&f.name.answers, &other));
        teardown(&f);
        free(text);
}
