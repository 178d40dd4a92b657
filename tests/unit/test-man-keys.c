/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* wg-profile(5) against the key table: every key has an entry that says what has to be said, and no entry is of a key
 * that is not there. $WGP_MAN_5 is the page's source. */

#include <criterion/criterion.h>
#include <stdio.h>

#include "parse/key-table.h"

enum {
        KEYS_MAX = 8, /* in one entry */
};

/* One entry: a line "*Key=*, *Other=* _type_" and the indented text below it. */
typedef struct Entry {
        char *names[KEYS_MAX];
        size_t n_names;
        char *type;
        char *body;
} Entry;

static char *page;

static void read_page(void) {
        const char *path = getenv("WGP_MAN_5");
        size_t size = 0;
        FILE *f;

        cr_assert(path, "WGP_MAN_5 is not set");
        f = fopen(path, "re");
        cr_assert(f, "%s: %m", path);
        cr_assert(getdelim(&page, &size, 0, f) > 0);
        fclose(f);
}

/* A copy of the text below a heading of the first rank, up to the next one. */
static char *section_text(const char *heading) {
        char line[64], *start, *end;

        snprintf(line, sizeof(line), "\n# %s\n", heading);
        start = strstr(page, line);
        cr_assert(start, "there is no section '%s'", heading);
        start += strlen(line);
        end = strstr(start, "\n# ");
        return strndup(start, end ? (size_t) (end + 1 - start) : strlen(start));
}

static const char *heading_of(WgpSectionId id) {
        static const char *const headings[_WGP_SECTION_N] = {
                [WGP_SECTION_INTERFACE] = "[Interface]",
                [WGP_SECTION_PEER] = "[Peer]",
                [WGP_SECTION_CONNECTION] = "[connection]",
                [WGP_SECTION_WIREGUARD] = "[wireguard]",
                [WGP_SECTION_WIREGUARD_PEER] = "[wireguard-peer.KEY]",
                [WGP_SECTION_IPV4] = "[ipv4] and [ipv6]",
                [WGP_SECTION_IPV6] = "[ipv4] and [ipv6]",
                [WGP_SECTION_WG_PROFILE] = "[WgProfile]",
        };

        return headings[id];
}

/* Takes a line apart, if it is the head of an entry. */
static bool read_head(char *line, Entry *entry) {
        char *cursor = line;

        *entry = (Entry) {};
        while (*cursor == '*') {
                char *end = strstr(cursor, "=*");

                if (!end || strpbrk(cursor, " _") == cursor + 1)
                        return false;
                *end = 0;
                cr_assert_lt(entry->n_names, KEYS_MAX);
                entry->names[entry->n_names++] = cursor + 1;
                cursor = end + strlen("=*");
                cursor += strspn(cursor, ", ");
        }
        if (entry->n_names == 0 || *cursor != '_')
                return false;
        entry->type = cursor + 1;
        cursor = strrchr(entry->type, '_');
        cr_assert(cursor && !cursor[1], "the head of '%s' does not end with its type", entry->names[0]);
        *cursor = 0;
        return true;
}

/* Takes the next entry out of a section's text. */
static bool next_entry(char **cursor, Entry *ret) {
        char *line;

        while ((line = strsep(cursor, "\n"))) {
                if (!read_head(line, ret))
                        continue;
                ret->body = *cursor;
                while (*cursor && (**cursor == '\t' || **cursor == '\n')) {
                        char *end = strchr(*cursor, '\n');

                        *cursor = end ? end + 1 : NULL;
                }
                if (*cursor)
                        (*cursor)[-1] = 0;
                return true;
        }
        return false;
}

/* How the page writes the key. */
static void shown_name(const WgpKey *key, char *ret, size_t size) {
        if (streq(key->name, "route_options"))
                snprintf(ret, size, "routeN_options");
        else
                snprintf(ret, size, "%s%s", key->name, key->flags & WGP_KEY_INDEXED ? "N" : "");
}

static const WgpKey *find_key(const WgpSection *section, const char *shown) {
        for (size_t i = 0; i < section->n_keys; i++) {
                char name[64];

                shown_name(section->keys + i, name, sizeof(name));
                if (!(section->keys[i].flags & WGP_KEY_IGNORED) && streq(name, shown))
                        return section->keys + i;
        }
        return NULL;
}

static void check_entry(const WgpSection *section, const Entry *entry, const char *name, bool *found) {
        const WgpKey *key = find_key(section, name);
        static const char *const parts[] = { "Default: ", "Example: ", "Since" };

        cr_expect(key, "[%s] has no key '%s'", section->name, name);
        if (!key)
                return;
        cr_expect_not(found[key - section->keys], "[%s] %s has two entries", section->name, name);
        found[key - section->keys] = true;
        cr_expect_str_eq(entry->type, key->type, "[%s] %s is '%s' in the table", section->name, name, key->type);
        if (key->flags & WGP_KEY_OTHER_FORM) {
                cr_expect(strstr(entry->body, "older"), "[%s] %s is older than another key", section->name, name);
                return;
        }
        for (size_t i = 0; i < WGP_ARRAY_SIZE(parts); i++)
                cr_expect(strstr(entry->body, parts[i]), "[%s] %s lacks '%s'", section->name, name, parts[i]);
        cr_expect(strstr(entry->body, "0.1."), "[%s] %s lacks the version", section->name, name);
        if (key->flags & (WGP_KEY_LIST | WGP_KEY_INDEXED))
                cr_expect(strstr(entry->body, "repeated"), "[%s] %s is a list", section->name, name);
        if (key->flags & WGP_KEY_REQUIRED)
                cr_expect(strstr(entry->body, "Required"), "[%s] %s is required", section->name, name);
}

Test(man_keys, every_key_has_an_entry, .init = read_page) {
        for (WgpSectionId id = 0; id < _WGP_SECTION_N; id++) {
                const WgpSection *section = wgp_section(id);
                bool found[64] = {};
                char *text = section_text(heading_of(id)), *cursor = text;
                Entry entry;

                cr_assert_leq(section->n_keys, WGP_ARRAY_SIZE(found));
                while (next_entry(&cursor, &entry))
                        for (size_t i = 0; i < entry.n_names; i++)
                                check_entry(section, &entry, entry.names[i], found);
                for (size_t i = 0; i < section->n_keys; i++)
                        if (!(section->keys[i].flags & WGP_KEY_IGNORED))
                                cr_expect(found[i], "[%s] %s has no entry", section->name, section->keys[i].name);
                free(text);
        }
}

Test(man_keys, keys_without_meaning_are_listed, .init = read_page) {
        for (WgpSectionId id = 0; id < _WGP_SECTION_N; id++) {
                const WgpSection *section = wgp_section(id);
                char *text = section_text(heading_of(id)), *list = strstr(text, "taken silently:");

                for (size_t i = 0; i < section->n_keys; i++) {
                        char name[64];

                        if (!(section->keys[i].flags & WGP_KEY_IGNORED))
                                continue;
                        snprintf(name, sizeof(name), "*%s*", section->keys[i].name);
                        cr_expect(list && strstr(list, name), "[%s] %s is not listed", section->name,
                                        section->keys[i].name);
                }
                free(text);
        }
}
