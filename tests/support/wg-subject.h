/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once
/* Devices to encode and decode. */

#include <arpa/inet.h>
#include <criterion/criterion.h>

#include "plan/plan.h"

/* A device of "n_peers" with "n_v4" and "n_v6" allowed-ips each, and the change that sets all of it. */
typedef struct Subject {
        WgpDevice device;
        WgpDeviceChange change;
        size_t n_prefixes;
} Subject;

static inline void make_key(uint8_t key[static WGP_KEY_SIZE], uint32_t n, uint8_t kind) {
        for (size_t i = 0; i < WGP_KEY_SIZE; i++)
                key[i] = (uint8_t) (n >> (i % 4 * 8) ^ i ^ kind);
}

static inline void make_prefix(WgpPrefix *prefix, uint32_t n, uint8_t family) {
        *prefix = (WgpPrefix) { .family = family, .length = family == AF_INET ? 32 : 128 };
        if (family == AF_INET)
                prefix->in.s_addr = htonl(0x0a000000 + n);
        else {
                prefix->bytes[0] = 0xfd;
                memcpy(prefix->bytes + 12, &n, sizeof(n));
        }
}

static inline void fill_peer(Subject *s, size_t i, size_t n_v4, size_t n_v6) {
        WgpPeerState *peer = s->device.peers + i;
        WgpPrefix prefix;

        make_key(peer->preshared_key, (uint32_t) i, 0x55);
        peer->keepalive = (uint16_t) (i + 1);
        peer->endpoint.in = (struct sockaddr_in) {
                .sin_family = AF_INET,
                .sin_port = htons(51820),
                .sin_addr.s_addr = htonl(0xc0000200 + (uint32_t) i),
        };
        for (size_t j = 0; j < n_v4 + n_v6; j++) {
                make_prefix(&prefix, (uint32_t) s->n_prefixes++, j < n_v4 ? AF_INET : AF_INET6);
                cr_assert_eq(wgp_peer_state_add_allowed_ip(peer, &prefix), 0);
        }
}

static inline void subject_init(Subject *s, size_t n_peers, size_t n_v4, size_t n_v6) {
        *s = (Subject) {
                .change = {
                        .set_private_key = true,
                        .set_listen_port = true,
                        .set_fwmark = true,
                        .replace_peers = true,
                        .listen_port = 51820,
                        .fwmark = 0xca6c,
                },
        };
        make_key(s->change.private_key, 1, 0xaa);
        for (size_t i = 0; i < n_peers; i++) {
                uint8_t key[WGP_KEY_SIZE];

                make_key(key, (uint32_t) i, 0);
                cr_assert(wgp_device_add_peer(&s->device, key));
                fill_peer(s, i, n_v4, n_v6);
        }

        s->change.peers = calloc(n_peers + 1, sizeof(*s->change.peers));
        s->change.n_peers = n_peers;
        for (size_t i = 0; i < n_peers; i++)
                s->change.peers[i] = (WgpPeerChange) {
                        .peer = s->device.peers + i,
                        .replace_allowed_ips = true,
                        .set_preshared_key = true,
                        .set_endpoint = true,
                        .set_keepalive = true,
                        .allowed_ips = s->device.peers[i].allowed_ips,
                        .n_allowed_ips = s->device.peers[i].n_allowed_ips,
                };
}

static inline void subject_done(Subject *s) {
        free(s->change.peers);
        wgp_device_done(&s->device);
}
