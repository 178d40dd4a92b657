/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "cli/ask-apply.h"

#include <stdio.h>

#include "cli/child.h"

/* The installed one, or that of $WG_PROFILE_APPLY. */
const char *wgp_apply_program(void) {
        return getenv("WG_PROFILE_APPLY") ?: WGP_APPLY_PATH;
}

static int ask(const WgpCli *cli, const char *name, const char *option, int output, int errors, int *ret_status) {
        const char *arguments[8] = { wgp_apply_program() };
        _cleanup_(freep) char *root = NULL;
        size_t n = 1;

        if (cli->root && asprintf(&root, "--root=%s", cli->root) < 0) {
                root = NULL;
                return -ENOMEM;
        }
        if (root)
                arguments[n++] = root;
        if (option)
                arguments[n++] = option;
        arguments[n++] = "--";
        arguments[n++] = "plan";
        arguments[n] = name;
        return wgp_child_run(arguments, output, errors, ret_status);
}

/* Asks what starting or reloading a tunnel would do. The answer goes to the descriptors, as wgp_child_run() says.
 * Returns 0 and its exit code, or a negative errno. */
int wgp_ask_plan(const WgpCli *cli, const char *name, bool json, int output, int errors, int *ret_status) {
        return ask(cli, name, json ? "--json" : NULL, output, errors, ret_status);
}

/* The same of a profile as it would be with the text of that file in its place. */
int wgp_ask_plan_of(const WgpCli *cli, const char *name, const char *file, int output, int errors, int *ret_status) {
        _cleanup_(freep) char *option = NULL;

        if (asprintf(&option, "--text=%s", file) < 0) {
                option = NULL;
                return -ENOMEM;
        }
        return ask(cli, name, option, output, errors, ret_status);
}
