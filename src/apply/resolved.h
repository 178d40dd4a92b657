/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once
/* systemd-resolved, over the bus. */

#include "apply/context.h"

bool wgp_resolved_is_there(WgpRun *run);
int wgp_resolved_set(WgpRun *run, const WgpDns *dns, char **ret_error);
int wgp_resolved_revert(WgpRun *run, char **ret_error);
