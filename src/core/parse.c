/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Parsing: from one file's bytes to the profile. Reads the base file first, then each drop-in over it. */

#include <stdio.h>

#include "core/parse.h"

/* Turns the result of a report into that of a handler: a refused line does not end the parse, since a user wants all
 * the mistakes in one run. Returns 0, or -ENOMEM. */
int wgp_parse_refuse(WgpParse *p, int r) {
        if (p->in_peer)
                parse_peer(p)->invalid = true;
        return r == -ENOMEM ? r : 0;
}

int wgp_parse_bad_line(void *userdata, unsigned line, const char *problem) {
        WgpParse *p = userdata;

        p->line = line;
        p->key_name = NULL;
        return wgp_parse_refuse(p, parse_error(p, "%s", problem));
}

void wgp_parse_begin_section(WgpParse *p, unsigned line, char *name) {
        p->line = line;
        p->section = NULL;
        p->section_name = name;
        p->section_number++;
        p->key_name = NULL;
        p->in_peer = false;
}

/* Starts a peer of this file; wgp_parse_join_peers() finds out later whether the profile has it already. */
int wgp_parse_begin_peer(WgpParse *p) {
        if (!wgp_grow(&p->peers, &p->n_peers_allocated, p->n_peers + 1, sizeof(*p->peers)))
                return -ENOMEM;

        p->peers[p->n_peers++] = (WgpPeer) { .origin = parse_origin(p) };
        p->in_peer = true;
        return 0;
}

/* Keeps the line for "show" and "convert". The text of a secret stays out: "@NAME" and an empty value are none. */
static int keep_entry(WgpParse *p, const WgpKey *key, const char *name, const char *value) {
        WgpProfile *profile = p->profile;
        WgpEntry entry = { .key = key, .origin = parse_origin(p), .section = p->section_number };
        bool secret = (key->flags & WGP_KEY_SECRET) && *value && *value != '@';

        if (!wgp_grow(&profile->entries, &profile->n_entries_allocated, profile->n_entries + 1, sizeof(entry)))
                return -ENOMEM;

        entry.section_name = strdup(p->section_name);
        entry.name = strdup(name);
        entry.value = secret ? NULL : strdup(value);
        profile->entries[profile->n_entries++] = entry;
        return entry.section_name && entry.name && (secret || entry.value) ? 0 : -ENOMEM;
}

/* Hands one entry to its parser. Returns 0, also after a report, or -ENOMEM. */
int wgp_parse_entry(WgpParse *p, const WgpKey *key, char *name, char *value) {
        int r;

        p->key_name = name;
        if (p->profile->keep_entries) {
                r = keep_entry(p, key, name, value);
                if (r < 0)
                        return r;
        }

        r = key->parse ? key->parse(p, value) : 0;
        return r < 0 ? wgp_parse_refuse(p, r) : 0;
}

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
                .dropin = profile->n_files > 0,
        };
        const bool keyfile = profile->format == WGP_FORMAT_KEYFILE;
        WgpIniHandler handler = keyfile ? wgp_keyfile_handler : wgp_wg_quick_handler;
        int r;

        r = add_file(profile, path);
        if (r < 0)
                return r;
        p.file = (uint16_t) r;

        handler.userdata = &p;
        r = wgp_ini_parse(data, size, keyfile ? WGP_INI_KEYFILE : WGP_INI_WG_QUICK, &handler);
        if (r >= 0 && keyfile)
                r = wgp_keyfile_finish(&p);
        if (r >= 0)
                r = wgp_parse_join_peers(&p);

        for (size_t i = 0; i < p.n_peers; i++)
                wgp_peer_done(p.peers + i);
        wgp_wipe_free(p.peers, p.n_peers_allocated * sizeof(*p.peers));
        free(p.indexed);
        return r;
}
