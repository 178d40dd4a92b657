/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once
/* VRF: the device that a link is put into. */

#include "apply/run.h"

int wgp_vrf_choose(WgpRun *run, WgpDesiredInput *input);
int wgp_vrf_find_again(WgpRun *run, WgpLink *link);
