/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The manager's tunnels: made from state files, and brought up to date without forgetting what was learnt. Prototypes
 * in manager.h. */

#include "core/dns.h"
#include "core/mtu.h"
#include "resolver/manager.h"

/* It has left its name. */
static WgpEndpointName *endpoint_free(WgpEndpointName *e) {
        if (!e)
                return NULL;
        wgp_tracker_done(&e->tracker);
        free(e->host);
        free(e);
        return NULL;
}
WGP_DEFINE_CLEANUP(WgpEndpointName *, endpoint_free)

static WgpTunnel *tunnel_free(WgpTunnel *tunnel) {
        if (!tunnel)
                return NULL;
        for (size_t i = 0; i < tunnel->n_endpoints; i++)
                endpoint_free(tunnel->endpoints[i]);
        free(tunnel->endpoints);
        free(tunnel->literals);
        free(tunnel->rules);
        free(tunnel->name_servers);
        free(tunnel->netns);
        free(tunnel->name);
        free(tunnel);
        return NULL;
}
WGP_DEFINE_CLEANUP(WgpTunnel *, tunnel_free)

static void leave_names(WgpManager *m, WgpTunnel *tunnel) {
        for (size_t i = 0; i < tunnel->n_endpoints; i++)
                wgp_manager_leave_name(m, tunnel->endpoints[i]);
}

void wgp_manager_init(WgpManager *m, const WgpManagerConfig *config) {
        *m = (WgpManager) { .config = *config };
}

void wgp_manager_done(WgpManager *m) {
        for (size_t i = 0; i < m->n_tunnels; i++) {
                leave_names(m, m->tunnels[i]);
                tunnel_free(m->tunnels[i]);
        }
        free(m->tunnels);
        free(m->names);
        *m = (WgpManager) {};
}

static int compare_endpoints(const void *a, const void *b) {
        const WgpEndpointName *const *x = a, *const *y = b;

        return memcmp((*x)->public_key, (*y)->public_key, WGP_KEY_SIZE);
}

static int compare_key(const void *key, const void *endpoint) {
        return memcmp(key, (*(const WgpEndpointName *const *) endpoint)->public_key, WGP_KEY_SIZE);
}

/* The link's index in this network namespace; 0: it is not in this one, where its index may be another link's. */
uint32_t wgp_tunnel_ifindex_here(const WgpTunnel *tunnel) {
        return tunnel->netns ? 0 : tunnel->ifindex;
}

/* NULL: that peer's endpoint is no name. */
WgpEndpointName *wgp_tunnel_find(const WgpTunnel *tunnel, const uint8_t public_key[static WGP_KEY_SIZE]) {
        WgpEndpointName **e = tunnel->n_endpoints == 0 ? NULL :
                                                         bsearch(public_key, tunnel->endpoints, tunnel->n_endpoints,
                                                                         sizeof(*tunnel->endpoints), compare_key);

        return e ? *e : NULL;
}

/* NULL: there is no such tunnel, or nothing about it to watch. */
WgpTunnel *wgp_manager_find(const WgpManager *m, const char *name) {
        for (size_t i = 0; i < m->n_tunnels; i++)
                if (streq(m->tunnels[i]->name, name))
                        return m->tunnels[i];
        return NULL;
}

/* Whether there is anything about a tunnel that changes by itself, or that others take away: its "watch". */
bool wgp_state_is_watched(const WgpState *state) {
        return state->n_names > 0 || state->network.n_rules > 0 || state->network.n_addresses > 0 ||
                        state->network.n_routes > 0 || state->network.filter.present ||
                        state->network.kill_switch.on || state->automatic_mtu ||
                        wgp_dns_is_at_resolved(&state->network.dns) || state->network.zone;
}

static int new_endpoint(WgpManager *m, WgpTunnel *tunnel, uint64_t now, const WgpState *state, const WgpStateName *name,
                WgpEndpointName **ret) {
        _cleanup_(endpoint_freep) WgpEndpointName *e = calloc(1, sizeof(*e));
        int r;

        if (!e)
                return -ENOMEM;
        e->tunnel = tunnel;
        e->port = name->port;
        e->host = strdup(name->host);
        if (!e->host)
                return -ENOMEM;
        memcpy(e->public_key, name->public_key, WGP_KEY_SIZE);
        wgp_tracker_init(&e->tracker);
        e->tracker.inherited = name->replaced;
        e->refresh_usec = state->refresh_usec;
        r = wgp_manager_use_name(m, e, now);
        if (r < 0)
                return r;

        *ret = TAKE_PTR(e);
        return 0;
}

/* Takes the endpoint of that peer from the tunnel, if it is still the same name. */
static WgpEndpointName *take_endpoint(WgpTunnel *tunnel, const WgpStateName *name) {
        WgpEndpointName *e = wgp_tunnel_find(tunnel, name->public_key);

        return e && e->port == name->port && streq(e->host, name->host) ? e : NULL;
}

static bool contains(WgpEndpointName **endpoints, size_t n, const WgpEndpointName *e) {
        WgpEndpointName **found = n == 0 ? NULL : bsearch(&e, endpoints, n, sizeof(*endpoints), compare_endpoints);

        return found && *found == e;
}

static int set_endpoints(WgpManager *m, WgpTunnel *tunnel, uint64_t now, const WgpState *state) {
        _cleanup_(freep) WgpEndpointName **endpoints = calloc(state->n_names + 1, sizeof(*endpoints));
        size_t n = 0;
        int r = endpoints ? 0 : -ENOMEM;

        for (; r >= 0 && n < state->n_names; n++) {
                endpoints[n] = take_endpoint(tunnel, state->names + n);
                if (!endpoints[n])
                        r = new_endpoint(m, tunnel, now, state, state->names + n, endpoints + n);
                if (r < 0)
                        break;
                if (endpoints[n]->refresh_usec != state->refresh_usec) {
                        endpoints[n]->refresh_usec = state->refresh_usec;
                        wgp_manager_refresh_name(endpoints[n]->name);
                }
                endpoints[n]->tracker.observed = false; /* look at once */
        }
        for (size_t i = 0; r < 0 && i < n; i++)
                if (!contains(tunnel->endpoints, tunnel->n_endpoints, endpoints[i])) {
                        wgp_manager_leave_name(m, endpoints[i]);
                        endpoint_free(endpoints[i]);
                }
        if (r < 0)
                return r;

        qsort(endpoints, n, sizeof(*endpoints), compare_endpoints);
        for (size_t i = 0; i < tunnel->n_endpoints; i++)
                if (!contains(endpoints, n, tunnel->endpoints[i])) {
                        wgp_manager_leave_name(m, tunnel->endpoints[i]);
                        endpoint_free(tunnel->endpoints[i]);
                }
        free(tunnel->endpoints);
        tunnel->endpoints = TAKE_PTR(endpoints);
        tunnel->n_endpoints = n;
        return 0;
}

static int set_literals(WgpTunnel *tunnel, const WgpDevice *device) {
        WgpSockaddr *literals = calloc(device->n_peers + 1, sizeof(*literals));

        if (!literals)
                return -ENOMEM;
        free(tunnel->literals);
        tunnel->literals = literals;
        tunnel->n_literals = 0;
        for (size_t i = 0; i < device->n_peers; i++)
                if (device->peers[i].endpoint.family != AF_UNSPEC)
                        literals[tunnel->n_literals++] = device->peers[i].endpoint;
        return 0;
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
        tunnel->told_resolved = wgp_dns_is_at_resolved(&state->network.dns);
        tunnel->has_zone = state->network.zone;
        tunnel->observed_usec = tunnel->blind_usec = 0;
        tunnel->path_checked = false;
        tunnel->path_mtu = 0;
        tunnel->has_ipv6 = state->ipv6 || wgp_mtu_needs_ipv6(&state->network); /* an older record does not say so */
        tunnel->changed = true;

        r = set_netns(tunnel, state->network.netns);
        if (r >= 0)
                r = set_endpoints(m, tunnel, now, state);
        if (r >= 0)
                r = set_rules(tunnel, &state->network);
        if (r >= 0)
                r = set_name_servers(tunnel, &state->network.dns);
        if (r >= 0 && state->automatic_mtu)
                r = set_literals(tunnel, device);
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
                leave_names(m, tunnel);
                tunnel_free(tunnel);
                m->tunnels[i] = m->tunnels[--m->n_tunnels];
                return;
        }
}
