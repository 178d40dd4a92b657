/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once
/* Kill switch table: the table and the records of the kill switches, for the plan and for the verbs. */

#include "apply/run.h"

int wgp_kill_switch_lock(WgpRun *run, int *ret);
int wgp_kill_switch_write_record(WgpRun *run, const WgpKillSwitch *own);
int wgp_kill_switch_make_table(WgpRun *run, const WgpKillSwitch *own, WgpKillSwitches *switches);
int wgp_kill_switch_wait_for_resolver(WgpRun *run, const WgpKillSwitches *switches, unsigned msec);
