/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* core/numbers.c: marks and priorities of policy routing. */

#include "core/numbers.h"

#include <criterion/criterion.h>
#include <linux/fib_rules.h>

static const struct {
        const char *name;
        uint32_t priorities[6]; /* taken */
        uint32_t skip, lookup;  /* 0: refused */
} cases[] = {
        { "the first tunnel", { 0 }, 31000, 31996 },
        { "other people's rules elsewhere", { 5, 30999, 32000, 32766 }, 31000, 31996 },
        { "the second one goes below", { 31000, 31996, 31997 }, 31001, 31994 },
        { "a gap of one that went is not used by a new one", { 31001, 31994, 31995 }, 31000, 31992 },
        { "somebody else's odd rule", { 31801 }, 31000, 31798 },
        { "nothing below: where there is room", { 31000, 31500, 31501 }, 31001, 31502 },
        { "nothing below, and an odd one in the way", { 31500, 31503 }, 31000, 31504 },
};

Test(numbers, priorities) {
        for (size_t i = 0; i < WGP_ARRAY_SIZE(cases); i++) {
                WgpNetwork used = WGP_NETWORK_NULL;
                WgpDesiredInput input = { .mark = 7 };

                for (size_t j = 0; j < WGP_ARRAY_SIZE(cases[i].priorities) && cases[i].priorities[j] > 0; j++)
                        *wgp_network_add_rule(&used) = (WgpRule) { .family = AF_INET, .priority = cases[i].priorities[j] };
                cr_expect_eq(wgp_numbers_build(&used, &input), 0, "case '%s'", cases[i].name);
                cr_expect_eq(input.skip_priority, cases[i].skip, "case '%s': %u", cases[i].name, input.skip_priority);
                cr_expect_eq(input.lookup_priority, cases[i].lookup, "case '%s': %u", cases[i].name, input.lookup_priority);
                cr_expect_eq(input.mark, 7, "case '%s'", cases[i].name);
                wgp_network_done(&used);
        }
}

Test(numbers, all_taken) {
        WgpNetwork used = WGP_NETWORK_NULL;
        WgpDesiredInput input = {};

        for (uint32_t p = WGP_RULE_LOOKUP_FIRST; p <= WGP_RULE_LOOKUP_LAST; p += 2)
                *wgp_network_add_rule(&used) = (WgpRule) { .family = AF_INET6, .priority = p };
        cr_expect_eq(wgp_numbers_build(&used, &input), -ENOSPC);
        wgp_network_done(&used);
}

Test(numbers, marks) {
        WgpNetwork used = WGP_NETWORK_NULL;

        cr_expect_eq(wgp_numbers_next_mark(&used, 51820), 51820);
        *wgp_network_add_rule(&used) = (WgpRule) { .family = AF_INET, .table = 51821 };
        *wgp_network_add_rule(&used) = (WgpRule) { .has_fwmark = true, .fwmark = 51820 };
        *wgp_network_add_rule(&used) = (WgpRule) { .fwmark = 51822 }; /* a number, but no mark */
        cr_expect_eq(wgp_numbers_next_mark(&used, 51820), 51822);
        wgp_network_done(&used);
}

Test(numbers, recorded) {
        WgpNetwork recorded = WGP_NETWORK_NULL;
        WgpDesiredInput input = {};

        *wgp_network_add_rule(&recorded) = (WgpRule) {
                .family = AF_INET,
                .priority = 100,
                .action = FR_ACT_TO_TBL,
                .has_fwmark = true,
                .fwmark = 51825,
                .invert = true,
        };
        cr_expect_eq(wgp_numbers_find_recorded(&recorded, &input), -ENOENT, "the user's own rule");

        *wgp_network_add_rule(&recorded) = (WgpRule) {
                .family = AF_INET6,
                .priority = 31003,
                .action = FR_ACT_GOTO,
                .goto_priority = WGP_RULE_NOP,
                .has_fwmark = true,
                .fwmark = 51824,
        };
        *wgp_network_add_rule(&recorded) = (WgpRule) {
                .family = AF_INET6,
                .priority = 31991,
                .action = FR_ACT_TO_TBL,
                .has_fwmark = true,
                .fwmark = 51824,
                .invert = true,
        };
        cr_expect_eq(wgp_numbers_find_recorded(&recorded, &input), 0);
        cr_expect_eq(input.mark, 51824);
        cr_expect_eq(input.skip_priority, 31003);
        cr_expect_eq(input.lookup_priority, 31990);
        wgp_network_done(&recorded);
}
