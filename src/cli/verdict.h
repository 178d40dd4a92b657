/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once
/* Verdict: what "list" and "check" say of a profile, as text and as JSON. */

#include <jansson.h>

#include "cli/profile-set.h"

enum {
        WGP_VERDICT_TEXT_SIZE = sizeof("18446744073709551615 warnings"),
};

void wgp_verdict_format(const WgpLoaded *loaded, char ret[static WGP_VERDICT_TEXT_SIZE]);
WgpColour wgp_verdict_colour(WgpVerdict verdict);
json_t *wgp_loaded_json(const WgpLoaded *loaded);
