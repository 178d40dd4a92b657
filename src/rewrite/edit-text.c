/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The text under edit: taken apart by the reader that the parsers use, so that both see the same sections and keys. */

#include "base/text.h"
#include "model/value.h"
#include "parse/ini-reader.h"
#include "parse/key-table.h"
#include "rewrite/edit-internal.h"

/* Where the reader is. */
typedef struct Index {
        WgpEdit *edit;
        EditLine **lines; /* by number */
        char *copy;       /* of the data, which the reader takes apart */
        EditTarget target;
} Index;

/* wg deletes the white space of names and values. */
static void squeeze(char *s) {
        char *to = s;

        for (; *s && *s != '#'; s++)
                if (!wgp_is_blank(*s))
                        *to++ = *s;
        *to = 0;
}

static EditSection *current_section(const Index *index) {
        return index->edit->sections + index->edit->n_sections - 1;
}

static EditSection *add_section(WgpEdit *edit, EditTarget target, EditLine *header) {
        EditSection *section;

        if (!wgp_grow(&edit->sections, &edit->n_allocated, edit->n_sections + 1, sizeof(*section)))
                return NULL;
        section = edit->sections + edit->n_sections++;
        *section = (EditSection) { .target = target, .header = header };
        return section;
}

/* --- what a line is --- */

static EditTarget find_target(const WgpEdit *edit, char *name) {
        static const struct {
                const char *name;
                EditTarget target;
        } keyfile[] = {
                { "wireguard", EDIT_INTERFACE },
                { "ipv4", EDIT_IPV4 },
                { "ipv6", EDIT_IPV6 },
        };

        if (edit->format == WGP_FORMAT_WG_QUICK) {
                squeeze(name);
                return strcasecmp(name, "Interface") == 0 ? EDIT_INTERFACE :
                       strcasecmp(name, "Peer") == 0      ? EDIT_PEER :
                                                            EDIT_OTHER;
        }
        if (strncmp(name, wgp_section_wireguard_peer.name, strlen(wgp_section_wireguard_peer.name)) == 0)
                return EDIT_PEER;
        for (size_t i = 0; i < WGP_ARRAY_SIZE(keyfile); i++)
                if (streq(name, keyfile[i].name))
                        return keyfile[i].target;
        return EDIT_OTHER;
}

static int read_section(void *userdata, unsigned number, char *name) {
        Index *index = userdata;
        EditLine *line = index->lines[number - 1];
        EditSection *section;

        index->target = find_target(index->edit, name);
        line->kind = EDIT_HEADER;
        section = add_section(index->edit, index->target, line);
        if (!section)
                return -ENOMEM;
        if (index->target == EDIT_PEER && index->edit->format == WGP_FORMAT_KEYFILE)
                section->has_public_key = wgp_key_parse(name + strlen(wgp_section_wireguard_peer.name),
                                                          WGP_KEY_CANONICAL, section->public_key) >= 0;
        return 0;
}

static int find_key(const Index *index, char *name, int64_t *ret_index) {
        const WgpEdit *edit = index->edit;
        const WgpKey *address;

        if (edit->format == WGP_FORMAT_WG_QUICK) {
                squeeze(name);
                if (index->target == EDIT_PEER && strcasecmp(name, "PublicKey") == 0)
                        return EDIT_KEY_PUBLIC_KEY;
        }
        if (index->target == EDIT_IPV4 || index->target == EDIT_IPV6) {
                address = wgp_section_find_indexed(&wgp_section_ipv4, name, ret_index, NULL);
                if (address && address->id == WGP_KEY_ID_ADDRESS)
                        return WGP_EDIT_ADDRESSES;
                return streq(name, "method") ? EDIT_KEY_METHOD : EDIT_KEY_OTHER;
        }
        for (int key = 0; key < _EDIT_KEY_N; key++) {
                const char *known = wgp_edit_key_name(edit, key);
                bool of_peer = key >= WGP_EDIT_PRESHARED_KEY && key != EDIT_KEY_PRIVATE_KEY_FLAGS;

                if (known && of_peer == (index->target == EDIT_PEER) &&
                                (edit->format == WGP_FORMAT_WG_QUICK ? strcasecmp(name, known) == 0 :
                                                                       streq(name, known)))
                        return key;
        }
        return EDIT_KEY_OTHER;
}

static int read_entry(void *userdata, unsigned number, char *name, char *value) {
        Index *index = userdata;
        WgpEdit *edit = index->edit;
        EditLine *line = index->lines[number - 1];
        size_t n = strlen(value);

        line->kind = EDIT_ENTRY;
        line->value = (size_t) (value - index->copy) - (size_t) (line->text - edit->data);
        line->key = index->target == EDIT_OTHER ? EDIT_KEY_OTHER : find_key(index, name, &line->index);
        if (edit->format == WGP_FORMAT_WG_QUICK) {
                n = strcspn(value, "#");
                while (n > 0 && wgp_is_blank(value[n - 1]))
                        n--;
        }
        line->value_size = n;

        if (line->key == EDIT_KEY_PUBLIC_KEY) {
                squeeze(value);
                current_section(index)->has_public_key =
                                wgp_key_parse(value, WGP_KEY_CANONICAL, current_section(index)->public_key) >= 0;
        }
        return 0;
}

static int read_bad(void *userdata, unsigned number, const char *problem) {
        return 0;
}

/* --- lines --- */

static EditLine *append_line(WgpEdit *edit) {
        EditLine *line = calloc(1, sizeof(*line));

        if (!line)
                return NULL;
        line->key = EDIT_KEY_OTHER;
        line->index = -1;
        line->previous = edit->last;
        *(edit->last ? &edit->last->next : &edit->first) = line;
        edit->last = line;
        return line;
}

static int split_lines(WgpEdit *edit, EditLine **lines) {
        const char *end = edit->data + edit->size;
        size_t n = 0;

        for (const char *s = edit->data; s < end;) {
                const char *eol = memchr(s, '\n', (size_t) (end - s));
                EditLine *line = append_line(edit);

                if (!line)
                        return -ENOMEM;
                eol = eol ? eol + 1 : end;
                line->text = s;
                line->size = (size_t) (eol - s);
                line->kind = EDIT_BLANK;
                for (; s < eol && line->kind == EDIT_BLANK; s++)
                        if (!wgp_is_blank(*s))
                                line->kind = EDIT_COMMENT;
                lines[n++] = line;
                s = eol;
        }
        if (edit->first && edit->first->size > 1 && memcmp(edit->first->text + edit->first->size - 2, "\r\n", 2) == 0)
                edit->line_end = "\r\n";
        return 0;
}

/* The way in which the first entry with a value is written. */
static void learn_style(WgpEdit *edit) {
        edit->blanks = edit->format == WGP_FORMAT_WG_QUICK;
        for (const EditLine *line = edit->first; line; line = line->next) {
                const char *equals = line->kind == EDIT_ENTRY ? memchr(line->text, '=', line->size) : NULL;

                if (equals && equals > line->text) {
                        edit->blanks = wgp_is_blank(equals[-1]);
                        return;
                }
        }
}

/* Takes edit->data apart. Returns 0, or -ENOMEM. */
int wgp_edit_text_read(WgpEdit *edit) {
        Index index = { .edit = edit };
        const WgpIniHandler handler = { read_section, read_entry, read_bad, &index };
        size_t n_lines = 1;
        int r;

        for (size_t i = 0; i < edit->size; i++)
                n_lines += edit->data[i] == '\n';
        index.lines = calloc(n_lines, sizeof(*index.lines));
        index.copy = malloc(edit->size + 1);
        r = index.lines && index.copy ? split_lines(edit, index.lines) : -ENOMEM;
        if (r >= 0) {
                memcpy(index.copy, edit->data, edit->size);
                r = wgp_ini_parse(index.copy, edit->size,
                                edit->format == WGP_FORMAT_KEYFILE ? WGP_INI_KEYFILE : WGP_INI_WG_QUICK, &handler);
        }
        if (r >= 0)
                learn_style(edit);
        wgp_wipe_free(index.copy, edit->size);
        free(index.lines);
        return r;
}

/* Puts a line of ours behind "after". Returns it, or NULL when memory ran out. */
EditLine *wgp_edit_line_insert(WgpEdit *edit, EditLine *after, EditKind kind, int key, const char *text) {
        EditLine *line = calloc(1, sizeof(*line));
        size_t n = strlen(text), n_end = strlen(edit->line_end);

        if (line)
                line->own = malloc(n + n_end + 1);
        if (!line || !line->own) {
                free(line);
                return NULL;
        }
        stpcpy(stpcpy(line->own, text), edit->line_end);
        line->text = line->own;
        line->size = n + n_end;
        line->kind = kind;
        line->key = key;
        line->index = -1;

        line->previous = after;
        line->next = after ? after->next : edit->first;
        *(after ? &after->next : &edit->first) = line;
        *(line->next ? &line->next->previous : &edit->last) = line;
        return line;
}

/* Replaces the value of an entry, and leaves the blanks around it as they are. Returns 0, or -ENOMEM. */
int wgp_edit_line_set_value(const WgpEdit *edit, EditLine *line, const char *value) {
        size_t n = strlen(value), behind = line->value + line->value_size;
        const bool blank =
                        edit->blanks && line->value_size == 0 && line->value > 0 && line->text[line->value - 1] == '=';
        char *own, *to;

        own = malloc(line->size + n + 2);
        if (!own)
                return -ENOMEM;
        to = mempcpy(own, line->text, line->value);
        if (blank)
                *to++ = ' ';
        to = mempcpy(to, value, n);
        to = mempcpy(to, line->text + behind, line->size - behind);

        wgp_wipe_free(line->own, line->own ? line->size : 0);
        line->text = line->own = own;
        line->value += blank;
        line->value_size = n;
        line->size = (size_t) (to - own);
        return 0;
}

void wgp_edit_line_remove(WgpEdit *edit, EditLine *line) {
        *(line->previous ? &line->previous->next : &edit->first) = line->next;
        *(line->next ? &line->next->previous : &edit->last) = line->previous;
        wgp_wipe_free(line->own, line->own ? line->size : 0);
        free(line);
}

/* --- sections --- */

/* Appends "[name]" to the text, behind an empty line. Returns NULL when memory ran out; the section is valid until the
 * next one is added. */
EditSection *wgp_edit_section_add(WgpEdit *edit, EditTarget target, const char *name) {
        _cleanup_(freep) char *text = malloc(strlen(name) + sizeof("[]"));
        EditLine *header;

        if (!text)
                return NULL;
        stpcpy(stpcpy(stpcpy(text, "["), name), "]");
        if (edit->last && edit->last->kind != EDIT_BLANK &&
                        !wgp_edit_line_insert(edit, edit->last, EDIT_BLANK, EDIT_KEY_OTHER, ""))
                return NULL;
        header = wgp_edit_line_insert(edit, edit->last, EDIT_HEADER, EDIT_KEY_OTHER, text);
        return header ? add_section(edit, target, header) : NULL;
}

/* The line behind "line" in the section, NULL at its end. */
EditLine *wgp_edit_section_next(const EditSection *section, const EditLine *line) {
        EditLine *next = line ? line->next : section->header->next;

        return next && next->kind != EDIT_HEADER ? next : NULL;
}

/* The last entry, or the header: what comes behind may be about the next section. */
EditLine *wgp_edit_section_last_entry(const EditSection *section) {
        EditLine *last = section->header;

        for (EditLine *line = NULL; (line = wgp_edit_section_next(section, line));)
                if (line->kind == EDIT_ENTRY)
                        last = line;
        return last;
}
