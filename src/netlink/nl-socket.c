/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Sends requests, dumps and batches, and receives answers and notifications.
 *
 * The kernel handles a request inside sendmsg(), and its answer is in the queue when that returns; only a dump
 * continues while it is read. An answer belongs to a request by its sequence number, so that answers to an earlier,
 * failed exchange are skipped. Every exchange is read to its end, even after a decoder failed: the kernel runs one
 * dump per socket. */

#include "netlink/nl-socket.h"

#include <fcntl.h>
#include <sched.h>
#include <sys/socket.h>
#include <sys/uio.h>
#include <unistd.h>

#include "netlink/message.h"
#include "netlink/wg-message.h"

enum {
        /* The kernel fills up to 32 KiB per read of a dump, but no more than the reader offers; other answers are
         * smaller, or (links with many virtual functions) not asked for. */
        BUFFER_SIZE = 64 * 1024,
        /* Of a batch, in flight: each refused message is an answer of about 1 KiB in a queue of 208 KiB. */
        CHUNK_ITEMS = 128,
        /* sendmsg() refuses more than the send buffer, 208 KiB by default */
        CHUNK_BYTES = 64 * 1024,
        DUMP_ATTEMPTS = 32,
};

/* One request, or one chunk of a batch, and what has come of it. */
typedef struct Exchange {
        uint32_t first, last; /* sequence numbers */
        WgpNlDecode decode;   /* NULL: nothing but a verdict is expected */
        void *userdata;
        WgpNlBatch *batch; /* NULL: a single request */
        size_t first_item;
        int result; /* the first error */
        bool finished;
        bool interrupted; /* the dump is not of one moment */
} Exchange;

static int set_option(WgpNlSocket *s, int option, int value) {
        return setsockopt(s->fd, SOL_NETLINK, option, &value, sizeof(value)) < 0 ? -errno : 0;
}

static int configure(WgpNlSocket *s) {
        static const int options[] = {
                NETLINK_EXT_ACK,        /* say why in words */
                NETLINK_CAP_ACK,        /* do not repeat the request in the answer */
                NETLINK_GET_STRICT_CHK, /* filter dumps by what the request says */
        };
        int r = 0;

        for (size_t i = 0; r >= 0 && i < WGP_ARRAY_SIZE(options); i++)
                r = set_option(s, options[i], 1);
        return r;
}

/* Makes a WgpNlSocket of a descriptor, or of a negative errno; it is closed in any case. */
static int take_fd(int fd, bool fresh, WgpNlSocket **ret) {
        _cleanup_(wgp_nl_socket_freep) WgpNlSocket *s = NULL;
        struct sockaddr_nl address = { .nl_family = AF_NETLINK };
        socklen_t n = sizeof(address);
        int r;

        if (fd < 0)
                return fd;
        s = calloc(1, sizeof(*s));
        if (!s) {
                close(fd);
                return -ENOMEM;
        }
        s->fd = fd;
        s->buffer = malloc(BUFFER_SIZE);
        if (!s->buffer)
                return -ENOMEM;
        if (fresh) {
                r = configure(s);
                if (r < 0)
                        return r;
                if (bind(fd, (const struct sockaddr *) &address, n) < 0)
                        return -errno;
        }
        if (getsockname(fd, (struct sockaddr *) &address, &n) < 0)
                return -errno;
        s->port_id = address.nl_pid;
        *ret = TAKE_PTR(s);
        return 0;
}

/* Takes over the descriptor of a socket that another process has opened by one of these; it is closed in any case.
 * Returns 0, or a negative errno. */
int wgp_nl_socket_adopt(int fd, WgpNlSocket **ret) {
        return take_fd(fd, /* fresh= */ false, ret);
}

static int open_socket(int domain, int type, int protocol) {
        int fd = socket(domain, type, protocol);

        return fd < 0 ? -errno : fd;
}

/* Opens a socket to the network namespace that the caller is in. "protocol" is NETLINK_ROUTE or NETLINK_GENERIC.
 *
 * Returns 0, or a negative errno. */
int wgp_nl_socket_open(int protocol, WgpNlSocket **ret) {
        return take_fd(open_socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, protocol), /* fresh= */ true, ret);
}

/* The same in another network namespace, as wgp_socket_open_in() does. */
int wgp_nl_socket_open_in(int netns, int protocol, WgpNlSocket **ret) {
        return take_fd(wgp_socket_open_in(netns, AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, protocol), /* fresh= */ true,
                        ret);
}

/* Opens a socket in another network namespace, given by a file descriptor, as socket(2) does. It keeps that namespace
 * alive. Takes CAP_SYS_ADMIN. Only the calling thread leaves its namespace, and comes back.
 *
 * Returns the socket, or a negative errno: -EPERM without the capability, -EINVAL: that is not a network namespace. */
int wgp_socket_open_in(int netns, int domain, int type, int protocol) {
        int home = open("/proc/thread-self/ns/net", O_RDONLY | O_CLOEXEC), fd;

        if (home < 0)
                return -errno;
        if (setns(netns, CLONE_NEWNET) < 0)
                fd = -errno;
        else {
                fd = open_socket(domain, type, protocol);
                if (setns(home, CLONE_NEWNET) < 0)
                        abort(); /* anything done from now on would be done in the wrong place */
        }
        close(home);
        return fd;
}

/* Wipes what was received, which may be keys; the rest of the buffer was never written. */
WgpNlSocket *wgp_nl_socket_free(WgpNlSocket *s) {
        if (!s)
                return NULL;

        if (s->fd >= 0)
                close(s->fd);
        wgp_wipe_free(s->buffer, s->n_touched);
        free(s->error_text);
        free(s);
        return NULL;
}

static void forget_text(WgpNlSocket *s) {
        free(s->error_text);
        s->error_text = NULL;
}

/* Running out of memory costs the words only. */
static void keep_text(WgpNlSocket *s, const WgpVerdict *verdict) {
        forget_text(s);
        if (verdict->text)
                s->error_text = strndup(verdict->text, verdict->n_text);
}

/* Assigns the sequence number; runs before_send. Returns 0, or the error of before_send: do not send it. */
static int prepare(WgpNlSocket *s, struct nlmsghdr *message) {
        int r = s->before_send ? s->before_send(message, s->before_send_userdata) : 0;

        message->nlmsg_seq = ++s->sequence;
        message->nlmsg_pid = s->port_id;
        if (r < 0)
                return r;

        s->n_messages++;
        s->n_bytes += message->nlmsg_len;
        return 0;
}

static int send_bytes(WgpNlSocket *s, void *data, size_t size) {
        struct sockaddr_nl kernel = { .nl_family = AF_NETLINK };
        struct iovec iov = { .iov_base = data, .iov_len = size };
        struct msghdr header = {
                .msg_name = &kernel,
                .msg_namelen = sizeof(kernel),
                .msg_iov = &iov,
                .msg_iovlen = 1,
        };

        s->n_sends++;
        for (;;) {
                if (sendmsg(s->fd, &header, /* flags= */ 0) >= 0) /* a datagram: all or nothing */
                        return 0;
                if (errno != EINTR)
                        return -errno;
        }
}

/* Reads one datagram of the kernel's into the buffer. Returns its size in bytes, or a negative errno. */
static ssize_t receive_bytes(WgpNlSocket *s, int flags) {
        for (;;) {
                struct sockaddr_nl from = {};
                struct iovec iov = { .iov_base = s->buffer, .iov_len = BUFFER_SIZE };
                struct msghdr header = {
                        .msg_name = &from,
                        .msg_namelen = sizeof(from),
                        .msg_iov = &iov,
                        .msg_iovlen = 1,
                };
                ssize_t n = recvmsg(s->fd, &header, flags);

                if (n < 0 && errno == EINTR)
                        continue;
                if (n < 0)
                        return -errno;

                s->n_receives++;
                s->n_touched = WGP_MAX(s->n_touched, (size_t) n);
                if (from.nl_pid != 0)
                        continue; /* any process may send to this socket */
                if (header.msg_flags & MSG_TRUNC)
                        return -EMSGSIZE;
                return n;
        }
}

static void handle_verdict(WgpNlSocket *s, Exchange *x, const struct nlmsghdr *message) {
        bool last = message->nlmsg_seq == x->last;
        WgpVerdict verdict = {};
        int r;

        r = wgp_message_parse_verdict(message, &verdict);
        if (r < 0)
                verdict.error = r;

        if (x->batch)
                x->batch->items[x->first_item + (message->nlmsg_seq - x->first)].result = verdict.error;
        if (x->result >= 0)
                keep_text(s, &verdict);
        wgp_gather(&x->result, verdict.error);
        x->finished = x->finished || last;
}

static void handle_message(WgpNlSocket *s, Exchange *x, const struct nlmsghdr *message) {
        if (message->nlmsg_pid != s->port_id || message->nlmsg_seq - x->first > x->last - x->first)
                return;

        if (message->nlmsg_flags & NLM_F_DUMP_INTR)
                x->interrupted = true;

        switch (message->nlmsg_type) {
        case NLMSG_NOOP:
                break;
        case NLMSG_OVERRUN:
                wgp_gather(&x->result, -ENOBUFS);
                break;
        case NLMSG_ERROR:
        case NLMSG_DONE:
                handle_verdict(s, x, message);
                break;
        default:
                if (x->decode && x->result >= 0 && !x->interrupted)
                        wgp_gather(&x->result, x->decode(message, x->userdata));
        }
}

/* Hands the messages in the buffer to "handle". Returns 0, or -EBADMSG. */
static int handle_bytes(WgpNlSocket *s, Exchange *x, size_t size) {
        const struct nlmsghdr *message;
        const uint8_t *data = s->buffer;

        while ((message = wgp_message_take(&data, &size)))
                handle_message(s, x, message);

        return size > 0 ? -EBADMSG : 0;
}

/* Reads until the exchange is finished.
 *
 * Returns 0 with the outcome in *x, or a negative errno when the outcome is unknown: -ENOBUFS when the queue ran
 * over. */
static int collect(WgpNlSocket *s, Exchange *x) {
        bool overrun = false;

        while (!x->finished) {
                ssize_t n = receive_bytes(s, overrun ? MSG_DONTWAIT : 0);

                if (n == -ENOBUFS) {
                        overrun = true;
                        x->interrupted = true;
                        continue;
                }
                if (n == -EAGAIN)
                        return -ENOBUFS;
                if (n < 0)
                        return (int) n;
                wgp_gather(&x->result, handle_bytes(s, x, (size_t) n));
        }

        /* a verdict that is there is good, but what stood before it may be gone */
        return overrun && (x->decode || x->batch) ? -ENOBUFS : 0;
}

static int exchange(WgpNlSocket *s, struct nlmsghdr *message, Exchange *x) {
        int r;

        forget_text(s);
        r = prepare(s, message);
        if (r < 0)
                return r;

        x->first = x->last = message->nlmsg_seq;
        r = send_bytes(s, message, message->nlmsg_len);
        if (r < 0)
                return r;

        r = collect(s, x);
        return r < 0 ? r : x->result;
}

/* Sends one request, which must have NLM_F_ACK, and waits for the kernel's verdict. Messages before the verdict go
 * to "decode", which may be NULL. Numbers the message.
 *
 * Returns 0 or a negative errno: the kernel's, with its words in s->error_text, or one of this side (-ENOBUFS: whether
 * it was done is unknown). */
int wgp_nl_socket_request(WgpNlSocket *s, struct nlmsghdr *message, WgpNlDecode decode, void *userdata) {
        Exchange x = { .decode = decode, .userdata = userdata };

        return exchange(s, message, &x);
}

/* Sends a request with NLM_F_DUMP and hands the answers to the receiver. When what is dumped changed meanwhile, all
 * is forgotten and asked for again.
 *
 * Returns 0, the kernel's or the decoder's negative errno, or -EAGAIN when there was a change during every attempt. */
int wgp_nl_socket_dump(WgpNlSocket *s, struct nlmsghdr *message, const WgpNlReceiver *receiver) {
        for (unsigned i = 0; i < DUMP_ATTEMPTS; i++) {
                Exchange x = { .decode = receiver->decode, .userdata = receiver->userdata };
                int r;

                r = exchange(s, message, &x);
                if (!x.interrupted)
                        return r;

                s->n_dump_restarts++;
                receiver->reset(receiver->userdata);
        }
        return -EAGAIN;
}

/* How many items to send in one datagram. */
static size_t measure_chunk(const WgpNlSocket *s, const WgpNlBatch *batch, size_t first) {
        size_t n = 1, bytes = NLMSG_ALIGN(wgp_nl_batch_get(batch, first)->nlmsg_len);

        if (s->before_send)
                return 1;

        while (n < CHUNK_ITEMS && first + n < batch->n_items) {
                bytes += NLMSG_ALIGN(wgp_nl_batch_get(batch, first + n)->nlmsg_len);
                if (bytes > CHUNK_BYTES)
                        break;
                n++;
        }
        return n;
}

static void set_results(WgpNlBatch *batch, size_t first, size_t n, int result) {
        for (size_t i = first; i < first + n; i++)
                batch->items[i].result = result;
}

/* The kernel handles the messages of a datagram in order, and answers those that failed and the one that asks for
 * an answer. So one ACK, of the last, tells about all. */
static int send_chunk(WgpNlSocket *s, WgpNlBatch *batch, size_t first, size_t n) {
        Exchange x = { .batch = batch, .first_item = first, .first = s->sequence + 1 };
        struct nlmsghdr *message = NULL;
        size_t bytes = 0;
        int r = 0;

        for (size_t i = first; i < first + n && r >= 0; i++) {
                message = wgp_nl_batch_get(batch, i);
                message->nlmsg_flags &= (uint16_t) ~NLM_F_ACK;
                bytes += NLMSG_ALIGN(message->nlmsg_len);
                r = prepare(s, message);
        }
        message->nlmsg_flags |= NLM_F_ACK;
        x.last = s->sequence;

        set_results(batch, first, n, 0);
        if (r >= 0)
                r = send_bytes(s, wgp_nl_batch_get(batch, first), bytes);
        if (r >= 0)
                r = collect(s, &x);
        if (r < 0)
                set_results(batch, first, n, r); /* not sent, or not known */
        return r < 0 ? r : x.result;
}

static void count_failures(WgpNlBatch *batch) {
        batch->n_failed = 0;
        for (size_t i = 0; i < batch->n_items; i++)
                if (batch->items[i].result < 0 && batch->n_failed++ == 0)
                        batch->first_failed = i;
}

/* Sends all messages of a batch (no dumps, no questions), many per system call, and then looks at what came of them.
 * After a failure the messages of the same datagram, up to 127, have been tried nevertheless; those after it have
 * been so only with batch->keep_going. Each item's result tells.
 *
 * Returns 0, or the error of the first message that failed, which is batch->first_failed, with the kernel's words in
 * s->error_text. */
int wgp_nl_socket_send_batch(WgpNlSocket *s, WgpNlBatch *batch) {
        _cleanup_(freep) char *text = NULL;
        int result = 0;

        forget_text(s);
        set_results(batch, 0, batch->n_items, -ECANCELED);

        for (size_t i = 0, n; i < batch->n_items && (result >= 0 || batch->keep_going); i += n) {
                int r;

                n = measure_chunk(s, batch, i);
                r = send_chunk(s, batch, i, n);
                if (r < 0 && result >= 0) {
                        result = r;
                        text = TAKE_PTR(s->error_text);
                }
        }

        count_failures(batch);
        forget_text(s);
        s->error_text = TAKE_PTR(text);
        return result;
}

/* Asks for the id of a generic netlink family. The kernel loads the family's module if it can.
 *
 * Returns 0, WGP_NL_NO_FAMILY, or a negative errno. */
int wgp_nl_socket_get_family(WgpNlSocket *s, const char *name, uint16_t *ret) {
        _Alignas(struct nlmsghdr) uint8_t buffer[WGP_WG_REQUEST_SIZE];
        uint16_t family = 0;
        int r;

        r = wgp_wg_family_encode(buffer, sizeof(buffer), name);
        if (r < 0)
                return r;

        r = wgp_nl_socket_request(s, (struct nlmsghdr *) buffer, wgp_wg_family_decode, &family);
        if (r == -ENOENT)
                return WGP_NL_NO_FAMILY;
        if (r < 0)
                return r;
        if (family == 0)
                return -EBADMSG;

        *ret = family;
        return 0;
}

/* Subscribes to the notifications of a group (RTNLGRP_*). The socket is for wgp_nl_socket_receive() alone then.
 * Returns 0, or a negative errno. */
int wgp_nl_socket_join(WgpNlSocket *s, unsigned group) {
        return set_option(s, NETLINK_ADD_MEMBERSHIP, (int) group);
}

/* Has the kernel keep more notifications than by default: "size" bytes, or what it allows to those without the
 * capability. */
void wgp_nl_socket_enlarge(WgpNlSocket *s, int size) {
        if (setsockopt(s->fd, SOL_SOCKET, SO_RCVBUFFORCE, &size, sizeof(size)) < 0)
                (void) setsockopt(s->fd, SOL_SOCKET, SO_RCVBUF, &size, sizeof(size));
}

/* Hands all notifications that are there to "decode", without waiting for more.
 *
 * Returns 0, or a negative errno; -ENOBUFS: some were lost, look at the state itself. */
int wgp_nl_socket_receive(WgpNlSocket *s, WgpNlDecode decode, void *userdata) {
        int result = 0;

        for (;;) {
                ssize_t n = receive_bytes(s, MSG_DONTWAIT);
                const uint8_t *data = s->buffer;
                const struct nlmsghdr *message;
                size_t size = n > 0 ? (size_t) n : 0;

                if (n == -EAGAIN)
                        return result;
                if (n < 0 && n != -ENOBUFS && n != -EMSGSIZE)
                        return (int) n;
                if (n < 0)
                        wgp_gather(&result, -ENOBUFS);

                while ((message = wgp_message_take(&data, &size)))
                        wgp_gather(&result, decode(message, userdata));
        }
}
