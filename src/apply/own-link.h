/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once
/* Own link: which link is the tunnel's. */

#include "apply/run.h"

int wgp_own_link_find(WgpRun *run, const char *name);
int wgp_own_link_find_recorded(WgpRun *run);
