/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The plan's part about packet filtering: the tunnel's nft table, the sysctl that has the reverse path filter look at
 * marks, and what the kill switch lets pass. They come before the rules that send traffic into the tunnel, and go
 * after them. */

#include "plan/plan-internal.h"

#include "desired/signature.h"

enum {
        VALID_MARK_ON = 1,
};

static int set_valid_mark(WgpPlan *plan, uint8_t value, const char *reason) {
        WgpOperation *op;

        op = wgp_plan_add(plan, WGP_OP_SET_VALID_MARK, reason);
        if (!op)
                return -ENOMEM;
        op->valid_mark = value;
        return 0;
}

/* Whether the tunnel's table is as it should be. The device's port is known unless it is about to get its first one.
 */
static bool is_in_place(const WgpNftInput *input, const WgpFilter *actual) {
        return actual->present && input->port > 0 && wgp_nft_digest(input) == actual->digest;
}

/* Whether it is as it can be: what the kernel has refused is not tried again. */
static bool matches_without_refused(const WgpNftInput *input, const WgpFilter *actual, const WgpFilter *recorded) {
        WgpNftInput least = *input;

        least.answers = false;
        return input->answers && recorded->refused && is_in_place(&least, actual);
}

/* Adds what is to be there. Returns 0, or -ENOMEM. */
int wgp_plan_set_filter(const WgpPlanning *p) {
        WgpNftInput input = {
                .ifindex = p->actual->link.ifindex,
                .addresses = p->desired->addresses,
                .n_addresses = p->desired->n_addresses,
                .port = p->desired->filter.port ?: p->actual->device.listen_port,
                .mark = p->desired->filter.mark,
                .answers = p->desired->filter.answers,
        };
        WgpOperation *op;
        int r = 0;

        memcpy(input.ifname, p->desired->link.name, sizeof(input.ifname));
        if (p->desired->valid_mark.wanted && p->actual->valid_mark.value != VALID_MARK_ON)
                r = set_valid_mark(p->plan, VALID_MARK_ON, "not set");
        if (r < 0 || !p->desired->filter.present)
                return r;
        if (p->actual->link.ifindex > 0 &&
                        (is_in_place(&input, &p->actual->filter) ||
                                        matches_without_refused(&input, &p->actual->filter, &p->recorded->filter)))
                return 0;

        op = wgp_plan_add(p->plan, WGP_OP_SET_FILTER, p->actual->filter.present ? WGP_PLAN_CHANGED : WGP_PLAN_NEW);
        if (!op)
                return -ENOMEM;
        op->filter = input;
        return 0;
}

/* Adds what is to go, of what the record names: the table, and the sysctl back to what it was before the first tunnel,
 * unless somebody else has set it since. Returns 0, or -ENOMEM. */
int wgp_plan_delete_filter(const WgpPlanning *p, const char *reason) {
        WgpOperation *op;

        if (p->recorded->filter.present && p->actual->filter.present && !p->desired->filter.present) {
                op = wgp_plan_add(p->plan, WGP_OP_DELETE_FILTER, reason);
                if (!op)
                        return -ENOMEM;
                memcpy(op->filter.ifname, p->recorded->link.name, sizeof(op->filter.ifname));
        }
        if (p->recorded->valid_mark.wanted && !p->desired->valid_mark.wanted &&
                        p->actual->valid_mark.value == VALID_MARK_ON &&
                        p->recorded->valid_mark.value != VALID_MARK_ON &&
                        !wgp_signature_is_shared(p->actual, p->recorded, AF_INET))
                return set_valid_mark(p->plan, p->recorded->valid_mark.value, reason);
        return 0;
}

static int set_kill_switch(WgpPlan *plan, const char *link, uint32_t mark, const char *reason) {
        WgpOperation *op;

        op = wgp_plan_add(plan, WGP_OP_SET_KILL_SWITCH, reason);
        if (!op)
                return -ENOMEM;
        memcpy(op->kill_switch.link, link, sizeof(op->kill_switch.link));
        op->kill_switch.mark = mark;
        return 0;
}

/* Has a kill switch that is on let the tunnel pass. Returns 0, or -ENOMEM. */
int wgp_plan_set_kill_switch(const WgpPlanning *p) {
        if (!p->desired->kill_switch.on || p->desired->kill_switch.digest == p->actual->kill_switch.digest)
                return 0;
        return set_kill_switch(p->plan, p->desired->link.name, p->desired->kill_switch.mark, WGP_PLAN_CHANGED);
}

/* Has it let no mark pass: that may be another tunnel's next time. Returns 0, or -ENOMEM. */
int wgp_plan_close_kill_switch(const WgpPlanning *p, const char *reason) {
        if (!p->actual->kill_switch.on || p->actual->kill_switch.mark == 0)
                return 0;
        return set_kill_switch(p->plan, p->recorded->link.name, 0, reason);
}
