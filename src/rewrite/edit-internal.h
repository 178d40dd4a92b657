/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once
/* The text under edit: lines that know what they are, and the sections they are in. Private to edit-*.c. */

#include "rewrite/edit.h"

typedef struct EditLine EditLine;
typedef struct EditSection EditSection;

typedef enum EditTarget {
        EDIT_OTHER,     /* not ours to change */
        EDIT_INTERFACE, /* [Interface], [wireguard] */
        EDIT_PEER,
        EDIT_IPV4, /* keyfile */
        EDIT_IPV6, /* keyfile */
} EditTarget;

typedef enum EditKind {
        EDIT_BLANK,
        EDIT_COMMENT, /* and any other line that is not an entry */
        EDIT_HEADER,
        EDIT_ENTRY,
} EditKind;

/* Beside the WGP_EDIT_* of edit.h, what EditLine.key may be. */
enum {
        EDIT_KEY_OTHER = _WGP_EDIT_KEY_N,
        EDIT_KEY_PUBLIC_KEY,
        EDIT_KEY_METHOD,              /* [ipv4], [ipv6] */
        EDIT_KEY_PRIVATE_KEY_FLAGS,   /* keyfile */
        EDIT_KEY_PRESHARED_KEY_FLAGS, /* keyfile */
        _EDIT_KEY_N,
};

struct EditLine {
        EditLine *previous, *next;
        const char *text; /* with its line end; "own", or a part of the data */
        size_t size;
        char *own;
        size_t value, value_size; /* of an entry: where its value is, without the comment behind it */
        EditKind kind;
        int key;
        int64_t index; /* of "address2"; -1: without a number */
};

struct EditSection {
        EditTarget target;
        EditLine *header; /* NULL: it was removed */
        uint8_t public_key[WGP_KEY_SIZE];
        bool has_public_key;
};

struct WgpEdit {
        WgpFormat format;
        char *data;
        size_t size;
        const char *line_end; /* of the file's first line */
        bool blanks;          /* around "=" */
        EditLine *first, *last;
        EditSection *sections;
        size_t n_sections, n_allocated;
};

#define EDIT_BLANKS " \t\r\n\v\f"

/* edit-names.c */
const char *wgp_edit_key_name(const WgpEdit *edit, int key);

/* edit-text.c */
int wgp_edit_text_read(WgpEdit *edit);
EditLine *wgp_edit_line_insert(WgpEdit *edit, EditLine *after, EditKind kind, int key, const char *text);
int wgp_edit_line_set_value(const WgpEdit *edit, EditLine *line, const char *value);
void wgp_edit_line_remove(WgpEdit *edit, EditLine *line);
EditSection *wgp_edit_section_add(WgpEdit *edit, EditTarget target, const char *name);
EditLine *wgp_edit_section_last_entry(const EditSection *section);
EditLine *wgp_edit_section_next(const EditSection *section, const EditLine *line);

/* edit-entries.c */
bool wgp_edit_is_target(const EditSection *section, EditTarget target, const uint8_t *peer);
EditSection *wgp_edit_find_section(const WgpEdit *edit, EditTarget target, const uint8_t *peer);
int wgp_edit_make_section(WgpEdit *edit, EditTarget target, const uint8_t *peer, EditSection **ret);
int wgp_edit_insert_entry(WgpEdit *edit, EditLine *after, int key, const char *name, const char *value);
EditLine *wgp_edit_find_entry(const WgpEdit *edit, EditTarget target, const uint8_t *peer, int key);
int wgp_edit_set_entry(WgpEdit *edit, EditTarget target, const uint8_t *peer, int key, const char *value);
