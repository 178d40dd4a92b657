/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Up and reload: plan(desired, actual); repair: plan(recorded, actual). */

#include "apply/execute.h"
#include "apply/gather.h"
#include "apply/load.h"
#include "apply/mtu.h"
#include "apply/numbers.h"
#include "apply/report.h"
#include "apply/run.h"
#include "core/record.h"
#include "core/value.h"

/* --- what is wanted --- */

static int report_desired(const WgpRun *run, int condition, WgpOrigin origin) {
        _cleanup_(freep) char *place = wgp_run_place(run, origin);

        if (condition < 0) {
                wgp_report_error("Cannot work out what '%s' needs: %s.", run->name, strerror(-condition));
                return condition;
        }
        wgp_report_error("%sA default route in the main routing table would send the tunnel's own packets into the "
                         "tunnel: leave the table to be chosen automatically.", place ?: "");
        return WGP_EXIT_INVALID;
}

/* The MTU of a tunnel that is up stays until an endpoint changes: the resolver watches the paths. */
static bool keeps_mtu(const WgpRun *run) {
        const WgpDevice *recorded = &run->state.network.device;
        size_t n = 0;

        if (!run->has_state || !run->state.complete || !run->state.automatic_mtu || run->actual.link.mtu == 0)
                return false;
        for (size_t i = 0; i < run->profile->n_peers; i++) {
                const WgpSockaddr *endpoint = &run->profile->peers[i].endpoint.address;

                if (endpoint->family == AF_UNSPEC)
                        continue;
                /* The record is in the order of the profile that was applied. */
                if (n >= recorded->n_peers || !wgp_sockaddr_equal(&recorded->peers[n++].endpoint, endpoint))
                        return false;
        }
        return n == recorded->n_peers;
}

static int build_desired(WgpRun *run) {
        WgpDesiredInput input = {};
        WgpOrigin origin = {};
        int r;

        if (run->profile->mtu == 0)
                input.mtu = keeps_mtu(run) ? run->actual.link.mtu : wgp_mtu_find(run, run->profile->fwmark);
        r = wgp_desired_build(run->profile, &input, &origin, &run->desired);
        if (r == WGP_DESIRED_E_NEEDS_MARK) {
                r = wgp_numbers_choose(run, &input);
                if (r < 0)
                        return r;
                if (run->profile->mtu == 0 && !keeps_mtu(run)) /* our packets will have the mark */
                        input.mtu = wgp_mtu_find(run, input.mark);
                r = wgp_desired_build(run->profile, &input, &origin, &run->desired);
        }
        return r == 0 ? 0 : report_desired(run, r, origin);
}

/* --- the record --- */

static int collect_names(const WgpProfile *profile, WgpState *state) {
        for (size_t i = 0; i < profile->n_peers; i++) {
                const WgpPeer *peer = profile->peers + i;
                WgpStateName *name;

                if (!peer->endpoint.host)
                        continue;
                if (!wgp_grow(&state->names, &state->n_names_allocated, state->n_names + 1, sizeof(*name)))
                        return -ENOMEM;
                name = state->names + state->n_names;
                *name = (WgpStateName) { .host = strdup(peer->endpoint.host), .port = peer->endpoint.port };
                if (!name->host)
                        return -ENOMEM;
                memcpy(name->public_key, peer->public_key, WGP_KEY_SIZE);
                state->n_names++;
        }
        return 0;
}

/* Makes the record for after the run out of the profile, and "*ret_network" out of the plan's three states. */
static int make_state(WgpRun *run, WgpState *ret) {
        const WgpRecordInput before = { &run->actual, &run->state.network, &run->others };
        WgpState state = {
                .format = run->profile->format,
                .backend = run->backend,
                .complete = true,
                .automatic_mtu = run->profile->mtu == 0,
                .refresh_usec = run->profile->refresh_usec,
        };
        int r;

        state.name = strdup(run->name);
        r = state.name ? 0 : -ENOMEM;
        if (r >= 0)
                r = collect_names(run->profile, &state);
        if (r >= 0)
                r = wgp_record_build(&run->desired, &before, &state.network);
        if (r < 0) {
                wgp_state_done(&state);
                return r;
        }
        *ret = state;
        return 0;
}

/* Writes what may be there while the run is under way. */
static int write_interim(WgpRun *run, const WgpState *final) {
        WgpNetwork network;
        int r;

        r = wgp_record_merge(&run->state.network, &final->network, &network);
        if (r < 0)
                return r;

        wgp_network_done(&run->state.network);
        run->state.network = network;
        if (!run->state.name)
                run->state.name = strdup(run->name);
        if (!run->state.name)
                return -ENOMEM;
        run->state.format = final->format;
        run->state.backend = run->backend;
        run->state.complete = false;
        run->state.automatic_mtu = final->automatic_mtu;

        r = wgp_run_write_state(run);
        if (r >= 0)
                run->has_state = true;
        return r;
}

static int write_final(WgpRun *run, WgpState *final) {
        final->network.link.ifindex = run->actual.link.ifindex;
        final->backend = run->backend;
        wgp_state_done(&run->state);
        run->state = *final;
        *final = WGP_STATE_NULL;
        return wgp_run_write_state(run);
}

/* --- doing it --- */

static int gather(WgpRun *run) {
        const WgpNetwork *concerned[] = { &run->desired, &run->state.network };
        int r;

        r = wgp_gather_network(run, concerned, run->has_state ? 2 : 1, &run->actual);
        if (r < 0)
                wgp_report_error("Cannot read what the kernel has of %s: %s.", run->desired.link.name, strerror(-r));
        return r;
}

static int build_plan(WgpRun *run, WgpPlan *ret) {
        WgpNetwork own;
        int r;

        if (!run->has_state)
                return wgp_plan_build(&run->desired, &run->actual, NULL, ret);
        r = wgp_numbers_own(run, &own);
        if (r < 0)
                return r;
        r = wgp_plan_build(&run->desired, &run->actual, &own, ret);
        free(own.rules);
        return r;
}

/* Takes back all that a failed first "up" did, so that the next one starts afresh. */
static int undo(WgpRun *run, int result) {
        if (wgp_run_tear_down(run) == 0)
                wgp_report_notice("The tunnel '%s' is down: nothing of it was left behind.", run->name);
        else
                wgp_report_error("Something of the tunnel '%s' is left: run 'wg-profile down %s'.", run->name, run->name);
        return result;
}

/* Whether the kernel may have taken more away than was asked for: with an IPv4 address go the others of its subnet
 * (unless promote_secondaries is set), the routes from it, and with the last one all IPv4 routes of the link. */
static bool has_side_effects(const WgpPlan *plan) {
        for (size_t i = 0; i < plan->n_operations; i++)
                if (plan->operations[i].type == WGP_OP_DELETE_ADDRESS &&
                    plan->operations[i].address.prefix.family == AF_INET)
                        return true;
        return false;
}

/* Puts back what went away by the way. */
static int look_again(WgpRun *run) {
        _cleanup_(wgp_plan_done) WgpPlan plan = WGP_PLAN_NULL;
        WgpLink link;
        int r;

        r = wgp_gather_link(run, run->desired.link.name, &link);
        if (r < 0)
                return r;
        wgp_network_done(&run->actual);
        run->actual.link = link;
        r = gather(run);
        if (r >= 0)
                r = build_plan(run, &plan);
        return r < 0 ? r : wgp_execute(run, &plan, /* keep_going= */ false);
}

static int apply_plan(WgpRun *run, const WgpPlan *plan, WgpState *final, bool first) {
        int r;

        r = write_interim(run, final);
        if (r != 0)
                return first ? undo(run, r) : r;
        r = wgp_execute(run, plan, /* keep_going= */ false);
        if (r == 0 && has_side_effects(plan))
                r = look_again(run);
        if (r == 0)
                r = write_final(run, final);
        if (r != 0 && first)
                return undo(run, r);
        if (r != 0)
                wgp_report_error("The tunnel '%s' stays up, as far as changed by now: correct this and reload again.",
                                run->name);
        return r;
}

/* Brings the kernel to what the profile says. "first": nothing that works is there yet. */
static int converge(WgpRun *run, bool first) {
        _cleanup_(wgp_plan_done) WgpPlan plan = WGP_PLAN_NULL;
        _cleanup_(wgp_state_done) WgpState final = WGP_STATE_NULL;
        int r;

        r = build_desired(run);
        if (r == 0 && (run->desired.n_rules > 0 || run->state.network.n_rules > 0))
                r = wgp_numbers_open(run); /* before the rules are looked at */
        if (r == 0)
                r = gather(run);
        if (r != 0)
                return r;

        r = build_plan(run, &plan);
        if (r >= 0)
                r = make_state(run, &final);
        if (r < 0) {
                wgp_report_error("%s.", strerror(-r));
                return r;
        }

        if (plan.n_operations > 0)
                r = apply_plan(run, &plan, &final, first);
        else if (!run->has_state || !wgp_state_equal(&run->state, &final))
                r = write_final(run, &final);
        if (r == 0 && plan.n_left_out > 0) {
                wgp_report_error("%zu new peers were not added, since their preshared keys cannot be read on reload: "
                                 "run 'systemctl restart' to add them.", plan.n_left_out);
                r = WGP_EXIT_FAILED;
        }
        return r;
}

/* --- entry points --- */

static int refuse_link(const WgpRun *run) {
        const WgpLink *link = &run->actual.link;

        wgp_report_error("There is a link %s already, which is not ours (kind '%s', group %u): nothing was changed. "
                         "Stop what made it, or delete it with 'ip link delete dev %s'.", link->name,
                        *link->kind ? link->kind : "hardware", link->group, link->name);
        return WGP_EXIT_FAILED;
}

/* The record is of another link: the profile was changed while the tunnel was up, or a run was interrupted. */
static int remove_former(WgpRun *run) {
        int r;

        if (!run->has_state || streq(run->state.network.link.name, run->profile->ifname))
                return 0;
        r = wgp_run_find_link(run, run->state.network.link.name);
        if (r == -EEXIST)
                run->actual.link = (WgpLink) {};
        else if (r < 0)
                return r;
        return wgp_run_tear_down(run);
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
                r = remove_former(run);
        if (r != 0)
                return r;

        r = wgp_run_find_link(run, run->profile->ifname);
        if (r == -EEXIST)
                return refuse_link(run);
        if (r < 0)
                return r;

        first = !run->has_state || !run->state.complete || run->actual.link.ifindex == 0;
        r = wgp_load_secrets(run, /* need_all= */ first);
        if (r != 0)
                return r;
        notice_names(run->profile);
        return converge(run, first);
}

int wgp_run_up(WgpRun *run) {
        return wgp_exit_code(up(run));
}

/* What only a restart can change. */
static int check_reload(const WgpRun *run) {
        const char *what = NULL;

        if (!run->has_state || run->actual.link.ifindex == 0) {
                wgp_report_error("The tunnel '%s' is not up: start it.", run->name);
                return WGP_EXIT_FAILED;
        }
        if (!streq(run->state.network.link.name, run->profile->ifname))
                what = "the name of the interface";
        else if (run->state.format != run->profile->format)
                what = "the format";
        if (!what)
                return 0;
        wgp_report_error("The profile '%s' changed %s, which takes a restart: nothing was changed.", run->name, what);
        return WGP_EXIT_FAILED;
}

static int reload(WgpRun *run) {
        int r;

        r = wgp_load_profile(run);
        if (r == 0)
                r = wgp_run_open(run);
        if (r == 0) {
                r = wgp_run_find_link(run, run->has_state ? run->state.network.link.name : run->profile->ifname);
                r = r == -EEXIST ? refuse_link(run) : r;
        }
        if (r == 0)
                r = check_reload(run);
        if (r == 0)
                r = wgp_load_secrets(run, /* need_all= */ false);
        return r == 0 ? converge(run, /* first= */ false) : r;
}

int wgp_run_reload(WgpRun *run) {
        return wgp_exit_code(reload(run));
}
