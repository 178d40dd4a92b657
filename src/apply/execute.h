/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once
/* Execute: sends a plan. */

#include "apply/run.h"

int wgp_execute(WgpRun *run, const WgpPlan *plan, bool keep_going);
