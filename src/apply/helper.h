/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once
/* Helper: another program that apply runs. */

#include "base/macro.h"

typedef enum WgpHelperKind {
        WGP_HELPER_HOOK,       /* bash, and whatever it runs */
        WGP_HELPER_RESOLVCONF, /* resolvconf(8) and its subscribers */
} WgpHelperKind;

char *wgp_helper_find(const char *name);
bool wgp_helper_is_allowed(WgpHelperKind kind);
int wgp_helper_run(char *const *argv, const char *input);
