/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The wg-quick format: what wg-quick(8) and wg(8) make of a *.conf file. wg-quick reads its own keys (Address to
 * SaveConfig) with bash and hands every other line to wg, and the two disagree about white space and empty values:
 * WGP_KEY_WG says which of them reads a key. */

#include <ctype.h>

#include "base/text.h"
#include "parse/parse-internal.h"

#define BLANKS " \t\r\n\v\f"

static bool has_blanks(const char *s) {
        for (; *s; s++)
                if (wgp_is_blank(*s))
                        return true;
        return false;
}

/* Deletes the white space of a value or a name that wg reads, and the comment behind it. */
static void squeeze(char *s) {
        char *to = s + strcspn(s, "#" BLANKS);

        for (const char *from = to; *from && *from != '#'; from++)
                if (!wgp_is_blank(*from))
                        *to++ = *from;
        *to = 0;
}

/* wg deletes the white space of a line before it looks at it, so "[ Interface ]" is a section for it. */
static bool equal_but_for_blanks(const char *s, const char *name) {
        for (; *s; s++) {
                if (isspace((unsigned char) *s))
                        continue;
                if (tolower((unsigned char) *s) != tolower((unsigned char) *name))
                        return false;
                name++;
        }
        return !*name;
}

static int begin_section(void *userdata, unsigned line, char *name) {
        static const WgpSection *const sections[] = {
                &wgp_section_peer,
                &wgp_section_interface,
                &wgp_section_wg_profile,
        };
        WgpParse *p = userdata;
        int r;

        r = wgp_parse_begin_section(p, line, name);
        if (r < 0)
                return r;
        p->inexact_section = has_blanks(name);
        for (size_t i = 0; i < WGP_ARRAY_SIZE(sections) && !p->section; i++)
                if (strcasecmp(name, sections[i]->name) == 0 ||
                                (p->inexact_section && equal_but_for_blanks(name, sections[i]->name)))
                        p->section = sections[i];

        if (!p->section)
                r = wgp_parse_unknown_section(p, name);
        else
                r = p->section == &wgp_section_peer ? wgp_parse_begin_peer(p) : 0;
        return r == -ENOMEM ? r : 0;
}

static int read_entry(void *userdata, unsigned line, char *name, char *value) {
        WgpParse *p = userdata;
        const WgpKey *key;
        bool inexact;

        p->line = line;
        p->key_name = name;
        if (!p->section) /* said at the header */
                return 0;

        key = wgp_section_find_key(p->section, name, /* ignore_case= */ true);
        inexact = !key;
        if (!key) {
                squeeze(name);
                key = wgp_section_find_key(p->section, name, /* ignore_case= */ true);
        }
        if (!key)
                return wgp_parse_refuse(p, wgp_parse_unknown_key(p, name, WGP_ERROR));
        inexact = inexact || p->inexact_section;
        if (inexact && !(key->flags & WGP_KEY_WG))
                return wgp_parse_refuse(p,
                                wgp_parse_error(p,
                                                "wg-quick(8) does not see this key for the white space within the name or in the section's header."));

        if (key->flags & WGP_KEY_WG) {
                squeeze(value);
                if (!*value && !p->dropin && !(key->flags & WGP_KEY_LIST))
                        return wgp_parse_refuse(p, wgp_parse_error(p, "Empty value."));
        } else {
                if (!(key->flags & WGP_KEY_RAW))
                        value[strcspn(value, "#")] = 0;
                wgp_strip_end(value);
        }
        return wgp_parse_entry(p, key, name, value);
}

const WgpIniHandler wgp_wg_quick_handler = {
        .section = begin_section,
        .entry = read_entry,
        .bad = wgp_parse_bad_line,
};
