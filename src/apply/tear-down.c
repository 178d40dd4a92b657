/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Takes a tunnel down: plan(nothing, recorded). Only the record is needed: the profile, the link and the daemon may
 * be gone. */

#include "apply/tear-down.h"

#include "apply/execute.h"
#include "apply/gather.h"
#include "apply/hook.h"
#include "apply/kill-switch.h"
#include "apply/netns.h"
#include "apply/routing-numbers.h"
#include "apply/save-config.h"
#include "desired/record.h"
#include "system/report.h"
#include "system/root-path.h"
#include "system/userspace.h"

/* On restart keep rules and unreachable routes (fail closed); the record then has no link. */
static int write_rest(WgpRun *run) {
        run->state.network.link.ifindex = 0;
        run->state.network.hooks_done = false;
        run->state.complete = false;
        return wgp_run_write_state(run);
}

/* Reads the actual state of the record's parts that no other tunnel has, "own". The link is deleted as a whole: only
 * state that is not bound to it is read. Returns 0 or a negative errno (reported). */
static int gather(WgpRun *run, bool link_only, WgpNetwork *own, WgpNetwork *actual) {
        int r;

        if (wgp_record_has_linkless(&run->state.network)) {
                r = wgp_routing_numbers_open(run);
                if (r < 0)
                        return r;
        }
        r = wgp_routing_numbers_own(run, own);
        if (r >= 0 && !link_only)
                r = wgp_gather_unbound(&run->context, own, actual);
        if (r >= 0 && !link_only)
                r = wgp_kill_switch_gather(run, actual);
        if (r < 0)
                wgp_report_error("Cannot read the kernel's rules and routes: %s.", strerror(-r));
        return r;
}

/* Removes rules and shared routes from the record before the lock of all tunnels is released: otherwise two tunnels
 * that go down at once would each leave them to the other. If the record cannot be written, the lock stays. */
static void let_go(WgpRun *run) {
        WgpNetwork *network = &run->state.network;
        size_t n = 0;

        if (run->context.numbers_lock < 0)
                return;
        if (run->others.n_rules == 0 && run->others.n_routes == 0 &&
                        !run->others_unknown) { /* no other tunnel leaves anything to this one */
                wgp_routing_numbers_close(run);
                return;
        }
        for (size_t i = 0; i < network->n_routes; i++)
                if (network->routes[i].uses_device)
                        network->routes[n++] = network->routes[i];
        network->n_routes = n;
        network->n_rules = 0;
        network->valid_mark = (WgpValidMark) {};
        run->state.complete = false;
        if (wgp_run_write_state(run) >= 0)
                wgp_routing_numbers_close(run);
}

/* Counts the operations before one that waits for another program: the last may remove a zone. */
static size_t count_quick(const WgpPlan *plan) {
        const size_t n = plan->n_operations;

        return n > 0 && plan->operations[n - 1].type == WGP_OP_REMOVE_ZONE ? n - 1 : n;
}

/* Executes "n" operations of a plan from "first" on. */
static int execute_part(WgpRun *run, const WgpPlan *plan, size_t first, size_t n) {
        const WgpPlan part = { .operations = plan->operations + first, .n_operations = n };

        return n > 0 ? wgp_execute(run, &part, /* keep_going= */ true) : 0;
}

/* Removes what the record names; with "link_only", the link and what is bound to it. Each step is tried. Returns 0, or
 * the first error (reported). */
static int take_down(WgpRun *run, bool link_only) {
        _cleanup_(wgp_plan_done) WgpPlan plan = WGP_PLAN_NULL;
        WgpNetwork actual = { .link = run->actual.link }, own = WGP_NETWORK_NULL;
        _cleanup_(wgp_closep) int daemon = -EBADF;
        size_t n_quick;
        int r, k;

        wgp_save_config(run);
        if (actual.link.ifindex > 0 && run->context.backend == WGP_BACKEND_USERSPACE)
                (void) wgp_userspace_open(actual.link.name, &daemon);

        r = gather(run, link_only, &own, &actual);
        wgp_gather(&r, wgp_plan_build(NULL, &actual, &own, &plan));
        n_quick = count_quick(&plan);
        k = execute_part(run, &plan, 0, n_quick);
        r = r < 0 ? r : k;
        if (r == 0 && !link_only && (n_quick < plan.n_operations || daemon >= 0))
                let_go(run);
        k = execute_part(run, &plan, n_quick, plan.n_operations - n_quick);
        r = r != 0 ? r : k;
        wgp_gather(&r, wgp_netns_remove_stray(run));
        if (daemon >= 0 && r == 0)
                (void) wgp_userspace_wait(daemon);
        wgp_network_done(&actual);
        wgp_routing_numbers_own_done(&own);
        return r;
}

static int tear_down(WgpRun *run, bool link_only) {
        const bool had_come_up = run->state.network.hooks_done;
        int r = 0;

        wgp_hooks_run_pre_down(run);
        if (!run->netns_gone)
                r = take_down(run, link_only);
        else if (run->state.backend == WGP_BACKEND_USERSPACE)
                wgp_userspace_end(run->state.network.link.name);
        if (r != 0)
                return r;

        r = link_only ? write_rest(run) : wgp_run_remove_state(run);
        if (r < 0)
                return r;
        run->actual.link = (WgpLink) {};
        if (had_come_up)
                wgp_hooks_run_post_down(run);
        return 0;
}

/* Removes what the record names, and then the record. run->actual.link has been looked for. Returns 0, or the first
 * error (reported). */
int wgp_tear_down(WgpRun *run) {
        return tear_down(run, /* link_only= */ false);
}

/* The same for a tunnel that starts again at once: rules and "unreachable" routes stay. */
int wgp_take_link_down(WgpRun *run) {
        return tear_down(run, /* link_only= */ run->state.network.n_rules > 0);
}
