/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Sends one packet through a tunnel's link, so that WireGuard shows itself to the peer. */

#include "resolver/packet.h"

#include <sys/socket.h>
#include <unistd.h>

#include "model/prefix.h"
#include "netlink/nl-socket.h"
#include "system/netns.h"
#include "system/root-path.h"

enum {
        DISCARD_PORT = 9, /* RFC 863 */
        /* With the headers of IPv4 or IPv6 and of UDP, and the padding to 16, no multiple of 32: what the peer is sent
         * does not look like keepalives, which nobody answers. */
        PAYLOAD_SIZE = 18,
};

/* The first address of a prefix that may be a host's. */
static void find_host(const WgpPrefix *inside, WgpSockaddr *ret) {
        unsigned bits = wgp_family_bits(inside->family);
        WgpPrefix host = *inside;

        if (inside->length < bits)
                host.bytes[bits / 8 - 1] |= 1;
        wgp_sockaddr_from_prefix(&host, DISCARD_PORT, ret);
}

static int open_socket(const WgpNetnsHelper *helper, const char *netns, int family, int *ret) {
        if (netns)
                return wgp_netns_helper_open_datagram(helper, netns, family, ret);
        *ret = socket(family, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
        return *ret < 0 ? -errno : 0;
}

/* Sends a packet to an address of a prefix, by the link of that name, in the network namespace of that name; NULL:
 * this one. Returns 0 or a negative errno. */
int wgp_packet_send(const WgpNetnsHelper *helper, const char *netns, const char *ifname, const WgpPrefix *inside) {
        static const uint8_t payload[PAYLOAD_SIZE];
        _cleanup_(wgp_closep) int fd = -EBADF;
        WgpSockaddr to;
        int r;

        find_host(inside, &to);
        r = open_socket(helper, netns, to.family, &fd);
        if (r < 0)
                return r;
        if (setsockopt(fd, SOL_SOCKET, SO_BINDTODEVICE, ifname, (socklen_t) strlen(ifname)) < 0)
                return -errno;
        return sendto(fd, payload, sizeof(payload), MSG_NOSIGNAL, &to.sa,
                               to.family == AF_INET ? sizeof(to.in) : sizeof(to.in6)) < 0 ?
                               -errno :
                               0;
}
