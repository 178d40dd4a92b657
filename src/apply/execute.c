/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Carries out the operations of a plan, in its order. Failures are reported here, in the kernel's words and with the
 * profile's line. */

#include "apply/execute.h"

#include <linux/rtnetlink.h>

#include "apply/device.h"
#include "apply/dns.h"
#include "apply/filter.h"
#include "apply/hook.h"
#include "apply/kill-switch.h"
#include "apply/link.h"
#include "apply/operation-report.h"
#include "apply/routing-numbers.h"
#include "apply/rtnl-batch.h"
#include "apply/zone.h"
#include "netlink/rt-message.h"
#include "system/report.h"
#include "system/root-path.h"

/* --- link --- */

static int change_link(WgpRun *run, const WgpOperation *op) {
        const WgpLinkChange change = {
                .ifindex = run->actual.link.ifindex,
                .set_mtu = op->link.mtu > 0,
                .mtu = op->link.mtu,
                .set_group = op->link.group > 0,
                .group = op->link.group,
                .set_master = op->link.master > 0,
                .master = op->link.master,
                .set_up = op->link.up,
                .up = op->link.up,
        };
        WgpRtBuffer buffer;
        int r;

        r = op->type == WGP_OP_DELETE_LINK ? wgp_rt_link_encode_delete(&buffer, op->link.ifindex) :
                                             wgp_rt_link_encode_change(&buffer, &change);
        if (r >= 0)
                r = wgp_nl_socket_request(run->context.route, &buffer.header, NULL, NULL);
        if (r == -ENODEV && op->type == WGP_OP_DELETE_LINK)
                return 0;
        if (r < 0)
                wgp_operation_report_failure(run, op, r, run->context.route->error_text);
        return r;
}

static int change_device(WgpRun *run, const WgpOperation *op) {
        int r;

        r = wgp_device_set(&run->context, &run->actual.link, &op->device);
        if (r < 0)
                wgp_operation_report_failure(
                                run, op, r, run->context.generic ? run->context.generic->error_text : NULL);
        return r;
}

/* --- all --- */

/* Whether the operation waits for another program. */
static bool is_slow(const WgpRun *run, const WgpOperation *op) {
        switch (op->type) {
        case WGP_OP_RUN_HOOK:
        case WGP_OP_SET_DNS:
        case WGP_OP_REVERT_DNS:
        case WGP_OP_SET_ZONE:
        case WGP_OP_REMOVE_ZONE:
        case WGP_OP_CREATE_LINK:
                return true;
        default:
                return op->type == WGP_OP_SET_DEVICE && run->context.backend == WGP_BACKEND_USERSPACE;
        }
}

static int execute_one(WgpRun *run, const WgpOperation *op) {
        if (is_slow(run, op))
                wgp_routing_numbers_close(run);
        switch (op->type) {
        case WGP_OP_CREATE_LINK:
                return wgp_link_create(run, op);
        case WGP_OP_SET_DEVICE:
                return change_device(run, op);
        case WGP_OP_SET_VALID_MARK:
                return wgp_valid_mark_execute(run, op);
        case WGP_OP_SET_FILTER:
        case WGP_OP_DELETE_FILTER:
                return wgp_filter_execute(run, op);
        case WGP_OP_RUN_HOOK:
                return wgp_hook_run(run, op->hook);
        case WGP_OP_SET_KILL_SWITCH:
                return wgp_kill_switch_execute(run, op);
        case WGP_OP_SET_DNS:
        case WGP_OP_REVERT_DNS:
                return wgp_dns_execute(run, op);
        case WGP_OP_SET_ZONE:
        case WGP_OP_REMOVE_ZONE:
                return wgp_zone_execute(run, op);
        default:
                return change_link(run, op);
        }
}

/* Counts the operations of one batch, which ends before one that another tunnel has come to need: "*ret_needed" is
 * whether that is the first one, which is left out. Returns 0 or a negative errno (reported). */
static int count_batch(WgpRun *run, const WgpOperation *ops, size_t n, bool mixed, size_t *ret, bool *ret_needed) {
        const size_t n_batched = wgp_rtnl_batch_count(ops, n, mixed);
        bool needed = false;
        size_t i = 0;
        int r;

        do
                r = wgp_routing_numbers_check_needed(run, ops + i, &needed);
        while (r >= 0 && !needed && ++i < n_batched);
        *ret_needed = needed && i == 0;
        *ret = WGP_MIN(n_batched, i);
        return r;
}

/* Executes the plan. A failure is reported and, unless "keep_going", ends it, so that nothing is removed for a
 * replacement that failed. run->actual.link is updated. Returns 0, the first negative errno or exit code, or
 * WGP_RTNL_BATCH_E_METRIC. */
int wgp_execute(WgpRun *run, const WgpPlan *plan, bool keep_going) {
        int result = 0;

        for (size_t i = 0, n; i < plan->n_operations; i += n) {
                const WgpOperation *ops = plan->operations + i;
                size_t n_batched = 0;
                bool needed;
                int r;

                r = count_batch(run, ops, plan->n_operations - i, /* mixed= */ keep_going, &n_batched, &needed);
                n = WGP_MAX(n_batched, (size_t) 1);
                if (r >= 0 && !needed)
                        r = n_batched > 0 ? wgp_rtnl_batch_send(run, ops, n) : execute_one(run, ops);
                if (result == 0)
                        result = r;
                if (r != 0 && !keep_going)
                        break;
        }
        return result;
}
