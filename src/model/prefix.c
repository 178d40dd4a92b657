/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Addresses and prefixes: text, masks, order. */

#include "model/prefix.h"

#include <arpa/inet.h>
#include <ctype.h>
#include <stdio.h>

#include "model/value.h"

unsigned wgp_family_bits(int family) {
        return family == AF_INET ? 32 : family == AF_INET6 ? 128 : 0;
}

/* A literal address, exactly as inet_pton(3) takes it: no scope, no short forms. The length is that of a host. */
int wgp_address_parse(const char *s, WgpPrefix *ret) {
        WgpPrefix p = { .family = strchr(s, ':') ? AF_INET6 : AF_INET };

        if (inet_pton(p.family, s, p.bytes) != 1)
                return -EINVAL;

        p.length = (uint8_t) wgp_family_bits(p.family);
        *ret = p;
        return 0;
}

/* ADDRESS or ADDRESS/LENGTH, host bits kept. */
int wgp_prefix_parse(const char *s, WgpPrefix *ret, bool *ret_has_length) {
        const char *slash = strchr(s, '/');
        char address[INET6_ADDRSTRLEN];
        uint64_t length = 0;
        WgpPrefix p;
        size_t n;
        int r;

        n = slash ? (size_t) (slash - s) : strlen(s);
        if (n >= sizeof(address))
                return -EINVAL;
        memcpy(address, s, n);
        address[n] = 0;

        r = wgp_address_parse(address, &p);
        if (r < 0)
                return r;

        if (slash) {
                r = wgp_parse_decimal(slash + 1, wgp_family_bits(p.family), &length);
                if (r < 0)
                        return r;
                p.length = (uint8_t) length;
        }

        *ret = p;
        if (ret_has_length)
                *ret_has_length = slash;
        return 0;
}

/* Clears the host bits. Returns true when one was set. */
bool wgp_prefix_mask(WgpPrefix *prefix) {
        unsigned keep = prefix->length % 8U; /* bits of the first byte that is not kept whole */
        bool changed = false;

        if (prefix->family == AF_INET) { /* nearly always: in one step */
                const in_addr_t before = prefix->in.s_addr;

                prefix->in.s_addr &= prefix->length > 0 ? htonl(UINT32_MAX << (32 - prefix->length)) : 0;
                return prefix->in.s_addr != before;
        }
        for (unsigned i = prefix->length / 8U; i < wgp_family_bits(prefix->family) / 8; i++, keep = 0) {
                uint8_t byte = (uint8_t) (prefix->bytes[i] & 0xff00U >> keep);

                changed = changed || byte != prefix->bytes[i];
                prefix->bytes[i] = byte;
        }
        return changed;
}

/* True when all of "inner" lies in "prefix", which must be masked. */
bool wgp_prefix_contains(const WgpPrefix *prefix, const WgpPrefix *inner) {
        WgpPrefix p = *inner;

        if (prefix->family != inner->family || prefix->length > inner->length)
                return false;

        p.length = prefix->length;
        wgp_prefix_mask(&p);
        return memcmp(p.bytes, prefix->bytes, wgp_family_bits(p.family) / 8) == 0;
}

/* True when they have addresses in common, which is when one lies in the other. Both must be masked. */
bool wgp_prefix_overlaps(const WgpPrefix *a, const WgpPrefix *b) {
        return wgp_prefix_contains(a, b) || wgp_prefix_contains(b, a);
}

/* A total order: family, address, length. */
int wgp_prefix_compare(const WgpPrefix *a, const WgpPrefix *b) {
        int r;

        if (a->family != b->family)
                return a->family < b->family ? -1 : 1;
        r = memcmp(a->bytes, b->bytes, wgp_family_bits(a->family) / 8);
        if (r != 0)
                return r;
        return a->length < b->length ? -1 : a->length > b->length;
}

/* The same, for qsort(3). */
int wgp_prefix_compare_items(const void *a, const void *b) {
        return wgp_prefix_compare(a, b);
}

void wgp_address_format(const WgpPrefix *prefix, char ret[static INET6_ADDRSTRLEN]) {
        if (!inet_ntop(prefix->family, prefix->bytes, ret, INET6_ADDRSTRLEN))
                ret[0] = 0;
}

void wgp_prefix_format(const WgpPrefix *prefix, char ret[static WGP_PREFIX_TEXT_SIZE]) {
        char address[INET6_ADDRSTRLEN];

        wgp_address_format(prefix, address);
        snprintf(ret, WGP_PREFIX_TEXT_SIZE, "%s/%u", address, prefix->length);
}

/* The scope counts: fe80::1 on two links is two addresses. */
bool wgp_sockaddr_equal(const WgpSockaddr *a, const WgpSockaddr *b) {
        if (a->family != b->family)
                return false;
        if (a->family == AF_INET)
                return a->in.sin_port == b->in.sin_port && a->in.sin_addr.s_addr == b->in.sin_addr.s_addr;
        if (a->family == AF_INET6)
                return a->in6.sin6_port == b->in6.sin6_port && a->in6.sin6_scope_id == b->in6.sin6_scope_id &&
                       IN6_ARE_ADDR_EQUAL(&a->in6.sin6_addr, &b->in6.sin6_addr);
        return true;
}

void wgp_sockaddr_to_prefix(const WgpSockaddr *sockaddr, WgpPrefix *ret) {
        *ret = (WgpPrefix) {
                .family = (uint8_t) sockaddr->family,
                .length = (uint8_t) wgp_family_bits(sockaddr->family),
        };
        if (sockaddr->family == AF_INET)
                ret->in = sockaddr->in.sin_addr;
        else if (sockaddr->family == AF_INET6)
                ret->in6 = sockaddr->in6.sin6_addr;
}

/* The port is in host order. */
void wgp_sockaddr_from_prefix(const WgpPrefix *address, uint16_t port, WgpSockaddr *ret) {
        if (address->family == AF_INET)
                *ret = (WgpSockaddr) { .in = {
                                                       .sin_family = AF_INET,
                                                       .sin_port = htons(port),
                                                       .sin_addr = address->in,
                                       } };
        else
                *ret = (WgpSockaddr) { .in6 = {
                                                       .sin6_family = AF_INET6,
                                                       .sin6_port = htons(port),
                                                       .sin6_addr = address->in6,
                                       } };
}

/* Sets the port of an address that has a family. */
void wgp_sockaddr_set_port(WgpSockaddr *sockaddr, uint16_t port) {
        if (sockaddr->family == AF_INET)
                sockaddr->in.sin_port = htons(port);
        else
                sockaddr->in6.sin6_port = htons(port);
}

/* "192.0.2.1:51820", "[2001:db8::1]:51820", "[fe80::1%2]:51820": the form that wg(8) prints and takes. */
void wgp_sockaddr_format(const WgpSockaddr *sockaddr, char ret[static WGP_SOCKADDR_TEXT_SIZE]) {
        char address[INET6_ADDRSTRLEN], scope[sizeof("%4294967295")] = "";
        WgpPrefix p;

        wgp_sockaddr_to_prefix(sockaddr, &p);
        wgp_address_format(&p, address);
        if (sockaddr->family == AF_INET) {
                snprintf(ret, WGP_SOCKADDR_TEXT_SIZE, "%s:%u", address, ntohs(sockaddr->in.sin_port));
                return;
        }
        if (sockaddr->in6.sin6_scope_id > 0)
                snprintf(scope, sizeof(scope), "%%%u", sockaddr->in6.sin6_scope_id);
        snprintf(ret, WGP_SOCKADDR_TEXT_SIZE, "[%s%s]:%u", address, scope, ntohs(sockaddr->in6.sin6_port));
}

/* What wgp_sockaddr_format() writes: a scope is a number. */
int wgp_sockaddr_parse(const char *s, WgpSockaddr *ret) {
        char host[WGP_SOCKADDR_TEXT_SIZE];
        const char *port = strrchr(s, ':');
        uint64_t port_number, scope_id = 0;
        char *scope, *start = host;
        WgpPrefix address;
        int r;

        if (!port || (size_t) (port - s) >= sizeof(host))
                return -EINVAL;
        r = wgp_parse_decimal(port + 1, UINT16_MAX, &port_number);
        if (r < 0)
                return r;
        memcpy(host, s, (size_t) (port - s));
        host[port - s] = 0;

        if (*start == '[') {
                if (port[-1] != ']')
                        return -EINVAL;
                host[port - s - 1] = 0;
                start++;
        }
        scope = strchr(start, '%');
        if (scope) {
                *scope++ = 0;
                r = wgp_parse_decimal(scope, UINT32_MAX, &scope_id);
                if (r < 0)
                        return r;
        }
        r = wgp_address_parse(start, &address);
        if (r < 0 || (address.family == AF_INET6) != (start > host) || (scope && address.family != AF_INET6))
                return -EINVAL;

        wgp_sockaddr_from_prefix(&address, (uint16_t) port_number, ret);
        if (address.family == AF_INET6)
                ret->in6.sin6_scope_id = (uint32_t) scope_id;
        return 0;
}

/* One dotted number, as iproute2 takes it: one to four parts, each base 0, missing ones zero. */
static bool parse_short_ipv4(const char *s, struct in_addr *ret) {
        uint32_t address = 0;

        for (unsigned i = 0; i < 4; i++) {
                unsigned long part;
                char *end;

                if (!isdigit((unsigned char) *s))
                        return false;
                part = strtoul(s, &end, 0);
                if (part > 255)
                        return false;
                address |= (uint32_t) part << (24 - 8 * i);
                if (!*end) {
                        ret->s_addr = htonl(address);
                        return true;
                }
                if (*end != '.')
                        return false;
                s = end + 1;
        }
        return false;
}

/* A length in any base, or an IPv4 netmask "255.255.255.0", all of whose ones are in front. */
static int parse_mask(const char *s, WgpPrefix *prefix) {
        uint64_t length = 0;
        struct in_addr mask;
        uint32_t bits;
        int r;

        r = wgp_parse_base0(*s == '+' ? s + 1 : s, wgp_family_bits(prefix->family), &length);
        if (r == -ERANGE)
                return r;
        if (r < 0) {
                if (prefix->family != AF_INET || !strchr(s, '.') || !parse_short_ipv4(s, &mask))
                        return -EINVAL;
                bits = ntohl(mask.s_addr);
                if (bits & (~bits >> 1))
                        return -EINVAL;
                length = (uint64_t) __builtin_popcount(bits);
        }

        prefix->length = (uint8_t) length;
        return 0;
}

/* The syntax of "ip address add": 10.0.0.1/24, 10.5/16, 10.0.0.1/255.255.255.0, 2001:db8::1/64; no mask: one host. */
int wgp_prefix_parse_iproute(char *s, WgpPrefix *ret) {
        WgpPrefix p = { .family = strchr(s, ':') ? AF_INET6 : AF_INET };
        char *slash = strchr(s, '/');
        int r;

        if (slash)
                *slash++ = 0;

        if (p.family == AF_INET6 ? inet_pton(AF_INET6, s, &p.in6) != 1 : !parse_short_ipv4(s, &p.in))
                return -EINVAL;
        p.length = (uint8_t) wgp_family_bits(p.family);

        if (slash) {
                r = parse_mask(slash, &p);
                if (r < 0)
                        return r;
        }

        *ret = p;
        return 0;
}
