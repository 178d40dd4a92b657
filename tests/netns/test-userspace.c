/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* UAPI text against a userspace WireGuard: $WG_PROFILE_USERSPACE, or wireguard-go. Each test has a network namespace;
 * the directory of the sockets is everybody's, so the interface is named after the process. Needs root. */

#include <arpa/inet.h>
#include <criterion/criterion.h>
#include <sched.h>
#include <signal.h>
#include <sodium.h>
#include <stdio.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include "netlink/uapi.h"

static char ifname[IF_NAMESIZE];
static pid_t daemon_pid;
static int fd;

static void start_daemon(void) {
        const char *program = getenv("WG_PROFILE_USERSPACE") ?: "wireguard-go";

        daemon_pid = fork();
        cr_assert_geq(daemon_pid, 0);
        if (daemon_pid > 0)
                return;

        prctl(PR_SET_PDEATHSIG, SIGKILL); /* also when a test crashes */
        setenv("WG_PROCESS_FOREGROUND", "1", 1);
        setenv("LOG_LEVEL", "silent", 1);
        execlp(program, program, "-f", ifname, NULL);
        _exit(127);
}

/* Waits until the daemon listens. */
static void setup(void) {
        struct sockaddr_un address = { .sun_family = AF_UNIX };

        snprintf(ifname, sizeof(ifname), "wgpt%d", (int) getpid());
        snprintf(address.sun_path, sizeof(address.sun_path), "/var/run/wireguard/%s.sock", ifname);
        cr_assert_eq(unshare(CLONE_NEWNET), 0);
        start_daemon();

        for (unsigned i = 0; i < 1000; i++) {
                fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
                cr_assert_geq(fd, 0);
                if (connect(fd, (struct sockaddr *) &address, sizeof(address)) == 0)
                        return;
                close(fd);
                cr_assert_eq(waitpid(daemon_pid, NULL, WNOHANG), 0, "the daemon is gone");
                usleep(10000);
        }
        cr_assert_fail("the daemon does not listen");
}

static void teardown(void) {
        close(fd);
        kill(daemon_pid, SIGTERM);
        waitpid(daemon_pid, NULL, 0);
}

TestSuite(userspace, .init = setup, .fini = teardown, .timeout = 60);

/* Sends a request and reads the whole reply. */
static void exchange(const char *text, size_t size, WgpUapiReader *reader) {
        static char buffer[65536];
        size_t n = 0, n_read;

        for (size_t sent = 0; sent < size;) {
                ssize_t k = write(fd, text + sent, size - sent);

                cr_assert_gt(k, 0);
                sent += (size_t) k;
        }
        while (!reader->complete) {
                ssize_t k = read(fd, buffer + n, sizeof(buffer) - n);

                cr_assert_gt(k, 0, "the daemon closed the connection");
                n += (size_t) k;
                cr_assert_eq(wgp_uapi_reader_feed(reader, buffer, n, &n_read), 0);
                n -= n_read;
                memmove(buffer, buffer + n_read, n);
        }
}

static int exchange_result(const char *text, size_t size) {
        WgpUapiReader reader = {};
        int r;

        exchange(text, size, &reader);
        r = wgp_uapi_reader_result(&reader);
        wgp_uapi_reader_done(&reader);
        return r;
}

static int set(const WgpDeviceChange *change) {
        char *text = NULL;
        size_t size;
        int r;

        cr_assert_eq(wgp_uapi_format_set(change, &text, &size), 0);
        r = exchange_result(text, size);
        wgp_wipe_free(text, size);
        return r;
}

static int public_key(const uint8_t private_key[WGP_KEY_SIZE], uint8_t ret[WGP_KEY_SIZE]) {
        return crypto_scalarmult_base(ret, private_key) == 0 ? 0 : -EINVAL;
}

static void get(WgpDevice *device) {
        const WgpUapiLookup lookup = { .public_key = public_key, .scope = if_nametoindex };
        WgpUapiReader reader = { .lookup = &lookup };

        exchange(WGP_UAPI_GET, strlen(WGP_UAPI_GET), &reader);
        cr_assert_eq(wgp_uapi_reader_take_device(&reader, device), 0);
        wgp_uapi_reader_done(&reader);
}

static void make_peer(WgpPeerState *peer, uint8_t n, size_t n_allowed_ips) {
        *peer = (WgpPeerState) { .public_key = { 9, n, [31] = 1 }, .preshared_key = { n }, .keepalive = n };
        peer->endpoint.in = (struct sockaddr_in) {
                .sin_family = AF_INET, .sin_port = htons(51820), .sin_addr.s_addr = htonl(0xc0000200U + n)
        };
        for (uint32_t i = 0; i < n_allowed_ips; i++) {
                WgpPrefix prefix = {
                        .family = AF_INET, .length = 32, .bytes = { 10, n, (uint8_t) (i >> 8), (uint8_t) i }
                };

                cr_assert_eq(wgp_peer_state_add_allowed_ip(peer, &prefix), 0);
        }
}

static WgpPeerChange everything_of(const WgpPeerState *peer) {
        return (WgpPeerChange) {
                .peer = peer,
                .set_preshared_key = true,
                .set_endpoint = true,
                .set_keepalive = true,
                .replace_allowed_ips = true,
                .allowed_ips = peer->allowed_ips,
                .n_allowed_ips = peer->n_allowed_ips,
        };
}

static const WgpPeerState *find_peer(const WgpDevice *device, const WgpPeerState *peer) {
        for (size_t i = 0; i < device->n_peers; i++)
                if (memcmp(device->peers[i].public_key, peer->public_key, WGP_KEY_SIZE) == 0)
                        return device->peers + i;
        return NULL;
}

static void expect_peer(const WgpPeerState *actual, const WgpPeerState *expected) {
        cr_assert(actual);
        cr_expect_arr_eq(actual->preshared_key, expected->preshared_key, WGP_KEY_SIZE);
        cr_expect_eq(actual->keepalive, expected->keepalive);
        cr_expect_eq(actual->endpoint.family, expected->endpoint.family);
        cr_expect_arr_eq(&actual->endpoint, &expected->endpoint,
                        expected->endpoint.family == AF_INET ? sizeof(struct sockaddr_in) :
                                                               sizeof(struct sockaddr_in6));
        cr_expect_eq(actual->n_allowed_ips, expected->n_allowed_ips);
}

Test(userspace, device_and_peers) {
        WgpPeerState one, two, link_local;
        WgpPeerChange changes[3];
        WgpDeviceChange change = {
                .set_private_key = true,
                .set_listen_port = true,
                .set_fwmark = true,
                .replace_peers = true,
                .private_key = { 8, [31] = 64 },
                .listen_port = 51777,
                .fwmark = 51820,
                .peers = changes,
                .n_peers = 3,
        };
        uint8_t key[WGP_KEY_SIZE];
        WgpDevice device = {};

        make_peer(&one, 1, 2);
        make_peer(&two, 2, 3000);
        make_peer(&link_local, 3, 0);
        link_local.endpoint.in6 =
                        (struct sockaddr_in6) { .sin6_family = AF_INET6, .sin6_port = htons(1), .sin6_scope_id = 1 };
        inet_pton(AF_INET6, "fe80::1", &link_local.endpoint.in6.sin6_addr);
        changes[0] = everything_of(&one);
        changes[1] = everything_of(&two);
        changes[2] = everything_of(&link_local);

        cr_assert_eq(set(&change), 0);
        get(&device);
        cr_expect_eq(device.listen_port, 51777);
        cr_expect_eq(device.fwmark, 51820);
        cr_expect_arr_eq(device.private_key, change.private_key, WGP_KEY_SIZE);
        cr_assert_eq(public_key(change.private_key, key), 0);
        cr_expect_arr_eq(device.public_key, key, WGP_KEY_SIZE);
        cr_assert_eq(device.n_peers, 3);
        cr_assert(find_peer(&device, &link_local));
        expect_peer(find_peer(&device, &one), &one);
        expect_peer(find_peer(&device, &two), &two);

        /* wireguard-go 0.0.20220316 takes a scope, but does not tell it */
        if (find_peer(&device, &link_local)->endpoint.in6.sin6_scope_id == 0)
                link_local.endpoint.in6.sin6_scope_id = 0;
        expect_peer(find_peer(&device, &link_local), &link_local);

        wgp_device_done(&device);
        free(one.allowed_ips);
        free(two.allowed_ips);
}

/* Each flag does what it says: remove, update only, replace allowed-ips, and nothing that is not stated changes. */
Test(userspace, changes) {
        WgpPeerState one, two, three;
        WgpPeerChange changes[3];
        WgpDeviceChange change = { .set_private_key = true, .private_key = { 8, [31] = 64 }, .peers = changes };
        WgpDevice device = {};

        make_peer(&one, 1, 5);
        make_peer(&two, 2, 5);
        make_peer(&three, 3, 5);
        changes[0] = everything_of(&one);
        changes[1] = everything_of(&two);
        change.n_peers = 2;
        cr_assert_eq(set(&change), 0);

        /* one: an endpoint, alone; two: gone; three: does not exist, and is not made */
        one.endpoint.in.sin_port = htons(9);
        changes[0] = (WgpPeerChange) { .peer = &one, .update_only = true, .set_endpoint = true };
        changes[1] = (WgpPeerChange) { .peer = &two, .remove = true };
        changes[2] = everything_of(&three);
        changes[2].update_only = true;
        change = (WgpDeviceChange) { .peers = changes, .n_peers = 3 };
        cr_assert_eq(set(&change), 0);
        get(&device);
        cr_expect_arr_eq(device.private_key, ((uint8_t[WGP_KEY_SIZE]) { 8, [31] = 64 }), WGP_KEY_SIZE);
        cr_expect_eq(device.n_peers, 1);
        expect_peer(find_peer(&device, &one), &one);
        wgp_device_done(&device);

        /* an allowed-ip more, the preshared key and the keepalive gone */
        changes[0] = (WgpPeerChange) {
                .peer = &one,
                .set_preshared_key = true,
                .set_keepalive = true,
                .allowed_ips = three.allowed_ips,
                .n_allowed_ips = 1,
        };
        memset(one.preshared_key, 0, sizeof(one.preshared_key));
        one.keepalive = 0;
        one.n_allowed_ips = 6;
        change.n_peers = 1;
        cr_assert_eq(set(&change), 0);
        get(&device);
        expect_peer(find_peer(&device, &one), &one);
        wgp_device_done(&device);

        /* none at all, and then no peers */
        changes[0] = (WgpPeerChange) { .peer = &one, .replace_allowed_ips = true };
        one.n_allowed_ips = 0;
        cr_assert_eq(set(&change), 0);
        get(&device);
        expect_peer(find_peer(&device, &one), &one);
        wgp_device_done(&device);
        cr_assert_eq(set(&(WgpDeviceChange) { .replace_peers = true, .set_private_key = true }), 0);
        get(&device);
        cr_expect_eq(device.n_peers, 0);
        cr_expect(wgp_key_is_zero(device.private_key) && wgp_key_is_zero(device.public_key));

        wgp_device_done(&device);
        free(one.allowed_ips);
        free(two.allowed_ips);
        free(three.allowed_ips);
}

/* A refusal is the daemon's errno. */
Test(userspace, refusal) {
        static const char wrong[] = "set=1\nlisten_port=none\n\n";
        WgpDevice device = {};

        cr_expect_eq(exchange_result(wrong, strlen(wrong)), -EINVAL);
        get(&device);
        wgp_device_done(&device);
}
