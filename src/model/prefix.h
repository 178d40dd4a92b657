/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once
/* Addresses and prefixes: text -> address, and back; what lies in what. The parsers return 0, -EINVAL (not of that
 * form) or -ERANGE (of that form, but too large), and leave their result untouched on failure. Pure. */

#include <netinet/in.h>

#include "base/macro.h"

typedef struct WgpPrefix WgpPrefix;

enum {
        WGP_PREFIX_TEXT_SIZE = INET6_ADDRSTRLEN + sizeof("/128"),
        WGP_SOCKADDR_TEXT_SIZE = INET6_ADDRSTRLEN + sizeof("[%4294967295]:65535"),
};

/* An IPv4 or IPv6 address with a prefix length; family AF_UNSPEC: none. */
struct WgpPrefix {
        uint8_t family; /* AF_INET, AF_INET6 or AF_UNSPEC */
        uint8_t length; /* bits */
        union {
                struct in_addr in;
                struct in6_addr in6;
                uint8_t bytes[16];
        };
};

/* The address a peer's packets go to. */
typedef union WgpSockaddr {
        sa_family_t family; /* AF_UNSPEC: none */
        struct sockaddr sa;
        struct sockaddr_in in;
        struct sockaddr_in6 in6;
} WgpSockaddr;

int wgp_address_parse(const char *s, WgpPrefix *ret);
int wgp_prefix_parse(const char *s, WgpPrefix *ret, bool *ret_has_length);
int wgp_prefix_parse_iproute(char *s, WgpPrefix *ret);
bool wgp_prefix_mask(WgpPrefix *prefix);
bool wgp_prefix_contains(const WgpPrefix *prefix, const WgpPrefix *inner);
bool wgp_prefix_overlaps(const WgpPrefix *a, const WgpPrefix *b);
int wgp_prefix_compare(const WgpPrefix *a, const WgpPrefix *b);
int wgp_prefix_compare_items(const void *a, const void *b);
unsigned wgp_family_bits(int family);
void wgp_address_format(const WgpPrefix *prefix, char ret[static INET6_ADDRSTRLEN]);
void wgp_prefix_format(const WgpPrefix *prefix, char ret[static WGP_PREFIX_TEXT_SIZE]);

bool wgp_sockaddr_equal(const WgpSockaddr *a, const WgpSockaddr *b);
void wgp_sockaddr_to_prefix(const WgpSockaddr *sockaddr, WgpPrefix *ret);
void wgp_sockaddr_from_prefix(const WgpPrefix *address, uint16_t port, WgpSockaddr *ret);
void wgp_sockaddr_set_port(WgpSockaddr *sockaddr, uint16_t port);
int wgp_sockaddr_parse(const char *s, WgpSockaddr *ret);
void wgp_sockaddr_format(const WgpSockaddr *sockaddr, char ret[static WGP_SOCKADDR_TEXT_SIZE]);
