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

/* The mark of a tunnel that may be up, though no record says so. 0: it has none, or nobody can tell; then its packets
 * do not pass until it is reloaded. */
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

/* What is known of the tunnel: by its record while it is up, or by the kernel where that cannot be read; by the
 * profile before. A profile with errors has no tunnel; its kill switch lets it pass as soon as it has. */
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

/* The record is the intention, for the resolver, too: it comes before the table. */
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
                                "Whether the profile '%s' has KillSwitch= cannot be read: the kill switch is switched on.",
                                run->name);
        else if (run->profile->kill_switch != WGP_YES) {
                wgp_report_error("The profile '%s' has no KillSwitch=yes: nothing was changed.", run->name);
                return WGP_EXIT_INVALID;
        }
        return make_on(run);
}

/* Takes it away, under the lock. The record goes first: who is killed then leaves what stops too much rather than a
 * kill switch that the resolver puts back. */
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
                wgp_report_error(
                                "wg-profile-resolver.service has not let go of the kill switch of '%s': run 'systemctl "
                                "restart wg-profile-resolver'.",
                                run->name);
        else
                wgp_report_error(
                                "Cannot see whether wg-profile-resolver.service has let go of the kill switch of '%s': %s.",
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

/* What a start that failed leaves. A profile that can be read and says so has no kill switch any more; else one that
 * is on stays on, since nobody has switched it off. */
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
        wgp_report_warning(
                        "The kill switch of '%s' stays on, though its unit is not active: correct the profile and start it "
                        "again, or run 'wg-profile-apply killswitch-off %s'.",
                        run->name, run->name);
        return 0;
}

/* Whether it is to be on: the profile says so, or nobody can read what it says. Returns an exit code: WGP_EXIT_FAILED
 * when it is not. */
int wgp_run_kill_switch_is_wanted(WgpRun *run) {
        _cleanup_(wgp_profile_freep) WgpProfile *profile = NULL;
        const int r = wgp_load_again(run, &profile);

        if (r < 0)
                return WGP_EXIT_OK;
        if (profile)
                return wgp_profile_may_have_kill_switch(profile) ? WGP_EXIT_OK : WGP_EXIT_FAILED;
        return wgp_load_may_be_hidden(run) ? WGP_EXIT_OK : WGP_EXIT_FAILED;
}

/* Switches it on, or looks into the profile again; whether the tunnel is up or not. Returns an exit code. */
int wgp_run_kill_switch_on(WgpRun *run) {
        return wgp_exit_code(switch_on(run));
}

/* Switches it off, with or without a profile. When its unit is being restarted everything stays: the start replaces
 * the rules; so it does when nobody can tell whether it is. Returns an exit code. */
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
                                "systemd does not say whether the kill switch of '%s' is to be started again (%s): it stays on. "
                                "Run 'wg-profile-apply killswitch-off %s' to switch it off.",
                                run->name, strerror(-r), run->name);
                return WGP_EXIT_FAILED;
        }
        if (r > 0)
                return WGP_EXIT_OK;
        return wgp_exit_code(failed ? after_failure(run) : switch_off(run));
}
