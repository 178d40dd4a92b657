/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Records of tunnels. What is understood is written as it was read, and all of it can be freed. */

#include "fuzz.h"
#include "system/state.h"

/* Two endpoints of one peer, which state-lines.c does not look for, cannot be written: the last one counts. */
static bool has_twins(const WgpState *state) {
        const WgpDevice *device = &state->network.device;

        for (size_t i = 0; i < device->n_peers; i++) {
                for (size_t j = 0; j < i; j++)
                        if (memcmp(device->peers[i].public_key, device->peers[j].public_key, WGP_KEY_SIZE) == 0)
                                return true;
                for (size_t j = 0; j < state->n_names; j++)
                        if (memcmp(device->peers[i].public_key, state->names[j].public_key, WGP_KEY_SIZE) == 0)
                                return true;
        }
        return false;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
        WgpState state = WGP_STATE_NULL, again = WGP_STATE_NULL;
        char *text = NULL;
        int r;

        r = wgp_state_parse((const char *) data, size, &state);
        if (r != 0) {
                wgp_state_done(&state);
                return 0;
        }
        check(state.name && *state.name);
        check(wgp_state_format(&state, &text) >= 0);
        check(wgp_state_parse(text, strlen(text), &again) == 0);
        check(has_twins(&state) || wgp_state_equal(&state, &again));
        free(text);
        wgp_state_done(&state);
        wgp_state_done(&again);
        return 0;
}
