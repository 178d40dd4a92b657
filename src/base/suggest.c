/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Suggestion, by edit distance: insertions, deletions, replacements, and two neighbours that changed places. */

#include "base/suggest.h"

enum {
        WORD_MAX = 32, /* bytes; a longer one is not a typing mistake */
};

static unsigned min3(unsigned a, unsigned b, unsigned c) {
        return WGP_MIN(a, WGP_MIN(b, c));
}

static unsigned distance(const char *a, const char *b) {
        unsigned d[WORD_MAX + 1][WORD_MAX + 1];
        size_t n = strlen(a), m = strlen(b);

        if (n > WORD_MAX || m > WORD_MAX)
                return WORD_MAX;

        for (size_t i = 0; i <= n; i++)
                for (size_t j = 0; j <= m; j++) {
                        if (i == 0 || j == 0) {
                                d[i][j] = (unsigned) (i + j);
                                continue;
                        }
                        d[i][j] = min3(d[i - 1][j] + 1, d[i][j - 1] + 1, d[i - 1][j - 1] + (a[i - 1] != b[j - 1]));
                        if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1])
                                d[i][j] = WGP_MIN(d[i][j], d[i - 2][j - 2] + 1);
                }
        return d[n][m];
}

/* Returns the nearest of the words, or NULL when none is near: at most one mistake in three bytes, and one in any
 * word. */
const char *wgp_suggest(const char *typed, const char *const *words, size_t n_words) {
        unsigned best = (unsigned) strlen(typed) / 3 + 1;
        const char *found = NULL;

        for (size_t i = 0; i < n_words; i++) {
                unsigned d = distance(typed, words[i]);

                if (d < best || (d == best && !found)) {
                        best = d;
                        found = words[i];
                }
        }
        return found;
}
