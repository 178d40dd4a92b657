/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once
/* Parsing: the bytes of a profile and its drop-ins -> WgpProfile, and the judgement of the whole. Pure. */

#include "model/profile.h"

int wgp_profile_parse(WgpProfile *profile, const char *path, char *data, size_t size, const WgpLookup *lookup,
                WgpDiagnostics *diagnostics);
int wgp_profile_verify(WgpProfile *profile, const WgpLookup *lookup, WgpDiagnostics *diagnostics);
