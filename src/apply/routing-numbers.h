/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once
/* Routing numbers: marks, tables and priorities that tunnels must not share, and rules and routes that they may. */

#include "apply/run.h"

int wgp_routing_numbers_open(WgpRun *run);
void wgp_routing_numbers_close(WgpRun *run);
int wgp_routing_numbers_check_needed(WgpRun *run, const WgpOperation *op, bool *ret);
int wgp_routing_numbers_choose(WgpRun *run, WgpDesiredInput *input);
int wgp_routing_numbers_own(WgpRun *run, WgpNetwork *ret);
void wgp_routing_numbers_own_done(WgpNetwork *own);
