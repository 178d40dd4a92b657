/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Runs an editor: $SYSTEMD_EDITOR, $EDITOR, $VISUAL, as systemctl(1) does, else the first of the usual ones. */

#include "cli/editor.h"

#include <stdio.h>
#include <unistd.h>

#include "cli/child.h"

static const char *chosen(void) {
        static const char *const variables[] = { "SYSTEMD_EDITOR", "EDITOR", "VISUAL" };

        for (size_t i = 0; i < WGP_ARRAY_SIZE(variables); i++) {
                const char *value = getenv(variables[i]);

                if (value && *value)
                        return value;
        }
        return "for e in editor nano vim vi; do ! command -v $e >/dev/null || exec $e \"$1\"; done; exit 127; :";
}

/* Runs it on a file, and waits. Returns 0 and its exit code, 127: there is none, 128 and more: a signal ended it; or a
 * negative errno. */
int wgp_editor_run(const char *path, int *ret_status) {
        _cleanup_(freep) char *command = NULL;

        if (asprintf(&command, "%s \"$1\"", chosen()) < 0) {
                command = NULL;
                return -ENOMEM;
        }
        return wgp_child_run((const char *const[]) { "/bin/sh", "-c", command, "editor", path, NULL }, STDOUT_FILENO,
                        STDERR_FILENO, ret_status);
}
