/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once
/* The effective profile: of all lines of a profile and its drop-ins, those that count, for "show" and "convert".
 * Pure. */

#include "parse/key-table.h"

typedef struct WgpEffective WgpEffective;
typedef struct WgpEffectiveSection WgpEffectiveSection;

struct WgpEffectiveSection {
        const WgpSection *section;
        const WgpPeer *peer;            /* NULL: no peer's section */
        const WgpEntry *const *entries; /* in the order of the key table; those of one key as they were read */
        size_t n_entries;
};

/* Borrows from the profile. */
struct WgpEffective {
        WgpEffectiveSection *sections; /* [Interface] or [connection] first, those of the peers last */
        size_t n_sections;
        const WgpEntry **entries; /* of all sections */
        size_t n_entries;
};

#define WGP_EFFECTIVE_NULL ((WgpEffective) {})

int wgp_effective_build(const WgpProfile *profile, WgpEffective *ret);
void wgp_effective_done(WgpEffective *effective);

const WgpSection *wgp_entry_section(const WgpEntry *entry);
const WgpSecret *wgp_entry_secret(const WgpProfile *profile, const WgpPeer *peer);
