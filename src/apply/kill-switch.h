/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once
/* Kill switch: its part in a tunnel's plan. */

#include "apply/run.h"

int wgp_kill_switch_gather(WgpRun *run, WgpNetwork *network);
int wgp_kill_switch_want(WgpRun *run, uint32_t mark, WgpNetwork *desired);
bool wgp_kill_switch_check(const WgpRun *run);
int wgp_kill_switch_execute(WgpRun *run, const WgpOperation *op);
