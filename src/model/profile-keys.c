/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The key table's index. */

#include "model/profile-keys.h"

const WgpSection *wgp_section(WgpSectionId id) {
        static const WgpSection *const sections[_WGP_SECTION_N] = {
                [WGP_SECTION_INTERFACE] = &wgp_section_interface,
                [WGP_SECTION_PEER] = &wgp_section_peer,
                [WGP_SECTION_CONNECTION] = &wgp_section_connection,
                [WGP_SECTION_WIREGUARD] = &wgp_section_wireguard,
                [WGP_SECTION_WIREGUARD_PEER] = &wgp_section_wireguard_peer,
                [WGP_SECTION_IPV4] = &wgp_section_ipv4,
                [WGP_SECTION_IPV6] = &wgp_section_ipv6,
                [WGP_SECTION_WG_PROFILE] = &wgp_section_wg_profile,
        };

        return sections[id];
}

/* Returns the first required key that is not among "seen" (bits by index), or NULL. */
const WgpKey *wgp_section_missing_key(const WgpSection *section, uint64_t seen) {
        for (size_t i = 0; i < section->n_keys; i++)
                if (section->keys[i].flags & WGP_KEY_REQUIRED && !(seen & UINT64_C(1) << i))
                        return section->keys + i;
        return NULL;
}

/* Returns the key of that exact name, or NULL. A section has at most some thirty keys: a linear search is right. */
const WgpKey *wgp_section_find_key(const WgpSection *section, const char *name, bool ignore_case) {
        for (size_t i = 0; i < section->n_keys; i++) {
                const WgpKey *key = section->keys + i;

                if ((key->name[0] ^ name[0]) & 0x5f)
                        continue; /* other letters: most rows end here */
                if (ignore_case ? strcasecmp(key->name, name) == 0 : streq(key->name, name))
                        return key;
        }
        return NULL;
}
