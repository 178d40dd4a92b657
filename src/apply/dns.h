/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once
/* DNS: choosing the DNS manager, and telling it. */

#include "apply/run.h"

int wgp_dns_find(WgpRun *run);
void wgp_dns_find_again(WgpRun *run, const WgpProfile *profile);
int wgp_dns_execute(WgpRun *run, const WgpOperation *op);
