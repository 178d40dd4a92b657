/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once
/* Tunnel sockets: the netlink sockets to where a tunnel's link is. */

#include "netlink/nl-socket.h"

typedef struct WgpTunnelSockets WgpTunnelSockets;

/* Borrowed where the link is here; opened, and to be closed, where it is in another network namespace. */
struct WgpTunnelSockets {
        WgpNlSocket *route, *generic;
        bool opened;
};

int wgp_tunnel_sockets_open(const WgpTunnelSockets *here, const char *netns_name, WgpTunnelSockets *sockets);
void wgp_tunnel_sockets_done(WgpTunnelSockets *sockets);
