/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Names the keys that can be edited, in both formats. */

#include "rewrite/edit-internal.h"

static const struct {
        const char *wg_quick, *keyfile;
} key_names[_EDIT_KEY_N] = {
        [WGP_EDIT_PRIVATE_KEY] = { "PrivateKey", "private-key" },
        [WGP_EDIT_LISTEN_PORT] = { "ListenPort", "listen-port" },
        [WGP_EDIT_FWMARK] = { "FwMark", "fwmark" },
        [WGP_EDIT_MTU] = { "MTU", "mtu" },
        [WGP_EDIT_ADDRESSES] = { "Address", NULL },
        [WGP_EDIT_PRESHARED_KEY] = { "PresharedKey", "preshared-key" },
        [WGP_EDIT_ENDPOINT] = { "Endpoint", "endpoint" },
        [WGP_EDIT_KEEPALIVE] = { "PersistentKeepalive", "persistent-keepalive" },
        [WGP_EDIT_ALLOWED_IPS] = { "AllowedIPs", "allowed-ips" },
        [EDIT_KEY_PUBLIC_KEY] = { "PublicKey", NULL },
        [EDIT_KEY_METHOD] = { NULL, "method" },
        [EDIT_KEY_PRIVATE_KEY_FLAGS] = { NULL, "private-key-flags" },
        [EDIT_KEY_PRESHARED_KEY_FLAGS] = { NULL, "preshared-key-flags" },
};

/* The key's name in the text's format, NULL when it has none. */
const char *wgp_edit_key_name(const WgpEdit *edit, int key) {
        if (key == EDIT_KEY_OTHER)
                return NULL;
        return edit->format == WGP_FORMAT_WG_QUICK ? key_names[key].wg_quick : key_names[key].keyfile;
}
