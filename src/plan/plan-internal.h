/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once
/* Shared by the files that build a plan. Private to plan/. */

#include "plan/plan.h"

/* What a plan is made of, and the plan so far. */
typedef struct WgpPlanning {
        const WgpNetwork *desired; /* empty: the tunnel goes down */
        const WgpNetwork *actual;
        const WgpNetwork *recorded; /* empty: there is no record */
        WgpPlan *plan;
} WgpPlanning;

/* The reasons, which the text of a plan has behind each operation. */
#define WGP_PLAN_NEW "not there"
#define WGP_PLAN_CHANGED "differs"
#define WGP_PLAN_GONE "no longer in the profile"
#define WGP_PLAN_COMES_UP "the tunnel comes up"
#define WGP_PLAN_STOPPED "the tunnel goes down"

/* Each of the functions that return an int adds the operations it is named after, if it takes any, and returns 0, or
 * -ENOMEM. */

/* plan-operation.c */
WgpOperation *wgp_plan_add(WgpPlan *plan, WgpOperationType type, const char *reason);

/* plan-filter.c */
int wgp_plan_set_filter(const WgpPlanning *p);
int wgp_plan_delete_filter(const WgpPlanning *p, const char *reason);
int wgp_plan_set_kill_switch(const WgpPlanning *p);
int wgp_plan_close_kill_switch(const WgpPlanning *p, const char *reason);

/* plan-mark.c */
bool wgp_plan_changes_mark(const WgpPlanning *p, uint32_t *ret);
bool wgp_plan_mark_waits(const WgpPlanning *p);
int wgp_plan_set_mark(const WgpPlanning *p);

/* plan-peers.c */
int wgp_plan_device(const WgpPlanning *p);

/* plan-services.c */
int wgp_plan_set_zone(const WgpPlanning *p);
int wgp_plan_remove_zone(const WgpPlanning *p, const char *reason);
int wgp_plan_set_dns(const WgpPlanning *p);
int wgp_plan_revert_dns(const WgpPlanning *p, const char *reason);
