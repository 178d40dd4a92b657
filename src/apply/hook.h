/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once
/* Hook: PreUp, PostUp, PreDown and PostDown of a wg-quick profile. */

#include "apply/run.h"

int wgp_hook_check(const WgpRun *run);
int wgp_hook_run(WgpRun *run, const WgpHook *hook);
void wgp_hooks_note_change(const WgpRun *run);
void wgp_hooks_run_pre_down(WgpRun *run);
void wgp_hooks_run_post_down(WgpRun *run);
