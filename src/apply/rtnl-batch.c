/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Sends addresses, routes and rules that follow each other in a plan in one batch. */

#include "apply/rtnl-batch.h"

#include "apply/ipv6.h"
#include "apply/operation-report.h"
#include "netlink/rt-message.h"
#include "system/report.h"
#include "system/root-path.h"

static bool is_deletion(const WgpOperation *op) {
        return op->type == WGP_OP_DELETE_ADDRESS || op->type == WGP_OP_DELETE_ROUTE || op->type == WGP_OP_DELETE_RULE;
}

static bool is_addition(const WgpOperation *op) {
        return op->type == WGP_OP_ADD_ADDRESS || op->type == WGP_OP_ADD_ROUTE || op->type == WGP_OP_ADD_RULE;
}

/* Returns how many of the operations make one batch, 0: the first one is not for a batch. Unless "mixed", deletions
 * and additions are not together: the additions must have succeeded before. */
size_t wgp_rtnl_batch_count(const WgpOperation *ops, size_t n, bool mixed) {
        size_t k = 0;

        while (k < n && (is_addition(ops + k) || is_deletion(ops + k)) &&
                        (mixed || is_deletion(ops + k) == is_deletion(ops)))
                k++;
        return k;
}

static int encode(const WgpRun *run, const WgpOperation *op, WgpRtBuffer *buffer) {
        uint32_t ifindex = run->actual.link.ifindex;

        switch (op->type) {
        case WGP_OP_ADD_ADDRESS: /* the link is ours: an address that exists is as good */
                return wgp_rt_address_encode(buffer, WGP_RT_REPLACE, &op->address, ifindex);
        case WGP_OP_DELETE_ADDRESS:
                return wgp_rt_address_encode(buffer, WGP_RT_DELETE, &op->address, ifindex);
        case WGP_OP_ADD_ROUTE:
                return wgp_rt_route_encode(buffer, op->in_place ? WGP_RT_REPLACE : WGP_RT_ADD, &op->route, ifindex);
        case WGP_OP_DELETE_ROUTE:
                return wgp_rt_route_encode(buffer, WGP_RT_DELETE, &op->route, ifindex);
        case WGP_OP_ADD_RULE:
                return wgp_rt_rule_encode(buffer, WGP_RT_ADD, &op->rule);
        default:
                return wgp_rt_rule_encode(buffer, WGP_RT_DELETE, &op->rule);
        }
}

/* Losing a race is success: already deleted, or already there. */
static bool is_harmless(const WgpOperation *op, int error) {
        if (is_deletion(op))
                return error == -ENOENT || error == -ESRCH || error == -EADDRNOTAVAIL || error == -ENODEV;
        return op->type == WGP_OP_ADD_RULE && error == -EEXIST;
}

/* Sends "n" such operations. All are tried, since each is useful alone. Returns 0, the first error (reported), or
 * WGP_RTNL_BATCH_E_METRIC. */
int wgp_rtnl_batch_send(WgpRun *run, const WgpOperation *ops, size_t n) {
        _cleanup_(wgp_nl_batch_done) WgpNlBatch batch = { .keep_going = true };
        bool metric_is_taken = false;
        size_t n_failed = 0;
        int result = 0, r;

        for (size_t i = 0; i < n; i++) {
                WgpRtBuffer buffer;

                r = encode(run, ops + i, &buffer);
                if (r >= 0)
                        r = wgp_nl_batch_add(&batch, &buffer.header);
                if (r < 0) {
                        wgp_operation_report_failure(run, ops + i, r, NULL);
                        return r;
                }
        }

        r = wgp_nl_socket_send_batch(run->context.route, &batch);
        for (size_t i = 0; r < 0 && i < n; i++) {
                int error = batch.items[i].result;

                if (error >= 0 || is_harmless(ops + i, error) || wgp_ipv6_is_refused(run, ops + i, error))
                        continue;
                if (error == -EEXIST && ops[i].type == WGP_OP_ADD_ROUTE && ops[i].route.automatic_metric) {
                        metric_is_taken = true;
                        continue;
                }
                if (n_failed++ == 0) {
                        _cleanup_(freep) char *words =
                                        i == batch.first_failed ? TAKE_PTR(run->context.route->error_text) : NULL;

                        wgp_operation_report_failure(run, ops + i, error, words);
                }
                wgp_gather(&result, error);
        }
        if (n_failed > 1)
                wgp_report_notice("%zu more changes failed likewise.", n_failed - 1);
        return result == 0 && metric_is_taken ? WGP_RTNL_BATCH_E_METRIC : result;
}
