/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Writes device changes as a "set" request of the UAPI. uapi-parse.c reads replies.
 *
 * The text has keys: it grows in memory that is wiped when it is given up, and no key passes through stdio. */

#include "netlink/uapi.h"

#include "base/text.h"
#include "model/prefix.h"
#include "model/value.h"

static void append_key(WgpText *text, const char *name, const uint8_t key[static WGP_KEY_SIZE]) {
        static const char digits[] = "0123456789abcdef";
        char hex[2 * WGP_KEY_SIZE + 1] = {};

        for (size_t i = 0; i < WGP_KEY_SIZE; i++) {
                hex[2 * i] = digits[key[i] >> 4];
                hex[2 * i + 1] = digits[key[i] & 15];
        }
        wgp_text_printf(text, "%s=", name);
        wgp_text_append(text, hex);
        wgp_text_append(text, "\n");
        explicit_bzero(hex, sizeof(hex));
}

static int append_endpoint(WgpText *text, const WgpSockaddr *endpoint) {
        char buffer[WGP_SOCKADDR_TEXT_SIZE];

        if (endpoint->family != AF_INET && endpoint->family != AF_INET6)
                return -EINVAL;

        wgp_sockaddr_format(endpoint, buffer);
        wgp_text_printf(text, "endpoint=%s\n", buffer);
        return 0;
}

static int append_allowed_ips(WgpText *text, const WgpPeerChange *change) {
        if (change->replace_allowed_ips)
                wgp_text_append(text, "replace_allowed_ips=true\n");

        for (size_t i = 0; i < change->n_allowed_ips; i++) {
                char buffer[WGP_PREFIX_TEXT_SIZE];

                if (wgp_family_bits(change->allowed_ips[i].family) == 0)
                        return -EINVAL;
                wgp_prefix_format(change->allowed_ips + i, buffer);
                wgp_text_printf(text, "allowed_ip=%s\n", buffer);
        }
        return 0;
}

/* The lines are applied one by one, and "remove" ends the peer: nothing follows it. */
static int append_peer(WgpText *text, const WgpPeerChange *change) {
        const WgpPeerState *peer = change->peer;
        int r = 0;

        append_key(text, "public_key", peer->public_key);
        if (change->remove) {
                wgp_text_append(text, "remove=true\n");
                return 0;
        }

        if (change->update_only)
                wgp_text_append(text, "update_only=true\n");
        if (change->set_preshared_key)
                append_key(text, "preshared_key", peer->preshared_key);
        if (change->set_endpoint)
                r = append_endpoint(text, &peer->endpoint);
        if (change->set_keepalive)
                wgp_text_printf(text, "persistent_keepalive_interval=%u\n", peer->keepalive);
        return r < 0 ? r : append_allowed_ips(text, change);
}

/* The private key comes first: a peer that has its public key is recognised as ourselves only then. */
static void append_device(WgpText *text, const WgpDeviceChange *change) {
        if (change->set_private_key)
                append_key(text, "private_key", change->private_key);
        if (change->set_listen_port)
                wgp_text_printf(text, "listen_port=%u\n", change->listen_port);
        if (change->set_fwmark)
                wgp_text_printf(text, "fwmark=%u\n", change->fwmark);
        if (change->replace_peers)
                wgp_text_append(text, "replace_peers=true\n");
}

/* Writes a change as one request, its closing empty line included. The text is terminated by a NUL byte which
 * *ret_size does not count; the caller frees it by wgp_wipe_free(text, size).
 *
 * Returns 0, -ENOMEM, or -EINVAL for an address of an unknown family. */
int wgp_uapi_format_set(const WgpDeviceChange *change, char **ret, size_t *ret_size) {
        _cleanup_(wgp_text_done) WgpText text = WGP_TEXT_NULL;
        int r;

        wgp_text_append(&text, "set=1\n");
        append_device(&text, change);
        for (size_t i = 0; i < change->n_peers; i++) {
                r = append_peer(&text, change->peers + i);
                if (r < 0)
                        return r;
        }
        wgp_text_append(&text, "\n");
        if (text.failed)
                return -ENOMEM;

        *ret_size = text.size;
        *ret = TAKE_PTR(text.data);
        return 0;
}
