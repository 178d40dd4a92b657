/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once
/* Gather: the actual state, one dump per kind. */

#include "apply/run.h"

int wgp_gather_link(WgpContext *context, const char *name, WgpLink *ret);
int wgp_gather_network(WgpRun *run, const WgpNetwork *const *concerned, size_t n_concerned, WgpNetwork *network);
int wgp_gather_unbound(WgpContext *context, const WgpNetwork *concerned, WgpNetwork *network);
int wgp_gather_rules(WgpContext *context, WgpNetwork *network);
int wgp_gather_unreachable(WgpContext *context, WgpNetwork *network);
