/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once
/* Gather: the actual state, one dump per kind. */

#include "apply/context.h"

int wgp_gather_link(WgpRun *run, const char *name, WgpLink *ret);
int wgp_gather_network(WgpRun *run, const WgpNetwork *const *concerned, size_t n_concerned, WgpNetwork *network);
int wgp_gather_unbound(WgpRun *run, const WgpNetwork *concerned, WgpNetwork *network);
int wgp_gather_rules(WgpRun *run, WgpNetwork *network);
int wgp_gather_unreachable(WgpRun *run, WgpNetwork *network);
