/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once
/* Whether this program was called by a hook of a tunnel, which holds the tunnel's lock, and which a job of its unit
 * waits for. */

#include "base/macro.h"

int wgp_within_hook_format(const char *name, char **ret);
bool wgp_is_within_hook(const char *name);
