/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once
/* Owner: who else has a link that was found under a tunnel's name. */

#include "apply/context.h"

char *wgp_foreign_owner_describe(WgpContext *context, const char *ifname);
