/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Opens netlink sockets in the network namespace of a tunnel's link. */

#include "cli/tunnel-sockets.h"

#include <linux/netlink.h>

#include "system/netns.h"
#include "system/root-path.h"

void wgp_tunnel_sockets_done(WgpTunnelSockets *sockets) {
        if (!sockets->opened)
                return;
        wgp_nl_socket_free(sockets->route);
        wgp_nl_socket_free(sockets->generic);
}

/* "here": the sockets to this network namespace, borrowed. "netns_name": the record's; NULL: the link is here.
 * "sockets" is for wgp_tunnel_sockets_done() in any case. Returns 0 or a negative errno; -ENOENT: the namespace does
 * not exist any more. */
int wgp_tunnel_sockets_open(const WgpTunnelSockets *here, const char *netns_name, WgpTunnelSockets *sockets) {
        _cleanup_(wgp_closep) int netns = -EBADF;
        int r;

        if (!netns_name) {
                *sockets = (WgpTunnelSockets) { here->route, here->generic, false };
                return 0;
        }
        *sockets = (WgpTunnelSockets) { .opened = true };
        r = wgp_netns_open(netns_name, &netns);
        if (r >= 0)
                r = wgp_nl_socket_open_in(netns, NETLINK_ROUTE, &sockets->route);
        if (r >= 0)
                r = wgp_nl_socket_open_in(netns, NETLINK_GENERIC, &sockets->generic);
        return r == -EMEDIUMTYPE ? -ENOENT : r;
}
