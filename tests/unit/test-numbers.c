/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* desired/policy-numbers.c: marks and priorities of policy routing. */

#include "desired/policy-numbers.h"

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
                        *wgp_network_add_rule(&used) =
                                        (WgpRule) { .family = AF_INET, .priority = cases[i].priorities[j] };
                cr_expect_eq(wgp_numbers_build(&used, &input), 0, "case '%s'", cases[i].name);
                cr_expect_eq(input.skip_priority, cases[i].skip, "case '%s': %u", cases[i].name, input.skip_priority);
                cr_expect_eq(input.lookup_priority, cases[i].lookup, "case '%s': %u", cases[i].name,
                                input.lookup_priority);
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

Test(numbers, keep_mark) {
        static const struct {
                const char *name;
                WgpDevice device;
                WgpRule rule; /* in the kernel, or another tunnel's */
                uint32_t mark;
        } rows[] = {
                { "none", {}, {}, 0 },
                { "one that was chosen", { .has_fwmark = true, .fwmark = 51825 }, { .fwmark = 51825 }, 51825 },
                { "one that the profile stated", { .has_fwmark = true, .fwmark = 7 }, {}, 0 },
                { "off, stated", { .has_fwmark = true }, {}, 0 },
                { "now another tunnel's, or a rule's", { .has_fwmark = true, .fwmark = 51825 },
                                { .has_fwmark = true, .fwmark = 51825 }, 0 },
                { "now a rule's table", { .has_fwmark = true, .fwmark = 51825 }, { .table = 51825 }, 0 },
                { "another one is taken", { .has_fwmark = true, .fwmark = 51825 },
                                { .has_fwmark = true, .fwmark = 51824 }, 51825 },
        };

        for (size_t i = 0; i < WGP_ARRAY_SIZE(rows); i++) {
                WgpNetwork recorded = { .device = rows[i].device }, used = WGP_NETWORK_NULL;
                uint32_t mark;

                *wgp_network_add_rule(&used) = rows[i].rule;
                mark = wgp_numbers_keep_mark(&recorded, &used);
                cr_expect_eq(mark, rows[i].mark, "row '%s': %u", rows[i].name, mark);
                wgp_network_done(&used);
        }
}

static const struct {
        const char *name;
        WgpRule rules[3];
        uint32_t mark; /* from 51820, which is 0xca6c */
} mask_cases[] = {
        { "the whole mark", { { .has_fwmark = true, .fwmark = 51820, .fwmask = UINT32_MAX } }, 51821 },
        { "another part", { { .has_fwmark = true, .fwmark = 0x80000, .fwmask = 0xff0000 } }, 51820 },
        { "a bit of ours", { { .has_fwmark = true, .fwmark = 0x4000, .fwmask = 0x4000 } }, 0x10000 },
        { "a byte of ours", { { .has_fwmark = true, .fwmark = 0xca00, .fwmask = 0xff00 } }, 0xcb00 },
        { "and the next one",
                        { { .has_fwmark = true, .fwmark = 0xca00, .fwmask = 0xff00 },
                                        { .has_fwmark = true, .fwmark = 0xcb00, .fwmask = 0xff00 } },
                        0xcc00 },
        { "all but that", { { .has_fwmark = true, .fwmark = 0x4000, .fwmask = 0x4000, .invert = true } }, 51820 },
        { "a high bit that is not set", { { .has_fwmark = true, .fwmark = 0, .fwmask = 0x80000000 } }, 0x80000000 },
        { "bit set, bit not set, and that very mark",
                        { { .has_fwmark = true, .fwmark = 1, .fwmask = 1 },
                                        { .has_fwmark = true, .fwmark = 0, .fwmask = 1 },
                                        { .has_fwmark = true, .fwmark = 51820, .fwmask = UINT32_MAX } },
                        51821 },
        { "a mask and its table", { { .has_fwmark = true, .fwmark = 0xca00, .fwmask = 0xff00, .table = 0xcb00 } },
                        0xcb01 },
};

Test(numbers, masks) {
        for (size_t i = 0; i < WGP_ARRAY_SIZE(mask_cases); i++) {
                WgpNetwork used = WGP_NETWORK_NULL;
                uint32_t mark;

                for (size_t j = 0; j < WGP_ARRAY_SIZE(mask_cases[i].rules); j++)
                        *wgp_network_add_rule(&used) = mask_cases[i].rules[j];
                mark = wgp_numbers_next_mark(&used, 51820);
                cr_expect_eq(mark, mask_cases[i].mark, "case '%s': %#x", mask_cases[i].name, mark);
                wgp_network_done(&used);
        }
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
