/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The resolver's notes: as it reads its own at its next start, and as "wg-profile status" reads them. */

#include "cli/resolver-notes.h"
#include "core/value.h"
#include "fuzz.h"
#include "resolver/status.h"

#define HOST "vpn.example.org"
#define PORT 51820

/* The peer that the notes may be about: AQIDAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA= */
static const uint8_t key[WGP_KEY_SIZE] = { 1, 2, 3 };

static void restore(const char *text, size_t size) {
        WgpEndpointName name = { .host = (char *) HOST, .port = PORT }, *names = &name;
        WgpTunnel tunnel = { .name = (char *) "site", .endpoints = &names, .n_endpoints = 1 };

        memcpy(name.public_key, key, WGP_KEY_SIZE);
        name.tunnel = &tunnel;
        (void) wgp_status_restore(&tunnel, text, size);
        check(name.tracker.ours.family == AF_UNSPEC || name.tracker.ours.family == AF_INET || name.tracker.ours.family == AF_INET6);
}

static void show(const char *text, size_t size) {
        json_t *notes = json_loadb(text, size, JSON_REJECT_DUPLICATES, NULL);
        WgpPeerState state = {};
        WgpPeerStatus peer = { .peer = &state, .host = (char *) HOST, .port = PORT };
        WgpTunnelStatus tunnel = WGP_TUNNEL_STATUS_NULL;
        const WgpMoment now = { 1700000000, 1000000 };

        if (!notes)
                return;
        memcpy(state.public_key, key, WGP_KEY_SIZE);
        tunnel.name = (char *) "site";
        tunnel.peers = &peer;
        tunnel.n_peers = 1;
        (void) wgp_resolver_notes_take(notes, &tunnel);
        check(wgp_tunnel_judge(&tunnel, &now) >= 0);
        free(tunnel.reason);
        free(peer.health);
        free(peer.failure);
        json_decref(notes);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
        restore((const char *) data, size);
        show((const char *) data, size);
        return 0;
}
