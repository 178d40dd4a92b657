/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once
/* Plan as JSON. */

#include "plan/plan.h"

int wgp_plan_format_json(const WgpPlan *plan, FILE *f);
