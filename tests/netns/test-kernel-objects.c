/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Addresses, routes and rules against the kernel, each test in a network namespace of its own. What we asked for is
 * looked at twice: by our own dump, and by ip(8). Needs root. */

#include <linux/fib_rules.h>
#include <linux/if_addr.h>
#include <linux/rtnetlink.h>

#include "support/expect-rt.h"
#include "support/netns-link.h"

TestSuite(kernel_objects, .init = setup, .fini = teardown, .timeout = 60);

/* Addresses */

static int dump_addresses(uint32_t ifindex, WgpNetwork *network) {
        WgpRtBuffer b;

        cr_assert_eq(wgp_rt_address_encode_dump(&b, AF_UNSPEC, ifindex), 0);
        return dump(&b, wgp_rt_address_collect, network);
}

static const struct {
        const char *name;
        WgpAddress address;
        const char *shown;
} addresses[] = {
        { "IPv4", { .prefix = IN(10, 1, 2, 3, 24) }, "inet 10.1.2.3/24" },
        { "IPv4 host", { .prefix = IN(10, 9, 9, 9, 32), .flags = IFA_F_NOPREFIXROUTE, .protocol = 11 },
                        "inet 10.9.9.9/32" },
        { "IPv6", { .prefix = IN6(1, 2, 64), .flags = IFA_F_NODAD, .protocol = 11 }, "inet6 fd01::2/64" },
        { "IPv6 host", { .prefix = IN6(2, 2, 128), .flags = IFA_F_NODAD | IFA_F_NOPREFIXROUTE }, "inet6 fd02::2/128" },
};

static const WgpAddress *find_address(const WgpNetwork *network, const WgpPrefix *prefix) {
        for (size_t i = 0; i < network->n_addresses; i++)
                if (memcmp(&network->addresses[i].prefix, prefix, sizeof(*prefix)) == 0)
                        return network->addresses + i;
        return NULL;
}

Test(kernel_objects, addresses) {
        uint32_t ifindex = make_link("wgp-link");
        WgpNetwork network = WGP_NETWORK_NULL;
        WgpRtBuffer b;

        for (size_t i = 0; i < WGP_ARRAY_SIZE(addresses); i++) {
                const WgpAddress *expected = &addresses[i].address, *actual;
                const char *name = addresses[i].name;

                cr_assert_eq(wgp_rt_address_encode(&b, WGP_RT_ADD, expected, ifindex), 0);
                cr_expect_eq(request(&b), 0, "case '%s'", name);
                cr_expect_eq(request(&b), -EEXIST, "case '%s'", name);
                cr_assert_eq(wgp_rt_address_encode(&b, WGP_RT_REPLACE, expected, ifindex), 0);
                cr_expect_eq(request(&b), 0, "case '%s'", name);

                cr_assert_eq(dump_addresses(ifindex, &network), 0);
                actual = find_address(&network, &expected->prefix);
                cr_assert(actual, "case '%s'", name);
                cr_expect_eq(actual->flags & expected->flags, expected->flags, "case '%s'", name);
                cr_expect(actual->flags & IFA_F_PERMANENT, "case '%s'", name);
                EXPECT_FIELD(name, protocol);
                cr_expect(shows("ip addr show dev wgp-link", addresses[i].shown), "case '%s'", name);

                cr_assert_eq(wgp_rt_address_encode(&b, WGP_RT_DELETE, expected, ifindex), 0);
                cr_expect_eq(request(&b), 0, "case '%s'", name);
                cr_expect_eq(request(&b), -EADDRNOTAVAIL, "case '%s'", name);
                cr_assert_eq(dump_addresses(ifindex, &network), 0);
                cr_expect_null(find_address(&network, &expected->prefix), "case '%s'", name);
        }
        wgp_network_done(&network);
}

/* The kernel filters by link. */
Test(kernel_objects, addresses_of_a_link) {
        uint32_t one = make_link("wgp-one"), two = make_link("wgp-two");
        WgpNetwork network = WGP_NETWORK_NULL;
        WgpRtBuffer b;

        cr_assert_eq(wgp_rt_address_encode(&b, WGP_RT_ADD, &addresses[1].address, one), 0);
        cr_expect_eq(request(&b), 0);
        cr_assert_eq(wgp_rt_address_encode(&b, WGP_RT_ADD, &addresses[3].address, two), 0);
        cr_expect_eq(request(&b), 0);

        cr_assert_eq(wgp_rt_address_encode_dump(&b, AF_INET, one), 0);
        cr_assert_eq(dump(&b, wgp_rt_address_collect, &network), 0);
        cr_expect_eq(network.n_addresses, 1);
        cr_assert_eq(wgp_rt_address_encode_dump(&b, AF_INET, two), 0);
        cr_assert_eq(dump(&b, wgp_rt_address_collect, &network), 0);
        cr_expect_eq(network.n_addresses, 0);
        cr_assert_eq(wgp_rt_address_encode_dump(&b, AF_INET, 4711), 0);
        cr_expect_eq(dump(&b, wgp_rt_address_collect, &network), -ENODEV);
        wgp_network_done(&network);
}

/* Routes: on wgp-link, which has 10.0.0.2/24 and fd03::2/64 */

static const struct {
        const char *name;
        WgpRoute route;
        const char *shown;
} routes[] = {
        { "default",
                        { .destination = IN(0, 0, 0, 0, 0),
                                        .table = 51820,
                                        .protocol = RTPROT_STATIC,
                                        .type = RTN_UNICAST,
                                        .scope = RT_SCOPE_LINK,
                                        .uses_device = true },
                        "default dev wgp-link proto static scope link" },
        { "gateway, source, metric",
                        { .destination = IN(10, 9, 0, 0, 16),
                                        .gateway = IN(10, 0, 0, 1, 32),
                                        .preferred_source = IN(10, 0, 0, 2, 32),
                                        .table = 51820,
                                        .protocol = RTPROT_KERNEL,
                                        .type = RTN_UNICAST,
                                        .metric = 77,
                                        .uses_device = true },
                        "10.9.0.0/16 via 10.0.0.1 dev wgp-link proto kernel src 10.0.0.2 metric 77" },
        { "on-link gateway",
                        { .destination = IN(10, 9, 0, 0, 16),
                                        .gateway = IN(172, 16, 0, 1, 32),
                                        .table = 51820,
                                        .protocol = RTPROT_STATIC,
                                        .type = RTN_UNICAST,
                                        .onlink = true,
                                        .uses_device = true },
                        "10.9.0.0/16 via 172.16.0.1 dev wgp-link proto static onlink" },
        { "TOS",
                        { .destination = IN(10, 9, 0, 0, 16),
                                        .tos = 0x10,
                                        .table = 51820,
                                        .protocol = RTPROT_STATIC,
                                        .type = RTN_UNICAST,
                                        .scope = RT_SCOPE_LINK,
                                        .uses_device = true },
                        "10.9.0.0/16 tos 0x10 dev wgp-link proto static scope link" },
        { "metrics",
                        { .destination = IN(10, 9, 0, 0, 16),
                                        .table = 51820,
                                        .protocol = RTPROT_STATIC,
                                        .type = RTN_UNICAST,
                                        .scope = RT_SCOPE_LINK,
                                        .uses_device = true,
                                        .metrics_set = (1U << _WGP_ROUTE_METRIC_N) - 1,
                                        .metrics_lock = 1U << WGP_ROUTE_MTU | 1U << WGP_ROUTE_CWND,
                                        .metrics = { 1400, 65535, 10, 11, 12, 1300, 200, 1 } },
                        "mtu lock 1400 window 65535 cwnd lock 10 advmss 1300 initcwnd 11 rto_min 200ms initrwnd 12 quickack 1" },
        { "weight",
                        { .destination = IN(10, 9, 0, 0, 16),
                                        .gateway = IN(10, 0, 0, 1, 32),
                                        .table = 51820,
                                        .protocol = RTPROT_STATIC,
                                        .type = RTN_UNICAST,
                                        .weight = 3,
                                        .uses_device = true },
                        "10.9.0.0/16 via 10.0.0.1 dev wgp-link proto static" },
        { "unreachable",
                        { .destination = IN(0, 0, 0, 0, 0),
                                        .table = 51820,
                                        .protocol = RTPROT_STATIC,
                                        .metric = UINT32_MAX,
                                        .type = RTN_UNREACHABLE },
                        "unreachable default proto static metric 4294967295" },
        { "blackhole",
                        { .destination = IN(10, 9, 0, 0, 16),
                                        .table = 51820,
                                        .protocol = RTPROT_STATIC,
                                        .type = RTN_BLACKHOLE },
                        "blackhole 10.9.0.0/16 proto static" },
        { "prohibit",
                        { .destination = IN(10, 9, 0, 0, 16),
                                        .table = 51820,
                                        .protocol = RTPROT_STATIC,
                                        .type = RTN_PROHIBIT },
                        "prohibit 10.9.0.0/16 proto static" },
        { "throw",
                        { .destination = IN(10, 9, 0, 0, 16),
                                        .table = 51820,
                                        .protocol = RTPROT_STATIC,
                                        .type = RTN_THROW },
                        "throw 10.9.0.0/16 proto static" },
        { "IPv6 default",
                        { .destination = IN6(0, 0, 8),
                                        .table = 51820,
                                        .protocol = RTPROT_STATIC,
                                        .type = RTN_UNICAST,
                                        .metric = 1024,
                                        .uses_device = true },
                        "fd00::/8 dev wgp-link proto static metric 1024" },
        { "IPv6 gateway, source, metrics",
                        { .destination = IN6(9, 0, 32),
                                        .gateway = IN6(3, 1, 128),
                                        .preferred_source = IN6(3, 2, 128),
                                        .table = 51820,
                                        .protocol = RTPROT_KERNEL,
                                        .type = RTN_UNICAST,
                                        .metric = 5,
                                        .uses_device = true,
                                        .metrics_set = 1U << WGP_ROUTE_MTU | 1U << WGP_ROUTE_INITCWND,
                                        .metrics = { 1400, [3] = 11 } },
                        "fd09::/32 via fd03::1 dev wgp-link proto kernel src fd03::2 metric 5 mtu 1400 initcwnd 11" },
        { "IPv6 on-link gateway, weight",
                        { .destination = IN6(9, 0, 32),
                                        .gateway = IN6(7, 1, 128),
                                        .table = 51820,
                                        .protocol = RTPROT_STATIC,
                                        .type = RTN_UNICAST,
                                        .metric = 5,
                                        .uses_device = true,
                                        .onlink = true,
                                        .weight = 9 },
                        "fd09::/32 via fd07::1 dev wgp-link proto static metric 5 onlink" },
        { "IPv6 from a source",
                        { .destination = IN6(9, 0, 32),
                                        .source = IN6(4, 0, 48),
                                        .table = 51820,
                                        .protocol = RTPROT_STATIC,
                                        .type = RTN_UNICAST,
                                        .metric = 5,
                                        .uses_device = true },
                        "fd09::/32 from fd04::/48 dev wgp-link proto static metric 5" },
        { "IPv6 unreachable",
                        { .destination = IN6(9, 0, 32),
                                        .table = 51820,
                                        .protocol = RTPROT_STATIC,
                                        .metric = UINT32_MAX,
                                        .type = RTN_UNREACHABLE },
                        "unreachable fd09::/32 dev lo proto static metric 4294967295" },
        { "IPv6 throw",
                        { .destination = IN6(9, 0, 32),
                                        .table = 51820,
                                        .metric = 1024,
                                        .protocol = RTPROT_STATIC,
                                        .type = RTN_THROW },
                        "throw fd09::/32 dev lo proto static metric 1024" },
        { "IPv6 blackhole",
                        { .destination = IN6(9, 0, 32),
                                        .table = 51820,
                                        .protocol = RTPROT_STATIC,
                                        .metric = 1024,
                                        .type = RTN_BLACKHOLE },
                        "blackhole fd09::/32 dev lo proto static metric 1024" },
};

static uint32_t make_routed_link(void) {
        static const WgpAddress own[] = {
                { .prefix = IN(10, 0, 0, 2, 24) },
                { .prefix = IN6(3, 2, 64), .flags = IFA_F_NODAD },
        };
        uint32_t ifindex = make_link("wgp-link");
        WgpRtBuffer b;

        for (size_t i = 0; i < WGP_ARRAY_SIZE(own); i++) {
                cr_assert_eq(wgp_rt_address_encode(&b, WGP_RT_ADD, own + i, ifindex), 0);
                cr_assert_eq(request(&b), 0);
        }
        return ifindex;
}

Test(kernel_objects, routes) {
        uint32_t ifindex = make_routed_link();
        WgpNetwork network = WGP_NETWORK_NULL;

        for (size_t i = 0; i < WGP_ARRAY_SIZE(routes); i++) {
                uint8_t family = routes[i].route.destination.family;
                const char *name = routes[i].name;
                WgpRoute expected = routes[i].route;
                int r;

                r = send_route(WGP_RT_ADD, &expected, ifindex);
                cr_expect_eq(r, 0, "case '%s': %s %s", name, strerror(-r), s->error_text ?: "");
                cr_expect_eq(send_route(WGP_RT_ADD, &expected, ifindex), -EEXIST, "case '%s'", name);

                cr_assert_eq(dump_table(family, 51820, &network), 0, "case '%s'", name);
                cr_assert_eq(network.n_routes, 1, "case '%s'", name);
                expected.ifindex = expected.uses_device ? ifindex : 0;
                expected.weight = 0; /* not told for a single next hop */
                expect_route(network.routes, &expected, name);
                cr_expect(shows(family == AF_INET ? "ip -4 route show table 51820" : "ip -6 route show table 51820",
                                          routes[i].shown),
                                "case '%s'", name);

                /* what was dumped can be deleted */
                cr_expect_eq(send_route(WGP_RT_DELETE, i % 2 ? network.routes : &routes[i].route, ifindex), 0,
                                "case '%s'", name);
                cr_expect_eq(send_route(WGP_RT_DELETE, &routes[i].route, ifindex), -ESRCH, "case '%s'", name);
                r = dump_table(family, 51820, &network);
                cr_expect(r == 0 || r == -ENOENT, "case '%s'", name);
                cr_expect_eq(network.n_routes, 0, "case '%s'", name);
        }
        wgp_network_done(&network);
}

/* Another device, gateway, metrics and type, in the same place. */
Test(kernel_objects, route_replace) {
        uint32_t ifindex = make_routed_link();
        WgpNetwork network = WGP_NETWORK_NULL;

        for (uint8_t version = 4; version <= 6; version += 2) {
                WgpRoute route = {
                        .destination = IN(10, 9, 0, 0, 16),
                        .table = 600,
                        .metric = 9,
                        .type = RTN_UNICAST,
                        .scope = RT_SCOPE_LINK,
                        .uses_device = true,
                        .protocol = RTPROT_STATIC,
                };

                if (version == 6) {
                        route.destination = (WgpPrefix) IN6(9, 0, 32);
                        route.scope = RT_SCOPE_UNIVERSE;
                }
                cr_expect_eq(send_route(WGP_RT_REPLACE, &route, ifindex), 0, "none there: it is added");
                cr_expect_eq(send_route(WGP_RT_REPLACE, &route, ifindex), 0, "the same");
                route.metrics_set = 1U << WGP_ROUTE_MTU;
                route.metrics[WGP_ROUTE_MTU] = 1300;
                cr_expect_eq(send_route(WGP_RT_REPLACE, &route, ifindex), 0, "another MTU");
                cr_assert_eq(dump_table(route.destination.family, 600, &network), 0);
                cr_assert_eq(network.n_routes, 1);
                route.ifindex = ifindex;
                expect_route(network.routes, &route, "replaced");
                cr_expect_eq(send_route(WGP_RT_DELETE, &route, ifindex), 0);
        }
        wgp_network_done(&network);
}

Test(kernel_objects, route_dump_filters) {
        uint32_t ifindex = make_routed_link(), other = make_link("wgp-other");
        WgpRoute route = routes[0].route;
        WgpNetwork network = WGP_NETWORK_NULL;
        WgpRtBuffer b;

        cr_assert_eq(send_route(WGP_RT_ADD, &route, ifindex), 0);
        route.table = 600;
        cr_assert_eq(send_route(WGP_RT_ADD, &route, other), 0);

        cr_assert_eq(dump_table(AF_INET, 600, &network), 0);
        cr_expect(network.n_routes == 1 && network.routes->ifindex == other);
        cr_expect_eq(dump_table(AF_INET, 601, &network), -ENOENT);
        cr_expect_eq(dump_table(AF_INET6, 601, &network), -ENOENT);

        cr_assert_eq(wgp_rt_route_encode_dump(&b, &(WgpRouteFilter) { .family = AF_INET, .ifindex = other }), 0);
        cr_assert_eq(dump(&b, wgp_rt_route_collect, &network), 0);
        cr_expect(network.n_routes == 1 && network.routes->table == 600);
        cr_assert_eq(wgp_rt_route_encode_dump(&b, &(WgpRouteFilter) { .family = AF_INET, .ifindex = 4711 }), 0);
        cr_expect_eq(dump(&b, wgp_rt_route_collect, &network), -ENODEV);

        cr_assert_eq(wgp_rt_route_encode_dump(&b, &(WgpRouteFilter) { .family = AF_INET, .protocol = RTPROT_STATIC }),
                        0);
        cr_assert_eq(dump(&b, wgp_rt_route_collect, &network), 0);
        cr_expect_eq(network.n_routes, 2);
        cr_assert_eq(wgp_rt_route_encode_dump(&b, &(WgpRouteFilter) { .family = AF_INET, .type = RTN_PROHIBIT }), 0);
        cr_assert_eq(dump(&b, wgp_rt_route_collect, &network), 0);
        cr_expect_eq(network.n_routes, 0);
        wgp_network_done(&network);
}

/* A foreign route of several next hops is seen on each of its devices. */
Test(kernel_objects, route_next_hops) {
        uint32_t one = make_link("wgp-one"), two = make_link("wgp-two");
        WgpNetwork network = WGP_NETWORK_NULL;

        cr_assert_eq(system("ip route add 10.9.0.0/16 table 600 nexthop dev wgp-one weight 3 nexthop dev wgp-two"), 0);
        cr_assert_eq(dump_table(AF_INET, 600, &network), 0);
        cr_assert_eq(network.n_routes, 2);
        cr_expect(network.routes[0].ifindex == one && network.routes[0].weight == 3);
        cr_expect(network.routes[1].ifindex == two && network.routes[1].weight == 1);
        wgp_network_done(&network);
}

static int query(const WgpRouteQuery *q, WgpRoute *ret) {
        WgpRtBuffer b;

        cr_assert_eq(wgp_rt_route_encode_query(&b, q), 0);
        return wgp_nl_socket_request(s, &b.header, wgp_rt_route_store, ret);
}

static int send_rule(WgpRtVerb verb, const WgpRule *rule) {
        WgpRtBuffer b;

        cr_assert_eq(wgp_rt_rule_encode(&b, verb, rule), 0);
        return request(&b);
}

Test(kernel_objects, route_query) {
        const WgpRule marked[] = {
                { .family = AF_INET,
                                .action = FR_ACT_TO_TBL,
                                .table = 51820,
                                .priority = 100,
                                .has_fwmark = true,
                                .fwmark = 9,
                                .fwmask = UINT32_MAX },
                { .family = AF_INET6,
                                .action = FR_ACT_TO_TBL,
                                .table = 51820,
                                .priority = 100,
                                .has_fwmark = true,
                                .fwmark = 9,
                                .fwmask = UINT32_MAX },
        };
        uint32_t ifindex = make_routed_link();
        WgpRouteQuery q = { .destination = IN(192, 0, 2, 1, 32) };
        WgpRoute route = routes[1].route, found = {};

        cr_expect_eq(query(&q, &found), -ENETUNREACH);

        route.destination = (WgpPrefix) IN(0, 0, 0, 0, 0);
        route.metrics_set = 1U << WGP_ROUTE_MTU;
        route.metrics[WGP_ROUTE_MTU] = 1400;
        cr_assert_eq(send_route(WGP_RT_ADD, &route, ifindex), 0);
        cr_assert_eq(send_rule(WGP_RT_ADD, marked), 0);
        cr_expect_eq(query(&q, &found), -ENETUNREACH, "without the mark");
        q.mark = 9;
        cr_assert_eq(query(&q, &found), 0);
        cr_expect(found.ifindex == ifindex && found.gateway.bytes[3] == 1 && found.table == 51820);
        cr_expect(found.metrics_set & 1U << WGP_ROUTE_MTU);
        cr_expect_eq(found.metrics[WGP_ROUTE_MTU], 1400);
        cr_expect_eq(found.type, RTN_UNICAST);

        /* IPv6 */
        route = routes[11].route;
        route.preferred_source = (WgpPrefix) {}; /* tentative yet */
        cr_assert_eq(send_route(WGP_RT_ADD, &route, ifindex), 0);
        cr_assert_eq(send_rule(WGP_RT_ADD, marked + 1), 0);
        q.destination = (WgpPrefix) IN6(9, 77, 128);
        cr_assert_eq(query(&q, &found), 0);
        cr_expect(found.ifindex == ifindex && found.table == 51820 && found.gateway.bytes[1] == 3);
        cr_expect_eq(found.metrics[WGP_ROUTE_MTU], 1400);
        q.mark = 0;
        cr_expect_eq(query(&q, &found), -ENETUNREACH);
}

/* Rules */

static const struct {
        const char *name;
        WgpRule rule;
        const char *shown;
} rules[] = {
        { "nop", { .family = AF_INET, .action = FR_ACT_NOP, .protocol = RTPROT_KERNEL, .priority = 31999 },
                        "31999:\tfrom all nop" },
        { "goto",
                        { .family = AF_INET,
                                        .action = FR_ACT_GOTO,
                                        .protocol = RTPROT_KERNEL,
                                        .priority = 31000,
                                        .goto_priority = 31999,
                                        .has_fwmark = true,
                                        .fwmark = 51820,
                                        .fwmask = UINT32_MAX },
                        "31000:\tfrom all fwmark 0xca6c goto 31999 proto kernel" },
        { "suppress",
                        { .family = AF_INET,
                                        .action = FR_ACT_TO_TBL,
                                        .protocol = RTPROT_KERNEL,
                                        .priority = 31500,
                                        .table = RT_TABLE_MAIN,
                                        .has_suppress_prefixlength = true },
                        "31500:\tfrom all lookup main suppress_prefixlength 0 proto kernel" },
        { "not a mark",
                        { .family = AF_INET,
                                        .action = FR_ACT_TO_TBL,
                                        .protocol = RTPROT_KERNEL,
                                        .priority = 31501,
                                        .table = 51820,
                                        .invert = true,
                                        .has_fwmark = true,
                                        .fwmark = 51820,
                                        .fwmask = UINT32_MAX },
                        "31501:\tnot from all fwmark 0xca6c lookup 51820 proto kernel" },
        { "mark 0 of a mask",
                        { .family = AF_INET,
                                        .action = FR_ACT_TO_TBL,
                                        .protocol = RTPROT_STATIC,
                                        .priority = 5,
                                        .table = 7,
                                        .has_fwmark = true,
                                        .fwmask = 0xff },
                        "5:\tfrom all fwmark 0/0xff lookup 7 proto static" },
        { "prefixes, names, TOS",
                        { .family = AF_INET,
                                        .action = FR_ACT_TO_TBL,
                                        .protocol = RTPROT_STATIC,
                                        .priority = 6,
                                        .table = 70000,
                                        .tos = 0x10,
                                        .from = IN(10, 0, 0, 0, 8),
                                        .to = IN(192, 0, 2, 1, 32),
                                        .iif = "fifteen-letters",
                                        .oif = "none" },
                        "6:\tfrom 10.0.0.0/8 to 192.0.2.1 tos 0x10 iif fifteen-letters [detached] oif none [detached] lookup 70000" },
        { "users, protocol and ports",
                        { .family = AF_INET,
                                        .action = FR_ACT_PROHIBIT,
                                        .protocol = RTPROT_STATIC,
                                        .priority = 7,
                                        .ip_protocol = 17,
                                        .has_uid_range = true,
                                        .uid_start = 1000,
                                        .uid_end = 1999,
                                        .sport_start = 1,
                                        .sport_end = 1023,
                                        .dport_start = 53,
                                        .dport_end = 53 },
                        "7:\tfrom all uidrange 1000-1999 ipproto udp sport 1-1023 dport 53" },
        { "IPv6",
                        { .family = AF_INET6,
                                        .action = FR_ACT_TO_TBL,
                                        .protocol = RTPROT_KERNEL,
                                        .priority = 31501,
                                        .table = 51820,
                                        .invert = true,
                                        .has_fwmark = true,
                                        .fwmark = 51820,
                                        .fwmask = UINT32_MAX,
                                        .from = IN6(1, 0, 16),
                                        .to = IN6(2, 2, 128),
                                        .has_suppress_prefixlength = true,
                                        .suppress_prefixlength = 1 },
                        "31501:\tnot from fd01::/16 to fd02::2 fwmark 0xca6c lookup 51820 suppress_prefixlength 1 proto kernel" },
        { "IPv6 unreachable",
                        { .family = AF_INET6, .action = FR_ACT_UNREACHABLE, .protocol = RTPROT_STATIC, .priority = 8 },
                        "8:\tfrom all unreachable proto static" },
};

static const WgpRule *find_rule(const WgpNetwork *network, uint32_t priority, uint8_t family) {
        for (size_t i = 0; i < network->n_rules; i++)
                if (network->rules[i].priority == priority && network->rules[i].family == family)
                        return network->rules + i;
        return NULL;
}

static void dump_rules(uint8_t family, WgpNetwork *network) {
        WgpRtBuffer b;

        cr_assert_eq(wgp_rt_rule_encode_dump(&b, family), 0);
        cr_assert_eq(dump(&b, wgp_rt_rule_collect, network), 0);
}

Test(kernel_objects, rules) {
        WgpNetwork network = WGP_NETWORK_NULL;
        size_t n_before;

        dump_rules(AF_UNSPEC, &network);
        n_before = network.n_rules;
        for (size_t i = 0; i < WGP_ARRAY_SIZE(rules); i++) {
                const char *name = rules[i].name;
                int r = send_rule(WGP_RT_ADD, &rules[i].rule);

                cr_expect_eq(r, 0, "case '%s': %s %s", name, strerror(-r), s->error_text ?: "");
                cr_expect_eq(send_rule(WGP_RT_ADD, &rules[i].rule), -EEXIST, "case '%s'", name);
        }

        dump_rules(AF_UNSPEC, &network);
        cr_expect_eq(network.n_rules, n_before + WGP_ARRAY_SIZE(rules));
        for (size_t i = 0; i < WGP_ARRAY_SIZE(rules); i++) {
                const WgpRule *expected = &rules[i].rule, *actual;

                actual = find_rule(&network, expected->priority, expected->family);
                cr_assert(actual, "case '%s'", rules[i].name);
                expect_rule(actual, expected, rules[i].name);
                cr_expect(shows(expected->family == AF_INET ? "ip -4 -d rule" : "ip -6 -d rule", rules[i].shown),
                                "case '%s'", rules[i].name);
        }

        for (size_t i = 0; i < WGP_ARRAY_SIZE(rules); i++) {
                cr_expect_eq(send_rule(WGP_RT_DELETE, &rules[i].rule), 0, "case '%s'", rules[i].name);
                cr_expect_eq(send_rule(WGP_RT_DELETE, &rules[i].rule), -ENOENT, "case '%s'", rules[i].name);
        }
        dump_rules(AF_UNSPEC, &network);
        cr_expect_eq(network.n_rules, n_before);
        dump_rules(AF_INET6, &network);
        cr_expect_eq(network.n_rules, n_before - 3, "local, main and default are IPv4's");
        wgp_network_done(&network);
}

/* Two rules of one priority: each is removed by what it says. */
Test(kernel_objects, rule_exactly) {
        WgpRule one = rules[3].rule, two = rules[3].rule;
        WgpNetwork network = WGP_NETWORK_NULL;

        two.table = 51821;
        two.fwmark = 51821;
        cr_expect_eq(send_rule(WGP_RT_ADD, &one), 0);
        cr_expect_eq(send_rule(WGP_RT_ADD, &two), 0);
        cr_expect_eq(send_rule(WGP_RT_DELETE, &two), 0);
        dump_rules(AF_INET, &network);
        cr_assert(find_rule(&network, 31501, AF_INET));
        cr_expect_eq(find_rule(&network, 31501, AF_INET)->table, 51820);
        wgp_network_done(&network);
}
