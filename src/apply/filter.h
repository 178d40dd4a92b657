/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once
/* Filter: the tunnel's nft table, and the sysctl src_valid_mark. */

#include "apply/run.h"

int wgp_filter_gather(WgpContext *context, const WgpNetwork *concerned, WgpNetwork *network);
int wgp_filter_gather_table(WgpContext *context, const char *table, WgpFilter *ret);
int wgp_filter_execute(WgpRun *run, const WgpOperation *op);
int wgp_valid_mark_execute(WgpRun *run, const WgpOperation *op);
