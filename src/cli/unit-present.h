/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once
/* Unit present: whether what the generator wrote about an instance is what it would write now. */

#include "model/profile.h"

bool wgp_unit_find_time(const char *instance, struct timespec *ret);
int wgp_unit_is_current(const char *path, const WgpProfile *profile, const char *instance, bool *ret);
