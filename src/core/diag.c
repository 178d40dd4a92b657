/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Diagnostics: the list and its text form, "file:line: [Section] Key: message". */

#include "core/diag.h"

#include <stdarg.h>
#include <stdio.h>

static void diagnostic_done(WgpDiagnostic *item) {
        free(item->file);
        free(item->section);
        free(item->key);
        free(item->message);
}

static bool copy_string(const char *s, char **ret) {
        *ret = s ? strdup(s) : NULL;
        return !s || *ret;
}

/* Adds one entry. The text must not contain the value of a secret.
 *
 * Returns 0, or -ENOMEM. */
int wgp_diagnostics_add(WgpDiagnostics *d, WgpSeverity severity, const WgpPlace *place, const char *format, ...) {
        WgpDiagnostic item = { .severity = severity, .line = place->line };
        va_list ap;
        int n;

        if (severity == WGP_ERROR)
                d->n_errors++;
        else if (severity == WGP_WARNING)
                d->n_warnings++;

        if (d->n_items >= WGP_DIAGNOSTICS_MAX) {
                d->n_left_out++;
                return 0;
        }

        if (!wgp_grow(&d->items, &d->n_allocated, d->n_items + 1, sizeof(*d->items)))
                return -ENOMEM;

        va_start(ap, format);
        n = vasprintf(&item.message, format, ap);
        va_end(ap);
        if (n < 0)
                return -ENOMEM;

        if (!copy_string(place->file, &item.file) || !copy_string(place->section, &item.section) ||
            !copy_string(place->key, &item.key)) {
                diagnostic_done(&item);
                return -ENOMEM;
        }

        d->items[d->n_items++] = item;
        return 0;
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

        if (asprintf(&text, "%s%s: %s%s%s%s%s%s%s",
                    item->file, line ?: "",
                    item->section ? "[" : "", item->section ?: "", item->section ? "] " : "",
                    item->key ?: "", item->key ? ": " : "",
                    severities[item->severity], item->message) < 0)
                return NULL;

        return text;
}
