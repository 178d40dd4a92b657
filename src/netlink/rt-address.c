/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Encodes and decodes RTM_NEWADDR, RTM_DELADDR and RTM_GETADDR. */

#include <linux/if_addr.h>

#include "netlink/rt-internal.h"

static const WgpAttributePolicy address_policy[] = {
        [IFA_ADDRESS] = WGP_RT_ADDRESS_POLICY,
        [IFA_LOCAL] = WGP_RT_ADDRESS_POLICY,
        [IFA_FLAGS] = WGP_ATTRIBUTE_SIZE(sizeof(uint32_t)),
        [IFA_PROTO] = WGP_ATTRIBUTE_SIZE(sizeof(uint8_t)),
};

/* Adds, changes or removes an address of the link "ifindex". Kernels before 5.18 ignore the protocol, and show none
 * in a dump. */
int wgp_rt_address_encode(WgpRtBuffer *buffer, WgpRtVerb verb, const WgpAddress *address, uint32_t ifindex) {
        static const uint16_t flags[] = {
                [WGP_RT_ADD] = NLM_F_ACK | NLM_F_CREATE | NLM_F_EXCL,
                [WGP_RT_REPLACE] = NLM_F_ACK | NLM_F_CREATE | NLM_F_REPLACE,
                [WGP_RT_DELETE] = NLM_F_ACK,
        };
        const WgpPrefix *prefix = &address->prefix;
        struct ifaddrmsg *ifa = wgp_rt_start(
                        buffer, verb == WGP_RT_DELETE ? RTM_DELADDR : RTM_NEWADDR, flags[verb], sizeof(*ifa));
        bool ok;

        if ((prefix->family != AF_INET && prefix->family != AF_INET6) || ifindex == 0)
                return -EINVAL;

        ifa->ifa_family = prefix->family;
        ifa->ifa_prefixlen = prefix->length;
        ifa->ifa_index = ifindex;
        /* what tells one address from another; the two differ with a peer address on a point-to-point link only */
        ok = wgp_rt_put_prefix(buffer, IFA_LOCAL, prefix) && wgp_rt_put_prefix(buffer, IFA_ADDRESS, prefix);
        if (verb != WGP_RT_DELETE) {
                ifa->ifa_flags = (uint8_t) address->flags;
                ifa->ifa_scope = address->scope;
                ok = ok && wgp_rt_put_u32(buffer, IFA_FLAGS, address->flags) &&
                     (address->protocol == 0 || wgp_rt_put_u8(buffer, IFA_PROTO, address->protocol));
        }
        return ok ? 0 : -EINVAL;
}

/* Asks for the addresses of a family (AF_UNSPEC: IPv4 and IPv6) of one link, or of all when "ifindex" is 0. The dump
 * fails with -ENODEV when there is no such link. */
int wgp_rt_address_encode_dump(WgpRtBuffer *buffer, uint8_t family, uint32_t ifindex) {
        struct ifaddrmsg *ifa = wgp_rt_start(buffer, RTM_GETADDR, NLM_F_DUMP, sizeof(*ifa));

        ifa->ifa_family = family;
        ifa->ifa_index = ifindex;
        return 0;
}

int wgp_rt_address_decode(const struct nlmsghdr *message, WgpAddress *ret, uint32_t *ret_ifindex) {
        const struct nlattr *attributes[WGP_ARRAY_SIZE(address_policy)];
        const struct ifaddrmsg *ifa = mnl_nlmsg_get_payload(message);
        const struct nlattr *local;
        WgpAddress address = {};
        int r;

        r = wgp_rt_check(message, RTM_NEWADDR, sizeof(*ifa));
        if (r != 0)
                return r;
        r = wgp_message_parse(message, sizeof(*ifa), address_policy, WGP_ARRAY_SIZE(address_policy), attributes);
        if (r < 0)
                return r;

        local = attributes[IFA_LOCAL] ?: attributes[IFA_ADDRESS];
        if (!local)
                return -EBADMSG;

        r = wgp_prefix_get(local, ifa->ifa_family, ifa->ifa_prefixlen, &address.prefix);
        if (r < 0)
                return r;

        address.scope = ifa->ifa_scope;
        address.flags = attributes[IFA_FLAGS] ? mnl_attr_get_u32(attributes[IFA_FLAGS]) : ifa->ifa_flags;
        address.protocol = wgp_rt_get_u8(attributes[IFA_PROTO]);

        *ret = address;
        if (ret_ifindex)
                *ret_ifindex = ifa->ifa_index;
        return 0;
}

int wgp_rt_address_collect(const struct nlmsghdr *message, void *network) {
        WgpAddress address, *a;
        int r;

        r = wgp_rt_address_decode(message, &address, /* ret_ifindex= */ NULL);
        if (r != 0)
                return r;

        a = wgp_network_add_address(network);
        if (!a)
                return -ENOMEM;

        *a = address;
        return 0;
}
