/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Numbers. "used" holds the rules of the kernel and those that other tunnels have recorded, which may not be there yet
 * or any more: all of them count. */

#include "desired/policy-numbers.h"

#include <linux/fib_rules.h>

static const WgpRule *find_skip(const WgpNetwork *network) {
        for (size_t i = 0; i < network->n_rules; i++)
                if (network->rules[i].action == FR_ACT_GOTO && network->rules[i].goto_priority == WGP_RULE_NOP)
                        return network->rules + i;
        return NULL;
}

static const WgpRule *find_lookup(const WgpNetwork *network, uint32_t mark) {
        for (size_t i = 0; i < network->n_rules; i++)
                if (network->rules[i].action == FR_ACT_TO_TBL && network->rules[i].invert &&
                                network->rules[i].has_fwmark && network->rules[i].fwmark == mark)
                        return network->rules + i;
        return NULL;
}

/* Takes the numbers that a tunnel has already. Returns 0, or -ENOENT: it has none. */
int wgp_numbers_find_recorded(const WgpNetwork *recorded, WgpDesiredInput *input) {
        const WgpRule *skip = find_skip(recorded), *lookup = skip ? find_lookup(recorded, skip->fwmark) : NULL;

        if (!lookup)
                return -ENOENT;
        input->mark = skip->fwmark;
        input->skip_priority = skip->priority;
        input->lookup_priority = lookup->priority - 1;
        return 0;
}

/* The next mark that may not be a rule's, "mark" when it is none; for a rule that looks at a part of the mark, the
 * next one with another such part. One for all marks but some ("not") only has the mark that it names. */
static uint32_t next_free_of(const WgpRule *rule, uint32_t mark, bool exact) {
        const uint32_t mask = rule->fwmask != 0 && !rule->invert && !exact ? rule->fwmask : UINT32_MAX;

        if (rule->table == mark)
                return mark + 1;
        if (!rule->has_fwmark || (mark & mask) != (rule->fwmark & mask))
                return mark;
        return (mark | ((mask & -mask) - 1)) + 1;
}

static bool find_free(const WgpNetwork *used, uint32_t first, bool exact, uint32_t *ret) {
        /* A rule is in the way twice, as mark and as table; those with masks more often, up to leaving no mark at all.
         */
        const size_t n_attempts = 2 * used->n_rules + 1000;
        uint32_t mark = first;

        for (size_t n = 0; n < n_attempts && mark >= first; n++) {
                uint32_t before = mark;

                for (size_t i = 0; i < used->n_rules && mark == before; i++)
                        mark = next_free_of(used->rules + i, mark, exact);
                if (mark == before) {
                        *ret = mark;
                        return true;
                }
        }
        return false;
}

/* Returns the first mark from "first" on that no rule has as table, and none as mark, the rules that look at a part of
 * the mark included; where those match all marks, without regard to them. */
uint32_t wgp_numbers_next_mark(const WgpNetwork *used, uint32_t first) {
        uint32_t mark = first;

        if (!find_free(used, first, /* exact= */ false, &mark))
                (void) find_free(used, first, /* exact= */ true, &mark);
        return mark;
}

/* Returns the mark that a tunnel without rules of ours was given before, for its kill switch. 0: it has none, or one
 * that the profile stated, or one that has become somebody else's since. */
uint32_t wgp_numbers_keep_mark(const WgpNetwork *recorded, const WgpNetwork *used) {
        const uint32_t mark = recorded->device.has_fwmark ? recorded->device.fwmark : 0;

        return mark >= WGP_MARK_FIRST && wgp_numbers_next_mark(used, mark) == mark ? mark : 0;
}

static bool is_free(const WgpNetwork *used, uint32_t priority) {
        for (size_t i = 0; i < used->n_rules; i++)
                if (used->rules[i].priority == priority)
                        return false;
        return true;
}

static uint32_t free_skip(const WgpNetwork *used) {
        for (uint32_t p = WGP_RULE_SKIP_FIRST; p <= WGP_RULE_SKIP_LAST; p++)
                if (is_free(used, p))
                        return p;
        return 0;
}

/* The tunnel that was started last is asked first: its pair goes below all that are there, else (after some hundred
 * starts and stops) where there is room. */
static uint32_t free_lookup(const WgpNetwork *used) {
        uint32_t lowest = WGP_RULE_LOOKUP_LAST;

        for (size_t i = 0; i < used->n_rules; i++)
                if (used->rules[i].priority >= WGP_RULE_LOOKUP_FIRST && used->rules[i].priority < lowest)
                        lowest = used->rules[i].priority;

        lowest &= ~1U;
        if (lowest >= WGP_RULE_LOOKUP_FIRST + 2)
                return lowest - 2;
        for (uint32_t p = WGP_RULE_LOOKUP_FIRST; p < WGP_RULE_LOOKUP_LAST; p += 2)
                if (is_free(used, p) && is_free(used, p + 1))
                        return p;
        return 0;
}

/* Chooses the priorities. Returns 0, or -ENOSPC when all are taken. */
int wgp_numbers_build(const WgpNetwork *used, WgpDesiredInput *input) {
        uint32_t skip = free_skip(used), lookup = free_lookup(used);

        if (skip == 0 || lookup == 0)
                return -ENOSPC;
        input->skip_priority = skip;
        input->lookup_priority = lookup;
        return 0;
}
