/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <criterion/criterion.h>

#include "resolver/rr.h"

Test(rr, ttl) {
        static const struct {
                const char *name, *data;
                size_t size;
                int r;
                uint32_t ttl;
        } cases[] = {
                { "one label", "\3abc\0\0\1\0\1\0\0\1\54\0\0", 15, 0, 300 },
                { "two labels", "\3abc\2de\0\0\1\0\1\x12\x34\x56\x78\0\0", 18, 0, 0x12345678 },
                { "the root", "\0\0\1\0\1\0\0\0\7\0\0", 11, 0, 7 },
                { "with data", "\0\0\1\0\1\0\0\0\7\0\4\1\2\3\4", 15, 0, 7 },
                { "a TTL of 0", "\0\0\1\0\1\0\0\0\0\0\0", 11, 0, 0 },
                { "nothing", "", 0, -EBADMSG, 0 },
                { "no end of the name", "\3abc", 4, -EBADMSG, 0 },
                { "a label beyond the end", "\77abc\0\0\1\0\1\0\0\0\7\0\0", 15, -EBADMSG, 0 },
                { "a pointer", "\300\14\0\1\0\1\0\0\0\7\0\0", 12, -EBADMSG, 0 },
                { "one byte too few", "\3abc\0\0\1\0\1\0\0\1\54\0", 14, -EBADMSG, 0 },
                { "nothing after the name", "\3abc\0", 5, -EBADMSG, 0 },
        };

        for (size_t i = 0; i < WGP_ARRAY_SIZE(cases); i++) {
                uint8_t *copy = malloc(cases[i].size + 1); /* for the sanitizer to see the end */
                uint32_t ttl = 77;
                int r;

                memcpy(copy, cases[i].data, cases[i].size);
                copy = realloc(copy, cases[i].size > 0 ? cases[i].size : 1);
                r = wgp_rr_parse(copy, cases[i].size, &ttl, /* ret_alias= */ NULL);
                cr_expect_eq(r, cases[i].r, "case '%s': %d", cases[i].name, r);
                cr_expect_eq(ttl, r < 0 ? 77 : cases[i].ttl, "case '%s': %u", cases[i].name, ttl);
                free(copy);
        }
}

Test(rr, alias) {
        static const struct {
                const char *name, *data;
                size_t size;
                int r;
                const char *alias;
        } cases[] = {
                { "two labels", "\1a\0\0\5\0\1\0\0\1\54\0\10\3abc\2de\0", 21, 0, "abc.de" },
                { "the root", "\1a\0\0\5\0\1\0\0\1\54\0\1\0", 14, -EBADMSG, NULL },
                { "nothing", "\1a\0\0\5\0\1\0\0\1\54\0\0", 13, -EBADMSG, NULL },
                { "longer than the record", "\1a\0\0\5\0\1\0\0\1\54\0\11\3abc\2de\0", 21, -EBADMSG, NULL },
                { "shorter than it says", "\1a\0\0\5\0\1\0\0\1\54\0\7\3abc\2de\0", 21, -EBADMSG, NULL },
                { "a pointer", "\1a\0\0\5\0\1\0\0\1\54\0\2\300\14", 15, -EBADMSG, NULL },
                { "a dot in a label", "\1a\0\0\5\0\1\0\0\1\54\0\5\3a.b\0", 18, -EBADMSG, NULL },
                { "a line feed in a label", "\1a\0\0\5\0\1\0\0\1\54\0\5\3a\nb\0", 18, -EBADMSG, NULL },
        };

        for (size_t i = 0; i < WGP_ARRAY_SIZE(cases); i++) {
                uint8_t *copy = malloc(cases[i].size);
                char *alias = NULL;
                uint32_t ttl;
                int r;

                memcpy(copy, cases[i].data, cases[i].size);
                r = wgp_rr_parse(copy, cases[i].size, &ttl, &alias);
                cr_expect_eq(r, cases[i].r, "case '%s': %d", cases[i].name, r);
                if (r >= 0)
                        cr_expect_str_eq(alias, cases[i].alias, "case '%s'", cases[i].name);
                free(alias);
                free(copy);
        }
}
