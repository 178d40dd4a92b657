/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* By UDP only: the 512 bytes hold some 28 IPv4 addresses of a name, and an answer that was cut has those that fit. */

#include "resolver/underlay.h"

#include <poll.h>
#include <sys/random.h>
#include <sys/socket.h>
#include <time.h>

#include "core/value.h"
#include "system/root-path.h"

enum {
        TRIES = 2,       /* per server, since packets get lost */
        TRY_MSEC = 1500, /* each */
        NOT_ANSWERED = -1,
};

typedef struct Exchange {
        WgpDnsQuestion questions[2]; /* for either family */
        int results[2];              /* NOT_ANSWERED, or of wgp_dns_message_parse() */
        int fd;
} Exchange;

static int64_t now_msec(void) {
        struct timespec ts = {};

        (void) clock_gettime(CLOCK_MONOTONIC, &ts);
        return ts.tv_sec * INT64_C(1000) + ts.tv_nsec / 1000000;
}

static bool is_over(const Exchange *x) {
        return x->results[0] != NOT_ANSWERED && x->results[1] != NOT_ANSWERED;
}

/* A connected socket: the kernel chooses the port, drops what others send, and tells of refusals. The mark comes first,
 * as the source address depends on it. */
static int open_socket(const WgpSockaddr *server, uint32_t mark) {
        _cleanup_(wgp_closep) int fd = socket(server->family, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
        socklen_t size = server->family == AF_INET ? sizeof(server->in) : sizeof(server->in6);

        if (fd < 0 || setsockopt(fd, SOL_SOCKET, SO_MARK, &mark, sizeof(mark)) < 0 ||
            connect(fd, (const struct sockaddr *) server, size) < 0)
                return -errno;
        return TAKE_FD(fd);
}

static int send_questions(const Exchange *x) {
        uint8_t message[WGP_DNS_MESSAGE_SIZE];
        size_t size;
        int r;

        for (size_t i = 0; i < WGP_ARRAY_SIZE(x->questions); i++) {
                if (x->results[i] != NOT_ANSWERED)
                        continue;
                r = wgp_dns_message_format(x->questions + i, message, &size);
                if (r < 0)
                        return r;
                if (send(x->fd, message, size, 0) < 0)
                        return -errno;
        }
        return 0;
}

/* Reads all that has come. */
static int receive(Exchange *x, WgpDnsFound *found) {
        uint8_t message[WGP_DNS_MESSAGE_SIZE];
        ssize_t n;

        while ((n = recv(x->fd, message, sizeof(message), 0)) >= 0)
                for (size_t i = 0; i < WGP_ARRAY_SIZE(x->questions); i++) {
                        int r;

                        if (x->results[i] != NOT_ANSWERED)
                                continue;
                        r = wgp_dns_message_parse(message, (size_t) n, x->questions + i, found);
                        if (r != WGP_DNS_E_FOREIGN)
                                x->results[i] = r;
                }
        return errno == EAGAIN ? 0 : -errno;
}

static int try(Exchange *x, WgpDnsFound *found) {
        int64_t end = now_msec() + TRY_MSEC, rest;
        int r;

        r = send_questions(x);
        while (r >= 0 && !is_over(x) && (rest = end - now_msec()) > 0) {
                struct pollfd fd = { .fd = x->fd, .events = POLLIN };

                r = poll(&fd, 1, (int) rest) < 0 && errno != EINTR ? -errno : receive(x, found);
        }
        return r;
}

/* Returns 0 with at least one address, -ENXIO: the server says that there is none, or another negative errno. */
static int ask(const char *host, uint32_t mark, const WgpSockaddr *server, WgpDnsFound *found) {
        Exchange x = {
                .questions = { { .host = host, .family = AF_INET6 }, { .host = host, .family = AF_INET } },
                .results = { NOT_ANSWERED, NOT_ANSWERED },
        };
        _cleanup_(wgp_closep) int fd = open_socket(server, mark);
        int r = 0;

        if (fd < 0)
                return fd;
        x.fd = fd;
        for (size_t i = 0; i < WGP_ARRAY_SIZE(x.questions); i++)
                if (getrandom(&x.questions[i].id, sizeof(x.questions[i].id), 0) < 0)
                        return -errno;
        for (unsigned i = 0; r >= 0 && i < TRIES && !is_over(&x); i++)
                r = try(&x, found);

        if (found->n_addresses > 0)
                return 0;
        if (r < 0 || !is_over(&x))
                return r < 0 ? r : -ETIMEDOUT;
        return x.results[0] == WGP_DNS_E_SERVER || x.results[1] == WGP_DNS_E_SERVER ? -EREMOTEIO : -ENXIO;
}

/* Asks one server after the other, three seconds each, until one has addresses; port 0. Blocks. Returns 0, -ENXIO: of those
 * that have answered none has any, or another negative errno. */
int wgp_underlay_resolve(const char *host, uint32_t mark, const WgpNameServers *servers, WgpDnsFound *ret) {
        int result = -ENETUNREACH;

        for (size_t i = 0; i < servers->n; i++) {
                WgpDnsFound found = { .ttl = UINT32_MAX };
                int r;

                r = ask(host, mark, servers->items + i, &found);
                if (r >= 0) {
                        *ret = found;
                        return 0;
                }
                if (result != -ENXIO)
                        result = r;
        }
        return result;
}
