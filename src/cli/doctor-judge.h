/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once
/* Doctor's judgement: what is wrong with a tunnel, out of what was seen. Pure. */

#include "cli/tunnel-status.h"

typedef struct WgpFinding WgpFinding;
typedef struct WgpFindings WgpFindings;

struct WgpFinding {
        char *what;   /* is wrong, and the evidence */
        char *advice; /* what to do */
};

struct WgpFindings {
        WgpFinding *items;
        size_t n_items, n_allocated;
};

/* What only the system can tell. */
typedef struct WgpSurroundings {
        bool ipv6_goes_elsewhere; /* there is a default route of IPv6 that is not by a tunnel of ours */
} WgpSurroundings;

#define WGP_FINDINGS_NULL ((WgpFindings) {})

int wgp_doctor_judge(const WgpTunnelStatus *tunnel, const WgpSurroundings *around, const WgpMoment *now,
                WgpFindings *findings);
void wgp_findings_done(WgpFindings *findings);
