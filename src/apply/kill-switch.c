/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Tells the kill switch, while the tunnel is up, by which mark its packets are known. A unit of its own switches it
 * on and off, verb-kill-switch.c. */

#include "apply/kill-switch.h"

#include "apply/filter.h"
#include "apply/kill-switch-table.h"
#include "system/kill-switch-record.h"
#include "system/nft.h"
#include "system/profile-name.h"
#include "system/report.h"
#include "system/root-path.h"

enum {
        PASS_MSEC = 300, /* for a tunnel to be let pass: its first packet would be lost */
};

/* Reads the state of the profile's kill switch. Returns 0, or a negative errno. */
int wgp_kill_switch_gather(WgpRun *run, WgpNetwork *network) {
        WgpKillSwitch record = {};
        WgpFilter table = {};
        int r;

        r = wgp_kill_switch_read(run->context.directory, run->name, &record);
        if (r != 0) /* WGP_KILL_SWITCH_E_OFF: there is none; else nobody knows */
                return WGP_MIN(r, 0);
        wgp_kill_switches_done(&run->kill_switches);
        r = wgp_kill_switch_read_others(run->context.directory, run->name, &run->kill_switches);
        if (r >= 0)
                r = wgp_filter_gather_table(&run->context, WGP_KILL_SWITCH_TABLE, &table);
        if (r < 0 && r != -ENOENT)
                return r;
        network->kill_switch = (WgpKillSwitchUse) {
                .on = true,
                .strict = record.strict,
                .mark = record.mark,
                .digest = table.digest,
        };
        return 0;
}

/* Fills in its desired state with the tunnel up; run->actual is gathered. Returns 0, or -ENOMEM. */
int wgp_kill_switch_want(WgpRun *run, uint32_t mark, WgpNetwork *desired) {
        WgpKillSwitches switches = WGP_KILL_SWITCHES_NULL;
        WgpKillSwitch own = { .mark = mark, .strict = run->actual.kill_switch.strict };
        int r;

        desired->kill_switch = (WgpKillSwitchUse) { .on = run->actual.kill_switch.on, .mark = mark };
        if (!desired->kill_switch.on)
                return 0;
        memcpy(own.link, desired->link.name, sizeof(own.link));
        r = wgp_kill_switches_copy(&run->kill_switches, &switches);
        if (r >= 0)
                r = wgp_kill_switches_add(&switches, &own);
        if (r >= 0)
                desired->kill_switch.digest = wgp_kill_switches_digest(&switches);
        wgp_kill_switches_done(&switches);
        return r;
}

/* Whether the kill switch is as the profile says; reports a difference. Its own unit switches it. */
bool wgp_kill_switch_check(const WgpRun *run) {
        const WgpProfile *profile = run->profile;
        const bool wanted = profile->kill_switch == WGP_YES, on = run->actual.kill_switch.on;
        _cleanup_(freep) char *instance = NULL;

        if (wanted == on && (!on || run->actual.kill_switch.strict == profile->kill_switch_strict))
                return true;
        instance = wgp_instance_escape(run->name);
        if (wanted && !on)
                wgp_report_error("The profile '%s' has KillSwitch=, and its kill switch is off: run "
                                 "'systemctl start " WGP_KILL_SWITCH_UNIT_PREFIX "%s' to switch it on.",
                                run->name, instance ?: run->name);
        else if (wanted)
                wgp_report_error("The kill switch of '%s' is %sstrict, unlike the profile's: run "
                                 "'systemctl reload " WGP_KILL_SWITCH_UNIT_PREFIX "%s'.",
                                run->name, profile->kill_switch_strict ? "not " : "", instance ?: run->name);
        else
                wgp_report_warning("The profile '%s' has no KillSwitch=yes, and its kill switch is on: run "
                                   "'systemctl stop " WGP_KILL_SWITCH_UNIT_PREFIX "%s' to switch it off.",
                                run->name, instance ?: run->name);
        return !wanted;
}

/* Writes the record, if the kill switch is on by now, and makes the table. Returns 0, an exit code, or a negative
 * errno (reported). */
static int tell(WgpRun *run, const WgpKillSwitch *wanted, WgpKillSwitches *switches) {
        _cleanup_(wgp_closep) int lock = -EBADF;
        WgpKillSwitch own = *wanted, former = {};
        int r;

        r = wgp_kill_switch_lock(run, &lock);
        if (r < 0)
                return r;
        r = wgp_kill_switch_read(run->context.directory, run->name, &former);
        if (r == WGP_KILL_SWITCH_E_OFF)
                return 0;
        if (!*own.link) /* a tunnel without a record is going down */
                memcpy(own.link, former.link, sizeof(own.link));
        own.strict = former.strict;
        r = wgp_kill_switch_write_record(run, &own);
        if (r >= 0)
                r = wgp_kill_switch_make_table(run, &own, switches);
        return r == WGP_NFT_E_FAILED ? -EIO : r;
}

/* Tells the kill switch the tunnel's link and mark. Returns 0, an exit code, or a negative errno (reported). */
int wgp_kill_switch_execute(WgpRun *run, const WgpOperation *op) {
        WgpKillSwitches switches = WGP_KILL_SWITCHES_NULL;
        int r;

        r = tell(run, &op->kill_switch, &switches);
        if (r == 0 && switches.n_items > 0 && op->kill_switch.mark > 0 &&
                        wgp_kill_switch_wait_for_resolver(run, &switches, PASS_MSEC) == 0)
                wgp_report_warning("The resolver has not let the tunnel pass its kill switch yet.");
        wgp_kill_switches_done(&switches);
        return r;
}
