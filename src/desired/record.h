/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once
/* Record: what a run leaves in the kernel that is ours, as it will be written down. Pure. */

#include "model/device.h"

/* What was there before the run. */
typedef struct WgpRecordInput {
        const WgpNetwork *actual;
        const WgpNetwork *recorded; /* the former record */
        const WgpNetwork *others;   /* rules, routes without a device and sysctl that other tunnels have recorded */
} WgpRecordInput;

int wgp_record_build(const WgpNetwork *desired, const WgpRecordInput *before, WgpNetwork *ret);
int wgp_record_merge(const WgpNetwork *before, const WgpNetwork *after, WgpNetwork *ret);
int wgp_record_copy_services(const WgpNetwork *from, WgpNetwork *to);
int wgp_record_add_addresses(const WgpNetwork *from, WgpNetwork *to);
int wgp_record_add_rules(const WgpNetwork *from, WgpNetwork *to);
int wgp_record_add_unbound(const WgpNetwork *from, WgpNetwork *to);
bool wgp_record_has_linkless(const WgpNetwork *network);
