/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "cli/fields.h"

#include <stdarg.h>

#include "base/text.h"

void wgp_field_begin(WgpFields *fields, const char *label) {
        printf("%*s%s%s:%s", (int) (fields->indent - WGP_MIN((size_t) fields->indent - 1, strlen(label)) - 1), "",
                        wgp_terminal_colour(fields->terminal, WGP_COLOUR_BOLD), label,
                        wgp_terminal_reset(fields->terminal, WGP_COLOUR_BOLD));
        fields->column = fields->indent;
        fields->begun = false;
}

/* One of the things that the field lists. What does not fit goes to the next line. */
void wgp_field_add(WgpFields *fields, const char *item) {
        const unsigned width = fields->terminal->width, n = (unsigned) strlen(item);

        if (fields->begun && width > 0 && fields->column + strlen(", ") + n + strlen(",") > width) {
                printf(",\n%*s", (int) fields->indent, "");
                fields->column = fields->indent;
        } else if (fields->begun) {
                putchar(',');
                fields->column++;
        }
        printf(" %s", item);
        fields->column += n + 1;
        fields->begun = true;
}

void wgp_field_printf(WgpFields *fields, const char *format, ...) {
        _cleanup_(freep) char *text = NULL;
        va_list ap;

        va_start(ap, format);
        text = wgp_vasprintf(format, ap);
        va_end(ap);
        if (text)
                wgp_field_add(fields, text);
}

void wgp_field_end(WgpFields *fields) {
        putchar('\n');
        fields->column = 0;
}
