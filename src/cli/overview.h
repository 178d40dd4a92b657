/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once
/* Overview: tunnels as a table, one line each. Pure. */

#include "cli/terminal.h"
#include "cli/tunnel-status.h"

typedef struct WgpOverview WgpOverview;

struct WgpOverview {
        const WgpTunnelStatus *tunnels;
        size_t n_tunnels;
        bool rates; /* what the peers receive and send in a second, instead of what they have */
        const WgpMoment *now;
        const WgpTerminal *terminal;
        bool legend; /* a line of titles, and a summary */
};

int wgp_overview_format(const WgpOverview *overview, WgpText *text);
