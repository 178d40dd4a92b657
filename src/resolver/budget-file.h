/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once
/* Budget file: what was spent of a tunnel's budget outlives the process that spent it, in NAME.restarts beside the
 * records: a time a line, microseconds of CLOCK_BOOTTIME. */

#include "resolver/rate-limit.h"

void wgp_budget_read(int directory, const char *name, uint64_t now, WgpBudget *ret);
int wgp_budget_write(int directory, const char *name, const WgpBudget *budget);
void wgp_budget_remove(int directory, const char *name);
