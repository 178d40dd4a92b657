/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* witness: a library for LD_PRELOAD that watches a program from inside.
 *
 *   WGP_WITNESS_RECORD=FILE   appends each request that goes to the kernel over netlink, each that goes to a WireGuard
 * daemon over its socket, and the start of such a daemon: frames as in record.h, for the floor program
 *   WGP_WITNESS_MEMORY=FILE   appends, when the program ends, a line: its name, the most memory it had, in KiB
 *
 * The memory is that of the program alone. What wait4(2) says has the children's in it, and the parent's before exec.
 */

#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/uio.h>
#include <sys/un.h>
#include <unistd.h>

#include "record.h"

/* One write(2) of an O_APPEND file is one piece, whoever else writes. */
static void append(const char *variable, const struct iovec *iov, int n_iov) {
        const char *path = getenv(variable);
        int fd = path ? open(path, O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC, 0600) : -1;

        if (fd < 0)
                return;
        if (writev(fd, iov, n_iov) < 0)
                abort(); /* a record with holes would make a floor that is too low */
        close(fd);
}

static void keep(RecordType type, const void *head, size_t n_head, const void *data, size_t n_data) {
        static const char fill[4];
        RecordFrame frame = { .type = type, .n_head = (uint32_t) n_head, .n_data = (uint32_t) n_data };

        append("WGP_WITNESS_RECORD",
                        (struct iovec[]) {
                                        { &frame, sizeof(frame) },
                                        { (void *) head, n_head },
                                        { (void *) fill, RECORD_ALIGN(n_head) - n_head },
                                        { (void *) data, n_data },
                                        { (void *) fill, RECORD_ALIGN(n_data) - n_data },
                        },
                        5);
}

static void keep_sent(int fd, const void *data, size_t size) {
        struct sockaddr_un peer = {};
        socklen_t n_peer = sizeof(peer) - 1, n_protocol = sizeof(int);
        int protocol;

        if (getsockname(fd, (struct sockaddr *) &peer, &n_peer) < 0)
                return;
        if (peer.sun_family == AF_NETLINK && getsockopt(fd, SOL_SOCKET, SO_PROTOCOL, &protocol, &n_protocol) >= 0)
                keep(RECORD_NETLINK, &protocol, sizeof(protocol), data, size);

        n_peer = sizeof(peer) - 1;
        if (peer.sun_family == AF_UNIX && getpeername(fd, (struct sockaddr *) &peer, &n_peer) >= 0 &&
                        strstr(peer.sun_path, "/run/wireguard/")) /* wireguard-go says /var/run */
                keep(RECORD_UAPI, peer.sun_path, strlen(peer.sun_path) + 1, data, size);
}

ssize_t send(int fd, const void *data, size_t size, int flags) {
        static typeof(send) *real;
        ssize_t n;

        if (!real)
                *(void **) &real = dlsym(RTLD_NEXT, "send");
        n = real(fd, data, size, flags);
        if (n > 0)
                keep_sent(fd, data, (size_t) n);
        return n;
}

ssize_t sendmsg(int fd, const struct msghdr *message, int flags) {
        static typeof(sendmsg) *real;
        ssize_t n;

        if (!real)
                *(void **) &real = dlsym(RTLD_NEXT, "sendmsg");
        n = real(fd, message, flags);
        if (n > 0 && message->msg_iovlen == 1)
                keep_sent(fd, message->msg_iov[0].iov_base, (size_t) n);
        return n;
}

/* "program": a path, or a name for $PATH. */
static void keep_start(const char *program, char *const argv[]) {
        if (argv[0] && argv[1] && !argv[2]) /* wireguard-go IFNAME */
                keep(RECORD_START, program, strlen(program) + 1, argv[1], strlen(argv[1]) + 1);
}

int posix_spawn(pid_t *ret, const char *path, const posix_spawn_file_actions_t *actions,
                const posix_spawnattr_t *attributes, char *const argv[], char *const envp[]) {
        static typeof(posix_spawn) *real;

        if (!real)
                *(void **) &real = dlsym(RTLD_NEXT, "posix_spawn");
        keep_start(path, argv);
        return real(ret, path, actions, attributes, argv, envp);
}

int posix_spawnp(pid_t *ret, const char *file, const posix_spawn_file_actions_t *actions,
                const posix_spawnattr_t *attributes, char *const argv[], char *const envp[]) {
        static typeof(posix_spawnp) *real;

        if (!real)
                *(void **) &real = dlsym(RTLD_NEXT, "posix_spawnp");
        keep_start(file, argv);
        return real(ret, file, actions, attributes, argv, envp);
}

__attribute__((destructor)) static void tell_memory(void) {
        char line[128], status[4096];
        const char *peak;
        ssize_t n;
        int fd;

        if (!getenv("WGP_WITNESS_MEMORY"))
                return;
        fd = open("/proc/self/status", O_RDONLY | O_CLOEXEC);
        n = fd >= 0 ? read(fd, status, sizeof(status) - 1) : -1;
        if (fd >= 0)
                close(fd);
        if (n <= 0)
                return;
        status[n] = 0;
        peak = strstr(status, "VmHWM:");
        if (!peak)
                return;
        n = snprintf(line, sizeof(line), "%s %ld\n", program_invocation_short_name, atol(peak + strlen("VmHWM:")));
        append("WGP_WITNESS_MEMORY", &(struct iovec) { line, (size_t) n }, 1);
}
