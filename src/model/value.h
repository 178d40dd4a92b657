/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once
/* Values: text -> number, key, name, and back. Small, total, without look-ups. Each parser returns 0, -EINVAL (not
 * of that form) or -ERANGE (of that form, but too large), and leaves its result untouched on failure. */

#include "base/macro.h"

enum {
        WGP_KEY_SIZE = 32,      /* WG_KEY_LEN of linux/wireguard.h */
        WGP_KEY_TEXT_SIZE = 45, /* 44 characters of base64 and the NUL */
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
void wgp_key_clamp(uint8_t private_key[static WGP_KEY_SIZE]);
bool wgp_key_is_zero(const uint8_t key[static WGP_KEY_SIZE]);

bool wgp_ifname_is_valid(const char *name);
bool wgp_ifname_fits_nft(const char *ifname);
bool wgp_netns_is_valid(const char *name);
