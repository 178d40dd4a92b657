/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once
/* MTU: what fits through the paths to the endpoints. */

#include "apply/run.h"

uint32_t wgp_mtu_find(WgpRun *run);
