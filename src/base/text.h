/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once
/* Text: a string that grows, for what may contain a key: none of the memory it had is left unwiped. Pure. */

#include <stdarg.h>

#include "base/macro.h"

typedef struct WgpText WgpText;

struct WgpText {
        char *data; /* ends with a NUL; NULL: nothing was written yet */
        size_t size;
        size_t n_allocated;
        bool failed; /* memory ran out: the text is incomplete. Looked at once, when all is written */
};

/* White space as in the C locale, whatever the locale is. */
static inline bool wgp_is_blank(char c) {
        return c == ' ' || (c >= '\t' && c <= '\r');
}

#define WGP_TEXT_NULL ((WgpText) {})

void wgp_text_append(WgpText *text, const char *s);
void wgp_text_printf(WgpText *text, const char *format, ...) _printf_(2, 3);
void wgp_text_vprintf(WgpText *text, const char *format, va_list ap) _printf_(2, 0);
void wgp_text_done(WgpText *text);

void wgp_strip_end(char *s);

char *wgp_vasprintf(const char *format, va_list ap) _printf_(1, 0);
