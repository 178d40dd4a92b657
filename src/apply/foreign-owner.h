/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once
/* Foreign owner: the program that made a link under a tunnel's name. */

#include "apply/context.h"

char *wgp_foreign_owner_describe(WgpContext *context, const char *ifname);
