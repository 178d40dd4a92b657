/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* desired/signature.c: what is recognised as ours, and whose it is. */

#include "desired/signature.h"

#include <criterion/criterion.h>
#include <linux/fib_rules.h>
#include <linux/rtnetlink.h>

#include "desired/desired.h"

#define KERNEL .protocol = RTPROT_KERNEL, .family = AF_INET
#define MARK(m) .has_fwmark = true, .fwmark = (m), .fwmask = UINT32_MAX
#define NOP \
        { KERNEL, .priority = 31999, .action = FR_ACT_NOP }
#define SKIP(p, m) \
        { KERNEL, .priority = (p), .action = FR_ACT_GOTO, .goto_priority = 31999, MARK(m) }
#define SUPPRESS(p) \
        { KERNEL, .priority = (p), .action = FR_ACT_TO_TBL, .table = RT_TABLE_MAIN, .has_suppress_prefixlength = true }
#define LOOKUP(p, m) \
        { KERNEL, .priority = (p), .action = FR_ACT_TO_TBL, .table = (m), .invert = true, MARK(m) }

static const struct {
        const char *name;
        WgpRule rule;
        bool ours;
} rule_cases[] = {
        { "nop", NOP, true },
        { "skip", SKIP(31000, 51820), true },
        { "the last skip", SKIP(31499, 1), true },
        { "suppress", SUPPRESS(31996), true },
        { "suppress, with the table of a profile",
                        { KERNEL, .priority = 31500, .action = FR_ACT_TO_TBL, .table = 7,
                                        .has_suppress_prefixlength = true },
                        true },
        { "lookup", LOOKUP(31997, 51820), true },
        { "the kernel's local", { KERNEL, .priority = 0, .action = FR_ACT_TO_TBL, .table = RT_TABLE_LOCAL }, false },
        { "the kernel's main", { KERNEL, .priority = 32766, .action = FR_ACT_TO_TBL, .table = RT_TABLE_MAIN }, false },
        { "the kernel's l3mdev", { KERNEL, .priority = 1000, .action = FR_ACT_TO_TBL }, false },
        { "nop elsewhere", { KERNEL, .priority = 31998, .action = FR_ACT_NOP }, false },
        { "nop of another protocol",
                        { .family = AF_INET, .protocol = RTPROT_STATIC, .priority = 31999, .action = FR_ACT_NOP },
                        false },
        { "nop with a selector", { KERNEL, .priority = 31999, .action = FR_ACT_NOP, .iif = "eth0" }, false },
        { "skip elsewhere", SKIP(31500, 51820), false },
        { "skip to elsewhere", { KERNEL, .priority = 31000, .action = FR_ACT_GOTO, .goto_priority = 32000, MARK(1) },
                        false },
        { "skip by a part of a mark",
                        { KERNEL, .priority = 31000, .action = FR_ACT_GOTO, .goto_priority = 31999, .has_fwmark = true,
                                        .fwmark = 1, .fwmask = 0xff },
                        false },
        { "skip without a mark", { KERNEL, .priority = 31000, .action = FR_ACT_GOTO, .goto_priority = 31999 }, false },
        { "suppress at an odd number", SUPPRESS(31997), false },
        { "suppress of other lengths",
                        { KERNEL, .priority = 31996, .action = FR_ACT_TO_TBL, .table = RT_TABLE_MAIN,
                                        .has_suppress_prefixlength = true, .suppress_prefixlength = 8 },
                        false },
        { "lookup at an even number", LOOKUP(31996, 51820), false },
        { "lookup of another table",
                        { KERNEL, .priority = 31997, .action = FR_ACT_TO_TBL, .table = 7, .invert = true,
                                        MARK(51820) },
                        false },
        { "lookup of a source",
                        { KERNEL, .priority = 31997, .action = FR_ACT_TO_TBL, .table = 7, .invert = true, MARK(7),
                                        .from = { .family = AF_INET, .length = 8 } },
                        false },
        { "lookup for the mark", { KERNEL, .priority = 31997, .action = FR_ACT_TO_TBL, .table = 7, MARK(7) }, false },
};

Test(signature, rules) {
        for (size_t i = 0; i < WGP_ARRAY_SIZE(rule_cases); i++)
                cr_expect_eq(wgp_rule_is_ours(&rule_cases[i].rule), rule_cases[i].ours, "case '%s'",
                                rule_cases[i].name);
}

#define BEHIND .type = RTN_UNREACHABLE, .protocol = RTPROT_KERNEL, .metric = WGP_UNREACHABLE_METRIC
#define DEFAULT .destination = { .family = AF_INET }

static const struct {
        const char *name;
        WgpRoute route;
        bool ours;
} route_cases[] = {
        { "ours", { DEFAULT, BEHIND, .table = 51820 }, true },
        { "IPv6", { .destination = { .family = AF_INET6 }, BEHIND, .table = 51820 }, true },
        { "not a default route", { .destination = { .family = AF_INET, .length = 8 }, BEHIND, .table = 51820 },
                        false },
        { "of another metric",
                        { DEFAULT, .type = RTN_UNREACHABLE, .protocol = RTPROT_KERNEL, .metric = 1024,
                                        .table = 51820 },
                        false },
        { "of another type",
                        { DEFAULT, .type = RTN_BLACKHOLE, .protocol = RTPROT_KERNEL, .metric = WGP_UNREACHABLE_METRIC,
                                        .table = 51820 },
                        false },
        { "of another protocol",
                        { DEFAULT, .type = RTN_UNREACHABLE, .protocol = RTPROT_STATIC,
                                        .metric = WGP_UNREACHABLE_METRIC, .table = 51820 },
                        false },
        { "of no table: the kernel's own", { DEFAULT, BEHIND }, false },
};

Test(signature, routes) {
        for (size_t i = 0; i < WGP_ARRAY_SIZE(route_cases); i++)
                cr_expect_eq(wgp_route_is_ours(&route_cases[i].route), route_cases[i].ours, "case '%s'",
                                route_cases[i].name);
}

/* The kernel has the shared rule, and all of the tunnels with the marks 1, 2 and 3. */
static const struct {
        const char *name;
        uint32_t recorded;  /* the mark that another tunnel's record names; 0: none */
        uint32_t living[2]; /* marks of other links */
        uint32_t own;       /* mark of the own link */
        bool unknown;
        uint32_t ours[3]; /* marks of what is ours, in order */
        bool nop;         /* is ours, too */
        size_t n_theirs;  /* rules and routes */
        size_t n_unsure;
} sort_cases[] = {
        { "nobody else", 0, { 0 }, 0, false, { 1, 2, 3 }, true, 0, 0 },
        { "the own one comes first", 0, { 0 }, 2, false, { 2, 1, 3 }, true, 0, 0 },
        { "another record", 1, { 0 }, 0, false, { 2, 3 }, false, 0, 0 },
        { "another link", 0, { 2 }, 0, false, { 1, 3 }, false, 5, 0 },
        { "two other links", 0, { 2, 3 }, 1, false, { 1 }, false, 9, 0 },
        { "a record that cannot be understood", 0, { 0 }, 0, true, { 0 }, false, 1, 12 },
        { "a record that cannot be understood, but the own link", 0, { 0 }, 2, true, { 2 }, false, 1, 8 },
        { "a record that cannot be understood, and other links", 0, { 1, 3 }, 2, true, { 2 }, false, 9, 0 },
};

static void add_tunnel(WgpNetwork *network, uint32_t mark) {
        const WgpRule rules[] = { SKIP(31000 + mark, mark), SUPPRESS(31600 - 2 * mark),
                LOOKUP(31601 - 2 * mark, mark) };

        for (size_t i = 0; i < WGP_ARRAY_SIZE(rules); i++)
                *wgp_network_add_rule(network) = rules[i];
        *wgp_network_add_route(network) = (WgpRoute) { DEFAULT, BEHIND, .table = mark };
}

static size_t count_of(const WgpNetwork *network, uint32_t mark) {
        size_t n = 0;

        for (size_t i = 0; i < network->n_rules; i++)
                n += network->rules[i].priority == 31000 + mark || network->rules[i].priority / 2 == 15800 - mark;
        for (size_t i = 0; i < network->n_routes; i++)
                n += network->routes[i].table == mark;
        return n;
}

Test(signature, sort) {
        for (size_t i = 0; i < WGP_ARRAY_SIZE(sort_cases); i++) {
                WgpNetwork kernel = WGP_NETWORK_NULL, recorded = WGP_NETWORK_NULL, ours = WGP_NETWORK_NULL,
                           theirs = WGP_NETWORK_NULL;
                const WgpRule nop = NOP,
                              other = { KERNEL, .priority = 32766, .action = FR_ACT_TO_TBL, .table = RT_TABLE_MAIN };
                WgpClaims claims = { .recorded = &recorded,
                        .numbers = sort_cases[i].living,
                        .own = { sort_cases[i].own },
                        .unknown = sort_cases[i].unknown };
                size_t n_unsure = 99, n_ours = 0;

                *wgp_network_add_rule(&kernel) = nop;
                *wgp_network_add_rule(&kernel) = other;
                for (uint32_t mark = 1; mark <= 3; mark++)
                        add_tunnel(&kernel, mark);
                if (sort_cases[i].recorded > 0) {
                        add_tunnel(&recorded, sort_cases[i].recorded);
                        *wgp_network_add_rule(&recorded) = nop;
                }
                while (claims.n_numbers < 2 && sort_cases[i].living[claims.n_numbers] > 0)
                        claims.n_numbers++;

                cr_expect_eq(wgp_signature_sort(&kernel, &claims, &ours, &theirs, &n_unsure), 0, "case '%s'",
                                sort_cases[i].name);
                for (size_t j = 0; j < 3 && sort_cases[i].ours[j] > 0; j++, n_ours += 4) {
                        cr_expect_eq(count_of(&ours, sort_cases[i].ours[j]), 4, "case '%s', mark %u",
                                        sort_cases[i].name, sort_cases[i].ours[j]);
                        if (j == 0)
                                cr_expect_eq(ours.rules[0].fwmark, sort_cases[i].ours[0], "case '%s'",
                                                sort_cases[i].name);
                }
                cr_expect_eq(ours.n_rules + ours.n_routes, n_ours + sort_cases[i].nop, "case '%s'",
                                sort_cases[i].name);
                cr_expect_eq(theirs.n_rules + theirs.n_routes, sort_cases[i].n_theirs, "case '%s': %zu",
                                sort_cases[i].name, theirs.n_rules + theirs.n_routes);
                cr_expect_eq(n_unsure, sort_cases[i].n_unsure, "case '%s': %zu", sort_cases[i].name, n_unsure);
                wgp_network_done(&kernel);
                wgp_network_done(&recorded);
                wgp_network_done(&ours);
                wgp_network_done(&theirs);
        }
}

/* Another record cannot be understood, and nothing in the kernel is its tunnel's: the shared rule goes with the last
 * that needs it. */
Test(signature, shared_beside_unknown) {
        static const struct {
                uint32_t other;  /* mark of another tunnel; 0: none */
                size_t n_others; /* rules of it that nobody has deleted */
                bool nop;        /* goes */
        } rows[] = { { 0, 0, true }, { 3, 3, false }, { 3, 2, false }, { 3, 1, false } };

        for (size_t i = 0; i < WGP_ARRAY_SIZE(rows); i++) {
                WgpNetwork kernel = WGP_NETWORK_NULL, recorded = WGP_NETWORK_NULL, ours = WGP_NETWORK_NULL,
                           theirs = WGP_NETWORK_NULL;
                const WgpRule nop = NOP, others[] = { LOOKUP(31595, 3), SUPPRESS(31594), SKIP(31003, 3) };
                const WgpClaims claims = { .recorded = &recorded, .own = { 2 }, .unknown = true };
                size_t n_unsure = 0;
                bool gone = false;

                *wgp_network_add_rule(&kernel) = nop;
                add_tunnel(&kernel, 2);
                for (size_t j = 0; j < rows[i].n_others; j++)
                        *wgp_network_add_rule(&kernel) = others[j];
                cr_expect_eq(wgp_signature_sort(&kernel, &claims, &ours, &theirs, &n_unsure), 0);
                for (size_t j = 0; j < ours.n_rules; j++)
                        gone = gone || ours.rules[j].action == FR_ACT_NOP;
                cr_expect_eq(gone, rows[i].nop, "row %zu", i);
                cr_expect_eq(n_unsure, rows[i].n_others, "row %zu: %zu", i, n_unsure);
                wgp_network_done(&kernel);
                wgp_network_done(&ours);
                wgp_network_done(&theirs);
        }
}

Test(signature, shared) {
        WgpNetwork actual = WGP_NETWORK_NULL, own = WGP_NETWORK_NULL;

        add_tunnel(&actual, 1);
        add_tunnel(&own, 1);
        cr_expect_not(wgp_signature_is_shared(&actual, &own, AF_INET));
        add_tunnel(&actual, 2);
        cr_expect(wgp_signature_is_shared(&actual, &own, AF_INET));
        cr_expect_not(wgp_signature_is_shared(&actual, &own, AF_INET6));
        wgp_network_done(&actual);
        wgp_network_done(&own);
}
