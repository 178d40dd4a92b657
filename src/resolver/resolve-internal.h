/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once
/* The three ways to ask, which resolve.c chooses from. Each "start" returns 0, or a negative errno: it cannot be asked
 * this way. */

#include "resolver/question.h"

/* resolve-bus.c: systemd-resolved */
int wgp_resolve_bus_start(WgpQuestion *q);

/* resolve-ares.c: the name servers, by c-ares */
int wgp_resolve_ares_start(WgpQuestion *q);
void wgp_resolve_ares_done(WgpResolve *resolve);

/* resolve-libc.c: getaddrinfo(3) in a thread */
int wgp_resolve_libc_init(WgpResolve *resolve);
void wgp_resolve_libc_done(WgpResolve *resolve);
int wgp_resolve_libc_start(WgpQuestion *q);
