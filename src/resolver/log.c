/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Log: one message per line; for the journal each starts with its level, "<3>". sd-daemon(3) */

#include "resolver/log.h"

#include <stdarg.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

static bool levels;

/* Finds out whether standard error is the journal's: $JOURNAL_STREAM says which file that is. systemd.exec(5) */
void wgp_log_open(void) {
        const char *stream = getenv("JOURNAL_STREAM");
        unsigned long long device, inode;
        struct stat st;

        levels = stream && sscanf(stream, "%llu:%llu", &device, &inode) == 2 && fstat(STDERR_FILENO, &st) >= 0 &&
                        st.st_dev == device && st.st_ino == inode;
}

void wgp_log(WgpSeverity severity, const char *format, ...) {
        static const char *const prefixes[] = { [WGP_NOTICE] = "<5>", [WGP_WARNING] = "<4>", [WGP_ERROR] = "<3>" };
        _cleanup_(freep) char *text = NULL;
        va_list ap;
        int n;

        va_start(ap, format);
        n = vasprintf(&text, format, ap);
        va_end(ap);
        if (n < 0)
                text = NULL;
        else
                dprintf(STDERR_FILENO, "%s%s\n", levels ? prefixes[severity] : "", text);
}
