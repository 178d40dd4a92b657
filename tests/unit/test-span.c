/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Times and sizes as people say them. */

#include <criterion/criterion.h>

#include "cli/span.h"

Test(span, times) {
        static const struct {
                uint64_t seconds;
                const char *expected;
        } cases[] = {
                { 0, "0s" },
                { 59, "59s" },
                { 60, "1min" },
                { 61, "1min 1s" },
                { 3599, "59min 59s" },
                { 3600, "1h" },
                { 3661, "1h 1min" },
                { 86399, "23h 59min" },
                { 86400, "1 day" },
                { 90000, "1 day 1h" },
                { 172800, "2 days" },
                { 1000000, "11 days 13h" },
                { UINT64_MAX, "213503982334601 days 7h" },
        };

        for (size_t i = 0; i < WGP_ARRAY_SIZE(cases); i++) {
                char text[WGP_SPAN_SIZE];

                wgp_span_format(cases[i].seconds, text);
                cr_expect_str_eq(text, cases[i].expected);
        }
}

Test(span, sizes) {
        static const struct {
                uint64_t bytes;
                const char *expected;
        } cases[] = {
                { 0, "0 B" },
                { 1023, "1023 B" },
                { 1024, "1.00 KiB" },
                { 1536, "1.50 KiB" },
                { 1048576, "1.00 MiB" },
                { 5368709120, "5.00 GiB" },
                { UINT64_MAX, "16.00 EiB" },
        };

        for (size_t i = 0; i < WGP_ARRAY_SIZE(cases); i++) {
                char text[WGP_BYTES_SIZE];

                wgp_bytes_format(cases[i].bytes, text);
                cr_expect_str_eq(text, cases[i].expected);
        }
}
