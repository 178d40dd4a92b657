/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once
/* Device: the WireGuard side of a link, wherever it lives. */

#include "apply/context.h"

void wgp_device_ask(WgpRun *run, const char *ifname);
void wgp_device_withdraw(WgpRun *run);
int wgp_device_get(WgpRun *run, const WgpLink *link, WgpDevice *ret);
int wgp_device_set(WgpRun *run, const WgpLink *link, const WgpDeviceChange *change);
