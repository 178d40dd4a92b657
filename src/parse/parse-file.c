/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Reads files into a profile: the profile itself first, then each drop-in over it. */

#include "parse/parse.h"

#include "parse/parse-internal.h"

_Static_assert(WGP_ARRAY_SIZE(((WgpProfile *) NULL)->stated) == _WGP_SECTION_N, "one mask per section");

/* Returns the file's index, or a negative errno. */
static int add_file(WgpProfile *profile, const char *path) {
        WgpProfileFile *files;

        if (profile->n_files >= UINT16_MAX)
                return -E2BIG;
        files = reallocarray(profile->files, profile->n_files + 1, sizeof(*files));
        if (!files)
                return -ENOMEM;
        profile->files = files;
        files[profile->n_files] = (WgpProfileFile) { .path = strdup(path) };
        return files[profile->n_files].path ? (int) profile->n_files++ : -ENOMEM;
}

static int read_file(WgpParse *p, char *data, size_t size) {
        const bool keyfile = p->profile->format == WGP_FORMAT_KEYFILE;
        WgpIniHandler handler = keyfile ? wgp_keyfile_handler : wgp_wg_quick_handler;
        int r;

        handler.userdata = p;
        r = wgp_ini_parse(data, size, keyfile ? WGP_INI_KEYFILE : WGP_INI_WG_QUICK, &handler);
        if (r >= 0)
                r = wgp_parse_end_section(p);
        if (r >= 0 && keyfile)
                r = wgp_keyfile_finish(p);
        if (r >= 0)
                r = wgp_parse_report_foreign(p);
        if (r >= 0)
                r = wgp_parse_join_peers(p);
        return r;
}

/* Reads one file into the profile: the first call the profile itself, each further call a drop-in. "data" is taken
 * apart in place and needs room for one byte more than "size"; the caller wipes it.
 *
 * Returns 0, also when something was reported, -ENOMEM, or -E2BIG for more than 65534 files. */
int wgp_profile_parse(WgpProfile *profile, const char *path, char *data, size_t size, const WgpLookup *lookup,
                WgpDiagnostics *diagnostics) {
        static const WgpLookup no_lookup = {};
        WgpParse p = {
                .profile = profile,
                .lookup = lookup ?: &no_lookup,
                .diagnostics = diagnostics,
                .path = path,
                .size = size,
                .dropin = profile->n_files > 0,
        };
        size_t n_before;
        int r;

        r = add_file(profile, path);
        if (r < 0)
                return r;
        p.file = (uint16_t) r;

        n_before = diagnostics->n_items;
        r = read_file(&p, data, size);
        wgp_diagnostics_sort(diagnostics, n_before);
        for (size_t i = 0; i < p.n_peers; i++)
                wgp_peer_done(p.peers + i);
        wgp_wipe_free(p.peers, p.n_peers * sizeof(*p.peers));
        free(p.indexed);
        return r;
}
