/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Decodes RTM_NEWROUTE and RTM_DELROUTE.
 *
 * What a WgpRoute cannot express is left out: next-hop objects, MPLS labels, an IPv6 gateway of an IPv4 route. Each
 * of several next hops becomes a route of its own, so that a foreign multipath route is seen on every device that it
 * uses. The kernel does not tell the weight of a single next hop. */

#include "model/prefix.h"
#include "netlink/rt-internal.h"

const uint8_t wgp_route_metric_types[_WGP_ROUTE_METRIC_N] = {
        [WGP_ROUTE_MTU] = RTAX_MTU,
        [WGP_ROUTE_WINDOW] = RTAX_WINDOW,
        [WGP_ROUTE_CWND] = RTAX_CWND,
        [WGP_ROUTE_INITCWND] = RTAX_INITCWND,
        [WGP_ROUTE_INITRWND] = RTAX_INITRWND,
        [WGP_ROUTE_ADVMSS] = RTAX_ADVMSS,
        [WGP_ROUTE_RTO_MIN] = RTAX_RTO_MIN,
        [WGP_ROUTE_QUICKACK] = RTAX_QUICKACK,
};

static const WgpAttributePolicy route_policy[] = {
        [RTA_DST] = WGP_RT_ADDRESS_POLICY,
        [RTA_SRC] = WGP_RT_ADDRESS_POLICY,
        [RTA_OIF] = WGP_ATTRIBUTE_SIZE(sizeof(uint32_t)),
        [RTA_GATEWAY] = WGP_RT_ADDRESS_POLICY,
        [RTA_PRIORITY] = WGP_ATTRIBUTE_SIZE(sizeof(uint32_t)),
        [RTA_PREFSRC] = WGP_RT_ADDRESS_POLICY,
        [RTA_METRICS] = WGP_ATTRIBUTE_NEST,
        [RTA_MULTIPATH] = WGP_ATTRIBUTE_NEST,
        [RTA_TABLE] = WGP_ATTRIBUTE_SIZE(sizeof(uint32_t)),
};

static const WgpAttributePolicy next_hop_policy[] = {
        [RTA_GATEWAY] = WGP_RT_ADDRESS_POLICY,
};

static const WgpAttributePolicy metric_policy[] = {
        [RTAX_LOCK] = WGP_ATTRIBUTE_SIZE(sizeof(uint32_t)),
        [RTAX_MTU] = WGP_ATTRIBUTE_SIZE(sizeof(uint32_t)),
        [RTAX_WINDOW] = WGP_ATTRIBUTE_SIZE(sizeof(uint32_t)),
        [RTAX_CWND] = WGP_ATTRIBUTE_SIZE(sizeof(uint32_t)),
        [RTAX_INITCWND] = WGP_ATTRIBUTE_SIZE(sizeof(uint32_t)),
        [RTAX_INITRWND] = WGP_ATTRIBUTE_SIZE(sizeof(uint32_t)),
        [RTAX_ADVMSS] = WGP_ATTRIBUTE_SIZE(sizeof(uint32_t)),
        [RTAX_RTO_MIN] = WGP_ATTRIBUTE_SIZE(sizeof(uint32_t)),
        [RTAX_QUICKACK] = WGP_ATTRIBUTE_SIZE(sizeof(uint32_t)),
};

/* The two halves of a message: what all its next hops share, and the list of them. */
typedef struct Parsed {
        WgpRoute route;
        const struct nlattr *hops; /* RTA_MULTIPATH, NULL: the route is complete */
} Parsed;

static int decode_metrics(const struct nlattr *nest, WgpRoute *route) {
        const struct nlattr *attributes[WGP_ARRAY_SIZE(metric_policy)];
        uint32_t lock;
        int r;

        r = wgp_nest_parse(nest, metric_policy, WGP_ARRAY_SIZE(metric_policy), attributes);
        if (r < 0)
                return r;

        lock = wgp_rt_get_u32(attributes[RTAX_LOCK]);
        for (size_t i = 0; i < _WGP_ROUTE_METRIC_N; i++) {
                const struct nlattr *value = attributes[wgp_route_metric_types[i]];

                if (value) {
                        route->metrics[i] = mnl_attr_get_u32(value);
                        route->metrics_set |= (uint16_t) (1U << i);
                }
                if (lock & 1U << wgp_route_metric_types[i])
                        route->metrics_lock |= (uint16_t) (1U << i);
        }
        return 0;
}

/* A host's address, when there is one. */
static int decode_host(const struct nlattr *attribute, uint8_t family, WgpPrefix *ret) {
        return attribute ? wgp_prefix_get(attribute, family, family == AF_INET ? 32 : 128, ret) : 0;
}

static int decode_addresses(const struct rtmsg *rtm, const struct nlattr *const *attributes, WgpRoute *route) {
        int r;

        r = wgp_prefix_get(attributes[RTA_DST], rtm->rtm_family, rtm->rtm_dst_len, &route->destination);
        if (r < 0)
                return r;
        if (!attributes[RTA_DST] && rtm->rtm_dst_len > 0)
                return -EBADMSG;
        (void) wgp_prefix_mask(&route->destination);

        if (attributes[RTA_SRC]) {
                r = wgp_prefix_get(attributes[RTA_SRC], rtm->rtm_family, rtm->rtm_src_len, &route->source);
                if (r < 0)
                        return r;
                (void) wgp_prefix_mask(&route->source);
        }

        r = decode_host(attributes[RTA_GATEWAY], rtm->rtm_family, &route->gateway);
        if (r < 0)
                return r;
        return decode_host(attributes[RTA_PREFSRC], rtm->rtm_family, &route->preferred_source);
}

static bool type_uses_device(uint8_t type) {
        return type != RTN_BLACKHOLE && type != RTN_UNREACHABLE && type != RTN_PROHIBIT && type != RTN_THROW;
}

/* Returns 0, WGP_RT_OTHER, or -EBADMSG. */
static int parse_route(const struct nlmsghdr *message, Parsed *parsed) {
        const struct nlattr *attributes[WGP_ARRAY_SIZE(route_policy)];
        const struct rtmsg *rtm = mnl_nlmsg_get_payload(message);
        WgpRoute *route = &parsed->route;
        int r;

        r = wgp_rt_check(message, RTM_NEWROUTE, sizeof(*rtm));
        if (r == 0)
                r = wgp_message_parse(message, sizeof(*rtm), route_policy, WGP_ARRAY_SIZE(route_policy), attributes);
        if (r != 0)
                return r;

        *parsed = (Parsed) { .hops = attributes[RTA_MULTIPATH] };
        r = decode_addresses(rtm, attributes, route);
        if (r < 0)
                return r;

        route->table = attributes[RTA_TABLE] ? mnl_attr_get_u32(attributes[RTA_TABLE]) : rtm->rtm_table;
        route->metric = wgp_rt_get_u32(attributes[RTA_PRIORITY]);
        route->protocol = rtm->rtm_protocol;
        route->scope = rtm->rtm_scope;
        route->type = rtm->rtm_type;
        route->tos = rtm->rtm_tos;
        route->onlink = rtm->rtm_flags & RTNH_F_ONLINK;

        /* IPv6 shows routes without a device as routes of "lo" */
        if (type_uses_device(route->type) && attributes[RTA_OIF]) {
                route->uses_device = true;
                route->ifindex = mnl_attr_get_u32(attributes[RTA_OIF]);
        }
        return attributes[RTA_METRICS] ? decode_metrics(attributes[RTA_METRICS], route) : 0;
}

/* Takes the next hop at the start of *list into the route, and moves *list and *size beyond it. */
static int decode_next_hop(const uint8_t **list, size_t *size, WgpRoute *route) {
        const struct rtnexthop *hop = (const struct rtnexthop *) *list;
        const struct nlattr *attributes[WGP_ARRAY_SIZE(next_hop_policy)];
        size_t n;
        int r;

        if (*size < sizeof(*hop) || hop->rtnh_len < sizeof(*hop) || hop->rtnh_len > *size)
                return -EBADMSG;

        route->gateway = (WgpPrefix) {};
        route->weight = (uint16_t) (hop->rtnh_hops + 1);
        route->onlink = hop->rtnh_flags & RTNH_F_ONLINK;
        route->ifindex = (uint32_t) hop->rtnh_ifindex;
        route->uses_device = hop->rtnh_ifindex > 0;

        r = wgp_attributes_parse(hop + 1, hop->rtnh_len - sizeof(*hop), next_hop_policy,
                        WGP_ARRAY_SIZE(next_hop_policy), attributes);
        if (r < 0)
                return r;
        r = decode_host(attributes[RTA_GATEWAY], route->destination.family, &route->gateway);
        if (r < 0)
                return r;

        n = WGP_MIN((size_t) RTNH_ALIGN(hop->rtnh_len), *size);
        *list += n;
        *size -= n;
        return 0;
}

/* Of several next hops the first. */
int wgp_rt_route_decode(const struct nlmsghdr *message, WgpRoute *ret) {
        Parsed parsed;
        int r;

        r = parse_route(message, &parsed);
        if (r != 0)
                return r;

        if (parsed.hops) {
                const uint8_t *list = mnl_attr_get_payload(parsed.hops);
                size_t size = mnl_attr_get_payload_len(parsed.hops);

                r = decode_next_hop(&list, &size, &parsed.route);
                if (r < 0)
                        return r;
        }

        *ret = parsed.route;
        return 0;
}

int wgp_rt_route_store(const struct nlmsghdr *message, void *route) {
        return wgp_rt_route_decode(message, route);
}

static int collect(WgpNetwork *network, const WgpRoute *route) {
        WgpRoute *r = wgp_network_add_route(network);

        if (!r)
                return -ENOMEM;

        *r = *route;
        return 0;
}

static int collect_next_hops(WgpNetwork *network, Parsed *parsed) {
        const uint8_t *list = mnl_attr_get_payload(parsed->hops);
        size_t size = mnl_attr_get_payload_len(parsed->hops), n_before = network->n_routes;
        int r = 0;

        while (size > 0 && r >= 0) {
                r = decode_next_hop(&list, &size, &parsed->route);
                if (r >= 0)
                        r = collect(network, &parsed->route);
        }

        if (r < 0)
                network->n_routes = n_before;
        return r;
}

/* Adds one route for each next hop. */
int wgp_rt_route_collect(const struct nlmsghdr *message, void *network) {
        Parsed parsed;
        int r;

        r = parse_route(message, &parsed);
        if (r != 0)
                return r;

        return parsed.hops ? collect_next_hops(network, &parsed) : collect(network, &parsed.route);
}
