/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Rules: RTM_NEWRULE, RTM_DELRULE, RTM_GETRULE. */

#include <linux/fib_rules.h>
#include <linux/rtnetlink.h>

#include "netlink/message.h"
#include "netlink/rt-message.h"

#define ADDRESS_POLICY WGP_ATTRIBUTE_RANGE(sizeof(struct in_addr), sizeof(struct in6_addr))

static const WgpAttributePolicy rule_policy[] = {
        [FRA_DST] = ADDRESS_POLICY,
        [FRA_SRC] = ADDRESS_POLICY,
        [FRA_IIFNAME] = WGP_ATTRIBUTE_STRING(IF_NAMESIZE),
        [FRA_GOTO] = WGP_ATTRIBUTE_SIZE(sizeof(uint32_t)),
        [FRA_PRIORITY] = WGP_ATTRIBUTE_SIZE(sizeof(uint32_t)),
        [FRA_FWMARK] = WGP_ATTRIBUTE_SIZE(sizeof(uint32_t)),
        [FRA_SUPPRESS_PREFIXLEN] = WGP_ATTRIBUTE_SIZE(sizeof(uint32_t)),
        [FRA_TABLE] = WGP_ATTRIBUTE_SIZE(sizeof(uint32_t)),
        [FRA_FWMASK] = WGP_ATTRIBUTE_SIZE(sizeof(uint32_t)),
        [FRA_OIFNAME] = WGP_ATTRIBUTE_STRING(IF_NAMESIZE),
        [FRA_UID_RANGE] = WGP_ATTRIBUTE_SIZE(sizeof(struct fib_rule_uid_range)),
        [FRA_PROTOCOL] = WGP_ATTRIBUTE_SIZE(sizeof(uint8_t)),
        [FRA_IP_PROTO] = WGP_ATTRIBUTE_SIZE(sizeof(uint8_t)),
        [FRA_SPORT_RANGE] = WGP_ATTRIBUTE_SIZE(sizeof(struct fib_rule_port_range)),
        [FRA_DPORT_RANGE] = WGP_ATTRIBUTE_SIZE(sizeof(struct fib_rule_port_range)),
};

static struct fib_rule_hdr *start(WgpRtBuffer *b, uint16_t type, uint16_t flags) {
        struct nlmsghdr *message;

        message = wgp_message_start(b->bytes, sizeof(b->bytes), type, flags, sizeof(struct fib_rule_hdr));
        return mnl_nlmsg_get_payload(message); /* the buffer has room for it */
}

static bool put(WgpRtBuffer *b, uint16_t type, size_t size, const void *data) {
        return mnl_attr_put_check(&b->header, sizeof(b->bytes), type, size, data);
}

static bool put_u8(WgpRtBuffer *b, uint16_t type, uint8_t value) {
        return mnl_attr_put_u8_check(&b->header, sizeof(b->bytes), type, value);
}

static bool put_u32(WgpRtBuffer *b, uint16_t type, uint32_t value) {
        return mnl_attr_put_u32_check(&b->header, sizeof(b->bytes), type, value);
}

/* Nothing when there is no such prefix. */
static bool put_prefix(WgpRtBuffer *b, uint16_t type, const WgpPrefix *prefix, uint8_t family) {
        if (prefix->family == AF_UNSPEC)
                return true;
        return prefix->family == family && wgp_prefix_put(&b->header, sizeof(b->bytes), type, prefix);
}

/* Nothing when there is no name. */
static bool put_name(WgpRtBuffer *b, uint16_t type, const char name[static IF_NAMESIZE]) {
        if (name[0] == 0)
                return true;
        return strnlen(name, IF_NAMESIZE) < IF_NAMESIZE &&
               mnl_attr_put_strz_check(&b->header, sizeof(b->bytes), type, name);
}

/* Nothing when any port will do. */
static bool put_ports(WgpRtBuffer *b, uint16_t type, uint16_t first, uint16_t last) {
        struct fib_rule_port_range range = { .start = first, .end = last };

        return (first == 0 && last == 0) || put(b, type, sizeof(range), &range);
}

/* Which packets */
static bool put_selector(WgpRtBuffer *b, const WgpRule *rule) {
        struct fib_rule_uid_range uids = { .start = rule->uid_start, .end = rule->uid_end };

        if (!put_prefix(b, FRA_SRC, &rule->from, rule->family) || !put_prefix(b, FRA_DST, &rule->to, rule->family) ||
                        !put_name(b, FRA_IIFNAME, rule->iif) || !put_name(b, FRA_OIFNAME, rule->oif))
                return false;
        if (rule->has_fwmark && (!put_u32(b, FRA_FWMARK, rule->fwmark) || !put_u32(b, FRA_FWMASK, rule->fwmask)))
                return false;
        if (rule->has_uid_range && !put(b, FRA_UID_RANGE, sizeof(uids), &uids))
                return false;
        return (rule->ip_protocol == 0 || put_u8(b, FRA_IP_PROTO, rule->ip_protocol)) &&
               put_ports(b, FRA_SPORT_RANGE, rule->sport_start, rule->sport_end) &&
               put_ports(b, FRA_DPORT_RANGE, rule->dport_start, rule->dport_end);
}

/* What to do with them */
static bool put_action(WgpRtBuffer *b, const WgpRule *rule) {
        if (rule->action == FR_ACT_TO_TBL && !put_u32(b, FRA_TABLE, rule->table))
                return false;
        if (rule->action == FR_ACT_GOTO && !put_u32(b, FRA_GOTO, rule->goto_priority))
                return false;
        return !rule->has_suppress_prefixlength || put_u32(b, FRA_SUPPRESS_PREFIXLEN, rule->suppress_prefixlength);
}

static void fill_header(struct fib_rule_hdr *header, const WgpRule *rule) {
        header->family = rule->family;
        header->src_len = rule->from.family == AF_UNSPEC ? 0 : rule->from.length;
        header->dst_len = rule->to.family == AF_UNSPEC ? 0 : rule->to.length;
        header->tos = rule->tos;
        header->action = rule->action;
        header->flags = rule->invert ? FIB_RULE_INVERT : 0;
        if (rule->action == FR_ACT_TO_TBL && rule->table < 256)
                header->table = (uint8_t) rule->table;
}

/* Adds or removes a rule. The kernel removes the first one that agrees with all that is said, but does not compare
 * "invert", nor the target of a goto: rules that differ in nothing else need priorities of their own. A mask of 0
 * makes the mark match every packet, as the kernel has it. */
int wgp_rt_rule_encode(WgpRtBuffer *buffer, WgpRtVerb verb, const WgpRule *rule) {
        bool remove = verb == WGP_RT_DELETE;

        if (verb == WGP_RT_REPLACE || (rule->family != AF_INET && rule->family != AF_INET6))
                return -EINVAL;

        fill_header(start(buffer, remove ? RTM_DELRULE : RTM_NEWRULE,
                                    NLM_F_ACK | (remove ? 0 : NLM_F_CREATE | NLM_F_EXCL)),
                        rule);

        /* a rule without priority or protocol would get ones of the kernel's choice */
        if (!put_u32(buffer, FRA_PRIORITY, rule->priority) || !put_u8(buffer, FRA_PROTOCOL, rule->protocol) ||
                        !put_selector(buffer, rule) || !put_action(buffer, rule))
                return -EINVAL;

        return 0;
}

/* Asks for all rules of a family, AF_UNSPEC: of both. The kernel cannot filter them. */
int wgp_rt_rule_encode_dump(WgpRtBuffer *buffer, uint8_t family) {
        struct fib_rule_hdr *header = start(buffer, RTM_GETRULE, NLM_F_DUMP);

        header->family = family;
        return 0;
}

static int decode_prefixes(const struct fib_rule_hdr *header, const struct nlattr *const *attributes, WgpRule *rule) {
        int r;

        if (attributes[FRA_SRC]) {
                r = wgp_prefix_get(attributes[FRA_SRC], header->family, header->src_len, &rule->from);
                if (r < 0)
                        return r;
        }

        return attributes[FRA_DST] ? wgp_prefix_get(attributes[FRA_DST], header->family, header->dst_len, &rule->to) :
                                     0;
}

static uint32_t get_u32(const struct nlattr *attribute) {
        return attribute ? mnl_attr_get_u32(attribute) : 0;
}

static void get_name(const struct nlattr *attribute, char ret[static IF_NAMESIZE]) {
        if (attribute)
                strcpy(ret, mnl_attr_get_str(attribute)); /* checked by the policy */
}

static void get_ports(const struct nlattr *attribute, uint16_t *ret_first, uint16_t *ret_last) {
        const struct fib_rule_port_range *range;

        if (!attribute)
                return;

        range = mnl_attr_get_payload(attribute);
        *ret_first = range->start;
        *ret_last = range->end;
}

static void decode_selector(const struct nlattr *const *attributes, WgpRule *rule) {
        get_name(attributes[FRA_IIFNAME], rule->iif);
        get_name(attributes[FRA_OIFNAME], rule->oif);

        /* the kernel leaves out a mark of 0, but then shows the mask */
        rule->has_fwmark = attributes[FRA_FWMARK] || attributes[FRA_FWMASK];
        rule->fwmark = get_u32(attributes[FRA_FWMARK]);
        rule->fwmask = attributes[FRA_FWMASK] ? get_u32(attributes[FRA_FWMASK]) : UINT32_MAX;
        if (!rule->has_fwmark)
                rule->fwmask = 0;

        if (attributes[FRA_UID_RANGE]) {
                const struct fib_rule_uid_range *uids = mnl_attr_get_payload(attributes[FRA_UID_RANGE]);

                rule->has_uid_range = true;
                rule->uid_start = uids->start;
                rule->uid_end = uids->end;
        }

        rule->ip_protocol = attributes[FRA_IP_PROTO] ? mnl_attr_get_u8(attributes[FRA_IP_PROTO]) : 0;
        get_ports(attributes[FRA_SPORT_RANGE], &rule->sport_start, &rule->sport_end);
        get_ports(attributes[FRA_DPORT_RANGE], &rule->dport_start, &rule->dport_end);
}

static void decode_action(const struct fib_rule_hdr *header, const struct nlattr *const *attributes, WgpRule *rule) {
        rule->action = header->action;
        rule->protocol = attributes[FRA_PROTOCOL] ? mnl_attr_get_u8(attributes[FRA_PROTOCOL]) : 0;
        rule->priority = get_u32(attributes[FRA_PRIORITY]);
        rule->goto_priority = get_u32(attributes[FRA_GOTO]);
        if (rule->action == FR_ACT_TO_TBL)
                rule->table = attributes[FRA_TABLE] ? get_u32(attributes[FRA_TABLE]) : header->table;

        /* the kernel shows -1 for "none" */
        if (attributes[FRA_SUPPRESS_PREFIXLEN] && get_u32(attributes[FRA_SUPPRESS_PREFIXLEN]) != UINT32_MAX) {
                rule->has_suppress_prefixlength = true;
                rule->suppress_prefixlength = get_u32(attributes[FRA_SUPPRESS_PREFIXLEN]);
        }
}

int wgp_rt_rule_decode(const struct nlmsghdr *message, WgpRule *ret) {
        const struct nlattr *attributes[WGP_ARRAY_SIZE(rule_policy)];
        const struct fib_rule_hdr *header;
        WgpRule rule = {};
        int r;

        if (message->nlmsg_type != RTM_NEWRULE && message->nlmsg_type != RTM_DELRULE)
                return WGP_RT_OTHER;
        if (message->nlmsg_len < NLMSG_LENGTH(sizeof(*header)))
                return -EBADMSG;

        header = mnl_nlmsg_get_payload(message);
        if (header->family != AF_INET && header->family != AF_INET6)
                return WGP_RT_OTHER;

        r = wgp_message_parse(message, sizeof(*header), rule_policy, WGP_ARRAY_SIZE(rule_policy), attributes);
        if (r < 0)
                return r;

        r = decode_prefixes(header, attributes, &rule);
        if (r < 0)
                return r;

        rule.family = header->family;
        rule.tos = header->tos;
        rule.invert = header->flags & FIB_RULE_INVERT;
        decode_selector(attributes, &rule);
        decode_action(header, attributes, &rule);

        *ret = rule;
        return 0;
}

int wgp_rt_rule_collect(const struct nlmsghdr *message, void *network) {
        WgpRule rule, *added;
        int r;

        r = wgp_rt_rule_decode(message, &rule);
        if (r != 0)
                return r;

        added = wgp_network_add_rule(network);
        if (!added)
                return -ENOMEM;

        *added = rule;
        return 0;
}
