/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The kernel's verdicts, and batches. */

#include <criterion/criterion.h>
#include <stdio.h>

#include "netlink/message.h"
#include "netlink/nl-batch.h"

static const struct {
        const char *name;
        uint16_t type;
        uint16_t flags;
        int error;
        size_t request;   /* bytes of it that are repeated, behind its header */
        const char *text; /* NULL: none */
        size_t cut;       /* bytes missing at the end */
        int result;
} verdicts[] = {
        { "ACK", NLMSG_ERROR, NLM_F_CAPPED, 0, 0, NULL, 0, 0 },
        { "error without words", NLMSG_ERROR, NLM_F_CAPPED, -EPERM, 0, NULL, 0, 0 },
        { "error with words", NLMSG_ERROR, NLM_F_CAPPED | NLM_F_ACK_TLVS, -EINVAL, 0, "Nexthop has invalid gateway", 0,
                        0 },
        { "the request is repeated", NLMSG_ERROR, NLM_F_ACK_TLVS, -EINVAL, 24, "words", 0, 0 },
        { "warning", NLMSG_ERROR, NLM_F_CAPPED | NLM_F_ACK_TLVS, 0, 0, "deprecated", 0, 0 },
        { "end of a dump", NLMSG_DONE, NLM_F_MULTI, 0, 0, NULL, 0, 0 },
        { "end of a failed dump", NLMSG_DONE, NLM_F_MULTI | NLM_F_ACK_TLVS, -ENOENT, 0, "table does not exist", 0, 0 },
        { "error cut", NLMSG_ERROR, NLM_F_CAPPED, -EPERM, 0, NULL, 1, -EBADMSG },
        { "end cut", NLMSG_DONE, 0, 0, 0, NULL, 4, -EBADMSG },
        { "words cut", NLMSG_ERROR, NLM_F_CAPPED | NLM_F_ACK_TLVS, -EINVAL, 0, "words", 4, -EBADMSG },
        { "request cut", NLMSG_ERROR, 0, -EINVAL, 24, NULL, 24, -EBADMSG },
        { "positive error", NLMSG_ERROR, NLM_F_CAPPED, 5, 0, NULL, 0, -EBADMSG },
};

static struct nlmsghdr *put_verdict(void *buffer, const typeof(verdicts[0]) *t) {
        struct nlmsghdr *message = mnl_nlmsg_put_header(buffer);

        message->nlmsg_type = t->type;
        message->nlmsg_flags = t->flags;
        if (t->type == NLMSG_DONE)
                *(int *) mnl_nlmsg_put_extra_header(message, sizeof(int)) = t->error;
        else {
                struct nlmsgerr *e = mnl_nlmsg_put_extra_header(message, sizeof(*e) + t->request);

                e->error = t->error;
                e->msg.nlmsg_len = (uint32_t) (NLMSG_HDRLEN + t->request);
        }
        if (t->text)
                mnl_attr_put_strz(message, NLMSGERR_ATTR_MSG, t->text);
        message->nlmsg_len -= (uint32_t) t->cut;
        return message;
}

Test(nl_message, verdicts) {
        for (size_t i = 0; i < WGP_ARRAY_SIZE(verdicts); i++) {
                const typeof(verdicts[0]) *t = verdicts + i;
                _Alignas(struct nlmsghdr) uint8_t buffer[256];
                WgpVerdict verdict = { .error = 1 };
                int r;

                r = wgp_message_parse_verdict(put_verdict(buffer, t), &verdict);
                cr_expect_eq(r, t->result, "case '%s': %d", t->name, r);
                if (t->result < 0) {
                        cr_expect_eq(verdict.error, 1, "case '%s': stored", t->name);
                        continue;
                }
                cr_expect_eq(verdict.error, t->error, "case '%s'", t->name);
                cr_expect_eq(verdict.text != NULL, t->text != NULL, "case '%s'", t->name);
                if (verdict.text && t->text) {
                        cr_expect_eq(verdict.n_text, strlen(t->text), "case '%s'", t->name);
                        cr_expect_eq(strncmp(verdict.text, t->text, verdict.n_text), 0, "case '%s'", t->name);
                }
        }
}

static const struct {
        const char *name;
        uint16_t bytes[8]; /* in twos, as the attributes' headers are */
        size_t size;
        int result;
} chains[] = {
        { "nothing", { 0 }, 0, 0 },
        { "empty attribute", { 4, 1 }, 4, 0 },
        { "two", { 6, 1, 0xaaaa, 0, 8, 2, 1, 1 }, 16, 0 },
        { "the last without padding", { 6, 1, 0xaaaa }, 6, 0 },
        { "half a header", { 4, 1 }, 3, -EBADMSG },
        { "shorter than its header", { 3, 1 }, 4, -EBADMSG },
        { "length 0", { 0, 1, 4, 1 }, 8, -EBADMSG },
        { "longer than the data", { 9, 1, 0, 0 }, 8, -EBADMSG },
        { "garbage behind", { 4, 1, 0 }, 6, -EBADMSG },
};

Test(nl_message, chains) {
        static const WgpAttributePolicy policy[] = { [1] = WGP_ATTRIBUTE_RANGE(0, 2), [2] = WGP_ATTRIBUTE_NEST };
        const struct nlattr *attributes[WGP_ARRAY_SIZE(policy)];

        for (size_t i = 0; i < WGP_ARRAY_SIZE(chains); i++) {
                _Alignas(struct nlattr) uint16_t bytes[8];

                memcpy(bytes, chains[i].bytes, sizeof(bytes));
                cr_expect_eq(wgp_attributes_verify(bytes, chains[i].size), chains[i].result, "case '%s'",
                                chains[i].name);
                cr_expect_eq(wgp_attributes_parse(bytes, chains[i].size, policy, WGP_ARRAY_SIZE(policy), attributes),
                                chains[i].result, "case '%s'", chains[i].name);
        }
}

Test(nl_message, batch) {
        _Alignas(struct nlmsghdr) uint8_t buffer[64];
        _cleanup_(wgp_nl_batch_done) WgpNlBatch batch = WGP_NL_BATCH_NULL;

        for (size_t i = 0; i < 1000; i++) {
                struct nlmsghdr *message = wgp_message_start(buffer, sizeof(buffer), (uint16_t) i, 0, 0);

                /* lengths that need padding, too */
                memset(buffer + NLMSG_HDRLEN, (int) i, 40);
                message->nlmsg_len += (uint32_t) (i % 41);
                cr_assert_eq(wgp_nl_batch_add(&batch, message), 0);
        }

        cr_expect_eq(batch.n_items, 1000);
        for (size_t i = 0; i < 1000; i++) {
                const struct nlmsghdr *message = wgp_nl_batch_get(&batch, i);

                cr_expect_eq(message->nlmsg_type, i);
                cr_expect_eq(message->nlmsg_len, NLMSG_HDRLEN + i % 41);
                cr_expect(i % 41 == 0 || ((const uint8_t *) message)[message->nlmsg_len - 1] == (uint8_t) i);
                cr_expect_eq((uintptr_t) message % 4, 0);
                cr_expect_eq(batch.items[i].result, -ECANCELED);
        }
}

Test(nl_message, start) {
        _Alignas(struct nlmsghdr) uint8_t buffer[32];

        memset(buffer, 0xee, sizeof(buffer));
        cr_expect_null(wgp_message_start(buffer, 15, 1, 0, 0));
        cr_expect_null(wgp_message_start(buffer, 19, 1, 0, 1));
        cr_expect(wgp_message_start(buffer, 20, 1, NLM_F_ACK, 1));
        cr_expect_eq(((struct nlmsghdr *) buffer)->nlmsg_len, 20);
        cr_expect_eq(((struct nlmsghdr *) buffer)->nlmsg_flags, NLM_F_REQUEST | NLM_F_ACK);
        for (size_t i = 16; i < 20; i++)
                cr_expect_eq(buffer[i], 0);
        cr_expect_eq(buffer[20], 0xee);
}
