/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once
/* Profile text: judging a profile that is no file of the store yet. */

#include "cli/cli.h"
#include "cli/input.h"

typedef struct WgpProfileText WgpProfileText;

/* The profile itself, or a drop-in. */
struct WgpProfileText {
        const char *path; /* for messages; borrowed */
        const WgpInput *input;
};

int wgp_profile_text_judge(const WgpCli *cli, WgpProfile *profile, const WgpProfileText *texts, size_t n_texts,
                WgpDiagnostics *diagnostics);
int wgp_profile_text_guess(const WgpInput *input, WgpFormat *ret);
