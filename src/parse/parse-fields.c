/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Reads the values that the groups of a keyfile have in common: escapes, lists, switches, numbers, prefixes. */

#include <ctype.h>
#include <stdio.h>

#include "base/text.h"
#include "parse/parse-internal.h"

/* --- GKeyFile --- */

/* Replaces the escapes \s \n \t \r \\ in place, and in a list's item "\;". Returns 0, or -EINVAL for any other escape
 * or a lone "\" at the end. */
int wgp_keyfile_unescape(char *value, bool in_list) {
        static const char names[] = "sntr\\;", characters[] = " \n\t\r\\;";
        char *to = value;

        for (const char *from = value; *from; from++) {
                const char *name;

                if (*from != '\\') {
                        *to++ = *from;
                        continue;
                }
                from++;
                name = *from ? strchr(names, *from) : NULL;
                if (!name || (*name == ';' && !in_list))
                        return -EINVAL;
                *to++ = characters[name - names];
        }
        *to = 0;
        return 0;
}

/* Takes the next string of a ";" separated list, white space around it removed (NetworkManager keeps it and then
 * refuses the item). An empty item is skipped. Returns NULL at the end. Escapes are still in it. */
char *wgp_keyfile_next_item(char **cursor) {
        while (**cursor) {
                char *item = *cursor, *end = item;

                while (*end && *end != ';')
                        end += *end == '\\' && end[1] ? 2 : 1;
                *cursor = *end ? end + 1 : end;
                *end = 0;

                while (isspace((unsigned char) *item))
                        item++;
                while (end > item && isspace((unsigned char) end[-1]))
                        *--end = 0;
                if (*item)
                        return item;
        }
        return NULL;
}

/* --- values --- */

/* Takes a word with one meaning, where NetworkManager warns of the spelling and uses its default. */
static int warn_spelling(WgpParse *p, const char *value, const char *spelling) {
        return wgp_parse_warning(p, "'%s' is read as %s. NetworkManager does not read that word: write %s.", value,
                        spelling, spelling);
}

/* Reads the booleans of GKeyFile, and with a warning those of systemd; an empty value gives "otherwise". */
int wgp_keyfile_parse_bool(WgpParse *p, char *value, bool otherwise, bool *ret) {
        bool b = false;
        int r = 0;

        wgp_strip_end(value);
        if (!*value) {
                *ret = otherwise;
                return 0;
        }
        if (wgp_parse_boolean(value, &b) < 0)
                return wgp_parse_error(p, "'%s' is not a valid switch: expected true or false.", value);
        if (!streq(value, "true") && !streq(value, "false") && !streq(value, "1") && !streq(value, "0"))
                r = warn_spelling(p, value, b ? "true" : "false");

        *ret = b;
        return r;
}

/* Parser of keys: a switch that is unset when empty. "field" is a WgpTristate. */
int wgp_keyfile_parse_tristate(WgpParse *p, char *value, void *field) {
        WgpTristate *tristate = field;
        bool b = false;
        int r;

        if (!*value) {
                *tristate = WGP_UNSET;
                return 0;
        }
        r = wgp_keyfile_parse_bool(p, value, false, &b);
        if (r >= 0)
                *tristate = b ? WGP_YES : WGP_NO;
        return r;
}

/* A whole number as g_ascii_strtoll() with base 0 reads it. */
static bool read_integer(const char *s, int64_t *ret) {
        uint64_t magnitude = 0;
        bool negative = false;

        while (isspace((unsigned char) *s))
                s++;
        if (*s == '-' || *s == '+')
                negative = *s++ == '-';
        if (!isdigit((unsigned char) *s) || wgp_parse_base0(s, INT64_MAX, &magnitude) < 0)
                return false;
        *ret = negative ? -(int64_t) magnitude : (int64_t) magnitude;
        return true;
}

/* Reads a whole number; an empty value leaves "*ret" as it is. "noun" names the value in a report. */
int wgp_keyfile_parse_integer(WgpParse *p, char *value, const char *noun, int64_t min, int64_t max, int64_t *ret) {
        int64_t v = 0;

        if (!*value)
                return 0;
        if (!read_integer(value, &v) || v < min || v > max)
                return wgp_parse_error(p, "'%s' is not a valid %s: expected %lld to %lld.", value, noun,
                                (long long) min, (long long) max);

        *ret = v;
        return 0;
}

static char *format_choices(const WgpWord *words, size_t n_words) {
        char *text = NULL;

        for (size_t i = 0; i < n_words; i++) {
                _cleanup_(freep) char *before = text;

                if (asprintf(&text, "%s%s%d (%s)", before ?: "",
                                    i == 0          ? "" :
                                    i + 1 < n_words ? ", " :
                                                      " or ",
                                    words[i].number, words[i].word) < 0)
                        return NULL;
        }
        return text;
}

/* One of a few numbers, of which the first is the default, and with a warning the word for it: one of those that are
 * given, or where 1 is "yes" a boolean. */
int wgp_keyfile_parse_choice(WgpParse *p, char *value, const WgpWord *words, size_t n_words, int *ret) {
        _cleanup_(freep) char *choices = NULL;
        char number[sizeof("-2147483648")];
        int64_t v = words[0].number;
        const WgpWord *found = NULL;
        bool b = false;

        if (*value && !read_integer(value, &v)) {
                for (size_t i = 0; i < n_words && !found; i++)
                        if (strcasecmp(words[i].word, value) == 0)
                                found = words + i;
                if (!found && wgp_parse_boolean(value, &b) >= 0)
                        for (size_t i = 0; i < n_words && !found; i++)
                                if (streq(words[i].word, b ? "yes" : "no"))
                                        found = words + i;
                if (found) {
                        *ret = found->number;
                        snprintf(number, sizeof(number), "%d", found->number);
                        return warn_spelling(p, value, number);
                }
                v = INT64_MIN;
        }

        for (size_t i = 0; i < n_words; i++)
                if (words[i].number == v) {
                        *ret = words[i].number;
                        return 0;
                }
        choices = format_choices(words, n_words);
        return choices ? wgp_parse_error(p, "'%s' is not a valid number: expected %s.", value, choices) : -ENOMEM;
}

/* --- "a/b,c,d" --- */

/* Takes the next field of "a/b;c,d": the three separators mean the same. NULL at the end. */
static char *next_field(char **cursor) {
        char *field;

        if (!*cursor || !**cursor)
                return NULL;
        field = strsep(cursor, "/;,");
        while (isspace((unsigned char) *field))
                field++;
        wgp_strip_end(field);
        return field;
}

static bool is_empty(const char *field) {
        return !field || !*field;
}

/* Takes "ADDRESS/LENGTH,NEXT,METRIC" apart. A second field that is an address is the next one: the length may be left
 * out. Returns 0, or what a report gives. */
int wgp_keyfile_split_fields(WgpParse *p, char *value, size_t max, WgpKeyfileFields *ret) {
        const char *form = max > 3 ? "PREFIX/LENGTH,NEXT-HOP,METRIC" : "ADDRESS/LENGTH,GATEWAY";
        WgpKeyfileFields f = {};
        size_t n = 0;

        for (char *field; (field = next_field(&value)); n++) {
                if (n == 1 && strpbrk(field, ".:"))
                        n++;
                if (n >= max)
                        return wgp_parse_error(p, "There are too many fields: expected %s.", form);
                f.fields[n] = field;
        }
        if (n == 0)
                return wgp_parse_error(p, "The address is missing: expected %s.", form);

        *ret = f;
        return 0;
}

/* Reads the first two fields. No report shows a field: a key that was pasted here has a "/" somewhere, and what is
 * left of it would not look like one. Warns of a prefix length that nobody wrote: NetworkManager's defaults are not
 * those of wg-quick. */
int wgp_keyfile_parse_prefix(WgpParse *p, const WgpKeyfileFields *f, uint8_t default_length, WgpPrefix *ret) {
        const int af = parse_family(p);
        uint64_t length = default_length;
        WgpPrefix prefix;

        if (wgp_address_parse(f->address, &prefix) < 0 || prefix.family != af)
                return wgp_parse_error(p, "The first field is not a valid address: expected an %s address.",
                                parse_family_name(p));

        if (is_empty(f->length)) {
                if (wgp_parse_warning(p, "No prefix length: /%u is assumed, as NetworkManager does.", default_length) <
                                0)
                        return -ENOMEM;
        } else if (wgp_parse_decimal(f->length, wgp_family_bits(af), &length) < 0)
                return wgp_parse_error(p, "The second field is not a valid prefix length: expected 0 to %u.",
                                wgp_family_bits(af));

        prefix.length = (uint8_t) length;
        *ret = prefix;
        return 0;
}
