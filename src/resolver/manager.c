/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Manager: carries out, for every peer, what endpoint.c decides. The tunnels themselves are in manager-tunnels.c, their names
 * in manager-names.c. */

#include "resolver/manager.h"

#include <stdarg.h>

#include "core/mtu.h"
#include "core/text.h"
#include "core/value.h"

enum {
        RETRY_SECONDS = 10, /* after the kernel refused an address, or would not say what it has */
        STUCK_SECONDS = WGP_POLL_IDLE - WGP_POLL_BUSY, /* each look of an idle peer, not each of a busy one */
        TIMEOUT_SECONDS = 60, /* after a daemon did not answer in time, doubling up to the maximum */
        TIMEOUT_SECONDS_MAX = 600,
        LOOK_HOLDS_USEC = 500 * 1000,
};

/* A line for people. */
void wgp_manager_tell(WgpManager *m, WgpSeverity severity, const char *format, ...) {
        _cleanup_(freep) char *text = NULL;
        va_list ap;

        va_start(ap, format);
        text = wgp_vasprintf(format, ap);
        va_end(ap);
        if (text)
                m->config.tell(m->config.userdata, severity, text);
}

/* --- the kernel --- */

/* Looks up the way to one address. Returns false when the kernel would not say. */
static bool find_path(WgpManager *m, const WgpTunnel *tunnel, const WgpSockaddr *address, WgpPath *ret) {
        return m->config.kernel.find_path(m->config.kernel.userdata, tunnel, address, ret) >= 0;
}

static bool rank_one(WgpManager *m, const WgpTunnel *tunnel, const WgpSockaddr *address, WgpRank *rank) {
        WgpPrefix destination;
        WgpPath path = {};

        if (!find_path(m, tunnel, address, &path))
                return false;
        wgp_sockaddr_to_prefix(address, &destination);
        *rank = wgp_rank(&destination, &path.source);
        return true;
}

/* "again": also those whose route was looked up before. */
static void rank_candidates(WgpManager *m, WgpEndpointName *e, bool again) {
        WgpTracker *t = &e->tracker;

        for (size_t i = 0; i < t->n_candidates; i++) {
                WgpCandidate *c = t->candidates + i;

                if (again || !c->ranked)
                        c->ranked = rank_one(m, e->tunnel, &c->address, &c->rank);
        }
}

static void rank_present(WgpManager *m, WgpEndpointName *e) {
        WgpTracker *t = &e->tracker;
        const WgpCandidate *present = wgp_tracker_find(t, &t->facts.address);

        if (present && present->ranked)
                t->rank = present->rank;
        else if (t->facts.address.family != AF_UNSPEC)
                (void) rank_one(m, e->tunnel, &t->facts.address, &t->rank);
}

static void rank_all(WgpManager *m, WgpEndpointName *e) {
        rank_candidates(m, e, /* again= */ true);
        rank_present(m, e);
}

static bool is_stuck(const WgpEndpointName *e, uint64_t now) {
        WgpDecision d = wgp_tracker_decide(&e->tracker, now);

        return !d.move && (e->tracker.inherited || d.health == WGP_HEALTH_NO_ENDPOINT || d.health == WGP_HEALTH_DEAD ||
                           d.health == WGP_HEALTH_CUT_OFF);
}

/* Of a peer that has nowhere to go, once a minute. Default routes are told of; others, and rules, come without notice. */
static void rank_unreachable(WgpManager *m, WgpEndpointName *e, uint64_t now) {
        WgpTracker *t = &e->tracker;

        if (!is_stuck(e, now) || now - e->stuck_usec < WGP_SECONDS(STUCK_SECONDS))
                return;
        e->stuck_usec = now;
        for (size_t i = 0; i < t->n_candidates; i++) {
                WgpCandidate *c = t->candidates + i;

                if (c->rank == WGP_RANK_NO_ROUTE)
                        c->ranked = rank_one(m, e->tunnel, &c->address, &c->rank);
        }
        if (t->rank == WGP_RANK_NO_ROUTE)
                rank_present(m, e);
}

static void observe(WgpManager *m, WgpTunnel *tunnel, uint64_t now, const WgpPeerState *peer, int64_t real_time) {
        WgpEndpointName *e = wgp_tunnel_find(tunnel, peer->public_key);
        int64_t handshake = peer->handshake_sec * 1000000000 + peer->handshake_nsec;
        WgpSockaddr before;

        if (!e)
                return;
        before = e->tracker.facts.address;
        wgp_tracker_observe(&e->tracker, now,
                        &(WgpPeerFacts) {
                                        .address = peer->endpoint,
                                        .tx_bytes = peer->tx_bytes,
                                        .rx_bytes = peer->rx_bytes,
                                        .handshake = handshake,
                                        .handshake_age_usec = handshake > 0 && handshake < real_time ?
                                                        (uint64_t) (real_time - handshake) / 1000 :
                                                        0,
                                        .keepalive = peer->keepalive,
                        });
        if (!wgp_sockaddr_equal(&before, &peer->endpoint))
                rank_present(m, e);
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

        m->n_looks++;
        tunnel->observed_usec = now;
        r = m->config.kernel.get(m->config.kernel.userdata, tunnel, &device);
        if (r < 0 && r != tunnel->error)
                wgp_manager_tell(m, WGP_NOTICE, "%s: cannot see the peers of %s: %s.", tunnel->name, tunnel->ifname, strerror(-r));
        tunnel->error = r;
        if (r < 0 && !is_gone(r)) {
                go_blind(m, tunnel, now, r);
                wgp_device_done(&device);
                return;
        }
        tunnel->n_timeouts = 0;

        for (size_t i = 0; r >= 0 && i < device.n_peers; i++)
                observe(m, tunnel, now, device.peers + i, real_time);
        for (size_t i = 0; i < tunnel->n_endpoints; i++) {
                WgpTracker *t = &tunnel->endpoints[i]->tracker;

                if (!t->observed || t->observed_usec != now)
                        wgp_tracker_observe(t, now, /* facts= */ NULL);
                rank_unreachable(m, tunnel->endpoints[i], now);
        }
        wgp_device_done(&device);
}

/* Looks up the MTU of the path to one address. Where the kernel would not say, or has no path, it stays 0. */
static uint32_t look_up_mtu(WgpManager *m, const WgpTunnel *tunnel, const WgpSockaddr *address) {
        WgpPath path = {};

        return address->family != AF_UNSPEC && find_path(m, tunnel, address, &path) ? path.mtu : 0;
}

static void take_smaller(uint32_t mtu, uint32_t *smallest) {
        if (mtu > 0 && (*smallest == 0 || mtu < *smallest))
                *smallest = mtu;
}

/* The smallest. Looked up are the paths of those that were moved, or all where the routes have changed. */
static uint32_t find_path_mtu(WgpManager *m, WgpTunnel *tunnel, bool again) {
        uint32_t smallest = 0;

        if (again) {
                tunnel->literals_mtu = 0;
                for (size_t i = 0; i < tunnel->n_literals; i++)
                        take_smaller(look_up_mtu(m, tunnel, tunnel->literals + i), &tunnel->literals_mtu);
        }
        take_smaller(tunnel->literals_mtu, &smallest);
        for (size_t i = 0; i < tunnel->n_endpoints; i++) {
                WgpEndpointName *e = tunnel->endpoints[i];

                if (again || !e->path_checked)
                        e->path_mtu = look_up_mtu(m, tunnel, &e->tracker.facts.address);
                e->path_checked = true;
                take_smaller(e->path_mtu, &smallest);
        }
        return smallest;
}

/* Apply has chosen the MTU when the tunnel came up; from then on it follows the paths. */
static void check_mtu(WgpManager *m, WgpTunnel *tunnel) {
        uint32_t path, mtu;
        int r;

        if (!tunnel->automatic_mtu)
                return;
        path = find_path_mtu(m, tunnel, m->routes_changed || !tunnel->path_checked);
        tunnel->path_checked = true;
        if (path == 0 || path == tunnel->path_mtu)
                return;

        tunnel->path_mtu = path;
        mtu = wgp_mtu_of_path(path, tunnel->has_ipv6);
        r = m->config.kernel.set_mtu(m->config.kernel.userdata, tunnel, mtu);
        if (r < 0)
                wgp_manager_tell(m, WGP_WARNING, "%s: cannot set the MTU of %s: %s.", tunnel->name, tunnel->ifname, strerror(-r));
        else if (r > 0)
                wgp_manager_tell(m, WGP_NOTICE, "%s: the MTU of %s is now %u: that of the path is %u.", tunnel->name,
                                tunnel->ifname, mtu, path);
}

/* One message, that peer only, its endpoint only, and only if it is still there. */
static int set_address(WgpManager *m, WgpEndpointName *e, const WgpSockaddr *address) {
        WgpPeerState peer = { .endpoint = *address };
        WgpPeerChange change = { .peer = &peer, .update_only = true, .set_endpoint = true };

        memcpy(peer.public_key, e->public_key, WGP_KEY_SIZE);
        return m->config.kernel.set(m->config.kernel.userdata, e->tunnel,
                        &(WgpDeviceChange) { .peers = &change, .n_peers = 1 });
}

static bool move(WgpManager *m, WgpEndpointName *e, uint64_t now, const WgpDecision *d) {
        const WgpSockaddr address = d->move->address;
        char text[WGP_SOCKADDR_TEXT_SIZE];
        int r;

        wgp_sockaddr_format(&address, text);
        r = set_address(m, e, &address);
        if (r < 0) {
                if (e->retry_usec == 0)
                        wgp_manager_tell(m, WGP_WARNING, "%s: cannot send to %s at %s: %s.", e->tunnel->name, e->host, text,
                                        strerror(-r));
                e->retry_usec = now + WGP_SECONDS(RETRY_SECONDS);
                if (r == -ETIMEDOUT)
                        go_blind(m, e->tunnel, now, r);
                return false;
        }

        e->retry_usec = 0;
        e->path_checked = false;
        e->tunnel->changed = true;
        m->n_moves++;
        wgp_tracker_moved(&e->tracker, now, &address, d->why);
        wgp_manager_tell(m, WGP_NOTICE, "%s: %s is now sent to at %s: %s.", e->tunnel->name, e->host, text, wgp_why_text(d->why));
        return true;
}

/* --- DNS --- */

/* There may be new addresses among those of the name. */
void wgp_manager_rank_new(WgpManager *m, WgpEndpointName *e) {
        rank_candidates(m, e, /* again= */ false);
}

/* Something changed: what "change" says has to be done over. */
void wgp_manager_poke(WgpManager *m, uint64_t now, WgpChange change) {
        m->routes_changed = m->routes_changed || (change & WGP_CHANGE_ROUTES);
        for (size_t i = 0; i < m->n_names; i++)
                if (change != WGP_CHANGE_WAY || m->names[i]->n_asking > 0 || m->names[i]->failed)
                        wgp_name_poke(m->names[i], change & WGP_CHANGE_CACHES);
}

/* --- all together --- */

static bool may_move(const WgpEndpointName *e, const WgpDecision *d, uint64_t now) {
        return d->move && e->retry_usec <= now && e->tunnel->blind_usec <= now;
}

static bool has_to_look(const WgpTunnel *tunnel, uint64_t now) {
        if (tunnel->blind_usec > now)
                return false;
        for (size_t i = 0; i < tunnel->n_endpoints; i++) {
                WgpDecision d = wgp_tracker_decide(&tunnel->endpoints[i]->tracker, now);

                if (d.observe_usec <= now)
                        return true;
                /* that a peer has no address yet was seen a moment ago, before many got theirs */
                if (may_move(tunnel->endpoints[i], &d, now) &&
                    (d.why != WGP_WHY_FIRST || now - tunnel->observed_usec > LOOK_HOLDS_USEC))
                        return true;
        }
        return false;
}

static void note_health(WgpManager *m, WgpEndpointName *e, WgpHealth health) {
        char text[WGP_SOCKADDR_TEXT_SIZE];

        if (health == e->health)
                return;
        if (health == WGP_HEALTH_DEAD) {
                wgp_sockaddr_format(&e->tracker.facts.address, text);
                wgp_manager_tell(m, WGP_NOTICE, "%s: %s does not answer at %s.", e->tunnel->name, e->host, text);
        }
        e->health = health;
        e->tunnel->changed = true;
}

/* Returns when to come again. */
static uint64_t run_endpoint(WgpManager *m, WgpEndpointName *e, uint64_t now, bool *moved) {
        WgpDecision d = wgp_tracker_decide(&e->tracker, now);
        uint64_t next;

        note_health(m, e, d.health);
        if (may_move(e, &d, now)) {
                /* routes may have changed without notice since they were last looked up */
                rank_all(m, e);
                d = wgp_tracker_decide(&e->tracker, now);
                if (may_move(e, &d, now) && move(m, e, now, &d))
                        *moved = true;
        }
        d = wgp_tracker_decide(&e->tracker, now);
        note_health(m, e, d.health);
        e->troubled = d.troubled;
        next = e->tunnel->blind_usec > now ? e->tunnel->blind_usec : d.observe_usec;
        if (e->retry_usec > now)
                next = WGP_MIN(next, e->retry_usec);
        return next;
}

static uint64_t run_tunnel(WgpManager *m, WgpTunnel *tunnel, uint64_t now) {
        uint64_t next = WGP_NEVER;
        bool moved = false;

        for (size_t i = 0; m->routes_changed && i < tunnel->n_endpoints; i++)
                rank_all(m, tunnel->endpoints[i]);
        if (has_to_look(tunnel, now) && tunnel->observed_usec != now)
                look(m, tunnel, now);
        for (size_t i = 0; i < tunnel->n_endpoints; i++)
                next = WGP_MIN(next, run_endpoint(m, tunnel->endpoints[i], now, &moved));
        if (moved || m->routes_changed || !tunnel->path_checked)
                check_mtu(m, tunnel);
        return next;
}

/* Does all that is due; but when it has waited in vain for one daemon, it leaves the others for the next call, which is due
 * at once. Returns when to call again at the latest, WGP_NEVER: when something happens. */
uint64_t wgp_manager_run(WgpManager *m, uint64_t now) {
        uint64_t next = WGP_NEVER;
        bool all = true;

        m->timed_out = false;
        for (size_t i = 0; i < m->n_tunnels; i++)
                if (m->timed_out && m->tunnels[i]->backend == WGP_BACKEND_USERSPACE)
                        all = false;
                else
                        next = WGP_MIN(next, run_tunnel(m, m->tunnels[i], now));
        m->routes_changed = m->routes_changed && !all;
        next = WGP_MIN(next, wgp_manager_ask_names(m, now));
        return all ? next : now + 1;
}
