/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Stops a tunnel. */

#include "apply/manager-job.h"
#include "apply/own-link.h"
#include "apply/recover.h"
#include "apply/tear-down.h"
#include "apply/verbs.h"
#include "system/profile-name.h"
#include "system/report.h"

/* Whether the rules that hold a full tunnel's traffic must stay: 1 when it is being restarted, a negative errno when
 * systemd does not say; else 0. In a network namespace no traffic leaves outside of the tunnel. */
static int leaves_rest(WgpRun *run) {
        const WgpNetwork *recorded = &run->state.network;

        return recorded->n_rules > 0 && !recorded->netns ?
                               wgp_restart_is_under_way(&run->context, WGP_UNIT_PREFIX, run->name) :
                               0;
}

/* The resolver removes them when it sees that the unit is not active and does not start. */
static int report_rest(const WgpRun *run, int error) {
        wgp_report_error("Cannot ask systemd whether the tunnel '%s' is being restarted (%s): the rules and routes "
                         "that keep its traffic from leaving outside of it stay. Run 'wg-profile down %s' to remove "
                         "them.",
                        run->name, strerror(-error), run->name);
        return WGP_EXIT_FAILED;
}

/* Whether the unit's stop succeeded, systemd.exec(5): then a tunnel without a record is down. */
static bool has_stopped(void) {
        const char *result = getenv("SERVICE_RESULT");

        return result && streq(result, "success");
}

/* Looks for a tunnel without a usable record. Returns 0, or a negative errno (reported). */
static int find_unrecorded(WgpRun *run) {
        int r;

        r = wgp_recover_all(run);
        if (r < 0)
                return r;
        if (!run->has_state)
                return wgp_run_remove_state(run); /* a damaged one, and the files beside it */
        /* Hooks and other services take their time, and no other run shall take the same for its own meanwhile. Where
         * it cannot be written the tunnel goes down all the same. */
        (void) wgp_run_write_state(run);
        return 0;
}

static int report_unsure(const WgpRun *run) {
        if (run->n_unsure == 0)
                return 0;
        wgp_report_error("%zu rules and routes of policy routing stay: they belong to '%s', or to a tunnel whose "
                         "record cannot be read. Stop that tunnel as well.",
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

        r = run->has_state ? wgp_own_link_find_recorded(run) : find_unrecorded(run);
        if (r == 0 && !run->has_state)
                return report_unsure(run);
        if (r == -EEXIST) /* another program's link by now */
                run->actual.link = (WgpLink) {};
        else if (r < 0)
                return wgp_exit_code(r);

        rest = leaves_rest(run);
        r = rest != 0 ? wgp_take_link_down(run) : wgp_tear_down(run);
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
