/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once
/* Conflict: the route that is in the way. */

#include "apply/context.h"

char *wgp_conflict_describe(WgpContext *context, const WgpRoute *route);
const char *wgp_route_protocol_name(uint8_t protocol, char *buffer, size_t size);
