/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once
/* The attributes inside RTA_METRICS, in the order of WgpRouteMetric. */

#include "model/device.h"

extern const uint8_t wgp_route_metric_types[_WGP_ROUTE_METRIC_N];
