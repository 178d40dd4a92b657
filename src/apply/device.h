/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once
/* Device: the WireGuard side of a link, in the kernel or in a daemon. */

#include "apply/context.h"
#include "plan/plan.h"

void wgp_device_ask(WgpContext *context, const char *ifname);
int wgp_device_get(WgpContext *context, const WgpLink *link, WgpDevice *ret);
int wgp_device_find_mark(WgpContext *context, const WgpLink *link, uint32_t *ret);
int wgp_device_set(WgpContext *context, const WgpLink *link, const WgpDeviceChange *change);
