/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The keys of both formats, a line "SECTION KEY" each, for the tests that want every key in several profiles. */

#include <stdio.h>

#include "parse/key-table.h"

int main(void) {
        for (WgpSectionId id = 0; id < _WGP_SECTION_N; id++) {
                const WgpSection *section = wgp_section(id);

                /* our own section and keys: no other program knows them */
                for (size_t i = 0; id != WGP_SECTION_WG_PROFILE && i < section->n_keys; i++)
                        if (!(section->keys[i].flags & WGP_KEY_DROPIN))
                                printf("%s %s\n", section->name, section->keys[i].name);
        }
        return 0;
}
