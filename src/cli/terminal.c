/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Terminal: colours only where somebody sees them, and not against NO_COLOR (https://no-color.org) or a dumb
 * terminal; the width from COLUMNS, else from the terminal itself. */

#include "cli/terminal.h"

#include <sys/ioctl.h>
#include <unistd.h>

#include "model/value.h"

enum {
        WIDTH_DEFAULT = 80,
        WIDTH_MIN = 40,
        WIDTH_MAX = 1000,
};

static bool is_set(const char *variable) {
        const char *value = getenv(variable);

        return value && *value;
}

static unsigned width_of(int fd) {
        const char *columns = getenv("COLUMNS");
        struct winsize size = {};
        uint64_t width = 0;

        if (columns && wgp_parse_decimal(columns, WIDTH_MAX, &width) >= 0 && width > 0)
                return (unsigned) WGP_MAX(width, (uint64_t) WIDTH_MIN);
        if (ioctl(fd, TIOCGWINSZ, &size) >= 0 && size.ws_col > 0)
                return WGP_MAX(size.ws_col, (unsigned) WIDTH_MIN);
        return WIDTH_DEFAULT;
}

/* The character set of the locale, by its name: setlocale() would change how numbers are written, too. */
static bool is_utf8(void) {
        const char *locale = is_set("LC_ALL")   ? getenv("LC_ALL") :
                             is_set("LC_CTYPE") ? getenv("LC_CTYPE") :
                                                  getenv("LANG");

        return locale && (strcasestr(locale, "UTF-8") || strcasestr(locale, "UTF8"));
}

void wgp_terminal_open(FILE *stream, WgpTerminal *ret) {
        const char *type = getenv("TERM");

        *ret = (WgpTerminal) { .is_terminal = isatty(fileno(stream)), .has_utf8 = is_utf8() };
        if (!ret->is_terminal)
                return;
        ret->width = width_of(fileno(stream));
        ret->has_colours = !is_set("NO_COLOR") && type && *type && !streq(type, "dumb");
}

/* The sequences of ECMA-48 that all terminals with colours have in common; "" on one without. */
const char *wgp_terminal_colour(const WgpTerminal *terminal, WgpColour colour) {
        static const char *const sequences[_WGP_COLOUR_N] = {
                [WGP_COLOUR_NONE] = "",
                [WGP_COLOUR_RED] = "\033[31m",
                [WGP_COLOUR_YELLOW] = "\033[33m",
                [WGP_COLOUR_GREEN] = "\033[32m",
                [WGP_COLOUR_BOLD] = "\033[1m",
                [WGP_COLOUR_DIM] = "\033[2m",
        };

        return terminal->has_colours ? sequences[colour] : "";
}

/* Ends what wgp_terminal_colour() began. */
const char *wgp_terminal_reset(const WgpTerminal *terminal, WgpColour colour) {
        return terminal->has_colours && colour != WGP_COLOUR_NONE ? "\033[0m" : "";
}
