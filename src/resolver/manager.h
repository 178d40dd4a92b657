/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once
/* Manager: all tunnels that are looked after. It asks DNS and the kernel through two small sets of functions, has no
 * clock and no event loop: whoever drives it calls wgp_manager_run() when the time it returned has come, or anything
 * happened. */

#include "resolver/manager-data.h"

void wgp_manager_init(WgpManager *m, const WgpManagerConfig *config);
void wgp_manager_done(WgpManager *m);

uint64_t wgp_manager_run(WgpManager *m, uint64_t now);
void wgp_manager_poke(WgpManager *m, uint64_t now, WgpChange change);
void wgp_manager_reroute(WgpManager *m);
void wgp_manager_resume(WgpManager *m, uint64_t now);

/* manager-names.c */
int wgp_manager_answer(WgpManager *m, WgpName *name, const void *question, uint64_t now, const WgpAnswer *answer);
void wgp_manager_set_ttl(WgpManager *m, WgpName *name, uint64_t ttl_usec);
void wgp_manager_failure(WgpManager *m, WgpName *name, const void *question, uint64_t now, const char *text);

/* manager-tunnels.c */
bool wgp_state_is_watched(const WgpState *state);
int wgp_manager_set_tunnel(WgpManager *m, uint64_t now, const WgpState *state);
void wgp_manager_remove_tunnel(WgpManager *m, const char *name);
WgpTunnel *wgp_manager_find(const WgpManager *m, const char *name);
uint32_t wgp_tunnel_ifindex_here(const WgpTunnel *tunnel);
WgpEndpointPeer *wgp_tunnel_find(const WgpTunnel *tunnel, const uint8_t public_key[static WGP_KEY_SIZE]);
