/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Down: plan(nothing, recorded). From the record alone: the profile, the link and the daemon may be gone. */

#include "apply/context.h"
#include "apply/execute.h"
#include "apply/gather.h"
#include "apply/hook.h"
#include "apply/kill-switch.h"
#include "apply/manager-job.h"
#include "apply/netns.h"
#include "apply/recover.h"
#include "apply/routing-numbers.h"
#include "apply/save-config.h"
#include "desired/record.h"
#include "system/profile-name.h"
#include "system/report.h"
#include "system/root-path.h"
#include "system/userspace.h"

/* What is left is what keeps traffic from leaving past a tunnel that is about to be there again: a record of no link.
 */
static int write_rest(WgpRun *run) {
        run->state.network.link.ifindex = 0;
        run->state.network.hooks_done = false;
        run->state.complete = false;
        return wgp_run_write_state(run);
}

static int remove_record(WgpRun *run) {
        int r;

        r = wgp_run_before_change(run);
        if (r >= 0)
                r = wgp_state_remove(run->directory, run->name);
        if (r < 0)
                wgp_report_error("Cannot remove the record of the tunnel: %s.", strerror(-r));
        else
                run->has_state = false;
        return r;
}

/* Looks for what the record names: "own" is that of it which no other tunnel has. The link goes as a whole: only what
 * is not bound to it has to be looked at. Returns 0 or a negative errno (reported). */
static int gather(WgpRun *run, bool link_only, WgpNetwork *own, WgpNetwork *actual) {
        int r;

        if (wgp_record_has_linkless(&run->state.network)) {
                r = wgp_numbers_open(run);
                if (r < 0)
                        return r;
        }
        r = wgp_numbers_own(run, own);
        if (r >= 0 && !link_only)
                r = wgp_gather_unbound(run, own, actual);
        if (r >= 0 && !link_only)
                r = wgp_kill_switch_gather(run, actual);
        if (r < 0)
                wgp_report_error("Cannot read the kernel's rules and routes: %s.", strerror(-r));
        return r;
}

/* What only this tunnel has is gone, and what it shared with others does without it: the record may not claim it any
 * longer when the lock of all tunnels is let go, or two tunnels that go at once would each leave it to the other.
 * Where the record cannot be written the lock stays. */
static void let_go(WgpRun *run) {
        WgpNetwork *network = &run->state.network;
        size_t n = 0;

        if (run->numbers_lock < 0)
                return;
        if (run->others.n_rules == 0 && run->others.n_routes == 0 &&
                        !run->others_unknown) { /* nobody leaves anything to it */
                wgp_numbers_close(run);
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
                wgp_numbers_close(run);
}

/* The last operation of a plan may be about a zone, for which another program is waited for. */
static size_t count_quick(const WgpPlan *plan) {
        const size_t n = plan->n_operations;

        return n > 0 && plan->operations[n - 1].type == WGP_OP_REMOVE_ZONE ? n - 1 : n;
}

/* Executes what comes in a plan from "first" on. */
static int execute_part(WgpRun *run, const WgpPlan *plan, size_t first, size_t n) {
        const WgpPlan part = { .operations = plan->operations + first, .n_operations = n };

        return n > 0 ? wgp_execute(run, &part, /* keep_going= */ true) : 0;
}

/* Takes down what the record names; with "link_only", not what is not bound to the link. Each step is tried. Returns
 * 0, or the first error (reported). */
static int take_down(WgpRun *run, bool link_only) {
        _cleanup_(wgp_plan_done) WgpPlan plan = WGP_PLAN_NULL;
        WgpNetwork actual = { .link = run->actual.link }, own = WGP_NETWORK_NULL;
        _cleanup_(wgp_closep) int daemon = -EBADF;
        size_t n_quick;
        int r, k;

        wgp_save_config(run);
        if (actual.link.ifindex > 0 && run->backend == WGP_BACKEND_USERSPACE)
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
        wgp_numbers_own_done(&own);
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

        r = link_only ? write_rest(run) : remove_record(run);
        if (r < 0)
                return r;
        run->actual.link = (WgpLink) {};
        if (had_come_up)
                wgp_hooks_run_post_down(run);
        return 0;
}

/* Takes down what the record names, and the record when nothing of it is left. run->actual.link has been looked for.
 * Returns 0, or the first error (reported). */
int wgp_run_tear_down(WgpRun *run) {
        return tear_down(run, /* link_only= */ false);
}

/* The same of a tunnel that is to be there again at once: rules, and routes that are "unreachable", stay. */
int wgp_run_take_link_down(WgpRun *run) {
        return tear_down(run, /* link_only= */ run->state.network.n_rules > 0);
}

/* Looks for the link where the record says it is, as wgp_run_find_link() does. When the network namespace is gone
 * there is nothing to be found: run->netns_gone. */
int wgp_run_find_recorded(WgpRun *run) {
        const char *netns = run->state.network.netns;
        int r;

        r = wgp_netns_use(run, netns);
        if (r == -ENOENT || r == -EMEDIUMTYPE) {
                wgp_report_notice(
                                "There is no network namespace '%s' any more: the link went with it, or goes with the last "
                                "program in there.",
                                netns);
                run->netns_gone = true;
                return 0;
        }
        if (r < 0) {
                wgp_report_error("Cannot enter the network namespace '%s': %s.", netns, strerror(-r));
                return r;
        }
        return wgp_run_find_link(run, run->state.network.link.name);
}

/* Whether a full tunnel is to leave what holds its traffic: 1 when it is restarted, and a negative errno when nobody
 * can tell whether it is; else 0. In a network namespace there is nothing to be kept from passing by. */
static int leaves_rest(WgpRun *run) {
        const WgpNetwork *recorded = &run->state.network;

        return recorded->n_rules > 0 && !recorded->netns ? wgp_restart_is_under_way(run, WGP_UNIT_PREFIX) : 0;
}

/* The resolver takes them away, which sees that the unit is not active, and does not start. */
static int report_rest(const WgpRun *run, int error) {
        wgp_report_error(
                        "systemd does not say whether the tunnel '%s' is to be started again (%s): the rules and routes that keep "
                        "its traffic from leaving past it stay. Run 'wg-profile down %s' to have them taken away.",
                        run->name, strerror(-error), run->name);
        return WGP_EXIT_FAILED;
}

/* After a stop that had nothing to complain of, systemd.exec(5), a tunnel without a record is down. */
static bool has_stopped(void) {
        const char *result = getenv("SERVICE_RESULT");

        return result && streq(result, "success");
}

/* Looks for what there may be of a tunnel without a usable record. Returns 0, or a negative errno (reported). */
static int find_unrecorded(WgpRun *run) {
        int r;

        r = wgp_recover_all(run);
        if (r < 0)
                return r;
        if (!run->has_state)
                return remove_record(run); /* what is damaged, and what is beside it */
        /* Hooks and other services take their time, and no other run shall take the same for its own meanwhile. Where
         * it cannot be written the tunnel goes down all the same. */
        (void) wgp_run_write_state(run);
        return 0;
}

static int report_unsure(const WgpRun *run) {
        if (run->n_unsure == 0)
                return 0;
        wgp_report_error(
                        "%zu rules and routes of policy routing stay: they are of '%s', or of a tunnel whose record cannot be "
                        "read. Stop that one, too.",
                        run->n_unsure, run->name);
        return WGP_EXIT_FAILED;
}

/* Stops the tunnel. A full tunnel that is restarted, or may be, leaves its rules and the routes that are
 * "unreachable", or the traffic would pass by in between: "up" goes on from there, and takes everything down when it
 * fails. "after_failure": called after a run that failed or was killed, or after another "down". Returns an exit code.
 */
int wgp_run_down(WgpRun *run, bool after_failure) {
        int r, rest;

        r = wgp_run_open(run);
        if (r < 0)
                return wgp_exit_code(r);
        if (run->record == WGP_STATE_E_ABSENT && after_failure && has_stopped())
                return WGP_EXIT_OK;

        r = run->has_state ? wgp_run_find_recorded(run) : find_unrecorded(run);
        if (r == 0 && !run->has_state)
                return report_unsure(run);
        if (r == -EEXIST) /* somebody else's by now */
                run->actual.link = (WgpLink) {};
        else if (r < 0)
                return wgp_exit_code(r);

        rest = leaves_rest(run);
        r = tear_down(run, /* link_only= */ rest != 0);
        if (r != 0) {
                wgp_report_error("The tunnel '%s' is not completely down. What is left is recorded: try again.",
                                run->name);
                return wgp_exit_code(r);
        }
        r = rest < 0 ? report_rest(run, rest) : report_unsure(run);
        if (run->hook_failed)
                wgp_report_notice("The tunnel '%s' is down.", run->name);
        return run->hook_failed ? WGP_EXIT_FAILED : r;
}
