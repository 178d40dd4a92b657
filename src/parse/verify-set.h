/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once
/* Judgement of several profiles together: what two of them cannot both have. Pure. */

#include "model/profile.h"

typedef struct WgpTogether WgpTogether;

struct WgpTogether {
        const WgpProfile *profile;   /* read and verified */
        bool autoconnects;           /* comes up at boot */
        WgpDiagnostics *diagnostics; /* of this profile */
};

int wgp_verify_together(const WgpTogether *profiles, size_t n_profiles);
