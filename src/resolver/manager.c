/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Manager: carries out, for every peer, what endpoint-choose.c decides. The tunnels themselves are in
 * manager-tunnels.c, their names in manager-names.c. */

#include "resolver/manager.h"

#include <inttypes.h>

#include "desired/mtu.h"
#include "model/prefix.h"
#include "model/value.h"
#include "resolver/manager-internal.h"

enum {
        RETRY_SECONDS = 10,   /* after the kernel refused an address, or would not say what it has */
        FRESH_SECONDS = 1,    /* a look is good enough for a peer that had no address then */
        TIMEOUT_SECONDS = 60, /* after a daemon did not answer in time, doubling up to the maximum */
        TIMEOUT_SECONDS_MAX = 600,
        LOOK_PEER_USEC = 1000, /* between two looks at a tunnel, for each of its peers, unless one is to be moved */
};

/* The host of the endpoint that has an address, else of the one in the profile. */
static const char *host_of(const WgpEndpointPeer *peer, const WgpSockaddr *address) {
        const WgpTarget *target = wgp_remote_find(&peer->remote, address);

        return peer->endpoints[target && target->endpoint < peer->n_endpoints ? target->endpoint : 0]->host;
}

/* --- the kernel --- */

static void observe(WgpManager *m, WgpTunnel *tunnel, uint64_t now, const WgpPeerState *state, int64_t real_time) {
        WgpEndpointPeer *peer = wgp_tunnel_find(tunnel, state->public_key);
        int64_t handshake = state->handshake_sec * 1000000000 + state->handshake_nsec;
        WgpSockaddr before;

        if (!peer)
                return;
        before = peer->remote.sight.facts.address;
        peer->inside = state->n_allowed_ips > 0 ? state->allowed_ips[0] : (WgpPrefix) {};
        wgp_remote_observe(&peer->remote, now,
                        &(WgpPeerFacts) {
                                        .address = state->endpoint,
                                        .tx_bytes = state->tx_bytes,
                                        .rx_bytes = state->rx_bytes,
                                        .handshake = handshake,
                                        .handshake_age_usec =
                                                        handshake > 0 && handshake < real_time ?
                                                                        (uint64_t) (real_time - handshake) / 1000 :
                                                                        0,
                                        .keepalive = state->keepalive,
                        });
        peer->due_usec = 0;
        if (wgp_sockaddr_equal(&before, &state->endpoint))
                return;
        wgp_peer_rank_present(m, peer);
        peer->path_checked = false;
        tunnel->changed = true;
}

/* Leaves a tunnel alone for a while. */
static void go_blind(WgpManager *m, WgpTunnel *tunnel, uint64_t now, int error) {
        unsigned seconds = RETRY_SECONDS;

        if (error == -ETIMEDOUT) {
                seconds = WGP_MIN((unsigned) TIMEOUT_SECONDS << WGP_MIN(tunnel->n_timeouts, 4U),
                                (unsigned) TIMEOUT_SECONDS_MAX);
                tunnel->n_timeouts++;
                m->timed_out = true;
        }
        tunnel->blind_usec = now + WGP_SECONDS(seconds);
}

/* Whether there is no device: that of a kernel, or the socket of a daemon. */
static bool is_gone(int error) {
        return error == -ENODEV || error == -ENOENT || error == -ECONNREFUSED;
}

/* What could not be seen is as it was. */
static void look(WgpManager *m, WgpTunnel *tunnel, uint64_t now) {
        int64_t real_time = m->config.real_time(m->config.userdata);
        WgpDevice device = {};
        int r;

        tunnel->observed_usec = now;
        r = m->config.kernel.get(m->config.kernel.userdata, tunnel, &device);
        if (r < 0 && r != tunnel->error)
                wgp_manager_tell(m, WGP_NOTICE, tunnel, /* peer= */ NULL, "%s: cannot see the peers of %s: %s.",
                                tunnel->name, tunnel->ifname, strerror(-r));
        tunnel->error = r;
        if (r < 0 && !is_gone(r)) {
                go_blind(m, tunnel, now, r);
                wgp_device_done(&device);
                return;
        }
        tunnel->n_timeouts = 0;
        tunnel->listen_port = device.listen_port;

        for (size_t i = 0; r >= 0 && i < device.n_peers; i++)
                observe(m, tunnel, now, device.peers + i, real_time);
        for (size_t i = 0; i < tunnel->n_peers; i++) {
                WgpEndpointPeer *peer = tunnel->peers[i];

                if (!peer->remote.sight.observed || peer->remote.sight.observed_usec != now) {
                        wgp_remote_observe(&peer->remote, now, /* facts= */ NULL);
                        peer->due_usec = 0;
                }
                wgp_peer_rank_unreachable(m, peer, now);
        }
        wgp_device_done(&device);
}

/* Apply has chosen the MTU when the tunnel came up; from then on it follows the paths. */
static void check_mtu(WgpManager *m, WgpTunnel *tunnel) {
        uint32_t path, mtu;
        int r;

        if (!tunnel->automatic_mtu)
                return;
        path = wgp_tunnel_find_path_mtu(m, tunnel);
        if (path == 0 || path == tunnel->path_mtu)
                return;

        tunnel->path_mtu = path;
        mtu = wgp_mtu_of_path(path, tunnel->has_ipv6);
        r = m->config.kernel.set_mtu(m->config.kernel.userdata, tunnel, mtu);
        if (r < 0)
                wgp_manager_tell(m, WGP_WARNING, tunnel, /* peer= */ NULL, "%s: cannot set the MTU of %s: %s.",
                                tunnel->name, tunnel->ifname, strerror(-r));
        else if (r > 0)
                wgp_manager_tell(m, WGP_NOTICE, tunnel, /* peer= */ NULL,
                                "%s: the MTU of %s is now %u: that of the path is %u.", tunnel->name, tunnel->ifname,
                                mtu, path);
}

/* One message, that peer only, its endpoint only, and only if it is still there. */
static int set_address(WgpManager *m, WgpEndpointPeer *peer, const WgpSockaddr *address) {
        WgpPeerState state = { .endpoint = *address };
        WgpPeerChange change = { .peer = &state, .update_only = true, .set_endpoint = true };

        memcpy(state.public_key, peer->public_key, WGP_KEY_SIZE);
        return m->config.kernel.set(m->config.kernel.userdata, peer->tunnel,
                        &(WgpDeviceChange) { .peers = &change, .n_peers = 1 });
}

/* A peer that has worked, and sends nothing by itself, would never learn whether it works at the new address, and the
 * other side not that it is to be found from there. */
static void nudge(WgpManager *m, WgpEndpointPeer *peer, WgpWhy why) {
        if (why == WGP_WHY_FIRST || why == WGP_WHY_SILENT || wgp_sight_is_sending(&peer->remote.sight) ||
                        peer->remote.sight.handshake_usec == 0 || peer->inside.family == AF_UNSPEC)
                return;
        (void) m->config.kernel.send_packet(m->config.kernel.userdata, peer->tunnel, &peer->inside);
}

/* Why a peer is moved, in words for people. */
static const char *describe(const WgpDecision *d) {
        if (d->why == WGP_WHY_FIRST)
                return d->move->endpoint == SIZE_MAX ? "where it last answered" : "first answer";
        return wgp_why_text(d->why);
}

static bool move(WgpManager *m, WgpEndpointPeer *peer, uint64_t now, const WgpDecision *d) {
        bool first_round = d->why != WGP_WHY_SILENT || peer->remote.moves.n_rounds == 0;
        const WgpSockaddr address = d->move->address;
        char text[WGP_SOCKADDR_TEXT_SIZE];
        int r;

        wgp_sockaddr_format(&address, text);
        r = set_address(m, peer, &address);
        if (r < 0) {
                if (peer->retry_usec == 0)
                        wgp_manager_tell(m, WGP_WARNING, peer->tunnel, peer, "%s: cannot send to %s at %s: %s.",
                                        peer->tunnel->name, host_of(peer, &address), text, strerror(-r));
                peer->retry_usec = now + WGP_SECONDS(RETRY_SECONDS);
                if (r == -ETIMEDOUT)
                        go_blind(m, peer->tunnel, now, r);
                return false;
        }

        peer->retry_usec = 0;
        peer->path_checked = false;
        peer->tunnel->changed = true;
        wgp_remote_moved(&peer->remote, now, &address, d->why);
        if (first_round)
                wgp_manager_tell(m, WGP_NOTICE, peer->tunnel, peer, "%s: endpoint %s set to %s (%s).",
                                peer->tunnel->name, host_of(peer, &address), text, describe(d));
        nudge(m, peer, d->why);
        return true;
}

/* --- what happens --- */

/* Something changed: what "change" says has to be done over. */
void wgp_manager_poke(WgpManager *m, uint64_t now, WgpChange change) {
        m->paths_changed = m->paths_changed || (change & WGP_CHANGE_PATHS);
        m->epoch += m->paths_changed;
        for (size_t i = 0; i < m->n_names; i++)
                if (change != WGP_CHANGE_WAYS || m->names[i]->n_asking > 0 || m->names[i]->failed)
                        wgp_name_poke(m->names[i], change & WGP_CHANGE_CACHES);
}

/* Packets may go another way: a full tunnel has come or gone. No name is asked for that. */
void wgp_manager_reroute(WgpManager *m) {
        m->paths_changed = true;
        m->epoch++;
}

/* The machine slept. What was sent before is not waited for any more. */
void wgp_manager_resume(WgpManager *m, uint64_t now) {
        for (size_t i = 0; i < m->n_tunnels; i++)
                for (size_t j = 0; j < m->tunnels[i]->n_peers; j++) {
                        wgp_sight_resume(&m->tunnels[i]->peers[j]->remote.sight, now);
                        m->tunnels[i]->peers[j]->due_usec = 0;
                }
}

/* --- all together --- */

static bool may_move(const WgpEndpointPeer *peer, const WgpDecision *d, uint64_t now) {
        return d->move && peer->retry_usec <= now && peer->tunnel->blind_usec <= now;
}

/* A look at many peers is not worth what one of them has to tell: it waits for others. Returns until when. */
static uint64_t next_pace(const WgpTunnel *tunnel) {
        return tunnel->observed_usec == 0 ? 0 : tunnel->observed_usec + tunnel->n_peers * LOOK_PEER_USEC;
}

static bool has_to_look(const WgpTunnel *tunnel, uint64_t now) {
        bool paced = next_pace(tunnel) > now;
        bool fresh = now - tunnel->observed_usec < WGP_SECONDS(FRESH_SECONDS);

        if (tunnel->blind_usec > now)
                return false;
        for (size_t i = 0; i < tunnel->n_peers; i++) {
                const WgpEndpointPeer *peer = tunnel->peers[i];
                WgpDecision d;

                if (peer->due_usec > now)
                        continue;
                d = wgp_remote_decide(&peer->remote, now);
                if ((d.observe_usec <= now && !(paced && peer->remote.sight.observed)) ||
                                (may_move(peer, &d, now) && !(fresh && d.why == WGP_WHY_FIRST)))
                        return true;
        }
        return false;
}

/* A death and a recovery are told once, whatever was tried in between. */
static void note_health(WgpManager *m, WgpEndpointPeer *peer, uint64_t now, WgpHealth health) {
        const WgpSockaddr *address = &peer->remote.sight.facts.address;
        char text[WGP_SOCKADDR_TEXT_SIZE];

        if (health == WGP_HEALTH_DEAD && peer->dead_usec == 0) {
                wgp_sockaddr_format(address, text);
                wgp_manager_tell(m, WGP_NOTICE, peer->tunnel, peer, "%s: %s does not answer at %s.",
                                peer->tunnel->name, host_of(peer, address), text);
                peer->dead_usec = now;
        }
        if (peer->dead_usec > 0 && health == WGP_HEALTH_FINE && peer->remote.sight.heard) {
                wgp_sockaddr_format(address, text);
                wgp_manager_tell(m, WGP_NOTICE, peer->tunnel, peer, "%s: %s answers again at %s, after %" PRIu64 " s.",
                                peer->tunnel->name, host_of(peer, address), text,
                                (now - peer->dead_usec) / WGP_SECOND);
                peer->dead_usec = 0;
        }
        if (health == peer->health)
                return;
        peer->health = health;
        peer->tunnel->changed = true;
}

/* Does what is due for one peer, and notes when to come again. */
static void run_peer(WgpManager *m, WgpEndpointPeer *peer, uint64_t now, bool *moved) {
        WgpDecision d = wgp_remote_decide(&peer->remote, now);
        uint64_t next;

        note_health(m, peer, now, d.health);
        if (may_move(peer, &d, now)) {
                /* paths may have changed without notice since they were last looked up */
                wgp_peer_rank_all(m, peer);
                d = wgp_remote_decide(&peer->remote, now);
                if (may_move(peer, &d, now) && move(m, peer, now, &d))
                        *moved = true;
        }
        d = wgp_remote_decide(&peer->remote, now);
        note_health(m, peer, now, d.health);
        peer->troubled = d.troubled;
        next = peer->tunnel->blind_usec > now ? peer->tunnel->blind_usec : d.observe_usec;
        next = WGP_MIN(next, d.again_usec);
        if (peer->retry_usec > now)
                next = WGP_MIN(next, peer->retry_usec);
        peer->due_usec = next;
}

static bool are_paths_checked(const WgpTunnel *tunnel) {
        for (size_t i = 0; i < tunnel->n_peers; i++)
                if (!tunnel->peers[i]->path_checked &&
                                tunnel->peers[i]->remote.sight.facts.address.family != AF_UNSPEC)
                        return false;
        return true;
}

static uint64_t run_tunnel(WgpManager *m, WgpTunnel *tunnel, uint64_t now) {
        uint64_t next = WGP_NEVER;
        bool moved = false;

        for (size_t i = 0; m->paths_changed && i < tunnel->n_peers; i++) {
                wgp_peer_rank_all(m, tunnel->peers[i]);
                wgp_remote_retry(&tunnel->peers[i]->remote);
                tunnel->peers[i]->due_usec = 0;
        }
        if (has_to_look(tunnel, now) && tunnel->observed_usec != now)
                look(m, tunnel, now);
        for (size_t i = 0; i < tunnel->n_peers; i++) {
                WgpEndpointPeer *peer = tunnel->peers[i];

                if (peer->due_usec <= now)
                        run_peer(m, peer, now, &moved);
                next = WGP_MIN(next, peer->due_usec);
        }
        if (tunnel->automatic_mtu && (moved || !are_paths_checked(tunnel)))
                check_mtu(m, tunnel);
        return next <= now ? WGP_MAX(next_pace(tunnel), next) : next;
}

/* Does all that is due; but when it has waited in vain for one daemon, it leaves the others for the next call, which
 * is due at once. Returns when to call again at the latest, WGP_NEVER: when something happens. */
uint64_t wgp_manager_run(WgpManager *m, uint64_t now) {
        uint64_t next = WGP_NEVER;
        bool all = true;

        m->timed_out = false;
        for (size_t i = 0; i < m->n_tunnels; i++)
                if (m->timed_out && m->tunnels[i]->backend == WGP_BACKEND_USERSPACE)
                        all = false;
                else
                        next = WGP_MIN(next, run_tunnel(m, m->tunnels[i], now));
        m->paths_changed = m->paths_changed && !all;
        m->epoch++;
        next = WGP_MIN(next, wgp_manager_ask_names(m, now));
        return all ? next : now + 1;
}
