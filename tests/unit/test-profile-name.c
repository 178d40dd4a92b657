/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Names of profiles, and what they are as instances. tests/units/check-units holds the escapes to systemctl
 * itself. */

#include <criterion/criterion.h>

#include "system/profile-name.h"

Test(profile_name, problem) {
        static const struct {
                const char *name;
                const char *problem; /* a part of it; NULL: a good name */
        } cases[] = {
                { "wg0", NULL },
                { "my-vpn", NULL },
                { "with space", NULL },
                { "100%", NULL },
                { "über", NULL },
                { "a.b", NULL },
                { "vpn@home", NULL },
                { "]", NULL },
                { "", "empty" },
                { ".", "dot" },
                { ".hidden", "dot" },
                { "a\\b", "'\\'" },
                { "a*", "'*'" },
                { "a?", "'?'" },
                { "[a", "'['" },
                { "a/b", "'/'" },
                { "a:b", "':'" },
                { "a\nb", "control" },
                { "a\x7f", "control" },
                { "a.resolver", "'.resolver'" },
                { "a.resolvers", NULL },
                { "resolver", NULL },
        };

        for (size_t i = 0; i < WGP_ARRAY_SIZE(cases); i++) {
                const char *problem = wgp_profile_name_problem(cases[i].name);

                cr_expect_eq(!problem, !cases[i].problem, "case '%s': %s", cases[i].name, problem ?: "accepted");
                if (problem && cases[i].problem)
                        cr_expect(strstr(problem, cases[i].problem), "case '%s': %s", cases[i].name, problem);
        }
}

/* The directory of the drop-ins has to fit into NAME_MAX; an escape takes four bytes. */
Test(profile_name, length) {
        char name[NAME_MAX + 1];

        for (size_t n = 1; n < sizeof(name); n++) {
                size_t n_directory = strlen("wg-profile@.service.d") + n;

                memset(name, 'x', n);
                name[n] = 0;
                cr_expect_eq(!wgp_profile_name_problem(name), n_directory <= NAME_MAX, "%zu bytes", n);
                name[0] = '+';
                cr_expect_eq(!wgp_profile_name_problem(name), n_directory + 3 <= NAME_MAX, "%zu bytes, one escaped",
                                n);
        }
}

Test(profile_name, escape) {
        static const struct {
                const char *name, *instance;
        } cases[] = {
                { "wg0", "wg0" },
                /* as systemctl of systemd 252 has it */
                { "my-vpn", "my-vpn" },
                { "my vpn", "my\\x20vpn" },
                { "a+b=c", "a\\x2bb\\x3dc" },
                { "über", "\\xc3\\xbcber" },
                { "100%", "100\\x25" },
                { "a@b._-", "a@b._-" },
                { "a]", "a\\x5d" },
                { "quote'\"", "quote\\x27\\x22" },
                { "\xff", "\\xff" },
        };

        for (size_t i = 0; i < WGP_ARRAY_SIZE(cases); i++) {
                _cleanup_(freep) char *instance = wgp_instance_escape(cases[i].name), *name = NULL;

                cr_expect_str_eq(instance, cases[i].instance, "case '%s'", cases[i].name);
                cr_expect_eq(wgp_instance_unescape(cases[i].instance, &name), 0, "case '%s'", cases[i].name);
                cr_expect(name && streq(name, cases[i].name), "case '%s': back to '%s'", cases[i].name,
                                name ?: "nothing");
        }
}

/* What is no instance of ours would be a second unit for the same tunnel. */
Test(profile_name, unescape_refuses) {
        static const char *const cases[] = {
                "",
                "\\",
                "\\x",
                "\\x2",
                "\\x2g",
                "\\X20",
                "a\\x2D",     /* upper case */
                "my\\x2dvpn", /* systemd-escape's, not systemctl's */
                "\\x61",
                "a b", /* not escaped */
                "\\x00",
                "\\x2fetc",
                "\\x2ehidden",
                "\\x5c",
                "\\x0a",
                ".hidden",
                "a:b",
        };

        for (size_t i = 0; i < WGP_ARRAY_SIZE(cases); i++) {
                char *name = (char *) "untouched";

                cr_expect_eq(wgp_instance_unescape(cases[i], &name), -EINVAL, "case '%s'", cases[i]);
                cr_expect_str_eq(name, "untouched", "case '%s'", cases[i]);
        }
}

Test(profile_name, format) {
        static const struct {
                const char *file;
                size_t n; /* 0: no profile */
                WgpFormat format;
        } cases[] = {
                { "wg0.conf", 3, WGP_FORMAT_WG_QUICK },
                { "wg0.nmconnection", 3, WGP_FORMAT_KEYFILE },
                { "a.conf.conf", 6, WGP_FORMAT_WG_QUICK },
                { "a.nmconnection.conf", 14, WGP_FORMAT_WG_QUICK },
                { ".conf", 0, 0 },
                { "conf", 0, 0 },
                { "wg0.conf~", 0, 0 },
                { "wg0.CONF", 0, 0 },
                { "wg0.conf.d", 0, 0 },
                { "", 0, 0 },
        };

        for (size_t i = 0; i < WGP_ARRAY_SIZE(cases); i++) {
                WgpFormat format = _WGP_FORMAT_N;

                cr_expect_eq(wgp_profile_name_length(cases[i].file, &format), cases[i].n, "case '%s'", cases[i].file);
                cr_expect_eq(format, cases[i].n > 0 ? cases[i].format : _WGP_FORMAT_N, "case '%s'", cases[i].file);
        }
}

Test(profile_name, printable) {
        _cleanup_(freep) char *text = wgp_printable("a\n\x1b[2Jü%\\");

        cr_expect_str_eq(text, "a\\x0a\\x1b[2Jü%\\");
}
