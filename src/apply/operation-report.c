/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Reports operations that failed: in the words of the kernel or the service, with the profile's line. */

#include "apply/operation-report.h"

#include "apply/conflict.h"
#include "system/report.h"

static char *describe(const WgpOperation *op) {
        _cleanup_(wgp_text_done) WgpText text = WGP_TEXT_NULL;

        if (op->type == WGP_OP_SET_DEVICE)
                wgp_text_append(&text, "set up WireGuard");
        else
                wgp_operation_format(op, &text);
        return text.failed ? NULL : TAKE_PTR(text.data);
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

/* Reports a refusal of another service or program. Returns an exit code. */
int wgp_operation_fail(const WgpRun *run, const WgpOperation *op, const char *words) {
        _cleanup_(freep) char *what = describe(op), *place = wgp_run_place(run, origin_of(run, op, 0));

        wgp_report_error("%sCannot %s: %s.", place ?: "", what ?: "go on", words);
        return WGP_EXIT_FAILED;
}

/* One sentence: where in the profile, what was not done, why. "words" is the kernel's own text, or NULL. */
void wgp_operation_report_failure(WgpRun *run, const WgpOperation *op, int error, const char *words) {
        _cleanup_(freep) char *what = describe(op), *place = wgp_run_place(run, origin_of(run, op, error));
        _cleanup_(freep) char *rival = error == -EEXIST && op->type == WGP_OP_ADD_ROUTE ?
                                                       wgp_conflict_describe(&run->context, &op->route) :
                                                       NULL;

        wgp_report_error("%sCannot %s: %s%s%s%s.", place ?: "", what ?: "go on", rival ?: strerror(-error),
                        words ? " (" : "", words ?: "", words ? ")" : "");
        if (error == -EADDRINUSE && run->desired.device.has_listen_port)
                wgp_report_notice("Another program or tunnel uses UDP port %u.", run->desired.device.listen_port);
}
