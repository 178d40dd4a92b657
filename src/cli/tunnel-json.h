/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once
/* The status of a tunnel, for programs. wg-profile(1) lists the names. */

#include <jansson.h>

#include "cli/tunnel-status.h"

json_t *wgp_endpoint_json(const WgpEndpointStatus *endpoint, const WgpMoment *now);
json_t *wgp_tunnel_json(const WgpTunnelStatus *tunnel, const WgpMoment *now);
