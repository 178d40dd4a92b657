/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Kill switch. Switched on and off by a unit of its own, which comes before the network, and which nothing but a person
 * stops. A tunnel only tells it, while it is up, by which mark its packets are known. One lock for all: whoever makes the
 * table has to know all the records. */

#include "apply/kill-switch.h"

#include <unistd.h>

#include "apply/filter.h"
#include "apply/load.h"
#include "system/kill-switch-record.h"
#include "system/nft.h"
#include "system/report.h"
#include "system/root-path.h"

/* no profile's name starts so */
#define LOCK_NAME ".killswitch"

/* --- for the plan --- */

/* Fills in how the profile's kill switch is. Returns 0, or a negative errno. */
int wgp_kill_switch_gather(WgpRun *run, WgpNetwork *network) {
        WgpKillSwitch record = {};
        WgpFilter table = {};
        int r;

        r = wgp_kill_switch_read(run->directory, run->name, &record);
        if (r != 0) /* no kill switch, or none that could be read */
                return r == -ENOMEM ? r : 0;
        wgp_kill_switches_done(&run->kill_switches);
        r = wgp_kill_switch_read_others(run->directory, run->name, &run->kill_switches);
        if (r >= 0)
                r = wgp_filter_gather_table(run, WGP_KILL_SWITCH_TABLE, &table);
        if (r < 0 && r != -ENOENT)
                return r;
        network->kill_switch = (WgpKillSwitchUse) { .on = true, .mark = record.mark, .digest = table.digest };
        return 0;
}

/* Fills in how it should be with the tunnel up; run->actual is gathered. Returns 0, or -ENOMEM. */
int wgp_kill_switch_want(WgpRun *run, uint32_t mark, WgpNetwork *desired) {
        WgpKillSwitches switches = WGP_KILL_SWITCHES_NULL;
        WgpKillSwitch own = { .mark = mark };
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

/* Says when the profile has a kill switch that is off. */
void wgp_kill_switch_check(const WgpRun *run) {
        if (run->profile->kill_switch == WGP_YES && !run->actual.kill_switch.on)
                wgp_report_warning("The kill switch of '%s' is off: it is wg-profile-killswitch@.service that switches it "
                                   "on.", run->name);
}

/* --- the table --- */

/* Makes the table of the others and of "own", which may be NULL. Returns 0, WGP_NFT_E_FAILED or a negative errno (all of
 * them reported). */
static int make_table(WgpRun *run, const WgpKillSwitch *own) {
        WgpKillSwitches switches = WGP_KILL_SWITCHES_NULL;
        _cleanup_(freep) char *text = NULL, *problem = NULL;
        int r;

        r = wgp_kill_switch_read_others(run->directory, run->name, &switches);
        if (r >= 0 && own)
                r = wgp_kill_switches_add(&switches, own);
        if (r >= 0)
                r = wgp_kill_switches_format(&switches, &text);
        wgp_kill_switches_done(&switches);
        if (r >= 0)
                r = wgp_run_before_change(run);
        if (r >= 0)
                r = wgp_nft_run(text, &problem);
        if (r != 0)
                wgp_report_error("Cannot make the nft table of the kill switch: %s.", problem ?: strerror(-r));
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

        r = wgp_state_open_lock(run->directory, LOCK_NAME, ret);
        if (r < 0)
                wgp_report_error("Cannot lock the kill switch: %s.", strerror(-r));
        return r;
}

/* Tells the kill switch what the tunnel is known by. Returns 0, an exit code, or a negative errno (reported). */
int wgp_kill_switch_execute(WgpRun *run, const WgpOperation *op) {
        _cleanup_(wgp_closep) int lock = -EBADF;
        WgpKillSwitch own = op->kill_switch, former = {};
        int r;

        r = take_lock(run, &lock);
        if (r < 0)
                return r;
        r = wgp_kill_switch_read(run->directory, run->name, &former);
        if (r == WGP_KILL_SWITCH_E_OFF) /* by now */
                return 0;
        if (!*own.link) /* a tunnel without a record goes down */
                memcpy(own.link, former.link, sizeof(own.link));
        r = write_record(run, &own);
        if (r >= 0)
                r = make_table(run, &own);
        return r == WGP_NFT_E_FAILED ? -EIO : r;
}

/* --- on and off --- */

/* What is known of the tunnel: by its record while it is up, by the profile before. A profile with errors has no tunnel; its
 * kill switch lets it pass as soon as it has. */
static WgpKillSwitch describe(const WgpRun *run) {
        WgpKillSwitch own = {};
        WgpState state = WGP_STATE_NULL;

        if (run->profile->ifname && strlen(run->profile->ifname) < sizeof(own.link))
                strcpy(own.link, run->profile->ifname);
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

static int switch_on(WgpRun *run) {
        _cleanup_(wgp_closep) int lock = -EBADF;
        WgpKillSwitch own, former;
        bool was_on;
        int r;

        r = wgp_load_partly(run);
        if (r != 0)
                return r;
        if (run->profile->kill_switch != WGP_YES) {
                wgp_report_error("The profile '%s' has no KillSwitch=yes: nothing was changed.", run->name);
                return WGP_EXIT_INVALID;
        }
        r = open_records(run, &lock);
        if (r < 0)
                return r;

        own = describe(run);
        was_on = wgp_kill_switch_read(run->directory, run->name, &former) == 0;
        r = write_record(run, &own);
        if (r < 0)
                return r;
        r = make_table(run, &own);
        if (r != 0 && !was_on)
                (void) wgp_kill_switch_remove(run->directory, run->name);
        return r == WGP_NFT_E_FAILED ? WGP_EXIT_UNSUPPORTED : r;
}

static int switch_off(WgpRun *run) {
        _cleanup_(wgp_closep) int lock = -EBADF;
        int r;

        r = open_records(run, &lock);
        if (r >= 0)
                r = make_table(run, NULL);
        if (r == WGP_NFT_E_FAILED)
                return WGP_EXIT_FAILED;
        if (r >= 0)
                r = wgp_run_before_change(run);
        if (r < 0)
                return r;
        r = wgp_kill_switch_remove(run->directory, run->name);
        if (r < 0)
                wgp_report_error("Cannot remove the record of the kill switch: %s.", strerror(-r));
        return r;
}

/* Switches it on, or looks into the profile again; whether the tunnel is up or not. Returns an exit code. */
int wgp_run_kill_switch_on(WgpRun *run) {
        return wgp_exit_code(switch_on(run));
}

/* Switches it off, with or without a profile. Returns an exit code. */
int wgp_run_kill_switch_off(WgpRun *run) {
        return wgp_exit_code(switch_off(run));
}
