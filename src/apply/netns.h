/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once
/* Network namespace: which one a run works in. */

#include "apply/run.h"

int wgp_netns_use(WgpRun *run, const char *name);
int wgp_netns_refuse(const WgpRun *run, int error);
int wgp_netns_remove_stray(WgpRun *run);
