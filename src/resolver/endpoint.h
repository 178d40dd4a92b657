/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once
/* Endpoint: to which address a peer's packets should go, and when to ask DNS and the kernel again. What is known of a
 * peer is in three parts: what DNS said of each of its endpoints (endpoint-answers.h), what the kernel said
 * (endpoint-health.h), and where the peer was moved (endpoint-choose.h, which also decides). All of it is pure: the
 * time, the answers, what the kernel says and chance are handed in.
 *
 * Times are microseconds of one clock that never goes back and counts while the machine sleeps; 0: never. */

#include "model/device.h"

#define WGP_SECOND ((uint64_t) 1000000)
#define WGP_SECONDS(n) ((uint64_t) (n) *WGP_SECOND)
#define WGP_NEVER UINT64_MAX

/* How good an address looks from here, by the route to it. Lower is better. */
typedef enum WgpRank {
        WGP_RANK_FIRST,
        WGP_RANK_SECOND,
        WGP_RANK_THIRD,
        WGP_RANK_NO_ROUTE,
} WgpRank;

WgpRank wgp_rank(const WgpPrefix *destination, const WgpPrefix *source);
bool wgp_sockaddr_is_usable(const WgpSockaddr *address);
