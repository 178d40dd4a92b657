/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Messages. A file that "check" is pointed at may be anybody's: none of its bytes gets to command a terminal. */

#include "cli/message.h"

#include <stdarg.h>
#include <unistd.h>

#include "base/text.h"
#include "system/profile-name.h"

void wgp_cli_error(const char *format, ...) {
        _cleanup_(freep) char *text = NULL, *shown = NULL;
        va_list ap;

        va_start(ap, format);
        text = wgp_vasprintf(format, ap);
        va_end(ap);

        shown = text ? wgp_printable(text) : NULL;
        fprintf(stderr, "wg-profile: %s\n", shown ?: "Out of memory.");
}

/* What a negative errno means to somebody who named a file. */
static const char *failure_text(int r) {
        if ((r == -EACCES || r == -EPERM) && geteuid() != 0)
                return "You are not permitted to do that; root is";
        return strerror(-r);
}

/* Tells what went wrong with a file, a negative errno. Returns the exit code, or -ENOMEM (not told). */
int wgp_cli_report_failure(const char *path, int r) {
        if (r == -ENOMEM)
                return r;
        wgp_cli_error("%s: %s.", path, failure_text(r));
        return r == -EACCES || r == -EPERM ? CLI_EXIT_DENIED : CLI_EXIT_FAILED;
}

typedef struct Ranked {
        WgpDiagnostic diagnostic;
        size_t file, position;
} Ranked;

static int compare_ranked(const void *a, const void *b) {
        const Ranked *x = a, *y = b;

        if (x->file != y->file)
                return x->file < y->file ? -1 : 1;
        if (x->diagnostic.line != y->diagnostic.line)
                return x->diagnostic.line < y->diagnostic.line ? -1 : 1;
        return (x->position > y->position) - (x->position < y->position);
}

/* Puts them in the order of the lines, the files as they come: the parsers know some things late. */
void wgp_cli_sort_diagnostics(WgpDiagnostics *diagnostics) {
        const size_t n = diagnostics->n_items;
        _cleanup_(freep) Ranked *ranked = calloc(n + 1, sizeof(*ranked));

        if (!ranked) /* as they are, then */
                return;
        for (size_t i = 0; i < n; i++) {
                size_t file = 0;

                while (file < i && !streq(ranked[file].diagnostic.file, diagnostics->items[i].file))
                        file++;
                ranked[i] = (Ranked) { diagnostics->items[i], file, i };
        }
        qsort(ranked, n, sizeof(*ranked), compare_ranked);
        for (size_t i = 0; i < n; i++)
                diagnostics->items[i] = ranked[i].diagnostic;
}

/* Prints them all, one line each. Returns 0, or -ENOMEM. */
int wgp_cli_print_diagnostics(const WgpCli *cli, const WgpDiagnostics *diagnostics) {
        static const WgpColour colours[] = {
                [WGP_NOTICE] = WGP_COLOUR_NONE,
                [WGP_WARNING] = WGP_COLOUR_YELLOW,
                [WGP_ERROR] = WGP_COLOUR_RED,
        };

        for (size_t i = 0; i < diagnostics->n_items; i++) {
                _cleanup_(freep) char *text = wgp_diagnostic_format(diagnostics->items + i);
                _cleanup_(freep) char *shown = text ? wgp_printable(text) : NULL;
                WgpColour colour = colours[diagnostics->items[i].severity];

                if (!shown)
                        return -ENOMEM;
                fprintf(stderr, "%s%s%s\n", wgp_terminal_colour(&cli->err, colour), shown,
                                wgp_terminal_reset(&cli->err, colour));
        }
        if (diagnostics->n_left_out > 0)
                fprintf(stderr, "and %zu more\n", diagnostics->n_left_out);
        return 0;
}

/* Prints why a profile cannot be used. Returns the exit code, or -ENOMEM. */
int wgp_cli_refuse(const WgpCli *cli, const WgpDiagnostics *diagnostics) {
        int r;

        r = wgp_cli_print_diagnostics(cli, diagnostics);
        return r < 0 ? r : CLI_EXIT_INVALID;
}
