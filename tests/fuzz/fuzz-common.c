/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What several targets share. */

#include "fuzz.h"

#include "base/utf8.h"

enum {
        SECRET_PART = 20,
};

/* A copy of the input that begins where a message may, ends with a NUL byte, and is the caller's to write to and to
 * free. */
uint8_t *fuzz_copy(const uint8_t *data, size_t size) {
        uint8_t *copy = malloc(size + 1);

        check(copy);
        if (size > 0)
                memcpy(copy, data, size);
        copy[size] = 0;
        return copy;
}

/* In what is said of an input there are no SECRET_PART characters of the key in a row; the "=" at its end tells
 * nothing. */
static void check_no_secret(const char *text) {
        static const char secret[] = FUZZ_SECRET;
        const size_t n_secret = strlen(secret) - 1;

        for (const char *s = text; *s;) {
                size_t n = strspn(s, secret);

                for (size_t i = 0; n >= SECRET_PART && i + SECRET_PART <= n_secret; i++)
                        check(!memmem(s, n, secret + i, SECRET_PART));
                s += n > 0 ? n : 1;
        }
}

/* Whatever the input was, what is said of it is text for a terminal. "secrets": and has none of the input's in it. */
void fuzz_check_diagnostics(const WgpDiagnostics *d, bool secrets) {
        check(d->n_items <= WGP_DIAGNOSTICS_MAX);
        for (size_t i = 0; i < d->n_items; i++) {
                char *text = wgp_diagnostic_format(d->items + i);

                check(text && wgp_utf8_is_valid(text) && *d->items[i].message);
                for (const char *s = text; *s; s++)
                        check((unsigned char) *s >= ' ' && *s != 0x7f);
                if (secrets)
                        check_no_secret(text);
                free(text);
        }
}
