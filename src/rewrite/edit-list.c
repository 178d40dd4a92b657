/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Lists of addresses under edit: item by item, so that a line whose items all stay is not touched, and the others keep
 * their place and spelling. */

#include <stdio.h>

#include "base/text.h"
#include "model/prefix.h"
#include "rewrite/edit-internal.h"

/* What a list is to hold. */
typedef struct Wanted {
        const WgpPrefix *items;
        size_t n_items;
        bool *found; /* per item: it is in the text */
} Wanted;

static bool is_wanted(const Wanted *wanted, const WgpPrefix *prefix) {
        bool result = false;

        for (size_t i = 0; i < wanted->n_items; i++)
                if (wgp_prefix_compare(wanted->items + i, prefix) == 0)
                        wanted->found[i] = result = true;
        return result;
}

/* --- one line of several items: Address=, AllowedIPs=, allowed-ips= --- */

/* What separates the items in the text, and what we put between them. */
static const char *separators(const WgpEdit *edit, int key) {
        if (edit->format == WGP_FORMAT_KEYFILE)
                return ";";
        return key == WGP_EDIT_ADDRESSES ? ", \t\r\n\v\f" : ",";
}

static void append_item(const WgpEdit *edit, WgpText *text, const char *item) {
        if (text->size > 0 && edit->format == WGP_FORMAT_WG_QUICK)
                wgp_text_append(text, ", ");
        wgp_text_append(text, item);
        if (edit->format == WGP_FORMAT_KEYFILE)
                wgp_text_append(text, ";");
}

static int parse_item(const WgpEdit *edit, int key, const char *item, WgpPrefix *ret) {
        _cleanup_(freep) char *copy = strdup(item);
        int r;

        if (!copy)
                return -ENOMEM;
        if (edit->format == WGP_FORMAT_WG_QUICK && key == WGP_EDIT_ADDRESSES)
                return wgp_prefix_parse_iproute(copy, ret);
        r = wgp_prefix_parse(copy, ret, NULL);
        if (r >= 0)
                (void) wgp_prefix_mask(ret);
        return r;
}

/* Collects the items of a line that are wanted. "*ret_all": they are all of it. */
static int keep_items(const WgpEdit *edit, const EditLine *line, const Wanted *wanted, WgpText *kept, bool *ret_all) {
        _cleanup_(freep) char *value = strndup(line->text + line->value, line->value_size);
        char *cursor = value;
        bool all = true;

        if (!value)
                return -ENOMEM;
        for (char *item; (item = strsep(&cursor, separators(edit, line->key)));) {
                WgpPrefix prefix;
                int r;

                item += strspn(item, EDIT_BLANKS);
                wgp_strip_end(item);
                if (!*item)
                        continue;
                r = parse_item(edit, line->key, item, &prefix);
                if (r == -ENOMEM)
                        return r;
                if (r >= 0 && is_wanted(wanted, &prefix))
                        append_item(edit, kept, item);
                else
                        all = false;
        }
        *ret_all = all;
        return 0;
}

/* How many items a line takes: wg-quick(8) reads a long one in quadratic time. */
static size_t line_capacity(const WgpEdit *edit, int key) {
        return edit->format == WGP_FORMAT_WG_QUICK && key == WGP_EDIT_ALLOWED_IPS ? (size_t) WGP_LINE_ITEMS_MAX :
                                                                                    SIZE_MAX;
}

static size_t count_items(const char *value) {
        size_t n = *value != 0;

        for (; *value; value++)
                n += *value == ',';
        return n;
}

/* Appends up to "n_max" of those that are missing, from "*next" on. */
static bool append_missing(const WgpEdit *edit, const Wanted *wanted, size_t n_max, size_t *next, WgpText *text) {
        char item[WGP_PREFIX_TEXT_SIZE];
        bool any = false;

        for (; *next < wanted->n_items; (*next)++) {
                if (wanted->found[*next])
                        continue;
                if (n_max == 0)
                        break;
                n_max--;
                wgp_prefix_format(wanted->items + *next, item);
                append_item(edit, text, item);
                any = true;
        }
        return any;
}

static int rewrite_line(WgpEdit *edit, EditLine *line, const WgpText *text) {
        if (text->failed)
                return -ENOMEM;
        if (text->size > 0)
                return wgp_edit_line_set_value(edit, line, text->data);
        wgp_edit_line_remove(edit, line);
        return 0;
}

/* Takes out what is not wanted, of a line that may go as a whole. "*last" is the line that the rest is added to. */
static int filter_line(WgpEdit *edit, EditLine *line, const Wanted *wanted, EditLine **last) {
        _cleanup_(wgp_text_done) WgpText kept = WGP_TEXT_NULL;
        bool all = false;
        int r;

        r = keep_items(edit, line, wanted, &kept, &all);
        if (r < 0)
                return r;
        if (kept.size == 0 && *last) { /* not the only one */
                wgp_edit_line_remove(edit, line);
                return 0;
        }
        if (*last && (*last)->value_size == 0)
                wgp_edit_line_remove(edit, *last);
        *last = line;
        return all ? 0 : wgp_edit_line_set_value(edit, line, kept.size > 0 && !kept.failed ? kept.data : "");
}

/* Fills up the line that the list ends with. */
static int extend_line(WgpEdit *edit, EditLine *last, const Wanted *wanted, size_t *next) {
        _cleanup_(wgp_text_done) WgpText text = WGP_TEXT_NULL;
        _cleanup_(freep) char *value = strndup(last->text + last->value, last->value_size);
        size_t n, max = line_capacity(edit, last->key);

        if (!value)
                return -ENOMEM;
        n = count_items(value);
        wgp_text_append(&text, value);
        if (*value && edit->format == WGP_FORMAT_KEYFILE && value[strlen(value) - 1] != ';')
                wgp_text_append(&text, ";");
        if (!append_missing(edit, wanted, n < max ? max - n : 0, next, &text) && *value)
                return 0;
        return rewrite_line(edit, last, &text);
}

/* Adds what is missing to the line that the list ends with, NULL: there is none, and in lines behind it. */
static int add_missing(
                WgpEdit *edit, EditTarget target, const uint8_t *peer, int key, const Wanted *wanted, EditLine *last) {
        size_t next = 0;
        int r = 0;

        if (last)
                r = extend_line(edit, last, wanted, &next);
        while (r >= 0) {
                _cleanup_(wgp_text_done) WgpText text = WGP_TEXT_NULL;
                EditSection *section;

                if (!append_missing(edit, wanted, line_capacity(edit, key), &next, &text))
                        break;
                if (!last) {
                        r = wgp_edit_make_section(edit, target, peer, &section);
                        if (r < 0)
                                return r;
                        last = wgp_edit_section_last_entry(section);
                }
                r = text.failed ? -ENOMEM :
                                  wgp_edit_insert_entry(edit, last, key, wgp_edit_key_name(edit, key), text.data);
                last = last->next;
        }
        return r;
}

/* wg-quick's Address= adds up over all sections. Of a peer's lists only the last section counts, and in a keyfile only
 * its last line. */
static int set_lines(WgpEdit *edit, EditTarget target, const uint8_t *peer, int key, const Wanted *wanted) {
        const EditSection *only = target == EDIT_PEER ? wgp_edit_find_section(edit, target, peer) : NULL;
        EditLine *last = NULL, *next;
        int r = 0;

        if (edit->format == WGP_FORMAT_KEYFILE) {
                EditLine *line = wgp_edit_find_entry(edit, target, peer, key);

                if (line)
                        r = filter_line(edit, line, wanted, &last);
                return r < 0 ? r : add_missing(edit, target, peer, key, wanted, last);
        }
        for (size_t i = 0; r >= 0 && i < edit->n_sections; i++) {
                const EditSection *section = edit->sections + i;

                if (!wgp_edit_is_target(section, target, peer) || (only && section != only))
                        continue;
                for (EditLine *line = wgp_edit_section_next(section, NULL); r >= 0 && line; line = next) {
                        next = wgp_edit_section_next(section, line);
                        if (line->kind == EDIT_ENTRY && line->key == key)
                                r = filter_line(edit, line, wanted, &last);
                }
        }
        return r < 0 ? r : add_missing(edit, target, peer, key, wanted, last);
}

/* --- one line per item: address1=, address2= --- */

/* The address of "ADDRESS/LENGTH,GATEWAY", without a judgement: what is not understood is not wanted. */
static int parse_address_line(const EditLine *line, WgpPrefix *ret) {
        char item[WGP_PREFIX_TEXT_SIZE];
        size_t n;

        for (n = 0; n < line->value_size && !strchr(",; ", line->text[line->value + n]);)
                n++;
        if (n >= sizeof(item))
                return -EINVAL;
        memcpy(item, line->text + line->value, n);
        item[n] = 0;
        return wgp_prefix_parse(item, ret, NULL);
}

typedef struct AddressLines {
        int64_t last_index;
        EditLine *last;
        size_t n_lines;
        bool changed;
} AddressLines;

static void filter_address_lines(WgpEdit *edit, EditTarget family, const Wanted *wanted, AddressLines *lines) {
        for (size_t i = 0; i < edit->n_sections; i++) {
                const EditSection *section = edit->sections + i;
                EditLine *next;

                if (!wgp_edit_is_target(section, family, NULL))
                        continue;
                for (EditLine *line = wgp_edit_section_next(section, NULL); line; line = next) {
                        WgpPrefix prefix;

                        next = wgp_edit_section_next(section, line);
                        if (line->kind != EDIT_ENTRY || line->key != WGP_EDIT_ADDRESSES)
                                continue;
                        if (parse_address_line(line, &prefix) < 0 || !is_wanted(wanted, &prefix)) {
                                wgp_edit_line_remove(edit, line);
                                lines->changed = true;
                                continue;
                        }
                        lines->last = line;
                        lines->n_lines++;
                        lines->last_index = WGP_MAX(lines->last_index, line->index);
                }
        }
}

static int add_address_line(WgpEdit *edit, EditTarget family, const WgpPrefix *item, AddressLines *lines) {
        char name[32], value[WGP_PREFIX_TEXT_SIZE];
        EditSection *section = NULL;
        EditLine *after = lines->last;
        int r;

        if (!after) {
                r = wgp_edit_make_section(edit, family, NULL, &section);
                if (r < 0)
                        return r;
                after = wgp_edit_section_last_entry(section);
        }
        snprintf(name, sizeof(name), "address%lld", (long long) ++lines->last_index);
        wgp_prefix_format(item, value);
        r = wgp_edit_insert_entry(edit, after, WGP_EDIT_ADDRESSES, name, value);
        lines->last = after->next;
        lines->n_lines++;
        lines->changed = true;
        return r;
}

/* NetworkManager wants a method that fits: "manual" with addresses, and not without. */
static int fit_method(WgpEdit *edit, EditTarget family, bool has_addresses) {
        const EditLine *line = wgp_edit_find_entry(edit, family, NULL, EDIT_KEY_METHOD);
        bool manual = line && line->value_size == strlen("manual") &&
                      memcmp(line->text + line->value, "manual", line->value_size) == 0;

        if (manual == has_addresses || (!manual && !has_addresses))
                return 0;
        return wgp_edit_set_entry(edit, family, NULL, EDIT_KEY_METHOD, has_addresses ? "manual" : "disabled");
}

static int set_address_lines(WgpEdit *edit, EditTarget family, const Wanted *wanted) {
        AddressLines lines = {};
        int r = 0;

        filter_address_lines(edit, family, wanted, &lines);
        for (size_t i = 0; r >= 0 && i < wanted->n_items; i++)
                if (!wanted->found[i] && (wanted->items[i].family == AF_INET) == (family == EDIT_IPV4))
                        r = add_address_line(edit, family, wanted->items + i, &lines);
        return r < 0 || !lines.changed ? r : fit_method(edit, family, lines.n_lines > 0);
}

/* Gives a list these items: addresses with their host bits, allowed-ips without. None removes the key. A peer that is
 * not there is added. Returns 0, or -ENOMEM. */
int wgp_edit_set_list(WgpEdit *edit, WgpEditKey key, const uint8_t *peer, const WgpPrefix *items, size_t n_items) {
        _cleanup_(freep) bool *found = calloc(n_items + 1, sizeof(*found));
        const Wanted wanted = { .items = items, .n_items = n_items, .found = found };
        const EditTarget target = peer ? EDIT_PEER : EDIT_INTERFACE;
        int r;

        if (!found)
                return -ENOMEM;
        if (key == WGP_EDIT_ADDRESSES && edit->format == WGP_FORMAT_KEYFILE) {
                r = set_address_lines(edit, EDIT_IPV4, &wanted);
                return r < 0 ? r : set_address_lines(edit, EDIT_IPV6, &wanted);
        }
        if (n_items == 0)
                return wgp_edit_set_entry(edit, target, peer, (int) key, NULL);
        return set_lines(edit, target, peer, (int) key, &wanted);
}
