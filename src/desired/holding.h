/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once
/* Holding: what of a record that no run has finished keeps the traffic of a full tunnel from leaving past it. Pure. */

#include "model/device.h"

int wgp_holding_build(const WgpNetwork *recorded, const WgpNetwork *actual, WgpNetwork *ret);
