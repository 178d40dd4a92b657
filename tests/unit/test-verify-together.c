/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Several profiles: links and ports that two of them want. */

#include <criterion/criterion.h>
#include <stdio.h>

#include "parse/verify-set.h"
#include "support/profile-text.h"

#define KEYFILE(more) "[connection]\ntype=wireguard\ninterface-name=wg0\n[wireguard]\n" more

static const struct {
        const char *name;
        struct {
                const char *name; /* NULL: the end */
                WgpFormat format;
                bool autoconnects;
                const char *text;
        } profiles[3];
        const char *expected[3]; /* of each profile: all that is said, NULL: nothing */
} cases[] = {
        {
                        "nothing in common",
                        {
                                        { "a", WGP_FORMAT_WG_QUICK, true, "[Interface]\nListenPort = 1\n" },
                                        { "b", WGP_FORMAT_WG_QUICK, true, "[Interface]\nListenPort = 2\n" },
                        },
                        {},
        },
        {
                        "one port, both at boot",
                        {
                                        { "a", WGP_FORMAT_WG_QUICK, true, "[Interface]\nListenPort = 51820\n" },
                                        { "b", WGP_FORMAT_KEYFILE, true, KEYFILE("listen-port=51820\n") },
                        },
                        {
                                        "profile:2: [Interface] ListenPort: The port 51820 is also that of 'b' (profile:5): only one of them can be up.\n",
                                        "profile:5: [wireguard] listen-port: The port 51820 is also that of 'a' (profile:2): only one of them can be up.\n",
                        },
        },
        {
                        "one port, one of them by hand",
                        {
                                        { "a", WGP_FORMAT_WG_QUICK, true, "[Interface]\nListenPort = 51820\n" },
                                        { "b", WGP_FORMAT_WG_QUICK, false, "[Interface]\nListenPort = 51820\n" },
                        },
                        {
                                        "profile:2: [Interface] ListenPort: warning: The port 51820 is also that of 'b' (profile:2): only one of them can be up.\n",
                                        "profile:2: [Interface] ListenPort: warning: The port 51820 is also that of 'a' (profile:2): only one of them can be up.\n",
                        },
        },
        {
                        "of three, those at boot are told of each other",
                        {
                                        { "a", WGP_FORMAT_WG_QUICK, false, "[Interface]\nListenPort = 5\n" },
                                        { "b", WGP_FORMAT_WG_QUICK, true, "[Interface]\nListenPort = 5\n" },
                                        { "c", WGP_FORMAT_WG_QUICK, true, "[Interface]\nListenPort = 5\n" },
                        },
                        {
                                        "profile:2: [Interface] ListenPort: warning: The port 5 is also that of 'b' (profile:2): only one of them can be up.\n",
                                        "profile:2: [Interface] ListenPort: The port 5 is also that of 'c' (profile:2): only one of them can be up.\n",
                                        "profile:2: [Interface] ListenPort: The port 5 is also that of 'b' (profile:2): only one of them can be up.\n",
                        },
        },
        {
                        "port 0 is any port",
                        {
                                        { "a", WGP_FORMAT_WG_QUICK, true, "[Interface]\nListenPort = 0\n" },
                                        { "b", WGP_FORMAT_WG_QUICK, true, "[Interface]\nListenPort = 0\n" },
                        },
                        {},
        },
        {
                        "one link",
                        {
                                        { "wg0", WGP_FORMAT_WG_QUICK, true, "[Interface]\n" },
                                        { "Office", WGP_FORMAT_KEYFILE, true, KEYFILE("") },
                        },
                        {
                                        "profile: The link wg0 is also that of 'Office' (profile:3): only one of them can be up.\n",
                                        "profile:3: [connection] interface-name: The link wg0 is also that of 'wg0' (profile): only one of them can be up.\n",
                        },
        },
        {
                        "one name in two network namespaces",
                        {
                                        { "wg0", WGP_FORMAT_WG_QUICK, true, "[WgProfile]\nNetns = red\n" },
                                        { "Office", WGP_FORMAT_KEYFILE, true, KEYFILE("") },
                        },
                        {},
        },
        {
                        "one port in two network namespaces: the sockets are in the first one",
                        {
                                        { "a", WGP_FORMAT_WG_QUICK, false,
                                                        "[Interface]\nListenPort = 5\n[WgProfile]\nNetns = red\n" },
                                        { "b", WGP_FORMAT_WG_QUICK, false, "[Interface]\nListenPort = 5\n" },
                        },
                        {
                                        "profile:2: [Interface] ListenPort: warning: The port 5 is also that of 'b' (profile:2): only one of them can be up.\n",
                                        "profile:2: [Interface] ListenPort: warning: The port 5 is also that of 'a' (profile:2): only one of them can be up.\n",
                        },
        },
};

static char *all_problems(const WgpDiagnostics *diagnostics) {
        char *text = NULL;
        size_t size = 0;
        FILE *f = open_memstream(&text, &size);

        cr_assert(f);
        for (size_t i = 0; i < diagnostics->n_items; i++) {
                char *line = wgp_diagnostic_format(diagnostics->items + i);

                cr_assert(line);
                fprintf(f, "%s\n", line);
                free(line);
        }
        fclose(f);
        return text;
}

Test(verify_together, conflicts) {
        for (size_t i = 0; i < WGP_ARRAY_SIZE(cases); i++) {
                WgpDiagnostics diagnostics[3] = {};
                WgpTogether together[3];
                Reading readings[3];
                size_t n;

                for (n = 0; n < 3 && cases[i].profiles[n].name; n++) {
                        const char *text = cases[i].profiles[n].text;

                        readings[n] = read_profile(cases[i].profiles[n].name, cases[i].profiles[n].format, &text, 1);
                        together[n] = (WgpTogether) {
                                .profile = readings[n].profile,
                                .autoconnects = cases[i].profiles[n].autoconnects,
                                .diagnostics = diagnostics + n,
                        };
                }
                cr_assert_eq(wgp_verify_together(together, n), 0);
                for (size_t k = 0; k < n; k++) {
                        char *text = all_problems(diagnostics + k);

                        cr_expect_str_eq(text, cases[i].expected[k] ?: "", "case '%s', %s:\n%s", cases[i].name,
                                        cases[i].profiles[k].name, text);
                        free(text);
                        wgp_diagnostics_done(diagnostics + k);
                        reading_done(readings + k);
                }
        }
}

Test(verify_together, no_profile) {
        cr_expect_eq(wgp_verify_together(NULL, 0), 0);
}
