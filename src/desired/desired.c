/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Desired state: link, device and addresses. Routes and rules are in desired-routes.c, the distribution of the
 * allowed-ips over the peers in desired-peers.c, DNS and zone in desired-services.c.
 *
 * The secrets of a profile are read by the edge, in place: one whose source is not WGP_SECRET_VALUE (and not
 * WGP_SECRET_NONE) could not be read, and the kernel's stays as it is. */

#include "desired/desired.h"

#include <arpa/inet.h>
#include <linux/if_addr.h>
#include <linux/rtnetlink.h>
#include <stdio.h>

#include "model/prefix.h"
#include "model/value.h"

static void build_link(const WgpProfile *profile, const WgpDesiredInput *input, WgpLink *link) {
        *link = (WgpLink) {
                .kind = "wireguard",
                .group = WGP_LINK_GROUP,
                .mtu = profile->mtu,
                .up = true,
        };
        strncpy(link->name, profile->ifname, sizeof(link->name) - 1);
        if (wgp_profile_vrf(profile)) {
                link->master = input->vrf;
                strncpy(link->master_name, wgp_profile_vrf(profile), sizeof(link->master_name) - 1);
        }
}

static int set_netns(const WgpProfile *profile, WgpNetwork *network) {
        if (!profile->netns)
                return 0;
        network->netns = strdup(profile->netns);
        return network->netns ? 0 : -ENOMEM;
}

static int build_peer(const WgpPeer *from, WgpDevice *device) {
        WgpPeerState *peer;

        peer = wgp_device_add_peer(device, from->public_key);
        if (!peer)
                return -ENOMEM;

        peer->origin = from->origin;
        if (from->is_self)
                return 0; /* listed, so that all lists of peers have one order, and with nothing that routes are made
                             of */
        peer->keepalive = from->keepalive;
        peer->has_endpoint_name = from->endpoint.host;
        if (!from->endpoint.host)
                peer->endpoint = from->endpoint.address;

        if (from->preshared_key.source == WGP_SECRET_VALUE)
                memcpy(peer->preshared_key, from->preshared_key.value, WGP_KEY_SIZE);
        else
                peer->keep_preshared_key = from->preshared_key.source != WGP_SECRET_NONE;
        return 0;
}

/* Builds the WireGuard part alone. Its peers are those of the profile, in its order. Returns 0, or -ENOMEM; the caller
 * frees "device" in either case. */
int wgp_desired_device(const WgpProfile *profile, WgpDevice *device) {
        int r;

        /* Port 0 asks for any: whichever one the device has is right. */
        device->has_listen_port = profile->has_listen_port && profile->listen_port > 0;
        device->listen_port = profile->listen_port;
        device->has_fwmark = profile->has_fwmark;
        device->fwmark = profile->fwmark;
        device->has_private_key = profile->private_key.source == WGP_SECRET_VALUE;
        device->has_own_key = device->has_private_key && (!profile->private_key.name || profile->private_key_file);
        device->states_no_key = profile->private_key.source == WGP_SECRET_NONE;
        if (device->has_private_key) {
                memcpy(device->private_key, profile->private_key.value, WGP_KEY_SIZE);
                wgp_key_clamp(device->private_key);
        }

        r = wgp_device_reserve_peers(device, profile->n_peers);
        if (r < 0)
                return r;
        for (size_t i = 0; i < profile->n_peers; i++) {
                r = build_peer(profile->peers + i, device);
                if (r < 0)
                        return r;
        }
        return wgp_desired_allowed_ips(profile, device);
}

/* For ipv6.method=link-local: the kernel gives a WireGuard link none. Its prefix route is left to the kernel. */
static int add_link_local(const WgpProfile *profile, const WgpDesiredInput *input, WgpNetwork *network) {
        WgpAddress *address;

        if (profile->ipv6.method != WGP_METHOD_LINK_LOCAL || input->link_local.family == AF_UNSPEC)
                return 0;

        address = wgp_network_add_address(network);
        if (!address)
                return -ENOMEM;
        address->prefix = input->link_local;
        address->origin = profile->ipv6.method_origin;
        return 0;
}

/* IPv6 has an address once per link, whatever the prefix length. */
static WgpPrefix address_slot(const WgpAddress *address) {
        WgpPrefix slot = address->prefix;

        if (slot.family == AF_INET6)
                slot.length = 128;
        return slot;
}

/* What NetworkManager and systemd-networkd make of an address in 169.254.0.0/16, and wg-quick does not. */
static uint8_t scope_of(const WgpProfile *profile, const WgpPrefix *address) {
        const bool link_local = address->family == AF_INET && (ntohl(address->in.s_addr) & 0xffff0000) == 0xa9fe0000;

        return profile->format == WGP_FORMAT_KEYFILE && link_local ? RT_SCOPE_LINK : RT_SCOPE_UNIVERSE;
}

/* Two lines with one address (the kernel would refuse the second) are one: the first. A keyfile's addresses come
 * without the kernel's prefix route, as NetworkManager has it: that route is among ours, with its own metric and
 * table. */
static int build_addresses(const WgpProfile *profile, const WgpDesiredInput *input, WgpNetwork *network) {
        _cleanup_(wgp_prefix_map_done) WgpPrefixMap seen = WGP_PREFIX_MAP_NULL;

        for (size_t i = 0; i < profile->n_addresses; i++) {
                const WgpAddress *from = profile->addresses + i;
                const WgpPrefix slot = address_slot(from);
                WgpAddress *address;

                if (wgp_prefix_map_find(&seen, &slot, 0))
                        continue;
                address = wgp_network_add_address(network);
                if (!address || wgp_prefix_map_add(&seen, &slot, 0, 0) < 0)
                        return -ENOMEM;
                *address = *from;
                address->scope = scope_of(profile, &from->prefix);
                if (profile->format == WGP_FORMAT_KEYFILE)
                        address->flags |= IFA_F_NOPREFIXROUTE;
        }
        return add_link_local(profile, input, network);
}

/* An IPv6 address that is the source of a route must be usable at once. On a link without neighbours the kernel has no
 * duplicates to look for, but it says so in its own time, and until then refuses such a route. */
static void use_sources_at_once(WgpNetwork *network) {
        for (size_t i = 0; i < network->n_routes; i++) {
                const WgpPrefix *source = &network->routes[i].preferred_source;

                for (size_t k = 0; source->family == AF_INET6 && k < network->n_addresses; k++) {
                        const WgpAddress *address = network->addresses + k;

                        if (address->prefix.family == AF_INET6 &&
                                        IN6_ARE_ADDR_EQUAL(&address->prefix.in6, &source->in6))
                                network->addresses[k].flags |= IFA_F_NODAD;
                }
        }
}

static int build_hooks(const WgpProfile *profile, WgpNetwork *network) {
        int r = 0;

        for (size_t i = 0; r >= 0 && i < profile->n_hooks && wgp_profile_runs_hooks(profile); i++) {
                const WgpHook *from = profile->hooks + i;
                char *place;

                if (asprintf(&place, "%s:%u", wgp_profile_file(profile, from->origin), from->origin.line) < 0)
                        return -ENOMEM;
                r = wgp_network_add_hook(network, from->type, from->command, place);
                free(place);
        }
        return r;
}

/* Where the peers may be, as far as it is known. */
static int collect_endpoints(const WgpDevice *device, WgpDesiredRouting *routing) {
        const WgpProfile *profile = routing->profile;
        size_t n = device->n_peers;

        for (size_t i = 0; i < profile->n_peers; i++)
                n += profile->peers[i].n_alternates;
        routing->endpoints = calloc(n + 1, sizeof(*routing->endpoints));
        if (!routing->endpoints)
                return -ENOMEM;

        for (size_t i = 0; i < device->n_peers; i++)
                if (device->peers[i].endpoint.family != AF_UNSPEC)
                        wgp_sockaddr_to_prefix(
                                        &device->peers[i].endpoint, routing->endpoints + routing->n_endpoints++);
        for (size_t i = 0; i < profile->n_peers; i++)
                for (size_t j = 0; j < profile->peers[i].n_alternates && !profile->peers[i].is_self; j++) {
                        const WgpEndpoint *alternate = profile->peers[i].alternates + j;

                        if (!alternate->host)
                                wgp_sockaddr_to_prefix(
                                                &alternate->address, routing->endpoints + routing->n_endpoints++);
                }
        qsort(routing->endpoints, routing->n_endpoints, sizeof(*routing->endpoints), wgp_prefix_compare_items);
        return 0;
}

static bool has_endpoint_names(const WgpProfile *profile) {
        for (size_t i = 0; i < profile->n_peers; i++) {
                const WgpPeer *peer = profile->peers + i;

                if (peer->is_self)
                        continue;
                if (peer->endpoint.host)
                        return true;
                for (size_t j = 0; j < peer->n_alternates; j++)
                        if (peer->alternates[j].host)
                                return true;
        }
        return false;
}

/* A full tunnel's. A plain one needs neither: its own packets have no mark, and wg-quick and NetworkManager, too, keep
 * forged packets off full tunnels only. Nor does one in a network namespace: its own packets stay outside. */
static void build_filter(const WgpDesiredRouting *routing, WgpNetwork *network) {
        if (routing->profile->netns)
                return;
        network->filter.present = true;
        network->filter.port = network->device.has_listen_port ? network->device.listen_port : 0;
        network->filter.mark = routing->input->mark;
        network->valid_mark.wanted = routing->policy[0]; /* IPv6 has no reverse path filter but those of firewalls */
        network->filter.answers = has_endpoint_names(routing->profile);
}

static int build_routing(WgpDesiredRouting *routing, WgpNetwork *network) {
        int r;

        routing->has_names = has_endpoint_names(routing->profile);
        r = collect_endpoints(&network->device, routing);
        if (r < 0)
                return r;

        r = wgp_desired_routes(routing, network);
        if (r != 0)
                return r;
        use_sources_at_once(network);

        if (routing->policy[0] || routing->policy[1]) {
                network->device.has_fwmark = true;
                network->device.fwmark = routing->input->mark;
                build_filter(routing, network);
        } else if (routing->profile->kill_switch == WGP_YES) {
                if (routing->input->mark == 0)
                        return WGP_DESIRED_E_NEEDS_MARK;
                network->device.has_fwmark = true;
                network->device.fwmark = routing->input->mark;
        }
        return wgp_desired_rules(routing, network);
}

/* Builds the desired state of a verified profile. Returns 0, WGP_DESIRED_E_NEEDS_MARK, or -ENOMEM. The caller ends
 * with wgp_network_done(ret). */
int wgp_desired_build(const WgpProfile *profile, const WgpDesiredInput *input, WgpNetwork *ret) {
        WgpDesiredRouting routing = { .profile = profile, .input = input };
        WgpNetwork network = WGP_NETWORK_NULL;
        int r;

        build_link(profile, input, &network.link);
        r = set_netns(profile, &network);
        if (r >= 0)
                r = wgp_desired_device(profile, &network.device);
        if (r >= 0)
                r = build_addresses(profile, input, &network);
        if (r >= 0)
                r = build_hooks(profile, &network);
        if (r >= 0)
                r = build_routing(&routing, &network);
        if (r == 0)
                r = wgp_desired_services(profile, input, &network);
        free(routing.endpoints);
        wgp_route_index_done(&routing.own);
        wgp_prefix_map_done(&routing.on_link);
        wgp_prefix_map_done(&routing.connected);

        if (r != 0) {
                wgp_network_done(&network);
                return r;
        }

        *ret = network;
        return 0;
}
