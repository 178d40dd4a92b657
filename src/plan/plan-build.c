/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Builds a plan: the difference between two states, as operations in a safe order. What is new or changed is put in
 * place first, what is gone is removed last, so that nothing which stays is ever missing in between.
 *
 * Only what the record names is removed: addresses, routes and rules that somebody else added stay. Peers are the
 * exception, since a WireGuard device has one owner. */

#include <linux/fib_rules.h>
#include <linux/rtnetlink.h>

#include "desired/signature.h"
#include "model/kernel-slot.h"
#include "model/prefix-map.h"
#include "model/route-index.h"
#include "plan/plan-internal.h"

static const WgpNetwork nothing = {};

/* --- link --- */

static int create_link(const WgpPlanning *p) {
        WgpOperation *op;

        op = wgp_plan_add(p->plan, WGP_OP_CREATE_LINK, WGP_PLAN_NEW);
        if (!op)
                return -ENOMEM;
        op->link = p->desired->link;
        op->netns = p->desired->netns;
        return 0;
}

static int link_operation(const WgpLink *link, const char *reason, WgpPlan *plan) {
        WgpOperation *op;

        op = wgp_plan_add(plan, WGP_OP_SET_LINK, reason);
        if (!op)
                return -ENOMEM;
        op->link = *link;
        return 0;
}

/* Into the VRF, before anything else: the kernel takes a link down and up for that, which costs it its IPv6 addresses
 * and all its routes. A link that is in none it should be in is left there: somebody put it there. */
static int set_master(const WgpLink *desired, const WgpLink *actual, WgpPlan *plan) {
        WgpLink link = { .ifindex = actual->ifindex, .master = desired->master };

        if (desired->master == 0 || desired->master == actual->master)
                return 0;
        memcpy(link.name, desired->name, sizeof(link.name));
        memcpy(link.master_name, desired->master_name, sizeof(link.master_name));
        return link_operation(&link, actual->ifindex > 0 ? WGP_PLAN_CHANGED : WGP_PLAN_NEW, plan);
}

static int set_link(const WgpLink *desired, const WgpLink *actual, WgpPlan *plan) {
        WgpLink link = { .ifindex = actual->ifindex };

        memcpy(link.name, desired->name, sizeof(link.name));
        link.mtu = desired->mtu != actual->mtu ? desired->mtu : 0;
        link.group = desired->group != actual->group ? desired->group : 0;
        link.up = desired->up && !actual->up;
        if (link.mtu == 0 && link.group == 0 && !link.up)
                return 0;
        return link_operation(&link, actual->ifindex > 0 ? WGP_PLAN_CHANGED : WGP_PLAN_NEW, plan);
}

/* --- addresses --- */

/* What tells one address from another: IPv4 has it once per prefix length, IPv6 once per link. */
static WgpPrefix address_slot(const WgpAddress *address) {
        WgpPrefix slot = address->prefix;

        if (slot.family == AF_INET6)
                slot.length = 128;
        return slot;
}

static int map_addresses(const WgpNetwork *network, WgpPrefixMap *map) {
        int r = 0;

        for (size_t i = 0; r >= 0 && i < network->n_addresses; i++) {
                const WgpPrefix slot = address_slot(network->addresses + i);

                r = wgp_prefix_map_add(map, &slot, 0, (uint32_t) i);
        }
        return r;
}

static const WgpAddress *find_address(const WgpNetwork *network, const WgpPrefixMap *map, const WgpAddress *address) {
        const WgpPrefix slot = address_slot(address);
        const WgpPrefixEntry *entry = wgp_prefix_map_find(map, &slot, 0);

        return entry ? network->addresses + entry->value : NULL;
}

static int address_operation(WgpPlan *plan, WgpOperationType type, const WgpAddress *address, const char *reason) {
        WgpOperation *op;

        op = wgp_plan_add(plan, type, reason);
        if (!op)
                return -ENOMEM;
        op->address = *address;
        return 0;
}

static int add_addresses(const WgpPlanning *p) {
        _cleanup_(wgp_prefix_map_done) WgpPrefixMap present = WGP_PREFIX_MAP_NULL;
        int r;

        r = map_addresses(p->actual, &present);
        for (size_t i = 0; r >= 0 && i < p->desired->n_addresses; i++) {
                const WgpAddress *address = p->desired->addresses + i,
                                 *there = find_address(p->actual, &present, address);

                if (there && there->prefix.length == address->prefix.length)
                        continue;
                /* IPv6 with another prefix length: the kernel can neither have both nor change it. */
                if (there)
                        r = address_operation(p->plan, WGP_OP_DELETE_ADDRESS, there, WGP_PLAN_CHANGED);
                if (r >= 0)
                        r = address_operation(
                                        p->plan, WGP_OP_ADD_ADDRESS, address, there ? WGP_PLAN_CHANGED : WGP_PLAN_NEW);
        }
        return r;
}

static int delete_addresses(const WgpPlanning *p) {
        _cleanup_(wgp_prefix_map_done) WgpPrefixMap wanted = WGP_PREFIX_MAP_NULL, present = WGP_PREFIX_MAP_NULL,
                                                    ours = WGP_PREFIX_MAP_NULL;
        int r;

        r = map_addresses(p->desired, &wanted);
        if (r >= 0)
                r = map_addresses(p->actual, &present);
        if (r >= 0)
                r = map_addresses(p->recorded, &ours);
        for (size_t i = 0; r >= 0 && i < p->recorded->n_addresses; i++) {
                const WgpAddress *address = p->recorded->addresses + i,
                                 *there = find_address(p->actual, &present, address);

                if (!there || there->prefix.length != address->prefix.length ||
                                find_address(p->desired, &wanted, address) ||
                                find_address(p->recorded, &ours, address) !=
                                                address) /* named twice by an unfinished run */
                        continue;
                r = address_operation(p->plan, WGP_OP_DELETE_ADDRESS, there, WGP_PLAN_GONE);
        }
        return r;
}

/* --- routes --- */

static int route_operation(WgpPlan *plan, WgpOperationType type, const WgpRoute *route, const char *reason) {
        WgpOperation *op;

        op = wgp_plan_add(plan, type, reason);
        if (!op)
                return -ENOMEM;
        op->route = *route;
        op->in_place = type == WGP_OP_ADD_ROUTE && streq(reason, WGP_PLAN_CHANGED);
        return 0;
}

static int add_routes(const WgpPlanning *p) {
        _cleanup_(wgp_route_index_done) WgpRouteIndex present = { .network = p->actual };
        int r = 0;

        for (size_t i = 0; r >= 0 && i < p->desired->n_routes; i++) {
                const WgpRoute *route = p->desired->routes + i, *there;

                r = wgp_route_index_find(&present, route, &there);
                if (r >= 0 && (!there || !wgp_route_equal(there, route)))
                        r = route_operation(p->plan, WGP_OP_ADD_ROUTE, route, there ? WGP_PLAN_CHANGED : WGP_PLAN_NEW);
        }
        return r;
}

/* Whether the record has named the route before its "n"th one already: an unfinished run names some twice. */
static int is_named_before(WgpRouteIndex *ours, size_t n, const WgpRoute *route) {
        const WgpRoute *before = NULL;
        int r = 0;

        ours->n_max = n;
        if (n > 0)
                r = wgp_route_index_find(ours, route, &before);
        return r < 0 ? r : before && wgp_route_equal(before, route);
}

static int compare_route_operations(const void *a, const void *b) {
        return wgp_route_compare_slot(&((const WgpOperation *) a)->route, &((const WgpOperation *) b)->route);
}

/* The routes over a link go with it: "keep_device_routes" leaves them out. In order of their slots. */
static int delete_routes(const WgpPlanning *p, bool keep_device_routes) {
        _cleanup_(wgp_route_index_done) WgpRouteIndex wanted = { .network = p->desired },
                                                      present = { .network = p->actual },
                                                      ours = { .network = p->recorded };
        const size_t n_before = p->plan->n_operations;
        int r = 0;

        for (size_t i = 0; r >= 0 && i < p->recorded->n_routes; i++) {
                const WgpRoute *route = p->recorded->routes + i, *there = NULL;

                if (keep_device_routes && route->uses_device)
                        continue;
                r = wgp_route_index_find(&wanted, route, &there);
                if (r < 0 || there)
                        continue;
                r = wgp_route_index_find(&present, route, &there);
                if (r < 0 || !there || !wgp_route_equal(there, route))
                        continue;
                r = is_named_before(&ours, i, route);
                if (r == 0)
                        r = route_operation(p->plan, WGP_OP_DELETE_ROUTE, route,
                                        keep_device_routes ? WGP_PLAN_STOPPED : WGP_PLAN_GONE);
        }
        if (p->plan->n_operations > n_before)
                qsort(p->plan->operations + n_before, p->plan->n_operations - n_before, sizeof(*p->plan->operations),
                                compare_route_operations);
        return r;
}

/* --- rules --- */

static int rule_operation(WgpPlan *plan, WgpOperationType type, const WgpRule *rule, const char *reason) {
        WgpOperation *op;

        op = wgp_plan_add(plan, type, reason);
        if (!op)
                return -ENOMEM;
        op->rule = *rule;
        return 0;
}

/* The rules by which a tunnel's own packets skip all tunnels are there before its link is up, and as long as it is:
 * otherwise they would go through another tunnel, and be known at the far end by an address inside of that one. */
static bool is_skip(const WgpRule *rule) {
        return rule->protocol == RTPROT_KERNEL && (rule->action == FR_ACT_GOTO || rule->action == FR_ACT_NOP);
}

static int add_rules(const WgpPlanning *p, bool skip) {
        int r = 0;

        for (size_t i = 0; r >= 0 && i < p->desired->n_rules; i++)
                if (is_skip(p->desired->rules + i) == skip &&
                                !wgp_rules_find(p->actual->rules, p->actual->n_rules, p->desired->rules + i))
                        r = rule_operation(p->plan, WGP_OP_ADD_RULE, p->desired->rules + i, WGP_PLAN_NEW);
        return r;
}

/* In the opposite order. */
static int delete_rules(const WgpPlanning *p, bool skip) {
        const WgpNetwork *recorded = p->recorded;
        int r = 0;

        for (size_t i = recorded->n_rules; r >= 0 && i > 0; i--) {
                const WgpRule *rule = recorded->rules + i - 1;

                if (rule->shared && wgp_signature_is_shared(p->actual, recorded, rule->family))
                        continue;
                if (is_skip(rule) == skip && wgp_rules_find(p->actual->rules, p->actual->n_rules, rule) &&
                                !wgp_rules_find(p->desired->rules, p->desired->n_rules, rule) &&
                                wgp_rules_find(recorded->rules, recorded->n_rules, rule) == rule)
                        r = rule_operation(p->plan, WGP_OP_DELETE_RULE, rule,
                                        p->desired == &nothing ? WGP_PLAN_STOPPED : WGP_PLAN_GONE);
        }
        return r;
}

/* --- hooks --- */

static int add_hooks(const WgpNetwork *network, WgpHookType type, const char *reason, WgpPlan *plan) {
        for (size_t i = 0; i < network->n_hooks; i++) {
                WgpOperation *op;

                if (network->hooks[i].type != type)
                        continue;
                op = wgp_plan_add(plan, WGP_OP_RUN_HOOK, reason);
                if (!op)
                        return -ENOMEM;
                op->hook = network->hooks + i;
        }
        return 0;
}

/* --- all of it --- */

/* What is told of the mark, so that answers are let in, and our own packets out. */
static int add_mark_operation(const WgpPlanning *p) {
        int r;

        r = wgp_plan_set_filter(p);
        return r < 0 ? r : wgp_plan_set_kill_switch(p);
}

/* WireGuard sends its first packets when the link is up and there are peers. By then the answers have to be let in:
 * the nft table comes before. It needs to know the port, and one that the profile does not state is chosen when the
 * link goes up: then the peers come last. */
static int set_up(const WgpPlanning *p) {
        const bool late_peers = p->desired->filter.present && p->desired->filter.port == 0 &&
                                p->actual->device.listen_port == 0;
        int r = 0;

        if (p->actual->link.ifindex == 0)
                r = create_link(p);
        if (r >= 0)
                r = set_master(&p->desired->link, &p->actual->link, p->plan);
        if (r >= 0 && !p->actual->hooks_done)
                r = add_hooks(p->desired, WGP_HOOK_PRE_UP, WGP_PLAN_COMES_UP, p->plan);
        if (r >= 0)
                r = wgp_plan_set_zone(p);
        if (r >= 0)
                r = add_rules(p, /* skip= */ true);
        if (r >= 0 && late_peers)
                r = set_link(&p->desired->link, &p->actual->link, p->plan);
        if (r >= 0 && !wgp_plan_mark_waits(p))
                r = add_mark_operation(p);
        if (r >= 0)
                r = wgp_plan_device(p);
        if (r >= 0)
                r = add_addresses(p);
        if (r >= 0 && !late_peers)
                r = set_link(&p->desired->link, &p->actual->link, p->plan);
        return r;
}

/* The mark changes when the rules of the former one are gone but for those by which it is skipped. */
static int delete_all_rules(const WgpPlanning *p) {
        int r;

        r = delete_rules(p, /* skip= */ false);
        if (r >= 0 && wgp_plan_mark_waits(p)) {
                r = add_mark_operation(p);
                if (r >= 0)
                        r = wgp_plan_set_mark(p);
        }
        return r < 0 ? r : delete_rules(p, /* skip= */ true);
}

static int build_up(const WgpPlanning *p) {
        int r;

        r = set_up(p);
        if (r >= 0)
                r = add_routes(p);
        if (r >= 0)
                r = add_rules(p, /* skip= */ false);
        if (r >= 0)
                r = wgp_plan_set_dns(p);
        if (r >= 0)
                r = wgp_plan_revert_dns(p, WGP_PLAN_GONE);
        if (r >= 0)
                r = wgp_plan_remove_zone(p, WGP_PLAN_GONE);
        /* What other programs are asked for is done: what tunnels share is removed without anybody being waited for.
         */
        if (r >= 0)
                r = delete_all_rules(p);
        if (r >= 0)
                r = delete_routes(p, /* keep_device_routes= */ false);
        if (r >= 0)
                r = delete_addresses(p);
        if (r >= 0)
                r = wgp_plan_delete_filter(p, WGP_PLAN_GONE);
        /* the last of all: a hook may use whatever the tunnel is to have */
        if (r >= 0 && !p->actual->hooks_done)
                r = add_hooks(p->desired, WGP_HOOK_POST_UP, WGP_PLAN_COMES_UP, p->plan);
        return r;
}

static int delete_link(const WgpLink *link, WgpPlan *plan) {
        WgpOperation *op;

        if (link->ifindex == 0)
                return 0;
        op = wgp_plan_add(plan, WGP_OP_DELETE_LINK, WGP_PLAN_STOPPED);
        if (!op)
                return -ENOMEM;
        op->link = *link;
        return 0;
}

/* What systemd-resolved was told about the link goes with it. The zone stays until nothing comes in any more. */
static int build_down(const WgpPlanning *p) {
        int r = 0;

        if (p->recorded->dns.resolvconf)
                r = wgp_plan_revert_dns(p, WGP_PLAN_STOPPED);
        if (r >= 0)
                r = delete_rules(p, /* skip= */ false);
        if (r >= 0)
                r = delete_routes(p, /* keep_device_routes= */ true);
        if (r >= 0)
                r = delete_link(&p->actual->link, p->plan);
        if (r >= 0)
                r = delete_rules(p, /* skip= */ true);
        if (r >= 0)
                r = wgp_plan_delete_filter(p, WGP_PLAN_STOPPED);
        if (r >= 0)
                r = wgp_plan_close_kill_switch(p, WGP_PLAN_STOPPED);
        if (r >= 0)
                r = wgp_plan_remove_zone(p, WGP_PLAN_STOPPED);
        return r;
}

/* Builds the plan. "desired" NULL: the tunnel goes, and with it all that "recorded" names. "actual" holds what is
 * there of the link, the routes over it and those without a device in the tables concerned, all rules, and what other
 * services are known to have been told; a link that is not ours is the caller's to refuse. "recorded" is what the last
 * run left behind, NULL when there is no record: then nothing but peers is removed, and an endpoint is set whenever it
 * differs.
 *
 * The plan borrows the peers of "desired" and "actual", and the addresses and the namespace's name of "desired".
 * Returns 0, or -ENOMEM. */
int wgp_plan_build(const WgpNetwork *desired, const WgpNetwork *actual, const WgpNetwork *recorded, WgpPlan *ret) {
        WgpPlan plan = WGP_PLAN_NULL;
        const WgpPlanning p = {
                .desired = desired ?: &nothing,
                .actual = actual,
                .recorded = recorded ?: &nothing,
                .plan = &plan,
        };
        int r;

        r = desired ? build_up(&p) : build_down(&p);
        if (r < 0) {
                wgp_plan_done(&plan);
                return r;
        }
        *ret = plan;
        return 0;
}

/* Whether the kernel may take more away than the plan says: with an IPv4 address the others of its subnet (unless
 * promote_secondaries is set), the routes from it, and with the last one all IPv4 routes of the link; of a link that
 * comes into a VRF its IPv6 addresses and all routes. Then look again, and plan once more. */
bool wgp_plan_has_side_effects(const WgpPlan *plan) {
        for (size_t i = 0; i < plan->n_operations; i++) {
                const WgpOperation *op = plan->operations + i;

                if ((op->type == WGP_OP_DELETE_ADDRESS && op->address.prefix.family == AF_INET) ||
                                (op->type == WGP_OP_SET_LINK && op->link.master > 0 && op->link.ifindex > 0))
                        return true;
        }
        return false;
}
