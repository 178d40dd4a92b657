/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "generator/credentials.h"

/* Looks into which form of each credential systemd will find. */
void wgp_credstore_find_forms(const WgpCredstore *plain, const WgpCredstore *encrypted, WgpUnitFacts *facts) {
        for (size_t i = 0; i < facts->n_credentials; i++) {
                WgpUnitCredential *c = facts->credentials + i;

                c->encrypted = wgp_credstore_has(encrypted, c->id) ||
                               (c->to_be_encrypted && !wgp_credstore_has(plain, c->id));
        }
}
