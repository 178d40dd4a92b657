/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once
/* Peer names: by Name= in a drop-in, or, since neither format has a place for them, in the comments that people and
 * the generators of profiles write. Pure. */

#include "model/device.h"

typedef struct WgpPeerName WgpPeerName;
typedef struct WgpPeerNames WgpPeerNames;

struct WgpPeerName {
        uint8_t public_key[WGP_KEY_SIZE];
        char *name;
};

struct WgpPeerNames {
        WgpPeerName *items;
        size_t n_items, n_allocated;
};

#define WGP_PEER_NAMES_NULL ((WgpPeerNames) {})

int wgp_peer_names_read(const char *text, size_t size, WgpPeerNames *names);
const char *wgp_peer_names_find(const WgpPeerNames *names, const uint8_t public_key[static WGP_KEY_SIZE]);
void wgp_peer_names_done(WgpPeerNames *names);
