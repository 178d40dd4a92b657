/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <criterion/criterion.h>

#include "base/diag.h"
#include "base/utf8.h"

Test(diag, format) {
        static const struct {
                WgpSeverity severity;
                WgpPlace place;
                const char *out;
        } cases[] = {
                { WGP_ERROR, { "f", 3, "S", "K" }, "f:3: [S] K: text" },
                { WGP_WARNING, { "f", 3, "S", NULL }, "f:3: [S] warning: text" },
                { WGP_NOTICE, { "f", 3, NULL, NULL }, "f:3: notice: text" },
                { WGP_ERROR, { "f", 0, NULL, NULL }, "f: text" },
                { WGP_ERROR, { "f", 0, "S", "K" }, "f: [S] K: text" },
        };

        for (size_t i = 0; i < WGP_ARRAY_SIZE(cases); i++) {
                WgpDiagnostics d = WGP_DIAGNOSTICS_NULL;
                char *text;

                cr_assert_eq(wgp_diagnostics_add(&d, cases[i].severity, &cases[i].place, "t%sxt", "e"), 0);
                text = wgp_diagnostic_format(d.items);
                cr_expect_str_eq(text, cases[i].out, "%s", text);
                cr_expect_eq(d.n_errors, cases[i].severity == WGP_ERROR);
                cr_expect_eq(d.n_warnings, cases[i].severity == WGP_WARNING);
                free(text);
                wgp_diagnostics_done(&d);
        }
}

Test(diag, text_is_printable) {
        static const struct {
                const char *in, *out;
        } cases[] = {
                { "plain \xc3\xbc \xe2\x82\xac \xf0\x9f\x90\xa7", "plain \xc3\xbc \xe2\x82\xac \xf0\x9f\x90\xa7" },
                { "\x1b[31m\n\r\t\x7f", "?[31m????" },
                { "\xc2\x9b"
                  "31m \xc2\xa0",
                                "??31m \xc2\xa0" },
                { "\xff\xc0\x80\xed\xa0\x80 \xe2\x82", "?????? ??" },
        };

        for (size_t i = 0; i < WGP_ARRAY_SIZE(cases); i++) {
                const WgpPlace place = { "f", 1, cases[i].in, cases[i].in };
                WgpDiagnostics d = WGP_DIAGNOSTICS_NULL;

                cr_assert_eq(wgp_diagnostics_add(&d, WGP_ERROR, &place, "%s", cases[i].in), 0);
                cr_expect_str_eq(d.items[0].message, cases[i].out, "%s", d.items[0].message);
                cr_expect_str_eq(d.items[0].section, cases[i].out);
                cr_expect_str_eq(d.items[0].key, cases[i].out);
                wgp_diagnostics_done(&d);
        }
}

/* Of a path nothing is lost: somebody has to find the file. */
Test(diag, path_is_printable) {
        static const struct {
                const char *in, *out;
        } cases[] = {
                { "/etc/wg-profile/\xc3\xbc ber.conf", "/etc/wg-profile/\xc3\xbc ber.conf" },
                { "a\x1b[31m\n\x7f.conf", "a\\x1b[31m\\x0a\\x7f.conf" },
                { "\xc2\x9b"
                  "31m \xc2\xa0",
                                "\\xc2\\x9b31m \xc2\xa0" },
                { "\xff.conf", "\xff.conf" },
                { "a\\x1b.conf", "a\\x1b.conf" }, /* it has been made printable before */
                { "", "" },
        };

        for (size_t i = 0; i < WGP_ARRAY_SIZE(cases); i++) {
                const WgpPlace place = { .file = cases[i].in };
                WgpDiagnostics d = WGP_DIAGNOSTICS_NULL;

                cr_assert_eq(wgp_diagnostics_add(&d, WGP_ERROR, &place, "text"), 0);
                cr_expect_str_eq(d.items[0].file, cases[i].out, "%s", d.items[0].file);
                wgp_diagnostics_done(&d);
        }
}

/* A long text loses its middle, never its end, and no character is cut in two. */
Test(diag, text_is_short) {
        for (unsigned n = WGP_MESSAGE_MAX - 20; n < WGP_MESSAGE_MAX + 200; n++) {
                char *in = calloc(2 * n + 1, 1);
                const WgpPlace place = { .file = "f" };
                WgpDiagnostics d = WGP_DIAGNOSTICS_NULL;

                for (unsigned i = 0; i < n / 2; i++)
                        memcpy(in + n % 3 + 2 * i, "\xc3\xbc", 2);
                memset(in, 'x', n % 3);
                cr_assert_eq(wgp_diagnostics_add(&d, WGP_ERROR, &place, "<%s>", in), 0);
                cr_expect(strlen(d.items[0].message) <= WGP_MESSAGE_MAX, "%u", n);
                cr_expect_eq(d.items[0].message[0], '<');
                cr_expect_eq(d.items[0].message[strlen(d.items[0].message) - 1], '>');
                cr_expect(wgp_utf8_is_valid(d.items[0].message), "%u", n);
                wgp_diagnostics_done(&d);
                free(in);
        }
}

/* What is kept is bounded, what is counted is not, and errors find room behind any number of warnings. */
Test(diag, number_is_bounded) {
        const WgpPlace place = { .file = "f" };
        WgpDiagnostics d = WGP_DIAGNOSTICS_NULL;

        for (unsigned i = 0; i < 3 * WGP_DIAGNOSTICS_MAX; i++)
                cr_assert_eq(wgp_warning(&d, &place, "w"), 0);
        cr_expect_eq(d.n_items, WGP_DIAGNOSTICS_MAX / 2);
        cr_expect(wgp_diagnostics_is_full(&d, WGP_WARNING));
        cr_expect_not(wgp_diagnostics_is_full(&d, WGP_ERROR));
        for (unsigned i = 0; i < 2 * WGP_DIAGNOSTICS_MAX; i++)
                cr_assert_eq(wgp_error(&d, &place, "e"), -EBADMSG);
        cr_expect_eq(d.n_items, WGP_DIAGNOSTICS_MAX);
        cr_expect_eq(d.n_warnings, 3 * WGP_DIAGNOSTICS_MAX);
        cr_expect_eq(d.n_errors, 2 * WGP_DIAGNOSTICS_MAX);
        cr_expect_eq(d.n_left_out, 4 * WGP_DIAGNOSTICS_MAX);
        wgp_diagnostics_done(&d);
}

Test(diag, utf8) {
        static const struct {
                const char *in;
                size_t out;
        } cases[] = {
                { "a", 1 },
                { "", 1 },
                { "\x7f", 1 },
                { "\x80", 0 },
                { "\xbf", 0 },
                { "\xc1\xbf", 0 },
                { "\xc2\x80", 2 },
                { "\xc2", 0 },
                { "\xdf\xbf", 2 },
                { "\xe0\x9f\xbf", 0 },
                { "\xe0\xa0\x80", 3 },
                { "\xe0\xa0", 0 },
                { "\xed\x9f\xbf", 3 },
                { "\xed\xa0\x80", 0 },
                { "\xee\x80\x80", 3 },
                { "\xf0\x8f\xbf\xbf", 0 },
                { "\xf0\x90\x80\x80", 4 },
                { "\xf4\x8f\xbf\xbf", 4 },
                { "\xf4\x90\x80\x80", 0 },
                { "\xf5\x80\x80\x80", 0 },
                { "\xf0\x90\x80", 0 },
                { "\xe2\x28\xa1", 0 },
        };

        for (size_t i = 0; i < WGP_ARRAY_SIZE(cases); i++)
                cr_expect_eq(wgp_utf8_size(cases[i].in), cases[i].out, "row %zu", i);
}
