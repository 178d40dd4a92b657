/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Diagnostics: the list and its text form, "file:line: [Section] Key: message". */

#include "base/diag.h"

#include <stdarg.h>
#include <stdio.h>

#include "base/text.h"
#include "base/utf8.h"

static void diagnostic_done(WgpDiagnostic *item) {
        free(item->file);
        free(item->section);
        free(item->key);
        free(item->message);
}

/* Text of a profile may be anything; a message goes to terminals, to the kernel's log and into JSON. */
static void make_printable(char *s) {
        static const char ellipsis[] = " ... ";
        const size_t size = strlen(s), head = WGP_MESSAGE_MAX * 5 / 8,
                     tail = WGP_MESSAGE_MAX * 3 / 8 - sizeof(ellipsis);

        if (size > WGP_MESSAGE_MAX) {
                memcpy(s + head, ellipsis, strlen(ellipsis));
                memmove(s + head + strlen(ellipsis), s + size - tail, tail + 1);
        }

        for (size_t n; *s; s += n) {
                n = wgp_utf8_size(s);
                if (n == 0 || wgp_utf8_is_control(s, n)) {
                        n = 1;
                        *s = '?';
                }
        }
}

static bool copy_string(const char *s, char **ret) {
        *ret = s ? strdup(s) : NULL;
        if (*ret)
                make_printable(*ret);
        return !s || *ret;
}

/* Returns the size of the control character at "s" in bytes, U+0080 to U+009F included; 0: it is another one. */
static size_t control_size(const char *s) {
        if ((unsigned char) *s < ' ' || *s == 0x7f)
                return 1;
        return (unsigned char) s[0] == 0xc2 && (unsigned char) s[1] >= 0x80 && (unsigned char) s[1] < 0xa0 ? 2 : 0;
}

/* Copies a path, with \xNN for the bytes of control characters, so that it is still known which file it is. Returns
 * memory of the caller's, or NULL. */
static char *copy_path(const char *path) {
        static const char digits[] = "0123456789abcdef";
        char *copy = malloc(strlen(path) * strlen("\\xNN") + 1), *to = copy;

        while (copy && *path) {
                size_t n = control_size(path);

                if (n == 0)
                        *to++ = *path++;
                for (; n > 0; n--, path++) {
                        *to++ = '\\';
                        *to++ = 'x';
                        *to++ = digits[(unsigned char) *path >> 4];
                        *to++ = digits[*path & 0xf];
                }
        }
        if (copy)
                *to = 0;
        return copy;
}

/* True when one more of that severity would only be counted. */
bool wgp_diagnostics_is_full(const WgpDiagnostics *d, WgpSeverity severity) {
        return d->n_items >= (severity == WGP_ERROR ? WGP_DIAGNOSTICS_MAX : WGP_DIAGNOSTICS_MAX / 2);
}

/* Adds one entry. The text must not contain the value of a secret.
 *
 * Returns 0, or -ENOMEM. */
int wgp_diagnostics_add(WgpDiagnostics *d, WgpSeverity severity, const WgpPlace *place, const char *format, ...) {
        WgpDiagnostic item = { .severity = severity, .line = place->line };
        va_list ap;

        if (severity == WGP_ERROR)
                d->n_errors++;
        else if (severity == WGP_WARNING)
                d->n_warnings++;

        if (wgp_diagnostics_is_full(d, severity)) {
                d->n_left_out++;
                return 0;
        }

        if (!wgp_grow(&d->items, &d->n_allocated, d->n_items + 1, sizeof(*d->items)))
                return -ENOMEM;

        va_start(ap, format);
        item.message = wgp_vasprintf(format, ap);
        va_end(ap);
        if (!item.message)
                return -ENOMEM;
        make_printable(item.message);

        item.file = copy_path(place->file);
        if (!item.file || !copy_string(place->section, &item.section) || !copy_string(place->key, &item.key)) {
                diagnostic_done(&item);
                return -ENOMEM;
        }

        d->items[d->n_items++] = item;
        return 0;
}

/* Brings those from "first" on, all of one file, into the order of their lines. They nearly are. */
void wgp_diagnostics_sort(WgpDiagnostics *d, size_t first) {
        for (size_t i = first + 1; i < d->n_items; i++) {
                const WgpDiagnostic item = d->items[i];
                size_t j = i;

                for (; j > first && d->items[j - 1].line > item.line; j--)
                        d->items[j] = d->items[j - 1];
                d->items[j] = item;
        }
}

void wgp_diagnostics_done(WgpDiagnostics *d) {
        for (size_t i = 0; i < d->n_items; i++)
                diagnostic_done(d->items + i);
        free(d->items);
        *d = WGP_DIAGNOSTICS_NULL;
}

/* Returns the text of one entry, to be freed by the caller, or NULL when memory ran out. */
char *wgp_diagnostic_format(const WgpDiagnostic *item) {
        static const char *const severities[] = {
                [WGP_NOTICE] = "notice: ",
                [WGP_WARNING] = "warning: ",
                [WGP_ERROR] = "",
        };
        _cleanup_(freep) char *line = NULL;
        char *text;

        if (item->line > 0 && asprintf(&line, ":%u", item->line) < 0)
                return NULL;

        if (asprintf(&text, "%s%s: %s%s%s%s%s%s%s", item->file, line ?: "", item->section ? "[" : "",
                            item->section ?: "", item->section ? "] " : "", item->key ?: "", item->key ? ": " : "",
                            severities[item->severity], item->message) < 0)
                return NULL;

        return text;
}
