/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once
/* Numbers: the mark and the priorities of policy routing, out of those that are free. Pure. */

#include "desired/desired.h"

int wgp_numbers_find_recorded(const WgpNetwork *recorded, WgpDesiredInput *input);
uint32_t wgp_numbers_keep_mark(const WgpNetwork *recorded, const WgpNetwork *used);
uint32_t wgp_numbers_next_mark(const WgpNetwork *used, uint32_t first);
int wgp_numbers_build(const WgpNetwork *used, WgpDesiredInput *input);
