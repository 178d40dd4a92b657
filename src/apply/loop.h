/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once
/* Loop: a tunnel whose packets would go into itself. */

#include "apply/run.h"

int wgp_loop_check(WgpRun *run);
