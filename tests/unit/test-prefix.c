/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <arpa/inet.h>
#include <criterion/criterion.h>

#include "model/prefix.h"

Test(prefix, parse) {
        static const struct {
                const char *in;
                int r;
                const char *out, *masked; /* masked NULL: no host bit is set */
                bool has_length;
        } cases[] = {
                { "10.0.0.1", 0, "10.0.0.1/32", NULL, false },
                { "10.0.0.1/24", 0, "10.0.0.1/24", "10.0.0.0/24", true },
                { "10.0.0.0/24", 0, "10.0.0.0/24", NULL, true },
                { "10.0.0.0/024", 0, "10.0.0.0/24", NULL, true },
                { "255.255.255.255/1", 0, "255.255.255.255/1", "128.0.0.0/1", true },
                { "10.255.255.255/9", 0, "10.255.255.255/9", "10.128.0.0/9", true },
                { "0.0.0.0/0", 0, "0.0.0.0/0", NULL, true },
                { "1.2.3.4/0", 0, "1.2.3.4/0", "0.0.0.0/0", true },
                { "fd00::1", 0, "fd00::1/128", NULL, false },
                { "FD00:0:0::0001/64", 0, "fd00::1/64", "fd00::/64", true },
                { "::/0", 0, "::/0", NULL, true },
                { "ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff/127", 0, "ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff/127",
                                "ffff:ffff:ffff:ffff:ffff:ffff:ffff:fffe/127", true },
                { "::ffff:10.0.0.1/128", 0, "::ffff:10.0.0.1/128", NULL, true },
                { "10.0.0.1/33", -ERANGE, NULL, NULL, false },
                { "::/129", -ERANGE, NULL, NULL, false },
                { "10.0.0.1/", -EINVAL, NULL, NULL, false },
                { "/24", -EINVAL, NULL, NULL, false },
                { "", -EINVAL, NULL, NULL, false },
                { "10.0.0.0/+24", -EINVAL, NULL, NULL, false },
                { "10.0.0.0/-1", -EINVAL, NULL, NULL, false },
                { "10.0.0.0/24/24", -EINVAL, NULL, NULL, false },
                { "10.0.0.0/255.255.255.0", -EINVAL, NULL, NULL, false },
                { "10.0.0.1 /24", -EINVAL, NULL, NULL, false },
                { "10.1/16", -EINVAL, NULL, NULL, false },
                { "010.0.0.1", -EINVAL, NULL, NULL, false },
                { "0/0", -EINVAL, NULL, NULL, false },
                { "256.0.0.1", -EINVAL, NULL, NULL, false },
                { "fe80::1%eth0", -EINVAL, NULL, NULL, false },
                { "[::1]", -EINVAL, NULL, NULL, false },
                { ":::", -EINVAL, NULL, NULL, false },
                { "0000:0000:0000:0000:0000:0000:0000:0000:0000:0000:0000:0000", -EINVAL, NULL, NULL, false },
        };

        for (size_t i = 0; i < WGP_ARRAY_SIZE(cases); i++) {
                WgpPrefix p = { .family = 77 };
                char text[WGP_PREFIX_TEXT_SIZE];
                bool has_length = !cases[i].has_length;
                int r = wgp_prefix_parse(cases[i].in, &p, &has_length);

                cr_expect_eq(r, cases[i].r, "'%s': %d", cases[i].in, r);
                if (r < 0) {
                        cr_expect_eq(p.family, 77, "'%s'", cases[i].in);
                        continue;
                }
                wgp_prefix_format(&p, text);
                cr_expect_str_eq(text, cases[i].out, "'%s': %s", cases[i].in, text);
                cr_expect_eq(has_length, cases[i].has_length, "'%s'", cases[i].in);
                cr_expect_eq(wgp_prefix_mask(&p), cases[i].masked != NULL, "'%s'", cases[i].in);
                wgp_prefix_format(&p, text);
                cr_expect_str_eq(text, cases[i].masked ?: cases[i].out, "'%s' masked: %s", cases[i].in, text);
        }
}

static WgpPrefix prefix(const char *text) {
        WgpPrefix p;

        cr_assert_eq(wgp_prefix_parse(text, &p, NULL), 0, "%s", text);
        return p;
}

Test(prefix, contains) {
        static const struct {
                const char *outer, *inner;
                bool out;
        } cases[] = {
                { "10.0.0.0/8", "10.1.2.3", true },
                { "10.0.0.0/8", "10.0.0.0/8", true },
                { "10.0.0.0/8", "10.0.0.0/7", false },
                { "10.0.0.0/8", "11.0.0.1", false },
                { "0.0.0.0/0", "192.0.2.1", true },
                { "0.0.0.0/0", "::1", false },
                { "::/0", "2001:db8::1", true },
                { "2001:db8::/33", "2001:db8:8000::", false },
                { "2001:db8::/32", "2001:db8:8000::/33", true },
                { "10.0.0.1/32", "10.0.0.1", true },
        };

        for (size_t i = 0; i < WGP_ARRAY_SIZE(cases); i++) {
                const WgpPrefix outer = prefix(cases[i].outer), inner = prefix(cases[i].inner);

                cr_expect_eq(wgp_prefix_contains(&outer, &inner), cases[i].out, "%s in %s", cases[i].inner,
                                cases[i].outer);
        }
}

/* Each row comes before the next one. */
Test(prefix, compare) {
        static const char *const rows[] = {
                "0.0.0.0/0",
                "0.0.0.0/1",
                "10.0.0.0/8",
                "10.0.0.0/9",
                "10.0.0.1/32",
                "255.0.0.0/8",
                "::/0",
                "::1/128",
                "2001:db8::/32",
                "2001:db8::/33",
                "fe80::/10",
        };

        for (size_t i = 0; i < WGP_ARRAY_SIZE(rows); i++)
                for (size_t j = 0; j < WGP_ARRAY_SIZE(rows); j++) {
                        const WgpPrefix a = prefix(rows[i]), b = prefix(rows[j]);
                        const int r = wgp_prefix_compare(&a, &b);

                        cr_expect_eq((r > 0) - (r < 0), (i > j) - (i < j), "%s and %s: %d", rows[i], rows[j], r);
                }
}

Test(prefix, sockaddr) {
        static const struct {
                const char *address;
                uint32_t scope;
                uint16_t port;
                const char *out;
        } cases[] = {
                { "192.0.2.1", 0, 51820, "192.0.2.1:51820" },
                { "192.0.2.1", 0, 0, "192.0.2.1:0" },
                { "2001:db8::1", 0, 65535, "[2001:db8::1]:65535" },
                { "fe80::1", 2, 5, "[fe80::1%2]:5" },
                { "ffff:ffff:ffff:ffff:ffff:ffff:255.255.255.255", UINT32_MAX, 65535,
                                "[ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff%4294967295]:65535" },
        };

        for (size_t i = 0; i < WGP_ARRAY_SIZE(cases); i++) {
                const WgpPrefix address = prefix(cases[i].address);
                char text[WGP_SOCKADDR_TEXT_SIZE];
                WgpSockaddr a, b;
                WgpPrefix back;

                wgp_sockaddr_from_prefix(&address, cases[i].port, &a);
                if (a.family == AF_INET6)
                        a.in6.sin6_scope_id = cases[i].scope;
                wgp_sockaddr_format(&a, text);
                cr_expect_str_eq(text, cases[i].out, "%s", text);
                wgp_sockaddr_to_prefix(&a, &back);
                cr_expect_eq(wgp_prefix_compare(&address, &back), 0, "%s", cases[i].address);

                b = a;
                cr_expect(wgp_sockaddr_equal(&a, &b));
                if (b.family == AF_INET6)
                        b.in6.sin6_scope_id++;
                else
                        b.in.sin_port++;
                cr_expect_not(wgp_sockaddr_equal(&a, &b), "%s", cases[i].out);
        }
}

Test(prefix, sockaddr_parse) {
        static const struct {
                const char *in;
                int r;
        } cases[] = {
                { "192.0.2.1:51820", 0 },
                { "192.0.2.1:0", 0 },
                { "[2001:db8::1]:65535", 0 },
                { "[fe80::1%4294967295]:1", 0 },
                { "[fe80::1%4294967296]:1", -ERANGE },
                { "192.0.2.1:65536", -ERANGE },
                { "", -EINVAL },
                { ":", -EINVAL },
                { ":51820", -EINVAL },
                { "[]:51820", -EINVAL },
                { "192.0.2.1", -EINVAL },
                { "192.0.2.1:", -EINVAL },
                { "192.0.2.1:x", -EINVAL },
                { "[192.0.2.1]:51820", -EINVAL },
                { "192.0.2.1%2:51820", -EINVAL },
                { "2001:db8::1:51820", -EINVAL },
                { "[2001:db8::1:51820", -EINVAL },
                { "[2001:db8::1]x:51820", -EINVAL },
                { "[fe80::1%eth0]:51820", -EINVAL },
                { "[fe80::1%]:51820", -EINVAL },
                { "[2001:0db8:0000:0000:0000:0000:0000:0001:0000:0000:0000:0000%12345678901234567890]:1", -EINVAL },
        };

        for (size_t i = 0; i < WGP_ARRAY_SIZE(cases); i++) {
                WgpSockaddr a = { .family = 77 };
                char text[WGP_SOCKADDR_TEXT_SIZE];
                int r = wgp_sockaddr_parse(cases[i].in, &a);

                cr_expect_eq(r, cases[i].r, "'%s': %d", cases[i].in, r);
                if (r < 0) {
                        cr_expect_eq(a.family, 77, "'%s'", cases[i].in);
                        continue;
                }
                wgp_sockaddr_format(&a, text);
                cr_expect_str_eq(text, cases[i].in);
        }
}
