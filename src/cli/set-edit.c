/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* wg-profile set: the changes, in the text of the profile. */

#include <stdio.h>

#include "cli/message.h"
#include "cli/set-request.h"
#include "model/value.h"

enum {
        KEY_FILE_MAX = 4096, /* bytes; a key takes 45 */
};

/* Reads a key out of a file, as wg(8) does: "/dev/null" is none, all zero. Returns 0, an exit code (reported), or a
 * negative errno. */
int wgp_set_read_key(const char *path, uint8_t ret[static WGP_KEY_SIZE]) {
        _cleanup_(wgp_input_done) WgpInput input = WGP_INPUT_NULL;
        size_t n;
        int r;

        r = wgp_input_read(path, KEY_FILE_MAX, &input);
        if (r < 0)
                return wgp_cli_report_failure(path, r);
        for (n = input.size; n > 0 && strchr(" \t\r\n", input.data[n - 1]); n--)
                input.data[n - 1] = 0;
        if (n == 0) {
                memset(ret, 0, WGP_KEY_SIZE);
                return 0;
        }
        if (strlen(input.data) == n && wgp_key_parse(input.data, WGP_KEY_CANONICAL, ret) >= 0)
                return 0;
        wgp_cli_error("%s: There is no key in it: 44 characters of base64.", path);
        return CLI_EXIT_FAILED;
}

static const WgpPeer *find_peer(const WgpSetProfile *set, const WgpSetPeer *peer) {
        for (size_t i = 0; i < set->present->n_peers; i++)
                if (memcmp(set->present->peers[i].public_key, peer->public_key, WGP_KEY_SIZE) == 0)
                        return set->present->peers + i;
        return NULL;
}

/* A peer that is called by its name. */
static int take_label(const WgpSetProfile *set, WgpSetPeer *peer) {
        for (size_t i = 0; !peer->has_key && i < set->names.n_items; i++)
                if (streq(set->names.items[i].name, peer->label)) {
                        memcpy(peer->public_key, set->names.items[i].public_key, WGP_KEY_SIZE);
                        peer->has_key = true;
                }
        if (peer->has_key)
                return 0;
        wgp_cli_error("'%s' is neither a public key nor the name of a peer in %s.", peer->label, set->path);
        return CLI_EXIT_USAGE;
}

/* Sets a key from a file; none removes it. */
static int edit_key(const WgpSetProfile *set, WgpEditKey key, const uint8_t *peer, const char *file) {
        uint8_t value[WGP_KEY_SIZE];
        char text[WGP_KEY_TEXT_SIZE];
        int r;

        r = wgp_set_read_key(file, value);
        if (r != 0)
                return r;
        wgp_key_format(value, text);
        r = wgp_edit_set(set->edit, key, peer, wgp_key_is_zero(value) ? NULL : text);
        explicit_bzero(value, sizeof(value));
        explicit_bzero(text, sizeof(text));
        return r;
}

/* 0 is what a profile without the key has. */
static int edit_number(const WgpSetProfile *set, WgpEditKey key, const uint8_t *peer, uint32_t value) {
        char text[sizeof("0x12345678")];

        snprintf(text, sizeof(text), key == WGP_EDIT_FWMARK ? "0x%x" : "%u", value);
        return wgp_edit_set(set->edit, key, peer, value == 0 ? NULL : text);
}

static int edit_allowed_ips(const WgpSetProfile *set, const WgpSetPeer *peer) {
        const WgpPeer *present = find_peer(set, peer);
        WgpPeerState before = {}, after = {};
        int r = 0;

        for (size_t i = 0; present && r >= 0 && i < present->n_allowed_ips; i++)
                if (present->allowed_ips[i].action != WGP_PEER_IP_REMOVE)
                        r = wgp_peer_state_add_allowed_ip(&before, &present->allowed_ips[i].prefix);
        if (r >= 0)
                r = wgp_set_allowed_ips(peer, before.allowed_ips, before.n_allowed_ips, &after);
        if (r >= 0)
                r = wgp_edit_set_list(set->edit, WGP_EDIT_ALLOWED_IPS, peer->public_key, after.allowed_ips,
                                after.n_allowed_ips);
        free(before.allowed_ips);
        free(after.allowed_ips);
        return r;
}

static int edit_peer(const WgpSetProfile *set, const WgpSetPeer *peer) {
        const uint8_t *key = peer->public_key;
        int r;

        if (peer->remove) {
                r = wgp_edit_remove_peer(set->edit, key);
                if (r != -ENOENT)
                        return r;
                wgp_cli_error("%s has no peer %s.", set->path, peer->label);
                return CLI_EXIT_FAILED;
        }
        r = wgp_edit_add_peer(set->edit, key);
        if (r >= 0 && peer->preshared_key_file)
                r = edit_key(set, WGP_EDIT_PRESHARED_KEY, key, peer->preshared_key_file);
        if (r == 0 && peer->endpoint)
                r = wgp_edit_set(set->edit, WGP_EDIT_ENDPOINT, key, peer->endpoint);
        if (r == 0 && peer->has_keepalive)
                r = edit_number(set, WGP_EDIT_KEEPALIVE, key, peer->keepalive);
        if (r == 0 && peer->has_allowed_ips)
                r = edit_allowed_ips(set, peer);
        return r;
}

/* Makes the changes in the text. Returns 0, an exit code (reported), or a negative errno. */
int wgp_set_profile_edit(const WgpSetProfile *set) {
        const WgpSetRequest *request = set->request;
        int r = 0;

        if (request->private_key_file)
                r = edit_key(set, WGP_EDIT_PRIVATE_KEY, NULL, request->private_key_file);
        if (r == 0 && request->has_listen_port)
                r = edit_number(set, WGP_EDIT_LISTEN_PORT, NULL, request->listen_port);
        if (r == 0 && request->has_fwmark)
                r = edit_number(set, WGP_EDIT_FWMARK, NULL, request->fwmark);
        for (size_t i = 0; r == 0 && i < request->n_peers; i++) {
                r = take_label(set, request->peers + i);
                if (r == 0)
                        r = edit_peer(set, request->peers + i);
        }
        if (r == -EINVAL) {
                wgp_cli_error("A value cannot stand in a line.");
                return CLI_EXIT_USAGE;
        }
        return r;
}
