/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once
/* Load: the profile of a run, with everything in place that only this machine knows: keys from outside the file,
 * numbers of ports, tables and interfaces. */

#include "apply/run.h"

int wgp_load_profile(WgpRun *run);
int wgp_load_partly(WgpRun *run);
bool wgp_load_may_be_hidden(const WgpRun *run);
int wgp_load_again(const WgpRun *run, WgpProfile **ret);
int wgp_load_quietly(const WgpRun *run, WgpProfile **ret, bool *ret_valid);
int wgp_load_secrets(WgpRun *run, bool need_all);
