/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Judges single addresses: whether a peer can be there, and how good the path is. */

#include "resolver/endpoint.h"

/* Ranks an address by the source address that the route to it would use; family AF_UNSPEC: there is no route. IPv6
 * comes first where it is as global as the address is: RFC 6724, in short. */
WgpRank wgp_rank(const WgpPrefix *destination, const WgpPrefix *source) {
        const uint8_t *d = destination->bytes, *s = source->bytes;

        if (source->family == AF_UNSPEC)
                return WGP_RANK_NO_ROUTE;
        if (destination->family == AF_INET)
                return WGP_RANK_SECOND;

        /* fc00::/7 and fe80::/10 reach only their like */
        if (((s[0] & 0xfe) == 0xfc && (d[0] & 0xfe) != 0xfc) ||
                        (s[0] == 0xfe && (s[1] & 0xc0) == 0x80 && !(d[0] == 0xfe && (d[1] & 0xc0) == 0x80)))
                return WGP_RANK_THIRD;
        return WGP_RANK_FIRST;
}

/* 0.0.0.0/8, 127.0.0.0/8, and 224.0.0.0/4 with the broadcast address: RFC 6890. */
static bool is_usable_ipv4(uint32_t address) {
        return address >> 24 != 0 && address >> 24 != 127 && address >> 28 != 0xe && address != UINT32_MAX;
}

/* Whether a peer can be reached at an address that DNS has given. Name servers that block a name, and records that
 * were filled in wrongly, have addresses that lead nowhere, or to this machine. */
bool wgp_sockaddr_is_usable(const WgpSockaddr *address) {
        const struct in6_addr *a = &address->in6.sin6_addr;

        if (address->family == AF_INET)
                return is_usable_ipv4(ntohl(address->in.sin_addr.s_addr));
        return address->family == AF_INET6 && !IN6_IS_ADDR_UNSPECIFIED(a) && !IN6_IS_ADDR_LOOPBACK(a) &&
               !IN6_IS_ADDR_MULTICAST(a) && !IN6_IS_ADDR_V4MAPPED(a) &&
               !(IN6_IS_ADDR_LINKLOCAL(a) && address->in6.sin6_scope_id == 0);
}
