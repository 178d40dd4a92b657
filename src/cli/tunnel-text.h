/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once
/* The status of a tunnel, for people. */

#include "cli/cli.h"
#include "cli/tunnel-status.h"

int wgp_tunnel_print(const WgpCli *cli, const WgpTunnelStatus *tunnel, const WgpMoment *now);
