/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Marks and recognises calls from hooks. */

#include "system/within-hook.h"

#include <signal.h>
#include <stdio.h>
#include <unistd.h>

#define VARIABLE "WG_PROFILE_HOOK"

/* Makes "VARIABLE=PID NAME" for the environment of a hook of ours, to be freed by the caller: the process that waits
 * for the hook, and the tunnel. Returns 0, or -ENOMEM. */
int wgp_within_hook_format(const char *name, char **ret) {
        return asprintf(ret, VARIABLE "=%d %s", (int) getpid(), name) < 0 ? -ENOMEM : 0;
}

/* Returns false as well in a program that outlived the hook that started it. */
bool wgp_is_within_hook(const char *name) {
        const char *value = getenv(VARIABLE);
        char *rest;
        long pid;

        if (!value)
                return false;
        pid = strtol(value, &rest, 10);
        if (pid <= 0 || *rest != ' ' || !streq(rest + 1, name))
                return false;
        return kill((pid_t) pid, 0) >= 0 || errno == EPERM;
}
