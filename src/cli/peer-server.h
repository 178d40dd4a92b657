/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once
/* Peer server: the profile that "wg-profile peer" is about, its clients that are switched off, and what of its
 * addresses is taken. */

#include "cli/client-files.h"
#include "cli/profile-set.h"

typedef struct WgpPeerServer WgpPeerServer;
typedef struct WgpPrefixList WgpPrefixList;

struct WgpPeerServer {
        const WgpCli *cli; /* borrowed */
        WgpLoaded loaded;
        WgpClientFiles files;
        WgpProfile *disabled; /* the peers of the files that no profile reads */
};

struct WgpPrefixList {
        WgpPrefix *items;
        size_t n_items, n_allocated;
};

/* Why the profile is opened. */
typedef enum WgpPeerServerUse {
        WGP_PEER_SERVER_READ,   /* errors or not */
        WGP_PEER_SERVER_ADD,    /* only a good one gets another client */
        WGP_PEER_SERVER_CHANGE, /* a client can be sent away from a broken one */
} WgpPeerServerUse;

#define WGP_PEER_SERVER_NULL ((WgpPeerServer) { .files = WGP_CLIENT_FILES_NULL })
#define WGP_PREFIX_LIST_NULL ((WgpPrefixList) {})

int wgp_peer_server_open(const WgpCli *cli, WgpPeerServerUse use, WgpPeerServer *ret);
void wgp_peer_server_done(WgpPeerServer *server);

int wgp_peer_server_networks(const WgpPeerServer *server, WgpPrefixList *ret);
int wgp_peer_server_taken(const WgpPeerServer *server, WgpPrefixList *ret);
int wgp_prefix_list_add(WgpPrefixList *list, const WgpPrefix *prefix);
void wgp_prefix_list_done(WgpPrefixList *list);
