/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The manager's tunnels: made from state files, and brought up to date without forgetting what was learnt. Prototypes
 * in manager.h. */

#include "desired/mtu.h"
#include "model/dns.h"
#include "model/prefix.h"
#include "model/value.h"
#include "resolver/manager-internal.h"
#include "resolver/manager.h"

/* It has left its name. */
static WgpEndpointName *endpoint_free(WgpEndpointName *e) {
        if (!e)
                return NULL;
        wgp_answers_done(&e->answers);
        free(e->host);
        free(e);
        return NULL;
}
WGP_DEFINE_CLEANUP(WgpEndpointName *, endpoint_free)

/* Its endpoints have left their names. */
static WgpEndpointPeer *peer_free(WgpEndpointPeer *peer) {
        if (!peer)
                return NULL;
        for (size_t i = 0; i < peer->n_endpoints; i++)
                endpoint_free(peer->endpoints[i]);
        free(peer->endpoints);
        free(peer->remote.answers);
        wgp_remote_done(&peer->remote);
        free(peer);
        return NULL;
}

static WgpTunnel *tunnel_free(WgpTunnel *tunnel) {
        if (!tunnel)
                return NULL;
        for (size_t i = 0; i < tunnel->n_peers; i++)
                peer_free(tunnel->peers[i]);
        free(tunnel->peers);
        free(tunnel->rules);
        free(tunnel->name_servers);
        free(tunnel->netns);
        free(tunnel->name);
        free(tunnel);
        return NULL;
}
WGP_DEFINE_CLEANUP(WgpTunnel *, tunnel_free)

static void leave_names(WgpManager *m, WgpEndpointPeer **peers, size_t n) {
        for (size_t i = 0; i < n; i++)
                for (size_t j = 0; j < peers[i]->n_endpoints; j++)
                        wgp_manager_leave_name(m, peers[i]->endpoints[j]);
}

void wgp_manager_init(WgpManager *m, const WgpManagerConfig *config) {
        *m = (WgpManager) { .config = *config };
}

void wgp_manager_done(WgpManager *m) {
        for (size_t i = 0; i < m->n_tunnels; i++) {
                leave_names(m, m->tunnels[i]->peers, m->tunnels[i]->n_peers);
                tunnel_free(m->tunnels[i]);
        }
        free(m->tunnels);
        free(m->names);
        *m = (WgpManager) {};
}

static int compare_peers(const void *a, const void *b) {
        const WgpEndpointPeer *const *x = a, *const *y = b;

        return memcmp((*x)->public_key, (*y)->public_key, WGP_KEY_SIZE);
}

static int compare_key(const void *key, const void *peer) {
        return memcmp(key, (*(const WgpEndpointPeer *const *) peer)->public_key, WGP_KEY_SIZE);
}

/* The link's index in this network namespace; 0: it is not in this one, where its index may be another link's. */
uint32_t wgp_tunnel_ifindex_here(const WgpTunnel *tunnel) {
        return tunnel->netns ? 0 : tunnel->ifindex;
}

static WgpEndpointPeer **find_peer(WgpEndpointPeer **peers, size_t n, const uint8_t public_key[static WGP_KEY_SIZE]) {
        return n == 0 ? NULL : bsearch(public_key, peers, n, sizeof(WgpEndpointPeer *), compare_key);
}

/* NULL: that peer has no endpoint. */
WgpEndpointPeer *wgp_tunnel_find(const WgpTunnel *tunnel, const uint8_t public_key[static WGP_KEY_SIZE]) {
        WgpEndpointPeer **peer = find_peer(tunnel->peers, tunnel->n_peers, public_key);

        return peer ? *peer : NULL;
}

/* NULL: there is no such tunnel, or nothing about it to watch. */
WgpTunnel *wgp_manager_find(const WgpManager *m, const char *name) {
        for (size_t i = 0; i < m->n_tunnels; i++)
                if (streq(m->tunnels[i]->name, name))
                        return m->tunnels[i];
        return NULL;
}

static bool has_addresses(const WgpState *state) {
        for (size_t i = 0; i < state->network.device.n_peers; i++)
                if (state->network.device.peers[i].endpoint.family != AF_UNSPEC)
                        return true;
        return false;
}

/* Whether there is anything about a tunnel that changes by itself, or that others take away: its "watch". */
bool wgp_state_is_watched(const WgpState *state) {
        return state->n_names > 0 || has_addresses(state) || state->network.n_rules > 0 ||
               state->network.n_addresses > 0 || state->network.n_routes > 0 || state->network.filter.present ||
               state->network.kill_switch.on || state->automatic_mtu || wgp_dns_uses_resolved(&state->network.dns) ||
               state->network.zone;
}

/* --- peers --- */

static int add_endpoint(WgpEndpointPeer *peer, WgpEndpointName *e) {
        size_t n = peer->n_endpoints + 1;
        WgpEndpointName **endpoints = realloc(peer->endpoints, n * sizeof(*endpoints));
        WgpAnswers **answers;

        if (!endpoints)
                return -ENOMEM;
        peer->endpoints = endpoints;
        answers = realloc(peer->remote.answers, n * sizeof(*answers));
        if (!answers)
                return -ENOMEM;
        peer->remote.answers = answers;

        e->peer = peer;
        endpoints[n - 1] = e;
        answers[n - 1] = &e->answers;
        peer->n_endpoints = peer->remote.n_answers = n;
        return 0;
}

static int new_endpoint(WgpEndpointPeer *peer, const char *host, uint16_t port, WgpEndpointName **ret) {
        _cleanup_(endpoint_freep) WgpEndpointName *e = calloc(1, sizeof(*e));
        int r;

        if (!e)
                return -ENOMEM;
        e->tunnel = peer->tunnel;
        e->port = port;
        e->host = strdup(host);
        r = e->host ? add_endpoint(peer, e) : -ENOMEM;
        if (r >= 0)
                *ret = TAKE_PTR(e);
        return r;
}

static int add_name(
                WgpManager *m, WgpEndpointPeer *peer, uint64_t now, const WgpState *state, const WgpStateName *name) {
        WgpEndpointName *e;
        int r;

        r = new_endpoint(peer, name->host, name->port, &e);
        if (r < 0)
                return r;
        wgp_answers_init(&e->answers, name->host, now);
        e->refresh_usec = state->refresh_usec;
        return wgp_manager_use_name(m, e, now);
}

static int add_address(WgpEndpointPeer *peer, const WgpSockaddr *address) {
        char host[INET6_ADDRSTRLEN];
        WgpEndpointName *e;
        WgpPrefix prefix;
        int r;

        wgp_sockaddr_to_prefix(address, &prefix);
        wgp_address_format(&prefix, host);
        r = new_endpoint(peer, host, ntohs(address->family == AF_INET ? address->in.sin_port : address->in6.sin6_port),
                        &e);
        return r < 0 ? r : wgp_answers_init_constant(&e->answers, address);
}

static WgpEndpointPeer *new_peer(WgpTunnel *tunnel, const uint8_t public_key[static WGP_KEY_SIZE]) {
        WgpEndpointPeer *peer = calloc(1, sizeof(*peer));

        if (!peer)
                return NULL;
        peer->tunnel = tunnel;
        memcpy(peer->public_key, public_key, WGP_KEY_SIZE);
        return peer;
}

static bool is_same_endpoint(const WgpEndpointName *a, const WgpEndpointName *b) {
        if (a->answers.constant || b->answers.constant)
                return a->answers.constant && b->answers.constant &&
                       wgp_sockaddr_equal(&a->answers.listings[0].address, &b->answers.listings[0].address);
        return a->port == b->port && streq(a->host, b->host);
}

/* Gives a new peer the endpoints that it had before, with what was answered about them; "before" gets the new ones. */
static void swap_endpoints(WgpEndpointPeer *peer, WgpEndpointPeer *before, uint64_t refresh_usec) {
        for (size_t i = 0; i < peer->n_endpoints; i++)
                for (size_t j = 0; j < before->n_endpoints; j++) {
                        WgpEndpointName *e = before->endpoints[j];

                        if (e->peer == peer || !is_same_endpoint(peer->endpoints[i], e))
                                continue;
                        before->endpoints[j] = peer->endpoints[i];
                        peer->endpoints[i] = e;
                        peer->remote.answers[i] = &e->answers;
                        e->peer = peer;
                        if (e->name && e->refresh_usec != refresh_usec) {
                                e->refresh_usec = refresh_usec;
                                wgp_manager_refresh_name(e->name);
                        }
                        break;
                }
}

/* Gives a peer what was known of it: answers about the endpoints that it still has, and all else where the first of
 * them is the same. */
static void inherit(WgpEndpointPeer *peer, WgpEndpointPeer *before, uint64_t refresh_usec) {
        bool same = is_same_endpoint(peer->endpoints[0], before->endpoints[0]);

        swap_endpoints(peer, before, refresh_usec);
        if (!same)
                return;
        peer->remote.sight = before->remote.sight;
        peer->remote.moves = before->remote.moves;
        before->remote.moves = (WgpMoves) {};
        peer->inside = before->inside;
        peer->retry_usec = before->retry_usec;
        peer->health = before->health;
        peer->dead_usec = before->dead_usec;
}

/* "*n" are there, also when it fails. */
static int collect_peers(WgpManager *m, WgpTunnel *tunnel, uint64_t now, const WgpState *state,
                WgpEndpointPeer **peers, size_t *n) {
        const WgpDevice *device = &state->network.device;
        int r = 0;

        for (size_t i = 0; r >= 0 && i < state->n_names; i++) {
                peers[*n] = new_peer(tunnel, state->names[i].public_key);
                if (!peers[*n])
                        return -ENOMEM;
                peers[*n]->remote.moves.inherited = state->names[i].replaced;
                r = add_name(m, peers[(*n)++], now, state, state->names + i);
        }
        for (size_t i = 0; r >= 0 && i < device->n_peers; i++) {
                if (device->peers[i].endpoint.family == AF_UNSPEC)
                        continue;
                peers[*n] = new_peer(tunnel, device->peers[i].public_key);
                if (!peers[*n])
                        return -ENOMEM;
                r = add_address(peers[(*n)++], &device->peers[i].endpoint);
        }
        return r;
}

static int add_alternates(WgpManager *m, uint64_t now, const WgpState *state, WgpEndpointPeer **peers, size_t n) {
        for (size_t i = 0; i < state->n_alternates; i++) {
                const WgpStateName *alternate = state->alternates + i;
                WgpEndpointPeer **peer = find_peer(peers, n, alternate->public_key);
                int r;

                if (!peer)
                        continue;
                r = alternate->host ? add_name(m, *peer, now, state, alternate) :
                                      add_address(*peer, &alternate->address);
                if (r < 0)
                        return r;
        }
        return 0;
}

static void free_peers(WgpManager *m, WgpEndpointPeer **peers, size_t n) {
        leave_names(m, peers, n);
        for (size_t i = 0; i < n; i++)
                peer_free(peers[i]);
        free(peers);
}

/* What is known of peers that stay is kept. On failure all is as it was. */
static int set_peers(WgpManager *m, WgpTunnel *tunnel, uint64_t now, const WgpState *state) {
        WgpEndpointPeer **peers = calloc(state->n_names + state->network.device.n_peers + 1, sizeof(*peers));
        size_t n = 0;
        int r;

        r = peers ? collect_peers(m, tunnel, now, state, peers, &n) : -ENOMEM;
        if (r >= 0) {
                qsort(peers, n, sizeof(WgpEndpointPeer *), compare_peers);
                r = add_alternates(m, now, state, peers, n);
        }
        if (r < 0) {
                free_peers(m, peers, n);
                return r;
        }

        for (size_t i = 0; i < n; i++) {
                WgpEndpointPeer *before = wgp_tunnel_find(tunnel, peers[i]->public_key);

                if (before)
                        inherit(peers[i], before, state->refresh_usec);
                wgp_gather(&r, wgp_remote_update(&peers[i]->remote));
                peers[i]->remote.sight.observed = false; /* look at once */
        }
        free_peers(m, tunnel->peers, tunnel->n_peers);
        tunnel->peers = peers;
        tunnel->n_peers = n;
        return r;
}

static int set_rules(WgpTunnel *tunnel, const WgpNetwork *network) {
        WgpRule *rules = NULL;

        if (network->n_rules > 0) {
                rules = calloc(network->n_rules, sizeof(*rules));
                if (!rules)
                        return -ENOMEM;
                memcpy(rules, network->rules, network->n_rules * sizeof(*rules));
        }
        free(tunnel->rules);
        tunnel->rules = rules;
        tunnel->n_rules = network->n_rules;
        return 0;
}

static bool has_deviceless(const WgpNetwork *network) {
        for (size_t i = 0; i < network->n_routes; i++)
                if (!network->routes[i].uses_device)
                        return true;
        return false;
}

static int set_name_servers(WgpTunnel *tunnel, const WgpDns *dns) {
        WgpPrefix *servers = calloc(dns->n_servers + 1, sizeof(*servers));

        if (!servers)
                return -ENOMEM;
        for (size_t i = 0; i < dns->n_servers; i++)
                servers[i] = dns->servers[i].address;
        free(tunnel->name_servers);
        tunnel->name_servers = servers;
        tunnel->n_name_servers = dns->n_servers;
        return 0;
}

static int set_netns(WgpTunnel *tunnel, const char *name) {
        char *netns = NULL;

        if (name) {
                netns = strdup(name);
                if (!netns)
                        return -ENOMEM;
        }
        free(tunnel->netns);
        tunnel->netns = netns;
        return 0;
}

static int update(WgpManager *m, WgpTunnel *tunnel, uint64_t now, const WgpState *state) {
        const WgpDevice *device = &state->network.device;
        int r;

        memcpy(tunnel->ifname, state->network.link.name, sizeof(tunnel->ifname));
        tunnel->ifindex = state->network.link.ifindex;
        tunnel->has_filter = state->network.filter.present;
        tunnel->has_deviceless = has_deviceless(&state->network);
        tunnel->kill_switch = state->network.kill_switch.on;
        tunnel->backend = state->backend;
        tunnel->mark = device->has_fwmark ? device->fwmark : 0;
        tunnel->automatic_mtu = state->automatic_mtu;
        tunnel->told_resolved = wgp_dns_uses_resolved(&state->network.dns);
        tunnel->has_zone = state->network.zone;
        tunnel->observed_usec = tunnel->blind_usec = 0;
        tunnel->path_mtu = 0;
        tunnel->has_ipv6 = state->ipv6 || wgp_mtu_needs_ipv6(&state->network); /* an older record does not say so */
        tunnel->changed = true;

        r = set_netns(tunnel, state->network.netns);
        if (r >= 0)
                r = set_peers(m, tunnel, now, state);
        if (r >= 0)
                r = set_rules(tunnel, &state->network);
        if (r >= 0)
                r = set_name_servers(tunnel, &state->network.dns);
        return r;
}

static int add(WgpManager *m, const char *name, WgpTunnel **ret) {
        _cleanup_(tunnel_freep) WgpTunnel *tunnel = calloc(1, sizeof(*tunnel));

        if (!tunnel || !wgp_grow(&m->tunnels, &m->n_allocated, m->n_tunnels + 1, sizeof(*m->tunnels)))
                return -ENOMEM;
        tunnel->name = strdup(name);
        if (!tunnel->name)
                return -ENOMEM;
        *ret = m->tunnels[m->n_tunnels++] = TAKE_PTR(tunnel);
        return 0;
}

/* Takes note of a tunnel, or of what has changed about it. What is known of names that stay is kept. Returns 0 or
 * -ENOMEM. */
int wgp_manager_set_tunnel(WgpManager *m, uint64_t now, const WgpState *state) {
        WgpTunnel *tunnel = wgp_manager_find(m, state->name);
        int r;

        if (!tunnel) {
                r = add(m, state->name, &tunnel);
                if (r < 0)
                        return r;
        }
        return update(m, tunnel, now, state);
}

void wgp_manager_remove_tunnel(WgpManager *m, const char *name) {
        for (size_t i = 0; i < m->n_tunnels; i++) {
                WgpTunnel *tunnel = m->tunnels[i];

                if (!streq(tunnel->name, name))
                        continue;
                leave_names(m, tunnel->peers, tunnel->n_peers);
                tunnel_free(tunnel);
                m->tunnels[i] = m->tunnels[--m->n_tunnels];
                return;
        }
}
