/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Reads the actual state from the kernel, only what a plan can change: the link's addresses and routes, and, if the
 * profile or the record has any, rules and routes without a device. */

#include "apply/gather.h"

#include <linux/rtnetlink.h>

#include "apply/device.h"
#include "apply/filter.h"
#include "apply/kill-switch.h"
#include "desired/record.h"
#include "netlink/nl-query.h"
#include "netlink/rt-message.h"

static void reset_rules(void *userdata) {
        ((WgpNetwork *) userdata)->n_rules = 0;
}

/* Routes are dumped in several parts: what came before this one stays. */
typedef struct RouteDump {
        WgpNetwork *network;
        size_t n_before;
} RouteDump;

static int collect_route(const struct nlmsghdr *message, void *userdata) {
        return wgp_rt_route_collect(message, ((RouteDump *) userdata)->network);
}

static void reset_routes(void *userdata) {
        RouteDump *dump = userdata;

        dump->network->n_routes = dump->n_before;
}

/* "No such table" and "no such link" mean: nothing to dump. */
static int dump(WgpContext *context, WgpRtBuffer *buffer, const WgpNlReceiver *receiver) {
        int r = wgp_nl_socket_dump(context->route, &buffer->header, receiver);

        return r == -ENOENT || r == -ENODEV ? 0 : r;
}

/* Looks for a link. Returns 0, with ret->ifindex 0 when there is none, or a negative errno. */
int wgp_gather_link(WgpContext *context, const char *name, WgpLink *ret) {
        WgpLink link = {};
        int r;

        r = wgp_nl_query_link(context->route, /* ifindex= */ 0, name, &link);
        if (r < 0 && r != -ENODEV)
                return r;
        *ret = link;
        return 0;
}

static int dump_routes(WgpContext *context, const WgpRouteFilter *filter, WgpNetwork *network) {
        RouteDump state = { .network = network, .n_before = network->n_routes };
        WgpRtBuffer buffer;
        int r;

        r = wgp_rt_route_encode_dump(&buffer, filter);
        return r < 0 ? r : dump(context, &buffer, &(WgpNlReceiver) { collect_route, reset_routes, &state });
}

/* Routes like unreachable have no device to be found by. */
static int gather_deviceless(WgpContext *context, const WgpNetwork *concerned, WgpNetwork *network) {
        const WgpRoute *last = NULL; /* thousands of them are mostly of one table and type */
        int r = 0;

        for (size_t i = 0; r >= 0 && i < concerned->n_routes; i++) {
                const WgpRoute *route = concerned->routes + i;
                WgpRouteFilter filter = {
                        .family = route->destination.family,
                        .type = route->type,
                        .table = route->table,
                };
                bool dumped = route->uses_device ||
                              (last && last->type == route->type && last->table == route->table &&
                                              last->destination.family == route->destination.family);

                if (!route->uses_device)
                        last = route;
                /* All of the table and type came with the first of them. */
                for (size_t j = 0; !dumped && j < network->n_routes; j++)
                        dumped = network->routes[j].type == filter.type && network->routes[j].table == filter.table &&
                                 network->routes[j].destination.family == filter.family;
                if (!dumped)
                        r = dump_routes(context, &filter, network);
        }
        return r;
}

/* Dumps all "unreachable" routes, of all tables. Returns 0 or a negative errno. */
int wgp_gather_unreachable(WgpContext *context, WgpNetwork *network) {
        static const uint8_t families[] = { AF_INET, AF_INET6 };
        int r = 0;

        for (size_t i = 0; r >= 0 && i < WGP_ARRAY_SIZE(families); i++) {
                r = dump_routes(context, &(WgpRouteFilter) { .family = families[i], .type = RTN_UNREACHABLE },
                                network);
                if (r == -EAFNOSUPPORT) /* a kernel without IPv6 */
                        r = 0;
        }
        return r;
}

/* Dumps all rules. Returns 0 or a negative errno. */
int wgp_gather_rules(WgpContext *context, WgpNetwork *network) {
        static const uint8_t families[] = { AF_INET, AF_INET6 };
        WgpRtBuffer buffer;
        int r = 0;

        for (size_t i = 0; r >= 0 && i < WGP_ARRAY_SIZE(families); i++) {
                WgpNetwork part = WGP_NETWORK_NULL;

                r = wgp_rt_rule_encode_dump(&buffer, families[i]);
                if (r >= 0)
                        r = dump(context, &buffer, &(WgpNlReceiver) { wgp_rt_rule_collect, reset_rules, &part });
                if (r == -EAFNOSUPPORT) /* a kernel without IPv6, or without rules */
                        r = 0;
                if (r >= 0)
                        r = wgp_record_add_rules(&part, network);
                wgp_network_done(&part);
        }
        return r;
}

/* Adds the state that is not bound to the link: all rules, routes without a device and the nft table, each only if
 * "concerned" has some. Returns 0 or a negative errno. */
int wgp_gather_unbound(WgpContext *context, const WgpNetwork *concerned, WgpNetwork *network) {
        int r;

        r = gather_deviceless(context, concerned, network);
        if (r >= 0 && concerned->n_rules > 0 && network->n_rules == 0)
                r = wgp_gather_rules(context, network);
        return r < 0 ? r : wgp_filter_gather(context, concerned, network);
}

/* Reads the state that is bound to the link. A daemon is asked first, and its answer read last: it is slow. */
static int gather_bound(WgpContext *context, const WgpNetwork *expected, WgpNetwork *network) {
        const uint32_t ifindex = network->link.ifindex;
        int r;

        r = wgp_device_reserve_peers(&network->device, expected->device.n_peers);
        if (r >= 0)
                r = wgp_network_reserve_routes(network, expected->n_routes);
        if (r < 0)
                return r;

        wgp_device_ask(context, network->link.name);
        r = wgp_nl_query_addresses(context->route, ifindex, network);
        if (r >= 0)
                r = dump_routes(context, &(WgpRouteFilter) { .family = AF_INET, .ifindex = ifindex }, network);
        if (r >= 0)
                r = dump_routes(context, &(WgpRouteFilter) { .family = AF_INET6, .ifindex = ifindex }, network);
        return r < 0 ? r : wgp_device_get(context, &network->link, &network->device);
}

/* Reads the actual state of a tunnel whose link, network->link, has been looked for. "concerned": the desired and the
 * recorded state, which say what to look for. The kill switch is always read. Returns 0 or a negative errno. */
int wgp_gather_network(WgpRun *run, const WgpNetwork *const *concerned, size_t n_concerned, WgpNetwork *network) {
        int r = 0;

        if (network->link.ifindex > 0)
                r = gather_bound(&run->context, concerned[0], network);
        for (size_t i = 0; r >= 0 && i < n_concerned; i++)
                r = wgp_gather_unbound(&run->context, concerned[i], network);
        return r < 0 ? r : wgp_kill_switch_gather(run, network);
}
