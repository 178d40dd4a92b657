/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once
/* Edit: the text of a profile with some values changed and all else as it was: comments, order, spelling, keys and
 * sections that we do not know. Pure, and without judgement: whoever edits parses the result before it replaces a
 * file. The text may hold keys, and all memory of an edit is wiped. */

#include "model/profile.h"

typedef struct WgpEdit WgpEdit;

typedef enum WgpEditKey {
        /* of the interface */
        WGP_EDIT_PRIVATE_KEY,
        WGP_EDIT_LISTEN_PORT,
        WGP_EDIT_FWMARK,
        WGP_EDIT_MTU,
        WGP_EDIT_ADDRESSES, /* a list */
        /* of a peer */
        WGP_EDIT_PRESHARED_KEY,
        WGP_EDIT_ENDPOINT,
        WGP_EDIT_KEEPALIVE,
        WGP_EDIT_ALLOWED_IPS, /* a list */
        _WGP_EDIT_KEY_N,
} WgpEditKey;

enum {
        WGP_LINE_ITEMS_MAX = 50, /* of AllowedIPs= that we write for wg-quick(8), whose time is quadratic in a line's
                                    length */
};

int wgp_edit_new(WgpFormat format, const char *data, size_t size, WgpEdit **ret);
WgpEdit *wgp_edit_free(WgpEdit *edit);
WGP_DEFINE_CLEANUP(WgpEdit *, wgp_edit_free)

/* "peer" is the public key for a key of a peer, else NULL. */
int wgp_edit_set(WgpEdit *edit, WgpEditKey key, const uint8_t *peer, const char *value);
int wgp_edit_set_list(WgpEdit *edit, WgpEditKey key, const uint8_t *peer, const WgpPrefix *items, size_t n_items);

int wgp_edit_add_peer(WgpEdit *edit, const uint8_t public_key[static WGP_KEY_SIZE]);
int wgp_edit_remove_peer(WgpEdit *edit, const uint8_t public_key[static WGP_KEY_SIZE]);

int wgp_edit_format(const WgpEdit *edit, char **ret, size_t *ret_size);
