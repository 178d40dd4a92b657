/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Finds and runs other people's programs, and says whether the unit's sandbox lets them work. */

#include "apply/helper.h"

#include <stdio.h>
#include <unistd.h>

#include "system/program.h"
#include "system/root-path.h"

/* Whether the unit's sandbox lets the program work. Most programs break in it in obscure ways: hooks.conf, a drop-in
 * that the generator links in, switches it off and says so; resolvconf.conf opens it for resolvconf(8). A person who
 * calls apply has no sandbox. */
bool wgp_helper_is_allowed(WgpHelperKind kind) {
        const char *hooks = getenv("WG_PROFILE_HOOKS");
        const char *resolvconf = kind == WGP_HELPER_RESOLVCONF ? getenv("WG_PROFILE_RESOLVCONF") : NULL;

        return (hooks && streq(hooks, "1")) || (resolvconf && streq(resolvconf, "1")) || !wgp_program_is_of_unit();
}

/* Returns the path of a program, as found in $PATH unless it is a path itself, to be freed by the caller; NULL when
 * there is none (or no memory). */
char *wgp_helper_find(const char *name) {
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

/* Runs argv[0], a path, and waits for its end. It reads "input"; its output goes to our standard error.
 *
 * Returns its exit status, 128 and the number of the signal that ended it, or a negative errno. */
int wgp_helper_run(char *const *argv, const char *input) {
        _cleanup_(wgp_closep) int fd = wgp_program_make_input(input);

        return fd < 0 ? fd : wgp_program_run(argv, (int[]) { fd, STDERR_FILENO, STDERR_FILENO });
}
