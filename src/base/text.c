/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Text: growing and wiping. An error is kept in the text, so that a writer of many lines asks for it once. */

#include "base/text.h"

#include <stdio.h>

void wgp_text_append(WgpText *text, const char *s) {
        size_t n = strlen(s);

        if (text->failed || !wgp_grow(&text->data, &text->n_allocated, text->size + n + 1, 1)) {
                text->failed = true;
                return;
        }
        memcpy(text->data + text->size, s, n + 1);
        text->size += n;
}

void wgp_text_vprintf(WgpText *text, const char *format, va_list ap) {
        va_list again;
        int n;

        va_copy(again, ap);
        n = vsnprintf(NULL, 0, format, again);
        va_end(again);
        if (text->failed || n < 0 || !wgp_grow(&text->data, &text->n_allocated, text->size + (size_t) n + 1, 1)) {
                text->failed = true;
                return;
        }

        (void) vsnprintf(text->data + text->size, (size_t) n + 1, format, ap);
        text->size += (size_t) n;
}

void wgp_text_printf(WgpText *text, const char *format, ...) {
        va_list ap;

        va_start(ap, format);
        wgp_text_vprintf(text, format, ap);
        va_end(ap);
}

void wgp_text_done(WgpText *text) {
        wgp_wipe_free(text->data, text->n_allocated);
        *text = WGP_TEXT_NULL;
}

/* Removes the white space at the end. */
void wgp_strip_end(char *s) {
        size_t n = strlen(s);

        while (n > 0 && wgp_is_blank(s[n - 1]))
                s[--n] = 0;
}

/* As vasprintf(3); returns the text, to be freed by the caller, or NULL when memory ran out. Not for what may contain
 * a key. */
char *wgp_vasprintf(const char *format, va_list ap) {
        char *text;

        return vasprintf(&text, format, ap) < 0 ? NULL : text;
}
