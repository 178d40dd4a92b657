/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once
/* Profile names: which are valid, and how they look as the instance of a unit. Pure. */

#include <limits.h>

#include "model/profile.h"

#define WGP_UNIT_PREFIX "wg-profile@"
#define WGP_KILL_SWITCH_UNIT_PREFIX "wg-profile-killswitch@"
#define WGP_UNIT_SUFFIX ".service"

enum {
        /* The longest escaped name: the directory of the unit's drop-ins is the longest name made of it.
         * systemd's own limit (255 bytes for a unit's name) leaves two bytes more. */
        WGP_INSTANCE_MAX = NAME_MAX - (sizeof(WGP_UNIT_PREFIX) - 1) - (sizeof(WGP_UNIT_SUFFIX ".d") - 1),
};

const char *wgp_profile_name_problem(const char *name);
size_t wgp_profile_name_length(const char *file_name, WgpFormat *ret_format);
const char *wgp_format_suffix(WgpFormat format);

char *wgp_instance_escape(const char *name);
int wgp_instance_unescape(const char *instance, char **ret);

char *wgp_printable(const char *text);
