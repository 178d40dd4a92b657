/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Encodes and decodes RTM_NEWRULE, RTM_DELRULE and RTM_GETRULE. */

#include <linux/fib_rules.h>

#include "netlink/rt-internal.h"

static const WgpAttributePolicy rule_policy[] = {
        [FRA_DST] = WGP_RT_ADDRESS_POLICY,
        [FRA_SRC] = WGP_RT_ADDRESS_POLICY,
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

static bool family_fits(const WgpPrefix *prefix, uint8_t family) {
        return prefix->family == AF_UNSPEC || prefix->family == family;
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

        return (first == 0 && last == 0) || wgp_rt_put(b, type, sizeof(range), &range);
}

/* Which packets */
static bool put_selector(WgpRtBuffer *b, const WgpRule *rule) {
        struct fib_rule_uid_range uids = { .start = rule->uid_start, .end = rule->uid_end };

        if (!wgp_rt_put_prefix(b, FRA_SRC, &rule->from) || !wgp_rt_put_prefix(b, FRA_DST, &rule->to) ||
                        !put_name(b, FRA_IIFNAME, rule->iif) || !put_name(b, FRA_OIFNAME, rule->oif))
                return false;
        if (rule->has_fwmark &&
                        (!wgp_rt_put_u32(b, FRA_FWMARK, rule->fwmark) || !wgp_rt_put_u32(b, FRA_FWMASK, rule->fwmask)))
                return false;
        if (rule->has_uid_range && !wgp_rt_put(b, FRA_UID_RANGE, sizeof(uids), &uids))
                return false;
        return (rule->ip_protocol == 0 || wgp_rt_put_u8(b, FRA_IP_PROTO, rule->ip_protocol)) &&
               put_ports(b, FRA_SPORT_RANGE, rule->sport_start, rule->sport_end) &&
               put_ports(b, FRA_DPORT_RANGE, rule->dport_start, rule->dport_end);
}

/* What to do with them */
static bool put_action(WgpRtBuffer *b, const WgpRule *rule) {
        if (rule->action == FR_ACT_TO_TBL && !wgp_rt_put_u32(b, FRA_TABLE, rule->table))
                return false;
        if (rule->action == FR_ACT_GOTO && !wgp_rt_put_u32(b, FRA_GOTO, rule->goto_priority))
                return false;
        return !rule->has_suppress_prefixlength ||
               wgp_rt_put_u32(b, FRA_SUPPRESS_PREFIXLEN, rule->suppress_prefixlength);
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

        if (verb == WGP_RT_REPLACE || (rule->family != AF_INET && rule->family != AF_INET6) ||
                        !family_fits(&rule->from, rule->family) || !family_fits(&rule->to, rule->family))
                return -EINVAL;

        fill_header(wgp_rt_start(buffer, remove ? RTM_DELRULE : RTM_NEWRULE,
                                    NLM_F_ACK | (remove ? 0 : NLM_F_CREATE | NLM_F_EXCL), sizeof(struct fib_rule_hdr)),
                        rule);

        /* a rule without priority or protocol would get ones of the kernel's choice */
        return wgp_rt_put_u32(buffer, FRA_PRIORITY, rule->priority) &&
                                               wgp_rt_put_u8(buffer, FRA_PROTOCOL, rule->protocol) &&
                                               put_selector(buffer, rule) && put_action(buffer, rule) ?
                               0 :
                               -EINVAL;
}

/* Asks for all rules of a family, AF_UNSPEC: of both. The kernel cannot filter them. */
int wgp_rt_rule_encode_dump(WgpRtBuffer *buffer, uint8_t family) {
        struct fib_rule_hdr *header = wgp_rt_start(buffer, RTM_GETRULE, NLM_F_DUMP, sizeof(*header));

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
        rule->fwmark = wgp_rt_get_u32(attributes[FRA_FWMARK]);
        rule->fwmask = attributes[FRA_FWMASK] ? wgp_rt_get_u32(attributes[FRA_FWMASK]) : UINT32_MAX;
        if (!rule->has_fwmark)
                rule->fwmask = 0;

        if (attributes[FRA_UID_RANGE]) {
                const struct fib_rule_uid_range *uids = mnl_attr_get_payload(attributes[FRA_UID_RANGE]);

                rule->has_uid_range = true;
                rule->uid_start = uids->start;
                rule->uid_end = uids->end;
        }

        rule->ip_protocol = wgp_rt_get_u8(attributes[FRA_IP_PROTO]);
        get_ports(attributes[FRA_SPORT_RANGE], &rule->sport_start, &rule->sport_end);
        get_ports(attributes[FRA_DPORT_RANGE], &rule->dport_start, &rule->dport_end);
}

static void decode_action(const struct fib_rule_hdr *header, const struct nlattr *const *attributes, WgpRule *rule) {
        rule->action = header->action;
        rule->protocol = wgp_rt_get_u8(attributes[FRA_PROTOCOL]);
        rule->priority = wgp_rt_get_u32(attributes[FRA_PRIORITY]);
        rule->goto_priority = wgp_rt_get_u32(attributes[FRA_GOTO]);
        if (rule->action == FR_ACT_TO_TBL)
                rule->table = attributes[FRA_TABLE] ? wgp_rt_get_u32(attributes[FRA_TABLE]) : header->table;

        /* the kernel shows -1 for "none" */
        if (attributes[FRA_SUPPRESS_PREFIXLEN] && wgp_rt_get_u32(attributes[FRA_SUPPRESS_PREFIXLEN]) != UINT32_MAX) {
                rule->has_suppress_prefixlength = true;
                rule->suppress_prefixlength = wgp_rt_get_u32(attributes[FRA_SUPPRESS_PREFIXLEN]);
        }
}

int wgp_rt_rule_decode(const struct nlmsghdr *message, WgpRule *ret) {
        const struct nlattr *attributes[WGP_ARRAY_SIZE(rule_policy)];
        const struct fib_rule_hdr *header = mnl_nlmsg_get_payload(message);
        WgpRule rule = {};
        int r;

        r = wgp_rt_check(message, RTM_NEWRULE, sizeof(*header));
        if (r != 0)
                return r;
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
