/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "cli/peer-find.h"

#include "cli/message.h"
#include "model/value.h"
#include "system/profile-name.h"

void wgp_client_entry_done(WgpClientEntry *entry) {
        free(entry->file);
        *entry = (WgpClientEntry) {};
}

/* The name of the file, if it is the one that "peer add" makes for a client of that name. NULL: it is not, or no
 * memory. */
static char *own_file(const WgpPeerServer *server, const char *path, const char *client, bool disabled) {
        _cleanup_(freep) char *tail = NULL, *file = NULL;
        const WgpStoreItem *item = &server->loaded.item;
        size_t n, k;

        file = client ? wgp_client_file_name(client, disabled ? WGP_CLIENT_FILE_OFF : WGP_CLIENT_FILE_ON) : NULL;
        if (!file)
                return NULL;
        if (asprintf(&tail, "/etc/wg-profile/%s%s.d/%s", item->name, wgp_format_suffix(item->format), file) < 0) {
                tail = NULL;
                return NULL;
        }
        n = strlen(path);
        k = disabled ? strlen(file) : strlen(tail); /* only this directory was looked through for disabled ones */
        return n >= k && streq(path + n - k, disabled ? file : tail) ? TAKE_PTR(file) : NULL;
}

/* Fills in where a peer stands, for wgp_client_entry_done(). */
void wgp_peer_find_entry(const WgpPeerServer *server, const WgpPeer *peer, bool disabled, WgpClientEntry *ret) {
        const WgpProfile *profile = disabled ? server->disabled : server->loaded.profile;

        *ret = (WgpClientEntry) { .peer = peer, .disabled = disabled };
        ret->path = wgp_profile_file(profile, peer->origin);
        ret->file = own_file(server, ret->path, peer->name, disabled);
}

static const WgpPeer *find_in(const WgpProfile *profile, const char *name) {
        uint8_t key[WGP_KEY_SIZE];
        const bool is_key = wgp_key_parse(name, WGP_KEY_CANONICAL, key) >= 0;

        for (size_t i = 0; i < profile->n_peers; i++)
                if (is_key ? memcmp(profile->peers[i].public_key, key, WGP_KEY_SIZE) == 0 :
                             streq_ptr(profile->peers[i].name, name))
                        return profile->peers + i;
        return NULL;
}

/* Finds a client by its name or public key. Returns 0, or an exit code (reported). */
int wgp_peer_find(const WgpPeerServer *server, const char *name, WgpClientEntry *ret) {
        const WgpPeer *peer = find_in(server->loaded.profile, name);
        const bool disabled = !peer;

        if (!peer)
                peer = find_in(server->disabled, name);
        if (peer) {
                wgp_peer_find_entry(server, peer, disabled, ret);
                return 0;
        }
        wgp_cli_error("'%s' has no client '%s'. 'wg-profile peer list %s' shows them.", server->loaded.item.name, name,
                        server->loaded.item.name);
        return CLI_EXIT_FAILED;
}

/* As wgp_peer_find(), for who will change the file: it has to be one that "peer add" has made. */
int wgp_peer_find_ours(const WgpPeerServer *server, const char *name, WgpClientEntry *ret) {
        int r;

        r = wgp_peer_find(server, name, ret);
        if (r != 0 || ret->file)
                return r;
        wgp_cli_error("'%s' is not a client that 'wg-profile peer add' has made: nothing was changed. Change it in %s, line %u.",
                        name, ret->path, ret->peer->origin.line);
        wgp_client_entry_done(ret);
        return CLI_EXIT_FAILED;
}
