/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once
/* Tunnel sockets: the netlink sockets to where a tunnel's link is. */

#include "cli/tunnel-gather.h"

typedef struct WgpTunnelSockets WgpTunnelSockets;

/* Those of the gathering, or, in another network namespace, of its own. */
struct WgpTunnelSockets {
        WgpNlSocket *route, *generic;
        bool opened;
};

int wgp_tunnel_sockets_open(const WgpGather *gather, const char *netns_name, WgpTunnelSockets *sockets);
void wgp_tunnel_sockets_done(WgpTunnelSockets *sockets);
