/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* GET_DEVICE: messages as the kernel writes them, whole, cut in pieces, and damaged; and the requests for them. */

#include <criterion/criterion.h>
#include <libmnl/libmnl.h>
#include <linux/genetlink.h>
#include <linux/wireguard.h>
#include <stdio.h>

#include "netlink/wg-message.h"
#include "support/wg-subject.h"

static const WgpWgTarget target = { .family = 31, .ifindex = 7 };

typedef struct Dump {
        _Alignas(struct nlmsghdr) uint8_t bytes[16384];
} Dump;

static struct nlmsghdr *dump_start(Dump *d) {
        struct nlmsghdr *message = mnl_nlmsg_put_header(d->bytes);
        struct genlmsghdr *genl;

        message->nlmsg_type = 31;
        message->nlmsg_flags = NLM_F_MULTI;
        genl = mnl_nlmsg_put_extra_header(message, sizeof(*genl));
        genl->version = 1;
        return message;
}

static void dump_put_device(struct nlmsghdr *message, const Subject *s) {
        mnl_attr_put_u32(message, WGDEVICE_A_IFINDEX, 7);
        mnl_attr_put_strz(message, WGDEVICE_A_IFNAME, "wg0");
        mnl_attr_put(message, WGDEVICE_A_PRIVATE_KEY, WGP_KEY_SIZE, s->change.private_key);
        mnl_attr_put(message, WGDEVICE_A_PUBLIC_KEY, WGP_KEY_SIZE, s->change.private_key);
        mnl_attr_put_u16(message, WGDEVICE_A_LISTEN_PORT, s->change.listen_port);
        mnl_attr_put_u32(message, WGDEVICE_A_FWMARK, s->change.fwmark);
}

static void dump_put_allowed_ips(struct nlmsghdr *message, const WgpPeerState *peer, size_t first, size_t n) {
        struct nlattr *list = mnl_attr_nest_start(message, WGPEER_A_ALLOWEDIPS);

        for (size_t i = first; i < first + n; i++) {
                const WgpPrefix *p = peer->allowed_ips + i;
                struct nlattr *entry = mnl_attr_nest_start(message, 0);

                mnl_attr_put_u8(message, WGALLOWEDIP_A_CIDR_MASK, p->length);
                mnl_attr_put_u16(message, WGALLOWEDIP_A_FAMILY, p->family);
                mnl_attr_put(message, WGALLOWEDIP_A_IPADDR, p->family == AF_INET ? 4 : 16, p->bytes);
                mnl_attr_nest_end(message, entry);
        }
        mnl_attr_nest_end(message, list);
}

/* "first" > 0: a continuation */
static void dump_put_peer(struct nlmsghdr *message, const WgpPeerState *peer, size_t first, size_t n) {
        struct nlattr *entry = mnl_attr_nest_start(message, 0);
        const int64_t time[2] = { 1700000000, 123456789 };

        mnl_attr_put(message, WGPEER_A_PUBLIC_KEY, WGP_KEY_SIZE, peer->public_key);
        if (first == 0) {
                mnl_attr_put(message, WGPEER_A_PRESHARED_KEY, WGP_KEY_SIZE, peer->preshared_key);
                mnl_attr_put(message, WGPEER_A_LAST_HANDSHAKE_TIME, sizeof(time), time);
                mnl_attr_put_u16(message, WGPEER_A_PERSISTENT_KEEPALIVE_INTERVAL, peer->keepalive);
                mnl_attr_put_u64(message, WGPEER_A_TX_BYTES, 1ULL << 40);
                mnl_attr_put_u64(message, WGPEER_A_RX_BYTES, 3);
                mnl_attr_put_u32(message, WGPEER_A_PROTOCOL_VERSION, 1);
                mnl_attr_put(message, WGPEER_A_ENDPOINT, peer->endpoint.family == AF_INET ? 16 : 28, &peer->endpoint);
        }
        dump_put_allowed_ips(message, peer, first, n);
        mnl_attr_nest_end(message, entry);
}

static void expect_peer(const WgpPeerState *actual, const WgpPeerState *expected, size_t i) {
        cr_expect_arr_eq(actual->public_key, expected->public_key, WGP_KEY_SIZE, "peer %zu", i);
        cr_expect_arr_eq(actual->preshared_key, expected->preshared_key, WGP_KEY_SIZE, "peer %zu", i);
        cr_expect_arr_eq(&actual->endpoint, &expected->endpoint, sizeof(WgpSockaddr), "peer %zu", i);
        cr_expect_eq(actual->keepalive, expected->keepalive, "peer %zu", i);
        cr_expect_eq(actual->handshake_sec, 1700000000, "peer %zu", i);
        cr_expect_eq(actual->handshake_nsec, 123456789, "peer %zu", i);
        cr_expect_eq(actual->tx_bytes, 1ULL << 40, "peer %zu", i);
        cr_expect_eq(actual->rx_bytes, 3, "peer %zu", i);
        cr_assert_eq(actual->n_allowed_ips, expected->n_allowed_ips, "peer %zu", i);
        for (size_t j = 0; j < actual->n_allowed_ips; j++) {
                cr_expect_eq(actual->allowed_ips[j].length, expected->allowed_ips[j].length);
                cr_expect_eq(actual->allowed_ips[j].family, expected->allowed_ips[j].family);
                cr_expect_arr_eq(actual->allowed_ips[j].bytes, expected->allowed_ips[j].bytes, 16);
        }
}

/* Three peers in four messages: the second is cut in three, at both ends of a message; the third has only IPv6. */
Test(wg_decode, merges) {
        static const struct {
                size_t peer, first, n;
                bool ends; /* the message */
        } parts[] = {
                { 0, 0, 8, false },
                { 1, 0, 3, true },
                { 1, 3, 3, true },
                { 1, 6, 2, false },
                { 2, 0, 8, true },
        };
        struct nlmsghdr *message;
        WgpDevice device = {};
        struct nlattr *peers;
        Subject s;
        Dump d;

        subject_init(&s, 3, 4, 4);
        s.device.peers[2].endpoint.in6 =
                        (struct sockaddr_in6) { .sin6_family = AF_INET6, .sin6_port = htons(9), .sin6_scope_id = 3 };

        message = dump_start(&d);
        dump_put_device(message, &s);
        peers = mnl_attr_nest_start(message, WGDEVICE_A_PEERS);
        for (size_t i = 0; i < WGP_ARRAY_SIZE(parts); i++) {
                dump_put_peer(message, s.device.peers + parts[i].peer, parts[i].first, parts[i].n);
                if (!parts[i].ends)
                        continue;
                mnl_attr_nest_end(message, peers);
                cr_expect_eq(wgp_wg_get_decode(message, &device), 0, "part %zu", i);
                message = dump_start(&d);
                peers = mnl_attr_nest_start(message, WGDEVICE_A_PEERS);
        }

        cr_expect(device.has_private_key && device.has_listen_port && device.has_fwmark);
        cr_expect_arr_eq(device.private_key, s.change.private_key, WGP_KEY_SIZE);
        cr_expect_arr_eq(device.public_key, s.change.private_key, WGP_KEY_SIZE);
        cr_expect_eq(device.listen_port, 51820);
        cr_expect_eq(device.fwmark, 0xca6c);
        cr_assert_eq(device.n_peers, 3);
        for (size_t i = 0; i < 3; i++)
                expect_peer(device.peers + i, s.device.peers + i, i);

        wgp_device_done(&device);
        subject_done(&s);
}

/* What our encoder writes, our decoder reads. */
Test(wg_decode, encoded) {
        _Alignas(struct nlmsghdr) uint8_t buffer[700];
        WgpWgCursor cursor = {};
        WgpDevice device = {};
        Subject s;
        int r;

        subject_init(&s, 7, 5, 6);
        do {
                r = wgp_wg_message_encode(buffer, sizeof(buffer), &target, &s.change, &cursor);
                cr_assert_geq(r, 0);
                cr_assert_eq(wgp_wg_get_decode((struct nlmsghdr *) buffer, &device), 0);
        } while (r == WGP_WG_MORE);

        cr_assert_eq(device.n_peers, 7);
        for (size_t i = 0; i < 7; i++) {
                cr_expect_arr_eq(device.peers[i].public_key, s.device.peers[i].public_key, WGP_KEY_SIZE);
                cr_expect_eq(device.peers[i].n_allowed_ips, 11);
                cr_expect_arr_eq(device.peers[i].allowed_ips, s.device.peers[i].allowed_ips, 11 * sizeof(WgpPrefix));
        }
        wgp_device_done(&device);
        subject_done(&s);
}

/* One peer with one attribute of the given type and size, among good ones. */
static const struct {
        const char *name;
        uint16_t device_type, peer_type, ip_type; /* 0: none */
        size_t size;
        uint8_t byte; /* all bytes of the payload */
        int result;
} oddities[] = {
        { "nothing odd", 0, 0, 0, 0, 0, 0 },
        { "unknown device attribute", 60, 0, 0, 5, 1, 0 },
        { "unknown peer attribute", 0, 60, 0, 5, 1, 0 },
        { "unknown allowed-ip attribute", 0, 0, 60, 5, 1, 0 },
        { "short private key", WGDEVICE_A_PRIVATE_KEY, 0, 0, 31, 1, -EBADMSG },
        { "long public key", WGDEVICE_A_PUBLIC_KEY, 0, 0, 33, 1, -EBADMSG },
        { "port of 4 bytes", WGDEVICE_A_LISTEN_PORT, 0, 0, 4, 1, -EBADMSG },
        { "mark of 2 bytes", WGDEVICE_A_FWMARK, 0, 0, 2, 1, -EBADMSG },
        { "peers that are no nest", WGDEVICE_A_PEERS, 0, 0, 8, 1, -EBADMSG },
        { "peers of 3 bytes", WGDEVICE_A_PEERS, 0, 0, 3, 0, -EBADMSG },
        { "short peer key", 0, WGPEER_A_PUBLIC_KEY, 0, 16, 1, -EBADMSG },
        { "short preshared key", 0, WGPEER_A_PRESHARED_KEY, 0, 4, 1, -EBADMSG },
        { "endpoint of 20 bytes", 0, WGPEER_A_ENDPOINT, 0, 20, 2, -EBADMSG },
        { "endpoint of no family", 0, WGPEER_A_ENDPOINT, 0, 16, 0, -EBADMSG },
        { "endpoint of 40 bytes", 0, WGPEER_A_ENDPOINT, 0, 40, 2, -EBADMSG },
        { "empty endpoint", 0, WGPEER_A_ENDPOINT, 0, 0, 2, -EBADMSG },
        { "keepalive of 1 byte", 0, WGPEER_A_PERSISTENT_KEEPALIVE_INTERVAL, 0, 1, 1, -EBADMSG },
        { "time of 8 bytes", 0, WGPEER_A_LAST_HANDSHAKE_TIME, 0, 8, 1, -EBADMSG },
        { "time of more nanoseconds than a second has", 0, WGPEER_A_LAST_HANDSHAKE_TIME, 0, 16, 0x40, -EBADMSG },
        { "time before there was one", 0, WGPEER_A_LAST_HANDSHAKE_TIME, 0, 16, 0xff, -EBADMSG },
        { "no handshake", 0, WGPEER_A_LAST_HANDSHAKE_TIME, 0, 16, 0, 0 },
        { "counter of 4 bytes", 0, WGPEER_A_RX_BYTES, 0, 4, 1, -EBADMSG },
        { "counter of 12 bytes", 0, WGPEER_A_TX_BYTES, 0, 12, 1, -EBADMSG },
        { "allowed-ips that are no nest", 0, WGPEER_A_ALLOWEDIPS, 0, 8, 1, -EBADMSG },
        { "empty allowed-ips", 0, WGPEER_A_ALLOWEDIPS, 0, 0, 0, 0 },
        { "allowed-ip family of 1 byte", 0, 0, WGALLOWEDIP_A_FAMILY, 1, 2, -EBADMSG },
        { "allowed-ip of family 1", 0, 0, WGALLOWEDIP_A_FAMILY, 2, 1, -EBADMSG },
        { "allowed-ip of 16 bytes for IPv4", 0, 0, WGALLOWEDIP_A_IPADDR, 16, 1, -EBADMSG },
        { "allowed-ip of 5 bytes", 0, 0, WGALLOWEDIP_A_IPADDR, 5, 1, -EBADMSG },
        { "mask of 33 bits", 0, 0, WGALLOWEDIP_A_CIDR_MASK, 1, 33, -EBADMSG },
        { "mask of 2 bytes", 0, 0, WGALLOWEDIP_A_CIDR_MASK, 2, 1, -EBADMSG },
};

static struct nlmsghdr *dump_put_oddity(Dump *d, const typeof(oddities[0]) *t, const Subject *s) {
        struct nlmsghdr *message = dump_start(d);
        const WgpPrefix *prefix = s->device.peers[0].allowed_ips;
        struct nlattr *peers, *peer, *ips, *ip;
        uint8_t payload[64];

        memset(payload, t->byte, sizeof(payload));
        dump_put_device(message, s);
        peers = mnl_attr_nest_start(message, WGDEVICE_A_PEERS);
        peer = mnl_attr_nest_start(message, 0);
        mnl_attr_put(message, WGPEER_A_PUBLIC_KEY, WGP_KEY_SIZE, s->device.peers[0].public_key);
        ips = mnl_attr_nest_start(message, WGPEER_A_ALLOWEDIPS);
        ip = mnl_attr_nest_start(message, 0);
        mnl_attr_put_u16(message, WGALLOWEDIP_A_FAMILY, AF_INET);
        mnl_attr_put(message, WGALLOWEDIP_A_IPADDR, 4, prefix->bytes);
        mnl_attr_put_u8(message, WGALLOWEDIP_A_CIDR_MASK, 32);
        if (t->ip_type > 0)
                mnl_attr_put(message, t->ip_type, t->size, payload);
        mnl_attr_nest_end(message, ip);
        mnl_attr_nest_end(message, ips);
        if (t->peer_type > 0)
                mnl_attr_put(message, t->peer_type, t->size, payload);
        mnl_attr_nest_end(message, peer);
        mnl_attr_nest_end(message, peers);
        if (t->device_type > 0)
                mnl_attr_put(message, t->device_type, t->size, payload);
        return message;
}

Test(wg_decode, oddities) {
        Subject s;
        Dump d;

        subject_init(&s, 1, 1, 0);
        for (size_t i = 0; i < WGP_ARRAY_SIZE(oddities); i++) {
                struct nlmsghdr *message = dump_put_oddity(&d, oddities + i, &s);
                WgpDevice device = {};
                int r = wgp_wg_get_decode(message, &device);

                cr_expect_eq(r, oddities[i].result, "case '%s': %d", oddities[i].name, r);
                wgp_device_done(&device);
        }
        subject_done(&s);
}

/* Peers and allowed-ips that lack what makes them one. */
Test(wg_decode, incomplete) {
        struct nlmsghdr *message;
        struct nlattr *peers, *peer;
        WgpDevice device = {};
        Dump d;

        message = dump_start(&d);
        peers = mnl_attr_nest_start(message, WGDEVICE_A_PEERS);
        peer = mnl_attr_nest_start(message, 0);
        mnl_attr_put_u16(message, WGPEER_A_PERSISTENT_KEEPALIVE_INTERVAL, 25);
        mnl_attr_nest_end(message, peer);
        mnl_attr_nest_end(message, peers);
        cr_expect_eq(wgp_wg_get_decode(message, &device), -EBADMSG);
        cr_expect_eq(device.n_peers, 0);
        wgp_device_done(&device);
}

static uint64_t random_state;

static uint32_t next_random(uint32_t n) {
        random_state = random_state * 6364136223846793005U + 1442695040888963407U;
        return (uint32_t) (random_state >> 33) % n;
}

/* A whole message cut at every length, and with bytes changed at random. Meant for a run with AddressSanitizer, for
 * which each copy has a buffer of its exact size. */
Test(wg_decode, damaged) {
        struct nlmsghdr *message;
        struct nlattr *peers;
        size_t n_accepted = 0;
        Subject s;
        Dump d;

        subject_init(&s, 3, 2, 2);
        message = dump_start(&d);
        dump_put_device(message, &s);
        peers = mnl_attr_nest_start(message, WGDEVICE_A_PEERS);
        for (size_t i = 0; i < 3; i++)
                dump_put_peer(message, s.device.peers + i, 0, 4);
        mnl_attr_nest_end(message, peers);

        random_state = 4711;
        for (size_t i = 0; i < 20000; i++) {
                size_t n = i >= 16 && i < message->nlmsg_len ? i : message->nlmsg_len;
                _cleanup_(freep) struct nlmsghdr *copy = malloc(n);
                WgpDevice device = {};
                int r;

                memcpy(copy, message, n);
                copy->nlmsg_len = (uint32_t) n;
                for (uint32_t k = n == message->nlmsg_len ? next_random(6) : 0; k > 0; k--)
                        ((uint8_t *) copy)[16 + next_random((uint32_t) n - 16)] ^= (uint8_t) (1 << next_random(8));

                r = wgp_wg_get_decode(copy, &device);
                cr_expect(r == 0 || r == -EBADMSG, "round %zu: %d", i, r);
                n_accepted += n < message->nlmsg_len && r == 0;
                wgp_device_done(&device);
        }
        /* where one of the six attributes before the peers begins or ends, and in the padding after the port */
        cr_expect_eq(n_accepted, 7 + 2);
        subject_done(&s);
}

Test(wg_decode, get_request) {
        _Alignas(struct nlmsghdr) uint8_t buffer[WGP_WG_REQUEST_SIZE];
        const struct nlmsghdr *message = (struct nlmsghdr *) buffer;
        const struct genlmsghdr *genl = (struct genlmsghdr *) (message + 1);
        const struct nlattr *attribute = (struct nlattr *) (genl + 1);

        cr_expect_eq(wgp_wg_get_encode(buffer, 27, &target), -EMSGSIZE);
        cr_assert_eq(wgp_wg_get_encode(buffer, sizeof(buffer), &target), 0);
        cr_expect_eq(message->nlmsg_len, 28);
        cr_expect_eq(message->nlmsg_flags, NLM_F_REQUEST | NLM_F_DUMP);
        cr_expect_eq(message->nlmsg_type, 31);
        cr_expect_eq(genl->cmd, WG_CMD_GET_DEVICE);
        cr_expect_eq(mnl_attr_get_type(attribute), WGDEVICE_A_IFINDEX);
        cr_expect_eq(mnl_attr_get_u32(attribute), 7);
}

Test(wg_decode, family) {
        Dump d;
        struct nlmsghdr *message = (struct nlmsghdr *) d.bytes;
        const struct genlmsghdr *genl = (struct genlmsghdr *) (message + 1);
        uint16_t family = 5;

        cr_expect_eq(wgp_wg_family_encode(&d, WGP_WG_REQUEST_SIZE, "wireguard"), 0);
        cr_expect_eq(message->nlmsg_type, GENL_ID_CTRL);
        cr_expect_eq(message->nlmsg_flags, NLM_F_REQUEST | NLM_F_ACK);
        cr_expect_eq(genl->cmd, CTRL_CMD_GETFAMILY);
        cr_expect_str_eq(mnl_attr_get_str(mnl_nlmsg_get_payload_offset(message, sizeof(*genl))), "wireguard");
        cr_expect_eq(wgp_wg_family_encode(&d, sizeof(d), "a-name-of-17-char"), -EINVAL);
        cr_expect_eq(wgp_wg_family_encode(&d, 30, "wireguard"), -EMSGSIZE);

        /* an answer: without the id, then with it */
        message = dump_start(&d);
        mnl_attr_put_strz(message, CTRL_ATTR_FAMILY_NAME, "wireguard");
        cr_expect_eq(wgp_wg_family_decode(message, &family), -EBADMSG);
        cr_expect_eq(family, 5);
        mnl_attr_put_u16(message, CTRL_ATTR_FAMILY_ID, 38);
        cr_expect_eq(wgp_wg_family_decode(message, &family), 0);
        cr_expect_eq(family, 38);
}
