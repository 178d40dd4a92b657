/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Applies a profile: builds plan(desired, actual, recorded), writes the record before and after it, and undoes a
 * failed first run. */

#include "apply/apply-profile.h"

#include "apply/build-desired.h"
#include "apply/build-record.h"
#include "apply/execute.h"
#include "apply/gather.h"
#include "apply/kill-switch.h"
#include "apply/loop.h"
#include "apply/routing-numbers.h"
#include "apply/rtnl-batch.h"
#include "apply/tear-down.h"
#include "desired/record.h"
#include "system/report.h"

/* Returns what other services were told about this very link by a run that was not interrupted, or NULL. */
static const WgpNetwork *known_services(const WgpRun *run) {
        const WgpNetwork *recorded = &run->state.network;
        const bool known = run->has_state && run->state.complete && recorded->link.ifindex > 0 &&
                           recorded->link.ifindex == run->actual.link.ifindex;

        return known ? recorded : NULL;
}

/* "services": what other services were told; NULL: not known. */
static int gather(WgpRun *run, const WgpNetwork *services) {
        const WgpNetwork *concerned[] = { &run->desired, &run->state.network };
        int r;

        r = wgp_gather_network(run, concerned, run->has_state ? 2 : 1, &run->actual);
        if (r >= 0 && services)
                r = wgp_record_copy_services(services, &run->actual);
        run->actual.hooks_done = run->state.network.hooks_done && run->actual.link.ifindex > 0;
        if (r < 0)
                wgp_report_error("Cannot read the kernel's state of %s: %s.", run->desired.link.name, strerror(-r));
        return r < 0 ? r : wgp_kill_switch_want(run, run->desired.device.fwmark, &run->desired);
}

static int build_plan(WgpRun *run, WgpPlan *ret) {
        WgpNetwork own;
        int r;

        if (!run->has_state)
                return wgp_plan_build(&run->desired, &run->actual, NULL, ret);
        r = wgp_routing_numbers_own(run, &own);
        if (r < 0)
                return r;
        r = wgp_plan_build(&run->desired, &run->actual, &own, ret);
        wgp_routing_numbers_own_done(&own);
        return r;
}

/* Undoes a failed first "up", so that the next one starts afresh. */
static int undo(WgpRun *run, int result) {
        if (wgp_tear_down(run) == 0)
                wgp_report_notice("The tunnel '%s' is down: nothing of it was left behind.", run->name);
        else
                wgp_report_error("A part of the tunnel '%s' is left: run 'wg-profile down %s'.", run->name, run->name);
        return result;
}

/* Plans once more: deleting an IPv4 address or joining a VRF makes the kernel drop others. */
static int look_again(WgpRun *run) {
        _cleanup_(wgp_plan_done) WgpPlan plan = WGP_PLAN_NULL;
        WgpLink link;
        int r;

        r = wgp_gather_link(&run->context, run->desired.link.name, &link);
        if (r < 0)
                return r;
        wgp_network_done(&run->actual);
        run->actual.link = link;
        r = gather(run, &run->desired);
        run->actual.hooks_done = true; /* or will be: they run when all else is done */
        if (r >= 0)
                r = build_plan(run, &plan);
        return r < 0 ? r : wgp_execute(run, &plan, /* keep_going= */ false);
}

/* Another route has the place of one with an automatic metric: all of ours get the next metric, as NetworkManager
 * gives each of its devices its own. Routes with the former metric are replaced, so the record has both meanwhile. */
static int move_metric(WgpRun *run, WgpState *after) {
        const uint32_t metric = (run->desired.metric ?: WGP_KEYFILE_METRIC) + 1;
        int r;

        if (metric > WGP_METRIC_LAST) {
                wgp_report_error("All metrics from %d to %d are taken: set one with route-metric=.",
                                WGP_KEYFILE_METRIC, WGP_METRIC_LAST);
                return WGP_EXIT_FAILED;
        }
        wgp_desired_move_metric(&run->desired, metric);
        wgp_desired_move_metric(&after->network, metric);
        r = wgp_write_record_before(run, after);
        return r < 0 ? r : look_again(run);
}

/* The operations before the first PostUp hook. */
static WgpPlan without_post_up(const WgpPlan *plan) {
        WgpPlan part = *plan;

        part.n_operations = 0;
        while (part.n_operations < plan->n_operations &&
                        !wgp_operation_is_hook(plan->operations + part.n_operations, WGP_HOOK_POST_UP))
                part.n_operations++;
        return part;
}

/* The record is complete before PostUp runs: a hook may wait for the peers, whose names the resolver takes from the
 * record. */
static int run_post_up(WgpRun *run, const WgpPlan *plan, size_t n_before) {
        const WgpPlan part = {
                .operations = plan->operations + n_before,
                .n_operations = plan->n_operations - n_before,
        };
        int r;

        if (part.n_operations == 0)
                return 0;
        r = wgp_execute(run, &part, /* keep_going= */ false);
        if (r != 0)
                return r;
        run->state.network.hooks_done = true;
        return wgp_run_write_state(run);
}

static int apply_plan(WgpRun *run, const WgpPlan *plan, WgpState *after, bool first) {
        const WgpPlan part = without_post_up(plan);
        /* Of peers only their endpoints are in the record, so that changing others leaves it as it is. */
        const bool same_record = !first && run->has_state && wgp_state_equal(&run->state, after);
        int r = 0;

        if (!same_record)
                r = wgp_write_record_before(run, after);
        wgp_routing_numbers_close(run);
        if (r != 0)
                return first ? undo(run, r) : r;
        r = wgp_execute(run, &part, /* keep_going= */ false);
        while (r == WGP_RTNL_BATCH_E_METRIC)
                r = move_metric(run, after);
        if (r == 0 && wgp_plan_has_side_effects(plan))
                r = look_again(run);
        if (r == 0)
                r = wgp_loop_check(run);
        if (r == 0 && (!same_record || run->filter_problem || run->answers_refused >= 0))
                r = wgp_write_record_after(run, after);
        if (r == 0)
                r = run_post_up(run, plan, part.n_operations);
        if (r != 0 && first)
                return undo(run, r);
        if (r != 0)
                wgp_report_error("The tunnel '%s' stays up, with the changes made so far: correct this and reload "
                                 "again.",
                                run->name);
        return r;
}

/* Builds the plan for run->profile. It borrows from the run. Returns 0, an exit code or a negative errno (both
 * reported). */
int wgp_apply_profile_plan(WgpRun *run, WgpPlan *ret) {
        int r;

        r = wgp_build_desired(run);
        if (r == 0 && (wgp_record_has_linkless(&run->desired) || wgp_record_has_linkless(&run->state.network)))
                r = wgp_routing_numbers_open(run); /* before rules and routes are looked at */
        if (r == 0)
                r = gather(run, known_services(run));
        if (r != 0)
                return r;

        r = build_plan(run, ret);
        if (r < 0)
                wgp_report_error("%s.", strerror(-r));
        return r;
}

/* Brings the kernel to what run->profile says; run->actual.link has been looked for. "first": nothing that works is
 * there yet, and after a failure nothing is left. Returns 0, an exit code or a negative errno (both reported). */
int wgp_apply_profile(WgpRun *run, bool first) {
        _cleanup_(wgp_plan_done) WgpPlan plan = WGP_PLAN_NULL;
        _cleanup_(wgp_state_done) WgpState after = WGP_STATE_NULL;
        int r;

        r = wgp_apply_profile_plan(run, &plan);
        if (r != 0)
                return r;
        r = wgp_build_record(run, &after);
        if (r < 0) {
                wgp_report_error("%s.", strerror(-r));
                return r;
        }
        /* a profile without PostUp hooks has run them all */
        if (without_post_up(&plan).n_operations == plan.n_operations)
                after.network.hooks_done = true;

        if (plan.n_operations > 0)
                r = apply_plan(run, &plan, &after, first);
        else if (!run->has_state || !wgp_state_equal(&run->state, &after))
                r = wgp_write_record_after(run, &after);
        if (r == 0 && plan.n_left_out > 0) {
                wgp_report_error("%zu new peers were not added, since their preshared keys cannot be read on reload: "
                                 "run 'systemctl restart' to add them.",
                                plan.n_left_out);
                r = WGP_EXIT_FAILED;
        }
        return r;
}
