/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <criterion/criterion.h>

#include "resolver/dns-config.h"

enum {
        N = 12,
        END = -2,
};

Test(dns_config, same_way) {
        static const struct {
                const char *name;
                WgpDnsLink a[2], b[2];
                bool same;
        } cases[] = {
                { "nothing", {}, {}, true },
                { "the same", { { 2, true }, { 7, true, true } }, { { 2, true }, { 7, true, true } }, true },
                { "in another order", { { 2, true }, { 7, true, true } }, { { 7, true, true }, { 2, true } }, true },
                { "a link more", { { 2, true } }, { { 2, true }, { 7, true } }, false },
                { "a link less", { { 2, true }, { 7, true } }, { { 2, true } }, false },
                { "a link that says nothing", { { 2, true }, { 7 } }, { { 2, true } }, true },
                { "it catches all now", { { 7, true } }, { { 7, true, true } }, false },
                { "it is for some domains now", { { 7, true } }, { { 7, true, .is_split = true } }, false },
        };

        for (size_t i = 0; i < WGP_ARRAY_SIZE(cases); i++) {
                WgpDnsConfig a = { .links = (WgpDnsLink *) cases[i].a }, b = { .links = (WgpDnsLink *) cases[i].b };

                for (size_t j = 0; j < 2; j++) {
                        a.n_links += cases[i].a[j].ifindex > 0;
                        b.n_links += cases[i].b[j].ifindex > 0;
                }
                cr_expect_eq(wgp_dns_config_has_same_ways(&a, &b), cases[i].same, "case '%s'", cases[i].name);
        }
}

Test(dns_config, way) {
        static const struct {
                const char *name;
                WgpDnsLink links[N]; /* ifindex 0: the global servers; the list ends with an all-zero one after it */
                size_t n_links;
                uint32_t ours[2], tunnel;
                uint32_t way[WGP_DNS_WAYS_MAX];
                size_t n_way;
        } cases[] = {
                { "nothing is configured", {}, 0, { 7 }, 7, { 0 }, 1 },
                { "a plain tunnel", { { 2, .has_servers = true } }, 1, { 7 }, 7, { 0 }, 1 },
                { "the tunnel catches all", { { 2, .has_servers = true }, { 7, true, true } }, 2, { 7 }, 7, { 2, 0 },
                                2 },
                { "two ways out", { { 2, true }, { 3, true }, { 7, true, true } }, 3, { 7 }, 7, { 2, 3, 0 }, 3 },
                { "links without servers are no way out", { { 2, true }, { 3 }, { 7, true, true } }, 3, { 7 }, 7,
                                { 2, 0 }, 2 },
                { "links for some domains only come last",
                                { { 2, true, .is_split = true }, { 3, true }, { 7, true, true } }, 3, { 7 }, 7,
                                { 3, 2, 0 }, 3 },
                { "a link for some domains and everything is like any other",
                                { { 2, true, true, true }, { 3, true }, { 7, true, true } }, 3, { 7 }, 7, { 2, 3, 0 },
                                3 },
                { "global servers are reached by no link", { { 0, true }, { 7, true, true } }, 2, { 7 }, 7, { 0 }, 1 },
                { "another tunnel of ours catches all", { { 2, true }, { 7, true, true } }, 2, { 7, 8 }, 8, { 0, 2 },
                                2 },
                { "no tunnel of ours is a way out", { { 2, true }, { 7, true, true }, { 8, true } }, 3, { 7, 8 }, 7,
                                { 2, 0 }, 2 },
                { "somebody else's link catches all", { { 2, true }, { 9, true, true } }, 2, { 7 }, 7, { 0 }, 1 },
                { "a tunnel whose link is not known", { { 2, true }, { 7, true, true } }, 2, { 7 }, 0, { 0, 2 }, 2 },
                { "too many",
                                { { 1, true }, { 2, true }, { 3, true }, { 4, true }, { 5, true }, { 6, true },
                                                { 8, true }, { 9, true }, { 10, true }, { 7, true, true } },
                                10, { 7 }, 7, { 1, 2, 3, 4, 5, 6, 8, 0 }, 8 },
        };

        for (size_t i = 0; i < WGP_ARRAY_SIZE(cases); i++) {
                WgpDnsConfig config = {};
                uint32_t way[WGP_DNS_WAYS_MAX] = {};
                size_t n;

                for (size_t j = 0; j < cases[i].n_links; j++) {
                        WgpDnsLink *link = wgp_dns_config_link(&config, cases[i].links[j].ifindex);

                        cr_assert(link);
                        *link = cases[i].links[j];
                        cr_expect_eq(wgp_dns_config_link(&config, cases[i].links[j].ifindex), link);
                }
                n = wgp_dns_config_find_ways(&config, &(WgpDnsAsker) { .tunnel = cases[i].tunnel }, cases[i].ours,
                                WGP_ARRAY_SIZE(cases[i].ours), way);
                cr_expect_eq(n, cases[i].n_way, "case '%s': %zu", cases[i].name, n);
                cr_expect_arr_eq(way, cases[i].way, n * sizeof(way[0]), "case '%s': %u %u %u", cases[i].name, way[0],
                                way[1], way[2]);
                wgp_dns_config_done(&config);
        }
}

/* Past the tunnel, to the servers themselves (S). */
Test(dns_config, servers) {
        enum {
                S = -1
        };
        static const struct {
                const char *name;
                WgpDnsLink links[4]; /* tunnel 7 is ours */
                bool has_mark, kill_switch, no_servers, tls_only;
                int way[5]; /* the list ends with an END */
        } cases[] = {
                { "a tunnel without a mark", { { 0, true }, { 7, true, true } }, .way = { 0, END } },
                { "the tunnel catches all, and no link has servers", { { 0, true }, { 7, true, true } }, true,
                                .way = { S, 0, END } },
                { "those of links are asked by systemd-resolved first",
                                { { 0, true }, { 2, true }, { 7, true, true } }, true, .way = { 2, S, 0, END } },
                { "a full tunnel that catches nothing, with global servers", { { 0, true }, { 7 } }, true,
                                .way = { 0, S, END } },
                { "likewise, with those of a link", { { 2, true }, { 7 } }, true, .way = { 0, END } },
                { "a kill switch: at once", { { 2, true }, { 7 } }, true, true, .way = { S, 0, END } },
                { "a kill switch, and the tunnel catches all", { { 2, true }, { 7, true, true } }, true, true,
                                .way = { S, 2, 0, END } },
                { "a kill switch without a mark", { { 2, true }, { 7 } }, false, true, .way = { 0, END } },
                { "no server but the tunnel's", { { 7, true, true } }, true, true, true, .way = { 0, END } },
                { "nothing in the clear", { { 0, true }, { 7, true, true } }, true, false, false, true,
                                .way = { 0, END } },
        };

        for (size_t i = 0; i < WGP_ARRAY_SIZE(cases); i++) {
                WgpDnsAsker asker = {
                        .tunnel = 7, .has_mark = cases[i].has_mark, .kill_switch = cases[i].kill_switch
                };
                WgpDnsConfig config = { .n_servers = !cases[i].no_servers, .tls_only = cases[i].tls_only };
                uint32_t way[WGP_DNS_WAYS_MAX], ours[] = { 7 };
                size_t n, k = 0;

                for (size_t j = 0; j < WGP_ARRAY_SIZE(cases[i].links); j++)
                        if (cases[i].links[j].ifindex > 0 || cases[i].links[j].has_servers)
                                *wgp_dns_config_link(&config, cases[i].links[j].ifindex) = cases[i].links[j];
                n = wgp_dns_config_find_ways(&config, &asker, ours, 1, way);
                for (; cases[i].way[k] != END; k++)
                        cr_expect(k < n && way[k] == (cases[i].way[k] == S ? WGP_DNS_WAY_SERVERS :
                                                                             (uint32_t) cases[i].way[k]),
                                        "case '%s', way %zu", cases[i].name, k);
                cr_expect_eq(n, k, "case '%s': %zu ways", cases[i].name, n);
                wgp_dns_config_done(&config);
        }
}
