/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once
/* Resolve: asks the manager's questions, and gives it the answers. */

#include "resolver/question.h"

int wgp_resolve_init(WgpResolve *resolve);
void wgp_resolve_done(WgpResolve *resolve);
WgpDnsOps wgp_resolve_ops(WgpResolve *resolve);
