/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once
/* Credential stores: whether a credential is there, and in which form. */

#include "base/macro.h"

typedef struct WgpCredstore WgpCredstore;

enum {
        WGP_CREDSTORE_DIRECTORIES = 5,
};

struct WgpCredstore {
        int fds[WGP_CREDSTORE_DIRECTORIES];
        size_t n_fds;
        bool denied; /* there is one that the caller may not look into */
};

/* What systemd was handed by firmware, boot loader or container manager: PID 1 has it in variables, and sees to it
 * that it can be found here, too. */
#define WGP_CREDENTIALS_RECEIVED "/run/credentials/@system"
#define WGP_CREDENTIALS_RECEIVED_ENCRYPTED "/run/credentials/@encrypted"

#define WGP_CREDSTORE_NULL ((WgpCredstore) {})

int wgp_credstore_open(WgpCredstore *store, int root_fd, bool encrypted, const char *received);
bool wgp_credstore_has(const WgpCredstore *store, const char *id);
int wgp_credstore_knows(int root_fd, bool here, const char *id);
void wgp_credstore_close(WgpCredstore *store);
