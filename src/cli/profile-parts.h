/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once
/* Profile parts: all files of this system that belong to one profile. */

#include "cli/names.h"
#include "cli/profile-set.h"

typedef struct WgpParts WgpParts;

/* Paths on this system, the root included. */
struct WgpParts {
        WgpNames files;       /* in the order in which they can be removed */
        WgpNames directories; /* of drop-ins */
};

#define WGP_PARTS_NULL ((WgpParts) {})

int wgp_parts_find(const WgpCli *cli, const WgpStoreItem *item, WgpParts *ret);
int wgp_parts_refuse_foreign(const WgpLoaded *loaded, const char *what);
void wgp_parts_done(WgpParts *parts);
