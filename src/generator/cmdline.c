/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Reads the kernel command line. Words are split as systemd does it (proc_cmdline_parse()): both kinds of quotes,
 * anywhere in a word; a backslash is an ordinary character; an open quote ends with the line. "-" and "_" are the
 * same in a key, the last assignment counts, and errors are reported and ignored: a machine must boot. */

#include "generator/cmdline.h"

#include "base/text.h"
#include "model/value.h"

static const WgpPlace place = { .file = "kernel command line" };

/* Takes the next word off "*data", without its quotes, into "word", which is as large as the data. Returns
 * false at the end. */
static bool next_word(const char **data, const char *end, WgpCmdlineSyntax syntax, char *word) {
        const bool kernel = syntax == WGP_CMDLINE_KERNEL;
        const char *c = *data;
        char quote = 0;

        while (c < end && (*c == 0 || (kernel && wgp_is_blank(*c))))
                c++;
        if (c == end)
                return false;

        for (; c < end && *c && (quote || !kernel || !wgp_is_blank(*c)); c++)
                if (kernel && (quote ? *c == quote : *c == '"' || *c == '\''))
                        quote = quote ? 0 : *c;
                else
                        *word++ = *c;
        *word = 0;
        *data = c;
        return true;
}

/* Whether a word is an assignment to that key, or the key alone. Returns the value: NULL for the key
 * alone. */
static bool is_key(char *word, const char *key, char **ret_value) {
        for (; *key; key++, word++)
                if (*word != *key && !(*word == '-' && *key == '_'))
                        return false;
        if (*word && *word != '=')
                return false;
        *ret_value = *word ? word + 1 : NULL;
        return true;
}

static int set_switch(WgpCmdline *cmdline, const char *value, WgpDiagnostics *diagnostics) {
        bool on = true;

        if (value && wgp_parse_boolean(value, &on) < 0)
                return wgp_warning(diagnostics, &place, "wg_profile=%s is ignored: expected yes or no.", value);
        cmdline->nothing = !on;
        return 0;
}

static int add_names(WgpCmdline *cmdline, char *value, WgpDiagnostics *diagnostics) {
        char *name, *rest = value;

        if (!value || !value[strspn(value, ",")])
                return wgp_warning(diagnostics, &place, "wg_profile.only= is ignored: it names no profile.");

        while ((name = strsep(&rest, ","))) {
                if (!*name)
                        continue;
                if (!wgp_grow(&cmdline->only, &cmdline->n_allocated, cmdline->n_only + 1, sizeof(*cmdline->only)))
                        return -ENOMEM;
                cmdline->only[cmdline->n_only] = strdup(name);
                if (!cmdline->only[cmdline->n_only])
                        return -ENOMEM;
                cmdline->n_only++;
        }
        cmdline->has_only = true;
        return 0;
}

/* Reads "size" bytes. Returns 0, or -ENOMEM. */
int wgp_cmdline_parse(
                const char *data, size_t size, WgpCmdlineSyntax syntax, WgpDiagnostics *diagnostics, WgpCmdline *ret) {
        _cleanup_(wgp_cmdline_done) WgpCmdline cmdline = WGP_CMDLINE_NULL;
        _cleanup_(freep) char *word = NULL;
        const char *end = data + size;
        char *value;
        int r = 0;

        word = malloc(size + 1);
        if (!word)
                return -ENOMEM;

        while (r >= 0 && next_word(&data, end, syntax, word))
                if (is_key(word, "wg_profile", &value))
                        r = set_switch(&cmdline, value, diagnostics);
                else if (is_key(word, "wg_profile.only", &value))
                        r = add_names(&cmdline, value, diagnostics);
        if (r < 0)
                return r;

        *ret = cmdline;
        cmdline = WGP_CMDLINE_NULL;
        return 0;
}

/* Whether a profile that connects automatically may do so at this boot. */
bool wgp_cmdline_allows(const WgpCmdline *cmdline, const char *name) {
        if (cmdline->nothing)
                return false;
        for (size_t i = 0; i < cmdline->n_only; i++)
                if (streq(cmdline->only[i], name))
                        return true;
        return !cmdline->has_only;
}

void wgp_cmdline_done(WgpCmdline *cmdline) {
        for (size_t i = 0; i < cmdline->n_only; i++)
                free(cmdline->only[i]);
        free(cmdline->only);
        *cmdline = WGP_CMDLINE_NULL;
}
