/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* UAPI text: requests as they must read, replies as implementations write them. */

#include <arpa/inet.h>
#include <criterion/criterion.h>
#include <stdio.h>

#include "netlink/uapi.h"

#define KEY_A "0101010101010101010101010101010101010101010101010101010101010101"
#define KEY_B "abcdefabcdefabcdefabcdefabcdefabcdefabcdefabcdefabcdefabcdefabcd"
#define KEY_0 "0000000000000000000000000000000000000000000000000000000000000000"

/* Keys are one byte repeated. */
#define KEY_BYTES_1 \
        { 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1 }

static WgpPeerState peers[] = {
        {
                        .public_key = KEY_BYTES_1,
                        .preshared_key = KEY_BYTES_1,
                        .keepalive = 25,
                        .endpoint.in = { .sin_family = AF_INET },
        },
        { .public_key = KEY_BYTES_1, .endpoint.in6 = { .sin6_family = AF_INET6, .sin6_scope_id = 3 } },
        { .public_key = KEY_BYTES_1, .endpoint.family = AF_UNIX },
};

static const WgpPrefix prefixes[] = {
        { .family = AF_INET, .length = 0 },
        { .family = AF_INET, .length = 32, .bytes = { 10, 0, 0, 1 } },
        { .family = AF_INET6, .length = 64, .bytes = { 0xfd } },
        { .family = AF_UNIX },
};

static WgpPeerChange changes[] = {
        { .peer = peers,
                        .set_preshared_key = true,
                        .set_endpoint = true,
                        .set_keepalive = true,
                        .replace_allowed_ips = true,
                        .allowed_ips = prefixes,
                        .n_allowed_ips = 3 },
        { .peer = peers + 1, .update_only = true, .set_endpoint = true },
        { .peer = peers,
                        .remove = true,
                        .update_only = true,
                        .set_keepalive = true,
                        .replace_allowed_ips = true,
                        .allowed_ips = prefixes,
                        .n_allowed_ips = 3 },
        { .peer = peers, .replace_allowed_ips = true },
        { .peer = peers, .update_only = true, .set_preshared_key = true },
        { .peer = peers + 1, .set_preshared_key = true, .set_keepalive = true },
        { .peer = peers + 2, .set_endpoint = true },
        { .peer = peers, .allowed_ips = prefixes + 3, .n_allowed_ips = 1 },
};

static const struct {
        const char *name;
        WgpDeviceChange change;
        int result;
        const char *text;
} requests[] = {
        { "nothing", {}, 0, "set=1\n\n" },
        { "device",
                        { .set_private_key = true,
                                        .set_listen_port = true,
                                        .set_fwmark = true,
                                        .replace_peers = true,
                                        .private_key = KEY_BYTES_1,
                                        .listen_port = 51820,
                                        .fwmark = 4294967295 },
                        0,
                        "set=1\nprivate_key=" KEY_A "\nlisten_port=51820\nfwmark=4294967295\nreplace_peers=true\n\n" },
        { "device to nothing", { .set_private_key = true, .set_listen_port = true, .set_fwmark = true }, 0,
                        "set=1\nprivate_key=" KEY_0 "\nlisten_port=0\nfwmark=0\n\n" },
        { "new peer", { .peers = changes, .n_peers = 1 }, 0,
                        "set=1\npublic_key=" KEY_A "\npreshared_key=" KEY_A "\nendpoint=192.0.2.7:51820\n"
                        "persistent_keepalive_interval=25\nreplace_allowed_ips=true\nallowed_ip=0.0.0.0/0\n"
                        "allowed_ip=10.0.0.1/32\nallowed_ip=fd00::/64\n\n" },
        { "endpoint alone, with a scope", { .peers = changes + 1, .n_peers = 1 }, 0,
                        "set=1\npublic_key=" KEY_A "\nupdate_only=true\nendpoint=[fe80::1%3]:65535\n\n" },
        { "removed peer", { .peers = changes + 2, .n_peers = 1 }, 0, "set=1\npublic_key=" KEY_A "\nremove=true\n\n" },
        { "no allowed-ips any more", { .peers = changes + 3, .n_peers = 1 }, 0,
                        "set=1\npublic_key=" KEY_A "\nreplace_allowed_ips=true\n\n" },
        { "two peers", { .peers = changes + 4, .n_peers = 2 }, 0,
                        "set=1\npublic_key=" KEY_A "\nupdate_only=true\npreshared_key=" KEY_A "\n"
                        "public_key=" KEY_A "\npreshared_key=" KEY_0 "\npersistent_keepalive_interval=0\n\n" },
        { "endpoint of no family", { .peers = changes + 6, .n_peers = 1 }, -EINVAL, NULL },
        { "allowed-ip of no family", { .peers = changes + 7, .n_peers = 1 }, -EINVAL, NULL },
};

Test(uapi, requests) {
        peers[0].endpoint.in.sin_addr.s_addr = htonl(0xc0000207);
        peers[0].endpoint.in.sin_port = htons(51820);
        inet_pton(AF_INET6, "fe80::1", &peers[1].endpoint.in6.sin6_addr);
        peers[1].endpoint.in6.sin6_port = htons(65535);

        for (size_t i = 0; i < WGP_ARRAY_SIZE(requests); i++) {
                char *text = NULL;
                size_t size = 0;
                int r;

                r = wgp_uapi_format_set(&requests[i].change, &text, &size);
                cr_expect_eq(r, requests[i].result, "case '%s': %d", requests[i].name, r);
                if (r == 0) {
                        cr_expect_str_eq(text, requests[i].text, "case '%s'", requests[i].name);
                        cr_expect_eq(size, strlen(text), "case '%s'", requests[i].name);
                } else
                        cr_expect_null(text, "case '%s'", requests[i].name);
                wgp_wipe_free(text, size);
        }
}

static const struct {
        const char *name;
        const char *text;
        int result;
} replies[] = {
        { "done", "errno=0\n\n", 0 },
        { "no such device", "errno=-19\n\n", -ENODEV },
        { "positive", "errno=22\n\n", -EINVAL },
        { "with other lines", "later=1\nerrno=-5\n\n", -EIO },
        { "empty", "", -EBADMSG },
        { "only the end", "\n", -EBADMSG },
        { "no result", "listen_port=1\n\n", -EBADMSG },
        { "no end", "errno=0\n", -EBADMSG },
        { "cut", "errno=0", -EBADMSG },
        { "text behind", "errno=0\n\nerrno=0\n\n", -EBADMSG },
        { "no number", "errno=\n\n", -EBADMSG },
        { "not a number", "errno=-EIO\n\n", -EBADMSG },
        { "two signs", "errno=--1\n\n", -EBADMSG },
        { "too large", "errno=4096\n\n", -EBADMSG },
        { "not the protocol", "HTTP/1.1 400 Bad Request\n\n", -EBADMSG },
};

/* Feeds a reply in pieces, as they may come from a socket, each in memory of its exact size for AddressSanitizer. What
 * was not read comes again, with the next piece. */
static int feed(WgpUapiReader *reader, const char *text, size_t size, size_t piece) {
        size_t begin = 0;

        for (size_t end = WGP_MIN(piece, size);; end = WGP_MIN(end + piece, size)) {
                _cleanup_(freep) char *copy = malloc(end - begin + 1); /* malloc(0) may be NULL */
                size_t n_read;
                int r;

                memcpy(copy + 1, text + begin, end - begin);
                r = wgp_uapi_reader_feed(reader, copy + 1, end - begin, &n_read);
                if (r < 0)
                        return r;
                cr_assert_leq(n_read, end - begin);
                begin += n_read;
                if (end == size)
                        return 0;
        }
}

static int parse_result(const char *text, size_t size, size_t piece) {
        _cleanup_(wgp_uapi_reader_done) WgpUapiReader reader = {};
        int r;

        r = feed(&reader, text, size, piece);
        return r < 0 ? r : wgp_uapi_reader_result(&reader);
}

static int parse_device(const char *text, size_t size, size_t piece, const WgpUapiLookup *lookup, WgpDevice *ret) {
        _cleanup_(wgp_uapi_reader_done) WgpUapiReader reader = { .lookup = lookup };
        int r;

        r = feed(&reader, text, size, piece);
        return r < 0 ? r : wgp_uapi_reader_take_device(&reader, ret);
}

/* Of bytes. The last one takes every reply here whole. */
static const size_t pieces[] = { 1, 7, 64, SIZE_MAX / 2 };

Test(uapi, results) {
        for (size_t i = 0; i < WGP_ARRAY_SIZE(replies); i++)
                for (size_t j = 0; j < WGP_ARRAY_SIZE(pieces); j++)
                        cr_expect_eq(parse_result(replies[i].text, strlen(replies[i].text), pieces[j]),
                                        replies[i].result, "case '%s', pieces of %zu", replies[i].name, pieces[j]);
}

Test(uapi, complete) {
        static const char reply[] = "errno=0\n\n";
        WgpUapiReader reader = {};

        cr_assert_eq(feed(&reader, reply, 8, 8), 0);
        cr_expect_not(reader.complete);
        cr_assert_eq(feed(&reader, reply + 8, 1, 1), 0);
        cr_expect(reader.complete);
        wgp_uapi_reader_done(&reader);
}

/* Not X25519, but a function of the key. */
static int public_key(const uint8_t private_key[WGP_KEY_SIZE], uint8_t ret[WGP_KEY_SIZE]) {
        for (size_t i = 0; i < WGP_KEY_SIZE; i++)
                ret[i] = (uint8_t) (private_key[i] + 1);
        return 0;
}

static int no_public_key(const uint8_t private_key[WGP_KEY_SIZE], uint8_t ret[WGP_KEY_SIZE]) {
        return -EIO;
}

static unsigned scope(const char *name) {
        return streq(name, "eth0") ? 12 : 0;
}

static const char get_reply[] =
                "private_key=" KEY_A "\nlisten_port=51820\nfwmark=51820\n"
                "public_key=" KEY_A "\npreshared_key=" KEY_0 "\nprotocol_version=1\nendpoint=192.0.2.7:51820\n"
                "last_handshake_time_sec=1700000000\nlast_handshake_time_nsec=999999999\ntx_bytes=18446744073709551615\n"
                "rx_bytes=7\npersistent_keepalive_interval=65535\nallowed_ip=10.0.0.0/8\nallowed_ip=fd00::/64\n"
                "public_key=" KEY_B "\npreshared_key=" KEY_A "\nendpoint=[fe80::1%eth0]:1\nallowed_ip=0.0.0.0/0\n"
                "public_key=" KEY_0 "\nendpoint=[fe80::1%7]:2\n"
                "public_key=" KEY_0 "\nendpoint=[2001:db8::1]:3\nunknown=of a later version\n"
                "errno=0\n\n";

static void expect_first_peer(const WgpPeerState *peer) {
        cr_expect_eq(peer->public_key[31], 1);
        cr_expect(wgp_key_is_zero(peer->preshared_key));
        cr_expect_eq(peer->endpoint.in.sin_addr.s_addr, htonl(0xc0000207));
        cr_expect_eq(peer->endpoint.in.sin_port, htons(51820));
        cr_expect_eq(peer->handshake_sec, 1700000000);
        cr_expect_eq(peer->handshake_nsec, 999999999);
        cr_expect_eq(peer->tx_bytes, UINT64_MAX);
        cr_expect_eq(peer->rx_bytes, 7);
        cr_expect_eq(peer->keepalive, 65535);
        cr_assert_eq(peer->n_allowed_ips, 2);
        cr_expect(peer->allowed_ips[0].family == AF_INET && peer->allowed_ips[0].length == 8);
        cr_expect(peer->allowed_ips[1].family == AF_INET6 && peer->allowed_ips[1].bytes[0] == 0xfd);
}

static void expect_device(size_t piece) {
        const WgpUapiLookup lookup = { .public_key = public_key, .scope = scope };
        WgpDevice device = {};

        cr_assert_eq(parse_device(get_reply, strlen(get_reply), piece, &lookup, &device), 0, "pieces of %zu", piece);
        cr_expect(device.has_private_key && device.has_listen_port && device.has_fwmark);
        cr_expect_eq(device.private_key[0], 1);
        cr_expect_eq(device.public_key[31], 2);
        cr_expect_eq(device.listen_port, 51820);
        cr_expect_eq(device.fwmark, 51820);
        cr_assert_eq(device.n_peers, 4);
        expect_first_peer(device.peers);
        cr_expect_eq(device.peers[1].public_key[1], 0xcd);
        cr_expect_eq(device.peers[1].preshared_key[31], 1);
        cr_expect_eq(device.peers[1].endpoint.in6.sin6_scope_id, 12);
        cr_expect_eq(device.peers[2].endpoint.in6.sin6_scope_id, 7);
        cr_expect_eq(device.peers[3].endpoint.family, AF_INET6);
        cr_expect_eq(device.peers[3].endpoint.in6.sin6_scope_id, 0);
        cr_expect_eq(device.peers[3].endpoint.in6.sin6_port, htons(3));
        wgp_device_done(&device);
}

Test(uapi, device) {
        for (size_t i = 0; i < WGP_ARRAY_SIZE(pieces); i++)
                expect_device(pieces[i]);
}

static const struct {
        const char *name;
        const char *text;
        int result;
} devices[] = {
        { "nothing set", "errno=0\n\n", 0 },
        { "refused", "errno=-1\n\n", -EPERM },
        { "peer's line without a peer", "endpoint=1.2.3.4:5\nerrno=0\n\n", -EBADMSG },
        { "no =", "listen_port\nerrno=0\n\n", -EBADMSG },
        { "short key", "private_key=0101\nerrno=0\n\n", -EBADMSG },
        { "long key", "private_key=" KEY_A "01\nerrno=0\n\n", -EBADMSG },
        { "key that is not hexadecimal",
                        "public_key="
                        "g101010101010101010101010101010101010101010101010101010101010101"
                        "\nerrno=0\n\n",
                        -EBADMSG },
        { "port too large", "listen_port=65536\nerrno=0\n\n", -EBADMSG },
        { "negative mark", "fwmark=-1\nerrno=0\n\n", -EBADMSG },
        { "a number with many zeros in front of it",
                        "fwmark=00000000000000000000000000000000000000000000000000000000000000000000000000000000000"
                        "0000000000000000000000000000000000000000000000000000000000\nerrno=0\n\n",
                        0 },
        { "endpoint without port", "public_key=" KEY_A "\nendpoint=1.2.3.4\nerrno=0\n\n", -EBADMSG },
        { "endpoint: a name", "public_key=" KEY_A "\nendpoint=host:1\nerrno=0\n\n", -EBADMSG },
        { "endpoint: no address", "public_key=" KEY_A "\nendpoint=:1\nerrno=0\n\n", -EBADMSG },
        { "endpoint: empty", "public_key=" KEY_A "\nendpoint=\nerrno=0\n\n", -EBADMSG },
        { "endpoint: bracket open", "public_key=" KEY_A "\nendpoint=[fe80::1:1\nerrno=0\n\n", -EBADMSG },
        { "endpoint: empty brackets", "public_key=" KEY_A "\nendpoint=[]:1\nerrno=0\n\n", -EBADMSG },
        { "endpoint: IPv4 in brackets", "public_key=" KEY_A "\nendpoint=[1.2.3.4]:1\nerrno=0\n\n", -EBADMSG },
        { "endpoint: IPv6 without", "public_key=" KEY_A "\nendpoint=fe80::1:1\nerrno=0\n\n", -EBADMSG },
        { "allowed-ip without length", "public_key=" KEY_A "\nallowed_ip=10.0.0.1\nerrno=0\n\n", -EBADMSG },
        { "allowed-ip with a wrong length", "public_key=" KEY_A "\nallowed_ip=10.0.0.1/33\nerrno=0\n\n", -EBADMSG },
        { "nanoseconds of more than one", "public_key=" KEY_A "\nlast_handshake_time_nsec=1000000000\nerrno=0\n\n",
                        -EBADMSG },
        { "counter of 65 bits", "public_key=" KEY_A "\nrx_bytes=18446744073709551616\nerrno=0\n\n", -EBADMSG },
};

Test(uapi, devices) {
        for (size_t i = 0; i < WGP_ARRAY_SIZE(devices); i++) {
                WgpDevice device = { .fwmark = 4 };

                cr_expect_eq(parse_device(devices[i].text, strlen(devices[i].text), 32, NULL, &device),
                                devices[i].result, "case '%s'", devices[i].name);
                if (devices[i].result < 0)
                        cr_expect_eq(device.fwmark, 4, "case '%s'", devices[i].name);
                wgp_device_done(&device);
        }
}

Test(uapi, lookup_fails) {
        const WgpUapiLookup lookup = { .public_key = no_public_key };
        WgpDevice device = {};

        cr_expect_eq(parse_device(get_reply, strlen(get_reply), SIZE_MAX / 2, &lookup, &device), -EIO);
        /* without a private key there is nothing to compute */
        cr_expect_eq(parse_device("errno=0\n\n", 9, 9, &lookup, &device), 0);
        cr_expect(wgp_key_is_zero(device.public_key));
        wgp_device_done(&device);
}

/* A reply cut at every length is an error. */
Test(uapi, cut) {
        for (size_t n = 0; n < strlen(get_reply); n++) {
                WgpDevice device = {};

                cr_expect_eq(parse_device(get_reply, n, n + 1, NULL, &device), -EBADMSG, "length %zu", n);
                cr_expect_eq(parse_result(get_reply, n, n + 1), -EBADMSG, "length %zu", n);
        }
}

/* Many allowed-ips of one peer: no line limit, no quadratic time. */
Test(uapi, many_allowed_ips, .timeout = 10) {
        enum {
                N = 100000
        };
        WgpPeerState peer = { .public_key = KEY_BYTES_1 };
        WgpPeerChange peer_change = { .peer = &peer, .replace_allowed_ips = true };
        WgpDeviceChange change = { .peers = &peer_change, .n_peers = 1 };
        WgpPrefix prefix = { .family = AF_INET, .length = 32 };
        WgpDevice device = {};
        char *text = NULL, *reply;
        size_t size = 0;

        for (uint32_t i = 0; i < N; i++) {
                prefix.in.s_addr = htonl(i);
                cr_assert_eq(wgp_peer_state_add_allowed_ip(&peer, &prefix), 0);
        }
        peer_change.allowed_ips = peer.allowed_ips;
        peer_change.n_allowed_ips = N;
        cr_assert_eq(wgp_uapi_format_set(&change, &text, &size), 0);

        /* the request reads as a reply once it has a result */
        cr_assert_gt(asprintf(&reply, "%.*serrno=0\n\n", (int) size - 1, text), 0);
        cr_assert_eq(parse_device(reply, strlen(reply), 65536, NULL, &device), 0);
        cr_assert_eq(device.n_peers, 1);
        cr_expect_eq(device.peers[0].n_allowed_ips, N);
        cr_expect_arr_eq(device.peers[0].allowed_ips, peer.allowed_ips, N * sizeof(WgpPrefix));

        free(reply);
        free(peer.allowed_ips);
        wgp_wipe_free(text, size);
        wgp_device_done(&device);
}
