/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once
/* What the files of "wg-profile set" share: the request, and the profile that it is about. */

#include "cli/cli.h"
#include "cli/input.h"
#include "cli/peer-names.h"
#include "cli/set-words.h"
#include "rewrite/edit.h"
#include "system/replace-file.h"

typedef struct WgpSetProfile WgpSetProfile;

/* The profile, as it is and as it will be. */
struct WgpSetProfile {
        const WgpCli *cli;      /* borrowed */
        WgpSetRequest *request; /* borrowed */
        WgpStoreItem item;
        char *path;      /* of the file, for people */
        WgpReplace file; /* less its data, which is the first of the texts */
        WgpInput *texts; /* the profile and its drop-ins */
        size_t n_texts;
        WgpProfile *present; /* what the profile says by itself */
        WgpPeerNames names;
        WgpEdit *edit;
};

int wgp_set_profile_open(WgpSetProfile *set);
int wgp_set_profile_edit(const WgpSetProfile *set);
int wgp_set_profile_judge(
                const WgpSetProfile *set, const WgpInput *text, WgpDiagnostics *diagnostics, bool *ret_exposed);
int wgp_set_refuse_exposed(const WgpSetProfile *set);
void wgp_set_profile_done(WgpSetProfile *set);

int wgp_set_read_key(const char *path, uint8_t ret[static WGP_KEY_SIZE]);
int wgp_set_runtime(const WgpCli *cli, WgpSetRequest *request);
