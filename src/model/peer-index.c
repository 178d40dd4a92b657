/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Peer index: open addressing, at most half full, so that a search mostly ends at its first slot. */

#include "model/peer-index.h"

/* Public keys are spread evenly already. Whoever contrives some that are not makes a search slow, and nothing else. */
static size_t first_slot(const WgpPeerIndex *index, const uint8_t public_key[static WGP_KEY_SIZE]) {
        uint64_t v;

        memcpy(&v, public_key, sizeof(v));
        return v & (index->n_slots - 1);
}

/* The slot that the key is in, or else would be. */
static uint32_t *find_slot(const WgpPeerIndex *index, const uint8_t public_key[static WGP_KEY_SIZE]) {
        const WgpPeerState *peers = index->device->peers;

        for (size_t i = first_slot(index, public_key);; i = (i + 1) & (index->n_slots - 1)) {
                uint32_t *slot = index->slots + i;

                if (*slot == 0 || memcmp(peers[*slot - 1].public_key, public_key, WGP_KEY_SIZE) == 0)
                        return slot;
        }
}

/* Makes the index; it borrows the device, whose list of peers may not change meanwhile. Of several peers with one key
 * it has the first. Returns 0, or -ENOMEM. */
int wgp_peer_index_build(const WgpDevice *device, WgpPeerIndex *ret) {
        WgpPeerIndex index = { .device = device, .n_slots = 2 };

        if (device->n_peers == 0) {
                *ret = WGP_PEER_INDEX_NULL;
                return 0;
        }
        while (index.n_slots < 2 * device->n_peers)
                index.n_slots *= 2;
        index.slots = calloc(index.n_slots, sizeof(*index.slots));
        if (!index.slots)
                return -ENOMEM;

        for (size_t i = 0; i < device->n_peers; i++) {
                uint32_t *slot = find_slot(&index, device->peers[i].public_key);

                if (*slot == 0)
                        *slot = (uint32_t) i + 1;
        }
        *ret = index;
        return 0;
}

void wgp_peer_index_done(WgpPeerIndex *index) {
        free(index->slots);
        *index = WGP_PEER_INDEX_NULL;
}

/* Returns the peer with that key, or NULL. */
const WgpPeerState *wgp_peer_index_find(const WgpPeerIndex *index, const uint8_t public_key[static WGP_KEY_SIZE]) {
        uint32_t slot = index->n_slots > 0 ? *find_slot(index, public_key) : 0;

        return slot > 0 ? index->device->peers + slot - 1 : NULL;
}
