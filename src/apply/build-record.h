/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once
/* Build record: the record of a run, before and after it. */

#include "apply/run.h"

int wgp_build_record(WgpRun *run, WgpState *ret);
int wgp_write_record_before(WgpRun *run, const WgpState *after);
int wgp_write_record_after(WgpRun *run, WgpState *after);
