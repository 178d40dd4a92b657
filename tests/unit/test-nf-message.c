/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* netlink/nf-message.c: what is asked about a table, and what of the answers counts. */

#include "netlink/nf-message.h"

#include <criterion/criterion.h>
#include <linux/netfilter.h>
#include <linux/netfilter/nf_tables.h>
#include <linux/netfilter/nfnetlink.h>

#include "desired/nft-text.h"
#include "netlink/message.h"

enum {
        NFT = NFNL_SUBSYS_NFTABLES << 8,
};

typedef union Message {
        struct nlmsghdr header;
        uint8_t bytes[1024];
} Message;

static void put_rule(Message *m, uint16_t type, const void *userdata, size_t size) {
        wgp_message_start(m->bytes, sizeof(m->bytes), type, 0, sizeof(struct nfgenmsg));
        mnl_attr_put_strz(&m->header, NFTA_RULE_TABLE, "wg-profile-wg0");
        if (userdata)
                mnl_attr_put(&m->header, NFTA_RULE_USERDATA, size, userdata);
}

Test(nf_message, questions) {
        const struct nfgenmsg *header;
        const struct nlattr *table;
        char name[300];
        WgpNfBuffer buffer;

        cr_assert(wgp_nf_table_encode_get(&buffer, "t") == 0);
        cr_expect_eq(buffer.header.nlmsg_type, NFT | NFT_MSG_GETTABLE);
        cr_expect_eq(buffer.header.nlmsg_flags, NLM_F_REQUEST | NLM_F_ACK);
        header = mnl_nlmsg_get_payload(&buffer.header);
        cr_expect_eq(header->nfgen_family, NFPROTO_INET);
        table = mnl_nlmsg_get_payload_offset(&buffer.header, sizeof(*header));
        cr_expect_eq(mnl_attr_get_type(table), NFTA_TABLE_NAME);
        cr_expect_str_eq(mnl_attr_get_str(table), "t");

        cr_assert(wgp_nf_rules_encode_dump(&buffer, "t") == 0);
        cr_expect_eq(buffer.header.nlmsg_type, NFT | NFT_MSG_GETRULE);
        cr_expect_eq(buffer.header.nlmsg_flags, NLM_F_REQUEST | NLM_F_DUMP);
        table = mnl_nlmsg_get_payload_offset(&buffer.header, sizeof(*header));
        cr_expect_eq(mnl_attr_get_type(table), NFTA_RULE_TABLE);

        memset(name, 'x', sizeof(name));
        name[sizeof(name) - 1] = 0;
        cr_expect_eq(wgp_nf_table_encode_get(&buffer, name), -EINVAL);
}

static const struct {
        const char *name;
        const char *userdata; /* NULL: none */
        size_t size;
        const char *comment;
} cases[] = {
        { "a comment", "\0\4abc\0", 6, "abc" },
        { "a comment after something else", "\1\2xy\0\4abc\0", 10, "abc" },
        { "the last byte before the end", "\0\1\0", 3, "" },
        { "none", NULL, 0, "" },
        { "empty", "", 0, "" },
        { "half a header", "\0", 1, "" },
        { "longer than what is there", "\0\5abc\0", 6, "" },
        { "no text", "\0\0", 2, "" },
        { "not terminated", "\0\3abc", 5, "" },
        { "only something else", "\1\4abc\0", 6, "" },
};

Test(nf_message, comments) {
        for (size_t i = 0; i < WGP_ARRAY_SIZE(cases); i++) {
                WgpNfRules rules = {};
                Message m = {};

                put_rule(&m, NFT | NFT_MSG_NEWRULE, cases[i].userdata, cases[i].size);
                cr_expect(wgp_nf_rules_collect(&m.header, &rules) == 0, "%s", cases[i].name);
                cr_expect_eq(rules.n_rules, 1);
                cr_expect_eq(rules.digest, wgp_nft_digest_add(WGP_NFT_DIGEST_EMPTY, cases[i].comment), "%s",
                                cases[i].name);
        }
}

Test(nf_message, others) {
        WgpNfRules rules = {};
        Message m = {};

        put_rule(&m, NFT | NFT_MSG_NEWTABLE, NULL, 0);
        cr_expect_eq(wgp_nf_rules_collect(&m.header, &rules), WGP_NF_OTHER);

        put_rule(&m, NFT | NFT_MSG_NEWRULE, NULL, 0);
        m.header.nlmsg_len = NLMSG_HDRLEN + 1;
        cr_expect_eq(wgp_nf_rules_collect(&m.header, &rules), -EBADMSG);
        cr_expect_eq(rules.n_rules, 0);
}

static void put_change(Message *m, uint16_t type, uint8_t family, const char *table, size_t size) {
        struct nfgenmsg *header;

        *m = (Message) {};
        wgp_message_start(m->bytes, sizeof(m->bytes), type, 0, sizeof(*header));
        header = mnl_nlmsg_get_payload(&m->header);
        header->nfgen_family = family;
        if (table)
                mnl_attr_put(&m->header, NFTA_TABLE_NAME, size, table);
}

#define LONG "a name that is longer than that of any table of ours can be, whatever the link is called"

Test(nf_message, changes) {
        static const struct {
                const char *name;
                uint16_t type;
                uint8_t family;
                const char *table;
                size_t size;
                int result;
                unsigned change;
        } rows[] = {
                { "a table", NFT_MSG_DELTABLE, NFPROTO_INET, "wg-profile-wg0", 15, 0, WGP_NF_CHANGE_REMOVED },
                { "a chain", NFT_MSG_DELCHAIN, NFPROTO_INET, "wg-profile-wg0", 15, 0, WGP_NF_CHANGE_REMOVED },
                { "a rule", NFT_MSG_DELRULE, NFPROTO_INET, "wg-profile-wg0", 15, 0, WGP_NF_CHANGE_REMOVED },
                { "a new table", NFT_MSG_NEWTABLE, NFPROTO_INET, "wg-profile-wg0", 15, 0, WGP_NF_CHANGE_MADE },
                { "the end", NFT_MSG_NEWGEN, NFPROTO_UNSPEC, NULL, 0, WGP_NF_OTHER },
                { "a new chain", NFT_MSG_NEWCHAIN, NFPROTO_INET, "wg-profile-wg0", 15, 0, WGP_NF_CHANGE_ADDED },
                { "a new rule", NFT_MSG_NEWRULE, NFPROTO_INET, "wg-killswitch", 14, 0, WGP_NF_CHANGE_ADDED },
                { "a new set", NFT_MSG_NEWSET, NFPROTO_INET, "wg-killswitch", 14, WGP_NF_OTHER },
                { "another family", NFT_MSG_DELTABLE, NFPROTO_IPV4, "wg-profile-wg0", 15, WGP_NF_OTHER },
                { "without a name", NFT_MSG_DELTABLE, NFPROTO_INET, NULL, 0, WGP_NF_OTHER },
                { "a long name", NFT_MSG_DELTABLE, NFPROTO_INET, LONG, sizeof(LONG), WGP_NF_OTHER },
                { "an empty name", NFT_MSG_DELTABLE, NFPROTO_INET, "", 0, -EBADMSG },
        };

        for (size_t i = 0; i < WGP_ARRAY_SIZE(rows); i++) {
                WgpNfChange change = { .type = 77 };
                Message m;

                put_change(&m, (uint16_t) (NFT | rows[i].type), rows[i].family, rows[i].table, rows[i].size);
                cr_expect_eq(wgp_nf_change_decode(&m.header, &change), rows[i].result, "%s", rows[i].name);
                if (rows[i].result != 0)
                        continue;
                cr_expect_eq(change.type, rows[i].change, "%s", rows[i].name);
                cr_expect_str_eq(change.table, rows[i].table ?: "", "%s", rows[i].name);
        }
}
