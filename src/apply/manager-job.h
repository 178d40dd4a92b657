/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once
/* Restart: whether systemd stops a unit of the tunnel's to start it again. */

#include "apply/context.h"

int wgp_restart_is_under_way(WgpContext *context, const char *unit_prefix, const char *name);
