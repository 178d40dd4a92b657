/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once
/* Needs: what the stop of a tunnel needs beyond its unit's sandbox. "up" leaves an empty file NAME.needs-WHAT for
 * each beside the tunnel's record, and the generator goes by these files whatever becomes of the profile. libc only:
 * the generator links it. */

#include "base/macro.h"

typedef struct WgpNeeds WgpNeeds;
typedef struct WgpNeedsList WgpNeedsList;

typedef enum WgpNeed {
        WGP_NEED_NETNS,      /* entering a network namespace */
        WGP_NEED_SAVECONFIG, /* writing the profile back */
        WGP_NEED_RESOLVCONF, /* running resolvconf(8) */
        WGP_NEED_HOOKS,      /* running commands of the profile's author */
        _WGP_NEED_N,
} WgpNeed;

struct WgpNeeds {
        char *name;    /* NAME of the profile */
        unsigned bits; /* 1 << WgpNeed */
};

struct WgpNeedsList {
        WgpNeeds *items; /* sorted by name, each name once */
        size_t n_items, n_allocated;
};

#define WGP_NEEDS_LIST_NULL ((WgpNeedsList) {})

int wgp_needs_add(int directory, const char *name, unsigned bits);
int wgp_needs_keep_only(int directory, const char *name, unsigned bits);
int wgp_needs_read(int directory, const char *name, unsigned *ret_bits);

int wgp_needs_list(int directory, WgpNeedsList *ret);
const WgpNeeds *wgp_needs_list_find(const WgpNeedsList *list, const char *name);
void wgp_needs_list_done(WgpNeedsList *list);
