/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once
/* Operation report: what is said of an operation that failed. */

#include "apply/run.h"

int wgp_operation_fail(const WgpRun *run, const WgpOperation *op, const char *words);
void wgp_operation_report_failure(WgpRun *run, const WgpOperation *op, int error, const char *words);
