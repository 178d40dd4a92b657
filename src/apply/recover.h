/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once
/* Recover: a new record for a tunnel whose own cannot be used. */

#include "apply/run.h"

int wgp_recover(WgpRun *run, const char *ifname, const WgpProfile *profile);
int wgp_recover_all(WgpRun *run);
