/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Compare: what the kernel fills in by itself counts as equal, so that a second run finds nothing to do. */

#include "model/kernel-slot.h"

#include <linux/fib_rules.h>
#include <linux/ipv6_route.h>
#include <linux/rtnetlink.h>

#include "model/prefix.h"
#include "model/value.h"

#define COMPARE(a, b)                              \
        do {                                       \
                if ((a) != (b))                    \
                        return (a) < (b) ? -1 : 1; \
        } while (0)

/* IPv4 has an address once per prefix length, IPv6 once per link. Flags and protocol can not be told apart by slot,
 * and the kernel does not change them later, so they do not count at all. */
int wgp_address_compare_slot(const WgpAddress *a, const WgpAddress *b) {
        WgpPrefix x = a->prefix, y = b->prefix;

        if (x.family == AF_INET6 && y.family == AF_INET6)
                x.length = y.length = 128;
        return wgp_prefix_compare(&x, &y);
}

/* IP6_RT_PRIO_USER is what IPv6 makes of no metric. */
static uint32_t effective_metric(const WgpRoute *route) {
        return route->metric == 0 && route->destination.family == AF_INET6 ? IP6_RT_PRIO_USER : route->metric;
}

int wgp_route_compare_slot(const WgpRoute *a, const WgpRoute *b) {
        int r;

        r = wgp_prefix_compare(&a->destination, &b->destination);
        if (r != 0)
                return r;
        COMPARE(a->table, b->table);
        COMPARE(effective_metric(a), effective_metric(b));
        COMPARE(a->tos, b->tos);
        return wgp_prefix_compare(&a->source, &b->source);
}

/* For routes of one slot. IPv6 has no scopes; the weight of a single next hop is not kept by the kernel. */
bool wgp_route_equal(const WgpRoute *a, const WgpRoute *b) {
        if (wgp_route_compare_slot(a, b) != 0 || a->type != b->type || a->protocol != b->protocol ||
                        a->uses_device != b->uses_device || a->onlink != b->onlink)
                return false;
        if (a->destination.family == AF_INET && a->scope != b->scope)
                return false;

        /* A gateway and a preferred source are plain addresses: their lengths say nothing. */
        for (int i = 0; i < 2; i++) {
                WgpPrefix x = i == 0 ? a->gateway : a->preferred_source;
                WgpPrefix y = i == 0 ? b->gateway : b->preferred_source;

                x.length = y.length = 0;
                if (wgp_prefix_compare(&x, &y) != 0)
                        return false;
        }

        if (a->metrics_set != b->metrics_set || a->metrics_lock != b->metrics_lock)
                return false;
        for (unsigned i = 0; i < _WGP_ROUTE_METRIC_N; i++)
                if (a->metrics_set & 1U << i && a->metrics[i] != b->metrics[i])
                        return false;
        return true;
}

static int compare_rule_selectors(const WgpRule *a, const WgpRule *b) {
        int r;

        COMPARE(a->invert, b->invert);
        COMPARE(a->has_fwmark, b->has_fwmark);
        if (a->has_fwmark) {
                COMPARE(a->fwmark, b->fwmark);
                COMPARE(a->fwmask, b->fwmask);
        }
        COMPARE(a->tos, b->tos);
        COMPARE(a->ip_protocol, b->ip_protocol);
        COMPARE(a->has_uid_range, b->has_uid_range);
        if (a->has_uid_range) {
                COMPARE(a->uid_start, b->uid_start);
                COMPARE(a->uid_end, b->uid_end);
        }
        COMPARE(a->sport_start, b->sport_start);
        COMPARE(a->sport_end, b->sport_end);
        COMPARE(a->dport_start, b->dport_start);
        COMPARE(a->dport_end, b->dport_end);
        r = wgp_prefix_compare(&a->from, &b->from);
        if (r != 0)
                return r;
        r = wgp_prefix_compare(&a->to, &b->to);
        if (r != 0)
                return r;
        r = strcmp(a->iif, b->iif);
        return r != 0 ? r : strcmp(a->oif, b->oif);
}

/* A rule is all of its attributes: the kernel keeps no two equal ones, and changes none. A total order. */
int wgp_rule_compare(const WgpRule *a, const WgpRule *b) {
        COMPARE(a->family, b->family);
        COMPARE(a->priority, b->priority);
        COMPARE(a->action, b->action);
        COMPARE(a->protocol, b->protocol);
        if (a->action == FR_ACT_TO_TBL)
                COMPARE(a->table, b->table);
        if (a->action == FR_ACT_GOTO)
                COMPARE(a->goto_priority, b->goto_priority);
        COMPARE(a->has_suppress_prefixlength, b->has_suppress_prefixlength);
        if (a->has_suppress_prefixlength)
                COMPARE(a->suppress_prefixlength, b->suppress_prefixlength);
        return compare_rule_selectors(a, b);
}

int wgp_peer_compare_key(const WgpPeerState *a, const WgpPeerState *b) {
        return memcmp(a->public_key, b->public_key, WGP_KEY_SIZE);
}

/* Returns the equal route, or NULL. For few of them. */
const WgpRoute *wgp_routes_find(const WgpRoute *routes, size_t n_routes, const WgpRoute *route) {
        for (size_t i = 0; i < n_routes; i++)
                if (wgp_route_equal(routes + i, route))
                        return routes + i;
        return NULL;
}

/* Returns the equal rule, or NULL. */
const WgpRule *wgp_rules_find(const WgpRule *rules, size_t n_rules, const WgpRule *rule) {
        for (size_t i = 0; i < n_rules; i++)
                if (wgp_rule_compare(rules + i, rule) == 0)
                        return rules + i;
        return NULL;
}
