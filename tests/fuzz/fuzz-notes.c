/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The resolver's notes: as it reads its own at its next start, and as "wg-profile status" reads them. */

#include "cli/resolver-notes.h"
#include "fuzz.h"
#include "model/prefix.h"
#include "model/value.h"
#include "resolver/last-good.h"
#include "resolver/status.h"

#define HOST "vpn.example.org"
#define PORT 51820

/* The peer that the notes may be about: AQIDAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA= */
static const uint8_t key[WGP_KEY_SIZE] = { 1, 2, 3 };

static bool has_family(const WgpSockaddr *address) {
        return address->family == AF_UNSPEC || address->family == AF_INET || address->family == AF_INET6;
}

/* The notes in /run, and those in /var/lib. */
static void restore(const char *text, size_t size) {
        WgpEndpointName name = { .host = (char *) HOST, .port = PORT }, *names = &name;
        WgpAnswers *answers = &name.answers;
        WgpEndpointPeer peer = {
                .endpoints = &names, .n_endpoints = 1, .remote = { .answers = &answers, .n_answers = 1 }
        };
        WgpEndpointPeer *peers = &peer;
        WgpTunnel tunnel = { .name = (char *) "site", .peers = &peers, .n_peers = 1 };

        memcpy(peer.public_key, key, WGP_KEY_SIZE);
        wgp_answers_init(&name.answers, HOST, /* now= */ 1);
        peer.tunnel = name.tunnel = &tunnel;
        name.peer = &peer;
        (void) wgp_status_restore(&tunnel, text, size);
        check(has_family(&peer.remote.moves.ours));
        (void) wgp_last_good_restore(&tunnel, text, size);
        check(has_family(&peer.remote.moves.good));
        wgp_answers_done(&name.answers);
        wgp_remote_done(&peer.remote);
}

static void show(const char *text, size_t size) {
        json_t *notes = json_loadb(text, size, JSON_REJECT_DUPLICATES, NULL);
        WgpPeerState state = {};
        WgpTunnelStatus tunnel = WGP_TUNNEL_STATUS_NULL;
        const WgpMoment now = { 1700000000, 1000000 };

        if (!notes)
                return;
        memcpy(state.public_key, key, WGP_KEY_SIZE);
        tunnel.name = strdup("site");
        tunnel.peers = calloc(1, sizeof(*tunnel.peers));
        check(tunnel.name && tunnel.peers);
        tunnel.peers[0] = (WgpPeerStatus) { .peer = &state, .host = strdup(HOST), .port = PORT };
        tunnel.n_peers = 1;
        (void) wgp_resolver_notes_take(notes, &tunnel);
        check(wgp_tunnel_judge(&tunnel, &now) >= 0);
        wgp_tunnel_status_done(&tunnel);
        json_decref(notes);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
        restore((const char *) data, size);
        show((const char *) data, size);
        return 0;
}
