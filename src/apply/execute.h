/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once
/* Execute: sends a plan. */

#include "apply/context.h"

int wgp_execute_fail(const WgpRun *run, const WgpOperation *op, const char *words);
enum {
        /* a positive result beyond the exit codes: a route found its place taken, and nobody has stated its metric */
        WGP_EXECUTE_E_METRIC = 1000,
};

int wgp_execute(WgpRun *run, const WgpPlan *plan, bool keep_going);
void wgp_execute_report_failure(WgpRun *run, const WgpOperation *op, int error, const char *words);
