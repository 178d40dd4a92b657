/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Prints one message per line. Under systemd each line starts with its level, "<3>", which the journal takes off
 * again: sd-daemon(3). */

#include "system/report.h"

#include <stdarg.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/text.h"

static bool levels; /* set once, at the start */

/* $JOURNAL_STREAM names the journal's socket; output that was redirected since goes elsewhere. systemd.exec(5) */
static bool is_journal(int fd) {
        const char *stream = getenv("JOURNAL_STREAM");
        unsigned long long device, inode;
        struct stat st;

        return stream && sscanf(stream, "%llu:%llu", &device, &inode) == 2 && fstat(fd, &st) >= 0 &&
               st.st_dev == device && st.st_ino == inode;
}

/* Looks where messages go. */
void wgp_report_open(void) {
        levels = is_journal(STDERR_FILENO);
}

bool wgp_report_is_journal(void) {
        return levels;
}

static void _printf_(2, 0) print(WgpSeverity severity, const char *format, va_list ap) {
        static const char *const prefixes[] = { [WGP_NOTICE] = "<5>", [WGP_WARNING] = "<4>", [WGP_ERROR] = "<3>" };
        _cleanup_(freep) char *text = wgp_vasprintf(format, ap);

        if (text)
                fprintf(stderr, "%s%s\n", levels ? prefixes[severity] : "", text);
}

void wgp_report(WgpSeverity severity, const char *format, ...) {
        va_list ap;

        va_start(ap, format);
        print(severity, format, ap);
        va_end(ap);
}

void wgp_report_error(const char *format, ...) {
        va_list ap;

        va_start(ap, format);
        print(WGP_ERROR, format, ap);
        va_end(ap);
}

void wgp_report_warning(const char *format, ...) {
        va_list ap;

        va_start(ap, format);
        print(WGP_WARNING, format, ap);
        va_end(ap);
}

void wgp_report_notice(const char *format, ...) {
        va_list ap;

        va_start(ap, format);
        print(WGP_NOTICE, format, ap);
        va_end(ap);
}

void wgp_report_diagnostics(const WgpDiagnostics *diagnostics) {
        for (size_t i = 0; i < diagnostics->n_items; i++) {
                _cleanup_(freep) char *text = wgp_diagnostic_format(diagnostics->items + i);

                if (text)
                        wgp_report(diagnostics->items[i].severity, "%s", text);
        }
        if (diagnostics->n_left_out > 0)
                wgp_report_warning("... and %zu more.", diagnostics->n_left_out);
}
