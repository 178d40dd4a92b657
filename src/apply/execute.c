/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Execute: turns the operations of a plan into messages, in its order. What fails is reported here, in the kernel's
 * words, with the profile's line. */

#include "apply/execute.h"

#include <linux/rtnetlink.h>
#include <stdio.h>

#include "apply/conflict.h"
#include "apply/device.h"
#include "apply/dns.h"
#include "apply/filter.h"
#include "apply/gather.h"
#include "apply/hook.h"
#include "apply/kill-switch.h"
#include "apply/link.h"
#include "apply/routing-numbers.h"
#include "apply/rtnl-batch.h"
#include "apply/zone.h"
#include "netlink/rt-message.h"
#include "system/report.h"
#include "system/root-path.h"

static char *describe(const WgpOperation *op) {
        char *text = NULL;
        size_t size;
        FILE *f = open_memstream(&text, &size);

        if (!f)
                return NULL;
        if (op->type == WGP_OP_SET_DEVICE)
                fputs("set up WireGuard", f);
        else
                wgp_operation_format(op, f);
        return fclose(f) == 0 ? text : NULL;
}

static WgpOrigin origin_of(const WgpRun *run, const WgpOperation *op, int error) {
        switch (op->type) {
        case WGP_OP_ADD_ADDRESS:
                return op->address.origin;
        case WGP_OP_ADD_ROUTE:
                return op->route.origin;
        case WGP_OP_ADD_RULE:
                return op->rule.origin;
        case WGP_OP_SET_DEVICE:
        case WGP_OP_SET_LINK:
                /* The kernel takes the port when the link comes up, a daemon at once. */
                if (run->profile && error == -EADDRINUSE)
                        return run->profile->listen_port_origin;
                return run->profile && op->type == WGP_OP_SET_LINK ? run->profile->mtu_origin : (WgpOrigin) {};
        case WGP_OP_SET_DNS:
                return op->dns.n_servers > 0 ? op->dns.servers[0].origin :
                       op->dns.n_domains > 0 ? op->dns.domains[0].origin :
                                               (WgpOrigin) {};
        case WGP_OP_SET_ZONE:
                return run->profile ? run->profile->zone_origin : (WgpOrigin) {};
        default:
                return (WgpOrigin) {};
        }
}

/* Reports what another service or program would not do. Returns an exit code. */
int wgp_execute_fail(const WgpRun *run, const WgpOperation *op, const char *words) {
        _cleanup_(freep) char *what = describe(op), *place = wgp_run_place(run, origin_of(run, op, 0));

        wgp_report_error("%sCannot %s: %s.", place ?: "", what ?: "go on", words);
        return WGP_EXIT_FAILED;
}

/* One sentence: where in the profile, what was not done, why. "words" is the kernel's own text, or NULL. */
void wgp_execute_report_failure(WgpRun *run, const WgpOperation *op, int error, const char *words) {
        _cleanup_(freep) char *what = describe(op), *place = wgp_run_place(run, origin_of(run, op, error));
        _cleanup_(freep) char *rival = error == -EEXIST && op->type == WGP_OP_ADD_ROUTE ?
                                                       wgp_conflict_describe(run, &op->route) :
                                                       NULL;

        wgp_report_error("%sCannot %s: %s%s%s%s.", place ?: "", what ?: "go on", rival ?: strerror(-error),
                        words ? " (" : "", words ?: "", words ? ")" : "");
        if (error == -EADDRINUSE && run->desired.device.has_listen_port)
                wgp_report_notice("Another program or tunnel uses UDP port %u.", run->desired.device.listen_port);
}

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
                r = wgp_nl_socket_request(run->route, &buffer.header, NULL, NULL);
        if (r == -ENODEV && op->type == WGP_OP_DELETE_LINK)
                return 0;
        if (r < 0)
                wgp_execute_report_failure(run, op, r, run->route->error_text);
        return r;
}

static int change_device(WgpRun *run, const WgpOperation *op) {
        int r;

        r = wgp_device_set(run, &run->actual.link, &op->device);
        if (r < 0)
                wgp_execute_report_failure(run, op, r, run->generic ? run->generic->error_text : NULL);
        return r;
}

/* --- all --- */

/* Whether another program is waited for. */
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
                return op->type == WGP_OP_SET_DEVICE && run->backend == WGP_BACKEND_USERSPACE;
        }
}

static int execute_one(WgpRun *run, const WgpOperation *op) {
        if (is_slow(run, op))
                wgp_numbers_close(run);
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

/* Counts the operations that travel together, without what follows one that another tunnel has come to need:
 * "*ret_needed" is whether that is the first one, which is left out. Returns 0 or a negative errno (reported). */
static int count_batch(WgpRun *run, const WgpOperation *ops, size_t n, bool mixed, size_t *ret, bool *ret_needed) {
        const size_t n_batched = wgp_batch_count(ops, n, mixed);
        bool needed = false;
        size_t i = 0;
        int r;

        do
                r = wgp_numbers_check_needed(run, ops + i, &needed);
        while (r >= 0 && !needed && ++i < n_batched);
        *ret_needed = needed && i == 0;
        *ret = WGP_MIN(n_batched, i);
        return r;
}

/* Sends the plan. A failure is reported and, unless "keep_going", the end of it, so that what would have been replaced
 * stays. run->actual.link is brought up to date. Returns 0, a negative errno (the first one), an exit
 * code, or WGP_EXECUTE_E_METRIC. */
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
                        r = n_batched > 0 ? wgp_batch_send(run, ops, n) : execute_one(run, ops);
                if (result == 0)
                        result = r;
                if (r != 0 && !keep_going)
                        break;
        }
        return result;
}
