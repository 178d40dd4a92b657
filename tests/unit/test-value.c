/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <criterion/criterion.h>

#include "model/value.h"

typedef struct NumberCase {
        const char *in;
        uint64_t max;
        int r;
        uint64_t out;
} NumberCase;

static void check_numbers(const char *name, int (*parse)(const char *, uint64_t, uint64_t *), const NumberCase *cases,
                size_t n_cases) {
        for (size_t i = 0; i < n_cases; i++) {
                uint64_t out = 4711;
                int r = parse(cases[i].in, cases[i].max, &out);

                cr_expect_eq(r, cases[i].r, "%s '%s': %d", name, cases[i].in, r);
                cr_expect_eq(out, r < 0 ? 4711 : cases[i].out, "%s '%s': %llu", name, cases[i].in,
                                (unsigned long long) out);
        }
}

Test(value, decimal) {
        static const NumberCase cases[] = {
                { "0", 65535, 0, 0 },
                { "65535", 65535, 0, 65535 },
                { "65536", 65535, -ERANGE, 0 },
                { "025", 65535, 0, 25 },
                { "00000000000000000000000000000000000007", 9, 0, 7 },
                { "18446744073709551615", UINT64_MAX, 0, UINT64_MAX },
                { "18446744073709551616", UINT64_MAX, -ERANGE, 0 },
                { "99999999999999999999999999999999", UINT64_MAX, -ERANGE, 0 },
                { "36893488147419103233", 5, -ERANGE, 0 }, /* 1 modulo 2^64 */
                { "7", 5, -ERANGE, 0 },
                { "5", 5, 0, 5 },
                { "9", 0, -ERANGE, 0 },
                { "0", 0, 0, 0 },
                { "", 9, -EINVAL, 0 },
                { " 1", 9, -EINVAL, 0 },
                { "1 ", 9, -EINVAL, 0 },
                { "+1", 9, -EINVAL, 0 },
                { "-1", 9, -EINVAL, 0 },
                { "0x1", 9, -EINVAL, 0 },
                { "99999x", 9, -EINVAL, 0 },
                { "\xd9\xa1", 9, -EINVAL, 0 },
        };

        check_numbers("decimal", wgp_parse_decimal, cases, WGP_ARRAY_SIZE(cases));
}

Test(value, base0) {
        static const NumberCase cases[] = {
                { "0", 65535, 0, 0 },
                { "10", 65535, 0, 10 },
                { "0x10", 65535, 0, 16 },
                { "0X1f", 65535, 0, 31 },
                { "010", 65535, 0, 8 },
                { " 7\t", 65535, 0, 7 },
                { "65536", 65535, -ERANGE, 0 },
                { "0x10000000000000000", UINT64_MAX, -ERANGE, 0 },
                { "18446744073709551615", UINT64_MAX, 0, UINT64_MAX },
                { "-1", 65535, -ERANGE, 0 },
                { "+1", 65535, -EINVAL, 0 },
                { "08", 65535, -EINVAL, 0 },
                { "0x", 65535, -EINVAL, 0 },
                { "", 65535, -EINVAL, 0 },
                { " ", 65535, -EINVAL, 0 },
                { "1 2", 65535, -EINVAL, 0 },
                { "x", 65535, -EINVAL, 0 },
        };

        check_numbers("base 0", wgp_parse_base0, cases, WGP_ARRAY_SIZE(cases));
}

Test(value, fwmark) {
        static const struct {
                const char *in;
                int r;
                uint32_t out;
        } cases[] = {
                { "off", 0, 0 },
                { "OFF", 0, 0 },
                { "0", 0, 0 },
                { "0x1234", 0, 0x1234 },
                { "0xAbC", 0, 0xabc },
                { "0xffffffff", 0, UINT32_MAX },
                { "4294967295", 0, UINT32_MAX },
                { "010", 0, 10 },
                { "0x0000000000001", 0, 1 },
                { "0X1234", -EINVAL, 0 },
                { "0x", -EINVAL, 0 },
                { "12abc", -EINVAL, 0 },
                { "-1", -EINVAL, 0 },
                { "4294967296", -ERANGE, 0 },
                { "0xfffffffff", -ERANGE, 0 },
                { "", -EINVAL, 0 },
                { "0xg", -EINVAL, 0 },
                { "offf", -EINVAL, 0 },
                { "0x-1", -EINVAL, 0 },
                { "0x 1", -EINVAL, 0 },
        };

        for (size_t i = 0; i < WGP_ARRAY_SIZE(cases); i++) {
                uint32_t out = 4711;
                int r = wgp_parse_fwmark(cases[i].in, &out);

                cr_expect_eq(r, cases[i].r, "'%s': %d", cases[i].in, r);
                cr_expect_eq(out, r < 0 ? 4711 : cases[i].out, "'%s': %u", cases[i].in, out);
        }
}

Test(value, duration) {
        static const struct {
                const char *in;
                int r;
                uint64_t out;
        } cases[] = {
                { "30min", 0, 1800000000 },
                { "90", 0, 90000000 },
                { "90s", 0, 90000000 },
                { "1h 30min", 0, 5400000000 },
                { "1h30m", 0, 5400000000 },
                { "2 h", 0, 7200000000 },
                { " 2 d ", 0, 172800000000 },
                { "10us", 0, 10 },
                { "10ms", 0, 10000 },
                { "5msec 5usec", 0, 5005 },
                { "0", 0, 0 },
                { "", -EINVAL, 0 },
                { " ", -EINVAL, 0 },
                { "min", -EINVAL, 0 },
                { "5 weeks", 0, 3024000000000 },
                { "1hour 2 minutes 3seconds", 0, 3723000000 },
                { "1 day 1 hr", 0, 90000000000 },
                { "2 month", -EINVAL, 0 },
                { "1hou", -EINVAL, 0 },
                { "1.5h", -EINVAL, 0 },
                { "-5", -EINVAL, 0 },
                { "5,6", -EINVAL, 0 },
                { "999999999999999d", -ERANGE, 0 },
                { "9999999999999999s", -ERANGE, 0 },
                { "200000000d 200000000d", -ERANGE, 0 },
        };

        for (size_t i = 0; i < WGP_ARRAY_SIZE(cases); i++) {
                uint64_t out = 4711;
                int r = wgp_parse_duration(cases[i].in, &out);

                cr_expect_eq(r, cases[i].r, "'%s': %d", cases[i].in, r);
                cr_expect_eq(out, r < 0 ? 4711 : cases[i].out, "'%s': %llu", cases[i].in, (unsigned long long) out);
        }
}

Test(value, boolean) {
        static const struct {
                const char *in;
                int r;
                bool out;
        } cases[] = {
                { "yes", 0, true },
                { "Y", 0, true },
                { "on", 0, true },
                { "1", 0, true },
                { "TRUE", 0, true },
                { "t", 0, true },
                { "no", 0, false },
                { "n", 0, false },
                { "off", 0, false },
                { "0", 0, false },
                { "False", 0, false },
                { "f", 0, false },
                { "", -EINVAL, false },
                { "yes ", -EINVAL, false },
                { "2", -EINVAL, false },
                { "ye", -EINVAL, false },
        };

        for (size_t i = 0; i < WGP_ARRAY_SIZE(cases); i++) {
                bool out = !cases[i].out;
                int r = wgp_parse_boolean(cases[i].in, &out);

                cr_expect_eq(r, cases[i].r, "'%s': %d", cases[i].in, r);
                cr_expect_eq(out, r < 0 ? !cases[i].out : cases[i].out, "'%s'", cases[i].in);
        }
}

Test(value, key) {
        static const struct {
                const char *name, *in;
                WgpKeyStyle style;
                int r;
        } cases[] = {
                { "zero", "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=", WGP_KEY_CANONICAL, 0 },
                { "ones", "//////////////////////////////////////////8=", WGP_KEY_CANONICAL, 0 },
                { "any", "yAnz5TF+lXXJte14tji3zlMNq+hd2rYUIgJBgB3fBmk=", WGP_KEY_CANONICAL, 0 },
                { "43 characters", "yAnz5TF+lXXJte14tji3zlMNq+hd2rYUIgJBgB3fBm=", WGP_KEY_CANONICAL, -EINVAL },
                { "45 characters", "yAnz5TF+lXXJte14tji3zlMNq+hd2rYUIgJBgB3fBmkk=", WGP_KEY_CANONICAL, -EINVAL },
                { "no padding", "yAnz5TF+lXXJte14tji3zlMNq+hd2rYUIgJBgB3fBmkA", WGP_KEY_CANONICAL, -EINVAL },
                { "two bits too many", "yAnz5TF+lXXJte14tji3zlMNq+hd2rYUIgJBgB3fBml=", WGP_KEY_CANONICAL, -EINVAL },
                { "one bit too many", "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAB=", WGP_KEY_CANONICAL, -EINVAL },
                { "url-safe", "yAnz5TF-lXXJte14tji3zlMNq-hd2rYUIgJBgB3fBmk=", WGP_KEY_CANONICAL, -EINVAL },
                { "padding inside", "yAnz5TF=lXXJte14tji3zlMNq+hd2rYUIgJBgB3fBmk=", WGP_KEY_CANONICAL, -EINVAL },
                { "byte above 127", "yAnz5TF\xfflXXJte14tji3zlMNq+hd2rYUIgJBgB3fBmk=", WGP_KEY_CANONICAL, -EINVAL },
                { "blank", "yAnz5TF+lXXJte14tji3zl MNq+hd2rYUIgJBgB3fBmk=", WGP_KEY_CANONICAL, -EINVAL },
                { "blanks, allowed", " yAnz5TF+lXXJte14tji3zl\n\tMNq+hd2rYUIgJBgB3fBmk= ", WGP_KEY_WITH_BLANKS, 0 },
                { "blanks only", "   ", WGP_KEY_WITH_BLANKS, -EINVAL },
                { "empty", "", WGP_KEY_CANONICAL, -EINVAL },
        };

        for (size_t i = 0; i < WGP_ARRAY_SIZE(cases); i++) {
                uint8_t key[WGP_KEY_SIZE], before[WGP_KEY_SIZE];
                char text[WGP_KEY_TEXT_SIZE], *s = strdup(cases[i].in), *to = s;
                int r;

                memset(key, 0x55, sizeof(key));
                memcpy(before, key, sizeof(key));
                r = wgp_key_parse(cases[i].in, cases[i].style, key);
                cr_expect_eq(r, cases[i].r, "case '%s': %d", cases[i].name, r);
                if (r < 0)
                        cr_expect_arr_eq(key, before, sizeof(key), "case '%s'", cases[i].name);
                else {
                        for (const char *from = cases[i].in; *from; from++)
                                if (!strchr(" \n\t", *from))
                                        *to++ = *from;
                        *to = 0;
                        wgp_key_format(key, text);
                        cr_expect_str_eq(text, s, "case '%s': %s", cases[i].name, text);
                }
                free(s);
        }
}

/* Each byte at each place: taken if and only if it is one of the 64. */
Test(value, key_alphabet) {
        static const char alphabet[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

        for (unsigned place = 0; place < 42; place++)
                for (unsigned c = 1; c < 256; c++) {
                        char text[] = "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=", back[WGP_KEY_TEXT_SIZE];
                        uint8_t key[WGP_KEY_SIZE];
                        const bool valid = strchr(alphabet, (int) c);

                        text[place] = (char) c;
                        cr_assert_eq(wgp_key_parse(text, WGP_KEY_CANONICAL, key) == 0, valid, "byte %u at %u", c,
                                        place);
                        if (!valid)
                                continue;
                        wgp_key_format(key, back);
                        cr_assert_str_eq(back, text);
                }
}

Test(value, key_bytes) {
        uint8_t key[WGP_KEY_SIZE];

        cr_assert_eq(wgp_key_parse("AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=", WGP_KEY_CANONICAL, key), 0);
        for (unsigned i = 0; i < sizeof(key); i++)
                cr_expect_eq(key[i], i);
}

Test(value, ifname) {
        static const struct {
                const char *in;
                bool out;
        } cases[] = {
                { "wg0", true },
                { "a", true },
                { "fifteen-bytes-x", true },
                { "sixteen-bytes-xx", false },
                { "", false },
                { ".", false },
                { "..", false },
                { "...", true },
                { "a/b", false },
                { "a:b", false },
                { "a%b", false },
                { "a b", false },
                { "a\tb", false },
                { "a\x01", false },
                { "a\x7f", false },
                { "all", false },
                { "default", false },
                { "bonding_masters", false },
                { "\xc3\xbc", true },
                { "wg+0=_.-", true },
        };

        for (size_t i = 0; i < WGP_ARRAY_SIZE(cases); i++)
                cr_expect_eq(wgp_ifname_is_valid(cases[i].in), cases[i].out, "'%s'", cases[i].in);
}
