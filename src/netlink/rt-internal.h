/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once
/* What rt-*.c share. */

#include <linux/rtnetlink.h>

#include "netlink/message.h"
#include "netlink/rt-message.h"

#define WGP_RT_ADDRESS_POLICY WGP_ATTRIBUTE_RANGE(sizeof(struct in_addr), sizeof(struct in6_addr))

extern const uint8_t wgp_route_metric_types[_WGP_ROUTE_METRIC_N]; /* WgpRouteMetric to RTAX_* */

/* Begins a request. Returns its second header, of "size" zero bytes, for which the buffer has room. */
static inline void *wgp_rt_start(WgpRtBuffer *b, uint16_t type, uint16_t flags, size_t size) {
        return mnl_nlmsg_get_payload(wgp_message_start(b->bytes, sizeof(b->bytes), type, flags, size));
}

static inline bool wgp_rt_put(WgpRtBuffer *b, uint16_t type, size_t size, const void *data) {
        return mnl_attr_put_check(&b->header, sizeof(b->bytes), type, size, data);
}

static inline bool wgp_rt_put_u32(WgpRtBuffer *b, uint16_t type, uint32_t value) {
        return wgp_rt_put(b, type, sizeof(value), &value);
}

static inline bool wgp_rt_put_u8(WgpRtBuffer *b, uint16_t type, uint8_t value) {
        return wgp_rt_put(b, type, sizeof(value), &value);
}

/* Nothing for a prefix without a family. */
static inline bool wgp_rt_put_prefix(WgpRtBuffer *b, uint16_t type, const WgpPrefix *prefix) {
        return prefix->family == AF_UNSPEC || wgp_prefix_put(&b->header, sizeof(b->bytes), type, prefix);
}

/* 0 when there is no such attribute. */
static inline uint32_t wgp_rt_get_u32(const struct nlattr *attribute) {
        return attribute ? mnl_attr_get_u32(attribute) : 0;
}

static inline uint8_t wgp_rt_get_u8(const struct nlattr *attribute) {
        return attribute ? mnl_attr_get_u8(attribute) : 0;
}

/* Whether a message of type "added", or the one that removes the same, is of IPv4 or IPv6. The family is the first
 * byte of the second header, which has "size" bytes. Returns 0, WGP_RT_OTHER, or -EBADMSG. */
static inline int wgp_rt_check(const struct nlmsghdr *message, uint16_t added, size_t size) {
        uint8_t family;

        if (message->nlmsg_type != added && message->nlmsg_type != added + 1)
                return WGP_RT_OTHER;
        if (message->nlmsg_len < NLMSG_LENGTH(size))
                return -EBADMSG;
        family = *(const uint8_t *) mnl_nlmsg_get_payload(message);
        return family == AF_INET || family == AF_INET6 ? 0 : WGP_RT_OTHER;
}
