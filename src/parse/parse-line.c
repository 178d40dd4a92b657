/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Reads one line: begins and ends sections, and hands an entry to the parser of its key. */

#include "parse/parse-internal.h"

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
        return wgp_parse_refuse(p, wgp_parse_error(p, "%s", problem));
}

static int judge_peer(WgpParse *p, const WgpPeer *peer) {
        const WgpKey *missing;

        if (peer->invalid)
                return 0;
        missing = wgp_section_missing_key(p->section, p->seen[p->section->id]);
        if (!missing)
                return 0;

        p->line = peer->origin.line;
        p->key_name = missing->name;
        return wgp_parse_refuse(p, wgp_parse_error(p, "This key is missing."));
}

/* A peer's section is judged when it ends, since the next one is another peer. One without a public key is dropped:
 * a file full of them takes no memory. Returns 0, or -ENOMEM. */
int wgp_parse_end_section(WgpParse *p) {
        WgpPeer *peer = parse_peer(p);
        int r;

        if (!peer)
                return 0;

        r = judge_peer(p, peer);
        p->in_peer = false;
        if (!(peer->set & WGP_PEER_PUBLIC_KEY)) {
                wgp_peer_done(peer);
                p->n_peers--;
        }
        return r;
}

/* Returns 0, or -ENOMEM. */
int wgp_parse_begin_section(WgpParse *p, unsigned line, char *name) {
        int r;

        r = wgp_parse_end_section(p);
        if (r < 0)
                return r;

        p->line = line;
        p->section = NULL;
        p->section_name = name;
        p->section_number++;
        p->key_name = NULL;
        return 0;
}

/* Starts a peer of this file; wgp_parse_join_peers() finds out later whether the profile has it already. */
int wgp_parse_begin_peer(WgpParse *p) {
        enum {
                PEER_TEXT_MIN = sizeof("[Peer]\nPublicKey=\n") + WGP_KEY_TEXT_SIZE - 2,
        };

        /* All the peers that a file of this size may have: address space only, until they come. */
        if (!wgp_grow(&p->peers, &p->n_peers_allocated, p->peers ? p->n_peers + 1 : p->size / PEER_TEXT_MIN + 1,
                            sizeof(*p->peers)))
                return -ENOMEM;

        p->peers[p->n_peers++] = (WgpPeer) { .origin = parse_origin(p) };
        p->in_peer = true;
        p->seen[p->section->id] = 0;
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

/* Whether of several lines with this key only the last one counts. */
static bool is_single(const WgpParse *p, const WgpKey *key) {
        if (key->flags & (WGP_KEY_IGNORED | WGP_KEY_INDEXED | WGP_KEY_OPTIONS))
                return false;
        return !(key->flags & WGP_KEY_LIST) || (p->profile->format == WGP_FORMAT_KEYFILE && !p->dropin);
}

/* Remembers that the key was stated, be it well or badly. Returns 0, also after a warning, or -ENOMEM. */
int wgp_parse_note_key(WgpParse *p, const WgpKey *key) {
        const WgpSectionId id = p->section->id;
        const uint64_t bit = UINT64_C(1) << (key - p->section->keys);
        const bool again = p->seen[id] & bit;

        p->seen[id] |= bit;
        p->profile->stated[id] |= bit;
        return again && is_single(p, key) ? wgp_parse_warning(p, "Stated more than once: this line counts.") : 0;
}

static bool is_quoted(const char *value) {
        size_t n;

        if (*value != '"' && *value != '\'') /* nearly always: the rest of it is not looked at */
                return false;
        n = strlen(value);
        return n >= 2 && value[n - 1] == *value;
}

/* What the offsets of a key in the current section start from. */
static char *base_of_fields(WgpParse *p) {
        if (p->in_peer)
                return (char *) parse_peer(p);
        if (p->section->id == WGP_SECTION_IPV4 || p->section->id == WGP_SECTION_IPV6)
                return (char *) parse_ip(p);
        return (char *) p->profile;
}

static int parse_value(WgpParse *p, const WgpKey *key, char *value) {
        char *base = base_of_fields(p);
        int r;

        r = key->parse(p, value, base + key->field);
        if (r >= 0 && key->origin > 0)
                *(WgpOrigin *) (void *) (base + key->origin) = parse_origin(p);
        return r;
}

/* Hands one entry to its parser. Returns 0, also after a report, or -ENOMEM. */
int wgp_parse_entry(WgpParse *p, const WgpKey *key, char *name, char *value) {
        int r;

        p->key_name = name;
        if (key->flags & WGP_KEY_DROPIN && !p->dropin)
                return wgp_parse_refuse(p,
                                wgp_parse_error(p,
                                                "This key is read in a drop-in only, so that other programs can read the profile. Move it into "
                                                "a file in %s.d/, below the same section with the peer's key.",
                                                p->path));
        r = wgp_parse_note_key(p, key);
        if (r >= 0 && p->profile->keep_entries)
                r = keep_entry(p, key, name, value);
        if (r < 0)
                return r;

        if (!key->parse)
                return 0;
        p->quoted = !(key->flags & WGP_KEY_RAW) && is_quoted(value);
        p->key = key;
        r = parse_value(p, key, value);
        if (r >= 0 && p->quoted)
                r = wgp_parse_warning(p, "Quotes are not part of the format: here they belong to the value.");
        p->quoted = false;
        return r < 0 ? wgp_parse_refuse(p, r) : 0;
}
