/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Decides what the kernel's notifications mean: which change lets names be asked for again, which is a loss of ours.
 */

#include "resolver/net-view.h"

#include <libmnl/libmnl.h>
#include <linux/if_addr.h>
#include <linux/rtnetlink.h>

#include "base/digest.h"
#include "model/prefix.h"
#include "netlink/message.h"
#include "netlink/rt-message.h"

void wgp_net_view_done(WgpNetView *view) {
        free(view->facts);
        free(view->ours);
        *view = (WgpNetView) {};
}

/* --- what is known --- */

static WgpNetFact *find(const WgpNetView *view, uint64_t hash) {
        for (size_t i = 0; i < view->n_facts; i++)
                if (view->facts[i].hash == hash)
                        return view->facts + i;
        return NULL;
}

static bool has_address(const WgpNetView *view, uint32_t ifindex) {
        for (size_t i = 0; i < view->n_facts; i++)
                if (view->facts[i].ifindex == ifindex)
                        return true;
        return false;
}

/* Returns 1 when that is new, 0 when it was known, or -ENOMEM. */
static int add(WgpNetView *view, const WgpNetFact *fact) {
        WgpNetFact *known = find(view, fact->hash);
        int r;

        if (known) {
                r = known->value != fact->value;
                known->value = fact->value;
                return r;
        }
        if (view->n_facts >= WGP_NET_FACTS_MAX)
                view->n_facts = 0;
        if (!wgp_grow(&view->facts, &view->n_allocated, view->n_facts + 1, sizeof(*view->facts)))
                return -ENOMEM;
        view->facts[view->n_facts++] = *fact;
        return 1;
}

static bool forget(WgpNetView *view, uint64_t hash) {
        WgpNetFact *fact = find(view, hash);

        if (!fact)
                return false;
        *fact = view->facts[--view->n_facts];
        return true;
}

/* Of the routes in a place there is but this one left. */
static void forget_replaced(WgpNetView *view, uint64_t slot, uint64_t hash) {
        for (size_t i = view->n_facts; i > 0; i--)
                if (view->facts[i - 1].slot == slot && view->facts[i - 1].hash != hash)
                        view->facts[i - 1] = view->facts[--view->n_facts];
}

static uint32_t *find_own(const WgpNetView *view, uint32_t ifindex) {
        for (size_t i = 0; i < view->n_ours; i++)
                if (view->ours[i] == ifindex)
                        return view->ours + i;
        return NULL;
}

/* A link of ours, as a state file says. Returns 0 or -ENOMEM. */
int wgp_net_view_add_own(WgpNetView *view, uint32_t ifindex) {
        if (ifindex == 0 || find_own(view, ifindex))
                return 0;
        if (!wgp_grow(&view->ours, &view->n_ours_allocated, view->n_ours + 1, sizeof(*view->ours)))
                return -ENOMEM;
        view->ours[view->n_ours++] = ifindex;
        return 0;
}

static void forget_own(WgpNetView *view, uint32_t ifindex) {
        uint32_t *own = find_own(view, ifindex);

        if (own)
                *own = view->ours[--view->n_ours];
}

/* --- what is told --- */

/* Whether the second header, of "size" bytes, is there, and attributes follow it: iterating over them is safe then. */
static bool is_sound(const struct nlmsghdr *message, size_t size) {
        size_t n = mnl_nlmsg_get_payload_len(message);

        size = MNL_ALIGN(size);
        return n >= size &&
               wgp_attributes_verify((const uint8_t *) mnl_nlmsg_get_payload(message) + size, n - size) >= 0;
}

/* A link counts by whether it carries packets, and how large, and only if it has an address to send from. */
static int update_link(WgpNetView *view, const struct nlmsghdr *message, WgpNetNews *news) {
        const struct ifinfomsg *info = mnl_nlmsg_get_payload(message);
        uint32_t ifindex;
        uint64_t hash;
        WgpLink link = {};
        int r;

        if (!is_sound(message, sizeof(*info)))
                return -EBADMSG;
        ifindex = (uint32_t) info->ifi_index;
        hash = wgp_digest_add(wgp_digest_add(0, "link", 4), &ifindex, sizeof(ifindex));
        if (info->ifi_family != AF_UNSPEC || info->ifi_flags & IFF_LOOPBACK)
                return 0; /* a bridge's port speaks of AF_BRIDGE */
        if (message->nlmsg_type == RTM_DELLINK) {
                news->link_deleted = ifindex;
                forget_own(view, ifindex);
                news->changed = forget(view, hash) && has_address(view, ifindex);
                return 0;
        }

        r = wgp_rt_link_decode(message, &link);
        if (r == 0 && link.group == WGP_LINK_GROUP)
                r = wgp_net_view_add_own(view, ifindex);
        if (r >= 0 && find_own(view, ifindex) && !(info->ifi_flags & IFF_UP))
                news->own_changed = ifindex; /* of the IPv4 routes that go with it nothing is told */
        if (r < 0 || find_own(view, ifindex))
                return WGP_MIN(r, 0);

        if (info->ifi_flags & IFF_UP && info->ifi_flags & IFF_RUNNING)
                r = add(view, &(WgpNetFact) { .hash = hash, .value = link.mtu });
        else
                r = forget(view, hash);
        news->changed = r > 0 && has_address(view, ifindex);
        return WGP_MIN(r, 0);
}

static uint32_t address_flags(const struct nlmsghdr *message, const struct ifaddrmsg *info) {
        const struct nlattr *attribute;
        uint32_t flags = info->ifa_flags;

        mnl_attr_for_each(attribute, message, sizeof(*info)) if (mnl_attr_get_type(attribute) == IFA_FLAGS &&
                                                                 mnl_attr_get_payload_len(attribute) >= sizeof(flags))
                        flags = mnl_attr_get_u32(attribute);
        return flags;
}

static int update_address(WgpNetView *view, const struct nlmsghdr *message, WgpNetNews *news) {
        const struct ifaddrmsg *info = mnl_nlmsg_get_payload(message);
        const struct nlattr *attribute;
        uint64_t hash = 0;
        int r;

        if (!is_sound(message, sizeof(*info)))
                return -EBADMSG;
        if (message->nlmsg_type == RTM_DELADDR && find_own(view, info->ifa_index))
                news->own_changed = info->ifa_index;
        if (message->nlmsg_type == RTM_NEWADDR && info->ifa_family == AF_INET6 && info->ifa_scope == RT_SCOPE_HOST)
                news->ipv6_appeared = true; /* the loopback has its address anew */
        if (info->ifa_scope >= RT_SCOPE_LINK || find_own(view, info->ifa_index))
                return 0;
        /* not usable, or not any more: another message says when it is */
        if (message->nlmsg_type == RTM_NEWADDR && address_flags(message, info) & (IFA_F_TENTATIVE | IFA_F_DADFAILED))
                return 0;

        hash = wgp_digest_add(hash, &info->ifa_index, sizeof(info->ifa_index));
        mnl_attr_for_each(attribute, message, sizeof(*info)) if (mnl_attr_get_type(attribute) == IFA_ADDRESS ||
                                                                 mnl_attr_get_type(attribute) == IFA_LOCAL) hash =
                        wgp_digest_add(hash, attribute, attribute->nla_len);

        r = message->nlmsg_type == RTM_NEWADDR ?
                            add(view, &(WgpNetFact) { .hash = hash, .ifindex = info->ifa_index }) :
                            forget(view, hash);
        news->changed = r > 0;
        return WGP_MIN(r, 0);
}

/* The link of ours that a route leads to; 0: none. */
static uint32_t find_own_device(const WgpNetView *view, const struct nlmsghdr *message) {
        const struct nlattr *attribute;

        mnl_attr_for_each(attribute, message, sizeof(struct rtmsg)) if (
                        mnl_attr_get_type(attribute) == RTA_OIF &&
                        mnl_attr_get_payload_len(attribute) >= sizeof(uint32_t) &&
                        find_own(view, mnl_attr_get_u32(attribute))) return mnl_attr_get_u32(attribute);
        return 0;
}

static bool stops_packets(const struct rtmsg *info) {
        return info->rtm_type == RTN_UNREACHABLE || info->rtm_type == RTN_BLACKHOLE ||
               info->rtm_type == RTN_PROHIBIT || info->rtm_type == RTN_THROW;
}

/* Of a default route: all but what only counts down. */
static WgpNetFact make_route_fact(const struct nlmsghdr *message) {
        WgpNetFact fact = { .slot = wgp_digest_add(0, "route", 5) };
        const struct nlattr *attribute;

        mnl_attr_for_each(attribute, message, sizeof(struct rtmsg)) {
                uint16_t type = mnl_attr_get_type(attribute);

                if (type != RTA_CACHEINFO && type != RTA_EXPIRES && type != RTA_PREF)
                        fact.hash = wgp_digest_add(fact.hash, attribute, attribute->nla_len);
                if (type == RTA_DST || type == RTA_TABLE || type == RTA_PRIORITY)
                        fact.slot = wgp_digest_add(fact.slot, attribute, attribute->nla_len);
        }
        return fact;
}

/* Whether packets to a peer may go by a route: one for everything or for a half of it, or one for the peer's own
 * address. */
static bool concerns_peers(const WgpNetView *view, const struct nlmsghdr *message) {
        const struct rtmsg *info = mnl_nlmsg_get_payload(message);
        WgpPrefix address = { .family = info->rtm_family, .length = info->rtm_dst_len };
        const struct nlattr *attribute;

        if (info->rtm_dst_len <= 1)
                return true;
        if (!view->is_endpoint || info->rtm_dst_len != wgp_family_bits(info->rtm_family))
                return false;
        mnl_attr_for_each(attribute, message,
                        sizeof(*info)) if (mnl_attr_get_type(attribute) == RTA_DST &&
                                           mnl_attr_get_payload_len(attribute) == info->rtm_dst_len / 8U) {
                memcpy(address.bytes, mnl_attr_get_payload(attribute), info->rtm_dst_len / 8U);
                return view->is_endpoint(view->userdata, &address);
        }
        return false;
}

/* Of IPv4 the kernel tells nothing twice: it does not tell of a route that takes the place of an equal one. But it
 * says not which one had the place before, nor that those by a link that goes down are gone: so each counts. Of IPv6
 * it repeats what others repeat, and says when a route has taken another's place. */
static int update_route(WgpNetView *view, const struct nlmsghdr *message, WgpNetNews *news) {
        const struct rtmsg *info = mnl_nlmsg_get_payload(message);
        WgpNetFact fact;
        uint32_t own;
        int r = 1;

        if (!is_sound(message, sizeof(*info)))
                return -EBADMSG;
        own = find_own_device(view, message);
        if (message->nlmsg_type == RTM_DELROUTE) {
                news->own_changed = own;
                news->deviceless_deleted = stops_packets(info);
        }
        if (info->rtm_dst_len == 0 && info->rtm_type == RTN_UNREACHABLE && message->nlmsg_type == RTM_DELROUTE) {
                r = wgp_rt_route_decode(message, &news->route);
                news->unreachable_deleted = r == 0;
                return WGP_MIN(r, 0);
        }
        if (info->rtm_type != RTN_UNICAST || info->rtm_flags & RTM_F_CLONED || own > 0 ||
                        !concerns_peers(view, message))
                return 0;

        if (info->rtm_family == AF_INET6) {
                fact = make_route_fact(message);
                r = message->nlmsg_type == RTM_NEWROUTE ? add(view, &fact) : forget(view, fact.hash);
                if (message->nlmsg_type == RTM_NEWROUTE && message->nlmsg_flags & NLM_F_REPLACE)
                        forget_replaced(view, fact.slot, fact.hash);
        }
        /* a route that was there before we were */
        news->changed = r > 0 || message->nlmsg_type == RTM_DELROUTE;
        return WGP_MIN(r, 0);
}

/* Reads one notification. Returns 0, or a negative errno; then something may have changed. */
int wgp_net_view_update(WgpNetView *view, const struct nlmsghdr *message, WgpNetNews *ret) {
        WgpNetNews news = {};
        int r = 0;

        switch (message->nlmsg_type) {
        case RTM_NEWLINK:
        case RTM_DELLINK:
                r = update_link(view, message, &news);
                break;
        case RTM_NEWADDR:
        case RTM_DELADDR:
                r = update_address(view, message, &news);
                break;
        case RTM_NEWROUTE:
        case RTM_DELROUTE:
                r = update_route(view, message, &news);
                break;
        case RTM_DELRULE:
                r = wgp_rt_rule_decode(message, &news.rule);
                news.rule_deleted = r == 0;
                break;
        default:
                break;
        }
        *ret = news;
        return WGP_MIN(r, 0);
}
