/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Encodes RTM_NEWROUTE, RTM_DELROUTE and RTM_GETROUTE. rt-route-decode.c decodes. */

#include "netlink/rt-internal.h"

enum {
        WEIGHT_MAX = 256, /* rtnh_hops is one byte, and one less than the weight */
};

static bool family_fits(const WgpPrefix *prefix, uint8_t family) {
        return prefix->family == AF_UNSPEC || prefix->family == family;
}

static bool route_is_valid(const WgpRoute *route, uint32_t ifindex) {
        uint8_t family = route->destination.family;

        return (family == AF_INET || family == AF_INET6) && family_fits(&route->source, family) &&
               family_fits(&route->gateway, family) && family_fits(&route->preferred_source, family) &&
               route->weight <= WEIGHT_MAX && (!route->uses_device || ifindex > 0);
}

static bool put_metrics(WgpRtBuffer *b, const WgpRoute *route) {
        struct nlattr *nest;
        uint32_t lock = 0;

        if (route->metrics_set == 0 && route->metrics_lock == 0)
                return true;

        nest = mnl_attr_nest_start_check(&b->header, sizeof(b->bytes), RTA_METRICS);
        if (!nest)
                return false;

        for (size_t i = 0; i < _WGP_ROUTE_METRIC_N; i++) {
                if (route->metrics_set & 1U << i && !wgp_rt_put_u32(b, wgp_route_metric_types[i], route->metrics[i]))
                        return false;
                if (route->metrics_lock & 1U << i)
                        lock |= 1U << wgp_route_metric_types[i];
        }
        if (lock != 0 && !wgp_rt_put_u32(b, RTAX_LOCK, lock))
                return false;

        mnl_attr_nest_end(&b->header, nest);
        return true;
}

/* A weight can only be said of a next hop in a list. A struct rtnexthop stands directly in the payload; its own
 * attributes follow it, and its length is its own. */
static bool put_next_hop(WgpRtBuffer *b, const WgpRoute *route, uint32_t ifindex) {
        struct nlattr *list = mnl_attr_nest_start_check(&b->header, sizeof(b->bytes), RTA_MULTIPATH);
        struct rtnexthop *hop = mnl_nlmsg_get_payload_tail(&b->header);

        if (!list || b->header.nlmsg_len + sizeof(*hop) > sizeof(b->bytes))
                return false;

        *hop = (struct rtnexthop) {
                .rtnh_flags = route->onlink ? RTNH_F_ONLINK : 0,
                .rtnh_hops = (uint8_t) (route->weight - 1),
                .rtnh_ifindex = (int) ifindex,
        };
        b->header.nlmsg_len += sizeof(*hop);

        if (!wgp_rt_put_prefix(b, RTA_GATEWAY, &route->gateway))
                return false;

        hop->rtnh_len = (uint16_t) ((uint8_t *) mnl_nlmsg_get_payload_tail(&b->header) - (uint8_t *) hop);
        mnl_attr_nest_end(&b->header, list);
        return true;
}

static bool put_path(WgpRtBuffer *b, const WgpRoute *route, uint32_t ifindex) {
        return wgp_rt_put_prefix(b, RTA_GATEWAY, &route->gateway) &&
               (!route->uses_device || wgp_rt_put_u32(b, RTA_OIF, ifindex));
}

static void fill_header(struct rtmsg *rtm, const WgpRoute *route) {
        rtm->rtm_family = route->destination.family;
        rtm->rtm_dst_len = route->destination.length;
        rtm->rtm_src_len = route->source.family == AF_UNSPEC ? 0 : route->source.length;
        rtm->rtm_tos = route->tos;
        rtm->rtm_table = route->table < 256 ? (uint8_t) route->table : RT_TABLE_UNSPEC;
        rtm->rtm_protocol = route->protocol;
        rtm->rtm_scope = route->scope;
        rtm->rtm_type = route->type;
}

static bool put_identity(WgpRtBuffer *b, const WgpRoute *route) {
        return (route->destination.length == 0 || wgp_rt_put_prefix(b, RTA_DST, &route->destination)) &&
               wgp_rt_put_prefix(b, RTA_SRC, &route->source) &&
               wgp_rt_put_prefix(b, RTA_PREFSRC, &route->preferred_source) &&
               wgp_rt_put_u32(b, RTA_TABLE, route->table) &&
               (route->metric == 0 || wgp_rt_put_u32(b, RTA_PRIORITY, route->metric));
}

/* The kernel deletes the first route that agrees with what is said: so all is said that it keeps as it was given.
 * The metrics are not (an MTU is cut to what fits), nor is a weight, nor the scope in every case. */
static int encode_delete(WgpRtBuffer *b, const WgpRoute *route, uint32_t ifindex) {
        struct rtmsg *rtm = wgp_rt_start(b, RTM_DELROUTE, NLM_F_ACK, sizeof(*rtm));

        fill_header(rtm, route);
        rtm->rtm_scope = RT_SCOPE_NOWHERE; /* any */
        return put_identity(b, route) && put_path(b, route, ifindex) ? 0 : -EINVAL;
}

/* Adds, replaces or removes a route. "ifindex" is the tunnel's link: where the route goes that uses a device but
 * names none. What is replaced is the route of the same destination, table, metric (and, IPv4, TOS); the kernel has
 * no moment without one. */
int wgp_rt_route_encode(WgpRtBuffer *buffer, WgpRtVerb verb, const WgpRoute *route, uint32_t ifindex) {
        uint32_t device = route->ifindex > 0 ? route->ifindex : ifindex;
        bool ok;

        if (!route_is_valid(route, device))
                return -EINVAL;
        if (verb == WGP_RT_DELETE)
                return encode_delete(buffer, route, device);

        fill_header(wgp_rt_start(buffer, RTM_NEWROUTE,
                                    NLM_F_ACK | NLM_F_CREATE | (verb == WGP_RT_REPLACE ? NLM_F_REPLACE : NLM_F_EXCL),
                                    sizeof(struct rtmsg)),
                        route);
        ok = put_identity(buffer, route) && put_metrics(buffer, route);

        if (route->weight > 0)
                ok = ok && put_next_hop(buffer, route, device);
        else {
                struct rtmsg *rtm = mnl_nlmsg_get_payload(&buffer->header);

                rtm->rtm_flags = route->onlink ? RTNH_F_ONLINK : 0;
                ok = ok && put_path(buffer, route, device);
        }
        return ok ? 0 : -EINVAL;
}

int wgp_rt_route_encode_dump(WgpRtBuffer *buffer, const WgpRouteFilter *filter) {
        struct rtmsg *rtm = wgp_rt_start(buffer, RTM_GETROUTE, NLM_F_DUMP, sizeof(*rtm));

        if (filter->family != AF_INET && filter->family != AF_INET6)
                return -EINVAL;

        rtm->rtm_family = filter->family;
        rtm->rtm_protocol = filter->protocol;
        rtm->rtm_type = filter->type;
        return (filter->table == 0 || wgp_rt_put_u32(buffer, RTA_TABLE, filter->table)) &&
                                               (filter->ifindex == 0 ||
                                                               wgp_rt_put_u32(buffer, RTA_OIF, filter->ifindex)) ?
                               0 :
                               -EINVAL;
}

/* What rules may look at beside the mark, with which the kernel takes 0 as any port. */
static bool put_flow(WgpRtBuffer *buffer, const WgpRouteQuery *query) {
        struct nlmsghdr *header = &buffer->header;

        return mnl_attr_put_u8_check(header, sizeof(*buffer), RTA_IP_PROTO, query->ip_protocol) &&
               (query->sport == 0 ||
                               mnl_attr_put_u16_check(header, sizeof(*buffer), RTA_SPORT, htons(query->sport))) &&
               (query->dport == 0 || mnl_attr_put_u16_check(header, sizeof(*buffer), RTA_DPORT, htons(query->dport)));
}

/* Asks which route a packet would take. The answer, for wgp_rt_route_store(), is one message: its device, its gateway,
 * its table and, if the kernel knows less than the device's, the MTU of the path. Where there is no way the
 * kernel, for both families, answers with an error instead: -ENETUNREACH when there is no route, -EHOSTUNREACH,
 * -EACCES or -EINVAL when it is of type RTN_UNREACHABLE, RTN_PROHIBIT or RTN_BLACKHOLE. */
int wgp_rt_route_encode_query(WgpRtBuffer *buffer, const WgpRouteQuery *query) {
        struct rtmsg *rtm = wgp_rt_start(buffer, RTM_GETROUTE, NLM_F_ACK, sizeof(*rtm));
        const WgpPrefix *destination = &query->destination;

        if (destination->family != AF_INET && destination->family != AF_INET6)
                return -EINVAL;

        rtm->rtm_family = destination->family;
        rtm->rtm_dst_len = destination->family == AF_INET ? 32 : 128;
        /* IPv6 always tells the table, and refuses the flag */
        rtm->rtm_flags = destination->family == AF_INET ? RTM_F_LOOKUP_TABLE : 0;
        if (!wgp_rt_put_prefix(buffer, RTA_DST, destination) ||
                        (query->mark > 0 && !wgp_rt_put_u32(buffer, RTA_MARK, query->mark)) ||
                        (query->ifindex > 0 && !wgp_rt_put_u32(buffer, RTA_OIF, query->ifindex)) ||
                        (query->ip_protocol > 0 && !put_flow(buffer, query)))
                return -EINVAL;

        return 0;
}
