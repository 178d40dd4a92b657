/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* SET_DEVICE messages against a model of the kernel. */

#include <criterion/criterion.h>
#include <stdio.h>

#include "netlink/wg-message.h"
#include "support/wg-model.h"
#include "support/wg-subject.h"

static const WgpWgTarget target = { .family = 31, .ifindex = 7 };

/* A device that has something to be replaced. */
static void populate(WgModel *m, const Subject *s) {
        WgpPeerState stranger = {}, known = {};
        WgpPrefix prefixes[2];
        WgpPeerChange peers[2] = {
                { .peer = &stranger, .allowed_ips = prefixes, .n_allowed_ips = 1, .set_keepalive = true },
                { .peer = &known, .allowed_ips = prefixes + 1, .n_allowed_ips = 1 },
        };
        WgpDeviceChange change = { .peers = peers, .n_peers = 2 };

        wg_model_init(m, s->n_prefixes + 4);
        make_key(stranger.public_key, 99999, 0x77);
        make_key(known.public_key, 0, 0); /* the first peer of the subject */
        make_prefix(prefixes, 0xfffff0, AF_INET);
        make_prefix(prefixes + 1, 0xfffff1, AF_INET);
        wg_model_apply_change(m, &change);
}

/* Encodes a change in buffers of "size" bytes and applies the messages. Returns the last encoder's result. */
static int transfer(WgModel *m, const WgpDeviceChange *change, size_t size, const char **ret_problem) {
        _cleanup_(freep) uint8_t *buffer = malloc(size);
        WgpWgCursor cursor = {}, before;
        int r;

        *ret_problem = NULL;
        do {
                struct nlmsghdr *message = (struct nlmsghdr *) buffer;

                before = cursor;
                memset(buffer, 0xee, size);
                r = wgp_wg_message_encode(buffer, size, &target, change, &cursor);
                if (r < 0)
                        return r;
                if (message->nlmsg_len > size || message->nlmsg_type != target.family)
                        *ret_problem = "message too long, or of another family";
                else if (before.started && before.peer == cursor.peer && before.allowed_ip == cursor.allowed_ip)
                        *ret_problem = "no progress";
                else
                        *ret_problem = wg_model_apply_message(m, message);
        } while (r == WGP_WG_MORE && !*ret_problem);
        return r;
}

static const struct {
        const char *name;
        size_t n_peers, n_v4, n_v6;
        size_t size;
        size_t n_messages; /* 0: not stated */
} splits[] = {
        { "no peer", 0, 0, 0, 4096, 1 },
        { "1 peer", 1, 1, 0, 4096, 1 },
        { "21 peers", 21, 1, 0, 4096, 1 },
        { "22 peers", 22, 1, 0, 4096, 1 },
        { "23 peers", 23, 1, 0, 4096, 0 },
        { "24 peers", 24, 1, 0, 4096, 0 },
        { "28 peers", 28, 1, 0, 4096, 2 },
        { "29 peers", 29, 1, 0, 4096, 2 },
        { "57 peers", 57, 1, 0, 4096, 0 },
        { "90 peers", 90, 1, 1, 4096, 0 },
        { "1000 peers", 1000, 1, 0, 4096, 0 },
        { "1000 peers, no allowed-ips", 1000, 0, 0, 4096, 0 },
        { "40 peers x 52", 40, 52, 0, 4096, 0 },
        { "40 peers x 26 + 26", 40, 26, 26, 4096, 0 },
        { "1 peer, 137 IPv4", 1, 137, 0, 4096, 1 },
        { "1 peer, 138 IPv4", 1, 138, 0, 4096, 1 },
        { "1 peer, 139 IPv4", 1, 139, 0, 4096, 2 },
        { "1 peer, 96 IPv6", 1, 0, 96, 4096, 1 },
        { "1 peer, 97 IPv6", 1, 0, 97, 4096, 0 },
        { "1 peer, 98 IPv6", 1, 0, 98, 4096, 2 },
        { "2 peers, the first overflows", 2, 139, 0, 4096, 0 },
        { "1 peer, 100000 IPv4", 1, 100000, 0, 4096, 0 },
        { "1 peer, 100000 IPv6, large buffer", 1, 0, 100000, 1024 * 1024, 0 },
        { "1000 peers, 64 KiB", 1000, 1, 0, 65536, 0 },
        { "1000 peers, recommended buffer", 1000, 1, 0, WGP_WG_MESSAGE_SIZE, 3 },
        { "1000 peers, 1 MiB", 1000, 1, 0, 1024 * 1024, 3 },
        { "40 peers x 52, 1 MiB", 40, 52, 0, 1024 * 1024, 1 },
        { "1 peer, 2330 IPv4: one nest", 1, 2330, 0, 1024 * 1024, 1 },
        { "1 peer, 2340 IPv4: more than one nest", 1, 2340, 0, 1024 * 1024, 2 },
        { "1 peer, 1639 IPv6: more than one nest", 1, 0, 1639, 1024 * 1024, 2 },
        { "smallest buffer", 3, 2, 2, 236, 0 },
};

Test(wg_message, splitting) {
        for (size_t i = 0; i < WGP_ARRAY_SIZE(splits); i++) {
                const typeof(splits[0]) *t = splits + i;
                WgModel actual, expected;
                const char *problem;
                Subject s;
                int r;

                subject_init(&s, t->n_peers, t->n_v4, t->n_v6);
                populate(&actual, &s);
                populate(&expected, &s);
                wg_model_apply_change(&expected, &s.change);

                r = transfer(&actual, &s.change, t->size, &problem);
                cr_expect_eq(r, 0, "case '%s': %d", t->name, r);
                cr_expect_null(problem, "case '%s': %s", t->name, problem);
                problem = wg_model_compare(&actual, &expected);
                cr_expect_null(problem, "case '%s': differs in: %s", t->name, problem);
                cr_expect_eq(wg_model_count_allowed_ips(&actual), s.n_prefixes, "case '%s'", t->name);

                cr_expect_eq(actual.n_replace_peers, 1, "case '%s': REPLACE_PEERS", t->name);
                cr_expect_eq(actual.n_replace_allowed_ips, t->n_peers, "case '%s': REPLACE_ALLOWEDIPS", t->name);
                cr_expect_eq(actual.n_preshared_keys, t->n_peers, "case '%s': keys sent", t->name);
                cr_expect_lt(actual.n_largest_nest, 65536, "case '%s'", t->name);
                if (t->n_messages > 0)
                        cr_expect_eq(actual.n_messages, t->n_messages, "case '%s': %zu messages", t->name,
                                        actual.n_messages);

                wg_model_done(&actual);
                wg_model_done(&expected);
                subject_done(&s);
        }
}

/* Every size up to one that holds everything: either an error at once, or the right device. */
Test(wg_message, every_buffer_size) {
        bool worked = false;
        Subject s;

        subject_init(&s, 4, 3, 3);
        s.device.peers[1].endpoint.in6 = (struct sockaddr_in6) { .sin6_family = AF_INET6, .sin6_port = htons(1) };
        s.change.peers[2].remove = true;

        for (size_t size = 16; size < 1500; size++) {
                WgModel actual, expected;
                const char *problem;
                int r;

                populate(&actual, &s);
                populate(&expected, &s);
                wg_model_apply_change(&expected, &s.change);

                r = transfer(&actual, &s.change, size, &problem);
                cr_expect(r == 0 || (r == -EMSGSIZE && !worked), "size %zu: %d", size, r);
                worked = worked || r == 0;
                cr_expect_null(problem, "size %zu: %s", size, problem);
                if (r == 0) {
                        problem = wg_model_compare(&actual, &expected);
                        cr_expect_null(problem, "size %zu: differs in: %s", size, problem);
                }

                wg_model_done(&actual);
                wg_model_done(&expected);
        }
        cr_expect(worked);
        subject_done(&s);
}

Test(wg_message, failure_moves_nothing) {
        _Alignas(struct nlmsghdr) uint8_t buffer[120];
        WgpWgCursor cursor = {};
        Subject s;

        /* the device's part fits, the peer does not, in no message of this size */
        subject_init(&s, 1, 1, 0);
        cr_expect_eq(wgp_wg_message_encode(buffer, sizeof(buffer), &target, &s.change, &cursor), WGP_WG_MORE);
        cr_expect(cursor.started && cursor.peer == 0 && cursor.allowed_ip == 0);
        cr_expect_eq(wgp_wg_message_encode(buffer, sizeof(buffer), &target, &s.change, &cursor), -EMSGSIZE);
        cr_expect(cursor.started && cursor.peer == 0 && cursor.allowed_ip == 0);

        cursor = (WgpWgCursor) {};
        cr_expect_eq(wgp_wg_message_encode(buffer, 60, &target, &s.change, &cursor), -EMSGSIZE);
        cr_expect_not(cursor.started);

        s.device.peers[0].endpoint.family = AF_UNIX;
        cr_expect_eq(wgp_wg_message_encode(buffer, sizeof(buffer), &target, &s.change, &cursor), -EINVAL);
        subject_done(&s);
}

/* Somebody removes the peer between two messages: the second one must not bring half of it back. */
Test(wg_message, continuation_creates_nothing) {
        _Alignas(struct nlmsghdr) uint8_t buffer[4096];
        WgpWgCursor cursor = {};
        WgModel m;
        Subject s;

        subject_init(&s, 1, 200, 0);
        wg_model_init(&m, s.n_prefixes);
        cr_expect_eq(wgp_wg_message_encode(buffer, sizeof(buffer), &target, &s.change, &cursor), WGP_WG_MORE);
        cr_expect_null(wg_model_apply_message(&m, (struct nlmsghdr *) buffer));
        cr_expect_eq(wg_model_count_allowed_ips(&m), 138);

        wg_model_remove_peer(&m, s.device.peers[0].public_key);
        cr_expect_eq(wgp_wg_message_encode(buffer, sizeof(buffer), &target, &s.change, &cursor), 0);
        cr_expect_null(wg_model_apply_message(&m, (struct nlmsghdr *) buffer));
        cr_expect_eq(wg_model_count_allowed_ips(&m), 0);

        wg_model_done(&m);
        subject_done(&s);
}

static uint64_t random_state;

static uint32_t next_random(uint32_t n) {
        random_state = random_state * 6364136223846793005U + 1442695040888963407U;
        return (uint32_t) (random_state >> 33) % n;
}

static void randomise(Subject *s) {
        WgpDeviceChange *c = &s->change;

        c->set_private_key = next_random(2);
        c->set_listen_port = next_random(2);
        c->set_fwmark = next_random(2);
        c->replace_peers = next_random(3) == 0;
        for (size_t i = 0; i < c->n_peers; i++) {
                WgpPeerChange *p = c->peers + i;

                p->remove = next_random(5) == 0;
                p->update_only = next_random(3) == 0;
                p->replace_allowed_ips = next_random(2);
                p->set_preshared_key = next_random(2);
                p->set_endpoint = next_random(2);
                p->set_keepalive = next_random(2);
                p->n_allowed_ips = next_random((uint32_t) p->n_allowed_ips + 1);
                if (next_random(2)) {
                        /* some that another peer has, too: they move */
                        p->allowed_ips = c->peers[0].allowed_ips;
                        p->n_allowed_ips = c->peers[0].n_allowed_ips;
                }
        }
}

/* Random changes one after the other: the device must always be what the change says, however it was cut up. */
Test(wg_message, random_changes) {
        enum {
                PEERS = 12
        };

        random_state = 20260101;
        for (unsigned round = 0; round < 40; round++) {
                WgModel actual, expected;

                wg_model_init(&actual, 4096);
                wg_model_init(&expected, 4096);
                for (unsigned step = 0; step < 25; step++) {
                        size_t size = 300 + next_random(next_random(2) ? 300 : 9000);
                        const char *problem;
                        Subject s;
                        int r;

                        subject_init(&s, 1 + next_random(PEERS), next_random(30), next_random(30));
                        randomise(&s);
                        wg_model_apply_change(&expected, &s.change);
                        r = transfer(&actual, &s.change, size, &problem);
                        cr_assert_eq(r, 0, "round %u step %u: %d", round, step, r);
                        cr_assert_null(problem, "round %u step %u: %s", round, step, problem);
                        problem = wg_model_compare(&actual, &expected);
                        cr_assert_null(problem, "round %u step %u: differs in: %s", round, step, problem);
                        subject_done(&s);
                }
                wg_model_done(&actual);
                wg_model_done(&expected);
        }
}
