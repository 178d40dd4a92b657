/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Kill switch. Switched on and off by a unit of its own, which comes before the network, and which nothing but a
 * person stops. A tunnel only tells it, while it is up, by which mark its packets are known. One lock for all: whoever
 * makes the table has to know all the records. */

#include "apply/kill-switch.h"

#include <time.h>
#include <unistd.h>

#include "apply/filter.h"
#include "apply/load.h"
#include "apply/manager-job.h"
#include "system/kill-switch-record.h"
#include "system/nft.h"
#include "system/profile-name.h"
#include "system/report.h"
#include "system/root-path.h"

#define UNIT_PREFIX "wg-profile-killswitch@"

enum {
        PASS_MSEC = 300, /* for a tunnel to be let pass: its first packet would be lost */
        OFF_MSEC = 5000, /* the resolver may be waiting for a userspace daemon */
        PAUSE_MSEC = 5,
};

/* --- for the plan --- */

/* Fills in how the profile's kill switch is. Returns 0, or a negative errno. */
int wgp_kill_switch_gather(WgpRun *run, WgpNetwork *network) {
        WgpKillSwitch record = {};
        WgpFilter table = {};
        int r;

        r = wgp_kill_switch_read(run->directory, run->name, &record);
        if (r != 0) /* WGP_KILL_SWITCH_E_OFF: there is none; else nobody knows */
                return WGP_MIN(r, 0);
        wgp_kill_switches_done(&run->kill_switches);
        r = wgp_kill_switch_read_others(run->directory, run->name, &run->kill_switches);
        if (r >= 0)
                r = wgp_filter_gather_table(run, WGP_KILL_SWITCH_TABLE, &table);
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

/* Fills in how it should be with the tunnel up; run->actual is gathered. Returns 0, or -ENOMEM. */
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

/* Whether the kill switch is as the profile says; what is not is told. Its own unit switches it. */
bool wgp_kill_switch_check(const WgpRun *run) {
        const WgpProfile *profile = run->profile;
        const bool wanted = profile->kill_switch == WGP_YES, on = run->actual.kill_switch.on;
        _cleanup_(freep) char *instance = NULL;

        if (wanted == on && (!on || run->actual.kill_switch.strict == profile->kill_switch_strict))
                return true;
        instance = wgp_instance_escape(run->name);
        if (wanted && !on)
                wgp_report_error(
                                "The profile '%s' has KillSwitch=, and its kill switch is off: run 'systemctl start " UNIT_PREFIX
                                "%s' to switch it on.",
                                run->name, instance ?: run->name);
        else if (wanted)
                wgp_report_error(
                                "The kill switch of '%s' is %sstrict, unlike the profile's: run 'systemctl reload " UNIT_PREFIX
                                "%s'.",
                                run->name, profile->kill_switch_strict ? "not " : "", instance ?: run->name);
        else
                wgp_report_warning(
                                "The profile '%s' has no KillSwitch=yes, and its kill switch is on: run 'systemctl stop " UNIT_PREFIX
                                "%s' to switch it off.",
                                run->name, instance ?: run->name);
        return !wanted;
}

/* --- the tables --- */

/* Makes our own table. Returns 0, WGP_NFT_E_FAILED or a negative errno (all of them reported). */
static int make_table(WgpRun *run, const WgpKillSwitches *switches) {
        _cleanup_(freep) char *text = NULL, *problem = NULL;
        int r;

        r = wgp_kill_switches_format(switches, WGP_KILL_SWITCH_TABLE, /* owned= */ false, &text);
        if (r >= 0)
                r = wgp_run_before_change(run);
        if (r >= 0)
                r = wgp_nft_run(text, &problem);
        if (r != 0)
                wgp_report_error("Cannot make the nft table of the kill switch: %s.", problem ?: strerror(-r));
        return r;
}

/* Whether the resolver's table is as it should be, or there is none. Returns 1 or 0, or a negative errno. */
static int is_owned_table_right(WgpRun *run, const WgpKillSwitches *switches) {
        WgpFilter table = {};
        int r;

        r = wgp_filter_gather_table(run, WGP_KILL_SWITCH_OWNED_TABLE, &table);
        if (r == -ENOENT)
                return 1;
        return r < 0 ? r : switches->n_items > 0 && table.digest == wgp_kill_switches_digest(switches);
}

/* Waits for the resolver, who sees what becomes of the records, to have its table follow. Returns as above. */
static int wait_for_owned_table(WgpRun *run, const WgpKillSwitches *switches, unsigned msec) {
        int r;

        while ((r = is_owned_table_right(run, switches)) == 0 && msec >= PAUSE_MSEC) {
                (void) nanosleep(&(struct timespec) { .tv_nsec = PAUSE_MSEC * 1000 * 1000 }, NULL);
                msec -= PAUSE_MSEC;
        }
        return r;
}

/* Reads the records of the others, and adds "own", which may be NULL. Returns 0, or a negative errno (reported). */
static int collect(WgpRun *run, const WgpKillSwitch *own, WgpKillSwitches *ret) {
        int r;

        r = wgp_kill_switch_read_others(run->directory, run->name, ret);
        if (r >= 0 && own)
                r = wgp_kill_switches_add(ret, own);
        if (r < 0)
                wgp_report_error("Cannot read the records of the kill switches: %s.", strerror(-r));
        return r;
}

static int write_record(WgpRun *run, const WgpKillSwitch *own) {
        int r;

        r = wgp_run_before_change(run);
        if (r >= 0)
                r = wgp_kill_switch_write(run->directory, run->name, own);
        if (r < 0)
                wgp_report_error("Cannot write the record of the kill switch: %s.", strerror(-r));
        return r;
}

static int take_lock(WgpRun *run, int *ret) {
        int r;

        r = wgp_state_open_lock(run->directory, WGP_KILL_SWITCH_LOCK, ret);
        if (r < 0)
                wgp_report_error("Cannot lock the kill switch: %s.", strerror(-r));
        return r;
}

/* Writes the record, if the kill switch is on by now, and makes the table. Returns 0, an exit code, or a negative
 * errno (reported). */
static int tell(WgpRun *run, const WgpKillSwitch *wanted, WgpKillSwitches *switches) {
        _cleanup_(wgp_closep) int lock = -EBADF;
        WgpKillSwitch own = *wanted, former = {};
        int r;

        r = take_lock(run, &lock);
        if (r < 0)
                return r;
        r = wgp_kill_switch_read(run->directory, run->name, &former);
        if (r == WGP_KILL_SWITCH_E_OFF)
                return 0;
        if (!*own.link) /* a tunnel without a record goes down */
                memcpy(own.link, former.link, sizeof(own.link));
        own.strict = former.strict;
        r = write_record(run, &own);
        if (r >= 0)
                r = collect(run, &own, switches);
        if (r >= 0)
                r = make_table(run, switches);
        return r == WGP_NFT_E_FAILED ? -EIO : r;
}

/* Tells the kill switch what the tunnel is known by. Returns 0, an exit code, or a negative errno (reported). */
int wgp_kill_switch_execute(WgpRun *run, const WgpOperation *op) {
        WgpKillSwitches switches = WGP_KILL_SWITCHES_NULL;
        int r;

        r = tell(run, &op->kill_switch, &switches);
        if (r == 0 && switches.n_items > 0 && op->kill_switch.mark > 0 &&
                        wait_for_owned_table(run, &switches, PASS_MSEC) == 0)
                wgp_report_warning("The resolver has not let the tunnel pass its kill switch yet.");
        wgp_kill_switches_done(&switches);
        return r;
}

/* --- on and off --- */

/* What is known of the tunnel: by its record while it is up, by the profile before. A profile with errors has no
 * tunnel; its kill switch lets it pass as soon as it has. */
static WgpKillSwitch describe(const WgpRun *run) {
        WgpKillSwitch own = { .strict = run->profile && run->profile->kill_switch_strict };
        const char *link = run->profile ? run->profile->ifname : run->name; /* a guess */
        WgpState state = WGP_STATE_NULL;

        if (link && strlen(link) < sizeof(own.link))
                strcpy(own.link, link);
        if (wgp_state_read(run->directory, run->name, &state) == 0) {
                own.mark = state.network.device.fwmark;
                if (*state.network.link.name) /* whatever the profile says by now */
                        memcpy(own.link, state.network.link.name, sizeof(own.link));
                wgp_state_done(&state);
        }
        return own;
}

static int open_records(WgpRun *run, int *ret_lock) {
        int r;

        r = wgp_state_open_directory(run->root, &run->directory);
        if (r < 0)
                wgp_report_error("%s" WGP_STATE_DIRECTORY ": %s.", run->root ?: "", strerror(-r));
        return r < 0 ? r : take_lock(run, ret_lock);
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
        was_on = wgp_kill_switch_read(run->directory, run->name, &former) == 0;
        r = write_record(run, &own);
        if (r >= 0)
                r = collect(run, &own, &switches);
        if (r >= 0)
                r = make_table(run, &switches);
        if (r != 0 && !was_on)
                (void) wgp_kill_switch_remove(run->directory, run->name);
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

        r = take_lock(run, &lock);
        if (r >= 0)
                r = wgp_run_before_change(run);
        if (r < 0)
                return r;
        r = wgp_kill_switch_remove(run->directory, run->name);
        if (r < 0) {
                wgp_report_error("Cannot remove the record of the kill switch: %s.", strerror(-r));
                return r;
        }
        r = collect(run, NULL, switches);
        if (r >= 0)
                r = make_table(run, switches);
        return r == WGP_NFT_E_FAILED ? -EIO : r;
}

/* Returns 0, an exit code, or a negative errno (reported). */
static int wait_until_off(WgpRun *run, const WgpKillSwitches *others) {
        int r;

        r = wait_for_owned_table(run, others, OFF_MSEC);
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

        r = wgp_kill_switch_read(run->directory, run->name, &record);
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

        r = wgp_state_open_directory(run->root, &run->directory);
        if (r < 0) {
                wgp_report_error("%s" WGP_STATE_DIRECTORY ": %s.", run->root ?: "", strerror(-r));
                return wgp_exit_code(r);
        }
        r = wgp_restart_is_under_way(run, UNIT_PREFIX);
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
