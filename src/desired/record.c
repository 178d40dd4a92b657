/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Makes records: the desired state without secrets and without what existed before. */

#include "desired/record.h"

#include "model/dns.h"
#include "model/kernel-slot.h"
#include "model/peer-index.h"
#include "model/prefix.h"
#include "model/route-index.h"

/* Appends copies of all addresses. Returns 0, or -ENOMEM. */
int wgp_record_add_addresses(const WgpNetwork *from, WgpNetwork *to) {
        int r = 0;

        for (size_t i = 0; r >= 0 && i < from->n_addresses; i++)
                r = wgp_network_copy_address(to, from->addresses + i);
        return r;
}

/* The peers of "from" that have an endpoint, without those to which "changed" (or NULL) gives another one. */
static int copy_endpoints(const WgpDevice *from, const WgpDevice *changed, WgpDevice *to) {
        _cleanup_(wgp_peer_index_done) WgpPeerIndex index = WGP_PEER_INDEX_NULL;

        if ((changed && wgp_peer_index_build(changed, &index) < 0) ||
                        wgp_device_reserve_peers(to, to->n_peers + from->n_peers) < 0)
                return -ENOMEM;

        for (size_t i = 0; i < from->n_peers; i++) {
                const WgpPeerState *peer = from->peers + i, *other;
                WgpPeerState *copy;

                if (peer->endpoint.family == AF_UNSPEC)
                        continue;
                other = wgp_peer_index_find(&index, peer->public_key);
                if (other && !wgp_sockaddr_equal(&other->endpoint, &peer->endpoint))
                        continue;

                copy = wgp_device_add_peer(to, peer->public_key);
                if (!copy)
                        return -ENOMEM;
                copy->endpoint = peer->endpoint;
        }
        return 0;
}

/* Appends copies of all rules. Returns 0, or -ENOMEM. */
int wgp_record_add_rules(const WgpNetwork *from, WgpNetwork *to) {
        int r = 0;

        for (size_t i = 0; r >= 0 && i < from->n_rules; i++)
                r = wgp_network_copy_rule(to, from->rules + i);
        return r;
}

/* Whether something of the network is not bound to its link, so that several tunnels may have it in common. */
bool wgp_record_has_linkless(const WgpNetwork *network) {
        for (size_t i = 0; i < network->n_routes; i++)
                if (!network->routes[i].uses_device)
                        return true;
        return network->n_rules > 0;
}

/* Appends copies of all rules, and of the routes that have no device. Returns 0, or -ENOMEM. */
int wgp_record_add_unbound(const WgpNetwork *from, WgpNetwork *to) {
        int r = 0;

        for (size_t i = 0; r >= 0 && i < from->n_routes; i++)
                if (!from->routes[i].uses_device)
                        r = wgp_network_copy_route(to, from->routes + i);
        return r < 0 ? r : wgp_record_add_rules(from, to);
}

static int copy_hooks(const WgpNetwork *from, WgpNetwork *to) {
        int r = 0;

        for (size_t i = 0; r >= 0 && i < from->n_hooks; i++)
                r = wgp_network_add_hook(to, from->hooks[i].type, from->hooks[i].command, from->hooks[i].place);
        to->hooks_done = from->hooks_done;
        return r;
}

static int copy_zone(const char *zone, WgpNetwork *to) {
        if (!zone)
                return 0;
        to->zone = strdup(zone);
        return to->zone ? 0 : -ENOMEM;
}

/* Copies what other services are told, into a network that has nothing of it. Returns 0, or -ENOMEM. */
int wgp_record_copy_services(const WgpNetwork *from, WgpNetwork *to) {
        int r = copy_zone(from->zone, to);

        return r < 0 ? r : wgp_dns_copy(&from->dns, &to->dns);
}

static void copy_scalars(const WgpNetwork *from, WgpNetwork *to) {
        to->link = from->link;
        to->metric = from->metric;
        to->device.has_own_key = from->device.has_own_key;
        to->device.has_listen_port = from->device.has_listen_port;
        to->device.listen_port = from->device.listen_port;
        to->device.has_fwmark = from->device.has_fwmark;
        to->device.fwmark = from->device.fwmark;
}

static int copy_netns(const WgpNetwork *from, WgpNetwork *to) {
        to->netns = from->netns ? strdup(from->netns) : NULL;
        return from->netns && !to->netns ? -ENOMEM : 0;
}

/* What the sysctl was before the first of our tunnels set it: the first one has noted it, and handed it on. */
static WgpValidMark note_valid_mark(const WgpNetwork *desired, const WgpRecordInput *before) {
        WgpValidMark noted = { .wanted = desired->valid_mark.wanted };

        if (!noted.wanted)
                return noted;
        noted.value = before->recorded->valid_mark.wanted ? before->recorded->valid_mark.value :
                      before->others->valid_mark.wanted   ? before->others->valid_mark.value :
                                                            before->actual->valid_mark.value;
        return noted;
}

/* Whether an object that is not bound to the link was there already, and not by a tunnel of ours: then it is not ours
 * to remove. What several tunnels want belongs to all of them. */
static bool is_foreign_rule(const WgpRecordInput *before, const WgpRule *rule) {
        return wgp_rules_find(before->actual->rules, before->actual->n_rules, rule) &&
               !wgp_rules_find(before->recorded->rules, before->recorded->n_rules, rule) &&
               !wgp_rules_find(before->others->rules, before->others->n_rules, rule);
}

/* What the networks before the run have of a route. */
typedef struct RoutesBefore {
        WgpRouteIndex actual, recorded, others;
} RoutesBefore;

static void routes_before_done(RoutesBefore *before) {
        wgp_route_index_done(&before->actual);
        wgp_route_index_done(&before->recorded);
        wgp_route_index_done(&before->others);
}

/* Returns whether there is an equal one, or -ENOMEM. */
static int has_route(WgpRouteIndex *index, const WgpRoute *route) {
        const WgpRoute *found;
        int r;

        r = wgp_route_index_find(index, route, &found);
        return r < 0 ? r : found && wgp_route_equal(found, route);
}

/* Returns whether it is, or -ENOMEM. */
static int is_foreign_route(RoutesBefore *before, const WgpRoute *route) {
        int r;

        if (route->uses_device)
                return false;
        r = has_route(&before->actual, route);
        if (r <= 0)
                return r;
        r = has_route(&before->recorded, route);
        if (r == 0)
                r = has_route(&before->others, route);
        return r < 0 ? r : !r;
}

static int copy_own_routes(const WgpNetwork *desired, const WgpRecordInput *before, WgpNetwork *to) {
        _cleanup_(routes_before_done) RoutesBefore routes = {
                .actual = { .network = before->actual },
                .recorded = { .network = before->recorded },
                .others = { .network = before->others },
        };
        int r;

        r = wgp_network_reserve_routes(to, desired->n_routes);
        for (size_t i = 0; r >= 0 && i < desired->n_routes; i++) {
                r = is_foreign_route(&routes, desired->routes + i);
                if (r == 0)
                        r = wgp_network_copy_route(to, desired->routes + i);
        }
        return r;
}

static int build(const WgpNetwork *desired, const WgpRecordInput *before, WgpNetwork *to) {
        int r;

        copy_scalars(desired, to);
        if (copy_netns(desired, to) < 0)
                return -ENOMEM;
        to->link.ifindex = before->actual->link.ifindex;
        to->filter.present = desired->filter.present;
        to->filter.refused = desired->filter.answers && before->recorded->filter.refused;
        to->kill_switch.on = desired->kill_switch.on;
        to->valid_mark = note_valid_mark(desired, before);
        r = copy_endpoints(&desired->device, NULL, &to->device);
        if (r >= 0)
                r = wgp_record_add_addresses(desired, to);
        if (r >= 0)
                r = copy_own_routes(desired, before, to);
        for (size_t i = 0; r >= 0 && i < desired->n_rules; i++)
                if (desired->rules[i].shared || !is_foreign_rule(before, desired->rules + i))
                        r = wgp_network_copy_rule(to, desired->rules + i);
        if (r >= 0)
                r = wgp_record_copy_services(desired, to);
        /* those that go with the ones that were run */
        return r < 0 ? r : copy_hooks(before->recorded->hooks_done ? before->recorded : desired, to);
}

/* Makes the record of a finished run. Returns 0, or -ENOMEM. */
int wgp_record_build(const WgpNetwork *desired, const WgpRecordInput *before, WgpNetwork *ret) {
        WgpNetwork network = WGP_NETWORK_NULL;
        int r;

        r = build(desired, before, &network);
        if (r < 0) {
                wgp_network_done(&network);
                return r;
        }
        *ret = network;
        return 0;
}

/* Whether "before" has an equal route a few places after the last one that was found: most routes stay, in one order.
 */
static bool has_next_route(const WgpNetwork *before, const WgpRoute *route, size_t *cursor) {
        enum {
                WINDOW = 16
        };

        for (size_t i = *cursor; i < before->n_routes && i < *cursor + WINDOW; i++)
                if (wgp_route_equal(before->routes + i, route)) {
                        *cursor = i + 1;
                        return true;
                }
        return false;
}

/* What is not recognised as equal is named twice, which does no harm. */
static int merge_routes(const WgpNetwork *before, const WgpNetwork *after, WgpNetwork *to) {
        size_t cursor = 0;
        int r = 0;

        for (size_t i = 0; r >= 0 && i < before->n_routes; i++)
                r = wgp_network_copy_route(to, before->routes + i);
        for (size_t i = 0; r >= 0 && i < after->n_routes; i++)
                if (!has_next_route(before, after->routes + i, &cursor))
                        r = wgp_network_copy_route(to, after->routes + i);
        return r;
}

static int merge(const WgpNetwork *before, const WgpNetwork *after, WgpNetwork *to) {
        int r;

        copy_scalars(after, to);
        if (copy_netns(after, to) < 0)
                return -ENOMEM;
        to->device.has_own_key = to->device.has_own_key || before->device.has_own_key;
        if (!to->device.has_fwmark) {
                to->device.has_fwmark = before->device.has_fwmark;
                to->device.fwmark = before->device.fwmark;
        }
        to->filter.present = before->filter.present || after->filter.present;
        to->filter.refused = after->filter.refused;
        to->kill_switch.on = before->kill_switch.on || after->kill_switch.on;
        to->valid_mark = before->valid_mark.wanted ? before->valid_mark : after->valid_mark;

        r = copy_endpoints(&before->device, &after->device, &to->device);
        if (r >= 0)
                r = wgp_record_add_addresses(before, to);
        if (r >= 0)
                r = wgp_record_add_addresses(after, to);
        if (r >= 0)
                r = merge_routes(before, after, to);
        if (r >= 0)
                r = wgp_record_add_rules(before, to);
        if (r >= 0)
                r = wgp_record_add_rules(after, to);
        if (r >= 0)
                r = copy_zone(after->zone ?: before->zone, to);
        if (r >= 0)
                r = wgp_dns_copy(wgp_dns_is_empty(&after->dns) ? &before->dns : &after->dns, &to->dns);
        return r < 0 ? r : copy_hooks(after, to);
}

/* Makes the record of a run under way: all that may be there, some of it named twice. An endpoint that is about to
 * change is in it neither way: whether it has been written is not known. Returns 0, or -ENOMEM. */
int wgp_record_merge(const WgpNetwork *before, const WgpNetwork *after, WgpNetwork *ret) {
        WgpNetwork network = WGP_NETWORK_NULL;
        int r;

        r = merge(before, after, &network);
        if (r < 0) {
                wgp_network_done(&network);
                return r;
        }
        *ret = network;
        return 0;
}
