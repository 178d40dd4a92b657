/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once
/* Hash of what a table is searched by. The profile is root's own: made collisions harm only root. Pure. */

#include "model/prefix.h"

/* Adds 64 bits to a hash: a multiplication, and its high half, which all bits have a part in. */
static inline uint64_t wgp_hash_add(uint64_t hash, uint64_t value) {
        const uint64_t product = (hash ^ value) * UINT64_C(0x9e3779b97f4a7c15); /* 2^64 divided by the golden ratio */

        return product ^ product >> 32;
}

/* Of a prefix, and of something else that tells two such entries apart. */
static inline uint64_t wgp_hash_prefix(const WgpPrefix *prefix, uint32_t tag) {
        uint64_t high, low = 0;

        if (prefix->family == AF_INET6) {
                memcpy(&high, prefix->bytes, sizeof(high));
                memcpy(&low, prefix->bytes + sizeof(high), sizeof(low));
        } else
                high = prefix->in.s_addr;
        return wgp_hash_add(
                        wgp_hash_add(wgp_hash_add(tag, high), low), (uint64_t) prefix->family << 8 | prefix->length);
}
