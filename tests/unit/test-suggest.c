/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Which verb somebody meant. */

#include <criterion/criterion.h>

#include "base/suggest.h"

Test(suggest, near_and_far) {
        static const char *const words[] = { "list", "check", "show", "plan", "status", "up", "down", "reload",
                "convert" };
        static const struct {
                const char *typed, *expected;
        } cases[] = {
                { "lst", "list" },
                { "lists", "list" },
                { "ilst", "list" },
                { "chekc", "check" },
                { "shwo", "show" },
                { "relaod", "reload" },
                { "convertt", "convert" },
                { "konvert", "convert" },
                { "u", "up" },
                { "dwon", "down" },
                { "LIST", NULL },
                { "import", NULL },
                { "xyzzy", NULL },
                { "", NULL },
                { "a-word-that-is-far-too-long-to-be-a-mistake", NULL },
        };

        for (size_t i = 0; i < WGP_ARRAY_SIZE(cases); i++) {
                const char *found = wgp_suggest(cases[i].typed, words, WGP_ARRAY_SIZE(words));

                cr_expect(streq_ptr(found, cases[i].expected), "case '%s': %s", cases[i].typed, found ?: "none");
        }
}

Test(suggest, no_words) {
        cr_expect_null(wgp_suggest("list", NULL, 0));
}
