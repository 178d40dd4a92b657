/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* UAPI: device changes to a "set" request. Reading replies is in uapi-parse.c.
 *
 * The text holds key material: it grows in memory that is wiped when it is left, and no key passes through stdio. */

#include "netlink/uapi.h"

#include <arpa/inet.h>
#include <stdarg.h>
#include <stdio.h>

#include "core/value.h"

typedef struct Text {
        char *data;
        size_t size, n_allocated;
} Text;

static void text_done(Text *text) {
        wgp_wipe_free(text->data, text->n_allocated);
}

/* Makes room for "n" more bytes and a NUL byte. */
static int reserve(Text *text, size_t n) {
        return wgp_grow(&text->data, &text->n_allocated, text->size + n + 1, /* element_size= */ 1) ? 0 : -ENOMEM;
}

static int _printf_(2, 3) append(Text *text, const char *format, ...) {
        va_list ap;
        int r, n;

        va_start(ap, format);
        n = vsnprintf(NULL, 0, format, ap);
        va_end(ap);
        if (n < 0)
                return -EINVAL;

        r = reserve(text, (size_t) n);
        if (r < 0)
                return r;

        va_start(ap, format);
        (void) vsnprintf(text->data + text->size, (size_t) n + 1, format, ap);
        va_end(ap);
        text->size += (size_t) n;
        return 0;
}

static int append_key(Text *text, const char *name, const uint8_t key[static WGP_KEY_SIZE]) {
        static const char digits[] = "0123456789abcdef";
        int r;

        r = append(text, "%s=", name);
        if (r < 0)
                return r;
        r = reserve(text, 2 * WGP_KEY_SIZE + 1);
        if (r < 0)
                return r;

        for (size_t i = 0; i < WGP_KEY_SIZE; i++) {
                text->data[text->size++] = digits[key[i] >> 4];
                text->data[text->size++] = digits[key[i] & 15];
        }
        text->data[text->size++] = '\n';
        return 0;
}

static int append_endpoint(Text *text, const WgpSockaddr *endpoint) {
        char buffer[WGP_SOCKADDR_TEXT_SIZE];

        if (endpoint->family != AF_INET && endpoint->family != AF_INET6)
                return -EINVAL;

        wgp_sockaddr_format(endpoint, buffer);
        return append(text, "endpoint=%s\n", buffer);
}

static int append_allowed_ips(Text *text, const WgpPeerChange *change) {
        int r = 0;

        if (change->replace_allowed_ips)
                r = append(text, "replace_allowed_ips=true\n");

        for (size_t i = 0; i < change->n_allowed_ips && r >= 0; i++) {
                char buffer[WGP_PREFIX_TEXT_SIZE];

                if (wgp_family_bits(change->allowed_ips[i].family) == 0)
                        return -EINVAL;
                wgp_prefix_format(change->allowed_ips + i, buffer);
                r = append(text, "allowed_ip=%s\n", buffer);
        }
        return r;
}

/* The lines are applied one by one, and "remove" ends the peer: nothing follows it. */
static int append_peer(Text *text, const WgpPeerChange *change) {
        const WgpPeerState *peer = change->peer;
        int r;

        r = append_key(text, "public_key", peer->public_key);
        if (r < 0)
                return r;
        if (change->remove)
                return append(text, "remove=true\n");

        if (change->update_only)
                r = append(text, "update_only=true\n");
        if (r >= 0 && change->set_preshared_key)
                r = append_key(text, "preshared_key", peer->preshared_key);
        if (r >= 0 && change->set_endpoint)
                r = append_endpoint(text, &peer->endpoint);
        if (r >= 0 && change->set_keepalive)
                r = append(text, "persistent_keepalive_interval=%u\n", peer->keepalive);
        return r < 0 ? r : append_allowed_ips(text, change);
}

/* The private key comes first: a peer that has its public key is recognised as ourselves only then. */
static int append_device(Text *text, const WgpDeviceChange *change) {
        int r = 0;

        if (change->set_private_key)
                r = append_key(text, "private_key", change->private_key);
        if (r >= 0 && change->set_listen_port)
                r = append(text, "listen_port=%u\n", change->listen_port);
        if (r >= 0 && change->set_fwmark)
                r = append(text, "fwmark=%u\n", change->fwmark);
        if (r >= 0 && change->replace_peers)
                r = append(text, "replace_peers=true\n");
        return r;
}

/* Writes a change as one request, its closing empty line included. The text is terminated by a NUL byte which
 * *ret_size does not count; the caller frees it by wgp_wipe_free(text, size).
 *
 * Returns 0, -ENOMEM, or -EINVAL for an address of an unknown family. */
int wgp_uapi_format_set(const WgpDeviceChange *change, char **ret, size_t *ret_size) {
        _cleanup_(text_done) Text text = {};
        int r;

        r = append(&text, "set=1\n");
        if (r >= 0)
                r = append_device(&text, change);
        for (size_t i = 0; i < change->n_peers && r >= 0; i++)
                r = append_peer(&text, change->peers + i);
        if (r >= 0)
                r = append(&text, "\n");
        if (r < 0)
                return r;

        *ret_size = text.size;
        *ret = TAKE_PTR(text.data);
        return 0;
}
