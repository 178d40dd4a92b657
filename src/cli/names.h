/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once
/* Names: a list of names of profiles, and what a verb's arguments mean: names, patterns, --all. */

#include "cli/cli.h"

typedef struct WgpNames WgpNames;

struct WgpNames {
        char **items;
        size_t n_items, n_allocated;
};

#define WGP_NAMES_NULL ((WgpNames) {})

int wgp_names_add(WgpNames *names, const char *name);
void wgp_names_sort(WgpNames *names);
bool wgp_names_contains(const WgpNames *names, const char *name);
int wgp_name_check(const char *name);
int wgp_names_check(const WgpCli *cli);
int wgp_names_expand(const WgpCli *cli, WgpNames *ret);
void wgp_names_done(WgpNames *names);
