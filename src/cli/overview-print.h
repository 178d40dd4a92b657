/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once
/* Overview, printed: what "status" without a name and "list" show. */

#include "cli/look.h"

int wgp_overview_print(const WgpLook *look, bool rates);
