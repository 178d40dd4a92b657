/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once
/* Recover: the record of a tunnel that has none which can be used, made anew. */

#include "apply/run.h"

int wgp_recover(WgpRun *run, const char *ifname, const WgpProfile *profile);
int wgp_recover_all(WgpRun *run);
