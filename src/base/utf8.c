/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* UTF-8: RFC 3629, table 3-7 of the Unicode standard. */

#include "base/utf8.h"

/* Returns how many bytes the character at "s" has, 0 when it is none: no over-long forms, no surrogates, nothing above
 * U+10FFFF. A NUL is a character of one byte. */
size_t wgp_utf8_size(const char *s) {
        const unsigned char *u = (const unsigned char *) s;
        size_t n;

        if (u[0] < 0x80)
                return 1;
        if (u[0] < 0xc2 || u[0] > 0xf4)
                return 0;
        if ((u[0] == 0xe0 && u[1] < 0xa0) || (u[0] == 0xed && u[1] > 0x9f) || (u[0] == 0xf0 && u[1] < 0x90) ||
                        (u[0] == 0xf4 && u[1] > 0x8f))
                return 0;

        n = u[0] < 0xe0 ? 2 : u[0] < 0xf0 ? 3 : 4;
        for (size_t i = 1; i < n; i++)
                if ((u[i] & 0xc0) != 0x80)
                        return 0; /* also a NUL, so that nothing behind it is read */
        return n;
}

/* Whether the character of "n" bytes is one of the control characters, U+0080 to U+009F included. */
bool wgp_utf8_is_control(const char *s, size_t n) {
        const unsigned char *u = (const unsigned char *) s;

        return n == 1 ? u[0] < ' ' || u[0] == 0x7f : n == 2 && u[0] == 0xc2 && u[1] < 0xa0;
}

/* Whether the text is valid and has no control characters, so that it fits a line of output. */
bool wgp_utf8_is_printable(const char *s) {
        for (size_t n; *s; s += n) {
                n = wgp_utf8_size(s);
                if (n == 0 || wgp_utf8_is_control(s, n))
                        return false;
        }
        return true;
}

bool wgp_utf8_is_valid(const char *s) {
        for (size_t n; *s; s += n) {
                n = wgp_utf8_size(s);
                if (n == 0)
                        return false;
        }
        return true;
}
