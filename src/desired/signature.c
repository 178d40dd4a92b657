/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Signature. desired-routes.c makes what is recognised here: the two have to agree. */

#include "desired/signature.h"

#include <linux/fib_rules.h>
#include <linux/rtnetlink.h>

#include "desired/desired.h"
#include "model/kernel-slot.h"

static bool is_between(uint32_t priority, uint32_t first, uint32_t last) {
        return priority >= first && priority <= last;
}

/* Whether the rule selects by nothing but, perhaps, a whole mark. */
static bool is_bare(const WgpRule *rule) {
        const WgpRule bare = {
                .family = rule->family,
                .action = rule->action,
                .protocol = RTPROT_KERNEL,
                .priority = rule->priority,
                .table = rule->table,
                .goto_priority = rule->goto_priority,
                .has_suppress_prefixlength = rule->has_suppress_prefixlength,
                .suppress_prefixlength = rule->suppress_prefixlength,
                .invert = rule->invert,
                .has_fwmark = rule->has_fwmark,
                .fwmark = rule->fwmark,
                .fwmask = UINT32_MAX,
        };

        return wgp_rule_compare(&bare, rule) == 0;
}

static bool is_nop(const WgpRule *rule) {
        return rule->priority == WGP_RULE_NOP && rule->action == FR_ACT_NOP && !rule->has_fwmark && !rule->invert;
}

static bool is_skip(const WgpRule *rule) {
        return is_between(rule->priority, WGP_RULE_SKIP_FIRST, WGP_RULE_SKIP_LAST) && rule->action == FR_ACT_GOTO &&
               rule->goto_priority == WGP_RULE_NOP && rule->has_fwmark && !rule->invert;
}

static bool is_lookup(const WgpRule *rule) {
        return is_between(rule->priority, WGP_RULE_LOOKUP_FIRST, WGP_RULE_LOOKUP_LAST) && rule->priority % 2 == 1 &&
               rule->action == FR_ACT_TO_TBL && rule->invert && rule->has_fwmark && rule->table == rule->fwmark &&
               !rule->has_suppress_prefixlength;
}

static bool is_suppress(const WgpRule *rule) {
        return is_between(rule->priority, WGP_RULE_LOOKUP_FIRST, WGP_RULE_LOOKUP_LAST) && rule->priority % 2 == 0 &&
               rule->action == FR_ACT_TO_TBL && !rule->invert && !rule->has_fwmark &&
               rule->has_suppress_prefixlength && rule->suppress_prefixlength == 0;
}

/* Whether the rule is of the shape, the protocol and the priority of one of policy routing. */
bool wgp_rule_is_ours(const WgpRule *rule) {
        return (is_nop(rule) || is_skip(rule) || is_lookup(rule) || is_suppress(rule)) && is_bare(rule);
}

/* Whether it is the "unreachable" default route behind all others of a table. */
bool wgp_route_is_ours(const WgpRoute *route) {
        return route->type == RTN_UNREACHABLE && route->destination.length == 0 &&
               route->metric == WGP_UNREACHABLE_METRIC && route->protocol == RTPROT_KERNEL && route->table != 0;
}

/* The mark that a rule belongs to; 0: none, or not known. That of "suppress" is in the rule behind it. */
static uint32_t number_of_rule(const WgpNetwork *kernel, const WgpRule *rule) {
        if (!is_suppress(rule))
                return rule->fwmark;
        for (size_t i = 0; i < kernel->n_rules; i++) {
                const WgpRule *other = kernel->rules + i;

                if (other->family == rule->family && other->priority == rule->priority + 1 && wgp_rule_is_ours(other))
                        return other->fwmark;
        }
        return 0;
}

/* Whether the rule, of those in "network", is one of policy routing for that mark; the one that all tunnels share is.
 */
bool wgp_rule_is_of_mark(const WgpNetwork *network, const WgpRule *rule, uint32_t mark) {
        return wgp_rule_is_ours(rule) && (is_nop(rule) || number_of_rule(network, rule) == mark);
}

typedef enum Verdict {
        OURS,
        THEIRS,
        UNSURE,
} Verdict;

static Verdict judge(const WgpClaims *claims, uint32_t number) {
        for (size_t i = 0; i < claims->n_numbers; i++)
                if (number > 0 && claims->numbers[i] == number)
                        return THEIRS;
        if (number > 0 && (number == claims->own[0] || number == claims->own[1]))
                return OURS;
        return claims->unknown ? UNSURE : OURS;
}

static int add_rule(const WgpRule *rule, WgpNetwork *to) {
        WgpRule copy = *rule;

        copy.shared = is_nop(rule);
        return wgp_network_copy_rule(to, &copy);
}

/* Whether there is another tunnel of that family, recorded or not, which needs what all have in common: "actual" has a
 * rule of a mark that is not in "own". Somebody may have deleted the others. */
bool wgp_signature_is_shared(const WgpNetwork *actual, const WgpNetwork *own, uint8_t family) {
        for (size_t i = 0; i < actual->n_rules; i++) {
                const WgpRule *rule = actual->rules + i;

                if (rule->family == family && (is_skip(rule) || is_lookup(rule)) && is_bare(rule) &&
                                !wgp_rules_find(own->rules, own->n_rules, rule))
                        return true;
        }
        return false;
}

static int sort_rules(const WgpNetwork *kernel, const WgpClaims *claims, bool own, WgpNetwork *ours,
                WgpNetwork *theirs, size_t *n_unsure) {
        int r = 0;

        for (size_t i = 0; r >= 0 && i < kernel->n_rules; i++) {
                const WgpRule *rule = kernel->rules + i;
                uint32_t number;
                Verdict verdict;

                if (!wgp_rule_is_ours(rule) || is_nop(rule) ||
                                wgp_rules_find(claims->recorded->rules, claims->recorded->n_rules, rule))
                        continue;
                number = number_of_rule(kernel, rule);
                if ((number > 0 && number == claims->own[0]) != own)
                        continue;
                verdict = judge(claims, number);
                if (verdict == UNSURE)
                        (*n_unsure)++;
                else
                        r = add_rule(rule, verdict == OURS ? ours : theirs);
        }
        return r;
}

/* What all tunnels have in common goes with the last of them. */
static int sort_nops(const WgpNetwork *kernel, const WgpClaims *claims, WgpNetwork *ours, WgpNetwork *theirs) {
        int r = 0;

        for (size_t i = 0; r >= 0 && i < kernel->n_rules; i++)
                if (is_nop(kernel->rules + i) && wgp_rule_is_ours(kernel->rules + i) &&
                                !wgp_rules_find(claims->recorded->rules, claims->recorded->n_rules, kernel->rules + i))
                        r = add_rule(kernel->rules + i,
                                        wgp_signature_is_shared(kernel, ours, kernel->rules[i].family) ? theirs :
                                                                                                         ours);
        return r;
}

static int sort_routes(const WgpNetwork *kernel, const WgpClaims *claims, WgpNetwork *ours, WgpNetwork *theirs,
                size_t *n_unsure) {
        int r = 0;

        for (size_t i = 0; r >= 0 && i < kernel->n_routes; i++) {
                const WgpRoute *route = kernel->routes + i;
                Verdict verdict;

                if (!wgp_route_is_ours(route) ||
                                wgp_routes_find(claims->recorded->routes, claims->recorded->n_routes, route))
                        continue;
                verdict = judge(claims, route->table);
                if (verdict == UNSURE)
                        (*n_unsure)++;
                else
                        r = wgp_network_copy_route(verdict == OURS ? ours : theirs, route);
        }
        return r;
}

/* Sorts what "kernel" has of tunnels of ours: what no other tunnel claims is added to "ours", that of the tunnel's own
 * mark first, and what others claim without a record to "theirs". "*ret_n_unsure": how many may be ours or that of a
 * tunnel whose record cannot be understood. Returns 0, or -ENOMEM. */
int wgp_signature_sort(const WgpNetwork *kernel, const WgpClaims *claims, WgpNetwork *ours, WgpNetwork *theirs,
                size_t *ret_n_unsure) {
        size_t n_unsure = 0;
        int r;

        r = sort_rules(kernel, claims, /* own= */ true, ours, theirs, &n_unsure);
        if (r >= 0)
                r = sort_rules(kernel, claims, /* own= */ false, ours, theirs, &n_unsure);
        if (r >= 0)
                r = sort_nops(kernel, claims, ours, theirs);
        if (r >= 0)
                r = sort_routes(kernel, claims, ours, theirs, &n_unsure);
        if (r >= 0)
                *ret_n_unsure = n_unsure;
        return r;
}
