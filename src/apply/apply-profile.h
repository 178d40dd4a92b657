/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once
/* Converge: from the profile to the kernel. */

#include "apply/context.h"

int wgp_converge_build(WgpRun *run, WgpPlan *ret);
int wgp_converge(WgpRun *run, bool first);
