/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once
/* Credential stores: whether a credential is there, and in which form. systemd has to be told which form to
 * load, and fails the unit (or hands out the encrypted text) when it is told the wrong one. */

#include "generator/unit-text.h"

typedef struct WgpCredstore WgpCredstore;

enum {
        WGP_CREDSTORE_DIRECTORIES = 5,
};

struct WgpCredstore {
        int fds[WGP_CREDSTORE_DIRECTORIES];
        size_t n_fds;
        bool denied; /* there is one that the caller may not look into */
};

#define WGP_CREDSTORE_NULL ((WgpCredstore) {})

int wgp_credstore_open(WgpCredstore *store, int root_fd, bool encrypted, const char *received);
bool wgp_credstore_has(const WgpCredstore *store, const char *id);
void wgp_credstore_find_forms(const WgpCredstore *plain, const WgpCredstore *encrypted, WgpUnitFacts *facts);
void wgp_credstore_close(WgpCredstore *store);
