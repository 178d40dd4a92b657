/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The answer of a WireGuard daemon. It comes in pieces of any size, to which the device is the same. */

#include "fuzz.h"
#include "model/kernel-slot.h"
#include "model/prefix.h"
#include "model/value.h"
#include "netlink/uapi.h"

static int public_key(const uint8_t private_key[WGP_KEY_SIZE], uint8_t ret[WGP_KEY_SIZE]) {
        memcpy(ret, private_key, WGP_KEY_SIZE);
        return 0;
}

static unsigned scope(const char *name) {
        return (unsigned) strlen(name);
}

/* "piece": bytes that come at a time. Returns what take_device() does, or what made an end of it. */
static int read_in_pieces(const uint8_t *data, size_t size, size_t piece, WgpDevice *ret) {
        static const WgpUapiLookup lookup = { public_key, scope };
        WgpUapiReader reader = { .lookup = &lookup };
        char *buffer = malloc(size + 1);
        size_t n_buffer = 0, n_read;
        int r = 0;

        check(buffer);
        for (size_t at = 0; r >= 0 && at < size;) {
                size_t n = WGP_MIN(piece, size - at);

                memcpy(buffer + n_buffer, data + at, n);
                at += n;
                n_buffer += n;
                r = wgp_uapi_reader_feed(&reader, buffer, n_buffer, &n_read);
                if (r < 0)
                        break;
                check(n_read <= n_buffer);
                n_buffer -= n_read;
                memmove(buffer, buffer + n_read, n_buffer);
        }
        if (r >= 0)
                r = wgp_uapi_reader_take_device(&reader, ret);
        wgp_uapi_reader_done(&reader);
        free(buffer);
        return r;
}

static void check_device(const WgpDevice *device) {
        for (size_t i = 0; i < device->n_peers; i++) {
                const WgpPeerState *peer = device->peers + i;

                check(peer->endpoint.family == AF_UNSPEC || peer->endpoint.family == AF_INET ||
                                peer->endpoint.family == AF_INET6);
                for (size_t j = 0; j < peer->n_allowed_ips; j++)
                        check(peer->allowed_ips[j].length <= wgp_family_bits(peer->allowed_ips[j].family));
        }
}

static void check_same(const WgpDevice *a, const WgpDevice *b) {
        check(a->listen_port == b->listen_port && a->fwmark == b->fwmark);
        check(memcmp(a->private_key, b->private_key, WGP_KEY_SIZE) == 0);
        check(a->n_peers == b->n_peers);
        for (size_t i = 0; i < a->n_peers; i++) {
                check(wgp_peer_compare_key(a->peers + i, b->peers + i) == 0);
                check(a->peers[i].n_allowed_ips == b->peers[i].n_allowed_ips);
        }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
        WgpDevice whole = {}, pieces = {};
        int r = read_in_pieces(data, size, size > 0 ? size : 1, &whole);
        int r_pieces = read_in_pieces(data, size, size % 7 + 1, &pieces);

        check(r == r_pieces);
        if (r >= 0) {
                check_device(&whole);
                check_same(&whole, &pieces);
        }
        wgp_device_done(&whole);
        wgp_device_done(&pieces);
        return 0;
}
