/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Warns of changes at runtime that the file cannot take. */

#include "model/value.h"
#include "rewrite/save-internal.h"
#include "rewrite/save.h"

/* Warns of a change that cannot be written. Returns 0, or -ENOMEM. */
int wgp_save_tell(const Save *save, const uint8_t *peer, const char *what, const char *why) {
        char key[WGP_KEY_TEXT_SIZE] = "";

        if (peer)
                wgp_key_format(peer, key);
        return wgp_warning(save->diagnostics, &(WgpPlace) { .file = save->input->base->files[0].path },
                        "%s%s%s has changed, and is not saved: %s.", what, peer ? " of peer " : "", key, why);
}

/* Warns of a peer that cannot be removed. Returns 0, or -ENOMEM. */
int wgp_save_tell_absent(const Save *save, const uint8_t *peer, const char *why) {
        char key[WGP_KEY_TEXT_SIZE];

        wgp_key_format(peer, key);
        return wgp_warning(save->diagnostics, &(WgpPlace) { .file = save->input->base->files[0].path },
                        "Peer %s is no longer there, and stays in the file: %s.", key, why);
}
