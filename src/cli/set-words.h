/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once
/* Set words: what comes behind NAME in "wg-profile set", in the words of "wg set". Pure. */

#include "model/device.h"

typedef struct WgpSetPeer WgpSetPeer;
typedef struct WgpSetRequest WgpSetRequest;
typedef struct WgpSetAllowedIp WgpSetAllowedIp;

struct WgpSetAllowedIp {
        WgpPrefix prefix; /* masked */
        char sign;        /* '+', '-', or 0: one of those that replace what there was */
};

struct WgpSetPeer {
        const char *label; /* its key, or its name in the profile; borrowed, as all words */
        uint8_t public_key[WGP_KEY_SIZE];
        bool has_key; /* "label" is it */
        bool remove, has_keepalive, has_allowed_ips;
        const char *preshared_key_file, *endpoint; /* NULL: not to be changed */
        uint16_t keepalive;                        /* seconds, 0: off */
        WgpSetAllowedIp *allowed_ips;
        size_t n_allowed_ips, n_allocated;
};

struct WgpSetRequest {
        const char *private_key_file; /* NULL: not to be changed */
        bool has_listen_port, has_fwmark;
        uint16_t listen_port;
        uint32_t fwmark; /* 0: off */
        WgpSetPeer *peers;
        size_t n_peers, n_allocated;
        char problem[256]; /* of the words, after -EINVAL */
};

#define WGP_SET_REQUEST_NULL ((WgpSetRequest) {})

int wgp_set_words_parse(char *const *words, size_t n_words, WgpSetRequest *request);
int wgp_set_allowed_ips(const WgpSetPeer *peer, const WgpPrefix *present, size_t n_present, WgpPeerState *ret);
void wgp_set_request_done(WgpSetRequest *request);
