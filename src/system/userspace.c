/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Talks to a userspace WireGuard daemon by its socket. The daemon ends by itself when its link is deleted. */

#include "system/userspace.h"

#include <poll.h>
#include <stdio.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>

#include "netlink/uapi.h"
#include "system/public-key.h"
#include "system/root-path.h"

enum {
        REPLY_TIMEOUT_SEC = 30, /* ten thousand peers take several; one that is silent so long is as good as dead */
        END_TIMEOUT_MSEC = 5000,
        PORT_TIMEOUT_MSEC = 5000, /* a daemon's last steps take milliseconds, or a second when its processor was lent
                                     out */
};

static void set_address(struct sockaddr_un *address, const char *ifname) {
        *address = (struct sockaddr_un) { .sun_family = AF_UNIX };
        snprintf(address->sun_path, sizeof(address->sun_path), "/run/wireguard/%s.sock", ifname);
}

/* "seconds": how long each step of the conversation may take. */
static int connect_to(const char *ifname, unsigned seconds, int *ret) {
        struct timeval timeout = { .tv_sec = seconds };
        _cleanup_(wgp_closep) int fd = -EBADF;
        struct sockaddr_un address;

        fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
        if (fd < 0)
                return -errno;
        set_address(&address, ifname);
        if (setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &timeout, sizeof(timeout)) < 0 ||
                        setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &timeout, sizeof(timeout)) < 0 ||
                        connect(fd, (const struct sockaddr *) &address, sizeof(address)) < 0)
                return errno == EAGAIN ? -ETIMEDOUT : -errno; /* its queue is full */

        *ret = TAKE_FD(fd);
        return 0;
}

/* Connects to the daemon of a link. Returns 0 or a negative errno. */
int wgp_userspace_open(const char *ifname, int *ret) {
        return connect_to(ifname, REPLY_TIMEOUT_SEC, ret);
}

/* Waits until the daemon, whose link was deleted, has ended: it removes its socket on the way, and would remove that
 * of a new daemon for a link of the same name. Returns false when it has not ended after a while. */
bool wgp_userspace_wait(int fd) {
        struct pollfd p = { .fd = fd, .events = POLLIN };

        return poll(&p, 1, END_TIMEOUT_MSEC) > 0;
}

/* Ends the daemon of a link that cannot be reached: it ends when its socket's file is removed, and its link goes, too.
 */
void wgp_userspace_end(const char *ifname) {
        _cleanup_(wgp_closep) int fd = -EBADF;
        struct sockaddr_un address;

        if (wgp_userspace_open(ifname, &fd) < 0)
                return;
        set_address(&address, ifname);
        if (unlink(address.sun_path) >= 0)
                (void) wgp_userspace_wait(fd);
}

static int send_all(int fd, const char *text, size_t size) {
        while (size > 0) {
                ssize_t n = send(fd, text, size, MSG_NOSIGNAL);

                if (n < 0 && errno == EINTR)
                        continue;
                if (n < 0)
                        return errno == EAGAIN ? -ETIMEDOUT : -errno;
                text += n;
                size -= (size_t) n;
        }
        return 0;
}

/* Reads a whole reply, which may hold key material, through a buffer that no line is longer than. */
static int receive_reply(int fd, WgpUapiReader *reader) {
        enum {
                SIZE = 64 * 1024
        };
        char *buffer = malloc(SIZE);
        size_t size = 0;
        int r = buffer ? 0 : -ENOMEM;

        while (r >= 0 && !reader->complete) {
                size_t n_read;
                ssize_t n = recv(fd, buffer + size, SIZE - size, 0);

                if (n < 0 && errno == EINTR)
                        continue;
                if (n < 0)
                        r = errno == EAGAIN ? -ETIMEDOUT : -errno;
                else if (n == 0)
                        r = size == SIZE ? -EBADMSG : -EPIPE;
                else
                        r = wgp_uapi_reader_feed(reader, buffer, size + (size_t) n, &n_read);
                if (r < 0)
                        break;
                size += (size_t) n - n_read;
                memmove(buffer, buffer + n_read, size);
        }
        wgp_wipe_free(buffer, SIZE);
        return r;
}

/* Connects and sends a request. Returns 0 or a negative errno. */
static int request(const char *ifname, unsigned seconds, const char *text, size_t size, int *ret) {
        _cleanup_(wgp_closep) int fd = -EBADF;
        int r;

        r = connect_to(ifname, seconds, &fd);
        if (r >= 0)
                r = send_all(fd, text, size);
        if (r >= 0)
                *ret = TAKE_FD(fd);
        return r;
}

static int converse(const char *ifname, unsigned seconds, const char *text, size_t size, WgpUapiReader *reader) {
        _cleanup_(wgp_closep) int fd = -EBADF;
        int r;

        r = request(ifname, seconds, text, size, &fd);
        return r < 0 ? r : receive_reply(fd, reader);
}

/* Waits until the daemon of a link, which has just been started, answers. Returns 0 or a negative errno: -ETIMEDOUT.
 */
int wgp_userspace_await(const char *ifname) {
        _cleanup_(wgp_uapi_reader_done) WgpUapiReader ignored = {};

        return converse(ifname, REPLY_TIMEOUT_SEC, WGP_UAPI_GET, strlen(WGP_UAPI_GET), &ignored);
}

/* The daemon does not tell its own public key. Without libsodium, a peer that is this very tunnel is not recognised,
 * and nothing else is lost. */
static int public_key(const uint8_t private_key[WGP_KEY_SIZE], uint8_t ret[WGP_KEY_SIZE]) {
        int r;

        memset(ret, 0, WGP_KEY_SIZE);
        r = wgp_public_key_derive(private_key, ret);
        return r == -EINVAL ? r : 0;
}

/* Asks the daemon of a link for its device. The answer, for which it needs 20 ms when it has ten thousand peers, may
 * be taken a little later, and is about now; one that is larger than a socket's buffer keeps the daemon from all else.
 * Returns 0 with what wgp_userspace_take_answer() reads, to be closed by the caller; or a negative errno: -ENOENT or
 * -ECONNREFUSED when no daemon serves that link. */
int wgp_userspace_ask(const char *ifname, int *ret) {
        return request(ifname, REPLY_TIMEOUT_SEC, WGP_UAPI_GET, strlen(WGP_UAPI_GET), ret);
}

/* "ret" is empty, but may have room for peers. Returns 0 or a negative errno: -ETIMEDOUT when there is no answer. */
int wgp_userspace_take_answer(int fd, WgpDevice *ret) {
        static const WgpUapiLookup lookup = { .public_key = public_key, .scope = if_nametoindex };
        _cleanup_(wgp_uapi_reader_done) WgpUapiReader reader = { .lookup = &lookup, .device = *ret };
        int r;

        *ret = (WgpDevice) {};
        r = receive_reply(fd, &reader);
        return r < 0 ? r : wgp_uapi_reader_take_device(&reader, ret);
}

/* Both at once. "seconds": how long the daemon may be silent, until that is -ETIMEDOUT. */
int wgp_userspace_get_within(const char *ifname, unsigned seconds, WgpDevice *ret) {
        _cleanup_(wgp_closep) int fd = -EBADF;
        int r;

        r = request(ifname, seconds, WGP_UAPI_GET, strlen(WGP_UAPI_GET), &fd);
        return r < 0 ? r : wgp_userspace_take_answer(fd, ret);
}

int wgp_userspace_get(const char *ifname, WgpDevice *ret) {
        return wgp_userspace_get_within(ifname, REPLY_TIMEOUT_SEC, ret);
}

static int bind_once(const WgpSockaddr *address, socklen_t size) {
        _cleanup_(wgp_closep) int fd = socket(address->family, SOCK_DGRAM | SOCK_CLOEXEC, 0);

        if (fd < 0)
                return errno == EAFNOSUPPORT ? 0 : -errno;
        if (address->family == AF_INET6 && setsockopt(fd, IPPROTO_IPV6, IPV6_V6ONLY, &(int) { 1 }, sizeof(int)) < 0)
                return -errno;
        return bind(fd, &address->sa, size) < 0 && errno != EADDRNOTAVAIL ? -errno : 0;
}

static int bind_both(uint16_t port) {
        int r;

        r = bind_once(&(WgpSockaddr) { .in = { .sin_family = AF_INET, .sin_port = htons(port) } },
                        sizeof(struct sockaddr_in));
        return r < 0 ? r :
                       bind_once(&(WgpSockaddr) { .in6 = { .sin6_family = AF_INET6, .sin6_port = htons(port) } },
                                       sizeof(struct sockaddr_in6));
}

/* Whether a daemon will get a port. It binds when its link comes up, which nobody waits for, and takes another port
 * without a word when that one is taken (wireguard-go 0.0.20220316). The daemon before it may have hung up, and still
 * be about to close its port. Returns 0 or a negative errno: -EADDRINUSE. */
static int check_port(uint16_t port) {
        enum {
                PAUSE_MSEC = 20
        };
        int r;

        for (int waited = 0; (r = bind_both(port)) == -EADDRINUSE && waited < PORT_TIMEOUT_MSEC; waited += PAUSE_MSEC)
                (void) nanosleep(&(struct timespec) { .tv_nsec = PAUSE_MSEC * 1000 * 1000 }, NULL);
        return r;
}

/* Returns 0 or a negative errno, the daemon's among them. It applies line by line: what came before an error stays;
 * and after -ETIMEDOUT it may still apply all. */
int wgp_userspace_set_within(const char *ifname, unsigned seconds, const WgpDeviceChange *change) {
        _cleanup_(wgp_uapi_reader_done) WgpUapiReader reader = {};
        char *text = NULL;
        size_t size = 0;
        int r;

        if (change->set_listen_port && change->listen_port > 0) {
                r = check_port(change->listen_port);
                if (r < 0)
                        return r;
        }
        r = wgp_uapi_format_set(change, &text, &size);
        if (r >= 0)
                r = converse(ifname, seconds, text, size, &reader);
        wgp_wipe_free(text, size);
        return r < 0 ? r : wgp_uapi_reader_result(&reader);
}

int wgp_userspace_set(const char *ifname, const WgpDeviceChange *change) {
        return wgp_userspace_set_within(ifname, REPLY_TIMEOUT_SEC, change);
}
