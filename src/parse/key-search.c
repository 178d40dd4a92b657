/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Finds keys in the table of a section. */

#include <ctype.h>

#include "model/value.h"
#include "parse/key-table.h"

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

                if ((key->name[0] ^ name[0]) & 0x5f || (key->name[1] ^ name[1]) & 0x5f)
                        continue; /* other letters: most rows end here */
                if (streq(key->name, name) || (ignore_case && strcasecmp(key->name, name) == 0))
                        return key;
        }
        return NULL;
}

/* Returns the bit of the first key with that id in a mask of the section's keys; 0: there is none. */
uint64_t wgp_section_key_bit(const WgpSection *section, WgpKeyId id) {
        for (size_t i = 0; i < section->n_keys; i++)
                if (section->keys[i].id == id)
                        return UINT64_C(1) << i;
        return 0;
}

/* Finds the key of "address1", "route2" or "route2_options". The number, -1 when there is none, has no leading zero
 * ("address01" is an unknown key). */
const WgpKey *wgp_section_find_indexed(
                const WgpSection *section, const char *name, int64_t *ret_index, bool *ret_options) {
        static const char suffix[] = "_options";
        char stem[32];
        size_t n = strlen(name), n_stem;
        uint64_t index = 0;
        bool options;

        options = n > strlen(suffix) && streq(name + n - strlen(suffix), suffix);
        if (options)
                n -= strlen(suffix);
        for (n_stem = n; n_stem > 0 && isdigit((unsigned char) name[n_stem - 1]);)
                n_stem--;
        if (n_stem >= sizeof(stem) || n - n_stem > 10 || (name[n_stem] == '0' && n - n_stem > 1))
                return NULL;

        memcpy(stem, name + n_stem, n - n_stem);
        stem[n - n_stem] = 0;
        if (*stem && wgp_parse_decimal(stem, INT32_MAX, &index) < 0)
                return NULL;
        if (ret_index)
                *ret_index = n == n_stem ? -1 : (int64_t) index;
        if (ret_options)
                *ret_options = options;

        memcpy(stem, name, n_stem);
        stem[n_stem] = 0;
        if (options)
                return streq(stem, "route") || streq(stem, "routes") ?
                                       wgp_section_find_key(section, "route_options", false) :
                                       NULL;

        for (size_t i = 0; i < section->n_keys; i++)
                if (section->keys[i].flags & WGP_KEY_INDEXED && streq(section->keys[i].name, stem))
                        return section->keys + i;
        return NULL;
}
