/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <criterion/criterion.h>

#include "model/prefix.h"
#include "resolver/name-servers.h"

Test(name_servers, lines) {
        static const struct {
                const char *line, *server; /* NULL: none is taken */
        } cases[] = {
                { "nameserver 192.0.2.1\n", "192.0.2.1:53" },
                { "nameserver\t192.0.2.1", "192.0.2.1:53" },
                { "nameserver 192.0.2.1 # the router\n", "192.0.2.1:53" },
                { "nameserver 2001:db8::1\r\n", "[2001:db8::1]:53" },
                { "nameserver fe80::1%lo\n", "[fe80::1%1]:53" },
                { "nameserver 10.99.0.1\n", NULL }, /* a tunnel's */
                { "nameserver fd99::1\n", NULL },
                { "nameserver 10.99.0.2\n", "10.99.0.2:53" },
                { "nameserver 127.0.0.53\n", NULL },
                { "nameserver 0.0.0.0\n", NULL },
                { "nameserver ::1\n", NULL },
                { "nameserver ::\n", NULL },
                { "nameserver\n", NULL },
                { "nameserver", NULL },
                { "nameservers 192.0.2.1\n", NULL },
                { " nameserver 192.0.2.1\n", NULL }, /* as resolv.conf(5) says */
                { "# nameserver 192.0.2.1\n", NULL },
                { "nameserver router\n", NULL },
                { "search example.org\n", NULL },
                { "\n", NULL },
                { "", NULL },
                { "nameserver 1111111111111111111111111111111111111111111111111111111111111111111111111111111\n",
                                NULL },
        };
        WgpPrefix own[2];
        WgpTunnel tunnel = { .name_servers = own, .n_name_servers = 2 }, other = {};
        WgpTunnel *tunnels[] = { &other, &tunnel };
        WgpManager m = { .tunnels = tunnels, .n_tunnels = 2 };

        cr_assert_eq(wgp_address_parse("10.99.0.1", own), 0);
        cr_assert_eq(wgp_address_parse("fd99::1", own + 1), 0);

        for (size_t i = 0; i < WGP_ARRAY_SIZE(cases); i++) {
                char text[WGP_SOCKADDR_TEXT_SIZE] = "";
                WgpNameServers servers = {};

                wgp_name_servers_add(&servers, &m, cases[i].line);
                cr_expect_eq(servers.n, cases[i].server ? 1 : 0, "line '%s'", cases[i].line);
                if (servers.n > 0)
                        wgp_sockaddr_format(servers.items, text);
                cr_expect_str_eq(text, cases[i].server ?: "", "line '%s': %s", cases[i].line, text);
        }
}

Test(name_servers, each_once_and_not_too_many) {
        WgpNameServers servers = {};
        WgpManager m = {};

        for (unsigned i = 0; i < 2 * WGP_NAME_SERVERS_MAX; i++) {
                char line[64];

                snprintf(line, sizeof(line), "nameserver 192.0.2.%u", i / 2);
                wgp_name_servers_add(&servers, &m, line);
                cr_expect_eq(servers.n, i / 2 + 1);
        }
        wgp_name_servers_add(&servers, &m, "nameserver 192.0.2.99");
        cr_expect_eq(servers.n, WGP_NAME_SERVERS_MAX);
}
