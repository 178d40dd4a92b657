/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once
/* IPv6: where the host has switched it off, what the tunnel has of it is left out. */

#include "apply/run.h"

void wgp_ipv6_leave_out(WgpRun *run);
bool wgp_ipv6_is_refused(WgpRun *run, const WgpOperation *op, int error);
