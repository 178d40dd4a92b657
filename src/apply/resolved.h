/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once
/* systemd-resolved, over the bus. */

#include "apply/context.h"

bool wgp_resolved_is_there(WgpContext *context);
int wgp_resolved_set(WgpContext *context, uint32_t ifindex, const WgpDns *dns, char **ret_error);
int wgp_resolved_revert(WgpContext *context, uint32_t ifindex, char **ret_error);
