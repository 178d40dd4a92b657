/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <criterion/criterion.h>
#include <stdio.h>

#include "core/value.h"
#include "resolver/status.h"

#define KEY "AQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQE="

/* One tunnel with one name, whose peer has the key 0101... */
typedef struct Fixture {
        WgpName asked;
        WgpEndpointName name;
        WgpEndpointName *endpoints[1];
        WgpTunnel tunnel;
} Fixture;

static WgpSockaddr address_of(const char *text) {
        WgpSockaddr s = {};

        cr_assert_eq(wgp_sockaddr_parse(text, &s), 0);
        return s;
}

static void setup(Fixture *f) {
        *f = (Fixture) { .name = { .host = (char *) "vpn.example.org", .port = 51820 } };
        memset(f->name.public_key, 1, WGP_KEY_SIZE);
        wgp_tracker_init(&f->name.tracker);
        f->asked = (WgpName) { .host = f->name.host, .ask_usec = 5, .ttl_usec = WGP_TTL_UNKNOWN };
        f->name.name = &f->asked;
        f->endpoints[0] = &f->name;
        f->tunnel = (WgpTunnel) { .name = (char *) "site", .endpoints = f->endpoints, .n_endpoints = 1 };
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
                               "   \"health\": \"unknown\",\n"
                               "   \"failure\": \"there is no \\\"name\\\" server\",\n"
                               "   \"next\": 5\n"
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
        wgp_tracker_observe(&f.name.tracker, 10, &facts);
        wgp_tracker_answer(&f.name.tracker, 10, &(WgpAnswer) { addresses, 2, WGP_SECONDS(300) }, 0);
        wgp_name_answered(&f.asked, 10, &(WgpAnswer) { addresses, 2, WGP_SECONDS(300) });
        wgp_tracker_moved(&f.name.tracker, 10, addresses, WGP_WHY_GONE);
        wgp_tracker_observe(&f.name.tracker, 20, &facts);
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
                               "   \"present\": \"192.0.2.9:51820\",\n"
                               "   \"chosen\": \"192.0.2.1:51820\",\n"
                               "   \"why\": \"the name has lost the address before\",\n"
                               "   \"health\": \"trying\",\n"
                               "   \"answered\": 10,\n"
                               "   \"asked\": 30,\n"
                               "   \"ttl\": 300\n"
                               "  }\n"
                               " }\n"
                               "}");
        free(text);
        wgp_tracker_done(&f.name.tracker);
}

Test(status, restore) {
        static const struct {
                const char *name, *text;
                int r;
                const char *chosen; /* NULL: none */
        } cases[] = {
                { "what was set", "{\"version\": 1, \"name\": \"site\", \"endpoints\": {\"" KEY "\": "
                  "{\"host\": \"vpn.example.org\", \"port\": 51820, \"chosen\": \"192.0.2.1:51820\"}}}", 0, "192.0.2.1:51820" },
                { "nothing was", "{\"version\": 1, \"name\": \"site\", \"endpoints\": {\"" KEY "\": "
                  "{\"host\": \"vpn.example.org\"}}}", 0, NULL },
                { "of another port", "{\"version\": 1, \"name\": \"site\", \"endpoints\": {\"" KEY "\": "
                  "{\"host\": \"vpn.example.org\", \"port\": 51821, \"chosen\": \"192.0.2.1:51820\"}}}", 0, NULL },
                { "of another name", "{\"version\": 1, \"name\": \"site\", \"endpoints\": {\"" KEY "\": "
                  "{\"host\": \"old.example.org\", \"port\": 51820, \"chosen\": \"192.0.2.1:51820\"}}}", 0, NULL },
                { "of another tunnel", "{\"version\": 1, \"name\": \"home\", \"endpoints\": {\"" KEY "\": "
                  "{\"host\": \"vpn.example.org\", \"port\": 51820, \"chosen\": \"192.0.2.1:51820\"}}}", -EBADMSG, NULL },
                { "of another peer", "{\"version\": 1, \"name\": \"site\", \"endpoints\": "
                  "{\"AgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgI=\": "
                  "{\"host\": \"vpn.example.org\", \"port\": 51820, \"chosen\": \"192.0.2.1:51820\"}}}", 0, NULL },
                { "no key", "{\"version\": 1, \"name\": \"site\", \"endpoints\": {\"x\": "
                  "{\"host\": \"vpn.example.org\", \"port\": 51820, \"chosen\": \"192.0.2.1:51820\"}}}", 0, NULL },
                { "no address", "{\"version\": 1, \"name\": \"site\", \"endpoints\": {\"" KEY "\": "
                  "{\"host\": \"vpn.example.org\", \"port\": 51820, \"chosen\": \"192.0.2.1\"}}}", 0, NULL },
                { "other types", "{\"version\": 1, \"name\": \"site\", \"endpoints\": {\"" KEY "\": "
                  "{\"host\": 1, \"chosen\": []}}}", 0, NULL },
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
                if (f.name.tracker.ours.family != AF_UNSPEC)
                        wgp_sockaddr_format(&f.name.tracker.ours, text);
                cr_expect_str_eq(text, cases[i].chosen ?: "", "case '%s': %s", cases[i].name, text);
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
                f.name.tracker.inherited = cases[i].replaced;
                snprintf(text, sizeof(text), "{\"version\": 1, \"name\": \"site\", \"endpoints\": {\"" KEY "\": %s}}",
                                cases[i].endpoint);
                cr_assert_eq(wgp_status_restore(&f.tunnel, text, strlen(text)), 0);
                cr_expect_eq(f.name.tracker.inherited, cases[i].inherited, "case '%s'", cases[i].name);
        }
}

Test(status, inherited) {
        WgpPeerFacts facts = { .address = address_of("192.0.2.9:51820") };
        char *text;
        Fixture f;

        setup(&f);
        f.name.tracker.inherited = true;
        wgp_tracker_observe(&f.name.tracker, 10, &facts);
        cr_assert_eq(wgp_status_format(&f.tunnel, &text), 0);
        f.name.tracker.inherited = false;
        cr_assert_eq(wgp_status_restore(&f.tunnel, text, strlen(text)), 0);
        cr_expect(f.name.tracker.inherited);
        free(text);
}
