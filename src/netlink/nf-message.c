/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Encodes NFT_MSG_GETTABLE and NFT_MSG_GETRULE, and decodes answers and notifications of nf_tables. */

#include "netlink/nf-message.h"

#include <linux/netfilter.h>
#include <linux/netfilter/nf_tables.h>
#include <linux/netfilter/nfnetlink.h>

#include "desired/nft-text.h"
#include "netlink/message.h"

enum {
        UDATA_COMMENT = 0, /* NFTNL_UDATA_RULE_COMMENT of libnftnl/udata.h: a byte of type, one of length, the text */
        UDATA_HEADER_SIZE = 2,
};

static int encode(WgpNfBuffer *buffer, uint16_t command, uint16_t flags, uint16_t attribute, const char *table) {
        struct nfgenmsg *header;
        struct nlmsghdr *message;

        message = wgp_message_start(buffer->bytes, sizeof(buffer->bytes),
                        (uint16_t) (NFNL_SUBSYS_NFTABLES << 8 | command), flags, sizeof(*header));
        header = mnl_nlmsg_get_payload(message); /* the buffer has room for it */
        *header = (struct nfgenmsg) { .nfgen_family = NFPROTO_INET, .version = NFNETLINK_V0 };
        return mnl_attr_put_strz_check(message, sizeof(buffer->bytes), attribute, table) ? 0 : -EINVAL;
}

/* Asks whether there is an inet table of that name: the answer is -ENOENT if there is none. */
int wgp_nf_table_encode_get(WgpNfBuffer *buffer, const char *table) {
        return encode(buffer, NFT_MSG_GETTABLE, NLM_F_ACK, NFTA_TABLE_NAME, table);
}

/* Asks for the rules of an inet table: none, if there is no such table. */
int wgp_nf_rules_encode_dump(WgpNfBuffer *buffer, const char *table) {
        return encode(buffer, NFT_MSG_GETRULE, NLM_F_DUMP, NFTA_RULE_TABLE, table);
}

/* The text of a rule's comment, which ends with a NUL; "" when it has none. */
static const char *find_comment(const struct nlattr *userdata) {
        const uint8_t *data = userdata ? mnl_attr_get_payload(userdata) : NULL;
        size_t size = userdata ? mnl_attr_get_payload_len(userdata) : 0;

        while (size > UDATA_HEADER_SIZE) {
                size_t n = data[1];

                if (n > size - UDATA_HEADER_SIZE)
                        break;
                data += UDATA_HEADER_SIZE;
                if (data[-UDATA_HEADER_SIZE] == UDATA_COMMENT && n > 0 && data[n - 1] == 0)
                        return (const char *) data;
                data += n;
                size -= UDATA_HEADER_SIZE + n;
        }
        return "";
}

/* Takes note of a rule. "rules" is a WgpNfRules. Returns 0, WGP_NF_OTHER, or -EBADMSG. */
int wgp_nf_rules_collect(const struct nlmsghdr *message, void *rules) {
        static const WgpAttributePolicy policy[] = {
                [NFTA_RULE_USERDATA] = WGP_ATTRIBUTE_RANGE(0, NFT_USERDATA_MAXLEN),
        };
        const struct nlattr *attributes[WGP_ARRAY_SIZE(policy)] = {};
        WgpNfRules *to = rules;
        int r;

        if (message->nlmsg_type != (NFNL_SUBSYS_NFTABLES << 8 | NFT_MSG_NEWRULE))
                return WGP_NF_OTHER;
        r = wgp_message_parse(message, sizeof(struct nfgenmsg), policy, WGP_ARRAY_SIZE(policy), attributes);
        if (r < 0)
                return r;
        to->n_rules++;
        to->digest = wgp_nft_digest_add(to->digest, find_comment(attributes[NFTA_RULE_USERDATA]));
        return 0;
}

/* The table's name is the first attribute of a table, of a chain and of a rule. */
_Static_assert((int) NFTA_TABLE_NAME == (int) NFTA_CHAIN_TABLE && (int) NFTA_TABLE_NAME == (int) NFTA_RULE_TABLE, "");

/* Reads a notification. A table with a longer name than any of ours is somebody else's. Returns 0, WGP_NF_OTHER, or
 * -EBADMSG. */
int wgp_nf_change_decode(const struct nlmsghdr *message, WgpNfChange *ret) {
        static const WgpAttributePolicy policy[] = {
                [NFTA_TABLE_NAME] = WGP_ATTRIBUTE_RANGE(1, NFT_NAME_MAXLEN),
        };
        const struct nlattr *attributes[WGP_ARRAY_SIZE(policy)] = {};
        WgpNfChange change = {};
        size_t size;
        int r;

        switch (message->nlmsg_type) {
        case NFNL_SUBSYS_NFTABLES << 8 | NFT_MSG_NEWTABLE:
                change.type = WGP_NF_CHANGE_MADE;
                break;
        case NFNL_SUBSYS_NFTABLES << 8 | NFT_MSG_DELTABLE:
        case NFNL_SUBSYS_NFTABLES << 8 | NFT_MSG_DELCHAIN:
        case NFNL_SUBSYS_NFTABLES << 8 | NFT_MSG_DELRULE:
                change.type = WGP_NF_CHANGE_REMOVED;
                break;
        case NFNL_SUBSYS_NFTABLES << 8 | NFT_MSG_NEWCHAIN:
        case NFNL_SUBSYS_NFTABLES << 8 | NFT_MSG_NEWRULE:
                change.type = WGP_NF_CHANGE_ADDED;
                break;
        default:
                return WGP_NF_OTHER;
        }

        r = wgp_message_parse(message, sizeof(struct nfgenmsg), policy, WGP_ARRAY_SIZE(policy), attributes);
        if (r < 0)
                return r;
        if (((const struct nfgenmsg *) mnl_nlmsg_get_payload(message))->nfgen_family != NFPROTO_INET ||
                        !attributes[NFTA_TABLE_NAME])
                return WGP_NF_OTHER;
        size = mnl_attr_get_payload_len(attributes[NFTA_TABLE_NAME]);
        if (size > sizeof(change.table))
                return WGP_NF_OTHER;
        memcpy(change.table, mnl_attr_get_payload(attributes[NFTA_TABLE_NAME]), size);
        change.table[size - 1] = 0;
        *ret = change;
        return 0;
}
