/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <criterion/criterion.h>

#include "core/mtu.h"

Test(mtu, of_path) {
        static const struct {
                const char *name;
                uint32_t path;
                bool ipv6;
                uint32_t mtu;
        } cases[] = {
                { "not known", 0, false, 1420 },
                { "not known, IPv6", 0, true, 1420 },
                { "Ethernet", 1500, true, 1420 },
                { "PPPoE", 1492, true, 1412 },
                { "jumbo frames", 9000, false, 8920 },
                { "loopback", 65536, false, 65455 },
                { "the least that has room for IPv6", 1360, true, 1280 },
                { "less", 1300, true, 1280 },
                { "less, without IPv6", 1300, false, 1220 },
                { "the least of IPv4", 656, false, 576 },
                { "less than that", 600, false, 576 },
        };

        for (size_t i = 0; i < WGP_ARRAY_SIZE(cases); i++) {
                uint32_t mtu = wgp_mtu_of_path(cases[i].path, cases[i].ipv6);

                cr_expect_eq(mtu, cases[i].mtu, "case '%s': %u", cases[i].name, mtu);
        }
}
