/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* system/state*.c: what is written is read back the same; what is not ours is refused; the files and the lock. */

#include "system/state.h"

#include <criterion/criterion.h>
#include <fcntl.h>
#include <linux/fib_rules.h>
#include <linux/rtnetlink.h>
#include <stdio.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "model/dns.h"
#include "model/prefix.h"
#include "model/value.h"
#include "system/state-internal.h"

static void add_rules(WgpNetwork *network) {
        *wgp_network_add_rule(network) = (WgpRule) {
                .family = AF_INET,
                .action = FR_ACT_GOTO,
                .protocol = RTPROT_KERNEL,
                .priority = 31000,
                .goto_priority = 31999,
                .has_fwmark = true,
                .fwmark = 51820,
                .fwmask = UINT32_MAX,
                .shared = true,
        };
        *wgp_network_add_rule(network) = (WgpRule) {
                .family = AF_INET6,
                .action = FR_ACT_TO_TBL,
                .protocol = RTPROT_STATIC,
                .priority = 5,
                .table = 4000000000,
                .invert = true,
                .has_suppress_prefixlength = true,
                .tos = 4,
                .ip_protocol = 17,
                .has_uid_range = true,
                .uid_start = 1,
                .uid_end = UINT32_MAX,
                .sport_start = 1,
                .sport_end = 2,
                .dport_start = 3,
                .dport_end = UINT16_MAX,
                .from = { .family = AF_INET6, .length = 16, .bytes = { 0xfd } },
                .to = { .family = AF_INET6 },
                .iif = "eth0",
                .oif = "wg0",
        };
}

static void add_routes(WgpNetwork *network) {
        WgpRoute full = {
                .destination = { .family = AF_INET, .length = 16, .bytes = { 10, 9 } },
                .gateway = { .family = AF_INET, .length = 32, .bytes = { 10, 0, 0, 254 } },
                .preferred_source = { .family = AF_INET, .length = 32, .bytes = { 10, 0, 0, 1 } },
                .table = 4000000000,
                .metric = UINT32_MAX,
                .protocol = RTPROT_STATIC,
                .scope = RT_SCOPE_UNIVERSE,
                .type = RTN_UNICAST,
                .tos = 8,
                .uses_device = true,
                .onlink = true,
                .weight = 256,
                .metrics_set = (1 << _WGP_ROUTE_METRIC_N) - 1,
                .metrics_lock = 1 << WGP_ROUTE_MTU,
        };

        for (unsigned i = 0; i < _WGP_ROUTE_METRIC_N; i++)
                full.metrics[i] = 1300 + i;
        *wgp_network_add_route(network) = full;
        *wgp_network_add_route(network) = (WgpRoute) {
                .destination = { .family = AF_INET6 },
                .source = { .family = AF_INET6, .length = 8, .bytes = { 0xfd } },
                .table = 51820,
                .type = RTN_UNREACHABLE,
                .protocol = RTPROT_BOOT,
        };
        *wgp_network_add_route(network) = (WgpRoute) {
                /* like most: the destination stands alone */
                .destination = { .family = AF_INET, .length = 24, .bytes = { 10, 1, 2 } },
                .table = RT_TABLE_MAIN,
                .protocol = RTPROT_BOOT,
                .scope = RT_SCOPE_LINK,
                .type = RTN_UNICAST,
                .uses_device = true,
        };
}

static void add_peers(WgpState *state) {
        static const uint8_t keys[][WGP_KEY_SIZE] = { { 1 }, { 2 }, { 3 } };
        WgpPeerState *peer;

        peer = wgp_device_add_peer(&state->network.device, keys[0]);
        peer->endpoint.in = (struct sockaddr_in) {
                .sin_family = AF_INET, .sin_port = htons(51820), .sin_addr.s_addr = htonl(0xc0000201)
        };
        peer = wgp_device_add_peer(&state->network.device, keys[1]);
        peer->endpoint.in6 =
                        (struct sockaddr_in6) { .sin6_family = AF_INET6, .sin6_port = htons(1), .sin6_scope_id = 3 };
        peer->endpoint.in6.sin6_addr.s6_addr[0] = 0xfe;
        peer->endpoint.in6.sin6_addr.s6_addr[1] = 0x80;

        cr_assert(wgp_grow(&state->names, &state->n_names_allocated, 1, sizeof(*state->names)));
        state->names[0] = (WgpStateName) { .host = strdup("vpn.example.org"), .port = 51820, .replaced = true };
        memcpy(state->names[0].public_key, keys[2], WGP_KEY_SIZE);
        state->n_names = 1;

        cr_assert(wgp_grow(&state->alternates, &state->n_alternates_allocated, 3, sizeof(*state->alternates)));
        for (size_t i = 0; i < 3; i++) {
                state->alternates[i] = (WgpStateName) {};
                memcpy(state->alternates[i].public_key, keys[i == 0 ? 0 : 2], WGP_KEY_SIZE);
        }
        state->alternates[0].address = state->network.device.peers[1].endpoint;
        state->alternates[1].address.in = (struct sockaddr_in) {
                .sin_family = AF_INET, .sin_port = htons(443), .sin_addr.s_addr = htonl(0xc6336401)
        };
        state->alternates[2].host = strdup("vpn2.example.org");
        state->alternates[2].port = 443;
        state->n_alternates = 3;
}

static void add_services(WgpNetwork *network) {
        WgpDns *dns = &network->dns;
        WgpDnsServer server = { .port = 853, .server_name = (char *) "dns.example", .scope = (char *) "wg0" };

        network->zone = strdup("work");
        dns->resolvconf = strdup("tun.wg0");
        dns->default_route = true;
        dns->settings[WGP_DNS_LLMNR] = WGP_DNS_NO;
        dns->settings[WGP_DNS_DNSSEC] = WGP_DNS_YES;
        cr_assert(wgp_address_parse("fe80::1", &server.address) >= 0);
        cr_assert(wgp_dns_add_server(dns, &server));
        server = (WgpDnsServer) {};
        cr_assert(wgp_address_parse("10.0.0.1", &server.address) >= 0);
        cr_assert(wgp_dns_add_server(dns, &server));
        cr_assert(wgp_dns_add_domain(dns, "office.example", false));
        cr_assert(wgp_dns_add_domain(dns, ".", true));
}

static WgpState make_state(const char *name) {
        WgpState state = {
                .name = strdup(name),
                .format = WGP_FORMAT_KEYFILE,
                .backend = WGP_BACKEND_USERSPACE,
                .of_unit = true,
                .automatic_mtu = true,
                .ipv6 = true,
                .refresh_usec = 90000000,
                .network.link = { .name = "wg0",
                                .ifindex = 12,
                                .group = WGP_LINK_GROUP,
                                .mtu = 1420,
                                .master = 3,
                                .master_name = "blue",
                                .up = true },
                .network.netns = strdup("red \"one\""),
                .network.device = { .has_listen_port = true,
                                .listen_port = 51820,
                                .has_fwmark = true,
                                .fwmark = UINT32_MAX },
                .network.filter = { .present = true, .refused = true },
                .network.valid_mark = { .wanted = true, .value = 1 },
                .network.kill_switch.on = true,
                .filter_problem = strdup("the kernel has no \"nf_tables\""),
        };

        *wgp_network_add_address(&state.network) = (WgpAddress) {
                .prefix = { .family = AF_INET, .length = 24, .bytes = { 10, 0, 0, 1 } },
                .flags = 0x200,
                .protocol = 3,
        };
        add_routes(&state.network);
        add_rules(&state.network);
        add_services(&state.network);
        add_peers(&state);
        state.file = strdup("/etc/wg-profile/\351.conf"); /* Latin-1 */
        cr_assert(wgp_network_add_hook(&state.network, WGP_HOOK_PRE_UP, "true", "a.conf:1") >= 0);
        cr_assert(wgp_network_add_hook(&state.network, WGP_HOOK_POST_DOWN, "echo '\303\251 \377\200' \t\"#",
                                  "\351:12") >= 0);
        state.network.hooks_done = true;
        state.save_config = true;
        state.digest = UINT64_MAX - 5;
        return state;
}

Test(state, round_trip) {
        WgpState state = make_state("a \"name\""), again;
        char *text, *text_again;

        cr_assert(wgp_state_format(&state, &text) >= 0);
        cr_assert(wgp_state_parse(text, strlen(text), &again) >= 0, "%s", text);
        cr_expect(wgp_state_equal(&state, &again));
        cr_assert(wgp_state_format(&again, &text_again) >= 0);
        cr_expect_str_eq(text, text_again);
        cr_expect_str_eq(again.network.hooks[1].command, state.network.hooks[1].command);
        cr_expect_str_eq(again.file, state.file);

        again.network.rules[1].dport_end--;
        cr_expect(!wgp_state_equal(&state, &again));
        again.network.rules[1].dport_end++;
        again.alternates[2].port--;
        cr_expect(!wgp_state_equal(&state, &again));
        again.alternates[2].port++;
        again.network.valid_mark.value = 0;
        cr_expect(!wgp_state_equal(&state, &again));
        again.network.valid_mark.value = 1;
        again.network.netns[0] = 'x';
        cr_expect(!wgp_state_equal(&state, &again));
        again.network.netns[0] = 'r';
        again.network.link.master_name[0] = 'x';
        cr_expect(!wgp_state_equal(&state, &again));
        again.network.link.master_name[0] = 'b';
        again.network.kill_switch.on = false;
        cr_expect(!wgp_state_equal(&state, &again));
        again.network.kill_switch.on = true;
        again.network.filter.present = false;
        cr_expect(!wgp_state_equal(&state, &again));
        again.network.filter.present = true;
        again.network.filter.refused = false;
        cr_expect(!wgp_state_equal(&state, &again));
        again.network.filter.refused = true;
        cr_expect(wgp_state_equal(&state, &again));
        again.network.dns.servers[0].port++;
        cr_expect(!wgp_state_equal(&state, &again));
        again.network.dns.servers[0].port--;
        again.network.zone[0]++;
        cr_expect(!wgp_state_equal(&state, &again));

        free(text);
        free(text_again);
        wgp_state_done(&state);
        wgp_state_done(&again);
}

/* Names are file names and links' names: any bytes. */
Test(state, names_are_bytes) {
        WgpState state = make_state("caf\351"), again;
        char *text;

        strcpy(state.network.link.name, "caf\351");
        strcpy(state.network.link.master_name, "\303\251");
        strcpy(state.network.rules[1].iif, "\377");
        free(state.network.zone);
        state.network.zone = strdup("\351");
        free(state.filter_problem);
        state.filter_problem = strdup("\351 failed");
        free(state.network.dns.resolvconf);
        state.network.dns.resolvconf = strdup("tun.caf\351");
        free(state.network.dns.domains[0].name);
        state.network.dns.domains[0].name = strdup("caf\351.example");
        free(state.network.dns.servers[0].scope);
        state.network.dns.servers[0].scope = strdup("caf\351");

        cr_assert(wgp_state_format(&state, &text) >= 0);
        cr_assert(wgp_state_parse(text, strlen(text), &again) >= 0, "%s", text);
        cr_expect(wgp_state_equal(&state, &again));
        cr_expect_str_eq(again.name, state.name);
        cr_expect_str_eq(again.network.link.name, state.network.link.name);
        cr_expect_str_eq(again.network.dns.servers[0].scope, state.network.dns.servers[0].scope);
        cr_expect_str_eq(again.filter_problem, state.filter_problem);

        free(text);
        wgp_state_done(&state);
        wgp_state_done(&again);
}

Test(state, holds_no_secret) {
        WgpState state = make_state("x");
        char key[WGP_KEY_TEXT_SIZE], *text;

        memset(state.network.device.private_key, 0x55, WGP_KEY_SIZE);
        memset(state.network.device.peers[0].preshared_key, 0x55, WGP_KEY_SIZE);
        wgp_key_format(state.network.device.private_key, key);
        cr_assert(wgp_state_format(&state, &text) >= 0);
        cr_expect(!strstr(text, key));
        free(text);
        wgp_state_done(&state);
}

#define HEAD "\"version\":1,\"name\":\"x\",\"format\":\"keyfile\",\"backend\":\"kernel\",\"link\":{},\"device\":{}"

#define NEWER "\"version\":2,\"name\":\"x\",\"format\":\"keyfile\",\"backend\":\"kernel\",\"link\":{},\"device\":{}"
#define REST ",\"peers\":{},\"addresses\":[],\"routes\":[],\"rules\":[]"

static const struct {
        const char *name, *text;
        int r;
} parse_cases[] = {
        { "the least", "{" HEAD ",\"peers\":{},\"addresses\":[],\"routes\":[],\"rules\":[]}", 0 },
        { "no JSON", "hello", -EBADMSG },
        { "empty", "", -EBADMSG },
        { "cut off", "{" HEAD ",\"peers\":{},\"addresses\":[],\"routes\":[{\"to\":\"10.", -EBADMSG },
        { "not an object", "[]", -EBADMSG },
        { "a list is missing", "{" HEAD ",\"peers\":{},\"addresses\":[],\"routes\":[]}", -EBADMSG },
        { "another version", "{\"version\":2,\"name\":\"x\"}", -EBADMSG },
        { "a newer version that is understood", "{" NEWER REST ",\"later\":1}", WGP_STATE_E_NEWER },
        { "no version",
                        "{\"name\":\"x\",\"format\":\"keyfile\",\"backend\":\"kernel\",\"link\":{},\"device\":{}" REST
                        "}",
                        -EBADMSG },
        { "NUL instead", "\0", -EBADMSG },
        { "a rule of the kernel's own",
                        "{" HEAD ",\"peers\":{},\"addresses\":[],\"routes\":[],"
                        "\"rules\":[{\"family\":2,\"priority\":32766,\"table\":254}]}",
                        -EBADMSG },
        { "a rule of the profile's",
                        "{" HEAD ",\"peers\":{},\"addresses\":[],\"routes\":[],"
                        "\"rules\":[{\"family\":2,\"priority\":5,\"protocol\":4,\"table\":254}]}",
                        0 },
        { "a rule of ours",
                        "{" HEAD ",\"peers\":{},\"addresses\":[],\"routes\":[],"
                        "\"rules\":[{\"family\":2,\"priority\":31999,\"action\":3,\"shared\":true}]}",
                        0 },
        { "a route over another device",
                        "{" HEAD ",\"peers\":{},\"addresses\":[],\"rules\":[],"
                        "\"routes\":[{\"to\":\"0.0.0.0/0\",\"via\":\"192.0.2.1\",\"device\":false}]}",
                        -EBADMSG },
        { "a route without a device",
                        "{" HEAD ",\"peers\":{},\"addresses\":[],\"rules\":[],"
                        "\"routes\":[{\"to\":\"0.0.0.0/0\",\"type\":7,\"device\":false}]}",
                        0 },
        { "a name of no character",
                        "{\"version\":1,\"name\":\"\",\"format\":\"keyfile\",\"backend\":\"kernel\",\"link\":{},\"device\":{}"
                        ",\"peers\":{},\"addresses\":[],\"routes\":[],\"rules\":[]}",
                        -EBADMSG },
        { "no address", "{" HEAD ",\"peers\":{},\"addresses\":[{\"address\":\"x\"}],\"routes\":[],\"rules\":[]}",
                        -EBADMSG },
        { "no object", "{" HEAD ",\"peers\":{},\"addresses\":[1],\"routes\":[],\"rules\":[]}", -EBADMSG },
        { "no prefix", "{" HEAD ",\"peers\":{},\"addresses\":[],\"routes\":[\"x\"],\"rules\":[]}", -EBADMSG },
        { "nothing", "{" HEAD ",\"peers\":{},\"addresses\":[],\"routes\":[null],\"rules\":[]}", -EBADMSG },
        { "too large",
                        "{" HEAD
                        ",\"peers\":{},\"addresses\":[],\"routes\":[{\"to\":\"10.0.0.0/8\",\"tos\":256}],\"rules\":[]}",
                        -EBADMSG },
        { "negative",
                        "{" HEAD
                        ",\"peers\":{},\"addresses\":[],\"routes\":[{\"to\":\"10.0.0.0/8\",\"table\":-1}],\"rules\":[]}",
                        -EBADMSG },
        { "no boolean", "{" HEAD ",\"peers\":{},\"addresses\":[],\"routes\":[{\"device\":1}],\"rules\":[]}",
                        -EBADMSG },
        { "no interface", "{" HEAD ",\"peers\":{},\"addresses\":[],\"routes\":[],\"rules\":[{\"iif\":\"a/b\"}]}",
                        -EBADMSG },
        { "no zone", "{" HEAD REST ",\"zone\":1}", -EBADMSG },
        { "no DNS", "{" HEAD REST ",\"dns\":1}", -EBADMSG },
        { "the least DNS", "{" HEAD REST ",\"dns\":{\"servers\":[],\"domains\":[]}}", 0 },
        { "no server", "{" HEAD REST ",\"dns\":{\"servers\":[{\"address\":\"x\"}],\"domains\":[]}}", -EBADMSG },
        { "no port", "{" HEAD REST ",\"dns\":{\"servers\":[{\"address\":\"::1\",\"port\":65536}],\"domains\":[]}}",
                        -EBADMSG },
        { "no domain", "{" HEAD REST ",\"dns\":{\"servers\":[],\"domains\":[{}]}}", -EBADMSG },
        { "no setting", "{" HEAD REST ",\"dns\":{\"servers\":[],\"domains\":[],\"llmnr\":4}}", -EBADMSG },
        { "no key", "{" HEAD ",\"peers\":{\"x\":\"192.0.2.1:1\"},\"addresses\":[],\"routes\":[],\"rules\":[]}",
                        -EBADMSG },
        { "no endpoint",
                        "{" HEAD
                        ",\"peers\":{\"AQAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=\":\"x\"},\"addresses\":[],\"routes\":[],\"rules\":[]}",
                        -EBADMSG },
        { "no host",
                        "{" HEAD
                        ",\"peers\":{\"AQAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=\":{}},\"addresses\":[],\"routes\":[],\"rules\":[]}",
                        -EBADMSG },
};

Test(state, parse) {
        for (size_t i = 0; i < WGP_ARRAY_SIZE(parse_cases); i++) {
                WgpState state = WGP_STATE_NULL;

                cr_expect_eq(wgp_state_parse(parse_cases[i].text, strlen(parse_cases[i].text), &state),
                                parse_cases[i].r, "case '%s'", parse_cases[i].name);
                wgp_state_done(&state);
        }
}

/* What is read line by line, and how far, must make no difference: each text is parsed as it is and with its lines
 * joined, which leaves all to the JSON parser. */

#define KEY(c) "\"" c "QAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=\""
#define LISTS(peers, routes)                                                                       \
        "{\n " HEAD ",\n \"peers\": {\n" peers " },\n \"addresses\": [],\n \"routes\": [\n" routes \
        " ],\n \"rules\": []\n}"
#define NAME "{\n   \"host\": \"vpn.example\",\n   \"port\": 1\n  }"

static const struct {
        const char *name, *text;
        size_t n_peers, n_names, n_routes;
        int r;
} list_cases[] = {
        { "all plain",
                        LISTS("  " KEY("A") ": \"192.0.2.1:1\",\n  " KEY("B") ": \"[fe80::1%3]:2\"\n",
                                        "  \"10.0.0.0/8\",\n  \"::/0\"\n"),
                        2, 0, 2, 0 },
        { "none plain",
                        LISTS("  " KEY("A") ": " NAME "\n",
                                        "  {\n   \"to\": \"10.0.0.0/8\",\n   \"metric\": 5\n  }\n"),
                        0, 1, 1, 0 },
        { "others behind",
                        LISTS("  " KEY("A") ": \"192.0.2.1:1\",\n  " KEY("B") ": " NAME "\n",
                                        "  \"10.0.0.0/8\",\n  {\n   \"to\": \"::/0\",\n   \"type\": 7\n  }\n"),
                        1, 1, 2, 0 },
        { "others in front",
                        LISTS("  " KEY("A") ": " NAME ",\n  " KEY("B") ": \"192.0.2.1:1\"\n",
                                        "  {\n   \"to\": \"::/0\",\n   \"type\": 7\n  },\n  \"10.0.0.0/8\"\n"),
                        1, 1, 2, 0 },
        { "escapes", LISTS("  " KEY("A") ": \"192.0.2.1:\\u0031\"\n", "  \"10.0.0.0\\/8\"\n"), 1, 0, 1, 0 },
        { "empty strings", LISTS("  \"\": \"\"\n", "  \"10.0.0.0/8\"\n"), 0, 0, 0, -EBADMSG },
        { "no key", LISTS("  \"A\": \"192.0.2.1:1\"\n", "  \"10.0.0.0/8\"\n"), 0, 0, 0, -EBADMSG },
        { "no endpoint", LISTS("  " KEY("A") ": \"192.0.2.1\"\n", "  \"10.0.0.0/8\"\n"), 0, 0, 0, -EBADMSG },
        { "endless endpoint",
                        LISTS("  " KEY("A") ": \"192.0.2.1:000000000000000000000000000000000000000000000000000000000000000000000000000000001\"\n",
                                        "  \"10.0.0.0/8\"\n"),
                        1, 0, 1, 0 },
        { "no prefix", LISTS("  " KEY("A") ": \"192.0.2.1:1\"\n", "  \"10.0.0.0/33\"\n"), 0, 0, 0, -EBADMSG },
        { "a comma too many", LISTS("  " KEY("A") ": \"192.0.2.1:1\",\n", "  \"10.0.0.0/8\"\n"), 0, 0, 0, -EBADMSG },
        { "a comma too many, routes", LISTS("  " KEY("A") ": \"192.0.2.1:1\"\n", "  \"10.0.0.0/8\",\n"), 0, 0, 0,
                        -EBADMSG },
        { "no comma",
                        LISTS("  " KEY("A") ": \"192.0.2.1:1\"\n  " KEY("B") ": \"192.0.2.1:1\"\n",
                                        "  \"10.0.0.0/8\"\n"),
                        0, 0, 0, -EBADMSG },
        { "no comma before another kind", LISTS("  " KEY("A") ": \"192.0.2.1:1\"\n  " KEY("B") ": " NAME "\n", ""), 0,
                        0, 0, -EBADMSG },
        { "a number", LISTS("  " KEY("A") ": \"192.0.2.1:1\"\n", "  10\n"), 0, 0, 0, -EBADMSG },
};

/* What we write is read so: nothing of it is left to the parser. */
Test(state, plain_lines_are_taken) {
        WgpState state = make_state("x"), taken = WGP_STATE_NULL;
        WgpRoute *routes = state.network.routes, first = routes[0];
        char *text, *rest;
        size_t n_rest;

        routes[0] = routes[2]; /* the plain one */
        routes[2] = first;
        cr_assert(wgp_state_format(&state, &text) >= 0);
        cr_assert_eq(wgp_state_take_lines(text, strlen(text), &taken, &rest, &n_rest), 0);
        cr_expect_eq(taken.network.device.n_peers, 2);
        cr_expect_eq(taken.network.n_routes, 1);
        cr_expect_not(memmem(rest, n_rest, "192.0.2.1", 9));
        cr_expect(memmem(rest, n_rest, "vpn.example.org", 15));
        cr_expect_not(memmem(rest, n_rest, "10.1.2.0/24", 11));
        cr_expect(memmem(rest, n_rest, "10.9.0.0/16", 11));

        free(text);
        free(rest);
        wgp_state_done(&state);
        wgp_state_done(&taken);
}

static char *join_lines(const char *text) {
        char *joined = strdup(text), *to = joined;

        for (; *text; text++)
                if (*text != '\n')
                        *to++ = *text;
        *to = 0;
        return joined;
}

Test(state, lists) {
        for (size_t i = 0; i < WGP_ARRAY_SIZE(list_cases); i++) {
                const char *name = list_cases[i].name, *text = list_cases[i].text;
                _cleanup_(freep) char *joined = join_lines(text);
                WgpState state = WGP_STATE_NULL, same = WGP_STATE_NULL;

                cr_expect_eq(wgp_state_parse(text, strlen(text), &state), list_cases[i].r, "case '%s'", name);
                cr_expect_eq(wgp_state_parse(joined, strlen(joined), &same), list_cases[i].r, "case '%s', joined",
                                name);
                if (list_cases[i].r >= 0) {
                        cr_expect_eq(state.network.device.n_peers, list_cases[i].n_peers, "case '%s'", name);
                        cr_expect_eq(state.n_names, list_cases[i].n_names, "case '%s'", name);
                        cr_expect_eq(state.network.n_routes, list_cases[i].n_routes, "case '%s'", name);
                        cr_expect(wgp_state_equal(&state, &same), "case '%s'", name);
                }
                wgp_state_done(&state);
                wgp_state_done(&same);
        }
}

/* A record cut at any length is no record, also for AddressSanitizer, for which each copy has its exact size. */
Test(state, cut) {
        const char *text = list_cases[2].text;

        for (size_t n = 0; n < strlen(text); n++) {
                _cleanup_(freep) char *copy = malloc(n + 1); /* malloc(0) may be NULL */
                WgpState state;

                memcpy(copy + 1, text, n);
                cr_expect_eq(wgp_state_parse(copy + 1, n, &state), -EBADMSG, "length %zu", n);
        }
}

/* --- files --- */

static char root[] = "/tmp/test-state-XXXXXX";

static void make_root(void) {
        cr_assert(mkdtemp(root));
}

static void remove_root(void) {
        static const char *const parts[] = { "/run/wg-profile/state", "/run/wg-profile", "/run", "" };
        char path[128];

        for (size_t i = 0; i < WGP_ARRAY_SIZE(parts); i++) {
                snprintf(path, sizeof(path), "%s%s", root, parts[i]);
                cr_expect(rmdir(path) >= 0, "%s: %s", path, strerror(errno));
        }
}

static mode_t mode_of(int directory, const char *name) {
        struct stat st;

        cr_assert(fstatat(directory, name, &st, 0) >= 0);
        return st.st_mode & 07777;
}

Test(state_file, write_read_remove, .init = make_root, .fini = remove_root) {
        WgpState state = make_state("x y"), again;
        int directory, fd;

        umask(0);
        cr_assert(wgp_state_open_directory(root, &directory) >= 0);
        cr_expect_eq(mode_of(directory, "."), 0700);
        cr_expect_eq(wgp_state_read(directory, "x y", &again), WGP_STATE_E_ABSENT);

        cr_assert(wgp_state_write(directory, &state) >= 0);
        cr_expect_eq(mode_of(directory, "x y.json"), 0600);
        cr_assert(wgp_state_read(directory, "x y", &again) == 0);
        cr_expect(wgp_state_equal(&state, &again));
        wgp_state_done(&again);

        fd = openat(directory, "x y.json", O_WRONLY | O_TRUNC);
        cr_assert(write(fd, "{", 1) == 1);
        close(fd);
        cr_expect_eq(wgp_state_read(directory, "x y", &again), WGP_STATE_E_CORRUPT);

        /* in the place of what is no file */
        cr_assert(unlinkat(directory, "x y.json", 0) >= 0 && mkdirat(directory, "x y.json", 0700) >= 0);
        cr_expect_eq(wgp_state_read(directory, "x y", &again), WGP_STATE_E_CORRUPT);
        cr_expect(wgp_state_write(directory, &state) >= 0);
        cr_expect_eq(mode_of(directory, "x y.json"), 0600);
        cr_assert(unlinkat(directory, "x y.json", 0) >= 0 && symlinkat("/etc/passwd", directory, "x y.json") >= 0);
        cr_expect_eq(wgp_state_read(directory, "x y", &again), WGP_STATE_E_CORRUPT);

        /* a copy of another tunnel's */
        cr_assert(wgp_state_write(directory, &state) >= 0 &&
                        renameat(directory, "x y.json", directory, "z.json") >= 0);
        cr_expect_eq(wgp_state_read(directory, "z", &again), WGP_STATE_E_CORRUPT);
        cr_expect(wgp_state_remove(directory, "z") >= 0);

        cr_assert(mkdirat(directory, "x y.json", 0700) >= 0);
        cr_expect(wgp_state_remove(directory, "x y") >= 0);
        cr_expect(wgp_state_remove(directory, "x y") >= 0, "already gone");
        close(directory);
        wgp_state_done(&state);
}

/* A child takes the lock after its file was removed under it, too: it must not hold a lock that nobody else sees. */
Test(state_file, lock, .init = make_root, .fini = remove_root) {
        int directory, lock, other, status;
        pid_t pid;

        cr_assert(wgp_state_open_directory(root, &directory) >= 0);
        cr_assert(wgp_state_open_lock(directory, "x", &lock) >= 0);

        other = openat(directory, "x.lock", O_RDWR);
        cr_expect(flock(other, LOCK_EX | LOCK_NB) < 0 && errno == EWOULDBLOCK);
        close(other);

        pid = fork();
        if (pid == 0) {
                int mine;

                close(lock); /* a fork shares it */

                if (wgp_state_open_lock(directory, "x", &mine) < 0)
                        _exit(1);
                other = openat(directory, "x.lock", O_RDWR);
                _exit(other >= 0 && flock(other, LOCK_EX | LOCK_NB) < 0 ? 0 : 2);
        }
        usleep(100000);
        cr_expect(waitpid(pid, &status, WNOHANG) == 0, "waits");
        cr_expect(wgp_state_remove_lock(directory, "x") >= 0);
        close(lock);
        cr_assert(waitpid(pid, &status, 0) == pid);
        cr_expect(WIFEXITED(status) && WEXITSTATUS(status) == 0, "%d", WEXITSTATUS(status));

        cr_expect(wgp_state_remove_lock(directory, "x") >= 0);
        close(directory);
}
