/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The plan's part about other services: who resolves names, and firewalld. Neither is asked what it has: "actual"
 * holds what is known to have been told, and nothing when that is not known; then it is told again, which changes
 * nothing where it has it. */

#include "model/dns.h"
#include "plan/plan.h"

static const char *reason_of(bool there) {
        return there ? "differs" : "not there";
}

static int dns_operation(WgpPlan *plan, WgpOperationType type, const WgpDns *dns, const char *reason) {
        WgpOperation *op;

        op = wgp_plan_add(plan, type, reason);
        return op ? wgp_dns_copy(dns, &op->dns) : -ENOMEM;
}

static int zone_operation(WgpPlan *plan, WgpOperationType type, const char *zone, const char *reason) {
        WgpOperation *op;

        op = wgp_plan_add(plan, type, reason);
        if (!op)
                return -ENOMEM;
        op->zone = strdup(zone);
        return op->zone ? 0 : -ENOMEM;
}

/* The link goes into its zone before it is up. Returns 0, or -ENOMEM. */
int wgp_plan_set_zone(const WgpNetwork *desired, const WgpNetwork *actual, WgpPlan *plan) {
        if (!desired->zone || streq_ptr(desired->zone, actual->zone))
                return 0;
        return zone_operation(plan, WGP_OP_SET_ZONE, desired->zone, reason_of(actual->zone));
}

/* Returns 0, or -ENOMEM. */
int wgp_plan_remove_zone(const WgpNetwork *desired, const WgpNetwork *recorded, const char *reason, WgpPlan *plan) {
        if (!recorded->zone || desired->zone)
                return 0;
        return zone_operation(plan, WGP_OP_REMOVE_ZONE, recorded->zone, reason);
}

/* Names are asked for through the tunnel once its routes are there. Returns 0, or -ENOMEM. */
int wgp_plan_set_dns(const WgpNetwork *desired, const WgpNetwork *actual, WgpPlan *plan) {
        if (wgp_dns_is_empty(&desired->dns) || wgp_dns_equal(&desired->dns, &actual->dns))
                return 0;
        return dns_operation(plan, WGP_OP_SET_DNS, &desired->dns, reason_of(!wgp_dns_is_empty(&actual->dns)));
}

/* What was told before and is not replaced by what is told now: all of it, or what resolvconf(8) has by another name,
 * or when systemd-resolved is told now. Returns 0, or -ENOMEM. */
int wgp_plan_revert_dns(const WgpNetwork *desired, const WgpNetwork *recorded, const char *reason, WgpPlan *plan) {
        if (wgp_dns_is_empty(&recorded->dns))
                return 0;
        if (!wgp_dns_is_empty(&desired->dns) && streq_ptr(desired->dns.resolvconf, recorded->dns.resolvconf))
                return 0;
        return dns_operation(plan, WGP_OP_REVERT_DNS, &recorded->dns, reason);
}

/* Writes one of these operations, as wgp_operation_format() does. */
void wgp_service_operation_format(const WgpOperation *op, FILE *f) {
        switch (op->type) {
        case WGP_OP_SET_DNS:
                fputs("set", f);
                wgp_dns_format(&op->dns, f);
                break;
        case WGP_OP_REVERT_DNS:
                fprintf(f, "revert dns%s%s", op->dns.resolvconf ? " resolvconf " : "", op->dns.resolvconf ?: "");
                break;
        case WGP_OP_SET_ZONE:
                fprintf(f, *op->zone ? "set firewalld zone %s" : "set firewalld's default zone", op->zone);
                break;
        default:
                fprintf(f, *op->zone ? "remove from firewalld zone %s" : "remove from firewalld's default zone",
                                op->zone);
                break;
        }
}

void wgp_service_operation_done(WgpOperation *op) {
        switch (op->type) {
        case WGP_OP_SET_DNS:
        case WGP_OP_REVERT_DNS:
                wgp_dns_done(&op->dns);
                break;
        case WGP_OP_SET_ZONE:
        case WGP_OP_REMOVE_ZONE:
                free(op->zone);
                op->zone = NULL;
                break;
        default:
                break;
        }
}
