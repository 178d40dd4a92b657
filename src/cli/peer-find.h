/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once
/* Peer find: the clients of a server, with where each of them stands. */

#include "cli/peer-server.h"

typedef struct WgpClientEntry WgpClientEntry;

struct WgpClientEntry {
        const WgpPeer *peer; /* borrowed from the server */
        const char *path;    /* of the file that has its section; borrowed */
        bool disabled;
        char *file; /* of ours, in the server's directory; NULL: it stands elsewhere */
};

int wgp_peer_find(const WgpPeerServer *server, const char *name, WgpClientEntry *ret);
int wgp_peer_find_ours(const WgpPeerServer *server, const char *name, WgpClientEntry *ret);
void wgp_peer_find_entry(const WgpPeerServer *server, const WgpPeer *peer, bool disabled, WgpClientEntry *ret);
void wgp_client_entry_done(WgpClientEntry *entry);
