/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once
/* Message: what all netlink messages share: a header with room checks, attributes checked against a policy table,
 * and the kernel's verdict. Pure. */

#include <libmnl/libmnl.h>
#include <linux/netlink.h>

#include "model/device.h"

typedef struct WgpAttributePolicy WgpAttributePolicy;
typedef struct WgpVerdict WgpVerdict;

/* What an attribute must look like; an all-zero entry: not of interest, as are types beyond the table. */
struct WgpAttributePolicy {
        uint16_t min, max; /* bytes of payload */
        bool wanted;
        bool string; /* ends with a NUL byte inside the payload */
};

#define WGP_ATTRIBUTE_SIZE(n) \
        { .wanted = true, .min = (n), .max = (n) }
#define WGP_ATTRIBUTE_RANGE(from, to) \
        { .wanted = true, .min = (from), .max = (to) }
#define WGP_ATTRIBUTE_STRING(n) \
        { .wanted = true, .string = true, .min = 1, .max = (n) }
#define WGP_ATTRIBUTE_NEST \
        { .wanted = true, .max = UINT16_MAX }

/* What NLMSG_ERROR (an ACK, too) or NLMSG_DONE says. */
struct WgpVerdict {
        int error;        /* 0 or a negative errno */
        const char *text; /* the kernel's words, inside the message, not terminated; NULL: none */
        size_t n_text;
};

struct nlmsghdr *wgp_message_start(void *buf, size_t size, uint16_t type, uint16_t flags, size_t extra_size);
const struct nlmsghdr *wgp_message_take(const uint8_t **data, size_t *size);

int wgp_attributes_verify(const void *data, size_t size);
int wgp_attributes_parse(const void *data, size_t size, const WgpAttributePolicy *policy, size_t n_policy,
                const struct nlattr **attributes);
int wgp_message_parse(const struct nlmsghdr *message, size_t extra_size, const WgpAttributePolicy *policy,
                size_t n_policy, const struct nlattr **attributes);
int wgp_nest_parse(const struct nlattr *nest, const WgpAttributePolicy *policy, size_t n_policy,
                const struct nlattr **attributes);

int wgp_message_parse_verdict(const struct nlmsghdr *message, WgpVerdict *ret);

bool wgp_prefix_put(struct nlmsghdr *message, size_t size, uint16_t type, const WgpPrefix *prefix);
int wgp_prefix_get(const struct nlattr *attribute, uint8_t family, uint8_t length, WgpPrefix *ret);
