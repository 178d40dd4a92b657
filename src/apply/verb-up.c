/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Starts, reloads and plans a tunnel from its profile, under the tunnel's lock. */

#include "apply/apply-profile.h"
#include "apply/device.h"
#include "apply/dns.h"
#include "apply/foreign-owner.h"
#include "apply/hook.h"
#include "apply/kill-switch.h"
#include "apply/load.h"
#include "apply/netns.h"
#include "apply/own-link.h"
#include "apply/recover.h"
#include "apply/tear-down.h"
#include "apply/verbs.h"
#include "desired/record.h"
#include "system/report.h"

static int refuse_link(WgpRun *run) {
        const WgpLink *link = &run->actual.link;
        _cleanup_(freep) char *owner = NULL;

        if (run->link_owner) {
                wgp_report_error("The link %s belongs to the tunnel '%s', which is up: nothing was changed.",
                                link->name, run->link_owner);
                return WGP_EXIT_FAILED;
        }
        if (!run->profile->netns) /* their links are in the host's namespace */
                owner = wgp_foreign_owner_describe(&run->context, link->name);
        if (owner) {
                wgp_report_error("There is a link %s already: nothing was changed. %s.", link->name, owner);
                return WGP_EXIT_FAILED;
        }
        wgp_report_error("There is a link %s already, which is not ours (kind '%s', group %u): nothing was "
                         "changed. "
                         "Stop what made it, or delete it with 'ip link delete dev %s'.",
                        link->name, *link->kind ? link->kind : "hardware", link->group, link->name);
        return WGP_EXIT_FAILED;
}

/* Returns the first property that differs and that only a restart can change; NULL: none. */
static const char *what_moved(const WgpRun *run) {
        const WgpLink *link = &run->state.network.link;

        if (!streq(link->name, run->profile->ifname))
                return "the name of the interface";
        if (run->state.format != run->profile->format)
                return "the format";
        if (!streq_ptr(run->state.network.netns, run->profile->netns))
                return "the network namespace";
        return streq(link->master_name, wgp_profile_vrf(run->profile) ?: "") ? NULL : "the VRF";
}

static int remove_tunnel(WgpRun *run) {
        int r;

        r = run->has_state ? wgp_own_link_find_recorded(run) : wgp_own_link_find(run, run->profile->ifname);
        if (r == -EEXIST)
                run->actual.link = (WgpLink) {};
        else if (r < 0)
                return r;
        r = wgp_tear_down(run);
        if (r == 0)
                wgp_state_done(&run->state);
        return r;
}

/* Switches the run to the profile's network namespace. Returns 0 or an exit code (reported). */
static int use_netns(WgpRun *run) {
        int r;

        r = wgp_netns_use(run, run->profile->netns);
        return r < 0 ? wgp_netns_refuse(run, r) : 0;
}

/* Looks for a link without a record, and for the rest of such a tunnel. Without link and record there is mostly
 * nothing: build-desired.c looks for rules and routes when it needs numbers. Returns as wgp_own_link_find() does. */
static int find_unrecorded(WgpRun *run) {
        int r;

        r = wgp_own_link_find(run, run->profile->ifname);
        if (r < 0 || (run->actual.link.ifindex == 0 && run->record == WGP_STATE_E_ABSENT))
                return r;
        return wgp_recover(run, run->profile->ifname, run->profile);
}

/* Looks for the link in the profile's network namespace. Before, takes down what cannot be changed into what the
 * profile wants: a tunnel with another link name, format, network namespace or VRF, or a link of ours without a
 * record. Returns as wgp_own_link_find() does, or an exit code (reported). */
static int find_startable(WgpRun *run) {
        int r;

        r = use_netns(run); /* before anything is removed */
        if (r != 0)
                return r;
        if (run->has_state) {
                r = what_moved(run) ? remove_tunnel(run) : 0;
        } else {
                r = find_unrecorded(run);
                if (r != 0 || run->actual.link.ifindex == 0)
                        return r;
                r = wgp_take_link_down(run);
        }
        if (r == 0)
                r = use_netns(run);
        return r == 0 ? wgp_own_link_find(run, run->profile->ifname) : r;
}

static void notice_names(const WgpProfile *profile) {
        size_t n = 0;

        for (size_t i = 0; i < profile->n_peers; i++)
                n += profile->peers[i].endpoint.host != NULL;
        if (n > 0)
                wgp_report_notice("%zu endpoint%s by name: left to wg-profile-resolver.", n, n == 1 ? "" : "s");
}

static int up(WgpRun *run) {
        bool first;
        int r;

        r = wgp_load_profile(run);
        if (r == 0)
                r = wgp_run_open(run);
        if (r == 0)
                r = wgp_dns_find(run);
        if (r != 0)
                return r;
        r = find_startable(run);
        if (r == -EEXIST)
                return refuse_link(run);
        if (r != 0)
                return r;

        if (run->actual.link.ifindex == 0) /* somebody deleted the link: the new one gets everything, hooks included */
                run->state.network.hooks_done = false;
        first = !run->has_state || !run->state.complete || !run->state.network.hooks_done;
        if (!run->state.network.hooks_done)
                r = wgp_hook_check(run);
        if (r != 0)
                return r;
        r = wgp_load_secrets(run, /* need_all= */ first);
        if (r != 0)
                return r;
        notice_names(run->profile);
        r = wgp_apply_profile(run, first);
        if (r == 0) /* only reported: refusing the tunnel would not help */
                (void) wgp_kill_switch_check(run);
        return r;
}

int wgp_run_up(WgpRun *run) {
        return wgp_exit_code(up(run));
}

static int refuse_move(const WgpRun *run) {
        const char *what = what_moved(run);

        if (!what)
                return 0;
        wgp_report_error("The profile '%s' changed %s, which needs a restart: nothing was changed.", run->name, what);
        return WGP_EXIT_FAILED;
}

static int check_reload(const WgpRun *run) {
        if (!run->has_state) {
                wgp_report_error("The tunnel '%s' is not up: start it.", run->name);
                return WGP_EXIT_FAILED;
        }
        if (run->actual.link.ifindex == 0) { /* to systemd, it may be up */
                wgp_report_error("The link %s of the tunnel '%s' is gone: restart the tunnel.",
                                run->state.network.link.name, run->name);
                return WGP_EXIT_FAILED;
        }
        return refuse_move(run);
}

/* Opens the run and finds the link before the profile is read, so that a daemon prepares its answer meanwhile. Not
 * when the lock of all tunnels is needed first. Returns as wgp_own_link_find() does. */
static int find_running(WgpRun *run) {
        int r;

        r = wgp_run_open(run);
        if (r < 0 || !run->has_state)
                return r;
        r = wgp_own_link_find_recorded(run);
        if (r >= 0 && run->actual.link.ifindex > 0 && !wgp_record_has_linkless(&run->state.network))
                wgp_device_ask(&run->context, run->actual.link.name);
        return r;
}

static int reload(WgpRun *run) {
        int r, found;

        found = find_running(run);
        if (found < 0 && found != -EEXIST)
                return found;
        r = wgp_load_profile(run);
        if (r == 0)
                r = wgp_dns_find(run);
        if (r == 0 && !run->has_state) {
                r = use_netns(run);
                if (r == 0)
                        found = find_unrecorded(run);
        }
        if (r == 0)
                r = found == -EEXIST ? refuse_link(run) : found;
        if (r == 0)
                r = check_reload(run);
        if (r == 0)
                r = wgp_load_secrets(run, /* need_all= */ false);
        if (r == 0)
                wgp_hooks_note_change(run);
        run->state.network.hooks_done = true; /* a reload runs no hooks, whether those of the start ran or not */
        if (r == 0)
                r = wgp_apply_profile(run, /* first= */ false);
        return r == 0 && !wgp_kill_switch_check(run) ? WGP_EXIT_FAILED : r;
}

int wgp_run_reload(WgpRun *run) {
        return wgp_exit_code(reload(run));
}

/* Builds the plan of "up", or of "reload" when the tunnel is up, without executing it. Changes that need a restart are
 * refused as by a reload. Keys that only the unit can read are left out. The plan borrows from the run. Returns 0, or
 * an exit code. */
int wgp_run_plan(WgpRun *run, WgpPlan *ret) {
        int r;

        r = wgp_load_profile(run);
        if (r == 0)
                r = wgp_run_open(run);
        if (r == 0 && run->has_state)
                r = refuse_move(run);
        if (r == 0)
                r = wgp_dns_find(run);
        if (r == 0)
                r = use_netns(run);
        if (r == 0) {
                r = run->has_state ? wgp_own_link_find(run, run->profile->ifname) : find_unrecorded(run);
                r = r == -EEXIST ? refuse_link(run) : r;
        }
        if (r == 0)
                r = wgp_load_secrets(run, /* need_all= */ false);
        if (r == 0)
                r = wgp_apply_profile_plan(run, ret);
        return wgp_exit_code(r);
}
