/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Reports what is wrong with a line of a profile, without anything that may be a key. */

#include <ctype.h>
#include <stdarg.h>

#include "base/text.h"
#include "parse/parse-internal.h"

static bool is_key_character(char c) {
        return isalnum((unsigned char) c) || (c && strchr("+/-_", c));
}

enum {
        SUSPECT_MIN = 20, /* characters: 120 bits of a key */
        CERTAIN_MIN = 40,
        NAME_CERTAIN_MIN = WGP_KEY_TEXT_SIZE - 2, /* a whole key, without its padding */
};

/* What the text is. A value is hidden on suspicion. A name is mostly one that somebody made of words, however long and
 * in whatever case: it is hidden where it is long enough for a key, or has the digits of a part of one. */
typedef enum TextKind {
        TEXT_VALUE,
        TEXT_NAME,
} TextKind;

/* Whether SUSPECT_MIN characters have letters of both cases and go back and forth, as base64 does and no word. */
static bool looks_random(const char *s, TextKind what) {
        unsigned kinds = 0, before = 0, n_changes = 0, n_others = 0;

        for (size_t i = 0; i < SUSPECT_MIN; i++) {
                const unsigned char c = (unsigned char) s[i];
                const unsigned kind = isupper(c) ? 1 : islower(c) ? 2 : isdigit(c) ? 4 : 8;

                n_changes += i > 0 && kind != before;
                n_others += isdigit(c) || c == '+' || c == '/';
                kinds |= kind;
                before = kind;
        }
        return (kinds & 3) == 3 && n_changes >= SUSPECT_MIN / 4 && (what == TEXT_VALUE || n_others >= 2);
}

static bool has_other_than_letters(const char *s, size_t n) {
        for (size_t i = 0; i < n; i++)
                if (!isalpha((unsigned char) s[i]))
                        return true;
        return false;
}

/* Whether "n" such characters may be a key, one in hexadecimal included, or have a good part of one among them. */
static bool may_be_key(const char *s, size_t n, TextKind what) {
        if (n >= CERTAIN_MIN && (what == TEXT_VALUE || n >= NAME_CERTAIN_MIN || has_other_than_letters(s, n)))
                return true;
        for (size_t i = 0; i + SUSPECT_MIN <= n; i++)
                if (looks_random(s + i, what))
                        return true;
        return false;
}

/* Replaces whatever may be a key by a remark: people paste keys into the wrong place, and what is wrong gets reported.
 */
static void hide_secrets(char *text, TextKind what) {
        static const char remark[] = "(not shown)";
        char *to = text;

        for (const char *from = text; *from;) {
                size_t n = 0;

                while (is_key_character(from[n]))
                        n++;
                if (may_be_key(from, n, what)) {
                        to = mempcpy(to, remark, strlen(remark));
                        n += strspn(from + n, "=");
                } else {
                        n = n ?: 1;
                        memmove(to, from, n);
                        to += n;
                }
                from += n;
        }
        *to = 0;
}

enum {
        SHOWN_NAME_MAX = 100, /* bytes of a section's or a key's name, which may be as long as the file */
};

/* Makes the start of a name fit to be shown. What is left out of it is wiped. */
static void show_name(const char *name, char ret[static SHOWN_NAME_MAX + 1]) {
        const size_t size = strlen(name);
        size_t n = WGP_MIN(size, (size_t) SHOWN_NAME_MAX);

        memcpy(ret, name, n);
        ret[n] = 0;
        while (size > SHOWN_NAME_MAX && n > 0 && is_key_character(ret[n - 1]))
                ret[--n] = 0; /* this word may be half a key */
        hide_secrets(ret, TEXT_NAME);
        n = strlen(ret);
        explicit_bzero(ret + n, SHOWN_NAME_MAX + 1 - n);
}

static int _printf_(3, 0) report(WgpParse *p, WgpSeverity severity, const char *format, va_list ap) {
        _cleanup_(wgp_text_done) WgpText message = WGP_TEXT_NULL;
        char section[SHOWN_NAME_MAX + 1], key[SHOWN_NAME_MAX + 1];
        WgpPlace place = { .file = p->path, .line = p->line };

        if (wgp_diagnostics_is_full(p->diagnostics, severity))
                return wgp_diagnostics_add(p->diagnostics, severity, &place, "%s", "");

        wgp_text_vprintf(&message, format, ap);
        if (p->quoted && severity == WGP_ERROR)
                wgp_text_append(&message, " Quotes are not part of the format: leave them out.");
        if (message.failed)
                return -ENOMEM;

        /* not the peer's key in a keyfile's header: the line is enough, and it may be the private key */
        show_name(p->section && p->section->id == WGP_SECTION_WIREGUARD_PEER ? "wireguard-peer" :
                        p->section_name                                      ?:
                                                                               "",
                        section);
        show_name(p->key_name ?: "", key);
        hide_secrets(message.data, TEXT_VALUE);
        place.section = p->section_name ? section : NULL;
        place.key = p->key_name ? key : NULL;
        return wgp_diagnostics_add(p->diagnostics, severity, &place, "%s", message.data);
}

/* Reports about the current line; what looks like a key is left out. Returns 0, or -ENOMEM. */
int wgp_parse_report(WgpParse *p, WgpSeverity severity, const char *format, ...) {
        va_list ap;
        int r;

        va_start(ap, format);
        r = report(p, severity, format, ap);
        va_end(ap);
        return r;
}

/* As wgp_parse_report(), for an error. Returns -EBADMSG, so that a caller reports and returns in one statement, or
 * -ENOMEM. */
int wgp_parse_error(WgpParse *p, const char *format, ...) {
        va_list ap;
        int r;

        va_start(ap, format);
        r = report(p, WGP_ERROR, format, ap);
        va_end(ap);
        return r < 0 ? r : -EBADMSG;
}

/* As wgp_parse_report(), for a warning. Returns 0, or -ENOMEM. */
int wgp_parse_warning(WgpParse *p, const char *format, ...) {
        va_list ap;
        int r;

        va_start(ap, format);
        r = report(p, WGP_WARNING, format, ap);
        va_end(ap);
        return r;
}
