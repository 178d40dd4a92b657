/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <arpa/inet.h>
#include <criterion/criterion.h>
#include <libmnl/libmnl.h>
#include <linux/fib_rules.h>
#include <linux/rtnetlink.h>

#include "model/prefix.h"
#include "resolver/net-view.h"

enum {
        STEPS_MAX = 12,
        NO_GROUP = 0,
};

/* One notification, and what it should mean. */
typedef struct Step {
        uint16_t type; /* RTM_*; 0: the end */
        uint32_t ifindex;
        const char *address; /* of the link, or the gateway */
        uint32_t flags;      /* of the link or the address */
        uint32_t group;      /* of the link */
        uint8_t length;      /* of the route's destination, which is "destination" */
        const char *destination;
        uint8_t scope; /* of the address */
        uint8_t route_type;
        uint32_t noise;  /* what changes with each repetition */
        uint32_t mtu;    /* of the link */
        uint32_t metric; /* of the route */
        bool replaces;   /* the route has taken another one's place, which is not told of */
        bool changed;
} Step;

#define RUNNING (IFF_UP | IFF_RUNNING)
#define ENDPOINT "198.51.100.7"

static const struct {
        const char *name;
        Step steps[STEPS_MAX];
} stories[] = {
        { "an address counts once",
                        {
                                        { RTM_NEWADDR, 2, "192.0.2.1", .changed = true },
                                        { RTM_NEWADDR, 2, "192.0.2.1", .noise = 1 },
                                        { RTM_NEWADDR, 2, "192.0.2.2", .changed = true },
                                        { RTM_NEWADDR, 3, "192.0.2.1", .changed = true },
                                        { RTM_DELADDR, 2, "192.0.2.1", .changed = true },
                                        { RTM_DELADDR, 2, "192.0.2.1" },
                                        { RTM_NEWADDR, 2, "192.0.2.1", .changed = true },
                        } },
        { "an IPv6 address counts when it is ready",
                        {
                                        { RTM_NEWADDR, 2, "2001:db8::1", .flags = IFA_F_TENTATIVE },
                                        { RTM_NEWADDR, 2, "2001:db8::1", .changed = true },
                                        { RTM_NEWADDR, 2, "2001:db8::1", .noise = 7 },
                        } },
        { "link-local and loopback addresses do not count",
                        {
                                        { RTM_NEWADDR, 2, "fe80::1", .scope = RT_SCOPE_LINK },
                                        { RTM_NEWADDR, 1, "127.0.0.1", .scope = RT_SCOPE_HOST },
                        } },
        { "a link counts when it has an address",
                        {
                                        { RTM_NEWLINK, 2, .flags = RUNNING },
                                        { RTM_NEWADDR, 2, "192.0.2.1", .changed = true },
                                        { RTM_NEWLINK, 2, .flags = RUNNING, .noise = 1 },
                                        { RTM_NEWLINK, 2, .flags = IFF_UP, .changed = true },
                                        { RTM_NEWLINK, 2, .flags = IFF_UP, .noise = 1 },
                                        { RTM_NEWLINK, 2, .flags = RUNNING, .changed = true },
                                        { RTM_NEWLINK, 2, .flags = RUNNING, .mtu = 1400, .changed = true },
                                        { RTM_NEWLINK, 2, .flags = RUNNING, .mtu = 1400, .noise = 1 },
                                        { RTM_NEWLINK, 2, .flags = RUNNING, .changed = true },
                                        { RTM_DELLINK, 2, .changed = true },
                        } },
        { "one without, such as a container's, does not",
                        {
                                        { RTM_NEWLINK, 9, .flags = RUNNING },
                                        { RTM_NEWLINK, 9, .flags = IFF_UP },
                                        { RTM_DELLINK, 9 },
                        } },
        { "an IPv4 default route counts each time",
                        {
                                        { RTM_NEWROUTE, 2, "192.0.2.254", .route_type = RTN_UNICAST, .changed = true },
                                        { RTM_NEWROUTE, 2, "192.0.2.253", .route_type = RTN_UNICAST, .replaces = true,
                                                        .changed = true },
                                        { RTM_NEWROUTE, 2, "192.0.2.254", .route_type = RTN_UNICAST, .replaces = true,
                                                        .changed = true },
                                        { RTM_NEWROUTE, 2, "192.0.2.253", .route_type = RTN_UNICAST, .replaces = true,
                                                        .changed = true },
                                        /* the link was down, which took the route away without a word */
                                        { RTM_NEWROUTE, 2, "192.0.2.253", .route_type = RTN_UNICAST, .changed = true },
                                        { RTM_DELROUTE, 2, "192.0.2.253", .route_type = RTN_UNICAST, .changed = true },
                                        { RTM_DELROUTE, 5, "192.0.2.9", .route_type = RTN_UNICAST, .changed = true },
                        } },
        { "halves of the default route count likewise",
                        {
                                        { RTM_NEWROUTE, 5, "192.0.2.254", .route_type = RTN_UNICAST, .length = 1,
                                                        .destination = "128.0.0.0", .changed = true },
                                        { RTM_DELROUTE, 5, "192.0.2.254", .route_type = RTN_UNICAST, .length = 1,
                                                        .destination = "128.0.0.0", .changed = true },
                                        { RTM_NEWROUTE, 5, "2001:db8::1", .route_type = RTN_UNICAST, .length = 1,
                                                        .destination = "8000::", .changed = true },
                                        { RTM_NEWROUTE, 5, "2001:db8::1", .route_type = RTN_UNICAST, .length = 1,
                                                        .destination = "8000::" },
                                        { RTM_NEWROUTE, 5, "2001:db8::1", .route_type = RTN_UNICAST, .length = 1,
                                                        .destination = "::", .changed = true },
                                        { RTM_NEWROUTE, 5, "192.0.2.254", .route_type = RTN_UNICAST, .length = 2,
                                                        .destination = "64.0.0.0" },
                        } },
        { "a route to an endpoint counts, and one to another host does not",
                        {
                                        { RTM_NEWROUTE, 2, "192.0.2.254", .route_type = RTN_UNICAST, .length = 32,
                                                        .destination = ENDPOINT, .changed = true },
                                        { RTM_DELROUTE, 2, "192.0.2.254", .route_type = RTN_UNICAST, .length = 32,
                                                        .destination = ENDPOINT, .changed = true },
                                        { RTM_NEWROUTE, 2, "192.0.2.254", .route_type = RTN_UNICAST, .length = 32,
                                                        .destination = "198.51.100.8" },
                                        { RTM_NEWROUTE, 2, "192.0.2.254", .route_type = RTN_UNICAST, .length = 24,
                                                        .destination = ENDPOINT },
                        } },
        { "an IPv6 default route counts once",
                        {
                                        { RTM_NEWROUTE, 2, "2001:db8::1", .route_type = RTN_UNICAST, .changed = true },
                                        { RTM_NEWROUTE, 2, "2001:db8::1", .route_type = RTN_UNICAST, .noise = 1 },
                                        { RTM_NEWROUTE, 2, "2001:db8::2", .route_type = RTN_UNICAST, .changed = true },
                                        { RTM_NEWROUTE, 2, "2001:db8::1", .route_type = RTN_UNICAST, .noise = 2 },
                                        { RTM_NEWROUTE, 2, "2001:db8::2", .route_type = RTN_UNICAST, .noise = 3 },
                                        { RTM_DELROUTE, 2, "2001:db8::1", .route_type = RTN_UNICAST, .changed = true },
                                        { RTM_NEWROUTE, 2, "2001:db8::1", .route_type = RTN_UNICAST, .changed = true },
                                        { RTM_DELROUTE, 5, "2001:db8::9", .route_type = RTN_UNICAST, .changed = true },
                        } },
        { "one that is replaced is gone",
                        {
                                        { RTM_NEWROUTE, 2, "2001:db8::1", .route_type = RTN_UNICAST, .changed = true },
                                        { RTM_NEWROUTE, 3, "2001:db8::3", .route_type = RTN_UNICAST, .metric = 600,
                                                        .changed = true },
                                        { RTM_NEWROUTE, 2, "2001:db8::2", .route_type = RTN_UNICAST, .replaces = true,
                                                        .changed = true },
                                        { RTM_NEWROUTE, 2, "2001:db8::2", .route_type = RTN_UNICAST, .replaces = true,
                                                        .noise = 1 },
                                        { RTM_NEWROUTE, 2, "2001:db8::1", .route_type = RTN_UNICAST, .replaces = true,
                                                        .changed = true },
                                        { RTM_NEWROUTE, 2, "2001:db8::2", .route_type = RTN_UNICAST, .replaces = true,
                                                        .changed = true },
                                        { RTM_NEWROUTE, 3, "2001:db8::3", .route_type = RTN_UNICAST, .metric = 600,
                                                        .replaces = true },
                        } },
        { "other routes do not",
                        {
                                        { RTM_NEWROUTE, 2, "192.0.2.254", .route_type = RTN_UNICAST, .length = 24 },
                                        { RTM_DELROUTE, 2, "192.0.2.254", .route_type = RTN_UNICAST, .length = 24 },
                                        { RTM_NEWROUTE, 0, NULL, .route_type = RTN_UNREACHABLE },
                        } },
        { "nothing of our own links counts",
                        {
                                        { RTM_NEWLINK, 7, .flags = IFF_UP, .group = WGP_LINK_GROUP },
                                        { RTM_NEWADDR, 7, "10.0.0.1" },
                                        { RTM_NEWLINK, 7, .flags = RUNNING, .group = WGP_LINK_GROUP },
                                        { RTM_NEWROUTE, 7, NULL, .route_type = RTN_UNICAST },
                                        { RTM_DELROUTE, 7, NULL, .route_type = RTN_UNICAST },
                                        { RTM_DELADDR, 7, "10.0.0.1" }, { RTM_DELLINK, 7, .group = WGP_LINK_GROUP },
                                        { RTM_NEWADDR, 7, "10.0.0.1",
                                                        .changed = true }, /* somebody else's, of the same number */
                        } },
        { "new rules and neighbours do not count",
                        {
                                        { RTM_NEWNEIGH, 2 },
                        } },
};

static void put_address(struct nlmsghdr *message, uint16_t type, const char *text, uint8_t *family) {
        uint8_t bytes[16];

        *family = strchr(text, ':') ? AF_INET6 : AF_INET;
        cr_assert_eq(inet_pton(*family, text, bytes), 1);
        mnl_attr_put(message, type, *family == AF_INET ? 4 : 16, bytes);
}

static void put_link(struct nlmsghdr *message, const Step *s) {
        struct ifinfomsg *info = mnl_nlmsg_put_extra_header(message, sizeof(*info));

        info->ifi_index = (int) s->ifindex;
        info->ifi_flags = s->flags;
        mnl_attr_put_strz(message, IFLA_IFNAME, "test");
        mnl_attr_put_u32(message, IFLA_GROUP, s->group);
        mnl_attr_put_u32(message, IFLA_TXQLEN, s->noise);
        mnl_attr_put_u32(message, IFLA_MTU, s->mtu);
}

static void put_ifaddr(struct nlmsghdr *message, const Step *s) {
        struct ifaddrmsg *info = mnl_nlmsg_put_extra_header(message, sizeof(*info));
        struct ifa_cacheinfo cache = { .ifa_valid = s->noise };

        info->ifa_index = s->ifindex;
        info->ifa_scope = s->scope;
        put_address(message, IFA_ADDRESS, s->address, &info->ifa_family);
        mnl_attr_put_u32(message, IFA_FLAGS, s->flags);
        mnl_attr_put(message, IFA_CACHEINFO, sizeof(cache), &cache);
}

static void put_route(struct nlmsghdr *message, const Step *s) {
        struct rtmsg *info = mnl_nlmsg_put_extra_header(message, sizeof(*info));
        struct rta_cacheinfo cache = { .rta_expires = (int) s->noise };

        info->rtm_family = AF_INET;
        info->rtm_dst_len = s->length;
        info->rtm_type = s->route_type;
        info->rtm_table = RT_TABLE_MAIN;
        mnl_attr_put_u32(message, RTA_TABLE, RT_TABLE_MAIN);
        mnl_attr_put_u32(message, RTA_PRIORITY, s->metric);
        if (s->address)
                put_address(message, RTA_GATEWAY, s->address, &info->rtm_family);
        if (s->destination)
                put_address(message, RTA_DST, s->destination, &info->rtm_family);
        if (s->ifindex > 0)
                mnl_attr_put_u32(message, RTA_OIF, s->ifindex);
        mnl_attr_put(message, RTA_CACHEINFO, sizeof(cache), &cache);
}

static struct nlmsghdr *build(uint8_t *buffer, const Step *s) {
        struct nlmsghdr *message = mnl_nlmsg_put_header(buffer);

        message->nlmsg_type = s->type;
        message->nlmsg_flags = s->replaces ? NLM_F_REPLACE : 0;
        if (s->type == RTM_NEWLINK || s->type == RTM_DELLINK)
                put_link(message, s);
        else if (s->type == RTM_NEWADDR || s->type == RTM_DELADDR)
                put_ifaddr(message, s);
        else if (s->type == RTM_NEWROUTE || s->type == RTM_DELROUTE)
                put_route(message, s);
        return message;
}

static bool is_endpoint(void *userdata, const WgpPrefix *address) {
        WgpPrefix endpoint;

        cr_assert_eq(wgp_address_parse(ENDPOINT, &endpoint), 0);
        return wgp_prefix_compare(&endpoint, address) == 0;
}

Test(net_view, stories) {
        for (size_t i = 0; i < WGP_ARRAY_SIZE(stories); i++) {
                WgpNetView view = { .is_endpoint = is_endpoint };

                for (size_t j = 0; j < STEPS_MAX && stories[i].steps[j].type != 0; j++) {
                        const Step *s = stories[i].steps + j;
                        _Alignas(struct nlmsghdr) uint8_t buffer[512];
                        WgpNetNews news;

                        cr_expect_eq(wgp_net_view_update(&view, build(buffer, s), &news), 0);
                        cr_expect_eq(news.changed, s->changed, "'%s', step %zu", stories[i].name, j);
                        cr_expect_eq(news.link_deleted, s->type == RTM_DELLINK ? s->ifindex : 0, "'%s', step %zu",
                                        stories[i].name, j);
                        cr_expect_not(news.rule_deleted, "'%s', step %zu", stories[i].name, j);
                }
                wgp_net_view_done(&view);
        }
}

Test(net_view, ipv6_appears) {
        static const struct {
                Step step;
                bool appears;
        } rows[] = {
                { { RTM_NEWADDR, 1, "::1", .scope = RT_SCOPE_HOST }, true },
                { { RTM_DELADDR, 1, "::1", .scope = RT_SCOPE_HOST }, false },
                { { RTM_NEWADDR, 1, "127.0.0.1", .scope = RT_SCOPE_HOST }, false },
                { { RTM_NEWADDR, 2, "fe80::1", .scope = RT_SCOPE_LINK }, false },
                { { RTM_NEWADDR, 2, "2001:db8::1" }, false },
        };

        for (size_t i = 0; i < WGP_ARRAY_SIZE(rows); i++) {
                WgpNetView view = {};
                _Alignas(struct nlmsghdr) uint8_t buffer[512];
                WgpNetNews news;

                cr_expect_eq(wgp_net_view_update(&view, build(buffer, &rows[i].step), &news), 0);
                cr_expect_eq(news.ipv6_appeared, rows[i].appears, "row %zu", i);
                wgp_net_view_done(&view);
        }
}

Test(net_view, deleted_rule) {
        _Alignas(struct nlmsghdr) uint8_t buffer[512];
        struct nlmsghdr *message = mnl_nlmsg_put_header(buffer);
        struct fib_rule_hdr *info;
        WgpNetView view = {};
        WgpNetNews news;

        message->nlmsg_type = RTM_DELRULE;
        info = mnl_nlmsg_put_extra_header(message, sizeof(*info));
        info->family = AF_INET;
        info->action = FR_ACT_TO_TBL;
        mnl_attr_put_u32(message, FRA_PRIORITY, 31500);
        mnl_attr_put_u32(message, FRA_TABLE, 51820);
        cr_expect_eq(wgp_net_view_update(&view, message, &news), 0);
        cr_expect(news.rule_deleted);
        cr_expect_eq(news.rule.priority, 31500);
        cr_expect_eq(news.rule.table, 51820);
        wgp_net_view_done(&view);
}

Test(net_view, deleted_unreachable) {
        static const struct {
                uint16_t type;
                uint8_t route_type, length;
                bool deleted;
        } rows[] = {
                { RTM_DELROUTE, RTN_UNREACHABLE, 0, true },
                { RTM_NEWROUTE, RTN_UNREACHABLE, 0, false },
                { RTM_DELROUTE, RTN_UNREACHABLE, 8, false },
                { RTM_DELROUTE, RTN_UNICAST, 0, false },
        };

        for (size_t i = 0; i < WGP_ARRAY_SIZE(rows); i++) {
                _Alignas(struct nlmsghdr) uint8_t buffer[512];
                struct nlmsghdr *message = mnl_nlmsg_put_header(buffer);
                struct rtmsg *info = mnl_nlmsg_put_extra_header(message, sizeof(*info));
                WgpNetView view = {};
                WgpNetNews news;

                message->nlmsg_type = rows[i].type;
                info->rtm_family = AF_INET;
                info->rtm_type = rows[i].route_type;
                info->rtm_dst_len = rows[i].length;
                mnl_attr_put_u32(message, RTA_TABLE, 51820);
                cr_expect_eq(wgp_net_view_update(&view, message, &news), 0, "row %zu", i);
                cr_expect_eq(news.unreachable_deleted, rows[i].deleted, "row %zu", i);
                if (rows[i].deleted) {
                        cr_expect_eq(news.route.table, 51820);
                        cr_expect_eq(news.route.destination.family, AF_INET);
                        cr_expect_not(news.changed, "it was no way out");
                }
                wgp_net_view_done(&view);
        }
}

/* Every prefix of every message is refused or understood, and nothing beyond it is read. */
Test(net_view, cut_off) {
        for (size_t i = 0; i < WGP_ARRAY_SIZE(stories); i++) {
                _Alignas(struct nlmsghdr) uint8_t buffer[512];
                size_t size = build(buffer, stories[i].steps)->nlmsg_len;

                for (size_t n = sizeof(struct nlmsghdr); n < size; n++) {
                        struct nlmsghdr *copy = malloc(n);
                        WgpNetView view = {};
                        WgpNetNews news;

                        memcpy(copy, buffer, n);
                        copy->nlmsg_len = (uint32_t) n;
                        (void) wgp_net_view_update(&view, copy, &news);
                        wgp_net_view_done(&view);
                        free(copy);
                }
        }
}

Test(net_view, bounded) {
        WgpNetView view = {};

        for (uint32_t i = 1; i < 3 * WGP_NET_FACTS_MAX / 2; i++) {
                _Alignas(struct nlmsghdr) uint8_t buffer[512];
                WgpNetNews news;

                cr_expect_eq(wgp_net_view_update(&view, build(buffer, &(Step) { RTM_NEWADDR, i, "192.0.2.1" }), &news),
                                0);
        }
        cr_expect_leq(view.n_facts, WGP_NET_FACTS_MAX);
        wgp_net_view_done(&view);
}
