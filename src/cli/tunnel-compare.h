/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once
/* Comparing: what a reload would change of a running tunnel, for its status. */

#include "cli/cli.h"
#include "cli/tunnel-status.h"

int wgp_tunnel_compare(const WgpCli *cli, WgpTunnelStatus *tunnel);
