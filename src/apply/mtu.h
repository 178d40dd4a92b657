/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once
/* MTU: what fits through the paths to the endpoints. */

#include "apply/run.h"

int wgp_path_find(WgpRun *run, const WgpSockaddr *endpoint, WgpRoute *ret);
uint32_t wgp_mtu_find(WgpRun *run);
