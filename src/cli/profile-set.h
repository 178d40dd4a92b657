/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once
/* Profile set: several profiles read and judged, each by itself and all together; and one of them, for a verb that is
 * about one. */

#include "cli/cli.h"

typedef struct WgpLoaded WgpLoaded;
typedef struct WgpProfileSet WgpProfileSet;

/* What there is to say of a profile in a word. */
typedef enum WgpVerdict {
        WGP_VERDICT_OK,
        WGP_VERDICT_WARNINGS,
        WGP_VERDICT_ERRORS,
        WGP_VERDICT_MASKED,
        WGP_VERDICT_AMBIGUOUS,
        WGP_VERDICT_UNREADABLE,
        _WGP_VERDICT_N,
} WgpVerdict;

struct WgpLoaded {
        WgpStoreItem item;
        char *path;          /* as a person has to write it, root included */
        WgpProfile *profile; /* NULL: none could be made out */
        WgpDiagnostics diagnostics;
        int condition; /* 0, or a WGP_STORE_E_* */
};

struct WgpProfileSet {
        WgpLoaded *items;
        size_t n_items, n_allocated;
        WgpDiagnostics diagnostics; /* of no single profile */
};

#define WGP_LOADED_NULL ((WgpLoaded) {})
#define WGP_PROFILE_SET_NULL ((WgpProfileSet) {})

bool wgp_is_file_argument(const char *argument);

int wgp_loaded_open(const WgpCli *cli, const char *argument, WgpLoaded *ret);
int wgp_loaded_open_broken(const WgpCli *cli, const char *name, WgpLoaded *ret);
int wgp_loaded_open_name(const WgpCli *cli, const char *name, WgpLoaded *ret);
void wgp_loaded_done(WgpLoaded *loaded);
WgpVerdict wgp_loaded_verdict(const WgpLoaded *loaded);
bool wgp_loaded_autoconnects(const WgpLoaded *loaded);
const char *wgp_format_name(WgpFormat format);

int wgp_profile_set_add_all(const WgpCli *cli, WgpStore *store, WgpProfileSet *set);
int wgp_profile_set_add_file(const WgpCli *cli, WgpStore *store, const char *path, WgpProfileSet *set);
int wgp_profile_set_verify(WgpProfileSet *set);
void wgp_profile_set_done(WgpProfileSet *set);
