/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once
/* What the tests of the parser share: reading a profile from strings, and the result as text. */

#include <stdio.h>

#include "model/profile.h"

typedef struct Reading {
        WgpProfile *profile;
        WgpDiagnostics diagnostics;
        char *dump;     /* profile_dump() */
        char *places;   /* "E3 W4": severity and line of each diagnostic, in their order */
        char *problems; /* the diagnostics, one a line */
} Reading;

/* The lookups of a system with the services domain 53 and ntp 123 and the table vpn 200. */
extern const WgpLookup test_lookup;

void profile_dump(const WgpProfile *profile, FILE *f);
void diagnostics_dump(const WgpDiagnostics *diagnostics, FILE *f);

Reading read_profile(const char *name, WgpFormat format, const char *const *texts, size_t n_texts);
Reading read_one(WgpFormat format, const char *text);
void reading_done(Reading *reading);
