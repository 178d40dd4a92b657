/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* NetworkManager's keyfile format: GKeyFile's grammar and escapes. The groups have files of their own. Where
 * NetworkManager drops what it cannot read and brings up the rest, this refuses: half a VPN is worse than none. */

#include <ctype.h>
#include <stdio.h>

#include "base/utf8.h"
#include "parse/parse.h"

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

/* A word with one meaning, where NetworkManager wants another spelling: it warns, too, and takes its default. */
static int warn_spelling(WgpParse *p, const char *value, const char *spelling) {
        return parse_warning(p, "'%s' is read as %s. NetworkManager does not read that word: write %s.", value,
                        spelling, spelling);
}

/* GKeyFile's booleans, and with a warning those of systemd; an empty value gives "otherwise". */
int wgp_keyfile_parse_bool(WgpParse *p, char *value, bool otherwise, bool *field) {
        bool b = false;
        int r = 0;

        wgp_parse_strip(value);
        if (!*value) {
                *field = otherwise;
                return 0;
        }
        if (wgp_parse_boolean(value, &b) < 0)
                return parse_error(p, "'%s' is not a valid switch: expected true or false.", value);
        if (!streq(value, "true") && !streq(value, "false") && !streq(value, "1") && !streq(value, "0"))
                r = warn_spelling(p, value, b ? "true" : "false");

        *field = b;
        return r;
}

int wgp_keyfile_parse_tristate_bool(WgpParse *p, char *value, WgpTristate *field) {
        bool b = false;
        int r;

        if (!*value) {
                *field = WGP_UNSET;
                return 0;
        }
        r = wgp_keyfile_parse_bool(p, value, false, &b);
        if (r >= 0)
                *field = b ? WGP_YES : WGP_NO;
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

/* A whole number; an empty value leaves the default. "what" is the noun for a report. */
int wgp_keyfile_parse_integer(WgpParse *p, char *value, const char *what, int64_t min, int64_t max, int64_t *field) {
        int64_t v = 0;

        if (!*value)
                return 0;
        if (!read_integer(value, &v) || v < min || v > max)
                return parse_error(p, "'%s' is not a valid %s: expected %lld to %lld.", value, what, (long long) min,
                                (long long) max);

        *field = v;
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
int wgp_keyfile_parse_choice(WgpParse *p, char *value, const WgpWord *words, size_t n_words, int *field) {
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
                        *field = found->number;
                        snprintf(number, sizeof(number), "%d", found->number);
                        return warn_spelling(p, value, number);
                }
                v = INT64_MIN;
        }

        for (size_t i = 0; i < n_words; i++)
                if (words[i].number == v) {
                        *field = words[i].number;
                        return 0;
                }
        choices = format_choices(words, n_words);
        return choices ? parse_error(p, "'%s' is not a valid number: expected %s.", value, choices) : -ENOMEM;
}

/* --- lines --- */

/* Groups that NetworkManager knows and that mean nothing for a tunnel. */
static bool is_foreign_group(const char *name) {
        static const char *const groups[] = {
                "bond-port",
                "bridge-port",
                "ethernet",
                "802-3-ethernet",
                "ethtool",
                "hostname",
                "link",
                "match",
                "nmmeta",
                "prefix-delegation",
                "proxy",
                "sriov",
                "tc",
                "team-port",
                "user",
                "vpn-secrets",
                "vrf-port",
                "",
        };

        for (size_t i = 0; i < WGP_ARRAY_SIZE(groups); i++)
                if (streq(groups[i], name))
                        return true;
        return false;
}

static int begin_peer_group(WgpParse *p, const char *key) {
        uint8_t public_key[WGP_KEY_SIZE];
        int r;

        p->section = &wgp_section_wireguard_peer;
        r = wgp_parse_begin_peer(p);
        if (r < 0)
                return r;

        if (wgp_key_parse(key, WGP_KEY_CANONICAL, public_key) < 0)
                return wgp_parse_refuse(p,
                                parse_error(p, "The group's name does not end with a valid public key: expected 44 characters of base64."));

        memcpy(parse_peer(p)->public_key, public_key, sizeof(public_key));
        parse_peer(p)->set |= WGP_PEER_PUBLIC_KEY;
        return 0;
}

static int begin_group(void *userdata, unsigned line, char *name) {
        static const WgpSection *const sections[] = {
                &wgp_section_connection,
                &wgp_section_wireguard,
                &wgp_section_ipv4,
                &wgp_section_ipv6,
                &wgp_section_wg_profile,
        };
        static const char peer_prefix[] = "wireguard-peer.";
        WgpParse *p = userdata;
        int r;

        r = wgp_parse_begin_section(p, line, name);
        if (r < 0)
                return r;
        for (const char *s = name; *s; s++)
                if (strchr("[]", *s) || iscntrl((unsigned char) *s))
                        return wgp_parse_refuse(p,
                                        parse_error(p, "Not a valid group name: expected no brackets and no control characters."));

        if (strncmp(name, peer_prefix, strlen(peer_prefix)) == 0)
                return begin_peer_group(p, name + strlen(peer_prefix));

        for (size_t i = 0; i < WGP_ARRAY_SIZE(sections) && !p->section; i++)
                if (streq(name, sections[i]->name))
                        p->section = sections[i];

        if (p->section == &wgp_section_ipv4)
                p->profile->ipv4.present = true;
        else if (p->section == &wgp_section_ipv6)
                p->profile->ipv6.present = true;
        else if (!p->section && !is_foreign_group(name))
                return parse_warning(p, "Unknown group, ignored as a whole.");
        return 0;
}

/* "Encoding" in the first group is GKeyFile's own key. */
static int check_encoding(WgpParse *p, char *value) {
        wgp_parse_strip(value);
        return strcasecmp(value, "UTF-8") == 0 ?
                               0 :
                               wgp_parse_refuse(p,
                                               parse_error(p, "'%s' is not a valid encoding: expected UTF-8.", value));
}

/* "key[de]", which NetworkManager has no use for. */
static bool is_translation(const char *name) {
        const size_t n = strcspn(name, "[]"), m = strcspn(name + n + 1, "[]");

        return n > 0 && name[n] == '[' && streq(name + n + 1 + m, "]");
}

static int refuse_value(WgpParse *p, const WgpKey *key, const char *problem) {
        int r;

        r = wgp_parse_note_key(p, key);
        return r < 0 ? r : wgp_parse_refuse(p, parse_error(p, "%s", problem));
}

static int read_value(WgpParse *p, const WgpKey *key, char *name, char *value) {
        if (!wgp_utf8_is_valid(value))
                return refuse_value(p, key, "The value is not UTF-8.");
        if (key->flags & (WGP_KEY_INDEXED | WGP_KEY_OPTIONS))
                return wgp_keyfile_defer(p, key, name, value);
        if (!(key->flags & (WGP_KEY_STRINGS | WGP_KEY_IGNORED)) &&
                        wgp_keyfile_unescape(value, /* in_list= */ false) < 0)
                return refuse_value(p, key, WGP_NOT_AN_ESCAPE);

        if (p->section == &wgp_section_wg_profile || key->flags & WGP_KEY_DROPIN)
                wgp_parse_strip(value); /* ours, and not GKeyFile's: the same in both formats */
        return wgp_parse_entry(p, key, name, value);
}

static int read_entry(void *userdata, unsigned line, char *name, char *value) {
        WgpParse *p = userdata;
        const WgpKey *key;

        p->line = line;
        p->key_name = name;
        if (strpbrk(name, "[]"))
                return is_translation(name) ?
                                       0 :
                                       wgp_parse_refuse(p,
                                                       parse_error(p, "Not a valid key name: expected no brackets."));
        if (p->section_number == 1 && streq(name, "Encoding"))
                return check_encoding(p, value);
        if (!p->section)
                return 0;

        key = wgp_section_find_key(p->section, name, /* ignore_case= */ false);
        if (!key && (p->section == &wgp_section_ipv4 || p->section == &wgp_section_ipv6))
                key = wgp_keyfile_find_indexed(p->section, name, NULL, NULL);
        if (key)
                return read_value(p, key, name, value);
        if (p->section == &wgp_section_wg_profile)
                return wgp_parse_refuse(p, wgp_parse_unknown_key(p, name, WGP_ERROR));
        return wgp_parse_unknown_key(p, name, WGP_WARNING);
}

const WgpIniHandler wgp_keyfile_handler = {
        .section = begin_group,
        .entry = read_entry,
        .bad = wgp_parse_bad_line,
};
