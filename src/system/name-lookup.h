/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once
/* Name look-up: the numbers of UDP services and routing tables, of this system or of the tree below a root. */

#include "model/profile.h"

int wgp_name_lookup_open(const char *root, WgpLookup *ret);
void wgp_name_lookup_close(void);
