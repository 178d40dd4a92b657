/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once
/* Resource records in wire format, as systemd-resolved hands them out. Pure. */

#include "base/macro.h"

int wgp_rr_parse(const uint8_t *data, size_t size, uint32_t *ret_ttl, char **ret_alias);
