/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Messages and socket against the kernel, each test in a network namespace of its own. What we asked for is looked at
 * twice: by our own dump, and by ip(8). Needs root. */

#include <arpa/inet.h>
#include <fcntl.h>
#include <linux/fib_rules.h>
#include <linux/genetlink.h>
#include <linux/if_addr.h>
#include <linux/rtnetlink.h>
#include <sched.h>
#include <stdarg.h>
#include <stdio.h>
#include <sys/socket.h>
#include <unistd.h>

#include "netlink/wg-message.h"
#include "support/expect-rt.h"
#include "support/netns-link.h"

TestSuite(netlink, .init = setup, .fini = teardown, .timeout = 60);

/* Links */

static int count_link(const struct nlmsghdr *message, void *userdata) {
        WgpLink link;
        int r = wgp_rt_link_decode(message, &link);

        *(size_t *) userdata += r == 0;
        return r;
}

static void reset_count(void *userdata) {
        *(size_t *) userdata = 0;
}

static size_t count_links(const char *kind) {
        size_t n = 0;
        WgpRtBuffer b;

        cr_assert_eq(wgp_rt_link_encode_dump(&b, kind), 0);
        cr_assert_eq(wgp_nl_socket_dump(s, &b.header, &(WgpNlReceiver) { count_link, reset_count, &n }), 0);
        return n;
}

Test(netlink, link) {
        const WgpLink created = { .name = "wgp-link", .kind = "bridge", .group = WGP_LINK_GROUP, .mtu = 1380 };
        const WgpLink *actual, *expected;
        WgpLink link = {};
        WgpRtBuffer b;

        cr_expect_eq(get_link("wgp-link", &link), -ENODEV);
        cr_assert_eq(wgp_rt_link_encode_create(&b, &created, -1), 0);
        cr_assert_eq(request(&b), 0);
        cr_expect_eq(request(&b), -EEXIST);
        cr_assert_eq(get_link("wgp-link", &link), 0);
        cr_expect_gt(link.ifindex, 1);
        expected = &(WgpLink) {
                .name = "wgp-link", .kind = "bridge", .group = WGP_LINK_GROUP, .mtu = 1380, .ifindex = link.ifindex
        };
        actual = &link;
        expect_link(actual, expected, "created");

        cr_expect_eq(change_link(&(WgpLinkChange) { .ifindex = link.ifindex,
                                     .set_up = true,
                                     .up = true,
                                     .set_mtu = true,
                                     .mtu = 1280,
                                     .set_group = true,
                                     .group = 5 }),
                        0);
        cr_assert_eq(wgp_rt_link_encode_get(&b, link.ifindex, NULL), 0);
        cr_assert_eq(wgp_nl_socket_request(s, &b.header, wgp_rt_link_store, &link), 0);
        cr_expect(link.up && link.mtu == 1280 && link.group == 5);
        cr_expect(shows("ip -d link show dev wgp-link", "mtu 1280"));
        cr_expect_eq(change_link(&(WgpLinkChange) { .ifindex = link.ifindex, .set_up = true }), 0);
        cr_assert_eq(get_link("wgp-link", &link), 0);
        cr_expect(!link.up && link.mtu == 1280);

        cr_expect_eq(count_links(NULL), 2, "and lo");
        cr_expect_eq(count_links("bridge"), 1);
        cr_expect_eq(count_links("veth"), 0);

        cr_assert_eq(wgp_rt_link_encode_delete(&b, link.ifindex), 0);
        cr_expect_eq(request(&b), 0);
        cr_expect_eq(request(&b), -ENODEV);
}

Test(netlink, link_master) {
        uint32_t master = make_link("wgp-master"), port;
        WgpLink link;

        cr_assert_eq(system("ip link add wgp-port type veth peer name wgp-peer"), 0);
        cr_assert_eq(get_link("wgp-port", &link), 0);
        cr_expect_str_eq(link.kind, "veth");
        port = link.ifindex;
        cr_expect_eq(change_link(&(WgpLinkChange) { .ifindex = port, .set_master = true, .master = master }), 0);
        cr_assert_eq(get_link("wgp-port", &link), 0);
        cr_expect_eq(link.master, master);
        cr_expect_eq(change_link(&(WgpLinkChange) { .ifindex = port, .set_master = true }), 0);
        cr_assert_eq(get_link("wgp-port", &link), 0);
        cr_expect_eq(link.master, 0);
}

Test(netlink, link_netns) {
        WgpNlSocket *here = s, *there;
        uint32_t ifindex;
        WgpLink link;
        int netns;

        cr_assert_eq(system("ip link add wgp-port type veth peer name wgp-peer"), 0);
        cr_assert_eq(get_link("wgp-port", &link), 0);
        ifindex = link.ifindex;

        cr_assert_eq(unshare(CLONE_NEWNET), 0);
        cr_assert_eq(wgp_nl_socket_open(NETLINK_ROUTE, &there), 0);
        netns = open("/proc/self/ns/net", O_RDONLY | O_CLOEXEC);
        cr_assert_geq(netns, 0);

        cr_expect_eq(change_link(&(WgpLinkChange) { .ifindex = ifindex, .set_netns = true, .netns = netns }), 0);
        cr_expect_eq(get_link("wgp-port", &link), -ENODEV);
        s = there;
        cr_expect_eq(get_link("wgp-port", &link), 0);
        s = here;
        wgp_nl_socket_free(there);
        close(netns);
}

/* A socket in another namespace, opened without going there to stay, and a link that is made there from here. */
Test(netlink, open_in) {
        WgpNlSocket *here = s, *there;
        const WgpLink created = { .name = "wgp-away", .kind = "bridge", .group = WGP_LINK_GROUP };
        WgpRtBuffer b;
        WgpLink link;
        int netns, file;

        netns = open("/proc/self/ns/net", O_RDONLY | O_CLOEXEC);
        cr_assert_geq(netns, 0);
        make_link("wgp-before");
        cr_assert_eq(unshare(CLONE_NEWNET), 0);
        wgp_nl_socket_free(here);
        cr_assert_eq(wgp_nl_socket_open(NETLINK_ROUTE, &s), 0);
        make_link("wgp-after");

        cr_assert_eq(wgp_nl_socket_open_in(netns, NETLINK_ROUTE, &there), 0);
        cr_expect(shows("ip link", "wgp-after"), "still where we were");
        cr_assert_eq(wgp_rt_link_encode_create(&b, &created, netns), 0);
        cr_expect_eq(request(&b), 0);
        cr_expect_eq(get_link("wgp-away", &link), -ENODEV);
        here = s;
        s = there;
        cr_expect_eq(get_link("wgp-away", &link), 0);
        cr_expect_eq(get_link("wgp-before", &link), 0);
        cr_expect_eq(get_link("wgp-after", &link), -ENODEV);
        s = here;
        wgp_nl_socket_free(there);

        file = open("/dev/null", O_RDONLY | O_CLOEXEC);
        cr_expect_eq(wgp_nl_socket_open_in(file, NETLINK_ROUTE, &there), -EINVAL);
        close(file);
        close(netns);
}

/* The kernel's own words come with a refusal. */
Test(netlink, words) {
        const WgpLink link = { .name = "wgp-none", .kind = "no-such-kind" };
        WgpRtBuffer b;

        cr_assert_eq(wgp_rt_link_encode_create(&b, &link, -1), 0);
        cr_expect_eq(request(&b), -EOPNOTSUPP);
        cr_assert(s->error_text);
        cr_expect_str_eq(s->error_text, "Unknown device type");
}

/* Batches */

enum {
        MANY = 1000
};

static void fill_batch(WgpNlBatch *batch, WgpRtVerb verb, uint32_t ifindex) {
        WgpRtBuffer b;

        for (uint32_t i = 0; i < MANY; i++) {
                WgpRoute route = {
                        .destination = IN(10, (uint8_t) (i >> 8), (uint8_t) i, 0, 24),
                        .table = 600,
                        .type = RTN_UNICAST,
                        .scope = RT_SCOPE_LINK,
                        .uses_device = true,
                };

                cr_assert_eq(wgp_rt_route_encode(&b, verb, &route, ifindex), 0);
                cr_assert_eq(wgp_nl_batch_add(batch, &b.header), 0);
        }
}

Test(netlink, batch) {
        _cleanup_(wgp_nl_batch_done) WgpNlBatch add = WGP_NL_BATCH_NULL, remove = { .keep_going = true };
        uint32_t ifindex = make_link("wgp-link");
        WgpNetwork network = WGP_NETWORK_NULL;
        uint64_t n_sends, n_receives;
        int r;

        fill_batch(&add, WGP_RT_ADD, ifindex);
        n_sends = s->n_sends;
        n_receives = s->n_receives;
        cr_assert_eq(wgp_nl_socket_send_batch(s, &add), 0);
        cr_expect_eq(s->n_sends - n_sends, 8);
        cr_expect_eq(s->n_receives - n_receives, 8);
        cr_assert_eq(dump_table(AF_INET, 600, &network), 0);
        cr_expect_eq(network.n_routes, MANY);

        /* all but one are in the way */
        network.routes[500].scope = RT_SCOPE_LINK;
        cr_assert_eq(send_route(WGP_RT_DELETE, network.routes + 500, ifindex), 0);
        add.keep_going = true;
        cr_expect_eq(wgp_nl_socket_send_batch(s, &add), -EEXIST);
        cr_expect_eq(add.n_failed, MANY - 1);
        cr_expect_eq(add.first_failed, 0);
        cr_expect_eq(add.items[500].result, 0);
        cr_expect_eq(add.items[501].result, -EEXIST);
        add.keep_going = false;
        cr_expect_eq(wgp_nl_socket_send_batch(s, &add), -EEXIST);
        cr_expect_eq(add.items[127].result, -EEXIST);
        cr_expect_eq(add.items[128].result, -ECANCELED);

        fill_batch(&remove, WGP_RT_DELETE, ifindex);
        cr_expect_eq(wgp_nl_socket_send_batch(s, &remove), 0);
        r = dump_table(AF_INET, 600, &network);
        cr_expect(r == -ENOENT || (r == 0 && network.n_routes == 0));
        wgp_network_done(&network);
}

/* Each of 10 000 removals fails, and none of the 10 000 answers is lost. */
Test(netlink, batch_of_failures) {
        _cleanup_(wgp_nl_batch_done) WgpNlBatch remove = { .keep_going = true };
        uint32_t ifindex = make_link("wgp-link");

        for (unsigned i = 0; i < 10; i++)
                fill_batch(&remove, WGP_RT_DELETE, ifindex);
        cr_expect_eq(wgp_nl_socket_send_batch(s, &remove), -ESRCH);
        cr_expect_eq(remove.n_failed, 10 * MANY);
        for (size_t i = 0; i < remove.n_items; i++)
                cr_assert_eq(remove.items[i].result, -ESRCH, "%zu", i);
}

/* A queue that runs over is an error, not a wait without end, and the socket works afterwards. */
Test(netlink, overrun) {
        _cleanup_(wgp_nl_batch_done) WgpNlBatch remove = WGP_NL_BATCH_NULL;
        uint32_t ifindex = make_link("wgp-link");
        int size = 1; /* the kernel makes the least of it */
        WgpLink link;

        fill_batch(&remove, WGP_RT_DELETE, ifindex);
        cr_assert_eq(setsockopt(s->fd, SOL_SOCKET, SO_RCVBUF, &size, sizeof(size)), 0);
        cr_expect_eq(wgp_nl_socket_send_batch(s, &remove), -ENOBUFS);
        cr_expect_eq(remove.items[0].result, -ENOBUFS);

        size = 65536;
        cr_assert_eq(setsockopt(s->fd, SOL_SOCKET, SO_RCVBUF, &size, sizeof(size)), 0);
        cr_expect_eq(get_link("wgp-link", &link), 0);
        cr_expect_eq(link.ifindex, ifindex);
}

/* Notifications */

Test(netlink, notifications) {
        WgpNlSocket *monitor;
        size_t n = 0;
        int size = 1;

        cr_assert_eq(wgp_nl_socket_open(NETLINK_ROUTE, &monitor), 0);
        cr_assert_eq(wgp_nl_socket_join(monitor, RTNLGRP_LINK), 0);
        cr_expect_eq(wgp_nl_socket_receive(monitor, count_link, &n), 0);
        cr_expect_eq(n, 0);
        (void) make_link("wgp-link");
        cr_expect_eq(wgp_nl_socket_receive(monitor, count_link, &n), 0);
        cr_expect_gt(n, 0);

        /* some are lost, and that is said */
        cr_assert_eq(setsockopt(monitor->fd, SOL_SOCKET, SO_RCVBUF, &size, sizeof(size)), 0);
        (void) make_link("wgp-more");
        (void) make_link("wgp-most");
        cr_expect_eq(wgp_nl_socket_receive(monitor, count_link, &n), -ENOBUFS);
        cr_expect_eq(wgp_nl_socket_receive(monitor, count_link, &n), 0);
        wgp_nl_socket_free(monitor);
}

/* WireGuard */

static void reset_device(void *userdata) {
        wgp_device_done(userdata);
}

static void set_device(WgpNlSocket *generic, const WgpWgTarget *target, const WgpDeviceChange *change) {
        _Alignas(struct nlmsghdr) static uint8_t buffer[4096];
        WgpWgCursor cursor = {};
        int r, more;

        do {
                more = wgp_wg_message_encode(buffer, sizeof(buffer), target, change, &cursor);
                cr_assert_geq(more, 0);
                r = wgp_nl_socket_request(generic, (struct nlmsghdr *) buffer, NULL, NULL);
                cr_assert_eq(r, 0, "%s %s", strerror(-r), generic->error_text ?: "");
        } while (more == WGP_WG_MORE);
}

static void get_device(WgpNlSocket *generic, const WgpWgTarget *target, WgpDevice *device) {
        _Alignas(struct nlmsghdr) uint8_t buffer[WGP_WG_REQUEST_SIZE];

        cr_assert_eq(wgp_wg_get_encode(buffer, sizeof(buffer), target), 0);
        cr_assert_eq(wgp_nl_socket_dump(generic, (struct nlmsghdr *) buffer,
                                     &(WgpNlReceiver) { wgp_wg_get_decode, reset_device, device }),
                        0);
}

/* 50 peers, the first with 1 000 allowed-ips, through messages of 4 KiB and back. */
static void expect_round_trip(WgpNlSocket *generic, const WgpWgTarget *target) {
        WgpPeerChange changes[50];
        WgpDeviceChange change = {
                .set_listen_port = true,
                .set_fwmark = true,
                .set_private_key = true,
                .replace_peers = true,
                .listen_port = 51999,
                .fwmark = 7,
                .private_key = { 8, [31] = 64 },
                .peers = changes,
                .n_peers = 50,
        };
        WgpDevice device = {}, found = {};

        for (uint32_t i = 0; i < 50; i++) {
                uint8_t key[WGP_KEY_SIZE] = { 1, (uint8_t) i };

                cr_assert(wgp_device_add_peer(&device, key));
        }
        for (uint32_t i = 0; i < 50; i++) {
                WgpPeerState *peer = device.peers + i;

                for (uint32_t j = 0; j < (i == 0 ? 1000 : 2); j++) {
                        WgpPrefix prefix = IN(10, (uint8_t) (i == 0 ? 200 + j / 256 : i), (uint8_t) j, 0, 24);

                        cr_assert_eq(wgp_peer_state_add_allowed_ip(peer, &prefix), 0);
                }
                peer->keepalive = 25;
                changes[i] = (WgpPeerChange) {
                        .peer = peer,
                        .set_keepalive = true,
                        .set_preshared_key = true,
                        .replace_allowed_ips = true,
                        .allowed_ips = peer->allowed_ips,
                        .n_allowed_ips = peer->n_allowed_ips,
                };
        }

        set_device(generic, target, &change);
        get_device(generic, target, &found);
        cr_expect(found.listen_port == 51999 && found.fwmark == 7 && found.private_key[31] == 64);
        cr_assert_eq(found.n_peers, 50);
        for (size_t i = 0; i < 50; i++) {
                cr_expect_arr_eq(found.peers[i].public_key, device.peers[i].public_key, WGP_KEY_SIZE);
                cr_expect_eq(found.peers[i].keepalive, 25);
                cr_expect_eq(found.peers[i].n_allowed_ips, device.peers[i].n_allowed_ips, "peer %zu", i);
        }
        wgp_device_done(&device);
        wgp_device_done(&found);
}

/* With the module: set and read a device. Without it the family does not exist, nor the kind of link. */
Test(netlink, wireguard) {
        const WgpLink link = { .name = "wgp-wg", .kind = "wireguard", .group = WGP_LINK_GROUP };
        WgpNlSocket *generic;
        WgpLink found = {};
        WgpWgTarget target;
        uint16_t id = 0;
        WgpRtBuffer b;
        int family, r;

        cr_assert_eq(wgp_nl_socket_open(NETLINK_GENERIC, &generic), 0);
        cr_expect_eq(wgp_nl_socket_get_family(generic, "nlctrl", &id), 0);
        cr_expect_eq(id, GENL_ID_CTRL);
        cr_expect_eq(wgp_nl_socket_get_family(generic, "no-such-family", &id), WGP_NL_NO_FAMILY);
        family = wgp_nl_socket_get_family(generic, "wireguard", &target.family);

        cr_assert_eq(wgp_rt_link_encode_create(&b, &link, -1), 0);
        r = request(&b);
        cr_expect_eq(family, r == -EOPNOTSUPP ? WGP_NL_NO_FAMILY : 0);
        if (r != -EOPNOTSUPP) {
                cr_assert_eq(r, 0);
                cr_assert_eq(get_link("wgp-wg", &found), 0);
                cr_expect_str_eq(found.kind, "wireguard");
                target.ifindex = found.ifindex;
                expect_round_trip(generic, &target);
        }
        wgp_nl_socket_free(generic);
}
