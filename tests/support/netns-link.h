/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once
/* A network namespace for each test, a netlink socket in it, and the short way to ask it for things. */

#include <criterion/criterion.h>
#include <sched.h>
#include <stdio.h>
#include <unistd.h>

#include "netlink/nl-socket.h"
#include "netlink/rt-message.h"

static WgpNlSocket *s;

static inline void setup(void) {
        cr_assert_eq(unshare(CLONE_NEWNET), 0);
        cr_assert_eq(wgp_nl_socket_open(NETLINK_ROUTE, &s), 0);
}

static inline void teardown(void) {
        s = wgp_nl_socket_free(s);
}

static inline int request(WgpRtBuffer *b) {
        return wgp_nl_socket_request(s, &b->header, NULL, NULL);
}

/* True when the output of a command contains "text". */
static inline bool shows(const char *command, const char *text) {
        char output[65536];
        size_t n;
        FILE *f;

        f = popen(command, "re");
        cr_assert(f);
        n = fread(output, 1, sizeof(output) - 1, f);
        output[n] = 0;
        pclose(f);
        if (strstr(output, text))
                return true;

        fprintf(stderr, "\"%s\" is not in what \"%s\" shows:\n%s", text, command, output);
        return false;
}

static inline int get_link(const char *name, WgpLink *ret) {
        WgpRtBuffer b;

        cr_assert_eq(wgp_rt_link_encode_get(&b, 0, name), 0);
        return wgp_nl_socket_request(s, &b.header, wgp_rt_link_store, ret);
}

static inline int change_link(const WgpLinkChange *change) {
        WgpRtBuffer b;

        cr_assert_eq(wgp_rt_link_encode_change(&b, change), 0);
        return request(&b);
}

/* A bridge stands in for a tunnel: every kernel has it, and it takes addresses and routes. */
static inline uint32_t make_link(const char *name) {
        WgpLink link = { .kind = "bridge", .group = WGP_LINK_GROUP };
        WgpRtBuffer b;

        strcpy(link.name, name);
        cr_assert_eq(wgp_rt_link_encode_create(&b, &link, -1), 0);
        cr_assert_eq(request(&b), 0);
        cr_assert_eq(get_link(name, &link), 0);
        cr_assert_eq(change_link(&(WgpLinkChange) { .ifindex = link.ifindex, .set_up = true, .up = true }), 0);
        return link.ifindex;
}

static inline void reset_network(void *userdata) {
        WgpNetwork *network = userdata;

        network->n_addresses = network->n_routes = network->n_rules = 0;
}

static inline int dump(WgpRtBuffer *b, WgpNlDecode decode, WgpNetwork *network) {
        reset_network(network);
        return wgp_nl_socket_dump(s, &b->header, &(WgpNlReceiver) { decode, reset_network, network });
}

static inline int dump_table(uint8_t family, uint32_t table, WgpNetwork *network) {
        WgpRtBuffer b;

        cr_assert_eq(wgp_rt_route_encode_dump(&b, &(WgpRouteFilter) { .family = family, .table = table }), 0);
        return dump(&b, wgp_rt_route_collect, network);
}

static inline int send_route(WgpRtVerb verb, const WgpRoute *route, uint32_t ifindex) {
        WgpRtBuffer b;

        cr_assert_eq(wgp_rt_route_encode(&b, verb, route, ifindex), 0);
        return request(&b);
}
