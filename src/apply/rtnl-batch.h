/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once
/* Batch: the operations of a plan that are messages of rtnetlink, many at a time. */

#include "apply/context.h"

size_t wgp_batch_count(const WgpOperation *ops, size_t n, bool mixed);
int wgp_batch_send(WgpRun *run, const WgpOperation *ops, size_t n);
