/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once
/* What the files of the manager share, from below to above: tell, paths, names, tunnels, manager. */

#include "resolver/manager-data.h"

/* manager-tell.c */
void _printf_(5, 6) wgp_manager_tell(WgpManager *m, WgpSeverity severity, const WgpTunnel *tunnel,
                const WgpEndpointPeer *peer, const char *format, ...);

/* manager-paths.c */
void wgp_peer_rank_present(WgpManager *m, WgpEndpointPeer *peer);
void wgp_peer_rank_all(WgpManager *m, WgpEndpointPeer *peer);
void wgp_peer_rank_unreachable(WgpManager *m, WgpEndpointPeer *peer, uint64_t now);
uint32_t wgp_tunnel_find_path_mtu(WgpManager *m, const WgpTunnel *tunnel);
int wgp_manager_answers_changed(WgpManager *m, WgpEndpointPeer *peer);

/* manager-names.c */
int wgp_manager_use_name(WgpManager *m, WgpEndpointName *e, uint64_t now);
void wgp_manager_leave_name(WgpManager *m, WgpEndpointName *e);
void wgp_manager_refresh_name(WgpName *name);
uint64_t wgp_manager_ask_names(WgpManager *m, uint64_t now);
