/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once
/* An index of a device's peers by public key: lists of ten thousand are compared, in whatever order they come. Pure.
 */

#include "model/device.h"

typedef struct WgpPeerIndex WgpPeerIndex;

struct WgpPeerIndex {
        const WgpDevice *device;
        uint32_t *slots; /* number of a peer plus one; 0: free */
        size_t n_slots;  /* a power of two; 0: there is no peer, or no index yet */
};

#define WGP_PEER_INDEX_NULL ((WgpPeerIndex) {})

int wgp_peer_index_build(const WgpDevice *device, WgpPeerIndex *ret);
void wgp_peer_index_done(WgpPeerIndex *index);
const WgpPeerState *wgp_peer_index_find(const WgpPeerIndex *index, const uint8_t public_key[static WGP_KEY_SIZE]);
