/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Derives X25519 public keys by libsodium, which is loaded only here: most tunnels do not need it. */

#include "system/public-key.h"

#include "system/library.h"

/* Returns 0, -ELIBACC or -ELIBBAD when there is no libsodium, or -EINVAL for a key that nobody has. */
int wgp_public_key_derive(const uint8_t private_key[static WGP_KEY_SIZE], uint8_t ret[static WGP_KEY_SIZE]) {
        int (*scalarmult_base)(unsigned char *, const unsigned char *) = NULL;
        const WgpSymbol symbol = { "crypto_scalarmult_base", &scalarmult_base };
        void *library;
        int r;

        r = wgp_library_load(WGP_SODIUM_SONAME, &symbol, 1, &library);
        if (r < 0)
                return r;
        return scalarmult_base(ret, private_key) != 0 ? -EINVAL : 0;
}
