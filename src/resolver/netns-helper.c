/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Network namespace helper. It is forked off before this process has read anything from anybody, and this process
 * gives the capability up then; with NoNewPrivileges= no program that it starts gets it back. What the helper takes is
 * a name and a number, and it runs one program only. */

#include "resolver/netns-helper.h"

#include <limits.h>
#include <linux/capability.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <unistd.h>

#include "system/netns.h"
#include "system/root-path.h"

enum {
        ANSWER_SECONDS = 5, /* for opening a socket */
};

typedef enum RequestType {
        REQUEST_NETLINK,
        REQUEST_DATAGRAM,
        REQUEST_REPAIR,
} RequestType;

typedef struct Request {
        RequestType type;
        int number;              /* the protocol of a netlink socket; the family of one for datagrams */
        bool quiet;              /* the repair */
        char name[NAME_MAX + 1]; /* of the network namespace; of the tunnel */
} Request;

/* --- capabilities(7), without a library for two calls --- */

typedef struct __user_cap_header_struct Header;
typedef struct __user_cap_data_struct Data;

static int get_capabilities(Data data[static _LINUX_CAPABILITY_U32S_3]) {
        Header header = { .version = _LINUX_CAPABILITY_VERSION_3 };

        return syscall(SYS_capget, &header, data) < 0 ? -errno : 0;
}

static bool may_enter(void) {
        Data data[_LINUX_CAPABILITY_U32S_3];

        return get_capabilities(data) >= 0 && data[CAP_TO_INDEX(CAP_SYS_ADMIN)].effective & CAP_TO_MASK(CAP_SYS_ADMIN);
}

static int give_up_capability(void) {
        Header header = { .version = _LINUX_CAPABILITY_VERSION_3 };
        Data data[_LINUX_CAPABILITY_U32S_3], *d = data + CAP_TO_INDEX(CAP_SYS_ADMIN);
        const uint32_t mask = ~CAP_TO_MASK(CAP_SYS_ADMIN);
        int r;

        r = get_capabilities(data);
        if (r < 0)
                return r;
        d->effective &= mask;
        d->permitted &= mask;
        d->inheritable &= mask;
        return syscall(SYS_capset, &header, data) < 0 ? -errno : 0;
}

/* --- the helper --- */

/* Sends a number, and a descriptor unless it is negative. */
static int answer(int socket, int32_t number, int fd) {
        union {
                struct cmsghdr header;
                char room[CMSG_SPACE(sizeof(int))];
        } control = {};
        struct iovec iov = { &number, sizeof(number) };
        struct msghdr message = { .msg_iov = &iov, .msg_iovlen = 1 };

        if (fd >= 0) {
                message.msg_control = &control;
                message.msg_controllen = sizeof(control.room);
                control.header = (struct cmsghdr) {
                        .cmsg_level = SOL_SOCKET,
                        .cmsg_type = SCM_RIGHTS,
                        .cmsg_len = CMSG_LEN(sizeof(int)),
                };
                memcpy(CMSG_DATA(&control.header), &fd, sizeof(fd));
        }
        return sendmsg(socket, &message, MSG_NOSIGNAL) < 0 ? -errno : 0;
}

static int open_named(const Request *request, int *ret) {
        return strchr(request->name, '/') || *request->name == '.' ? -EINVAL : wgp_netns_open(request->name, ret);
}

static int answer_netlink(int socket, const Request *request) {
        _cleanup_(wgp_nl_socket_freep) WgpNlSocket *opened = NULL;
        _cleanup_(wgp_closep) int netns = -EBADF;
        int r;

        r = open_named(request, &netns);
        if (r >= 0)
                r = wgp_nl_socket_open_in(netns, request->number, &opened);
        return answer(socket, r, r < 0 ? -EBADF : opened->fd);
}

static int open_datagram_in(int netns, int family) {
        return wgp_socket_open_in(netns, family, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, /* protocol= */ 0);
}

static int answer_datagram(int socket, const Request *request) {
        _cleanup_(wgp_closep) int netns = -EBADF, opened = -EBADF;
        int r;

        r = request->number == AF_INET || request->number == AF_INET6 ? open_named(request, &netns) : -EINVAL;
        if (r >= 0)
                r = opened = open_datagram_in(netns, request->number);
        return answer(socket, WGP_MIN(r, 0), opened);
}

/* Makes the arguments of a repair. "*ret_root", which one of them may be, is to be freed by the caller. Returns 0, or
 * -ENOMEM. */
int wgp_repair_format(const WgpRepairCommand *command, const char *name, bool quiet,
                const char *ret_arguments[static WGP_REPAIR_ARGUMENTS], char **ret_root) {
        size_t n = 0;

        *ret_root = NULL;
        if (command->root && asprintf(ret_root, "--root=%s", command->root) < 0) {
                *ret_root = NULL;
                return -ENOMEM;
        }
        ret_arguments[n++] = command->apply;
        if (*ret_root)
                ret_arguments[n++] = *ret_root;
        ret_arguments[n++] = "--exit-code";
        if (quiet)
                ret_arguments[n++] = "--quiet";
        ret_arguments[n++] = "repair";
        ret_arguments[n++] = "--"; /* a name may begin with a minus */
        ret_arguments[n++] = name;
        ret_arguments[n] = NULL;
        return 0;
}

/* The repair is our parent's child: it waits for its end, and may end it. */
static int answer_repair(int socket, const Request *request, const WgpRepairCommand *command) {
        const char *argv[WGP_REPAIR_ARGUMENTS];
        _cleanup_(freep) char *root = NULL;
        sigset_t none;
        long pid;

        if (wgp_repair_format(command, request->name, request->quiet, argv, &root) < 0)
                return answer(socket, -ENOMEM, -EBADF);
        pid = syscall(SYS_clone, CLONE_PARENT | SIGCHLD, NULL, NULL, NULL, NULL);
        if (pid == 0) {
                sigemptyset(&none);
                (void) sigprocmask(SIG_SETMASK, &none, NULL);
                (void) execv(argv[0], (char *const *) argv);
                _exit(127);
        }
        return answer(socket, pid < 0 ? -errno : (int32_t) pid, -EBADF);
}

/* Ends when there is nobody any more who could ask. */
static _Noreturn void serve(int socket, const WgpRepairCommand *command) {
        for (;;) {
                Request request;
                const ssize_t n = recv(socket, &request, sizeof(request), 0);
                int r;

                if (n < 0 && errno == EINTR)
                        continue;
                if (n != sizeof(request))
                        _exit(n == 0 ? EXIT_SUCCESS : EXIT_FAILURE);
                request.name[sizeof(request.name) - 1] = 0;
                r = request.type == REQUEST_REPAIR   ? answer_repair(socket, &request, command) :
                    request.type == REQUEST_DATAGRAM ? answer_datagram(socket, &request) :
                                                       answer_netlink(socket, &request);
                if (r < 0)
                        _exit(EXIT_FAILURE);
        }
}

/* --- who asks --- */

/* Starts the helper, if this process may enter network namespaces, and gives up that it may. To be called before
 * anything is read that comes from outside. "command" is kept. Returns 0 or a negative errno. */
int wgp_netns_helper_start(WgpNetnsHelper *helper, const WgpRepairCommand *command) {
        const struct timeval limit = { .tv_sec = ANSWER_SECONDS };
        int ends[2];
        pid_t pid;

        *helper = WGP_NETNS_HELPER_NULL;
        if (!may_enter())
                return 0;
        if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends) < 0)
                return -errno;
        pid = fork();
        if (pid == 0) {
                (void) prctl(PR_SET_PDEATHSIG, SIGKILL);
                close(ends[0]);
                serve(ends[1], command);
        }
        close(ends[1]);
        helper->fd = ends[0];
        if (pid < 0)
                return -errno;
        if (setsockopt(helper->fd, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof(limit)) < 0)
                return -errno;
        return give_up_capability();
}

void wgp_netns_helper_done(WgpNetnsHelper *helper) {
        if (helper->fd >= 0)
                close(helper->fd);
        *helper = WGP_NETNS_HELPER_NULL;
}

/* Returns the helper's number, a negative errno being its own or ours; "*ret_fd" is a descriptor, if one came. */
static int ask(const WgpNetnsHelper *helper, Request *request, const char *name, int *ret_fd) {
        union {
                struct cmsghdr header;
                char room[CMSG_SPACE(sizeof(int))];
        } control = {};
        int32_t number = -EPROTO;
        struct iovec iov = { &number, sizeof(number) };
        struct msghdr message = {
                .msg_iov = &iov, .msg_iovlen = 1, .msg_control = &control, .msg_controllen = sizeof(control.room)
        };
        const struct cmsghdr *c;
        ssize_t n;

        if (snprintf(request->name, sizeof(request->name), "%s", name) >= (int) sizeof(request->name))
                return -ENAMETOOLONG;
        if (send(helper->fd, request, sizeof(*request), MSG_NOSIGNAL) < 0)
                return -errno;
        n = recvmsg(helper->fd, &message, MSG_CMSG_CLOEXEC);
        if (n < 0)
                return errno == EAGAIN ? -ETIMEDOUT : -errno;
        if (n != sizeof(number))
                return -EPIPE;
        c = CMSG_FIRSTHDR(&message);
        if (c && c->cmsg_level == SOL_SOCKET && c->cmsg_type == SCM_RIGHTS)
                memcpy(ret_fd, CMSG_DATA(c), sizeof(*ret_fd));
        return number;
}

/* As wgp_nl_socket_open_in(), by the helper if there is one. Returns 0 or a negative errno, those of wgp_netns_open()
 * among them. */
int wgp_netns_helper_open(const WgpNetnsHelper *helper, const char *netns, int protocol, WgpNlSocket **ret) {
        Request request = { .type = REQUEST_NETLINK, .number = protocol };
        _cleanup_(wgp_closep) int fd = -EBADF;
        int r;

        if (helper->fd < 0) {
                r = wgp_netns_open(netns, &fd);
                return r < 0 ? r : wgp_nl_socket_open_in(fd, protocol, ret);
        }
        r = ask(helper, &request, netns, &fd);
        if (r < 0)
                return r;
        return fd < 0 ? -EPROTO : wgp_nl_socket_adopt(TAKE_FD(fd), ret);
}

/* Opens a socket for datagrams there, likewise; it does not block. Returns 0 or a negative errno. */
int wgp_netns_helper_open_datagram(const WgpNetnsHelper *helper, const char *netns, int family, int *ret) {
        Request request = { .type = REQUEST_DATAGRAM, .number = family };
        _cleanup_(wgp_closep) int namespace = -EBADF;
        int fd = -EBADF, r;

        if (helper->fd < 0) {
                r = wgp_netns_open(netns, &namespace);
                if (r >= 0)
                        r = fd = open_datagram_in(namespace, family);
        } else
                r = ask(helper, &request, netns, &fd);
        if (r < 0)
                return r;
        *ret = fd;
        return fd < 0 ? -EPROTO : 0;
}

/* Starts the repair of a tunnel in a network namespace, as a child of this process. Returns 0 or a negative errno. */
int wgp_netns_helper_repair(const WgpNetnsHelper *helper, const char *name, bool quiet, pid_t *ret) {
        Request request = { .type = REQUEST_REPAIR, .quiet = quiet };
        _cleanup_(wgp_closep) int fd = -EBADF;
        int r;

        r = ask(helper, &request, name, &fd);
        if (r <= 0)
                return r < 0 ? r : -EPROTO;
        *ret = r;
        return 0;
}
