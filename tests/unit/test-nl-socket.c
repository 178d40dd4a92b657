/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The socket against a kernel made of prepared answers: a pair of local sockets, one end in the place of the netlink
 * socket. What the real kernel says is tested in tests/netns/test-netlink.c. */

#include <criterion/criterion.h>
#include <stdio.h>
#include <sys/socket.h>
#include <unistd.h>

#include "netlink/message.h"
#include "netlink/nl-socket.h"

enum {
        DATA = 100
}; /* a message type that is none of netlink's own */

typedef struct Kernel {
        int fd;
        WgpNlSocket *socket;
} Kernel;

static void kernel_init(Kernel *k) {
        int pair[2];

        cr_assert_eq(wgp_nl_socket_open(NETLINK_ROUTE, &k->socket), 0);
        cr_assert_eq(socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, pair), 0);
        cr_assert_geq(dup2(pair[0], k->socket->fd), 0);
        close(pair[0]);
        k->fd = pair[1];
}

static void kernel_done(Kernel *k) {
        close(k->fd);
        cr_expect_null(wgp_nl_socket_free(k->socket));
}

/* An answer to the message number "sequence". "value" is the verdict, or what a DATA message holds. */
static size_t put(const Kernel *k, void *buffer, uint32_t sequence, uint16_t type, uint16_t flags, int value) {
        struct nlmsghdr *message = wgp_message_start(
                        buffer, 256, type, 0, type == NLMSG_ERROR ? sizeof(struct nlmsgerr) : sizeof(int));

        message->nlmsg_flags = flags | NLM_F_CAPPED;
        message->nlmsg_seq = sequence;
        message->nlmsg_pid = k->socket->port_id;
        *(int *) mnl_nlmsg_get_payload(message) = value;
        if (value == -EINVAL) {
                message->nlmsg_flags |= NLM_F_ACK_TLVS;
                mnl_attr_put_strz(message, NLMSGERR_ATTR_MSG, "words of the kernel");
        }
        return message->nlmsg_len;
}

static void answer(const Kernel *k, uint32_t sequence, uint16_t type, uint16_t flags, int value) {
        _Alignas(struct nlmsghdr) uint8_t buffer[256];

        cr_assert_gt(send(k->fd, buffer, put(k, buffer, sequence, type, flags, value), 0), 0);
}

static struct nlmsghdr *request(void *buffer, uint16_t flags) {
        return wgp_message_start(buffer, 64, DATA, flags, 0);
}

/* Sums up the payloads; 13 is bad luck. */
static int add(const struct nlmsghdr *message, void *userdata) {
        int value = *(const int *) mnl_nlmsg_get_payload(message);

        *(int *) userdata += value;
        return value == 13 ? -EBADMSG : 0;
}

static void reset(void *userdata) {
        *(int *) userdata = 0;
}

Test(nl_socket, request) {
        _Alignas(struct nlmsghdr) uint8_t buffer[64];
        int sum = 0;
        Kernel k;

        kernel_init(&k);
        answer(&k, 1, DATA, 0, 5);
        answer(&k, 1, NLMSG_ERROR, 0, 0);
        cr_expect_eq(wgp_nl_socket_request(k.socket, request(buffer, NLM_F_ACK), add, &sum), 0);
        cr_expect_eq(sum, 5);
        cr_expect_null(k.socket->error_text);

        answer(&k, 2, NLMSG_ERROR, 0, -EINVAL);
        cr_expect_eq(wgp_nl_socket_request(k.socket, request(buffer, NLM_F_ACK), NULL, NULL), -EINVAL);
        cr_expect_str_eq(k.socket->error_text, "words of the kernel");

        /* the next one has none */
        answer(&k, 3, NLMSG_ERROR, 0, -EPERM);
        cr_expect_eq(wgp_nl_socket_request(k.socket, request(buffer, NLM_F_ACK), NULL, NULL), -EPERM);
        cr_expect_null(k.socket->error_text);
        cr_expect_eq(k.socket->n_messages, 3);
        cr_expect_eq(k.socket->n_bytes, 3 * NLMSG_HDRLEN);
        cr_expect_eq(k.socket->n_sends, 3);
        kernel_done(&k);
}

/* What another exchange left behind, and what is not for us, is skipped. */
Test(nl_socket, strangers) {
        _Alignas(struct nlmsghdr) uint8_t buffer[256];
        int sum = 0;
        size_t n;
        Kernel k;

        kernel_init(&k);
        k.socket->sequence = 10;
        answer(&k, 10, NLMSG_ERROR, 0, -EIO);
        answer(&k, 12, DATA, 0, 100);
        answer(&k, 0, NLMSG_DONE, 0, -EIO);
        n = put(&k, buffer, 11, NLMSG_ERROR, 0, -EIO);
        ((struct nlmsghdr *) buffer)->nlmsg_pid++;
        cr_assert_gt(send(k.fd, buffer, n, 0), 0);
        answer(&k, 11, NLMSG_NOOP, 0, 0);
        answer(&k, 11, DATA, 0, 1);
        answer(&k, 11, NLMSG_ERROR, 0, 0);
        cr_expect_eq(wgp_nl_socket_request(k.socket, request(buffer, NLM_F_ACK), add, &sum), 0);
        cr_expect_eq(sum, 1);
        kernel_done(&k);
}

/* A decoder that fails does not keep the rest of the answer in the queue. */
Test(nl_socket, decoder_fails) {
        _Alignas(struct nlmsghdr) uint8_t buffer[64];
        int sum = 0, left;
        Kernel k;

        kernel_init(&k);
        answer(&k, 1, DATA, NLM_F_MULTI, 13);
        answer(&k, 1, DATA, NLM_F_MULTI, 5);
        answer(&k, 1, NLMSG_DONE, NLM_F_MULTI, 0);
        cr_expect_eq(wgp_nl_socket_dump(k.socket, request(buffer, NLM_F_DUMP), &(WgpNlReceiver) { add, reset, &sum }),
                        -EBADMSG);
        cr_expect_eq(sum, 13);
        cr_expect_lt(recv(k.socket->fd, &left, sizeof(left), MSG_DONTWAIT), 0);
        kernel_done(&k);
}

static const struct {
        const char *name;
        struct {
                uint16_t type, flags;
                int value;
        } answers[8]; /* of each attempt, by flags NLM_F_DUMP_INTR an interrupted one */
        size_t n_answers[3];
        int result, sum;
        uint64_t n_restarts;
} dumps[] = {
        { "empty", { { NLMSG_DONE, 0, 0 } }, { 1 }, 0, 0, 0 },
        { "two messages", { { DATA, 0, 1 }, { DATA, 0, 2 }, { NLMSG_DONE, 0, 0 } }, { 3 }, 0, 3, 0 },
        { "error at once", { { NLMSG_ERROR, 0, -EPERM } }, { 1 }, -EPERM, 0, 0 },
        { "error at the end", { { DATA, 0, 1 }, { NLMSG_DONE, 0, -EINVAL } }, { 2 }, -EINVAL, 1, 0 },
        { "interrupted in the middle",
                        { { DATA, 0, 1 }, { DATA, NLM_F_DUMP_INTR, 2 }, { NLMSG_DONE, 0, 0 }, { DATA, 0, 4 },
                                        { NLMSG_DONE, 0, 0 } },
                        { 3, 2 }, 0, 4, 1 },
        { "interrupted at the end, twice",
                        { { DATA, 0, 1 }, { NLMSG_DONE, NLM_F_DUMP_INTR, 0 }, { DATA, 0, 2 },
                                        { NLMSG_DONE, NLM_F_DUMP_INTR, 0 }, { DATA, 0, 8 }, { NLMSG_DONE, 0, 0 } },
                        { 2, 2, 2 }, 0, 8, 2 },
};

Test(nl_socket, dumps) {
        for (size_t i = 0; i < WGP_ARRAY_SIZE(dumps); i++) {
                const typeof(dumps[0]) *t = dumps + i;
                _Alignas(struct nlmsghdr) uint8_t buffer[64];
                size_t n = 0;
                int sum = 0;
                Kernel k;

                kernel_init(&k);
                for (uint32_t attempt = 0; attempt < 3; attempt++)
                        for (size_t j = 0; j < t->n_answers[attempt]; j++, n++)
                                answer(&k, attempt + 1, t->answers[n].type, t->answers[n].flags | NLM_F_MULTI,
                                                t->answers[n].value);

                cr_expect_eq(wgp_nl_socket_dump(k.socket, request(buffer, NLM_F_DUMP),
                                             &(WgpNlReceiver) { add, reset, &sum }),
                                t->result, "case '%s'", t->name);
                cr_expect_eq(sum, t->sum, "case '%s': %d", t->name, sum);
                cr_expect_eq(k.socket->n_dump_restarts, t->n_restarts, "case '%s'", t->name);
                cr_expect_eq(k.socket->error_text != NULL, t->result == -EINVAL, "case '%s'", t->name);
                kernel_done(&k);
        }
}

Test(nl_socket, dump_gives_up, .timeout = 10) {
        _Alignas(struct nlmsghdr) uint8_t buffer[64];
        int sum = 0;
        Kernel k;

        kernel_init(&k);
        for (uint32_t i = 1; i <= 32; i++)
                answer(&k, i, NLMSG_DONE, NLM_F_DUMP_INTR, 0);
        cr_expect_eq(wgp_nl_socket_dump(k.socket, request(buffer, NLM_F_DUMP), &(WgpNlReceiver) { add, reset, &sum }),
                        -EAGAIN);
        kernel_done(&k);
}

/* Answers that are none end the exchange with an error, not in waiting. */
Test(nl_socket, malformed, .timeout = 10) {
        _Alignas(struct nlmsghdr) uint8_t buffer[256];
        size_t n;
        Kernel k;

        kernel_init(&k);
        n = put(&k, buffer, 1, NLMSG_ERROR, 0, 0);
        ((struct nlmsghdr *) buffer)->nlmsg_len = NLMSG_HDRLEN + 2;
        cr_assert_gt(send(k.fd, buffer, n, 0), 0);
        cr_expect_eq(wgp_nl_socket_request(k.socket, request(buffer, NLM_F_ACK), NULL, NULL), -EBADMSG);

        /* garbage, then a good verdict */
        memset(buffer, 0xff, 40);
        cr_assert_gt(send(k.fd, buffer, 40, 0), 0);
        answer(&k, 2, NLMSG_ERROR, 0, 0);
        cr_expect_eq(wgp_nl_socket_request(k.socket, request(buffer, NLM_F_ACK), NULL, NULL), -EBADMSG);
        kernel_done(&k);
}

static void fill(WgpNlBatch *batch, size_t n) {
        _Alignas(struct nlmsghdr) uint8_t buffer[64];

        for (size_t i = 0; i < n; i++)
                cr_assert_eq(wgp_nl_batch_add(batch, request(buffer, NLM_F_ACK)), 0);
}

static const struct {
        const char *name;
        bool keep_going;
        int error_at_3, error_at_150; /* 0: none */
        int result;
        size_t n_failed, first_failed;
        uint64_t n_messages;
} batches[] = {
        { "all is well", false, 0, 0, 0, 0, 0, 300 },
        { "one fails", false, -EINVAL, 0, -EINVAL, 1 + 300 - 128, 3, 128 },
        { "one in the second datagram", false, 0, -EEXIST, -EEXIST, 1 + 300 - 256, 150, 256 },
        { "one fails, keep going", true, -EINVAL, 0, -EINVAL, 1, 3, 300 },
        { "two fail, keep going", true, -ESRCH, -EINVAL, -ESRCH, 2, 3, 300 },
};

Test(nl_socket, batches) {
        for (size_t i = 0; i < WGP_ARRAY_SIZE(batches); i++) {
                const typeof(batches[0]) *t = batches + i;
                _cleanup_(wgp_nl_batch_done) WgpNlBatch batch = { .keep_going = t->keep_going };
                Kernel k;

                kernel_init(&k);
                fill(&batch, 300);
                if (t->error_at_3 < 0)
                        answer(&k, 1 + 3, NLMSG_ERROR, 0, t->error_at_3);
                answer(&k, 128, NLMSG_ERROR, 0, 0);
                if (t->error_at_150 < 0)
                        answer(&k, 1 + 150, NLMSG_ERROR, 0, t->error_at_150);
                answer(&k, 256, NLMSG_ERROR, 0, 0);
                answer(&k, 300, NLMSG_ERROR, 0, 0);

                cr_expect_eq(wgp_nl_socket_send_batch(k.socket, &batch), t->result, "case '%s'", t->name);
                cr_expect_eq(batch.n_failed, t->n_failed, "case '%s': %zu failed", t->name, batch.n_failed);
                if (t->n_failed > 0)
                        cr_expect_eq(batch.first_failed, t->first_failed, "case '%s'", t->name);
                cr_expect_eq(batch.items[3].result, t->error_at_3, "case '%s'", t->name);
                cr_expect_eq(k.socket->n_messages, t->n_messages, "case '%s'", t->name);
                cr_expect_eq(k.socket->n_sends, (t->n_messages + 127) / 128, "case '%s'", t->name);
                cr_expect_eq(k.socket->error_text != NULL, t->result == -EINVAL, "case '%s'", t->name);
                kernel_done(&k);
        }
}

/* The last message of a datagram is both a failure and its end. */
Test(nl_socket, batch_last_fails) {
        _cleanup_(wgp_nl_batch_done) WgpNlBatch batch = WGP_NL_BATCH_NULL;
        Kernel k;

        kernel_init(&k);
        fill(&batch, 3);
        answer(&k, 3, NLMSG_ERROR, 0, -ENODEV);
        cr_expect_eq(wgp_nl_socket_send_batch(k.socket, &batch), -ENODEV);
        cr_expect_eq(batch.first_failed, 2);
        cr_expect_eq(wgp_nl_batch_get(&batch, 0)->nlmsg_flags & NLM_F_ACK, 0);
        cr_expect_eq(wgp_nl_batch_get(&batch, 2)->nlmsg_flags & NLM_F_ACK, NLM_F_ACK);
        kernel_done(&k);
}

/* Large messages share a datagram up to 64 KiB. */
Test(nl_socket, batch_bytes) {
        _Alignas(struct nlmsghdr) static uint8_t buffer[40000];
        _cleanup_(wgp_nl_batch_done) WgpNlBatch batch = WGP_NL_BATCH_NULL;
        struct nlmsghdr *message = request(buffer, NLM_F_ACK);
        Kernel k;

        kernel_init(&k);
        message->nlmsg_len = 30000;
        cr_assert_eq(wgp_nl_batch_add(&batch, message), 0);
        cr_assert_eq(wgp_nl_batch_add(&batch, message), 0);
        message->nlmsg_len = 40000;
        cr_assert_eq(wgp_nl_batch_add(&batch, message), 0);
        answer(&k, 2, NLMSG_ERROR, 0, 0);
        answer(&k, 3, NLMSG_ERROR, 0, 0);
        cr_expect_eq(wgp_nl_socket_send_batch(k.socket, &batch), 0);
        cr_expect_eq(k.socket->n_sends, 2);
        kernel_done(&k);
}

/* Refuses the message after "*userdata" others. */
static int refuse(const struct nlmsghdr *message, void *userdata) {
        return (*(int *) userdata)-- == 0 ? -ECONNABORTED : 0;
}

Test(nl_socket, before_send) {
        _cleanup_(wgp_nl_batch_done) WgpNlBatch batch = WGP_NL_BATCH_NULL;
        _Alignas(struct nlmsghdr) uint8_t buffer[64];
        int left = 0;
        Kernel k;

        kernel_init(&k);
        k.socket->before_send = refuse;
        k.socket->before_send_userdata = &left;
        cr_expect_eq(wgp_nl_socket_request(k.socket, request(buffer, NLM_F_ACK), NULL, NULL), -ECONNABORTED);
        cr_expect_eq(k.socket->n_sends, 0);

        fill(&batch, 4);
        left = 2;
        answer(&k, 2, NLMSG_ERROR, 0, 0);
        answer(&k, 3, NLMSG_ERROR, 0, 0);
        cr_expect_eq(wgp_nl_socket_send_batch(k.socket, &batch), -ECONNABORTED);
        cr_expect_eq(batch.first_failed, 2);
        cr_expect_eq(batch.items[0].result, 0);
        cr_expect_eq(batch.items[1].result, 0);
        cr_expect_eq(batch.items[2].result, -ECONNABORTED);
        cr_expect_eq(batch.items[3].result, -ECANCELED);
        cr_expect_eq(k.socket->n_sends, 2);
        kernel_done(&k);
}

Test(nl_socket, receive) {
        int sum = 0;
        Kernel k;

        kernel_init(&k);
        cr_expect_eq(wgp_nl_socket_receive(k.socket, add, &sum), 0, "nothing there");
        answer(&k, 0, DATA, 0, 4);
        answer(&k, 0, DATA, 0, 13);
        answer(&k, 0, DATA, 0, 1);
        cr_expect_eq(wgp_nl_socket_receive(k.socket, add, &sum), -EBADMSG);
        cr_expect_eq(sum, 18, "all are seen");
        kernel_done(&k);
}
