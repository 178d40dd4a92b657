/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once
/* The words of ip-route(8) and ip-rule(8), which profiles and plans have: metrics and types of routes, actions of
 * rules. Pure. */

#include "model/device.h"

extern const char *const wgp_route_metric_names[_WGP_ROUTE_METRIC_N];

int wgp_route_type_parse(const char *name, uint8_t *ret);
const char *wgp_route_type_name(uint8_t type);
int wgp_rule_action_parse(const char *name, uint8_t *ret);
const char *wgp_rule_action_name(uint8_t action);
