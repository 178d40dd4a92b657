/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once
/* Verbs: what a run can be asked to do. Each of them returns an exit code. */

#include "apply/run.h"

int wgp_run_up(WgpRun *run);
int wgp_run_reload(WgpRun *run);
int wgp_run_repair(WgpRun *run);
int wgp_run_down(WgpRun *run, bool after_failure);
int wgp_run_plan(WgpRun *run, WgpPlan *ret);
int wgp_run_kill_switch_is_wanted(WgpRun *run);
int wgp_run_kill_switch_on(WgpRun *run);
int wgp_run_kill_switch_off(WgpRun *run, bool failed);
