/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* wg-profile show: the effective profile in its own format, each value with the line that it comes from. */

#include <stdio.h>

#include "base/text.h"
#include "cli/connection-uuid.h"
#include "cli/json-output.h"
#include "cli/output.h"
#include "cli/profile-set.h"
#include "model/value.h"
#include "parse/effective-lines.h"
#include "system/profile-name.h"

enum {
        COLUMN_MAX = 48, /* where the places begin at most; longer lines have them right behind */
        PEER_SECTION_SIZE = sizeof("wireguard-peer.") + WGP_KEY_TEXT_SIZE,
};

static const char hidden[] = "(hidden)";

typedef struct Show {
        const WgpCli *cli;
        const WgpLoaded *loaded;
        const WgpProfile *profile;
        WgpEffective effective;
        const char *derived_id;        /* NULL: the profile states it, or has none */
        char uuid[WGP_UUID_TEXT_SIZE]; /* "": not a keyfile */
} Show;

static bool is_keyfile(const Show *show) {
        return show->profile->format == WGP_FORMAT_KEYFILE;
}

/* --- values --- */

/* The name of the section as a file of this format has it. */
static const char *section_name(const WgpEffectiveSection *section, char buffer[static PEER_SECTION_SIZE]) {
        char key[WGP_KEY_TEXT_SIZE];

        if (section->section->id != WGP_SECTION_WIREGUARD_PEER)
                return section->section->name;
        wgp_key_format(section->peer->public_key, key);
        snprintf(buffer, PEER_SECTION_SIZE, "%s%s", section->section->name, key);
        return buffer;
}

/* wg-quick does not care how a key is written, so it is shown as the table has it. */
static const char *key_name(const Show *show, const WgpEntry *entry) {
        return is_keyfile(show) ? entry->name : entry->key->name;
}

/* The value for people and programs; NULL: a secret that is not to be seen. "buffer" holds one that is. */
static const char *value_of(const Show *show, const WgpEffectiveSection *section, const WgpEntry *entry,
                char buffer[static WGP_KEY_TEXT_SIZE]) {
        if (entry->value)
                return entry->value;
        if (!show->cli->secrets)
                return NULL;
        wgp_key_format(wgp_entry_secret(show->profile, section->peer)->value, buffer);
        return buffer;
}

/* --- text --- */

/* One line: what stands left of the column, and the place that goes into it. */
typedef struct Line {
        char *text, *place;
} Line;

typedef struct Lines {
        Line *items;
        size_t n_items, n_allocated;
} Lines;

static void lines_done(Lines *lines) {
        for (size_t i = 0; i < lines->n_items; i++) {
                if (lines->items[i].text)
                        wgp_wipe_free(lines->items[i].text, strlen(lines->items[i].text));
                free(lines->items[i].place);
        }
        free(lines->items);
}

/* Adds "KEY SEPARATOR VALUE" with a place, whose memory it takes. Control characters are made visible. */
static int add_line(Lines *lines, const char *key, const char *separator, const char *value, char *place) {
        char *shown = wgp_printable(value);
        Line line = { .place = place };
        int n;

        if (!shown || !place || !wgp_grow(&lines->items, &lines->n_allocated, lines->n_items + 1, sizeof(line))) {
                free(shown);
                free(place);
                return -ENOMEM;
        }
        n = asprintf(&line.text, "%s%s%s", key, separator, shown);
        wgp_wipe_free(shown, strlen(shown));
        if (n < 0) {
                free(place);
                return -ENOMEM;
        }
        lines->items[lines->n_items++] = line;
        return 0;
}

/* A line without a place: a header, or an empty one. */
static int add_header(Lines *lines, const char *section) {
        int r = 0;

        if (lines->n_items > 0)
                r = add_line(lines, "", "", "", strdup(""));
        return r < 0 ? r : add_line(lines, "[", section, "]", strdup(""));
}

static char *format_place(const Show *show, const WgpEntry *entry) {
        char *place;

        return asprintf(&place, "%s:%u%s", wgp_profile_file(show->profile, entry->origin), entry->origin.line,
                               entry->key->flags & WGP_KEY_IGNORED ? ", not used" : "") < 0 ?
                               NULL :
                               place;
}

static int add_derived(const Show *show, Lines *lines) {
        int r = 0;

        if (show->derived_id)
                r = add_line(lines, "id", "=", show->derived_id, strdup("the name of the file"));
        if (r >= 0 && is_keyfile(show) && !show->profile->uuid)
                r = add_line(lines, "uuid", "=", show->uuid, strdup("derived as NetworkManager does"));
        return r;
}

static int add_section(const Show *show, const WgpEffectiveSection *section, Lines *lines) {
        char name[PEER_SECTION_SIZE], key[WGP_KEY_TEXT_SIZE];
        int r;

        r = add_header(lines, section_name(section, name));
        if (r >= 0 && section->section->id == WGP_SECTION_CONNECTION)
                r = add_derived(show, lines);
        for (size_t i = 0; r >= 0 && i < section->n_entries; i++) {
                const WgpEntry *entry = section->entries[i];
                const char *value = value_of(show, section, entry, key);

                r = add_line(lines, key_name(show, entry), is_keyfile(show) ? "=" : " = ", value ?: hidden,
                                format_place(show, entry));
        }
        explicit_bzero(key, sizeof(key));
        return r;
}

static int add_lines(const Show *show, Lines *lines) {
        for (size_t i = 0; i < show->effective.n_sections; i++) {
                int r;

                r = add_section(show, show->effective.sections + i, lines);
                if (r < 0)
                        return r;
        }
        return 0;
}

static void format_lines(const Show *show, const Lines *lines, WgpText *text) {
        const char *dim = wgp_terminal_colour(&show->cli->out, WGP_COLOUR_DIM);
        const char *reset = wgp_terminal_reset(&show->cli->out, WGP_COLOUR_DIM);
        size_t column = 0;

        for (size_t i = 0; i < lines->n_items; i++) {
                size_t n = strlen(lines->items[i].text);

                if (n <= COLUMN_MAX)
                        column = WGP_MAX(column, n);
        }
        for (size_t i = 0; i < lines->n_items; i++) {
                const Line *line = lines->items + i;

                if (*line->place)
                        wgp_text_printf(text, "%-*s  %s# %s%s\n", (int) column, line->text, dim, line->place, reset);
                else
                        wgp_text_printf(text, "%s\n", line->text);
        }
}

static int print_text(const Show *show) {
        _cleanup_(lines_done) Lines lines = {};
        _cleanup_(wgp_text_done) WgpText text = WGP_TEXT_NULL;
        int r;

        r = add_lines(show, &lines);
        if (r < 0)
                return r;
        format_lines(show, &lines, &text);
        if (text.failed)
                return -ENOMEM;
        return text.size > 0 ? wgp_output_write(text.data, text.size) : 0;
}

/* --- JSON --- */

static json_t *entry_json(const Show *show, const WgpEffectiveSection *section, const WgpEntry *entry) {
        char buffer[WGP_KEY_TEXT_SIZE];
        json_t *json;

        json = json_pack("{s:o, s:o, s:b, s:b, s:o, s:I}", "key", wgp_json_text(key_name(show, entry)), "value",
                        wgp_json_text(value_of(show, section, entry, buffer)), "secret",
                        (entry->key->flags & WGP_KEY_SECRET) != 0, "used", !(entry->key->flags & WGP_KEY_IGNORED),
                        "file", wgp_json_text(wgp_profile_file(show->profile, entry->origin)), "line",
                        (json_int_t) entry->origin.line);
        explicit_bzero(buffer, sizeof(buffer));
        return json;
}

static json_t *section_json(const Show *show, const WgpEffectiveSection *section) {
        char name[PEER_SECTION_SIZE];
        _cleanup_(json_decrefp) json_t *json = NULL;

        json = json_pack("{s:s, s:[]}", "section", section_name(section, name), "values");

        for (size_t i = 0; json && i < section->n_entries; i++)
                if (json_array_append_new(json_object_get(json, "values"),
                                    entry_json(show, section, section->entries[i])) < 0)
                        return NULL;
        return TAKE_PTR(json);
}

static json_t *files_json(const WgpProfile *profile) {
        _cleanup_(json_decrefp) json_t *files = json_array();

        for (size_t i = 0; files && i < profile->n_files; i++)
                if (json_array_append_new(files, wgp_json_text(profile->files[i].path)) < 0)
                        return NULL;
        return TAKE_PTR(files);
}

static int print_json(const Show *show) {
        const WgpProfile *p = show->profile;
        _cleanup_(json_decrefp) json_t *json = NULL;

        json = json_pack("{s:o, s:s, s:o, s:o, s:o, s:b, s:o, s:[]}", "name", wgp_json_text(p->name), "format",
                        wgp_format_name(p->format), "interface", wgp_json_text(p->ifname), "id",
                        wgp_json_text(show->derived_id ?: p->id), "uuid",
                        wgp_json_text(*show->uuid ? show->uuid : NULL), "autoconnect",
                        wgp_loaded_autoconnects(show->loaded), "files", files_json(p), "sections");
        for (size_t i = 0; json && i < show->effective.n_sections; i++)
                if (json_array_append_new(json_object_get(json, "sections"),
                                    section_json(show, show->effective.sections + i)) < 0)
                        return -ENOMEM;
        return wgp_json_print(json);
}

/* --- the verb --- */

static bool states(const Show *show, const char *key) {
        for (size_t i = 0; i < show->effective.n_sections; i++) {
                const WgpEffectiveSection *section = show->effective.sections + i;

                if (section->section->id != WGP_SECTION_CONNECTION)
                        continue;
                for (size_t j = 0; j < section->n_entries; j++)
                        if (streq(section->entries[j]->key->name, key))
                                return true;
        }
        return false;
}

/* The id and the UUID of a keyfile, which need not state them. */
static int derive(Show *show) {
        const char *path = show->loaded->item.path, *slash = strrchr(path, '/');

        if (!is_keyfile(show))
                return 0;
        if (!states(show, "id"))
                show->derived_id = show->profile->name;
        if (!show->profile->uuid)
                return wgp_uuid_of_file(slash ? slash + 1 : path, show->uuid);
        wgp_uuid_of_text(show->profile->uuid, show->uuid);
        return 0;
}

static int run_show(const WgpCli *cli) {
        _cleanup_(wgp_loaded_done) WgpLoaded loaded = WGP_LOADED_NULL;
        Show show = { .cli = cli, .loaded = &loaded };
        int r;

        r = wgp_loaded_open(cli, cli->arguments[0], &loaded);
        if (r != 0)
                return r;
        show.profile = loaded.profile;

        r = wgp_effective_build(show.profile, &show.effective);
        if (r >= 0)
                r = derive(&show);
        if (r >= 0)
                r = cli->json ? print_json(&show) : print_text(&show);
        wgp_effective_done(&show.effective);
        return r;
}

const WgpVerb wgp_verb_show = {
        .name = "show",
        .synopsis = "show [--secrets] NAME|FILE",
        .summary = "a profile with its drop-ins, and where each value comes from",
        .examples = "  wg-profile show home\n"
                    "  wg-profile show --secrets home\n",
        .exits = "  0  done\n"
                 "  1  it failed\n"
                 "  3  the profile has errors\n"
                 "  4  not permitted\n"
                 "  6  there is no such profile\n",
        .options = CLI_OPTION_SECRETS,
        .n_arguments_min = 1,
        .n_arguments_max = 1,
        .run = run_show,
};
