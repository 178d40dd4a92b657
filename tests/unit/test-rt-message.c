/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Links, addresses, routes and rules: what is encoded is decoded again, damaged messages are refused. That the kernel
 * understands the same is tested in tests/netns/test-netlink.c. */

#include <arpa/inet.h>
#include <criterion/criterion.h>
#include <libmnl/libmnl.h>
#include <linux/fib_rules.h>
#include <linux/if_addr.h>
#include <linux/if_link.h>
#include <linux/rtnetlink.h>
#include <stdio.h>

#include "netlink/rt-message.h"
#include "support/expect-rt.h"

typedef int (*Decode)(const struct nlmsghdr *message, void *userdata);

/* Links */

static const WgpLink created = { .name = "wg-test0", .kind = "wireguard", .group = WGP_LINK_GROUP, .mtu = 1380 };

/* A link has an index only once it exists: it is put into the message here. */
static struct nlmsghdr *with_index(WgpRtBuffer *b, int ifindex) {
        ((struct ifinfomsg *) (&b->header + 1))->ifi_index = ifindex;
        return &b->header;
}

Test(rt_message, link_create) {
        WgpLink link, expected = created;
        WgpRtBuffer b;

        cr_assert_eq(wgp_rt_link_encode_create(&b, &created, -1), 0);
        cr_expect_eq(b.header.nlmsg_type, RTM_NEWLINK);
        cr_expect_eq(b.header.nlmsg_flags, NLM_F_REQUEST | NLM_F_ACK | NLM_F_CREATE | NLM_F_EXCL);
        cr_expect_eq(wgp_rt_link_decode(&b.header, &link), -EBADMSG, "no index");
        cr_assert_eq(wgp_rt_link_decode(with_index(&b, 9), &link), 0);
        expected.ifindex = 9;
        expect_link(&link, &expected, "create");
}

Test(rt_message, link_create_elsewhere) {
        const struct nlattr *netns = NULL, *attribute;
        WgpRtBuffer b;

        cr_assert_eq(wgp_rt_link_encode_create(&b, &created, 5), 0);
        mnl_attr_for_each(attribute, &b.header, sizeof(struct ifinfomsg)) if (mnl_attr_get_type(attribute) ==
                                                                              IFLA_NET_NS_FD) netns = attribute;
        cr_assert(netns);
        cr_expect_eq(mnl_attr_get_u32(netns), 5);
}

Test(rt_message, link_change) {
        WgpLinkChange change = {
                .ifindex = 9,
                .set_mtu = true,
                .set_master = true,
                .set_group = true,
                .set_up = true,
                .up = true,
                .set_netns = true,
                .mtu = 1280,
                .master = 4,
                .group = 77,
                .netns = 5,
        };
        const WgpLink *actual, *expected = &(WgpLink) {
                .name = "x", .ifindex = 9, .group = 77, .mtu = 1280, .master = 4, .up = true
        };
        const struct ifinfomsg *info;
        const struct nlattr *netns = NULL, *attribute;
        WgpRtBuffer b;
        WgpLink link;

        cr_assert_eq(wgp_rt_link_encode_change(&b, &change), 0);
        cr_expect_eq(b.header.nlmsg_flags, NLM_F_REQUEST | NLM_F_ACK);
        info = mnl_nlmsg_get_payload(&b.header);
        cr_expect_eq(info->ifi_change, IFF_UP);

        mnl_attr_for_each(attribute, &b.header, sizeof(*info)) if (mnl_attr_get_type(attribute) == IFLA_NET_NS_FD)
                        netns = attribute;
        cr_assert(netns);
        cr_expect_eq(mnl_attr_get_u32(netns), 5);

        mnl_attr_put_strz(&b.header, IFLA_IFNAME, "x"); /* without a name it is no link to the decoder */
        cr_assert_eq(wgp_rt_link_decode(&b.header, &link), 0);
        actual = &link;
        expect_link(actual, expected, "change");

        /* down, and nothing else */
        change = (WgpLinkChange) { .ifindex = 9, .set_up = true };
        cr_assert_eq(wgp_rt_link_encode_change(&b, &change), 0);
        cr_expect_eq(b.header.nlmsg_len, NLMSG_LENGTH(sizeof(*info)));
        cr_expect(info->ifi_flags == 0 && info->ifi_change == IFF_UP);

        cr_expect_eq(wgp_rt_link_encode_change(&b, &(WgpLinkChange) { .set_up = true }), -EINVAL);
        cr_expect_eq(wgp_rt_link_encode_change(&b, &(WgpLinkChange) { .ifindex = 1, .set_netns = true, .netns = -1 }),
                        -EINVAL);
}

/* As the kernel tells of a VRF; the same attribute of another kind means something else. */
Test(rt_message, vrf) {
        static const struct {
                const char *kind;
                uint32_t table;
        } kinds[] = { { "vrf", 77 }, { "bridge", 0 } };

        for (size_t i = 0; i < WGP_ARRAY_SIZE(kinds); i++) {
                struct nlattr *info, *data;
                WgpRtBuffer b;
                WgpLink link;

                cr_assert_eq(wgp_rt_link_encode_change(&b, &(WgpLinkChange) { .ifindex = 9 }), 0);
                mnl_attr_put_strz(&b.header, IFLA_IFNAME, "blue");
                info = mnl_attr_nest_start(&b.header, IFLA_LINKINFO);
                mnl_attr_put_strz(&b.header, IFLA_INFO_KIND, kinds[i].kind);
                data = mnl_attr_nest_start(&b.header, IFLA_INFO_DATA);
                mnl_attr_put_u32(&b.header, IFLA_VRF_TABLE, 77);
                mnl_attr_nest_end(&b.header, data);
                mnl_attr_nest_end(&b.header, info);

                cr_assert_eq(wgp_rt_link_decode(&b.header, &link), 0, "%s", kinds[i].kind);
                cr_expect_str_eq(link.kind, kinds[i].kind);
                cr_expect_eq(link.vrf_table, kinds[i].table, "%s", kinds[i].kind);
        }
}

Test(rt_message, link_requests) {
        WgpRtBuffer b;
        const struct ifinfomsg *info = (struct ifinfomsg *) (&b.header + 1);
        WgpLink link = created;

        cr_expect_eq(wgp_rt_link_encode_delete(&b, 0), -EINVAL, "would delete a group");
        cr_expect_eq(wgp_rt_link_encode_delete(&b, 9), 0);
        cr_expect_eq(b.header.nlmsg_type, RTM_DELLINK);
        cr_expect_eq(info->ifi_index, 9);

        cr_expect_eq(wgp_rt_link_encode_get(&b, 9, NULL), 0);
        cr_expect_eq(info->ifi_index, 9);
        cr_expect_eq(wgp_rt_link_encode_get(&b, 0, "wg-test0"), 0);
        cr_expect_eq(info->ifi_index, 0);
        cr_assert_eq(wgp_rt_link_decode(&b.header, &link), WGP_RT_OTHER, "a request is no link");
        b.header.nlmsg_type = RTM_NEWLINK;
        cr_assert_eq(wgp_rt_link_decode(with_index(&b, 3), &link), 0);
        cr_expect_str_eq(link.name, "wg-test0");
        cr_expect_eq(wgp_rt_link_encode_get(&b, 0, ""), -EINVAL);
        cr_expect_eq(wgp_rt_link_encode_get(&b, 0, "sixteen-letters-"), -EINVAL);

        cr_expect_eq(wgp_rt_link_encode_dump(&b, NULL), 0);
        cr_expect_eq(b.header.nlmsg_flags, NLM_F_REQUEST | NLM_F_DUMP);
        cr_expect_eq(wgp_rt_link_encode_dump(&b, "wireguard"), 0);
        cr_expect_eq(b.header.nlmsg_type, RTM_GETLINK);

        memset(link.name, 'x', sizeof(link.name));
        cr_expect_eq(wgp_rt_link_encode_create(&b, &link, -1), -EINVAL, "name without an end");
        link.name[0] = 0;
        cr_expect_eq(wgp_rt_link_encode_create(&b, &link, -1), -EINVAL, "no name");
}

Test(rt_message, link_others) {
        struct nlmsghdr *message;
        struct nlattr *nest;
        WgpLink link = {};
        WgpRtBuffer b;

        /* a longer kind than any of ours */
        cr_assert_eq(wgp_rt_link_encode_create(&b, &created, -1), 0);
        message = with_index(&b, 2);
        nest = mnl_attr_nest_start(message, IFLA_LINKINFO);
        mnl_attr_put_strz(message, IFLA_INFO_KIND, "a-kind-with-24-letters--");
        mnl_attr_nest_end(message, nest);
        cr_assert_eq(wgp_rt_link_decode(message, &link), 0);
        cr_expect_str_eq(link.kind, "a-kind-with-24-");

        /* a bridge's view of a port */
        ((struct ifinfomsg *) (&b.header + 1))->ifi_family = AF_BRIDGE;
        cr_expect_eq(wgp_rt_link_decode(message, &link), WGP_RT_OTHER);
}

/* Addresses */

static const struct {
        const char *name;
        WgpAddress address;
} addresses[] = {
        { "IPv4", { .prefix = IN(10, 1, 2, 3, 24) } },
        { "IPv4 host", { .prefix = IN(10, 1, 2, 3, 32), .flags = IFA_F_NOPREFIXROUTE } },
        { "IPv6", { .prefix = IN6(1, 2, 64), .flags = IFA_F_NODAD | IFA_F_MANAGETEMPADDR, .protocol = 11 } },
        { "IPv6 host", { .prefix = IN6(1, 2, 128), .flags = IFA_F_NOPREFIXROUTE } },
};

Test(rt_message, addresses) {
        for (size_t i = 0; i < WGP_ARRAY_SIZE(addresses); i++) {
                const WgpAddress *actual, *expected = &addresses[i].address;
                const char *name = addresses[i].name;
                uint32_t ifindex = 0;
                WgpAddress address;
                WgpRtBuffer b;

                cr_assert_eq(wgp_rt_address_encode(&b, WGP_RT_REPLACE, expected, 12), 0);
                cr_expect_eq(b.header.nlmsg_type, RTM_NEWADDR);
                cr_expect_eq(b.header.nlmsg_flags, NLM_F_REQUEST | NLM_F_ACK | NLM_F_CREATE | NLM_F_REPLACE);
                cr_assert_eq(wgp_rt_address_decode(&b.header, &address, &ifindex), 0, "case '%s'", name);
                actual = &address;
                EXPECT_BYTES(name, prefix);
                EXPECT_FIELD(name, flags);
                EXPECT_FIELD(name, protocol);
                cr_expect_eq(ifindex, 12, "case '%s'", name);

                cr_assert_eq(wgp_rt_address_encode(&b, WGP_RT_ADD, expected, 12), 0);
                cr_expect_eq(b.header.nlmsg_flags, NLM_F_REQUEST | NLM_F_ACK | NLM_F_CREATE | NLM_F_EXCL);

                cr_assert_eq(wgp_rt_address_encode(&b, WGP_RT_DELETE, expected, 12), 0);
                cr_expect_eq(b.header.nlmsg_type, RTM_DELADDR);
                cr_expect_eq(b.header.nlmsg_flags, NLM_F_REQUEST | NLM_F_ACK);
                cr_assert_eq(wgp_rt_address_decode(&b.header, &address, NULL), 0, "case '%s'", name);
                EXPECT_BYTES(name, prefix);
        }
}

Test(rt_message, address_requests) {
        const struct ifaddrmsg *ifa;
        WgpRtBuffer b;

        cr_expect_eq(wgp_rt_address_encode(&b, WGP_RT_ADD, &addresses[0].address, 0), -EINVAL);
        cr_expect_eq(wgp_rt_address_encode(&b, WGP_RT_ADD, &(WgpAddress) {}, 1), -EINVAL);
        cr_expect_eq(wgp_rt_address_encode_dump(&b, AF_INET6, 12), 0);
        ifa = mnl_nlmsg_get_payload(&b.header);
        cr_expect(ifa->ifa_family == AF_INET6 && ifa->ifa_index == 12);
        cr_expect_eq(b.header.nlmsg_flags, NLM_F_REQUEST | NLM_F_DUMP);
}

/* Routes */

#define METRIC_BIT(metric) (1U << (metric))

static const struct {
        const char *name;
        WgpRoute route;
} routes[] = {
        { "default", { .destination = IN(0, 0, 0, 0, 0),
                                     .table = RT_TABLE_MAIN,
                                     .protocol = RTPROT_STATIC,
                                     .type = RTN_UNICAST,
                                     .scope = RT_SCOPE_LINK,
                                     .uses_device = true,
                                     .ifindex = 5 } },
        { "host in a large table", { .destination = IN(192, 0, 2, 1, 32),
                                                   .table = 51820,
                                                   .metric = 77,
                                                   .protocol = RTPROT_KERNEL,
                                                   .type = RTN_UNICAST,
                                                   .scope = RT_SCOPE_LINK,
                                                   .uses_device = true,
                                                   .ifindex = 5 } },
        { "gateway, source, on-link, TOS", { .destination = IN(10, 9, 0, 0, 16),
                                                           .gateway = IN(10, 0, 0, 1, 32),
                                                           .preferred_source = IN(10, 0, 0, 2, 32),
                                                           .table = RT_TABLE_MAIN,
                                                           .type = RTN_UNICAST,
                                                           .tos = 0x10,
                                                           .onlink = true,
                                                           .uses_device = true,
                                                           .ifindex = 6 } },
        { "metrics", { .destination = IN(10, 9, 0, 0, 16),
                                     .table = 255,
                                     .type = RTN_UNICAST,
                                     .uses_device = true,
                                     .ifindex = 6,
                                     .metrics_set = (1U << _WGP_ROUTE_METRIC_N) - 1,
                                     .metrics_lock = METRIC_BIT(WGP_ROUTE_MTU) | METRIC_BIT(WGP_ROUTE_CWND) |
                                                     METRIC_BIT(WGP_ROUTE_RTO_MIN),
                                     .metrics = { 1400, 65535, 10, 11, 12, 1300, 200, 1 } } },
        { "one metric", { .destination = IN(10, 9, 0, 0, 16),
                                        .table = 256,
                                        .type = RTN_UNICAST,
                                        .uses_device = true,
                                        .ifindex = 6,
                                        .metrics_set = METRIC_BIT(WGP_ROUTE_QUICKACK),
                                        .metrics = { [WGP_ROUTE_QUICKACK] = 1 } } },
        { "weight 1", { .destination = IN(10, 9, 0, 0, 16),
                                      .table = 254,
                                      .type = RTN_UNICAST,
                                      .uses_device = true,
                                      .ifindex = 6,
                                      .weight = 1 } },
        { "weight 256, gateway, on-link", { .destination = IN6(9, 0, 32),
                                                          .gateway = IN6(9, 1, 128),
                                                          .table = 254,
                                                          .type = RTN_UNICAST,
                                                          .uses_device = true,
                                                          .ifindex = 6,
                                                          .weight = 256,
                                                          .onlink = true } },
        { "unreachable", { .destination = IN(0, 0, 0, 0, 0),
                                         .table = 51820,
                                         .metric = UINT32_MAX,
                                         .type = RTN_UNREACHABLE } },
        { "blackhole", { .destination = IN6(8, 0, 16), .table = 1000, .type = RTN_BLACKHOLE } },
        { "local", { .destination = IN(10, 0, 0, 1, 32),
                                   .table = RT_TABLE_LOCAL,
                                   .type = RTN_LOCAL,
                                   .scope = RT_SCOPE_HOST,
                                   .uses_device = true,
                                   .ifindex = 1 } },
        { "IPv6 from a source", { .destination = IN6(1, 0, 64),
                                                .source = IN6(2, 0, 48),
                                                .gateway = IN6(3, 1, 128),
                                                .table = UINT32_MAX,
                                                .metric = 1024,
                                                .type = RTN_UNICAST,
                                                .uses_device = true,
                                                .ifindex = 8 } },
        { "everything", { .destination = IN6(1, 0, 64),
                                        .source = IN6(2, 0, 48),
                                        .gateway = IN6(3, 1, 128),
                                        .preferred_source = IN6(4, 4, 128),
                                        .table = 70000,
                                        .metric = 5,
                                        .protocol = 9,
                                        .type = RTN_UNICAST,
                                        .tos = 4,
                                        .uses_device = true,
                                        .ifindex = 8,
                                        .onlink = true,
                                        .weight = 7,
                                        .metrics_set = (1U << _WGP_ROUTE_METRIC_N) - 1,
                                        .metrics_lock = (1U << _WGP_ROUTE_METRIC_N) - 1,
                                        .metrics = { 1, 2, 3, 4, 5, 6, 7, 8 } } },
};

Test(rt_message, routes) {
        for (size_t i = 0; i < WGP_ARRAY_SIZE(routes); i++) {
                const WgpRoute *expected = &routes[i].route;
                const char *name = routes[i].name;
                const struct rtmsg *rtm;
                WgpRtBuffer b;
                WgpRoute route;

                cr_assert_eq(wgp_rt_route_encode(&b, WGP_RT_REPLACE, expected, 99), 0, "case '%s'", name);
                cr_expect_eq(b.header.nlmsg_type, RTM_NEWROUTE);
                cr_expect_eq(b.header.nlmsg_flags, NLM_F_REQUEST | NLM_F_ACK | NLM_F_CREATE | NLM_F_REPLACE);
                rtm = mnl_nlmsg_get_payload(&b.header);
                cr_expect_eq(rtm->rtm_table, expected->table < 256 ? expected->table : 0, "case '%s'", name);
                cr_assert_eq(wgp_rt_route_decode(&b.header, &route), 0, "case '%s'", name);
                expect_route(&route, expected, name);

                cr_assert_eq(wgp_rt_route_encode(&b, WGP_RT_ADD, expected, 99), 0, "case '%s'", name);
                cr_expect_eq(b.header.nlmsg_flags, NLM_F_REQUEST | NLM_F_ACK | NLM_F_CREATE | NLM_F_EXCL);

                cr_assert_eq(wgp_rt_route_encode(&b, WGP_RT_DELETE, expected, 99), 0, "case '%s'", name);
                cr_expect_eq(b.header.nlmsg_type, RTM_DELROUTE);
                cr_expect_eq(b.header.nlmsg_flags, NLM_F_REQUEST | NLM_F_ACK);
                cr_assert_eq(wgp_rt_route_decode(&b.header, &route), 0, "case '%s'", name);
                expect_route_identity(&route, expected, name);
                cr_expect(route.scope == RT_SCOPE_NOWHERE && route.metrics_set == 0 && route.weight == 0, "case '%s'",
                                name);
        }
}

/* The tunnel's own link stands in where the route names no device. */
Test(rt_message, route_device) {
        WgpRoute route = routes[0].route, decoded;
        WgpRtBuffer b;

        route.ifindex = 0;
        cr_assert_eq(wgp_rt_route_encode(&b, WGP_RT_ADD, &route, 99), 0);
        cr_assert_eq(wgp_rt_route_decode(&b.header, &decoded), 0);
        cr_expect_eq(decoded.ifindex, 99);
        cr_expect_eq(wgp_rt_route_encode(&b, WGP_RT_ADD, &route, 0), -EINVAL);

        route.uses_device = false;
        cr_assert_eq(wgp_rt_route_encode(&b, WGP_RT_ADD, &route, 99), 0);
        cr_assert_eq(wgp_rt_route_decode(&b.header, &decoded), 0);
        cr_expect_eq(decoded.ifindex, 0);
}

Test(rt_message, route_refused) {
        static const struct {
                const char *name;
                WgpRoute route;
        } cases[] = {
                { "no family", { .table = 1 } },
                { "gateway of the other family", { .destination = IN(1, 0, 0, 0, 8), .gateway = IN6(1, 1, 128) } },
                { "source of the other family", { .destination = IN6(1, 0, 8), .source = IN(1, 0, 0, 0, 8) } },
                { "preferred source of the other family",
                                { .destination = IN6(1, 0, 8), .preferred_source = IN(1, 0, 0, 0, 32) } },
                { "weight 257", { .destination = IN6(1, 0, 8), .weight = 257 } },
        };
        WgpRtBuffer b;

        for (size_t i = 0; i < WGP_ARRAY_SIZE(cases); i++)
                cr_expect_eq(wgp_rt_route_encode(&b, WGP_RT_ADD, &cases[i].route, 9), -EINVAL, "case '%s'",
                                cases[i].name);
}

Test(rt_message, route_dump) {
        const WgpRouteFilter filter = { .family = AF_INET6, .protocol = 4, .type = 7, .table = 51820, .ifindex = 3 };
        const struct rtmsg *rtm;
        WgpRoute route;
        WgpRtBuffer b;

        cr_assert_eq(wgp_rt_route_encode_dump(&b, &filter), 0);
        cr_expect_eq(b.header.nlmsg_flags, NLM_F_REQUEST | NLM_F_DUMP);
        rtm = mnl_nlmsg_get_payload(&b.header);
        cr_expect(rtm->rtm_family == AF_INET6 && rtm->rtm_protocol == 4 && rtm->rtm_type == 7);
        b.header.nlmsg_type = RTM_NEWROUTE;
        ((struct rtmsg *) (&b.header + 1))->rtm_type = RTN_UNICAST;
        cr_assert_eq(wgp_rt_route_decode(&b.header, &route), 0);
        cr_expect(route.table == 51820 && route.ifindex == 3);
        cr_expect_eq(wgp_rt_route_encode_dump(&b, &(WgpRouteFilter) {}), -EINVAL);
}

Test(rt_message, route_query) {
        const WgpRouteQuery query = { .destination = IN(192, 0, 2, 9, 24), .mark = 0xca6c, .ifindex = 2 };
        const struct nlattr *attribute, *mark = NULL;
        const struct rtmsg *rtm;
        WgpRoute route;
        WgpRtBuffer b;

        cr_assert_eq(wgp_rt_route_encode_query(&b, &query), 0);
        cr_expect_eq(b.header.nlmsg_flags, NLM_F_REQUEST | NLM_F_ACK);
        rtm = mnl_nlmsg_get_payload(&b.header);
        cr_expect_eq(rtm->rtm_flags, RTM_F_LOOKUP_TABLE);
        mnl_attr_for_each(attribute, &b.header, sizeof(*rtm)) if (mnl_attr_get_type(attribute) == RTA_MARK) mark =
                        attribute;
        cr_assert(mark);
        cr_expect_eq(mnl_attr_get_u32(mark), 0xca6c);

        b.header.nlmsg_type = RTM_NEWROUTE;
        cr_assert_eq(wgp_rt_route_decode(&b.header, &route), 0);
        cr_expect_eq(route.destination.length, 32);
        cr_expect_arr_eq(route.destination.bytes, query.destination.bytes, 4);
        cr_expect_eq(route.ifindex, 2);
        cr_expect_eq(wgp_rt_route_encode_query(&b, &(WgpRouteQuery) {}), -EINVAL);
}

/* As the kernel writes them: several next hops, routes of lo, other families. */

static void put_hop(struct nlmsghdr *message, int ifindex, uint8_t hops, const WgpPrefix *gateway) {
        struct rtnexthop *hop = mnl_nlmsg_get_payload_tail(message);

        *hop = (struct rtnexthop) { .rtnh_len = sizeof(*hop), .rtnh_hops = hops, .rtnh_ifindex = ifindex };
        message->nlmsg_len += sizeof(*hop);
        if (gateway) {
                mnl_attr_put(message, RTA_GATEWAY, 4, gateway->bytes);
                hop->rtnh_len += 8;
        }
}

Test(rt_message, route_next_hops) {
        const WgpPrefix gateway = IN(10, 0, 0, 1, 32);
        WgpNetwork network = WGP_NETWORK_NULL;
        struct nlattr *list;
        WgpRoute route;
        WgpRtBuffer b;

        cr_assert_eq(wgp_rt_route_encode(&b, WGP_RT_ADD, &routes[7].route, 0), 0);
        ((struct rtmsg *) (&b.header + 1))->rtm_type = RTN_UNICAST;
        list = mnl_attr_nest_start(&b.header, RTA_MULTIPATH);
        put_hop(&b.header, 4, 0, &gateway);
        put_hop(&b.header, 5, 9, NULL);
        mnl_attr_nest_end(&b.header, list);

        cr_assert_eq(wgp_rt_route_decode(&b.header, &route), 0);
        cr_expect(route.ifindex == 4 && route.weight == 1 && route.gateway.bytes[0] == 10);

        cr_assert_eq(wgp_rt_route_collect(&b.header, &network), 0);
        cr_assert_eq(network.n_routes, 2);
        expect_route_identity(network.routes, &route, "first hop");
        cr_expect_eq(network.routes[1].ifindex, 5);
        cr_expect_eq(network.routes[1].weight, 10);
        cr_expect_eq(network.routes[1].gateway.family, AF_UNSPEC);
        cr_expect_eq(network.routes[1].table, 51820);

        /* the second is longer than the list: nothing of the message is kept */
        ((struct rtnexthop *) ((uint8_t *) list + 4 + 16))->rtnh_len = 40;
        cr_expect_eq(wgp_rt_route_collect(&b.header, &network), -EBADMSG);
        cr_expect_eq(network.n_routes, 2);
        ((struct rtnexthop *) ((uint8_t *) list + 4))->rtnh_len = 0;
        cr_expect_eq(wgp_rt_route_collect(&b.header, &network), -EBADMSG);
        cr_expect_eq(wgp_rt_route_decode(&b.header, &route), -EBADMSG);
        wgp_network_done(&network);
}

Test(rt_message, route_others) {
        WgpRoute route;
        WgpRtBuffer b;

        /* IPv6's unreachable routes are shown on lo */
        cr_assert_eq(wgp_rt_route_encode(&b, WGP_RT_ADD, &routes[8].route, 0), 0);
        mnl_attr_put_u32(&b.header, RTA_OIF, 1);
        cr_assert_eq(wgp_rt_route_decode(&b.header, &route), 0);
        cr_expect(!route.uses_device && route.ifindex == 0);

        /* bits that are no part of the prefix: routes are compared, and made again */
        cr_assert_eq(wgp_rt_route_encode(&b, WGP_RT_ADD, &routes[8].route, 0), 0);
        mnl_attr_put(&b.header, RTA_DST, sizeof(struct in6_addr), &(struct in6_addr) { .s6_addr = { [15] = 1 } });
        cr_assert_eq(wgp_rt_route_decode(&b.header, &route), 0);
        cr_expect_eq(route.destination.bytes[15], 0);

        ((struct rtmsg *) (&b.header + 1))->rtm_family = 28; /* AF_MPLS */
        cr_expect_eq(wgp_rt_route_decode(&b.header, &route), WGP_RT_OTHER);
        b.header.nlmsg_type = RTM_NEWRULE;
        cr_expect_eq(wgp_rt_route_decode(&b.header, &route), WGP_RT_OTHER);
}

/* Rules */

static const struct {
        const char *name;
        WgpRule rule;
} rules[] = {
        { "goto", { .family = AF_INET,
                                  .action = FR_ACT_GOTO,
                                  .protocol = RTPROT_KERNEL,
                                  .priority = 31000,
                                  .goto_priority = 31999,
                                  .has_fwmark = true,
                                  .fwmark = 51820,
                                  .fwmask = UINT32_MAX } },
        { "nop", { .family = AF_INET6, .action = FR_ACT_NOP, .protocol = RTPROT_KERNEL, .priority = 31999 } },
        { "suppress", { .family = AF_INET,
                                      .action = FR_ACT_TO_TBL,
                                      .protocol = RTPROT_KERNEL,
                                      .priority = 31500,
                                      .table = RT_TABLE_MAIN,
                                      .has_suppress_prefixlength = true } },
        { "not a mark", { .family = AF_INET6,
                                        .action = FR_ACT_TO_TBL,
                                        .protocol = RTPROT_KERNEL,
                                        .priority = 31501,
                                        .table = 51820,
                                        .invert = true,
                                        .has_fwmark = true,
                                        .fwmark = 51820,
                                        .fwmask = UINT32_MAX } },
        { "mark 0 of a mask", { .family = AF_INET,
                                              .action = FR_ACT_TO_TBL,
                                              .priority = 5,
                                              .table = 7,
                                              .has_fwmark = true,
                                              .fwmask = 0xff } },
        { "unreachable", { .family = AF_INET, .action = FR_ACT_UNREACHABLE, .priority = 8 } },
        { "priority 0, table 0xffffffff", { .family = AF_INET, .action = FR_ACT_TO_TBL, .table = UINT32_MAX } },
        { "suppress 128", { .family = AF_INET6,
                                          .action = FR_ACT_TO_TBL,
                                          .table = 100,
                                          .has_suppress_prefixlength = true,
                                          .suppress_prefixlength = 128 } },
        { "prefixes and names", { .family = AF_INET,
                                                .action = FR_ACT_TO_TBL,
                                                .table = 255,
                                                .priority = 1,
                                                .tos = 0x10,
                                                .from = IN(10, 0, 0, 0, 8),
                                                .to = IN(192, 0, 2, 1, 32),
                                                .iif = "fifteen-letters",
                                                .oif = "b" } },
        { "everything", { .family = AF_INET6,
                                        .action = FR_ACT_TO_TBL,
                                        .protocol = 4,
                                        .invert = true,
                                        .priority = 9,
                                        .table = 70000,
                                        .has_fwmark = true,
                                        .fwmark = 1,
                                        .fwmask = 2,
                                        .has_suppress_prefixlength = true,
                                        .suppress_prefixlength = 3,
                                        .ip_protocol = 17,
                                        .has_uid_range = true,
                                        .uid_end = 4000000000,
                                        .sport_start = 1,
                                        .sport_end = 65535,
                                        .dport_start = 53,
                                        .dport_end = 53,
                                        .tos = 4,
                                        .from = IN6(1, 0, 16),
                                        .to = IN6(2, 2, 128),
                                        .iif = "fifteen-letters",
                                        .oif = "fifteen-letters" } },
};

Test(rt_message, rules) {
        for (size_t i = 0; i < WGP_ARRAY_SIZE(rules); i++) {
                const char *name = rules[i].name;
                WgpRule rule;
                WgpRtBuffer b;

                cr_assert_eq(wgp_rt_rule_encode(&b, WGP_RT_ADD, &rules[i].rule), 0, "case '%s'", name);
                cr_expect_eq(b.header.nlmsg_type, RTM_NEWRULE);
                cr_expect_eq(b.header.nlmsg_flags, NLM_F_REQUEST | NLM_F_ACK | NLM_F_CREATE | NLM_F_EXCL);
                cr_assert_eq(wgp_rt_rule_decode(&b.header, &rule), 0, "case '%s'", name);
                expect_rule(&rule, &rules[i].rule, name);

                cr_assert_eq(wgp_rt_rule_encode(&b, WGP_RT_DELETE, &rules[i].rule), 0, "case '%s'", name);
                cr_expect_eq(b.header.nlmsg_type, RTM_DELRULE);
                cr_expect_eq(b.header.nlmsg_flags, NLM_F_REQUEST | NLM_F_ACK);
                cr_assert_eq(wgp_rt_rule_decode(&b.header, &rule), 0, "case '%s'", name);
                expect_rule(&rule, &rules[i].rule, name);
        }
}

Test(rt_message, rule_refused) {
        WgpRule rule = rules[0].rule;
        WgpRtBuffer b;

        cr_expect_eq(wgp_rt_rule_encode(&b, WGP_RT_REPLACE, &rule), -EINVAL);
        cr_expect_eq(wgp_rt_rule_encode(&b, WGP_RT_ADD, &(WgpRule) { .action = FR_ACT_NOP }), -EINVAL);
        rule.from = (WgpPrefix) IN6(1, 1, 64);
        cr_expect_eq(wgp_rt_rule_encode(&b, WGP_RT_ADD, &rule), -EINVAL);
        rule = rules[0].rule;
        memset(rule.iif, 'x', sizeof(rule.iif));
        cr_expect_eq(wgp_rt_rule_encode(&b, WGP_RT_ADD, &rule), -EINVAL);
}

Test(rt_message, rule_dump) {
        WgpRtBuffer b;

        /* strict checking wants a whole header of zeros behind the family */
        cr_assert_eq(wgp_rt_rule_encode_dump(&b, AF_INET6), 0);
        cr_expect_eq(b.header.nlmsg_len, NLMSG_LENGTH(sizeof(struct fib_rule_hdr)));
        cr_expect_eq(b.header.nlmsg_flags, NLM_F_REQUEST | NLM_F_DUMP);
        cr_expect_eq(b.bytes[16], AF_INET6);
        for (size_t i = 17; i < b.header.nlmsg_len; i++)
                cr_expect_eq(b.bytes[i], 0);
}

/* The kernel shows "no suppressor" as -1. */
Test(rt_message, rule_without_suppressor) {
        WgpRule rule;
        WgpRtBuffer b;

        cr_assert_eq(wgp_rt_rule_encode(&b, WGP_RT_ADD, &rules[0].rule), 0);
        mnl_attr_put_u32(&b.header, FRA_SUPPRESS_PREFIXLEN, UINT32_MAX);
        cr_assert_eq(wgp_rt_rule_decode(&b.header, &rule), 0);
        expect_rule(&rule, &rules[0].rule, "without");
}

/* Damage of all kinds */

static int collect_link(const struct nlmsghdr *message, void *userdata) {
        WgpLink link;

        return wgp_rt_link_decode(message, &link);
}

static const struct {
        const char *name;
        Decode decode;
        uint16_t type;
        size_t header;
        uint16_t attribute;
        size_t size; /* of its payload */
} oddities[] = {
        { "name without an end", collect_link, RTM_NEWLINK, sizeof(struct ifinfomsg), IFLA_IFNAME, 4 },
        { "name of 17 bytes", collect_link, RTM_NEWLINK, sizeof(struct ifinfomsg), IFLA_IFNAME, 17 },
        { "MTU of 2 bytes", collect_link, RTM_NEWLINK, sizeof(struct ifinfomsg), IFLA_MTU, 2 },
        { "group of 8 bytes", collect_link, RTM_NEWLINK, sizeof(struct ifinfomsg), IFLA_GROUP, 8 },
        { "kind that is no nest", collect_link, RTM_NEWLINK, sizeof(struct ifinfomsg), IFLA_LINKINFO, 7 },
        { "address of 5 bytes", wgp_rt_address_collect, RTM_NEWADDR, sizeof(struct ifaddrmsg), IFA_LOCAL, 5 },
        { "IPv4 address of 16", wgp_rt_address_collect, RTM_NEWADDR, sizeof(struct ifaddrmsg), IFA_LOCAL, 16 },
        { "flags of 1 byte", wgp_rt_address_collect, RTM_NEWADDR, sizeof(struct ifaddrmsg), IFA_FLAGS, 1 },
        { "protocol of 4 bytes", wgp_rt_address_collect, RTM_NEWADDR, sizeof(struct ifaddrmsg), IFA_PROTO, 4 },
        { "destination of 2 bytes", wgp_rt_route_collect, RTM_NEWROUTE, sizeof(struct rtmsg), RTA_DST, 2 },
        { "IPv4 gateway of 16 bytes", wgp_rt_route_collect, RTM_NEWROUTE, sizeof(struct rtmsg), RTA_GATEWAY, 16 },
        { "table of 1 byte", wgp_rt_route_collect, RTM_NEWROUTE, sizeof(struct rtmsg), RTA_TABLE, 1 },
        { "device of 8 bytes", wgp_rt_route_collect, RTM_NEWROUTE, sizeof(struct rtmsg), RTA_OIF, 8 },
        { "metrics that are no nest", wgp_rt_route_collect, RTM_NEWROUTE, sizeof(struct rtmsg), RTA_METRICS, 7 },
        { "hops that are none", wgp_rt_route_collect, RTM_NEWROUTE, sizeof(struct rtmsg), RTA_MULTIPATH, 7 },
        { "IPv4 source of 16 bytes", wgp_rt_rule_collect, RTM_NEWRULE, sizeof(struct fib_rule_hdr), FRA_SRC, 16 },
        { "priority of 2 bytes", wgp_rt_rule_collect, RTM_NEWRULE, sizeof(struct fib_rule_hdr), FRA_PRIORITY, 2 },
        { "users of 4 bytes", wgp_rt_rule_collect, RTM_NEWRULE, sizeof(struct fib_rule_hdr), FRA_UID_RANGE, 4 },
        { "ports of 8 bytes", wgp_rt_rule_collect, RTM_NEWRULE, sizeof(struct fib_rule_hdr), FRA_SPORT_RANGE, 8 },
        { "no name's end", wgp_rt_rule_collect, RTM_NEWRULE, sizeof(struct fib_rule_hdr), FRA_IIFNAME, 5 },
        { "IP protocol of 2 bytes", wgp_rt_rule_collect, RTM_NEWRULE, sizeof(struct fib_rule_hdr), FRA_IP_PROTO, 2 },
};

Test(rt_message, oddities) {
        WgpNetwork network = WGP_NETWORK_NULL;
        uint8_t payload[32];

        memset(payload, 'x', sizeof(payload));
        for (size_t i = 0; i < WGP_ARRAY_SIZE(oddities); i++) {
                const typeof(oddities[0]) *t = oddities + i;
                struct nlmsghdr *message;
                WgpRtBuffer b;
                uint8_t *header;
                int r;

                message = mnl_nlmsg_put_header(b.bytes);
                message->nlmsg_type = t->type;
                header = mnl_nlmsg_put_extra_header(message, t->header);
                header[0] = t->type == RTM_NEWLINK ? AF_UNSPEC : AF_INET;
                mnl_attr_put(message, t->attribute, t->size, payload);
                r = t->decode(message, &network);
                cr_expect_eq(r, -EBADMSG, "case '%s': %d", t->name, r);

                message->nlmsg_len = NLMSG_HDRLEN + 3;
                cr_expect_eq(t->decode(message, &network), -EBADMSG, "case '%s', cut", t->name);
        }
        cr_expect_eq(network.n_addresses + network.n_routes + network.n_rules, 0);
        wgp_network_done(&network);
}

static uint64_t random_state = 815;

static uint32_t next_random(uint32_t n) {
        random_state = random_state * 6364136223846793005U + 1442695040888963407U;
        return (uint32_t) (random_state >> 33) % n;
}

/* Cut at every length, and bits turned at random, in memory of the exact size, for AddressSanitizer. */
static void damage(const WgpRtBuffer *b, Decode decode, const char *name) {
        WgpNetwork network = WGP_NETWORK_NULL;

        for (size_t i = NLMSG_HDRLEN; i < 4000; i++) {
                size_t n = WGP_MIN(i, (size_t) b->header.nlmsg_len);
                _cleanup_(freep) struct nlmsghdr *copy = malloc(n);
                int r;

                memcpy(copy, b, n);
                copy->nlmsg_len = (uint32_t) n;
                for (uint32_t k = i > n ? 1 + next_random(5) : 0; k > 0; k--)
                        ((uint8_t *) copy)[NLMSG_HDRLEN + next_random((uint32_t) n - NLMSG_HDRLEN)] ^=
                                        (uint8_t) (1U << next_random(8));
                r = decode(copy, &network);
                cr_expect(r == 0 || r == -EBADMSG || r == WGP_RT_OTHER, "case '%s': %d", name, r);
        }
        wgp_network_done(&network);
}

Test(rt_message, damaged) {
        WgpRtBuffer b;

        cr_assert_eq(wgp_rt_link_encode_create(&b, &created, -1), 0);
        with_index(&b, 4);
        damage(&b, collect_link, "link");
        for (size_t i = 0; i < WGP_ARRAY_SIZE(addresses); i++) {
                cr_assert_eq(wgp_rt_address_encode(&b, WGP_RT_ADD, &addresses[i].address, 4), 0);
                damage(&b, wgp_rt_address_collect, addresses[i].name);
        }
        for (size_t i = 0; i < WGP_ARRAY_SIZE(routes); i++) {
                cr_assert_eq(wgp_rt_route_encode(&b, WGP_RT_ADD, &routes[i].route, 4), 0);
                damage(&b, wgp_rt_route_collect, routes[i].name);
        }
        for (size_t i = 0; i < WGP_ARRAY_SIZE(rules); i++) {
                cr_assert_eq(wgp_rt_rule_encode(&b, WGP_RT_ADD, &rules[i].rule), 0);
                damage(&b, wgp_rt_rule_collect, rules[i].name);
        }
}
