/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The plan's part about the mark of the tunnel's own packets. Rules tell them from the traffic for the tunnel by it:
 * while such rules are there, packets with another mark would be sent into the tunnel that they are to carry. */

#include <linux/fib_rules.h>

#include "desired/desired.h"
#include "model/kernel-slot.h"
#include "plan/plan-internal.h"

/* Whether the device gets another mark. One that we set, and that is no longer desired, is taken back; any other
 * is not ours to touch. */
bool wgp_plan_changes_mark(const WgpPlanning *p, uint32_t *ret) {
        const WgpDevice *desired = &p->desired->device, *actual = &p->actual->device, *recorded = &p->recorded->device;
        const bool is_ours = recorded->has_fwmark && actual->fwmark == recorded->fwmark;
        const uint32_t mark = desired->has_fwmark ? desired->fwmark : 0;

        if (mark == actual->fwmark || (!desired->has_fwmark && !is_ours))
                return false;
        *ret = mark;
        return true;
}

static bool matches(const WgpRule *rule, uint32_t mark) {
        const uint32_t mask = rule->fwmask ?: UINT32_MAX;

        return ((mark & mask) == (rule->fwmark & mask)) != rule->invert;
}

/* Our own, for packets with the mark: it sends none anywhere. */
static bool is_skip(const WgpRule *rule) {
        return rule->action == FR_ACT_GOTO && rule->goto_priority == WGP_RULE_NOP && rule->has_fwmark && !rule->invert;
}

/* Whether packets with the mark never come as far as the rule. */
static bool is_skipped(const WgpNetwork *network, const WgpRule *rule, uint32_t mark) {
        for (size_t i = 0; i < network->n_rules; i++) {
                const WgpRule *skip = network->rules + i;

                if (is_skip(skip) && skip->family == rule->family && skip->priority < rule->priority &&
                                matches(skip, mark))
                        return true;
        }
        return false;
}

/* Whether the device has to keep its mark until the rules that are to go have gone, since one of them tells it from
 * the next one. When the next one is skipped like the present one, as from one full tunnel to another, nothing has to
 * wait. */
bool wgp_plan_mark_waits(const WgpPlanning *p) {
        uint32_t mark;

        if (!wgp_plan_changes_mark(p, &mark))
                return false;
        for (size_t i = 0; i < p->recorded->n_rules; i++) {
                const WgpRule *rule = p->recorded->rules + i;

                if (rule->has_fwmark && !is_skip(rule) &&
                                matches(rule, mark) != matches(rule, p->actual->device.fwmark) &&
                                wgp_rules_find(p->actual->rules, p->actual->n_rules, rule) &&
                                !wgp_rules_find(p->desired->rules, p->desired->n_rules, rule) &&
                                !is_skipped(p->desired, rule, mark))
                        return true;
        }
        return false;
}

/* Adds the operation for a mark that had to wait. Returns 0, or -ENOMEM. */
int wgp_plan_set_mark(const WgpPlanning *p) {
        WgpOperation *op;
        uint32_t mark;

        if (!wgp_plan_changes_mark(p, &mark))
                return 0;
        op = wgp_plan_add(p->plan, WGP_OP_SET_DEVICE, WGP_PLAN_CHANGED);
        if (!op)
                return -ENOMEM;
        op->device = (WgpDeviceChange) { .set_fwmark = true, .fwmark = mark };
        return 0;
}
