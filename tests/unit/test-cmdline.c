/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The switches on the kernel command line. */

#include <criterion/criterion.h>
#include <stdio.h>

#include "generator/cmdline.h"

/* The result in one word: "all", "none", or the names. */
static void format(const WgpCmdline *c, char *buffer, size_t size) {
        snprintf(buffer, size, "%s", c->nothing ? "none" : c->has_only ? "only" : "all");
        for (size_t i = 0; i < c->n_only; i++)
                snprintf(buffer + strlen(buffer), size - strlen(buffer), " <%s>", c->only[i]);
}

Test(cmdline, kernel) {
        static const struct {
                const char *in, *out;
                size_t n_warnings;
        } cases[] = {
                { "", "all", 0 },
                { "\n", "all", 0 },
                { "ro quiet splash\n", "all", 0 },
                { "wg_profile=no", "none", 0 },
                { "ro wg_profile=no quiet\n", "none", 0 },
                { "wg_profile=off", "none", 0 },
                { "wg_profile=0", "none", 0 },
                { "wg-profile=no", "none", 0 },
                { "wg_profile=yes", "all", 0 },
                { "wg_profile", "all", 0 },
                { "wg_profile=no wg_profile", "all", 0 },
                { "wg_profile=no wg_profile=yes", "all", 0 },
                { "wg_profile=yes wg_profile=no", "none", 0 },
                { "wg_profile=", "all", 1 },
                { "wg_profile=perhaps", "all", 1 },
                { "wg_profile=no wg_profile=perhaps", "none", 1 },
                { "wg_profiles=no rd.wg_profile=no xwg_profile=no wg_profile.x=no", "all", 0 },
                { "wg_profile.only=a", "only <a>", 0 },
                { "wg-profile.only=a,b", "only <a> <b>", 0 },
                { "wg_profile.only=a wg_profile.only=b", "only <a> <b>", 0 },
                { "wg_profile.only=,a,,b,", "only <a> <b>", 0 },
                { "wg_profile.only=", "all", 1 },
                { "wg_profile.only", "all", 1 },
                { "wg_profile.only=,", "all", 1 },
                { "wg_profile.only=a wg_profile=no", "none <a>", 0 },
                { "wg_profile.only=\"my vpn\",b", "only <my vpn> <b>", 0 },
                { "\"wg_profile.only=my vpn,b\"", "only <my vpn> <b>", 0 },
                { "wg_profile.only='a b' wg_profile=no", "none <a b>", 0 },
                { "wg_profile.only=a'\"'b", "only <a\"b>", 0 },
                { "wg_profile.only=a\\ b", "only <a\\>", 0 },
                { "x=\"y wg_profile=no", "all", 0 },
                { "x='y' wg_profile=\"no", "none", 0 },
                { "a\twg_profile=no\vb", "none", 0 },
        };

        for (size_t i = 0; i < WGP_ARRAY_SIZE(cases); i++) {
                _cleanup_(wgp_diagnostics_done) WgpDiagnostics diagnostics = WGP_DIAGNOSTICS_NULL;
                _cleanup_(wgp_cmdline_done) WgpCmdline cmdline = WGP_CMDLINE_NULL;
                char text[256];

                cr_assert_eq(wgp_cmdline_parse(cases[i].in, strlen(cases[i].in), WGP_CMDLINE_KERNEL, &diagnostics,
                                             &cmdline),
                                0);
                format(&cmdline, text, sizeof(text));
                cr_expect_str_eq(text, cases[i].out, "case '%s': %s", cases[i].in, text);
                cr_expect_eq(diagnostics.n_warnings, cases[i].n_warnings, "case '%s'", cases[i].in);
                cr_expect_eq(diagnostics.n_errors, 0, "case '%s'", cases[i].in);
        }
}

/* A container's arguments are words already: neither blanks nor quotes mean anything. */
Test(cmdline, arguments) {
        static const char data[] = "/sbin/init\0wg_profile.only=my vpn,\"b\"\0\0x=wg_profile=no";
        _cleanup_(wgp_diagnostics_done) WgpDiagnostics diagnostics = WGP_DIAGNOSTICS_NULL;
        _cleanup_(wgp_cmdline_done) WgpCmdline cmdline = WGP_CMDLINE_NULL;
        char text[256];

        cr_assert_eq(wgp_cmdline_parse(data, sizeof(data), WGP_CMDLINE_ARGUMENTS, &diagnostics, &cmdline), 0);
        format(&cmdline, text, sizeof(text));
        cr_expect_str_eq(text, "only <my vpn> <\"b\">");
        cr_expect_eq(diagnostics.n_items, 0);
}

Test(cmdline, allows) {
        static const struct {
                const char *in, *name;
                bool allows;
        } cases[] = {
                { "", "a", true },
                { "wg_profile=no", "a", false },
                { "wg_profile.only=a", "a", true },
                { "wg_profile.only=a", "b", false },
                { "wg_profile.only=ab", "a", false },
                { "wg_profile.only=a", "ab", false },
                { "wg_profile.only=x,a", "a", true },
                { "wg_profile.only=a wg_profile=no", "a", false },
        };

        for (size_t i = 0; i < WGP_ARRAY_SIZE(cases); i++) {
                _cleanup_(wgp_diagnostics_done) WgpDiagnostics diagnostics = WGP_DIAGNOSTICS_NULL;
                _cleanup_(wgp_cmdline_done) WgpCmdline cmdline = WGP_CMDLINE_NULL;

                cr_assert_eq(wgp_cmdline_parse(cases[i].in, strlen(cases[i].in), WGP_CMDLINE_KERNEL, &diagnostics,
                                             &cmdline),
                                0);
                cr_expect_eq(wgp_cmdline_allows(&cmdline, cases[i].name), cases[i].allows, "case '%s', %s",
                                cases[i].in, cases[i].name);
        }
}

/* Bytes of any kind: only what lies inside the buffer is read (the address sanitizer watches). */
Test(cmdline, any_bytes) {
        char *data = malloc(5);

        for (unsigned n = 0; n < 100000; n++) {
                _cleanup_(wgp_diagnostics_done) WgpDiagnostics diagnostics = WGP_DIAGNOSTICS_NULL;
                _cleanup_(wgp_cmdline_done) WgpCmdline cmdline = WGP_CMDLINE_NULL;
                static const char alphabet[] = "\"' =\0w\\";

                for (unsigned i = 0, k = n; i < 5; i++, k /= 7)
                        data[i] = alphabet[k % 7];
                cr_assert_eq(wgp_cmdline_parse(data, 5, n % 2 ? WGP_CMDLINE_KERNEL : WGP_CMDLINE_ARGUMENTS,
                                             &diagnostics, &cmdline),
                                0);
        }
        free(data);
}
