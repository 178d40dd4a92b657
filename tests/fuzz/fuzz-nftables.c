/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Rules of a table, and what nf_tables tells of changes. */

#include "fuzz.h"
#include "netlink/message.h"
#include "netlink/nf-message.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
        uint8_t *copy = fuzz_copy(data, size);
        const struct nlmsghdr *message;
        const uint8_t *at = copy;
        WgpNfRules rules = {};
        size_t left = size, n = 0;

        while ((message = wgp_message_take(&at, &left))) {
                WgpNfChange change = {};

                (void) wgp_nf_rules_collect(message, &rules);
                check(rules.n_rules <= ++n);
                if (wgp_nf_change_decode(message, &change) == 0)
                        check(memchr(change.table, 0, sizeof(change.table)));
        }
        free(copy);
        return 0;
}
