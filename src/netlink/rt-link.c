/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Encodes and decodes RTM_NEWLINK, RTM_DELLINK and RTM_GETLINK. */

#include <linux/if_link.h>
#include <linux/ipv6.h>

#include "netlink/rt-internal.h"

static const WgpAttributePolicy link_policy[] = {
        [IFLA_IFNAME] = WGP_ATTRIBUTE_STRING(IF_NAMESIZE),
        [IFLA_MTU] = WGP_ATTRIBUTE_SIZE(sizeof(uint32_t)),
        [IFLA_MASTER] = WGP_ATTRIBUTE_SIZE(sizeof(uint32_t)),
        [IFLA_GROUP] = WGP_ATTRIBUTE_SIZE(sizeof(uint32_t)),
        [IFLA_LINKINFO] = WGP_ATTRIBUTE_NEST,
        [IFLA_AF_SPEC] = WGP_ATTRIBUTE_NEST,
};

static const WgpAttributePolicy family_policy[] = {
        [AF_INET6] = WGP_ATTRIBUTE_NEST,
};

static const WgpAttributePolicy ipv6_policy[] = {
        [IFLA_INET6_CONF] = WGP_ATTRIBUTE_RANGE(0, UINT16_MAX), /* grows with the kernel's settings */
};

static const WgpAttributePolicy info_policy[] = {
        [IFLA_INFO_KIND] = WGP_ATTRIBUTE_STRING(64),
        [IFLA_INFO_DATA] = WGP_ATTRIBUTE_NEST,
};

static const WgpAttributePolicy vrf_policy[] = {
        [IFLA_VRF_TABLE] = WGP_ATTRIBUTE_SIZE(sizeof(uint32_t)),
};

/* "size" is that of the array which "name" is. */
static bool put_name(WgpRtBuffer *b, uint16_t type, const char *name, size_t size) {
        size_t n = strnlen(name, size);

        return n > 0 && n < size && mnl_attr_put_strz_check(&b->header, sizeof(b->bytes), type, name);
}

static bool put_kind(WgpRtBuffer *b, const char *kind, size_t size) {
        struct nlattr *nest = mnl_attr_nest_start_check(&b->header, sizeof(b->bytes), IFLA_LINKINFO);

        if (!nest || !put_name(b, IFLA_INFO_KIND, kind, size))
                return false;

        mnl_attr_nest_end(&b->header, nest);
        return true;
}

/* The request that creates link->name of link->kind, with its group and, unless 0, its MTU; down. "netns" is a file
 * descriptor of the network namespace where it will be, negative: the socket's own. To WireGuard the socket's own is
 * where its packets are sent and received, wherever the link is (rtnl_newlink_create() and wg_newlink() of the
 * kernel). The kernel says -EEXIST when the name is taken, and -EOPNOTSUPP when it has no such kind. */
int wgp_rt_link_encode_create(WgpRtBuffer *buffer, const WgpLink *link, int netns) {
        (void) wgp_rt_start(buffer, RTM_NEWLINK, NLM_F_ACK | NLM_F_CREATE | NLM_F_EXCL, sizeof(struct ifinfomsg));

        return put_name(buffer, IFLA_IFNAME, link->name, sizeof(link->name)) &&
                                               wgp_rt_put_u32(buffer, IFLA_GROUP, link->group) &&
                                               (link->mtu == 0 || wgp_rt_put_u32(buffer, IFLA_MTU, link->mtu)) &&
                                               (netns < 0 || wgp_rt_put_u32(buffer, IFLA_NET_NS_FD,
                                                                             (uint32_t) netns)) &&
                                               put_kind(buffer, link->kind, sizeof(link->kind)) ?
                               0 :
                               -EINVAL;
}

int wgp_rt_link_encode_change(WgpRtBuffer *buffer, const WgpLinkChange *change) {
        struct ifinfomsg *info = wgp_rt_start(buffer, RTM_NEWLINK, NLM_F_ACK, sizeof(struct ifinfomsg));

        if (change->ifindex == 0 || (change->set_netns && change->netns < 0))
                return -EINVAL;

        info->ifi_index = (int) change->ifindex;
        if (change->set_up) {
                info->ifi_flags = change->up ? IFF_UP : 0;
                info->ifi_change = IFF_UP;
        }

        if ((change->set_mtu && !wgp_rt_put_u32(buffer, IFLA_MTU, change->mtu)) ||
                        (change->set_master && !wgp_rt_put_u32(buffer, IFLA_MASTER, change->master)) ||
                        (change->set_group && !wgp_rt_put_u32(buffer, IFLA_GROUP, change->group)) ||
                        (change->set_netns && !wgp_rt_put_u32(buffer, IFLA_NET_NS_FD, (uint32_t) change->netns)))
                return -EINVAL;

        return 0;
}

int wgp_rt_link_encode_delete(WgpRtBuffer *buffer, uint32_t ifindex) {
        struct ifinfomsg *info = wgp_rt_start(buffer, RTM_DELLINK, NLM_F_ACK, sizeof(struct ifinfomsg));

        /* with index 0 and no name the kernel would delete the links of a whole group */
        if (ifindex == 0)
                return -EINVAL;

        info->ifi_index = (int) ifindex;
        return 0;
}

/* Asks for one link, by ifindex, or by name when that is 0. The answer, for wgp_rt_link_store(), is one message; the
 * kernel says -ENODEV when there is no such link. */
int wgp_rt_link_encode_get(WgpRtBuffer *buffer, uint32_t ifindex, const char *name) {
        struct ifinfomsg *info = wgp_rt_start(buffer, RTM_GETLINK, NLM_F_ACK, sizeof(struct ifinfomsg));

        info->ifi_index = (int) ifindex;
        if (ifindex == 0 && !put_name(buffer, IFLA_IFNAME, name, IF_NAMESIZE))
                return -EINVAL;

        /* counters make up most of an answer, and are not looked at */
        return wgp_rt_put_u32(buffer, IFLA_EXT_MASK, RTEXT_FILTER_SKIP_STATS) ? 0 : -EINVAL;
}

/* Asks for all links, or for those of one kind when "kind" is not NULL. A kernel that does not know the kind sends all
 * links. */
int wgp_rt_link_encode_dump(WgpRtBuffer *buffer, const char *kind) {
        (void) wgp_rt_start(buffer, RTM_GETLINK, NLM_F_DUMP, sizeof(struct ifinfomsg));

        if (!wgp_rt_put_u32(buffer, IFLA_EXT_MASK, RTEXT_FILTER_SKIP_STATS) ||
                        (kind && !put_kind(buffer, kind, sizeof(((WgpLink *) 0)->kind))))
                return -EINVAL;

        return 0;
}

static int decode_vrf(const struct nlattr *info_data, WgpLink *link) {
        const struct nlattr *attributes[WGP_ARRAY_SIZE(vrf_policy)];
        int r;

        r = wgp_nest_parse(info_data, vrf_policy, WGP_ARRAY_SIZE(vrf_policy), attributes);
        if (r >= 0)
                link->vrf_table = wgp_rt_get_u32(attributes[IFLA_VRF_TABLE]);
        return r;
}

/* A kind that is longer than ours can be is cut: it is not one we know. */
static int decode_info(const struct nlattr *link_info, WgpLink *link) {
        const struct nlattr *attributes[WGP_ARRAY_SIZE(info_policy)];
        int r;

        r = wgp_nest_parse(link_info, info_policy, WGP_ARRAY_SIZE(info_policy), attributes);
        if (r < 0)
                return r;

        if (attributes[IFLA_INFO_KIND]) {
                const char *kind = mnl_attr_get_str(attributes[IFLA_INFO_KIND]);

                memcpy(link->kind, kind, strnlen(kind, sizeof(link->kind) - 1));
        }
        return streq(link->kind, "vrf") && attributes[IFLA_INFO_DATA] ? decode_vrf(attributes[IFLA_INFO_DATA], link) :
                                                                        0;
}

/* The settings of IPv6 are an array, by the numbers of linux/ipv6.h. */
static int decode_families(const struct nlattr *families, WgpLink *link) {
        const struct nlattr *of_family[WGP_ARRAY_SIZE(family_policy)], *of_ipv6[WGP_ARRAY_SIZE(ipv6_policy)] = {};
        int32_t value;
        int r;

        r = wgp_nest_parse(families, family_policy, WGP_ARRAY_SIZE(family_policy), of_family);
        if (r >= 0 && of_family[AF_INET6])
                r = wgp_nest_parse(of_family[AF_INET6], ipv6_policy, WGP_ARRAY_SIZE(ipv6_policy), of_ipv6);
        if (r < 0 || !of_ipv6[IFLA_INET6_CONF] ||
                        mnl_attr_get_payload_len(of_ipv6[IFLA_INET6_CONF]) <
                                        (DEVCONF_DISABLE_IPV6 + 1) * sizeof(value))
                return r;
        memcpy(&value,
                        (const uint8_t *) mnl_attr_get_payload(of_ipv6[IFLA_INET6_CONF]) +
                                        DEVCONF_DISABLE_IPV6 * sizeof(value),
                        sizeof(value));
        link->no_ipv6 = value != 0;
        return 0;
}

int wgp_rt_link_decode(const struct nlmsghdr *message, WgpLink *ret) {
        const struct nlattr *attributes[WGP_ARRAY_SIZE(link_policy)];
        const struct ifinfomsg *info;
        WgpLink link = {};
        int r;

        if (message->nlmsg_type != RTM_NEWLINK && message->nlmsg_type != RTM_DELLINK)
                return WGP_RT_OTHER;

        r = wgp_message_parse(message, sizeof(*info), link_policy, WGP_ARRAY_SIZE(link_policy), attributes);
        if (r < 0)
                return r;

        /* bridges announce their ports with RTM_NEWLINK of family AF_BRIDGE, which are not whole links */
        info = mnl_nlmsg_get_payload(message);
        if (info->ifi_family != AF_UNSPEC)
                return WGP_RT_OTHER;
        if (!attributes[IFLA_IFNAME] || info->ifi_index <= 0)
                return -EBADMSG;

        strcpy(link.name, mnl_attr_get_str(attributes[IFLA_IFNAME])); /* checked by the policy */
        link.ifindex = (uint32_t) info->ifi_index;
        link.up = info->ifi_flags & IFF_UP;
        link.mtu = wgp_rt_get_u32(attributes[IFLA_MTU]);
        link.group = wgp_rt_get_u32(attributes[IFLA_GROUP]);
        link.master = wgp_rt_get_u32(attributes[IFLA_MASTER]);
        if (attributes[IFLA_LINKINFO]) {
                r = decode_info(attributes[IFLA_LINKINFO], &link);
                if (r < 0)
                        return r;
        }
        if (attributes[IFLA_AF_SPEC]) {
                r = decode_families(attributes[IFLA_AF_SPEC], &link);
                if (r < 0)
                        return r;
        }

        *ret = link;
        return 0;
}

int wgp_rt_link_store(const struct nlmsghdr *message, void *link) {
        return wgp_rt_link_decode(message, link);
}
