/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once
/* What other services were told, in a state file. Private to state-*.c. */

#include <jansson.h>

#include "model/device.h"

json_t *state_format_dns(const WgpDns *dns);
int state_parse_dns(const json_t *o, WgpDns *dns);
