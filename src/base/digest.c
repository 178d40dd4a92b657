/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "base/digest.h"

/* Adds a piece of data to a digest, which is 0 at first. */
uint64_t wgp_digest_add(uint64_t digest, const void *data, size_t size) {
        const uint8_t *byte = data;

        digest ^= UINT64_C(0xcbf29ce484222325);
        for (size_t i = 0; i < size; i++) {
                digest ^= byte[i];
                digest *= UINT64_C(0x100000001b3);
        }
        return digest;
}
