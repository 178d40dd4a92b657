/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once
/* Keep: the record of a run, before and after it. */

#include "apply/context.h"

int wgp_keep_build(WgpRun *run, WgpState *ret);
int wgp_keep_write_before(WgpRun *run, const WgpState *after);
int wgp_keep_write_after(WgpRun *run, WgpState *after);
