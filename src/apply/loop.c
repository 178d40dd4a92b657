/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Refuses a tunnel whose packets would go into itself: a route of its own address's network may cover the endpoint,
 * and no mark avoids the main table. Only the kernel knows whether another route is better, so it is asked when all
 * routes are there. */

#include "apply/loop.h"

#include "apply/mtu.h"
#include "model/prefix.h"
#include "system/report.h"

static int refuse(const WgpRun *run, const WgpPeer *peer) {
        _cleanup_(freep) char *place = wgp_run_place(run, peer->endpoint.origin);
        char endpoint[WGP_SOCKADDR_TEXT_SIZE];

        wgp_sockaddr_format(&peer->endpoint.address, endpoint);
        wgp_report_error("%sPackets to the endpoint %s would go into the tunnel %s itself: the network of its own "
                         "address covers the endpoint. Give the address a longer prefix, or the host a route to the "
                         "endpoint.",
                        place ?: "", endpoint, run->desired.link.name);
        return WGP_EXIT_FAILED;
}

/* Returns 0, an exit code (reported), or a negative errno. To be called when the link has all its routes. */
int wgp_loop_check(WgpRun *run) {
        for (size_t i = 0; i < run->profile->n_peers; i++) {
                const WgpPeer *peer = run->profile->peers + i;
                WgpRoute route = {};

                if (!peer->may_loop || wgp_path_find(run, &peer->endpoint.address, &route) < 0)
                        continue; /* an endpoint without a route has none into the tunnel */
                if (route.ifindex == run->actual.link.ifindex)
                        return refuse(run, peer);
        }
        return 0;
}
