/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "desired/mtu.h"

enum {
        OVERHEAD = 80,       /* WireGuard (32) in UDP (8) in IPv6 (40) */
        STANDARD_MTU = 1420, /* the kernel's own choice: 1500 less the overhead */
        IPV6_MTU_MIN = 1280, /* RFC 8200; the kernel takes IPv6 off a link with less */
        IPV4_MTU_MIN = 576,  /* RFC 791: less than this no path has */
};

/* Whether the link is to carry IPv6. An allowed-ip counts even where it gets no route of ours: somebody else's is
 * taken by the kernel only while the link has IPv6. */
bool wgp_mtu_needs_ipv6(const WgpNetwork *network) {
        if (wgp_network_has_ipv6(network))
                return true;
        for (size_t i = 0; i < network->device.n_peers; i++)
                for (size_t j = 0; j < network->device.peers[i].n_allowed_ips; j++)
                        if (network->device.peers[i].allowed_ips[j].family == AF_INET6)
                                return true;
        return false;
}

/* Returns the MTU for a tunnel, in bytes. "path_mtu": the smallest of the paths to its peers, 0: not known.
 * "has_ipv6": as above. */
uint32_t wgp_mtu_of_path(uint32_t path_mtu, bool has_ipv6) {
        uint32_t floor = has_ipv6 ? IPV6_MTU_MIN : IPV4_MTU_MIN;

        if (path_mtu == 0)
                return STANDARD_MTU;
        return path_mtu > floor + OVERHEAD ? WGP_MIN(path_mtu, (uint32_t) UINT16_MAX) - OVERHEAD : floor;
}
