/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Looks up the paths to the addresses of peers: whether there is one, how good it is, and its MTU. */

#include "model/prefix.h"
#include "resolver/manager-internal.h"

enum {
        STUCK_SECONDS = WGP_POLL_IDLE - WGP_POLL_BUSY, /* each look of an idle peer, not each of a busy one */
};

/* Looks up the path to one address. Returns false when the kernel would not say. */
static bool find_path(WgpManager *m, const WgpTunnel *tunnel, const WgpSockaddr *address, WgpPath *ret) {
        return m->config.kernel.find_path(m->config.kernel.userdata, tunnel, address, ret) >= 0;
}

static bool rank(WgpManager *m, const WgpTunnel *tunnel, const WgpSockaddr *address, WgpRank *rank, uint32_t *mtu) {
        WgpPrefix destination;
        WgpPath path = {};

        if (!find_path(m, tunnel, address, &path))
                return false;
        wgp_sockaddr_to_prefix(address, &destination);
        *rank = wgp_rank(&destination, &path.source);
        *mtu = path.mtu;
        return true;
}

static void rank_target(WgpManager *m, const WgpTunnel *tunnel, WgpTarget *target) {
        target->ranked = rank(m, tunnel, &target->address, &target->rank, &target->path_mtu);
        target->ranked_epoch = m->epoch;
}

static bool is_fresh(const WgpManager *m, const WgpTarget *target) {
        return target->ranked && target->ranked_epoch == m->epoch;
}

/* "again": also those whose path was looked up before, in an earlier epoch. */
static void rank_targets(WgpManager *m, WgpEndpointPeer *peer, bool again) {
        WgpMoves *moves = &peer->remote.moves;

        for (size_t i = 0; i < moves->n_targets; i++) {
                WgpTarget *target = moves->targets + i;

                if (!target->ranked || (again && !is_fresh(m, target)))
                        rank_target(m, peer->tunnel, target);
        }
}

void wgp_peer_rank_present(WgpManager *m, WgpEndpointPeer *peer) {
        WgpSight *sight = &peer->remote.sight;
        const WgpTarget *present = wgp_remote_find(&peer->remote, &sight->facts.address);
        uint32_t mtu;

        if (present && present->ranked)
                sight->rank = present->rank;
        else if (sight->facts.address.family != AF_UNSPEC)
                (void) rank(m, peer->tunnel, &sight->facts.address, &sight->rank, &mtu);
}

void wgp_peer_rank_all(WgpManager *m, WgpEndpointPeer *peer) {
        rank_targets(m, peer, /* again= */ true);
        wgp_peer_rank_present(m, peer);
        peer->path_checked = false;
}

static bool is_stuck(const WgpEndpointPeer *peer, uint64_t now) {
        WgpDecision d = wgp_remote_decide(&peer->remote, now);

        return !d.move && (peer->remote.moves.inherited || d.health == WGP_HEALTH_NO_ENDPOINT ||
                                          d.health == WGP_HEALTH_DEAD || d.health == WGP_HEALTH_CUT_OFF);
}

/* Of a peer that has nowhere to go, once a minute. Default routes are told of; others, and rules, come without notice.
 */
void wgp_peer_rank_unreachable(WgpManager *m, WgpEndpointPeer *peer, uint64_t now) {
        WgpMoves *moves = &peer->remote.moves;

        if (!is_stuck(peer, now) || now - peer->stuck_usec < WGP_SECONDS(STUCK_SECONDS))
                return;
        peer->stuck_usec = now;
        for (size_t i = 0; i < moves->n_targets; i++) {
                WgpTarget *target = moves->targets + i;

                if (target->rank == WGP_RANK_NO_ROUTE)
                        rank_target(m, peer->tunnel, target);
        }
        if (peer->remote.sight.rank == WGP_RANK_NO_ROUTE)
                wgp_peer_rank_present(m, peer);
}

static uint32_t find_peer_mtu(WgpManager *m, const WgpEndpointPeer *peer) {
        const WgpSockaddr *address = &peer->remote.sight.facts.address;
        const WgpTarget *present = wgp_remote_find(&peer->remote, address);
        WgpPath path = {};

        if (present && is_fresh(m, present))
                return present->path_mtu;
        return find_path(m, peer->tunnel, address, &path) ? path.mtu : 0;
}

/* Looks up the paths to addresses that are new, or may have another path now. Returns the smallest MTU of all; 0: not
 * known. */
uint32_t wgp_tunnel_find_path_mtu(WgpManager *m, const WgpTunnel *tunnel) {
        uint32_t smallest = 0;

        for (size_t i = 0; i < tunnel->n_peers; i++) {
                WgpEndpointPeer *peer = tunnel->peers[i];

                if (!peer->path_checked && peer->remote.sight.facts.address.family != AF_UNSPEC) {
                        peer->path_mtu = find_peer_mtu(m, peer);
                        peer->path_checked = true;
                }
                if (peer->path_mtu > 0 && (smallest == 0 || peer->path_mtu < smallest))
                        smallest = peer->path_mtu;
        }
        return smallest;
}

/* The answers about an endpoint of a peer have changed. Returns 0, or -ENOMEM: some addresses are not gone to. */
int wgp_manager_answers_changed(WgpManager *m, WgpEndpointPeer *peer) {
        int r;

        r = wgp_remote_update(&peer->remote);
        rank_targets(m, peer, /* again= */ false);
        peer->due_usec = 0;
        return r;
}
