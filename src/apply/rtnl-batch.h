/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once
/* Rtnetlink batch: the operations of a plan that are messages of rtnetlink, many at a time. */

#include "apply/run.h"

enum {
        /* a positive result beyond the exit codes: another route has the place, and nobody has stated a metric */
        WGP_RTNL_BATCH_E_METRIC = 1000,
};

size_t wgp_rtnl_batch_count(const WgpOperation *ops, size_t n, bool mixed);
int wgp_rtnl_batch_send(WgpRun *run, const WgpOperation *ops, size_t n);
