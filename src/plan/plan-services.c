/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The plan's part about other services: who resolves names, and firewalld. Neither is asked what it has: "actual"
 * holds what is known to have been told, and nothing when that is not known; then it is told again, which changes
 * nothing where it has it. */

#include "model/dns.h"
#include "plan/plan-internal.h"

static const char *reason_of(bool there) {
        return there ? WGP_PLAN_CHANGED : WGP_PLAN_NEW;
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
int wgp_plan_set_zone(const WgpPlanning *p) {
        if (!p->desired->zone || streq_ptr(p->desired->zone, p->actual->zone))
                return 0;
        return zone_operation(p->plan, WGP_OP_SET_ZONE, p->desired->zone, reason_of(p->actual->zone));
}

/* Returns 0, or -ENOMEM. */
int wgp_plan_remove_zone(const WgpPlanning *p, const char *reason) {
        if (!p->recorded->zone || p->desired->zone)
                return 0;
        return zone_operation(p->plan, WGP_OP_REMOVE_ZONE, p->recorded->zone, reason);
}

/* Names are asked for through the tunnel once its routes are there. Returns 0, or -ENOMEM. */
int wgp_plan_set_dns(const WgpPlanning *p) {
        if (wgp_dns_is_empty(&p->desired->dns) || wgp_dns_equal(&p->desired->dns, &p->actual->dns))
                return 0;
        return dns_operation(p->plan, WGP_OP_SET_DNS, &p->desired->dns, reason_of(!wgp_dns_is_empty(&p->actual->dns)));
}

/* What was told before and is not replaced by what is told now: all of it, or what resolvconf(8) has by another name,
 * or when systemd-resolved is told now. Returns 0, or -ENOMEM. */
int wgp_plan_revert_dns(const WgpPlanning *p, const char *reason) {
        if (wgp_dns_is_empty(&p->recorded->dns))
                return 0;
        if (!wgp_dns_is_empty(&p->desired->dns) && streq_ptr(p->desired->dns.resolvconf, p->recorded->dns.resolvconf))
                return 0;
        return dns_operation(p->plan, WGP_OP_REVERT_DNS, &p->recorded->dns, reason);
}
