/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Calls resolvconf(8) as wg-quick does. openresolv's switches "-m 0 -x" put this link's servers first, and alone.
 * Debian's orders by the names in /etc/resolvconf/interface-order instead, so the link gets a name that comes first
 * there. */

#include "apply/resolvconf.h"

#include <ctype.h>
#include <limits.h>
#include <stdio.h>
#include <sys/stat.h>

#include "apply/helper.h"
#include "model/dns.h"

#define INTERFACE_ORDER "/etc/resolvconf/interface-order"

/* Returns the path, to be freed by the caller; NULL when there is none. A link to resolvectl(1) is none: it talks to
 * systemd-resolved, and would have the bus start it. */
char *wgp_resolvconf_find(void) {
        _cleanup_(freep) char *program = wgp_helper_find("resolvconf"), *real = NULL;
        const char *base;

        real = program ? realpath(program, NULL) : NULL;
        if (!real)
                return NULL;
        base = strrchr(real, '/') + 1;
        return streq(base, "resolvectl") || streq(base, "systemd-resolve") ? NULL : TAKE_PTR(program);
}

/* Takes the first line of the form "NAME*" for "NAME.". */
static bool parse_order(char *line) {
        char *name = line + strspn(line, " \t"), *end = name + strlen(name);
        size_t n = 0;

        while (end > name && isspace((unsigned char) end[-1]))
                *--end = 0;
        while (isalnum((unsigned char) name[n]) || name[n] == '-')
                n++;
        if (n == 0 || !streq(name + n, "*"))
                return false;
        name[n] = '.';
        memmove(line, name, n + 2);
        line[n + 1] = 0;
        return true;
}

static int find_prefix(const char *root, char ret[static LINE_MAX]) {
        _cleanup_(freep) char *path = NULL;
        bool found = false;
        FILE *f;

        if (asprintf(&path, "%s" INTERFACE_ORDER, root ?: "") < 0) {
                path = NULL;
                return -ENOMEM;
        }
        f = fopen(path, "re");
        while (f && !found && fgets(ret, LINE_MAX, f))
                found = parse_order(ret);
        if (f)
                fclose(f);
        if (!found)
                *ret = 0;
        return 0;
}

/* Makes the name that "program" is to have the link by, to be freed by the caller. Where "program" is a symbolic link,
 * it is none that knows of an order of names. Returns 0, or -ENOMEM. */
int wgp_resolvconf_make_entry(const char *root, const char *program, const char *ifname, char **ret) {
        char prefix[LINE_MAX] = "";
        struct stat st;
        int r;

        if (lstat(program, &st) < 0 || !S_ISLNK(st.st_mode)) {
                r = find_prefix(root, prefix);
                if (r < 0)
                        return r;
        }
        if (asprintf(ret, "%s%s", prefix, ifname) < 0) {
                *ret = NULL;
                return -ENOMEM;
        }
        return 0;
}

static int run_program(char **argv, const char *input, char **ret_error) {
        int r;

        r = wgp_helper_run(argv, input);
        if (r == 0 || r == -ENOMEM)
                return r;
        if ((r < 0 ? asprintf(ret_error, "%s: %s", argv[0], strerror(-r)) :
                     asprintf(ret_error, "%s ended with exit code %d", argv[0], r)) < 0) {
                *ret_error = NULL;
                return -ENOMEM;
        }
        return -EPROTO;
}

/* Returns 0, -ENOMEM, or -EPROTO with "*ret_error" for the caller to free. */
int wgp_resolvconf_set(const WgpDns *dns, char **ret_error) {
        _cleanup_(freep) char *program = wgp_resolvconf_find(), *text = NULL;
        char *argv[] = { program ?: (char *) "resolvconf", (char *) "-a", dns->resolvconf, (char *) "-m", (char *) "0",
                (char *) "-x", NULL };
        int r;

        r = wgp_dns_format_resolv_conf(dns, &text);
        return r < 0 ? r : run_program(argv, text, ret_error);
}

/* Returns as wgp_resolvconf_set(). Where resolvconf(8) was removed meanwhile, there is nobody to be told. */
int wgp_resolvconf_revert(const WgpDns *dns, char **ret_error) {
        _cleanup_(freep) char *program = wgp_resolvconf_find();
        char *argv[] = { program, (char *) "-d", dns->resolvconf, (char *) "-f", NULL };

        return program ? run_program(argv, "", ret_error) : 0;
}
