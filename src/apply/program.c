/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Program: as a shell would find it. */

#include "apply/program.h"

#include <stdio.h>
#include <unistd.h>

/* Returns the path of a program, as found in $PATH unless it is a path itself, to be freed by the caller; NULL when
 * there is none (or no memory). */
char *wgp_program_find(const char *name) {
        const char *path = getenv("PATH") ?: "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";
        _cleanup_(freep) char *copy = NULL;
        char *cursor;

        if (!*name)
                return NULL;
        if (strchr(name, '/'))
                return access(name, X_OK) >= 0 ? strdup(name) : NULL;

        copy = cursor = strdup(path);
        for (char *directory; cursor && (directory = strsep(&cursor, ":"));) {
                char *file;

                if (asprintf(&file, "%s/%s", *directory ? directory : ".", name) < 0)
                        return NULL;
                if (access(file, X_OK) >= 0)
                        return file;
                free(file);
        }
        return NULL;
}
