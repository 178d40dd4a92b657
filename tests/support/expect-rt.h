/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once
/* Field by field comparison of links, routes and rules, with the name of the case in the message. */

#include <criterion/criterion.h>

#include "model/device.h"

/* Compares one field of two structs called "actual" and "expected". */
#define EXPECT_FIELD(name, field)                                                                   \
        cr_expect_eq(actual->field, expected->field, "case '%s': " #field ": %llu, not %llu", name, \
                        (unsigned long long) actual->field, (unsigned long long) expected->field)
#define EXPECT_BYTES(name, field) \
        cr_expect_arr_eq(&actual->field, &expected->field, sizeof(actual->field), "case '%s': " #field, name)

/* Initialisers of a WgpPrefix; IPv6: fdXX::YY. */
#define IN(a, b, c, d, n)                                                 \
        {                                                                 \
                .family = AF_INET, .length = (n), .bytes = { a, b, c, d } \
        }
#define IN6(first, last, n)                                                              \
        {                                                                                \
                .family = AF_INET6, .length = (n), .bytes = { 0xfd, first, [15] = last } \
        }

static inline void expect_link(const WgpLink *actual, const WgpLink *expected, const char *name) {
        cr_expect_str_eq(actual->name, expected->name, "case '%s'", name);
        cr_expect_str_eq(actual->kind, expected->kind, "case '%s'", name);
        EXPECT_FIELD(name, ifindex);
        EXPECT_FIELD(name, group);
        EXPECT_FIELD(name, mtu);
        EXPECT_FIELD(name, master);
        EXPECT_FIELD(name, vrf_table);
        EXPECT_FIELD(name, up);
}

/* What tells one route from another, to the kernel. */
static inline void expect_route_identity(const WgpRoute *actual, const WgpRoute *expected, const char *name) {
        EXPECT_BYTES(name, destination);
        EXPECT_BYTES(name, source);
        EXPECT_BYTES(name, gateway);
        EXPECT_BYTES(name, preferred_source);
        EXPECT_FIELD(name, table);
        EXPECT_FIELD(name, metric);
        EXPECT_FIELD(name, ifindex);
        EXPECT_FIELD(name, protocol);
        EXPECT_FIELD(name, type);
        EXPECT_FIELD(name, tos);
        EXPECT_FIELD(name, uses_device);
}

static inline void expect_route(const WgpRoute *actual, const WgpRoute *expected, const char *name) {
        expect_route_identity(actual, expected, name);
        EXPECT_FIELD(name, scope);
        EXPECT_FIELD(name, onlink);
        EXPECT_FIELD(name, weight);
        EXPECT_FIELD(name, metrics_set);
        EXPECT_FIELD(name, metrics_lock);
        EXPECT_BYTES(name, metrics);
}

static inline void expect_rule(const WgpRule *actual, const WgpRule *expected, const char *name) {
        EXPECT_FIELD(name, family);
        EXPECT_FIELD(name, action);
        EXPECT_FIELD(name, protocol);
        EXPECT_FIELD(name, invert);
        EXPECT_FIELD(name, priority);
        EXPECT_FIELD(name, table);
        EXPECT_FIELD(name, goto_priority);
        EXPECT_FIELD(name, has_fwmark);
        EXPECT_FIELD(name, fwmark);
        EXPECT_FIELD(name, fwmask);
        EXPECT_FIELD(name, has_suppress_prefixlength);
        EXPECT_FIELD(name, suppress_prefixlength);
        EXPECT_FIELD(name, has_uid_range);
        EXPECT_FIELD(name, uid_start);
        EXPECT_FIELD(name, uid_end);
        EXPECT_FIELD(name, ip_protocol);
        EXPECT_FIELD(name, sport_start);
        EXPECT_FIELD(name, sport_end);
        EXPECT_FIELD(name, dport_start);
        EXPECT_FIELD(name, dport_end);
        EXPECT_FIELD(name, tos);
        EXPECT_BYTES(name, from);
        EXPECT_BYTES(name, to);
        cr_expect_str_eq(actual->iif, expected->iif, "case '%s'", name);
        cr_expect_str_eq(actual->oif, expected->oif, "case '%s'", name);
}
