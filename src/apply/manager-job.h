/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once
/* Manager job: whether systemd restarts a unit of the tunnel. */

#include "apply/context.h"

int wgp_restart_is_under_way(WgpContext *context, const char *unit_prefix, const char *name);
