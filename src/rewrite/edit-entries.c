/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Edits sections, entries of one value, and peers. Lists of addresses are in edit-list.c. */

#include "base/text.h"
#include "model/value.h"
#include "rewrite/edit-internal.h"

/* Takes the text apart; "data" is copied. Lines that cannot be understood stay as they are. Returns 0, or -ENOMEM. */
int wgp_edit_new(WgpFormat format, const char *data, size_t size, WgpEdit **ret) {
        _cleanup_(wgp_edit_freep) WgpEdit *edit = calloc(1, sizeof(*edit));
        int r;

        if (!edit)
                return -ENOMEM;
        *edit = (WgpEdit) { .format = format, .size = size, .line_end = "\n", .data = malloc(size + 1) };
        if (!edit->data)
                return -ENOMEM;
        memcpy(edit->data, data, size);
        r = wgp_edit_text_read(edit);
        if (r < 0)
                return r;
        *ret = TAKE_PTR(edit);
        return 0;
}

WgpEdit *wgp_edit_free(WgpEdit *edit) {
        if (!edit)
                return NULL;
        while (edit->first)
                wgp_edit_line_remove(edit, edit->first);
        free(edit->sections);
        wgp_wipe_free(edit->data, edit->size);
        free(edit);
        return NULL;
}

/* --- sections --- */

bool wgp_edit_is_target(const EditSection *section, EditTarget target, const uint8_t *peer) {
        if (!section->header || section->target != target)
                return false;
        return target != EDIT_PEER ||
               (section->has_public_key && memcmp(section->public_key, peer, WGP_KEY_SIZE) == 0);
}

/* Returns the last one, which has the last word where several are joined; NULL: none. */
EditSection *wgp_edit_find_section(const WgpEdit *edit, EditTarget target, const uint8_t *peer) {
        for (size_t i = edit->n_sections; i > 0; i--)
                if (wgp_edit_is_target(edit->sections + i - 1, target, peer))
                        return edit->sections + i - 1;
        return NULL;
}

static EditSection *add_peer_section(WgpEdit *edit, const uint8_t *peer) {
        char key[WGP_KEY_TEXT_SIZE], name[sizeof("wireguard-peer.") + WGP_KEY_TEXT_SIZE];
        bool keyfile = edit->format == WGP_FORMAT_KEYFILE;
        EditSection *section;

        wgp_key_format(peer, key);
        stpcpy(stpcpy(name, keyfile ? "wireguard-peer." : "Peer"), keyfile ? key : "");
        section = wgp_edit_section_add(edit, EDIT_PEER, name);
        if (!section)
                return NULL;
        memcpy(section->public_key, peer, WGP_KEY_SIZE);
        section->has_public_key = true;
        if (!keyfile && wgp_edit_insert_entry(edit, section->header, EDIT_KEY_PUBLIC_KEY, "PublicKey", key) < 0)
                return NULL;
        return section;
}

/* Finds the section, or appends it. Returns 0, or -ENOMEM; "*ret" is valid until the next one is made. */
int wgp_edit_make_section(WgpEdit *edit, EditTarget target, const uint8_t *peer, EditSection **ret) {
        EditSection *section = wgp_edit_find_section(edit, target, peer);

        if (!section)
                section = target == EDIT_PEER ? add_peer_section(edit, peer) :
                          target == EDIT_IPV4 ? wgp_edit_section_add(edit, target, "ipv4") :
                          target == EDIT_IPV6 ? wgp_edit_section_add(edit, target, "ipv6") :
                                                wgp_edit_section_add(edit, target,
                                                                edit->format == WGP_FORMAT_KEYFILE ? "wireguard" :
                                                                                                     "Interface");
        if (!section)
                return -ENOMEM;
        *ret = section;
        return 0;
}

/* --- entries --- */

/* Returns 0, or -ENOMEM. */
int wgp_edit_insert_entry(WgpEdit *edit, EditLine *after, int key, const char *name, const char *value) {
        const char *equals = edit->blanks ? " = " : "=";
        size_t n_head = strlen(name) + strlen(equals), size = n_head + strlen(value) + 1;
        char *text = malloc(size);
        EditLine *line;

        if (!text)
                return -ENOMEM;
        stpcpy(stpcpy(stpcpy(text, name), equals), value);
        line = wgp_edit_line_insert(edit, after, EDIT_ENTRY, key, text);
        wgp_wipe_free(text, size);
        if (!line)
                return -ENOMEM;
        line->value = n_head;
        line->value_size = strlen(value);
        return 0;
}

/* Returns the last one, in whichever section of the target; NULL: none. */
EditLine *wgp_edit_find_entry(const WgpEdit *edit, EditTarget target, const uint8_t *peer, int key) {
        for (size_t i = edit->n_sections; i > 0; i--) {
                const EditSection *section = edit->sections + i - 1;
                EditLine *found = NULL;

                if (!wgp_edit_is_target(section, target, peer))
                        continue;
                for (EditLine *line = NULL; (line = wgp_edit_section_next(section, line));)
                        if (line->kind == EDIT_ENTRY && line->key == key)
                                found = line;
                if (found)
                        return found;
        }
        return NULL;
}

/* Gives a key its value in its last line, else behind the last entry of its section; NULL: removes it everywhere.
 * Returns 0, or -ENOMEM. */
int wgp_edit_set_entry(WgpEdit *edit, EditTarget target, const uint8_t *peer, int key, const char *value) {
        EditSection *section;
        EditLine *line;
        int r;

        while ((line = wgp_edit_find_entry(edit, target, peer, key))) {
                if (value)
                        return wgp_edit_line_set_value(edit, line, value);
                wgp_edit_line_remove(edit, line);
        }
        if (!value)
                return 0;
        r = wgp_edit_make_section(edit, target, peer, &section);
        if (r < 0)
                return r;
        return wgp_edit_insert_entry(
                        edit, wgp_edit_section_last_entry(section), key, wgp_edit_key_name(edit, key), value);
}

/* NetworkManager takes a preshared key only with flags of 0, and asks for a key with others. */
static int set_flags(WgpEdit *edit, WgpEditKey key, const uint8_t *peer, const char *value) {
        if (edit->format != WGP_FORMAT_KEYFILE)
                return 0;
        if (key == WGP_EDIT_PRESHARED_KEY)
                return wgp_edit_set_entry(edit, EDIT_PEER, peer, EDIT_KEY_PRESHARED_KEY_FLAGS, value ? "0" : NULL);
        if (key == WGP_EDIT_PRIVATE_KEY)
                return wgp_edit_set_entry(edit, EDIT_INTERFACE, NULL, EDIT_KEY_PRIVATE_KEY_FLAGS, NULL);
        return 0;
}

/* Gives a key that is not a list its value, as both formats write it; NULL removes the key. A peer that is not there
 * is added for a value.
 *
 * Returns 0, -EINVAL when the value does not fit into a line, or -ENOMEM. */
int wgp_edit_set(WgpEdit *edit, WgpEditKey key, const uint8_t *peer, const char *value) {
        int r;

        if (value && (!*value || value[strcspn(value, "#\r\n")]))
                return -EINVAL;
        r = wgp_edit_set_entry(edit, peer ? EDIT_PEER : EDIT_INTERFACE, peer, (int) key, value);
        return r < 0 ? r : set_flags(edit, key, peer, value);
}

/* --- peers --- */

/* Appends a peer that has its key only, unless it is there. Returns 0, or -ENOMEM. */
int wgp_edit_add_peer(WgpEdit *edit, const uint8_t public_key[static WGP_KEY_SIZE]) {
        EditSection *section;

        return wgp_edit_make_section(edit, EDIT_PEER, public_key, &section);
}

static bool is_kind(const EditLine *line, EditKind kind) {
        return line && line->kind == kind;
}

/* Comments right above the header are about the section, also those right below its last entry; but not where no empty
 * line tells them from those of the neighbour. */
static void widen(EditLine **first, EditLine **last) {
        EditLine *above = (*first)->previous, *below = (*last)->next;

        while (is_kind(above, EDIT_COMMENT))
                above = above->previous;
        if (!above || above->kind == EDIT_BLANK)
                while ((*first)->previous != above)
                        *first = (*first)->previous;

        while (is_kind(below, EDIT_COMMENT))
                below = below->next;
        if (!below || below->kind == EDIT_BLANK)
                while ((*last)->next != below)
                        *last = (*last)->next;
}

static void remove_section(WgpEdit *edit, EditSection *section) {
        EditLine *first = section->header, *last = wgp_edit_section_last_entry(section), *next;

        widen(&first, &last);
        /* one empty line is enough for the neighbours, and none belongs to the end */
        if (!last->next || is_kind(last->next, EDIT_BLANK))
                while (is_kind(first->previous, EDIT_BLANK))
                        first = first->previous;
        for (bool end = false; !end; first = next) {
                end = first == last;
                next = first->next;
                wgp_edit_line_remove(edit, first);
        }
        section->header = NULL;
}

/* Removes all sections of a peer, with the comments that are about them. Returns 0, or -ENOENT. */
int wgp_edit_remove_peer(WgpEdit *edit, const uint8_t public_key[static WGP_KEY_SIZE]) {
        EditSection *section;
        int r = -ENOENT;

        for (; (section = wgp_edit_find_section(edit, EDIT_PEER, public_key)); r = 0)
                remove_section(edit, section);
        return r;
}

/* --- the result --- */

static size_t format_lines(const WgpEdit *edit, char *to) {
        size_t n = 0, n_end = strlen(edit->line_end);

        for (const EditLine *line = edit->first; line; line = line->next) {
                if (to)
                        memcpy(to + n, line->text, line->size);
                n += line->size;
                /* the file's last line may have had no end */
                if (!line->next || (line->size > 0 && line->text[line->size - 1] == '\n'))
                        continue;
                if (to)
                        memcpy(to + n, edit->line_end, n_end);
                n += n_end;
        }
        return n;
}

/* Makes the new text, with a NUL behind it that does not count. It is for wgp_wipe_free(). Returns 0, or -ENOMEM. */
int wgp_edit_format(const WgpEdit *edit, char **ret, size_t *ret_size) {
        size_t size = format_lines(edit, NULL);
        char *text = malloc(size + 1);

        if (!text)
                return -ENOMEM;
        text[format_lines(edit, text)] = 0;
        *ret = text;
        *ret_size = size;
        return 0;
}
