/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once
/* Rtnetlink messages: links, addresses, routes and rules to messages and back. Pure. One file each: rt-link.c,
 * rt-address.c, rt-route.c, rt-rule.c.
 *
 * Encoders write one request with NLM_F_ACK (dumps: NLM_F_DUMP, laid out for NETLINK_GET_STRICT_CHK) and return 0,
 * or -EINVAL for a value that no message can carry. The message is buffer->header, its length in nlmsg_len.
 *
 * Decoders return 0, WGP_RT_OTHER for a message of another type or address family, or -EBADMSG; they store nothing
 * unless they return 0. Collectors do so, too, and append to a WgpNetwork, or return -ENOMEM. Both take what
 * wgp_nl_socket_dump() gives its callback. */

#include <linux/netlink.h>

#include "model/device.h"

typedef struct WgpLinkChange WgpLinkChange;
typedef struct WgpRouteFilter WgpRouteFilter;
typedef struct WgpRouteQuery WgpRouteQuery;

enum {
        _WGP_RT_E_SUCCESS,
        WGP_RT_OTHER, /* not of this kind: ignore it */
};

/* Room for every message of this module. */
typedef union WgpRtBuffer {
        struct nlmsghdr header;
        uint8_t bytes[512];
} WgpRtBuffer;

typedef enum WgpRtVerb {
        WGP_RT_ADD,     /* -EEXIST when it is there */
        WGP_RT_REPLACE, /* addresses and routes: add, or replace in place; a rule cannot be replaced: -EINVAL */
        WGP_RT_DELETE,  /* -ENOENT, -ESRCH or -EADDRNOTAVAIL when it is not there */
} WgpRtVerb;

/* What to change about an existing link, in one message. */
struct WgpLinkChange {
        uint32_t ifindex;
        bool set_mtu, set_master, set_group, set_up, set_netns;
        bool up;
        uint32_t mtu;    /* bytes */
        uint32_t master; /* ifindex, 0: out of it */
        uint32_t group;
        int netns; /* file descriptor; the link arrives there down, and without its addresses */
};

/* Which routes to dump; all but the family: 0 for any. The kernel filters. A table that does not exist makes the
 * dump fail with -ENOENT, an ifindex with -ENODEV: both mean "no routes". By ifindex no route without a device
 * (unreachable, blackhole...) is found: dump those by their table. */
struct WgpRouteFilter {
        uint8_t family; /* AF_INET or AF_INET6 */
        uint8_t protocol, type;
        uint32_t table, ifindex;
};

/* One route look-up, as a packet of that mark, protocol and ports would be sent. */
struct WgpRouteQuery {
        WgpPrefix destination; /* length unused */
        uint32_t mark;         /* 0: none */
        uint32_t ifindex;      /* 0: any device */
        uint8_t ip_protocol;   /* IPPROTO_*; 0: not stated, and then no ports are */
        uint16_t sport, dport; /* 0: not stated */
};

/* Links */
int wgp_rt_link_encode_create(WgpRtBuffer *buffer, const WgpLink *link, int netns);
int wgp_rt_link_encode_change(WgpRtBuffer *buffer, const WgpLinkChange *change);
int wgp_rt_link_encode_delete(WgpRtBuffer *buffer, uint32_t ifindex);
int wgp_rt_link_encode_get(WgpRtBuffer *buffer, uint32_t ifindex, const char *name);
int wgp_rt_link_encode_dump(WgpRtBuffer *buffer, const char *kind);
int wgp_rt_link_decode(const struct nlmsghdr *message, WgpLink *ret);
int wgp_rt_link_store(const struct nlmsghdr *message, void *link /* WgpLink */);

/* Addresses */
int wgp_rt_address_encode(WgpRtBuffer *buffer, WgpRtVerb verb, const WgpAddress *address, uint32_t ifindex);
int wgp_rt_address_encode_dump(WgpRtBuffer *buffer, uint8_t family, uint32_t ifindex);
int wgp_rt_address_decode(const struct nlmsghdr *message, WgpAddress *ret, uint32_t *ret_ifindex);
int wgp_rt_address_collect(const struct nlmsghdr *message, void *network /* WgpNetwork */);

/* Routes */
int wgp_rt_route_encode(WgpRtBuffer *buffer, WgpRtVerb verb, const WgpRoute *route, uint32_t ifindex);
int wgp_rt_route_encode_dump(WgpRtBuffer *buffer, const WgpRouteFilter *filter);
int wgp_rt_route_encode_query(WgpRtBuffer *buffer, const WgpRouteQuery *query);
int wgp_rt_route_decode(const struct nlmsghdr *message, WgpRoute *ret);
int wgp_rt_route_store(const struct nlmsghdr *message, void *route /* WgpRoute */);
int wgp_rt_route_collect(const struct nlmsghdr *message, void *network /* WgpNetwork */);

/* Rules */
int wgp_rt_rule_encode(WgpRtBuffer *buffer, WgpRtVerb verb, const WgpRule *rule);
int wgp_rt_rule_encode_dump(WgpRtBuffer *buffer, uint8_t family);
int wgp_rt_rule_decode(const struct nlmsghdr *message, WgpRule *ret);
int wgp_rt_rule_collect(const struct nlmsghdr *message, void *network /* WgpNetwork */);
