/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Paces repairs, and counts restarts. */

#include "resolver/rate-limit.h"

#define SECONDS(n) ((uint64_t) (n) *1000000)

/* Returns whether it may be done now, and counts it then. */
bool wgp_budget_spend(WgpBudget *budget, uint64_t now) {
        uint64_t *spent = budget->spent_usec;

        if (spent[0] > 0 && now - spent[0] < SECONDS(WGP_BUDGET_SECONDS))
                return false;
        memmove(spent, spent + 1, sizeof(budget->spent_usec) - sizeof(*spent));
        spent[WGP_BUDGET_MAX - 1] = now;
        return true;
}

/* Returns when it may be done next: now, or later. */
uint64_t wgp_pace_next(const WgpPace *pace, uint64_t now) {
        return pace->done_usec == 0 ? now : WGP_MAX(now, pace->done_usec + pace->delay_usec);
}

/* It was done. */
void wgp_pace_done(WgpPace *pace, uint64_t now) {
        bool forgotten = pace->done_usec == 0 || now - pace->done_usec >= SECONDS(WGP_PACE_FORGET_SECONDS);

        pace->delay_usec = forgotten ? SECONDS(WGP_PACE_MIN_SECONDS) :
                                       WGP_MIN(2 * pace->delay_usec, SECONDS(WGP_PACE_MAX_SECONDS));
        pace->done_usec = now;
}
