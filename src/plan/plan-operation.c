/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Adds operations to a plan and frees them. */

#include "model/dns.h"
#include "plan/plan-internal.h"

/* Appends an empty operation. Returns it, valid until the next one is added, or NULL when memory ran out. */
WgpOperation *wgp_plan_add(WgpPlan *plan, WgpOperationType type, const char *reason) {
        if (!wgp_grow(&plan->operations, &plan->n_allocated, plan->n_operations + 1, sizeof(*plan->operations)))
                return NULL;
        plan->operations[plan->n_operations] = (WgpOperation) { .type = type, .reason = reason };
        return plan->operations + plan->n_operations++;
}

static void service_operation_done(WgpOperation *op) {
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

void wgp_device_change_done(WgpDeviceChange *change) {
        for (size_t i = 0; i < change->n_peers; i++)
                free(change->peers[i].added);
        free(change->peers);
        explicit_bzero(change, sizeof(*change));
}

void wgp_plan_done(WgpPlan *plan) {
        for (size_t i = 0; i < plan->n_operations; i++)
                if (plan->operations[i].type == WGP_OP_SET_DEVICE)
                        wgp_device_change_done(&plan->operations[i].device);
                else
                        service_operation_done(plan->operations + i);
        free(plan->operations);
        *plan = WGP_PLAN_NULL;
}

/* Whether the operation is such a hook. */
bool wgp_operation_is_hook(const WgpOperation *op, WgpHookType type) {
        return op->type == WGP_OP_RUN_HOOK && op->hook->type == type;
}
