/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once
/* IPv6: what is left out on a host without it. */

#include "apply/run.h"

void wgp_ipv6_leave_out(WgpRun *run);
bool wgp_ipv6_is_refused(WgpRun *run, const WgpOperation *op, int error);
