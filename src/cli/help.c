/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Prints help. */

#include "cli/help.h"

#include <stdio.h>

#include "cli/options.h"

enum {
        WIDTH = 79,
        VERB_INDENT = 26,
        OPTION_INDENT = 23,
};

/* Text in columns from "indent" on, as wide as a terminal is that nobody widened; the cursor is at "column". */
static void print_wrapped(size_t column, size_t indent, const char *text) {
        if (column + 2 > indent) {
                putchar('\n');
                column = 0;
        }
        printf("%*s", (int) (indent - column), "");
        column = indent;
        while (*text) {
                size_t n = strcspn(text, " ");

                if (column > indent && column + 1 + n > WIDTH) {
                        printf("\n%*s", (int) indent, "");
                        column = indent;
                } else if (column > indent)
                        column += (size_t) printf(" ");
                column += (size_t) printf("%.*s", (int) n, text);
                text += n;
                text += strspn(text, " ");
        }
        putchar('\n');
}

static void print_option(const WgpOption *o) {
        const char *equals = o->argument && !wgp_option_is_optional(o) ? "=" : "";

        print_wrapped((size_t) printf("  --%s%s%s", o->name, equals, o->argument ?: ""), OPTION_INDENT, o->help);
}

/* The verbs that have an option, for the summary: "show: show keys". */
static bool has_verb(const WgpVerb *const *verbs, size_t n_verbs, const WgpOption *o, char *buffer, size_t size) {
        size_t n = 0, used = 0;

        *buffer = 0;
        for (size_t i = 0; i < n_verbs; i++)
                if (verbs[i]->options & o->bit && !verbs[i]->same_as) {
                        used += (size_t) snprintf(buffer + WGP_MIN(used, size), size - WGP_MIN(used, size), "%s%s",
                                        n++ > 0 ? ", " : "", verbs[i]->name);
                }
        return n > 0 && used < size;
}

static void print_summary_option(const WgpVerb *const *verbs, size_t n_verbs, const WgpOption *o) {
        const char *equals = o->argument && !wgp_option_is_optional(o) ? "=" : "";
        char names[256], text[512];

        if (!has_verb(verbs, n_verbs, o, names, sizeof(names))) {
                print_option(o);
                return;
        }
        snprintf(text, sizeof(text), "%s: %s", names, o->help);
        print_wrapped((size_t) printf("  --%s%s%s", o->name, equals, o->argument ?: ""), OPTION_INDENT, text);
}

/* All verbs and all options. */
void wgp_help_print(const WgpVerb *const *verbs, size_t n_verbs) {
        printf("wg-profile [OPTION...] [VERB [ARGUMENT...]]\n\n"
               "WireGuard tunnels as systemd units, from wg-quick and NetworkManager profiles.\n"
               "Without a verb: the state of all tunnels. 'help VERB' explains a verb.\n\nVerbs:\n");
        for (size_t i = 0; i < n_verbs; i++)
                if (!verbs[i]->same_as)
                        print_wrapped((size_t) printf("  %s", verbs[i]->synopsis), VERB_INDENT, verbs[i]->summary);
        printf("\nOptions:\n");
        for (size_t i = 0; i < wgp_n_options; i++)
                print_summary_option(verbs, n_verbs, wgp_options + i);
        printf("  -h, --help           this text, or that of a verb\n"
               "  --version            the version\n");
}

/* One verb: its words, options, examples and exit codes. */
void wgp_help_print_verb(const WgpVerb *verb) {
        printf("wg-profile [OPTION...] %s\n\n", verb->synopsis);
        print_wrapped(0, 2, verb->summary);
        if (verb->same_as)
                printf("\n  The same as '%s'.\n", verb->same_as);
        if (verb->words)
                printf("\n%s", verb->words);
        printf("\nOptions:\n");
        for (size_t i = 0; i < wgp_n_options; i++)
                if (wgp_options[i].bit == 0 || wgp_options[i].bit & verb->options)
                        print_option(wgp_options + i);
        if (verb->examples)
                printf("\nExamples:\n%s", verb->examples);
        if (verb->exits)
                printf("\nExit codes:\n%s", verb->exits);
        printf("\nMore: man wg-profile\n");
}
