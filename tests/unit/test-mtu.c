/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <criterion/criterion.h>

#include "desired/mtu.h"

Test(mtu, needs_ipv6) {
        WgpPrefix prefix = { .family = AF_INET };
        WgpAddress address = {};
        WgpRoute route = {};
        WgpPeerState peer = { .allowed_ips = &prefix, .n_allowed_ips = 1 };
        const WgpNetwork network = {
                .addresses = &address,
                .n_addresses = 1,
                .routes = &route,
                .n_routes = 1,
                .device = { .peers = &peer, .n_peers = 1 },
        };
        uint8_t *const families[] = { &address.prefix.family, &route.destination.family, &prefix.family };

        address.prefix.family = route.destination.family = AF_INET;
        cr_expect_not(wgp_mtu_needs_ipv6(&network));
        for (size_t i = 0; i < WGP_ARRAY_SIZE(families); i++) {
                *families[i] = AF_INET6;
                cr_expect(wgp_mtu_needs_ipv6(&network), "%zu", i);
                *families[i] = AF_INET;
        }
}

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
