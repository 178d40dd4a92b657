/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* floor [--changes] [--await-end] RECORD IFNAME IFINDEX: sends again what a run of wg-profile-apply sent (witness.c
 * wrote it down), byte by byte and in its order, waits for the kernel's and the daemon's answers, and does nothing
 * else: it reads no profile, keeps no record, looks at no answer but for its end. A program that brings about the same
 * is hardly faster.
 *
 * IFINDEX is the index that the link had when the record was made; the messages get the present one. --changes leaves
 * out the questions: what is there is not looked at. --await-end waits in the end until the link's daemon has ended,
 * too. An error that the kernel answers a change with ends the program. */

#define _GNU_SOURCE
#include <err.h>
#include <errno.h>
#include <fcntl.h>
#include <getopt.h>
#include <linux/genetlink.h>
#include <linux/rtnetlink.h>
#include <linux/wireguard.h>
#include <net/if.h>
#include <poll.h>
#include <spawn.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include "record.h"

enum {
        BUFFER_SIZE = 1024 * 1024,
        N_PROTOCOLS = NETLINK_GENERIC + 1,
};

typedef struct Floor {
        const char *ifname;
        unsigned recorded, present; /* the link's index; "present" is 0 until the first message that needs it */
        bool changes_only, await_end;
        int sockets[N_PROTOCOLS]; /* 0: not open */
        int uapi;                 /* 0: no request under way */
        char *buffer;
} Floor;

/* --- netlink --- */

static bool is_question(int protocol, const struct nlmsghdr *message) {
        const struct genlmsghdr *generic = NLMSG_DATA(message);

        if (protocol == NETLINK_GENERIC) /* the number of the family was asked for, too */
                return message->nlmsg_type == GENL_ID_CTRL || generic->cmd == WG_CMD_GET_DEVICE;
        return (message->nlmsg_type - RTM_BASE) % 4 == 2;
}

static void renumber(Floor *f, void *where) {
        unsigned index;

        memcpy(&index, where, sizeof(index));
        if (index == 0 || index != f->recorded)
                return;
        if (f->present == 0)
                f->present = if_nametoindex(f->ifname);
        if (f->present == 0)
                err(EXIT_FAILURE, "%s", f->ifname);
        memcpy(where, &f->present, sizeof(f->present));
}

static void renumber_route(Floor *f, struct nlmsghdr *message) {
        struct rtattr *attribute = RTM_RTA(NLMSG_DATA(message));

        for (unsigned n = RTM_PAYLOAD(message); RTA_OK(attribute, n); attribute = RTA_NEXT(attribute, n))
                if (attribute->rta_type == RTA_OIF)
                        renumber(f, RTA_DATA(attribute));
}

static void renumber_message(Floor *f, int protocol, struct nlmsghdr *message) {
        message->nlmsg_pid = 0;
        if (protocol == NETLINK_GENERIC) {
                struct nlattr *first = (struct nlattr *) ((char *) NLMSG_DATA(message) + GENL_HDRLEN);

                if (message->nlmsg_type != GENL_ID_CTRL && first->nla_type == WGDEVICE_A_IFINDEX)
                        renumber(f, first + 1);
                return;
        }
        switch (message->nlmsg_type) {
        case RTM_NEWLINK:
        case RTM_DELLINK:
        case RTM_GETLINK:
                renumber(f, &((struct ifinfomsg *) NLMSG_DATA(message))->ifi_index);
                break;
        case RTM_NEWADDR:
        case RTM_DELADDR:
        case RTM_GETADDR:
                renumber(f, &((struct ifaddrmsg *) NLMSG_DATA(message))->ifa_index);
                break;
        case RTM_NEWROUTE:
        case RTM_DELROUTE:
        case RTM_GETROUTE:
                renumber_route(f, message);
                break;
        }
}

static int open_netlink(Floor *f, int protocol) {
        int *fd = f->sockets + protocol;

        if (*fd == 0) {
                *fd = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, protocol);
                if (*fd < 0)
                        err(EXIT_FAILURE, "socket");
                if (setsockopt(*fd, SOL_SOCKET, SO_RCVBUFFORCE, &(int) { 4 * BUFFER_SIZE }, sizeof(int)) < 0 ||
                                setsockopt(*fd, SOL_SOCKET, SO_SNDBUFFORCE, &(int) { BUFFER_SIZE }, sizeof(int)) < 0)
                        err(EXIT_FAILURE, "setsockopt");
        }
        return *fd;
}

/* Reads to the answer to the last message that was sent. "refusable": an error is an answer like any other. */
static void await(Floor *f, int fd, uint32_t last, bool refusable) {
        for (;;) {
                ssize_t n = recv(fd, f->buffer, BUFFER_SIZE, 0);
                unsigned left = (unsigned) n;

                if (n < 0)
                        err(EXIT_FAILURE, "recv");
                for (struct nlmsghdr *m = (struct nlmsghdr *) f->buffer; NLMSG_OK(m, left); m = NLMSG_NEXT(m, left)) {
                        int error = m->nlmsg_type == NLMSG_ERROR ? *(int *) NLMSG_DATA(m) : 0;

                        if (error < 0 && !refusable)
                                errx(EXIT_FAILURE, "the kernel refused a message: %s", strerror(-error));
                        if ((m->nlmsg_type == NLMSG_ERROR || m->nlmsg_type == NLMSG_DONE) && m->nlmsg_seq == last)
                                return;
                }
        }
}

static void send_netlink(Floor *f, int protocol, char *data, size_t size) {
        bool questions = is_question(protocol, (struct nlmsghdr *) data); /* never mixed with changes */
        unsigned left = (unsigned) size;
        uint32_t last = 0;
        uint16_t type = 0;
        int fd;

        if (questions && f->changes_only)
                return;
        for (struct nlmsghdr *m = (struct nlmsghdr *) data; NLMSG_OK(m, left); m = NLMSG_NEXT(m, left)) {
                renumber_message(f, protocol, m);
                last = m->nlmsg_seq;
                type = m->nlmsg_type;
        }
        fd = open_netlink(f, protocol);
        if (send(fd, data, size, 0) < 0)
                err(EXIT_FAILURE, "send");
        await(f, fd, last, questions || type == RTM_NEWLINK); /* no such kind of link: then the daemon is started */
}

/* --- the daemon --- */

static void start_daemon(const char *program, char *ifname) {
        posix_spawn_file_actions_t actions;
        int status;
        pid_t pid;

        posix_spawn_file_actions_init(&actions);
        for (int fd = STDIN_FILENO; fd <= STDERR_FILENO; fd++)
                posix_spawn_file_actions_addopen(&actions, fd, "/dev/null", O_RDWR, 0);
        if (posix_spawnp(&pid, program, &actions, NULL, (char *[]) { (char *) program, ifname, NULL }, environ) != 0 ||
                        waitpid(pid, &status, 0) < 0 || status != 0)
                errx(EXIT_FAILURE, "%s %s has failed", program, ifname);
        posix_spawn_file_actions_destroy(&actions);
}

static int connect_daemon(const char *path) {
        struct sockaddr_un address = { .sun_family = AF_UNIX };
        int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);

        strncpy(address.sun_path, path, sizeof(address.sun_path) - 1);
        if (fd < 0 || connect(fd, (struct sockaddr *) &address, sizeof(address)) < 0)
                err(EXIT_FAILURE, "%s", path);
        return fd;
}

/* A request may have taken several send(2); it ends with an empty line, as does the answer. */
static void send_uapi(Floor *f, const char *path, const char *data, size_t size) {
        static const char done[] = "errno=0\n\n";
        size_t n_answer = 0;

        if (f->uapi == 0)
                f->uapi = connect_daemon(path);
        for (size_t sent = 0; sent < size;) {
                ssize_t n = send(f->uapi, data + sent, size - sent, MSG_NOSIGNAL);

                if (n < 0)
                        err(EXIT_FAILURE, "%s", path);
                sent += (size_t) n;
        }
        if (size < 2 || memcmp(data + size - 2, "\n\n", 2) != 0)
                return;

        do { /* the end of what came before stays in front */
                ssize_t n = recv(f->uapi, f->buffer + n_answer, BUFFER_SIZE - n_answer, 0);

                if (n <= 0)
                        err(EXIT_FAILURE, "%s", path);
                n_answer += (size_t) n;
                if (n_answer > BUFFER_SIZE / 2) {
                        memcpy(f->buffer, f->buffer + n_answer - strlen(done), strlen(done));
                        n_answer = strlen(done);
                }
        } while (n_answer < 2 || memcmp(f->buffer + n_answer - 2, "\n\n", 2) != 0);
        if (n_answer < strlen(done) || memcmp(f->buffer + n_answer - strlen(done), done, strlen(done)) != 0)
                errx(EXIT_FAILURE, "the daemon refused a request");
        close(f->uapi);
        f->uapi = 0;
}

/* --- all --- */

static char *load(const char *path, size_t *ret_size) {
        struct stat st;
        char *data;
        int fd;

        fd = open(path, O_RDONLY | O_CLOEXEC);
        if (fd < 0 || fstat(fd, &st) < 0)
                err(EXIT_FAILURE, "%s", path);
        *ret_size = (size_t) st.st_size;
        if (st.st_size == 0)
                return NULL;
        data = mmap(NULL, *ret_size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_POPULATE, fd, 0);
        if (data == MAP_FAILED)
                err(EXIT_FAILURE, "%s", path);
        close(fd);
        return data;
}

static void repeat(Floor *f, RecordFrame *frame) {
        char *head = (char *) (frame + 1), *data = head + RECORD_ALIGN(frame->n_head);

        switch (frame->type) {
        case RECORD_NETLINK:
                send_netlink(f, *(int *) head, data, frame->n_data);
                break;
        case RECORD_UAPI:
                if (!f->changes_only || strncmp(data, "get=", strlen("get=")) != 0)
                        send_uapi(f, head, data, frame->n_data);
                break;
        case RECORD_START:
                start_daemon(head, data);
                break;
        default:
                errx(EXIT_FAILURE, "the record is damaged");
        }
}

static void parse_options(int argc, char *argv[], Floor *f) {
        static const struct option options[] = {
                { "changes", no_argument, NULL, 'c' },
                { "await-end", no_argument, NULL, 'e' },
                {},
        };

        for (int c; (c = getopt_long(argc, argv, "", options, NULL)) >= 0;) {
                f->changes_only = f->changes_only || c == 'c';
                f->await_end = f->await_end || c == 'e';
                if (c == '?')
                        exit(2);
        }
        if (argc - optind != 3)
                errx(2, "usage: floor [--changes] [--await-end] RECORD IFNAME IFINDEX");
}

int main(int argc, char *argv[]) {
        char *data, socket_path[108];
        int daemon = -1;
        Floor f = {};
        size_t size;

        parse_options(argc, argv, &f);
        f.ifname = argv[optind + 1];
        f.recorded = (unsigned) strtoul(argv[optind + 2], NULL, 10);
        data = load(argv[optind], &size);
        f.buffer = malloc(BUFFER_SIZE);
        if (!f.buffer)
                err(EXIT_FAILURE, "malloc");

        snprintf(socket_path, sizeof(socket_path), "/run/wireguard/%s.sock", f.ifname);
        if (f.await_end)
                daemon = connect_daemon(socket_path);
        for (size_t at = 0; at < size;) {
                RecordFrame *frame = (RecordFrame *) (data + at);

                at += sizeof(*frame) + RECORD_ALIGN(frame->n_head) + RECORD_ALIGN(frame->n_data);
                if (at > size)
                        errx(EXIT_FAILURE, "%s is cut short", argv[optind]);
                repeat(&f, frame);
        }
        if (f.await_end && poll(&(struct pollfd) { .fd = daemon, .events = POLLIN }, 1, 5000) <= 0)
                errx(EXIT_FAILURE, "the daemon does not end");
        return EXIT_SUCCESS;
}
