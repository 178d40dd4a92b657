/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Makes the nft table of the kill switches from their records. One lock for all: the table is made from all records.
 */

#include "apply/kill-switch-table.h"

#include <time.h>

#include "apply/filter.h"
#include "system/kill-switch-record.h"
#include "system/nft.h"
#include "system/report.h"

enum {
        PAUSE_MSEC = 5,
};

/* Takes the lock of all kill switches: the table is made from all their records. The caller closes "*ret". Returns 0,
 * or a negative errno (reported). */
int wgp_kill_switch_lock(WgpRun *run, int *ret) {
        int r;

        r = wgp_state_open_lock(run->context.directory, WGP_KILL_SWITCH_LOCK, ret);
        if (r < 0)
                wgp_report_error("Cannot lock the kill switch: %s.", strerror(-r));
        return r;
}

/* Writes the record of the kill switch. Returns 0, or a negative errno (reported). */
int wgp_kill_switch_write_record(WgpRun *run, const WgpKillSwitch *own) {
        int r;

        r = wgp_context_before_change(&run->context);
        if (r >= 0)
                r = wgp_kill_switch_write(run->context.directory, run->name, own);
        if (r < 0)
                wgp_report_error("Cannot write the record of the kill switch: %s.", strerror(-r));
        return r;
}

/* Reads the records of the others, and adds "own", which may be NULL. Returns 0, or a negative errno (reported). */
static int collect(WgpRun *run, const WgpKillSwitch *own, WgpKillSwitches *ret) {
        int r;

        r = wgp_kill_switch_read_others(run->context.directory, run->name, ret);
        if (r >= 0 && own)
                r = wgp_kill_switches_add(ret, own);
        if (r < 0)
                wgp_report_error("Cannot read the records of the kill switches: %s.", strerror(-r));
        return r;
}

/* Makes our own table. Returns 0, WGP_NFT_E_FAILED or a negative errno (all of them reported). */
static int make_table(WgpRun *run, const WgpKillSwitches *switches) {
        _cleanup_(freep) char *text = NULL, *problem = NULL;
        int r;

        r = wgp_kill_switches_format(switches, WGP_KILL_SWITCH_TABLE, /* owned= */ false, &text);
        if (r >= 0)
                r = wgp_context_before_change(&run->context);
        if (r >= 0)
                r = wgp_nft_run(text, &problem);
        if (r != 0)
                wgp_report_error("Cannot make the nft table of the kill switch: %s.", problem ?: strerror(-r));
        return r;
}

/* Makes our table from the records of the other kill switches and "own", NULL: this one is off. The lock is held.
 * "*switches" are all of them, to be freed by the caller after errors as well. Returns 0, WGP_NFT_E_FAILED, or a
 * negative errno (reported). */
int wgp_kill_switch_make_table(WgpRun *run, const WgpKillSwitch *own, WgpKillSwitches *switches) {
        int r;

        r = collect(run, own, switches);
        return r < 0 ? r : make_table(run, switches);
}

/* Whether the resolver's table is right, or does not exist. Returns 1 or 0, or a negative errno. */
static int is_owned_table_right(WgpRun *run, const WgpKillSwitches *switches) {
        WgpFilter table = {};
        int r;

        r = wgp_filter_gather_table(&run->context, WGP_KILL_SWITCH_OWNED_TABLE, &table);
        if (r == -ENOENT)
                return 1;
        return r < 0 ? r : switches->n_items > 0 && table.digest == wgp_kill_switches_digest(switches);
}

/* Waits up to "msec" milliseconds for the resolver, which watches the records, to make its table from them. Returns 1
 * when it has, or has none, 0 when it has not yet, or a negative errno. */
int wgp_kill_switch_wait_for_resolver(WgpRun *run, const WgpKillSwitches *switches, unsigned msec) {
        int r;

        while ((r = is_owned_table_right(run, switches)) == 0 && msec >= PAUSE_MSEC) {
                (void) nanosleep(&(struct timespec) { .tv_nsec = PAUSE_MSEC * 1000 * 1000 }, NULL);
                msec -= PAUSE_MSEC;
        }
        return r;
}
