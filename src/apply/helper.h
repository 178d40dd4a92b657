/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once
/* Helpers: programs of others that apply needs. */

#include "core/macro.h"

char *wgp_helper_find(const char *name);
bool wgp_helper_is_allowed(void);
int wgp_helper_run(char *const *argv, const char *input);
