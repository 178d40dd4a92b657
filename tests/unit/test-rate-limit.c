/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <criterion/criterion.h>
#include <fcntl.h>
#include <unistd.h>

#include "resolver/budget-file.h"
#include "system/whole-file.h"

#define SECONDS(n) ((uint64_t) (n) *1000000)

Test(rate_limit, budget) {
        static const struct {
                unsigned at; /* seconds */
                bool allowed;
        } steps[] = {
                { 5, true },
                { 6, true },
                { 300, true },
                { 301, false },
                { 604, false },
                { 605, true },
                { 605, false },
                { 606, true },
                { 899, false },
                { 900, true },
                { 901, false },
        };
        WgpBudget budget = {};

        for (size_t i = 0; i < WGP_ARRAY_SIZE(steps); i++)
                cr_expect_eq(wgp_budget_spend(&budget, SECONDS(steps[i].at)), steps[i].allowed, "second %u",
                                steps[i].at);
}

/* Another process goes on where the last one was. */
Test(rate_limit, budget_file) {
        static const struct {
                const char *name, *text; /* NULL: what was written */
                bool allowed;            /* once more */
        } cases[] = {
                { "as it was written", NULL, false },
                { "nothing", "", true },
                { "no number", "100000000\nx\n100000000\n", true },
                { "of a time to come", "500000000\n500000000\n500000000\n", true },
                { "too much", "100000000\n100000000\n100000000\n100000000\n", true },
        };
        char directory[] = "/tmp/wgp-budget-XXXXXX";
        WgpBudget budget = {};
        int fd;

        cr_assert(mkdtemp(directory));
        fd = open(directory, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
        for (unsigned i = 0; i < WGP_BUDGET_MAX; i++)
                cr_assert(wgp_budget_spend(&budget, SECONDS(100 + i)));
        for (size_t i = 0; i < WGP_ARRAY_SIZE(cases); i++) {
                WgpBudget again = {};

                if (cases[i].text)
                        cr_assert_eq(wgp_write_file(fd, "site.restarts", cases[i].text), 0);
                else
                        cr_assert_eq(wgp_budget_write(fd, "site", &budget), 0);
                wgp_budget_read(fd, "site", SECONDS(200), &again);
                cr_expect_eq(wgp_budget_spend(&again, SECONDS(200)), cases[i].allowed, "case '%s'", cases[i].name);
        }
        wgp_budget_remove(fd, "site");
        close(fd);
        cr_expect_eq(rmdir(directory), 0, "the file is gone");
}

Test(rate_limit, pace) {
        static const struct {
                unsigned wanted, next; /* seconds */
        } steps[] = {
                { 5, 5 },
                { 5, 6 },
                { 6, 8 },
                { 8, 12 },
                { 12, 20 },
                { 20, 36 },
                { 36, 68 },
                { 68, 128 },
                { 128, 188 },
                { 188, 248 },
                { 400, 400 },
                { 401, 460 },
                { 1060, 1060 },
                { 1060, 1061 },
        };
        WgpPace pace = {};

        for (size_t i = 0; i < WGP_ARRAY_SIZE(steps); i++) {
                uint64_t next = wgp_pace_next(&pace, SECONDS(steps[i].wanted));

                cr_expect_eq(next, SECONDS(steps[i].next), "step %zu: %lu", i, (unsigned long) (next / 1000000));
                wgp_pace_done(&pace, next);
        }
}
