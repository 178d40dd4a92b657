/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Preloaded: the file hang.conf is on a file system that does not answer, for the generator; and time passes ten times
 * as fast for its alarm. */

#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <string.h>
#include <unistd.h>

static int hangs(const char *path) {
        size_t n = strlen(path);

        return n >= 9 && strcmp(path + n - 9, "hang.conf") == 0 &&
               strcmp(program_invocation_short_name, "wg-profile-generator") == 0;
}

int openat64(int fd, const char *path, int flags, ...) {
        int (*next)(int, const char *, int, ...) = dlsym(RTLD_NEXT, "openat64");
        va_list ap;
        mode_t mode = 0;

        if (flags & (O_CREAT | O_TMPFILE)) {
                va_start(ap, flags);
                mode = va_arg(ap, mode_t);
                va_end(ap);
        }
        while (hangs(path))
                pause();
        return next(fd, path, flags, mode);
}

unsigned alarm(unsigned seconds) {
        unsigned (*next)(unsigned) = dlsym(RTLD_NEXT, "alarm");

        return next(strcmp(program_invocation_short_name, "wg-profile-generator") == 0 ? seconds / 10 : seconds);
}
