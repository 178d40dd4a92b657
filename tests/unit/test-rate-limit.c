/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <criterion/criterion.h>

#include "resolver/rate-limit.h"

#define SECONDS(n) ((uint64_t) (n) * 1000000)

Test(rate_limit, budget) {
        static const struct {
                unsigned at; /* seconds */
                bool allowed;
        } steps[] = {
                { 5, true },    { 6, true },   { 300, true }, { 301, false }, { 604, false }, { 605, true },
                { 605, false }, { 606, true }, { 899, false }, { 900, true }, { 901, false },
        };
        WgpBudget budget = {};

        for (size_t i = 0; i < WGP_ARRAY_SIZE(steps); i++)
                cr_expect_eq(wgp_budget_spend(&budget, SECONDS(steps[i].at)), steps[i].allowed, "second %u", steps[i].at);
}

Test(rate_limit, pace) {
        static const struct {
                unsigned wanted, next; /* seconds */
        } steps[] = {
                { 5, 5 },     { 5, 6 },     { 6, 8 },     { 8, 12 },    { 12, 20 },    { 20, 36 },    { 36, 68 },
                { 68, 128 },  { 128, 188 }, { 188, 248 }, { 400, 400 }, { 401, 460 },  { 1060, 1060 }, { 1060, 1061 },
        };
        WgpPace pace = {};

        for (size_t i = 0; i < WGP_ARRAY_SIZE(steps); i++) {
                uint64_t next = wgp_pace_next(&pace, SECONDS(steps[i].wanted));

                cr_expect_eq(next, SECONDS(steps[i].next), "step %zu: %lu", i, (unsigned long) (next / 1000000));
                wgp_pace_done(&pace, next);
        }
}
