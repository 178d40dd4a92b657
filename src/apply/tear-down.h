/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once
/* Tear down: removes what the record names. */

#include "apply/run.h"

int wgp_tear_down(WgpRun *run);
int wgp_take_link_down(WgpRun *run);
