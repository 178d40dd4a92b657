/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Writes the generator's messages. Under PID 1 standard error is /dev/null and the journal may not run, so they go to
 * /dev/kmsg, one write() each. */

#include "generator/log.h"

#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <unistd.h>

#include "system/root-path.h"

enum {
        LINES_MAX = 200,     /* as systemd's own limit per burst; printk's is lower, but lifted while booting */
        LINE_SIZE = 900,     /* the kernel takes 976 bytes (PRINTKRB_RECORD_MAX) with its own prefix */
        LOG_DAEMON = 3 << 3, /* facility, syslog.h */
};

#define IDENTIFIER "wg-profile-generator"

/* $SYSTEMD_LOG_LEVEL: a name or a number of syslog(3). */
static int wanted_level(void) {
        static const char *const names[] = { "emerg", "alert", "crit", "err", "warning", "notice", "info", "debug" };
        const char *e = getenv("SYSTEMD_LOG_LEVEL");

        for (int i = 0; e && i < (int) WGP_ARRAY_SIZE(names); i++)
                if (streq(e, names[i]) || (e[0] == '0' + i && !e[1]))
                        return i;
        return WGP_LOG_INFO;
}

/* Whether PID 1 started this very process, and not a script that it started. */
static bool started_by_systemd(void) {
        const char *e = getenv("SYSTEMD_EXEC_PID");

        return e && strtol(e, NULL, 10) == getpid();
}

void wgp_log_open(WgpLog *log, int root_fd) {
        *log = (WgpLog) { .fd = STDERR_FILENO, .kmsg = started_by_systemd(), .level = wanted_level() };

        if (log->kmsg)
                log->fd = openat(root_fd, root_fd >= 0 ? "dev/kmsg" : "/dev/kmsg",
                                O_WRONLY | O_APPEND | O_NOCTTY | O_NONBLOCK | O_CLOEXEC);
}

void wgp_log_close(WgpLog *log) {
        if (log->kmsg && log->fd >= 0)
                close(log->fd);
        log->fd = -EBADF;
}

static void write_line(WgpLog *log, WgpLogLevel level, const char *text) {
        char line[LINE_SIZE];
        int n;

        if (log->kmsg)
                n = snprintf(line, sizeof(line), "<%d>" IDENTIFIER "[%d]: %s", LOG_DAEMON | (int) level,
                                (int) getpid(), text);
        else
                n = snprintf(line, sizeof(line), IDENTIFIER ": %s", text);
        if (n < 0)
                return;
        if (n > (int) sizeof(line) - 2)
                n = (int) sizeof(line) - 2;

        /* What is quoted from a file must not look like a line of its own, or drive a terminal. */
        for (int i = 0; i < n; i++)
                if ((unsigned char) line[i] < ' ' || line[i] == 0x7f)
                        line[i] = '?';
        line[n] = '\n';
        if (write(log->fd, line, (size_t) n + 1) < 0)
                return; /* there is nobody to tell */
}

void wgp_log_write(WgpLog *log, WgpLogLevel level, const char *format, ...) {
        char text[LINE_SIZE];
        va_list ap;

        if (log->fd < 0 || (int) level > log->level || log->n_lines > LINES_MAX)
                return;
        if (log->n_lines++ == LINES_MAX) {
                write_line(log, WGP_LOG_WARNING, "More messages are left out.");
                return;
        }

        va_start(ap, format);
        (void) vsnprintf(text, sizeof(text), format, ap);
        va_end(ap);
        write_line(log, level, text);
}
