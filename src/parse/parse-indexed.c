/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The numbered keys of [ipv4] and [ipv6], such as route2= and route2_options=: they count in the order of their
 * numbers, and so they are read when the file has ended. */

#include "parse/parse-internal.h"

/* Keeps a numbered key for the end of the file. Returns 0, or -ENOMEM. */
int wgp_keyfile_defer(WgpParse *p, const WgpKey *key, char *name, char *value) {
        WgpIndexed item = {
                .key = key,
                .section = p->section,
                .section_name = p->section_name,
                .section_number = p->section_number,
                .name = name,
                .value = value,
                .line = p->line,
                .position = p->n_indexed,
        };

        (void) wgp_section_find_indexed(p->section, name, &item.index, &item.options);
        if (!wgp_grow(&p->indexed, &p->n_indexed_allocated, p->n_indexed + 1, sizeof(item)))
                return -ENOMEM;
        p->indexed[p->n_indexed++] = item;
        return 0;
}

/* "route1_options" sorts right behind "route1", which sorts before "routes1". */
static size_t stem_length(const WgpIndexed *item) {
        return strcspn(item->name, "0123456789_");
}

static int compare_names(const WgpIndexed *a, const WgpIndexed *b) {
        size_t n = stem_length(a), m = stem_length(b);
        int r;

        r = strncmp(a->name, b->name, WGP_MIN(n, m));
        if (r != 0)
                return r;
        if (a->index != b->index)
                return a->index < b->index ? -1 : 1;
        if (n != m)
                return n < m ? -1 : 1;
        return (int) a->options - (int) b->options;
}

static int compare_indexed(const void *x, const void *y) {
        const WgpIndexed *a = x, *b = y;
        int r;

        if (a->section->id != b->section->id)
                return a->section->id < b->section->id ? -1 : 1;
        r = compare_names(a, b);
        if (r != 0)
                return r;
        return (a->position > b->position) - (a->position < b->position);
}

/* An empty item of a drop-in takes away all of its kind that came before. */
static void reset_kind(WgpParse *p, const WgpKey *key) {
        WgpProfile *profile = p->profile;
        const int af = parse_family(p);
        WgpFamily *family = parse_ip(p);
        size_t n = 0;

        if (key->id == WGP_KEY_ID_ADDRESS) {
                for (size_t i = 0; i < profile->n_addresses; i++)
                        if (profile->addresses[i].prefix.family != af)
                                profile->addresses[n++] = profile->addresses[i];
                profile->n_addresses = n;
                if (family->gateway_of_address)
                        family->has_gateway = false;
        } else if (key->id == WGP_KEY_ID_ROUTE) {
                for (size_t i = 0; i < profile->n_routes; i++)
                        if (profile->routes[i].destination.family != af)
                                profile->routes[n++] = profile->routes[i];
                profile->n_routes = n;
        } else if (key->id == WGP_KEY_ID_RULE) {
                for (size_t i = 0; i < profile->n_rules; i++)
                        if (profile->rules[i].family != af)
                                profile->rules[n++] = profile->rules[i];
                profile->n_rules = n;
        }
}

static void restore_position(WgpParse *p, const WgpIndexed *item) {
        p->line = item->line;
        p->section = item->section;
        p->section_name = item->section_name;
        p->section_number = item->section_number;
        p->key_name = item->name;
}

static int read_indexed(WgpParse *p, const WgpIndexed *item) {
        if (!*item->value) {
                if (p->dropin)
                        reset_kind(p, item->key);
                return 0;
        }
        if (wgp_keyfile_unescape(item->value, /* in_list= */ false) < 0)
                return wgp_parse_refuse(p, wgp_parse_error(p, WGP_NOT_AN_ESCAPE));
        return wgp_parse_entry(p, item->key, item->name, item->value);
}

/* Reads the numbered keys of the file, each kind in the order of its numbers; of two equal keys the last one counts.
 * Options follow their route. Returns 0, or -ENOMEM. */
int wgp_keyfile_finish(WgpParse *p) {
        int r;

        p->in_peer = false;
        if (p->n_indexed > 0)
                qsort(p->indexed, p->n_indexed, sizeof(*p->indexed), compare_indexed);

        for (size_t i = 0; i < p->n_indexed; i++) {
                const WgpIndexed *item = p->indexed + i, *before = i > 0 ? item - 1 : NULL,
                                 *next = i + 1 < p->n_indexed ? item + 1 : NULL;

                if (next && next->section == item->section && streq(next->name, item->name))
                        continue;
                restore_position(p, item);
                r = 0;
                if (before && before->section == item->section && streq(before->name, item->name))
                        r = wgp_parse_warning(p, "Stated more than once: this line counts.");
                if (r >= 0)
                        r = read_indexed(p, item);
                if (r < 0)
                        return r;
        }
        return 0;
}
