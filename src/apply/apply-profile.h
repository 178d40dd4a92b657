/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once
/* Apply profile: from the profile to the kernel. */

#include "apply/run.h"

int wgp_apply_profile_plan(WgpRun *run, WgpPlan *ret);
int wgp_apply_profile(WgpRun *run, bool first);
