/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once
/* Log: the generator's messages go to the kernel log when PID 1 started it, since nothing else can take them, else to
 * standard error. */

#include "base/macro.h"

typedef struct WgpLog WgpLog;

/* Of syslog.h, whose functions are not for a generator. */
typedef enum WgpLogLevel {
        WGP_LOG_ERROR = 3,
        WGP_LOG_WARNING = 4,
        WGP_LOG_INFO = 6,
        WGP_LOG_DEBUG = 7,
} WgpLogLevel;

struct WgpLog {
        int fd; /* -EBADF: nowhere */
        bool kmsg;
        int level; /* what is above is not said */
        unsigned n_lines;
};

void wgp_log_open(WgpLog *log, int root_fd);
void wgp_log_close(WgpLog *log);
void wgp_log_write(WgpLog *log, WgpLogLevel level, const char *format, ...) _printf_(3, 4);
