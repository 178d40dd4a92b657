/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Opens a run: takes the tunnel's lock, reads its record; writes and removes the record. */

#include "apply/run.h"

#include <linux/netlink.h>
#include <stdio.h>

#include "system/report.h"
#include "system/within-hook.h"

/* "root" and "name" are borrowed; "root" and "hook" may be NULL. */
void wgp_run_init(WgpRun *run, const char *root, const char *name, const WgpChangeHook *hook) {
        *run = (WgpRun) { .name = name, .answers_refused = -1 };
        wgp_context_init(&run->context, root, hook);
}

void wgp_run_done(WgpRun *run) {
        if (run->context.lock >= 0 && !run->has_state)
                (void) wgp_state_remove_lock(run->context.directory, run->name);
        wgp_context_done(&run->context);
        wgp_profile_free(run->profile);
        wgp_state_done(&run->state);
        wgp_network_done(&run->actual);
        wgp_network_done(&run->desired);
        wgp_network_done(&run->others);
        wgp_kill_switches_done(&run->kill_switches);
        free(run->link_owner);
        free(run->filter_problem);
        free(run->resolvconf);
}

static int refuse_hook(const WgpRun *run) {
        wgp_report_error("A hook of the tunnel '%s' cannot wait for itself: nothing was changed. Use 'systemctl "
                         "--no-block', which acts when the hook has ended.",
                        run->name);
        return -EDEADLK;
}

/* If a hook called this run, the calling run holds the lock until this one has ended. */
static int take_lock(WgpRun *run) {
        int r;

        if (!wgp_is_within_hook(run->name))
                return wgp_state_open_lock(run->context.directory, run->name, &run->context.lock);
        r = wgp_state_open_lock_within(run->context.directory, run->name, /* msec= */ 0, &run->context.lock);
        return r == -ETIMEDOUT ? refuse_hook(run) : r;
}

/* Opens the state directory, takes the tunnel's lock, reads the record, and opens a socket to the kernel. A record
 * that cannot be understood is not run->has_state; run->record says why, and wgp_recover() makes another one. That
 * this program lacks the means to read it is an error. Returns 0, or a negative errno (reported). */
int wgp_run_open(WgpRun *run) {
        int r;

        r = wgp_state_open_directory(run->context.root, &run->context.directory);
        if (r >= 0)
                r = take_lock(run);
        if (r < 0) {
                if (r != -EDEADLK)
                        wgp_report_error("%s%s: %s.", run->context.root ?: "", WGP_STATE_DIRECTORY, strerror(-r));
                return r == -EACCES ? -EPERM : r;
        }

        r = wgp_state_read(run->context.directory, run->name, &run->state);
        if (r < 0) {
                run->has_state = true; /* perhaps: the lock's file stays */
                wgp_report_error("Cannot read %s%s/%s.json: %s. Nothing was changed: try again.",
                                run->context.root ?: "", WGP_STATE_DIRECTORY, run->name, strerror(-r));
                return r;
        }
        run->record = r;
        run->has_state = r == 0;

        r = wgp_context_open_socket(&run->context, NETLINK_ROUTE, &run->context.route);
        if (r < 0)
                wgp_report_error("Cannot talk to the kernel: %s.", strerror(-r));
        return r;
}

/* Writes run->state. Returns 0, or a negative errno (reported). */
int wgp_run_write_state(WgpRun *run) {
        int r;

        r = wgp_context_before_change(&run->context);
        if (r >= 0)
                r = wgp_state_write(run->context.directory, &run->state);
        if (r < 0)
                wgp_report_error("Cannot write %s%s/%s.json: %s.", run->context.root ?: "", WGP_STATE_DIRECTORY,
                                run->name, strerror(-r));
        return r;
}

/* Removes the record. Returns 0, or a negative errno (reported). */
int wgp_run_remove_state(WgpRun *run) {
        int r;

        r = wgp_context_before_change(&run->context);
        if (r >= 0)
                r = wgp_state_remove(run->context.directory, run->name);
        if (r < 0)
                wgp_report_error("Cannot remove the record of the tunnel: %s.", strerror(-r));
        else
                run->has_state = false;
        return r;
}

/* Returns the text before a message about a line of the profile, "file:line: ", to be freed by the caller; NULL
 * without a line. */
char *wgp_run_place(const WgpRun *run, WgpOrigin origin) {
        char *text;

        if (!run->profile || origin.line == 0)
                return NULL;
        return asprintf(&text, "%s:%u: ", wgp_profile_file(run->profile, origin), origin.line) < 0 ? NULL : text;
}

/* Returns the exit code for a negative errno; an exit code is returned as it is. */
int wgp_exit_code(int error) {
        if (error >= 0)
                return error;
        return error == -EPERM ? WGP_EXIT_DENIED : WGP_EXIT_FAILED;
}
