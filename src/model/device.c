/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The containers of device.h: growing and freeing, with key material wiped. */

#include "model/device.h"

/* Makes room for that many peers in all: a long list that grows step by step is copied and wiped with each. Returns 0,
 * or -ENOMEM. */
int wgp_device_reserve_peers(WgpDevice *device, size_t n) {
        return wgp_grow(&device->peers, &device->n_allocated, n, sizeof(*device->peers)) ? 0 : -ENOMEM;
}

/* The same for routes. */
int wgp_network_reserve_routes(WgpNetwork *network, size_t n) {
        return wgp_grow(&network->routes, &network->n_routes_allocated, n, sizeof(*network->routes)) ? 0 : -ENOMEM;
}

/* Appends an empty peer. Returns it, valid until the next peer is added, or NULL when memory ran out. */
WgpPeerState *wgp_device_add_peer(WgpDevice *device, const uint8_t public_key[static WGP_KEY_SIZE]) {
        WgpPeerState *peer;

        if (!wgp_grow(&device->peers, &device->n_allocated, device->n_peers + 1, sizeof(*device->peers)))
                return NULL;

        peer = device->peers + device->n_peers++;
        *peer = (WgpPeerState) {};
        memcpy(peer->public_key, public_key, WGP_KEY_SIZE);
        return peer;
}

/* Returns 0, or -ENOMEM. */
int wgp_peer_state_add_allowed_ip(WgpPeerState *peer, const WgpPrefix *prefix) {
        if (!wgp_grow(&peer->allowed_ips, &peer->n_allocated, peer->n_allowed_ips + 1, sizeof(*peer->allowed_ips)))
                return -ENOMEM;

        peer->allowed_ips[peer->n_allowed_ips++] = *prefix;
        return 0;
}

void wgp_device_done(WgpDevice *device) {
        for (size_t i = 0; i < device->n_peers; i++)
                free(device->peers[i].allowed_ips);
        wgp_wipe_free(device->peers, device->n_peers * sizeof(*device->peers)); /* the rest was never used */
        explicit_bzero(device, sizeof(*device));
}

/* The three that follow return an empty element, valid until the next one is added, or NULL when memory ran out. */
WgpAddress *wgp_network_add_address(WgpNetwork *network) {
        if (!wgp_grow(&network->addresses, &network->n_addresses_allocated, network->n_addresses + 1,
                            sizeof(*network->addresses)))
                return NULL;
        network->addresses[network->n_addresses] = (WgpAddress) {};
        return network->addresses + network->n_addresses++;
}

WgpRoute *wgp_network_add_route(WgpNetwork *network) {
        if (!wgp_grow(&network->routes, &network->n_routes_allocated, network->n_routes + 1, sizeof(*network->routes)))
                return NULL;
        network->routes[network->n_routes] = (WgpRoute) {};
        return network->routes + network->n_routes++;
}

WgpRule *wgp_network_add_rule(WgpNetwork *network) {
        if (!wgp_grow(&network->rules, &network->n_rules_allocated, network->n_rules + 1, sizeof(*network->rules)))
                return NULL;
        network->rules[network->n_rules] = (WgpRule) {};
        return network->rules + network->n_rules++;
}

/* Appends a copy. Returns 0, or -ENOMEM. */
int wgp_network_copy_address(WgpNetwork *network, const WgpAddress *address) {
        WgpAddress *copy = wgp_network_add_address(network);

        if (!copy)
                return -ENOMEM;
        *copy = *address;
        return 0;
}

/* The same. */
int wgp_network_copy_route(WgpNetwork *network, const WgpRoute *route) {
        WgpRoute *copy = wgp_network_add_route(network);

        if (!copy)
                return -ENOMEM;
        *copy = *route;
        return 0;
}

/* The same. */
int wgp_network_copy_rule(WgpNetwork *network, const WgpRule *rule) {
        WgpRule *copy = wgp_network_add_rule(network);

        if (!copy)
                return -ENOMEM;
        *copy = *rule;
        return 0;
}

/* Whether an address or a route is of IPv6. */
bool wgp_network_has_ipv6(const WgpNetwork *network) {
        for (size_t i = 0; i < network->n_addresses; i++)
                if (network->addresses[i].prefix.family == AF_INET6)
                        return true;
        for (size_t i = 0; i < network->n_routes; i++)
                if (network->routes[i].destination.family == AF_INET6)
                        return true;
        return false;
}

const char *const wgp_hook_names[_WGP_HOOK_TYPE_N] = {
        [WGP_HOOK_PRE_UP] = "PreUp",
        [WGP_HOOK_POST_UP] = "PostUp",
        [WGP_HOOK_PRE_DOWN] = "PreDown",
        [WGP_HOOK_POST_DOWN] = "PostDown",
};

static void hook_done(WgpHook *hook) {
        free(hook->command);
        free(hook->place);
}

/* Appends a hook; the strings are copied. Returns 0, or -ENOMEM. */
int wgp_network_add_hook(WgpNetwork *network, WgpHookType type, const char *command, const char *place) {
        WgpHook hook = { .type = type, .command = strdup(command), .place = strdup(place) };

        if (!hook.command || !hook.place ||
                        !wgp_grow(&network->hooks, &network->n_hooks_allocated, network->n_hooks + 1, sizeof(hook))) {
                hook_done(&hook);
                return -ENOMEM;
        }
        network->hooks[network->n_hooks++] = hook;
        return 0;
}

void wgp_network_remove_hooks(WgpNetwork *network, WgpHookType type) {
        size_t n = 0;

        for (size_t i = 0; i < network->n_hooks; i++)
                if (network->hooks[i].type == type)
                        hook_done(network->hooks + i);
                else
                        network->hooks[n++] = network->hooks[i];
        network->n_hooks = n;
}

void wgp_network_done(WgpNetwork *network) {
        for (size_t i = 0; i < network->n_hooks; i++)
                hook_done(network->hooks + i);
        free(network->hooks);
        wgp_device_done(&network->device);
        free(network->addresses);
        free(network->routes);
        free(network->rules);
        free(network->zone);
        wgp_dns_done(&network->dns);
        free(network->netns);
        *network = WGP_NETWORK_NULL;
}
