/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once
/* DNS: who is to be told, and telling. */

#include "apply/run.h"

int wgp_dns_find(WgpRun *run);
int wgp_dns_execute(WgpRun *run, const WgpOperation *op);
