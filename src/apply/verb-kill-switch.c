/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Switches the kill switch on and off. A unit of its own does so, which comes before the network, and which only a
 * person stops. */

#include <linux/netlink.h>

#include "apply/device.h"
#include "apply/gather.h"
#include "apply/kill-switch-table.h"
#include "apply/load.h"
#include "apply/manager-job.h"
#include "apply/verbs.h"
#include "system/kill-switch-record.h"
#include "system/nft.h"
#include "system/profile-name.h"
#include "system/report.h"
#include "system/root-path.h"

enum {
        OFF_MSEC = 5000, /* the resolver may be waiting for a userspace daemon */
};

/* Returns the mark of a tunnel that may be up without a readable record. 0: it has none, or it is not known; then its
 * packets do not pass until it is reloaded. */
static uint32_t find_mark(WgpRun *run, const char *name) {
        WgpLink link = {};
        uint32_t mark = 0;

        if (!run->context.route && wgp_context_open_socket(&run->context, NETLINK_ROUTE, &run->context.route) < 0)
                return 0;
        if (wgp_gather_link(&run->context, name, &link) < 0 || link.ifindex == 0 || link.group != WGP_LINK_GROUP)
                return 0;
        (void) wgp_device_find_mark(&run->context, &link, &mark);
        return mark;
}

/* Returns the tunnel's link and mark: by its record while it is up, by the kernel if the record cannot be read, else
 * by the profile. A profile with errors has no tunnel yet: when it has, that tells the kill switch. */
static WgpKillSwitch describe(WgpRun *run) {
        WgpKillSwitch own = { .strict = run->profile && run->profile->kill_switch_strict };
        const char *link = run->profile ? run->profile->ifname : run->name; /* a guess */
        WgpState state = WGP_STATE_NULL;

        if (link && strlen(link) < sizeof(own.link))
                strcpy(own.link, link);
        if (wgp_state_read(run->context.directory, run->name, &state) == 0) {
                own.mark = state.network.device.fwmark;
                if (*state.network.link.name) /* whatever the profile says by now */
                        memcpy(own.link, state.network.link.name, sizeof(own.link));
                wgp_state_done(&state);
        } else if (*own.link)
                own.mark = find_mark(run, own.link);
        return own;
}

static int open_records(WgpRun *run, int *ret_lock) {
        int r;

        r = wgp_state_open_directory(run->context.root, &run->context.directory);
        if (r < 0)
                wgp_report_error("%s" WGP_STATE_DIRECTORY ": %s.", run->context.root ?: "", strerror(-r));
        return r < 0 ? r : wgp_kill_switch_lock(run, ret_lock);
}

/* The record is written before the table: the resolver acts on it as well. */
static int make_on(WgpRun *run) {
        WgpKillSwitches switches = WGP_KILL_SWITCHES_NULL;
        _cleanup_(wgp_closep) int lock = -EBADF;
        WgpKillSwitch own, former;
        bool was_on;
        int r;

        r = open_records(run, &lock);
        if (r < 0)
                return r;

        own = describe(run);
        was_on = wgp_kill_switch_read(run->context.directory, run->name, &former) == 0;
        r = wgp_kill_switch_write_record(run, &own);
        if (r >= 0)
                r = wgp_kill_switch_make_table(run, &own, &switches);
        if (r != 0 && !was_on)
                (void) wgp_kill_switch_remove(run->context.directory, run->name);
        wgp_kill_switches_done(&switches);
        return r == WGP_NFT_E_FAILED ? WGP_EXIT_UNSUPPORTED : r;
}

static int switch_on(WgpRun *run) {
        int r;

        r = wgp_load_partly(run);
        if (r != 0 && !wgp_load_may_be_hidden(run))
                return r;
        if (r != 0 || (run->profile->incomplete && run->profile->kill_switch == WGP_UNSET))
                wgp_report_warning(
                                "Whether the profile '%s' has KillSwitch= cannot be read: the kill switch is switched "
                                "on.",
                                run->name);
        else if (run->profile->kill_switch != WGP_YES) {
                wgp_report_error("The profile '%s' has no KillSwitch=yes: nothing was changed.", run->name);
                return WGP_EXIT_INVALID;
        }
        return make_on(run);
}

/* Switches it off, under the lock. The record is removed first: a run that is killed then leaves a table that stops
 * too much, not a record by which the resolver puts the kill switch back. */
static int take_off(WgpRun *run, WgpKillSwitches *switches) {
        _cleanup_(wgp_closep) int lock = -EBADF;
        int r;

        r = wgp_kill_switch_lock(run, &lock);
        if (r >= 0)
                r = wgp_context_before_change(&run->context);
        if (r < 0)
                return r;
        r = wgp_kill_switch_remove(run->context.directory, run->name);
        if (r < 0) {
                wgp_report_error("Cannot remove the record of the kill switch: %s.", strerror(-r));
                return r;
        }
        r = wgp_kill_switch_make_table(run, /* own= */ NULL, switches);
        return r == WGP_NFT_E_FAILED ? -EIO : r;
}

/* Returns 0, an exit code, or a negative errno (reported). */
static int wait_until_off(WgpRun *run, const WgpKillSwitches *others) {
        int r;

        r = wgp_kill_switch_wait_for_resolver(run, others, OFF_MSEC);
        if (r > 0)
                return 0;
        if (r == 0)
                wgp_report_error("wg-profile-resolver.service still enforces the kill switch of '%s': run 'systemctl "
                                 "restart wg-profile-resolver'.",
                                run->name);
        else
                wgp_report_error("Cannot see whether wg-profile-resolver.service still enforces the kill switch of "
                                 "'%s': %s.",
                                run->name, strerror(-r));
        return r == 0 ? WGP_EXIT_FAILED : r;
}

static int switch_off(WgpRun *run) {
        WgpKillSwitches switches = WGP_KILL_SWITCHES_NULL;
        int r;

        r = take_off(run, &switches);
        if (r == 0)
                r = wait_until_off(run, &switches);
        wgp_kill_switches_done(&switches);
        return r;
}

/* After a failed start: the kill switch is switched off only if the profile can be read and has none any more.
 * Otherwise it stays as it is, since nobody has switched it off. */
static int after_failure(WgpRun *run) {
        WgpKillSwitch record;
        int r;

        r = wgp_kill_switch_read(run->context.directory, run->name, &record);
        if (r == WGP_KILL_SWITCH_E_OFF) /* the stop was begun */
                return switch_off(run);
        if (r < 0) {
                wgp_report_error("Cannot read the record of the kill switch: %s.", strerror(-r));
                return r;
        }
        if (wgp_load_profile(run) == 0 && run->profile->kill_switch != WGP_YES)
                return switch_off(run);
        wgp_report_warning("The kill switch of '%s' stays on, though its unit is not active: correct the profile and "
                           "start it "
                           "again, or run 'wg-profile-apply killswitch-off %s'.",
                        run->name, run->name);
        return 0;
}

/* Whether the kill switch should be on: the profile says so, or cannot be read. Returns an exit code: WGP_EXIT_FAILED
 * when it should not. */
int wgp_run_kill_switch_is_wanted(WgpRun *run) {
        _cleanup_(wgp_profile_freep) WgpProfile *profile = NULL;
        const int r = wgp_load_again(run, &profile);

        if (r < 0)
                return WGP_EXIT_OK;
        if (profile)
                return wgp_profile_may_have_kill_switch(profile) ? WGP_EXIT_OK : WGP_EXIT_FAILED;
        return wgp_load_may_be_hidden(run) ? WGP_EXIT_OK : WGP_EXIT_FAILED;
}

/* Switches it on, or reloads it from the profile, whether the tunnel is up or not. Returns an exit code. */
int wgp_run_kill_switch_on(WgpRun *run) {
        return wgp_exit_code(switch_on(run));
}

/* Switches it off, with or without a profile. While its unit is being restarted, or may be, everything stays: the
 * start replaces the rules. Returns an exit code. */
int wgp_run_kill_switch_off(WgpRun *run, bool failed) {
        int r;

        r = wgp_state_open_directory(run->context.root, &run->context.directory);
        if (r < 0) {
                wgp_report_error("%s" WGP_STATE_DIRECTORY ": %s.", run->context.root ?: "", strerror(-r));
                return wgp_exit_code(r);
        }
        r = wgp_restart_is_under_way(&run->context, WGP_KILL_SWITCH_UNIT_PREFIX, run->name);
        if (r < 0) {
                wgp_report_error(
                                "Cannot ask systemd whether the kill switch of '%s' is being restarted (%s): it stays "
                                "on. "
                                "Run 'wg-profile-apply killswitch-off %s' to switch it off.",
                                run->name, strerror(-r), run->name);
                return WGP_EXIT_FAILED;
        }
        if (r > 0)
                return WGP_EXIT_OK;
        return wgp_exit_code(failed ? after_failure(run) : switch_off(run));
}
