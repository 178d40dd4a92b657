/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Does what the manager asks of the kernel, or of a tunnel's userspace daemon. */

#include "resolver/kernel.h"

#include <linux/rtnetlink.h>

#include "model/prefix.h"
#include "netlink/nl-query.h"
#include "netlink/rt-message.h"
#include "netlink/wg-message.h"
#include "resolver/packet.h"
#include "system/netns.h"
#include "system/root-path.h"
#include "system/userspace.h"

enum {
        SET_SIZE = 512,     /* one peer with its endpoint takes 120 bytes */
        DAEMON_SECONDS = 3, /* meanwhile all else waits; the manager leaves one that needs longer alone for a while */
};

int wgp_kernel_init(WgpKernel *kernel, const WgpNetnsHelper *helper) {
        *kernel = (WgpKernel) { .helper = helper };
        return wgp_nl_socket_open(NETLINK_ROUTE, &kernel->route);
}

void wgp_kernel_done(WgpKernel *kernel) {
        wgp_nl_socket_free(kernel->route);
        wgp_nl_socket_free(kernel->generic);
        *kernel = (WgpKernel) {};
}

/* Opens a socket to the network namespace of a tunnel: "*ret" is to be closed after use. An open one would keep the
 * namespace when others have deleted it. Returns 0 or a negative errno; -ENODEV: there is no such namespace any more.
 */
static int open_in(WgpKernel *kernel, const WgpTunnel *tunnel, int protocol, WgpNlSocket **ret) {
        int r;

        r = wgp_netns_helper_open(kernel->helper, tunnel->netns, protocol, ret);
        kernel->denied = kernel->denied || r == -EPERM;
        return r == -ENOENT || r == -EMEDIUMTYPE ? -ENODEV : r;
}

/* --- WireGuard --- */

/* Chooses the socket to the tunnel's device. "*opened" is the one to be closed after use, if any. */
static int open_generic(WgpKernel *kernel, const WgpTunnel *tunnel, WgpNlSocket **opened, WgpNlSocket **ret) {
        int r = 0;

        if (tunnel->netns)
                r = open_in(kernel, tunnel, NETLINK_GENERIC, opened);
        else if (!kernel->generic)
                r = wgp_nl_socket_open(NETLINK_GENERIC, &kernel->generic);
        if (r < 0)
                return r;
        *ret = *opened ?: kernel->generic;
        return wgp_nl_query_wireguard(*ret, &kernel->wireguard);
}

static int get_from_kernel(WgpKernel *kernel, const WgpTunnel *tunnel, WgpDevice *ret) {
        _cleanup_(wgp_nl_socket_freep) WgpNlSocket *opened = NULL;
        WgpNlSocket *generic;
        int r;

        r = open_generic(kernel, tunnel, &opened, &generic);
        return r < 0 ? r : wgp_nl_query_device(generic, kernel->wireguard, tunnel->ifindex, ret);
}

static int get_device(void *userdata, const WgpTunnel *tunnel, WgpDevice *ret) {
        return tunnel->backend == WGP_BACKEND_USERSPACE ?
                               wgp_userspace_get_within(tunnel->ifname, DAEMON_SECONDS, ret) :
                               get_from_kernel(userdata, tunnel, ret);
}

static int set_in_kernel(WgpKernel *kernel, const WgpTunnel *tunnel, const WgpDeviceChange *change) {
        _cleanup_(wgp_nl_socket_freep) WgpNlSocket *opened = NULL;
        _Alignas(struct nlmsghdr) uint8_t buffer[SET_SIZE];
        WgpWgCursor cursor = {};
        WgpNlSocket *generic;
        int r;

        r = open_generic(kernel, tunnel, &opened, &generic);
        if (r < 0)
                return r;
        r = wgp_wg_message_encode(buffer, sizeof(buffer), &(WgpWgTarget) { kernel->wireguard, tunnel->ifindex },
                        change, &cursor);
        if (r != 0)
                return r < 0 ? r : -EMSGSIZE;
        return wgp_nl_socket_request(generic, (struct nlmsghdr *) buffer, NULL, NULL);
}

static int set_device(void *userdata, const WgpTunnel *tunnel, const WgpDeviceChange *change) {
        return tunnel->backend == WGP_BACKEND_USERSPACE ?
                               wgp_userspace_set_within(tunnel->ifname, DAEMON_SECONDS, change) :
                               set_in_kernel(userdata, tunnel, change);
}

/* --- routes and links --- */

/* Chooses the socket to the tunnel's link. "*opened" is the one to be closed after use, if any. */
static int open_route(WgpKernel *kernel, const WgpTunnel *tunnel, WgpNlSocket **opened, WgpNlSocket **ret) {
        int r;

        r = tunnel->netns ? open_in(kernel, tunnel, NETLINK_ROUTE, opened) : 0;
        if (r >= 0)
                *ret = *opened ?: kernel->route;
        return r;
}

/* Whether the tunnel's link is there. Returns 1 or 0, or a negative errno. */
int wgp_kernel_has_link(WgpKernel *kernel, const WgpTunnel *tunnel) {
        _cleanup_(wgp_nl_socket_freep) WgpNlSocket *opened = NULL;
        WgpNlSocket *route;
        WgpLink link = {};
        int r;

        r = open_route(kernel, tunnel, &opened, &route);
        if (r >= 0)
                r = wgp_nl_query_link(route, tunnel->ifindex, /* name= */ NULL, &link);
        return r == -ENODEV ? 0 : r < 0 ? r : 1;
}

static uint32_t find_mtu(WgpKernel *kernel, const WgpRoute *route) {
        WgpLink link = {};

        if (route->metrics_set & 1U << WGP_ROUTE_MTU)
                return route->metrics[WGP_ROUTE_MTU];
        if (kernel->mtu_ifindex == route->ifindex)
                return kernel->mtu;
        if (wgp_nl_query_link(kernel->route, route->ifindex, /* name= */ NULL, &link) < 0)
                return 0;
        kernel->mtu_ifindex = route->ifindex;
        kernel->mtu = link.mtu;
        return link.mtu;
}

/* Thousands of paths lead over one link. To be called after each run of the manager. */
void wgp_kernel_forget_mtu(WgpKernel *kernel) {
        kernel->mtu_ifindex = 0;
}

/* The path that an outer packet of the tunnel would take, as rules may look at all of it. One that leads into the
 * tunnel itself is none. */
static int find_path(void *userdata, const WgpTunnel *tunnel, const WgpSockaddr *address, WgpPath *ret) {
        WgpRouteQuery query = { .mark = tunnel->mark, .ip_protocol = IPPROTO_UDP, .sport = tunnel->listen_port };
        WgpKernel *kernel = userdata;
        WgpRtBuffer buffer;
        WgpRoute route = {};
        WgpPath path = {};
        int r;

        wgp_sockaddr_to_prefix(address, &query.destination);
        query.dport = ntohs(address->family == AF_INET ? address->in.sin_port : address->in6.sin6_port);
        if (address->family == AF_INET6)
                query.ifindex = address->in6.sin6_scope_id;
        r = wgp_rt_route_encode_query(&buffer, &query);
        if (r < 0)
                return r;

        /* the refusals of fib_lookup(), and of a kernel without IPv6 */
        r = wgp_nl_socket_request(kernel->route, &buffer.header, wgp_rt_route_store, &route);
        if (r < 0 && r != -ENETUNREACH && r != -EHOSTUNREACH && r != -EACCES && r != -EINVAL && r != -ENODEV &&
                        r != -EAFNOSUPPORT && r != -EOPNOTSUPP)
                return r;

        if (r >= 0 && (route.type == RTN_UNICAST || route.type == RTN_LOCAL) &&
                        route.ifindex != wgp_tunnel_ifindex_here(tunnel)) {
                path.source = route.preferred_source;
                path.mtu = tunnel->automatic_mtu ? find_mtu(kernel, &route) : 0;
        }
        *ret = path;
        return 0;
}

static int set_mtu(void *userdata, const WgpTunnel *tunnel, uint32_t mtu) {
        WgpLinkChange change = { .ifindex = tunnel->ifindex, .set_mtu = true, .mtu = mtu };
        _cleanup_(wgp_nl_socket_freep) WgpNlSocket *opened = NULL;
        WgpNlSocket *route;
        WgpRtBuffer buffer;
        WgpLink link = {};
        int r;

        r = open_route(userdata, tunnel, &opened, &route);
        if (r >= 0)
                r = wgp_nl_query_link(route, tunnel->ifindex, /* name= */ NULL, &link);
        if (r < 0 || link.mtu == mtu)
                return r;
        r = wgp_rt_link_encode_change(&buffer, &change);
        if (r >= 0)
                r = wgp_nl_socket_request(route, &buffer.header, /* decode= */ NULL, /* userdata= */ NULL);
        return r < 0 ? r : 1;
}

static int send_packet(void *userdata, const WgpTunnel *tunnel, const WgpPrefix *inside) {
        const WgpKernel *kernel = userdata;

        return wgp_packet_send(kernel->helper, tunnel->netns, tunnel->ifname, inside);
}

WgpKernelOps wgp_kernel_ops(WgpKernel *kernel) {
        return (WgpKernelOps) { get_device, set_device, find_path, set_mtu, send_packet, kernel };
}
