/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once
/* Peer facts: what a client has to be told of its server. */

#include "cli/peer-server.h"

int wgp_peer_facts_key(const WgpPeerServer *server, uint8_t ret[static WGP_KEY_SIZE]);
int wgp_peer_facts_endpoint(const WgpPeerServer *server, WgpEndpoint *ret);
int wgp_peer_facts_allowed_ips(const WgpPeerServer *server, WgpPrefixList *ret);
