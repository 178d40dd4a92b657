/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Quotes a word as sh(1) reads it. */

#include "cli/shell-quote.h"

#include "base/text.h"

static bool is_plain(const char *word) {
        static const char plain[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_@%+=:,./-";

        return *word && *word != '-' && word[strspn(word, plain)] == 0;
}

/* Returns the word as it can be pasted into a command line; a word that a program would take for an option is left for
 * a "--" to protect. The caller frees it; NULL: memory ran out. */
char *wgp_shell_quote(const char *word) {
        WgpText text = WGP_TEXT_NULL;

        if (is_plain(word))
                return strdup(word);
        wgp_text_append(&text, "'");
        for (; *word; word++)
                wgp_text_printf(&text, *word == '\'' ? "'\\%c'" : "%c", *word);
        wgp_text_append(&text, "'");
        if (text.failed) {
                wgp_text_done(&text);
                return NULL;
        }
        return text.data;
}
