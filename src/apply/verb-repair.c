/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Puts back what others took away, from the record: addresses, routes, rules, MTU, nft table, sysctl, DNS, zone. The
 * WireGuard device is left alone: the record has no keys, and nobody removes peers by accident. resolvconf(8) is not
 * told again: it forgets nothing, and the resolver, which calls for repairs, may not run it.
 *
 * After a run that failed or was killed the record has both the old and the new state, and only the next reload can
 * tell which parts go together. The rules that hold a full tunnel's traffic are put back all the same, since it leaks
 * without them (desired/holding.c). */

#include "apply/execute.h"
#include "apply/gather.h"
#include "apply/kill-switch.h"
#include "apply/own-link.h"
#include "apply/verbs.h"
#include "apply/vrf.h"
#include "desired/holding.h"
#include "model/dns.h"
#include "system/report.h"

/* Whether the operation puts back something missing: other services are told again in any case. */
static bool is_put_back(const WgpOperation *op) {
        return op->type != WGP_OP_SET_DNS && op->type != WGP_OP_SET_ZONE && op->type != WGP_OP_SET_KILL_SWITCH;
}

/* Describes the first few missing parts. Returns text to be freed by the caller; NULL when nothing is missing, or
 * without memory. */
static char *describe(const WgpPlan *plan) {
        enum {
                TOLD_MAX = 3,
        };
        _cleanup_(wgp_text_done) WgpText text = WGP_TEXT_NULL;
        size_t n = 0;

        for (size_t i = 0; i < plan->n_operations; i++) {
                if (!is_put_back(plan->operations + i) || n++ >= TOLD_MAX)
                        continue;
                wgp_text_append(&text, n > 1 ? ", " : "");
                wgp_operation_format(plan->operations + i, &text);
        }
        if (n > TOLD_MAX)
                wgp_text_printf(&text, ", and %zu more", n - TOLD_MAX);
        return text.failed ? NULL : TAKE_PTR(text.data);
}

static void tell(WgpRun *run, const WgpPlan *plan) {
        _cleanup_(freep) char *text = describe(plan);

        if (!text)
                return;
        run->put_back = true;
        if (!run->quiet)
                wgp_report_notice("%s: putting back what others removed: %s.", run->name, text);
}

/* Whether the resolver asks name servers outside of the tunnel: it does when the record has names. */
static bool has_names(const WgpState *state) {
        for (size_t i = 0; i < state->n_alternates; i++)
                if (state->alternates[i].host)
                        return true;
        return state->n_names > 0;
}

static int repair_once(WgpRun *run, bool *ret_again) {
        _cleanup_(wgp_plan_done) WgpPlan plan = WGP_PLAN_NULL;
        const WgpNetwork *recorded = &run->state.network;
        WgpNetwork desired = *recorded;
        int r;

        desired.device = (WgpDevice) {};
        if (run->state.automatic_mtu) /* the resolver follows the paths */
                desired.link.mtu = 0;
        r = wgp_vrf_find_again(run, &desired.link);
        if (r >= 0)
                r = wgp_gather_network(run, &recorded, 1, &run->actual);
        if (r < 0) {
                wgp_report_error("Cannot read the kernel's state of %s: %s.", recorded->link.name, strerror(-r));
                return r;
        }
        desired.filter.port = run->actual.device.listen_port;
        desired.filter.mark = recorded->device.fwmark;
        desired.filter.answers = has_names(&run->state);
        wgp_device_done(&run->actual.device);
        run->actual.hooks_done = true;
        r = wgp_kill_switch_want(run, recorded->device.fwmark, &desired);
        if (r < 0)
                return r;

        if (recorded->dns.resolvconf)
                r = wgp_dns_copy(&recorded->dns, &run->actual.dns);

        if (r >= 0)
                r = wgp_plan_build(&desired, &run->actual, recorded, &plan);
        if (r >= 0)
                tell(run, &plan);
        *ret_again = r >= 0 && wgp_plan_has_side_effects(&plan);
        return r < 0 ? r : wgp_execute(run, &plan, /* keep_going= */ true);
}

static int repair(WgpRun *run) {
        bool again;
        WgpLink link;
        int r;

        r = repair_once(run, &again);
        if (r != 0 || !again)
                return r;
        r = wgp_gather_link(&run->context, run->state.network.link.name, &link);
        if (r < 0)
                return r;
        wgp_network_done(&run->actual);
        run->actual.link = link;
        return repair_once(run, &again);
}

static void tell_unfinished(const WgpRun *run, bool holding) {
        if (!run->quiet)
                wgp_report_warning("The last change of the tunnel '%s' was not fully applied: correct that and reload "
                                   "it. %s",
                                run->name,
                                holding ? "Until then only the rules that hold its traffic are repaired." :
                                          "Until then nothing is repaired.");
}

/* Repairs a tunnel whose record is not complete. */
static int repair_holding(WgpRun *run) {
        const WgpNetwork *recorded = &run->state.network;
        _cleanup_(wgp_plan_done) WgpPlan plan = WGP_PLAN_NULL;
        WgpNetwork holding = WGP_NETWORK_NULL;
        int r;

        r = wgp_gather_network(run, &recorded, 1, &run->actual);
        if (r < 0) {
                wgp_report_error("Cannot read the kernel's state of %s: %s.", recorded->link.name, strerror(-r));
                return r;
        }
        r = wgp_holding_build(recorded, &run->actual, &holding);
        holding.filter.answers = has_names(&run->state);
        if (r == 0 || r == -ENODATA)
                tell_unfinished(run, r == 0);
        if (r == 0)
                r = wgp_kill_switch_want(run, run->actual.device.fwmark, &holding);
        wgp_device_done(&run->actual.device);
        run->actual.hooks_done = true;
        if (r == 0) /* nothing is removed */
                r = wgp_plan_build(&holding, &run->actual, &holding, &plan);
        if (r == 0) {
                tell(run, &plan);
                r = wgp_execute(run, &plan, /* keep_going= */ true);
        }
        wgp_network_done(&holding);
        return r == -ENODATA ? WGP_EXIT_FAILED : r;
}

int wgp_run_repair(WgpRun *run) {
        int r;

        r = wgp_run_open(run);
        if (r < 0)
                return wgp_exit_code(r);
        if (!run->has_state) {
                wgp_report_error(
                                run->record == WGP_STATE_E_ABSENT ?
                                                "The tunnel '%s' is not up, or its record is missing: start or reload "
                                                "it." :
                                                "The record of the tunnel '%s' cannot be understood: reload it.",
                                run->name);
                return WGP_EXIT_FAILED;
        }
        r = wgp_own_link_find_recorded(run);
        if (r == -EEXIST || (r == 0 && run->actual.link.ifindex == 0)) {
                wgp_report_error("The link %s of the tunnel '%s' is gone: restart the tunnel.",
                                run->state.network.link.name, run->name);
                return WGP_EXIT_FAILED;
        }
        if (r == 0)
                r = run->state.complete ? repair(run) : repair_holding(run);
        return r == 0 && run->put_back && run->exit_code ? WGP_EXIT_CHANGES : wgp_exit_code(r);
}
