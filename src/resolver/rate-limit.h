/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once
/* Rate limit: how often something may be done. Pure; times as in endpoint.h. All zero: nothing was done yet. */

#include "base/macro.h"

typedef struct WgpBudget WgpBudget;
typedef struct WgpPace WgpPace;

enum {
        WGP_BUDGET_MAX = 3, /* times in any WGP_BUDGET_SECONDS */
        WGP_BUDGET_SECONDS = 10 * 60,
        WGP_PACE_MIN_SECONDS = 1, /* between two times, doubling up to the maximum */
        WGP_PACE_MAX_SECONDS = 60,
        WGP_PACE_FORGET_SECONDS = 600, /* without need, until the first one is immediate again */
};

/* So many times, then no more. */
struct WgpBudget {
        uint64_t spent_usec[WGP_BUDGET_MAX]; /* the last ones, oldest first; 0: none */
};

/* As often as wanted, but slower and slower. */
struct WgpPace {
        uint64_t done_usec; /* last */
        uint64_t delay_usec;
};

bool wgp_budget_spend(WgpBudget *budget, uint64_t now);
uint64_t wgp_pace_next(const WgpPace *pace, uint64_t now);
void wgp_pace_done(WgpPace *pace, uint64_t now);
