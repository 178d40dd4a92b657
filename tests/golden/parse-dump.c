/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* parse-dump PROFILE [DROP-IN...]: what the parser makes of them, then what it has to say. */

#include <err.h>
#include <stdio.h>

#include "model/profile.h"
#include "parse/parse.h"
#include "support/profile-text.h"

static char *read_file(const char *path, size_t *ret_size) {
        FILE *f = fopen(path, "re");
        char *data = NULL;
        size_t size = 0;

        if (!f)
                err(1, "%s", path);
        for (size_t n_allocated = 0, n = 1; n > 0; size += n) {
                if (!wgp_grow(&data, &n_allocated, size + 65537, 1))
                        errx(1, "out of memory");
                n = fread(data + size, 1, 65536, f);
        }
        fclose(f);
        *ret_size = size;
        return data;
}

static const char *base_name(const char *path) {
        const char *slash = strrchr(path, '/');

        return slash ? slash + 1 : path;
}

int main(int argc, char **argv) {
        WgpDiagnostics diagnostics = WGP_DIAGNOSTICS_NULL;
        WgpProfile *profile;
        char *name, *suffix;
        int r;

        if (argc < 2)
                errx(2, "usage: parse-dump PROFILE [DROP-IN...]");

        name = strdup(base_name(argv[1]));
        suffix = name ? strrchr(name, '.') : NULL;
        if (!suffix)
                errx(2, "%s: no suffix", argv[1]);
        *suffix++ = 0;
        if (wgp_profile_new(name, streq(suffix, "conf") ? WGP_FORMAT_WG_QUICK : WGP_FORMAT_KEYFILE, &profile) < 0)
                errx(1, "out of memory");

        for (int i = 1; i < argc; i++) {
                size_t size;
                char *data = read_file(argv[i], &size);

                r = wgp_profile_parse(profile, base_name(argv[i]), data, size, &test_lookup, &diagnostics);
                if (r < 0)
                        errx(1, "%s: %s", argv[i], strerror(-r));
                free(data);
        }
        r = wgp_profile_verify(profile, &test_lookup, &diagnostics);
        if (r < 0)
                errx(1, "%s", strerror(-r));

        profile_dump(profile, stdout);
        printf("autoconnects %s\n\n", wgp_profile_autoconnects(profile) ? "yes" : "no");
        diagnostics_dump(&diagnostics, stdout);
        wgp_diagnostics_done(&diagnostics);
        wgp_profile_free(profile);
        free(name);
        return 0;
}
