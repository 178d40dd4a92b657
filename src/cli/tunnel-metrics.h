/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once
/* The status of tunnels, for the textfile collector of Prometheus' node_exporter. */

#include "base/text.h"
#include "cli/tunnel-status.h"

void wgp_metrics_format(const WgpTunnelStatus *tunnels, size_t n_tunnels, const WgpMoment *now, WgpText *text);
