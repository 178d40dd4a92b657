/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Finds the route that keeps ours from being added. Only after a refusal is its table searched. */

#include "apply/conflict.h"

#include <linux/rtnetlink.h>
#include <stdio.h>

#include "model/kernel-slot.h"
#include "netlink/nl-query.h"
#include "netlink/rt-message.h"

/* The names of /etc/iproute2/rt_protos that say which program made a route. */
const char *wgp_route_protocol_name(uint8_t protocol, char *buffer, size_t size) {
        static const char *const names[] = {
                [RTPROT_REDIRECT] = "redirect",
                [RTPROT_KERNEL] = "kernel",
                [RTPROT_BOOT] = "boot",
                [RTPROT_STATIC] = "static",
                [RTPROT_RA] = "ra",
                [RTPROT_BIRD] = "bird",
                [RTPROT_ZEBRA] = "zebra",
                [RTPROT_DHCP] = "dhcp",
        };

        if (protocol < WGP_ARRAY_SIZE(names) && names[protocol])
                return names[protocol];
        snprintf(buffer, size, "%u", protocol);
        return buffer;
}

typedef struct Search {
        const WgpRoute *wanted;
        WgpRoute found;
        bool is_found;
} Search;

static int compare_route(const struct nlmsghdr *message, void *userdata) {
        Search *search = userdata;
        WgpRoute route;

        if (wgp_rt_route_decode(message, &route) != 0)
                return 0;
        if (wgp_route_compare_slot(&route, search->wanted) == 0) {
                search->found = route;
                search->is_found = true;
        }
        return 0;
}

static void reset_search(void *userdata) {
        ((Search *) userdata)->is_found = false;
}

/* Describes the route that has the place of "route". Returns text to be freed by the caller; NULL when it is gone
 * meanwhile. */
char *wgp_conflict_describe(WgpContext *context, const WgpRoute *route) {
        const WgpRouteFilter filter = { .family = route->destination.family, .table = route->table };
        Search search = { .wanted = route };
        WgpLink device = { .name = "none" };
        char number[8], *text;
        WgpRtBuffer buffer;

        if (wgp_rt_route_encode_dump(&buffer, &filter) < 0 ||
                        wgp_nl_socket_dump(context->route, &buffer.header,
                                        &(WgpNlReceiver) { compare_route, reset_search, &search }) < 0 ||
                        !search.is_found)
                return NULL;

        if (search.found.ifindex > 0 &&
                        wgp_nl_query_link(context->route, search.found.ifindex, /* name= */ NULL, &device) < 0)
                strcpy(device.name, "?");
        return asprintf(&text, "such a route exists already, device %s, protocol %s", device.name,
                               wgp_route_protocol_name(search.found.protocol, number, sizeof(number))) < 0 ?
                               NULL :
                               text;
}
