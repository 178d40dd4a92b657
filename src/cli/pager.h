/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once
/* Pager: as systemctl(1) has one, with the same variables. */

#include <sys/types.h>

#include "base/macro.h"

void wgp_pager_open(void);
void wgp_pager_close(void);
