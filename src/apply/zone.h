/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once
/* Zone: firewalld, over the bus. */

#include "apply/run.h"

int wgp_zone_execute(WgpRun *run, const WgpOperation *op);
