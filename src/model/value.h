/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once
/* Values: text -> number, key, address, and back. Small, total, without look-ups. Each parser returns 0, -EINVAL (not
 * of that form) or -ERANGE (of that form, but too large), and leaves its result untouched on failure. */

#include "model/device.h"

enum {
        WGP_PREFIX_TEXT_SIZE = INET6_ADDRSTRLEN + sizeof("/128"),
        WGP_SOCKADDR_TEXT_SIZE = INET6_ADDRSTRLEN + sizeof("[%4294967295]:65535"),
};

/* Which spellings of a base64 key are taken. */
typedef enum WgpKeyStyle {
        WGP_KEY_CANONICAL,   /* wg(8): 44 characters, the last bits zero */
        WGP_KEY_WITH_BLANKS, /* GLib: white space anywhere */
} WgpKeyStyle;

int wgp_parse_decimal(const char *s, uint64_t max, uint64_t *ret);
int wgp_parse_base0(const char *s, uint64_t max, uint64_t *ret);
int wgp_parse_fwmark(const char *s, uint32_t *ret);
int wgp_parse_duration(const char *s, uint64_t *ret_usec);
int wgp_parse_boolean(const char *s, bool *ret);

int wgp_key_parse(const char *s, WgpKeyStyle style, uint8_t ret[static WGP_KEY_SIZE]);
void wgp_key_format(const uint8_t key[static WGP_KEY_SIZE], char ret[static WGP_KEY_TEXT_SIZE]);

int wgp_address_parse(const char *s, WgpPrefix *ret);
int wgp_prefix_parse(const char *s, WgpPrefix *ret, bool *ret_has_length);
int wgp_prefix_parse_iproute(char *s, WgpPrefix *ret);
bool wgp_prefix_mask(WgpPrefix *prefix);
bool wgp_prefix_contains(const WgpPrefix *prefix, const WgpPrefix *inner);
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

bool wgp_ifname_is_valid(const char *name);
bool wgp_ifname_fits_nft(const char *ifname);
bool wgp_netns_is_valid(const char *name);
