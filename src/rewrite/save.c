/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Save: three states. What differs between the applied and the actual one has changed at runtime; it is written where
 * the file itself is what was applied, and reported where a drop-in states it. wg-quick(8) writes down all that is
 * there instead, and so makes permanent what was chosen for the moment: the address of a name, a port, a mark. */

#include "rewrite/save.h"

#include <linux/if_addr.h>
#include <stdio.h>

#include "desired/desired.h"
#include "model/prefix.h"
#include "model/value.h"
#include "rewrite/save-internal.h"

/* --- [Interface] --- */

/* Sets a value of the interface's that was changed. "origin" is the line of the applied one. */
static int set_value(const Save *save, WgpEditKey key, const char *what, WgpOrigin origin, const char *value) {
        return origin.file > 0 ? wgp_save_tell(save, NULL, what, SAVE_IN_DROP_IN) :
                                 wgp_edit_set(save->edit, key, NULL, value);
}

static int save_private_key(const Save *save) {
        const WgpSecret *applied = &save->input->applied->private_key;
        const uint8_t *actual = save->input->actual->device.private_key;
        uint8_t key[WGP_KEY_SIZE];
        char text[WGP_KEY_TEXT_SIZE];
        bool changed;
        int r;

        /* a key from anywhere else does not belong into the file */
        if (applied->source != WGP_SECRET_VALUE || wgp_key_is_zero(actual))
                return 0;
        memcpy(key, applied->value, WGP_KEY_SIZE);
        wgp_key_clamp(key);
        changed = memcmp(key, actual, WGP_KEY_SIZE) != 0;
        explicit_bzero(key, sizeof(key));
        if (!changed)
                return 0;

        wgp_key_format(actual, text);
        r = set_value(save, WGP_EDIT_PRIVATE_KEY, "The private key", applied->origin, text);
        explicit_bzero(text, sizeof(text));
        return r;
}

/* Only what the profile states: any other number was chosen for this time. */
static int save_numbers(const Save *save) {
        const WgpProfile *applied = save->input->applied;
        const WgpNetwork *actual = save->input->actual;
        char text[16];
        int r = 0;

        if (applied->has_listen_port && applied->listen_port > 0 &&
                        applied->listen_port != actual->device.listen_port) {
                snprintf(text, sizeof(text), "%u", actual->device.listen_port);
                r = set_value(save, WGP_EDIT_LISTEN_PORT, "ListenPort", applied->listen_port_origin, text);
        }
        if (r >= 0 && applied->has_fwmark && applied->fwmark > 0 && applied->fwmark != actual->device.fwmark) {
                snprintf(text, sizeof(text), "0x%x", actual->device.fwmark);
                r = set_value(save, WGP_EDIT_FWMARK, "FwMark", applied->fwmark_origin, text);
        }
        if (r >= 0 && applied->mtu > 0 && applied->mtu != actual->link.mtu) {
                snprintf(text, sizeof(text), "%u", actual->link.mtu);
                r = set_value(save, WGP_EDIT_MTU, "MTU", applied->mtu_origin, text);
        }
        return r;
}

/* --- addresses --- */

static bool has_address(const WgpAddress *addresses, size_t n, const WgpPrefix *prefix) {
        for (size_t i = 0; i < n; i++)
                if (wgp_prefix_compare(&addresses[i].prefix, prefix) == 0)
                        return true;
        return false;
}

/* Not somebody's, but the kernel's: a TUN device gets a link-local one when it goes up, from router advertisements
 * come others. */
static bool is_automatic(const WgpAddress *address) {
        return !(address->flags & IFA_F_PERMANENT) || (address->flags & (IFA_F_TEMPORARY | IFA_F_STABLE_PRIVACY));
}

/* A link that was set down has lost its IPv6 addresses by that. */
static bool was_removed(const WgpNetwork *actual, const WgpPrefix *prefix) {
        return !has_address(actual->addresses, actual->n_addresses, prefix) &&
               (actual->link.up || prefix->family != AF_INET6);
}

static int save_addresses(const Save *save) {
        const WgpProfile *base = save->input->base, *applied = save->input->applied;
        const WgpNetwork *actual = save->input->actual;
        _cleanup_(freep) WgpPrefix *list = calloc(base->n_addresses + actual->n_addresses + 1, sizeof(*list));
        size_t n = 0, n_added = 0;
        int r = 0;

        if (!list)
                return -ENOMEM;
        for (size_t i = 0; i < base->n_addresses; i++) {
                const WgpPrefix *prefix = &base->addresses[i].prefix;

                if (!has_address(applied->addresses, applied->n_addresses, prefix) || !was_removed(actual, prefix))
                        list[n++] = *prefix;
        }
        for (size_t i = 0; i < actual->n_addresses; i++) {
                const WgpAddress *address = actual->addresses + i;

                if (is_automatic(address) || has_address(base->addresses, base->n_addresses, &address->prefix) ||
                                has_address(applied->addresses, applied->n_addresses, &address->prefix))
                        continue;
                list[n++] = address->prefix;
                n_added++;
        }
        for (size_t i = 0; r >= 0 && i < applied->n_addresses; i++) {
                const WgpPrefix *prefix = &applied->addresses[i].prefix;

                if (!has_address(base->addresses, base->n_addresses, prefix) && was_removed(actual, prefix))
                        r = wgp_save_tell(save, NULL, "Address", SAVE_IN_DROP_IN);
        }
        if (r < 0 || (n_added == 0 && n == base->n_addresses))
                return r;
        return wgp_edit_set_list(save->edit, WGP_EDIT_ADDRESSES, NULL, list, n);
}

/* Edits the text of input->base. What cannot be written is in the diagnostics. Returns 0, or -ENOMEM. */
int wgp_save_edit(const WgpSaveInput *input, WgpEdit *edit, WgpDiagnostics *diagnostics) {
        const Save save = { .input = input, .edit = edit, .diagnostics = diagnostics };
        int r;

        r = save_private_key(&save);
        if (r >= 0)
                r = save_numbers(&save);
        if (r >= 0)
                r = save_addresses(&save);
        return r < 0 ? r : wgp_save_peers(&save);
}
