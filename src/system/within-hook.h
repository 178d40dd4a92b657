/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once
/* Within a hook: whether a tunnel's hook called this program. That tunnel's lock is held, and a job of its unit
 * waits. */

#include "base/macro.h"

int wgp_within_hook_format(const char *name, char **ret);
bool wgp_is_within_hook(const char *name);
