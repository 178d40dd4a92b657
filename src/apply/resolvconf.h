/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once
/* resolvconf(8): Debian's, or openresolv. */

#include "apply/context.h"

char *wgp_resolvconf_find(void);
int wgp_resolvconf_make_entry(const char *root, const char *program, const char *ifname, char **ret);
int wgp_resolvconf_set(const WgpDns *dns, char **ret_error);
int wgp_resolvconf_revert(const WgpDns *dns, char **ret_error);
