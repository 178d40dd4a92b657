/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Parsing: from one file's bytes to the profile. Reads the base file first, then each drop-in over it. */

#include <ctype.h>
#include <stdarg.h>
#include <stdio.h>

#include "base/text.h"
#include "parse/parse.h"

_Static_assert(WGP_ARRAY_SIZE(((WgpProfile *) NULL)->stated) == _WGP_SECTION_N, "one mask per section");

/* --- reports --- */

static bool is_key_character(char c) {
        return isalnum((unsigned char) c) || (c && strchr("+/-_", c));
}

enum {
        SUSPECT_MIN = 20, /* characters: 120 bits of a key */
        CERTAIN_MIN = 40,
        NAME_CERTAIN_MIN = WGP_KEY_TEXT_SIZE - 2, /* a whole key, without its padding */
};

/* What the text is. A value is hidden on suspicion. A name is mostly one that somebody made of words, however long and
 * in whatever case: it is hidden where it is long enough for a key, or has the digits of a part of one. */
typedef enum TextKind {
        TEXT_VALUE,
        TEXT_NAME,
} TextKind;

/* Whether SUSPECT_MIN characters have letters of both cases and go back and forth, as base64 does and no word. */
static bool looks_random(const char *s, TextKind what) {
        unsigned kinds = 0, before = 0, n_changes = 0, n_others = 0;

        for (size_t i = 0; i < SUSPECT_MIN; i++) {
                const unsigned char c = (unsigned char) s[i];
                const unsigned kind = isupper(c) ? 1 : islower(c) ? 2 : isdigit(c) ? 4 : 8;

                n_changes += i > 0 && kind != before;
                n_others += isdigit(c) || c == '+' || c == '/';
                kinds |= kind;
                before = kind;
        }
        return (kinds & 3) == 3 && n_changes >= SUSPECT_MIN / 4 && (what == TEXT_VALUE || n_others >= 2);
}

static bool has_other_than_letters(const char *s, size_t n) {
        for (size_t i = 0; i < n; i++)
                if (!isalpha((unsigned char) s[i]))
                        return true;
        return false;
}

/* Whether "n" such characters may be a key, one in hexadecimal included, or have a good part of one among them. */
static bool may_be_key(const char *s, size_t n, TextKind what) {
        if (n >= CERTAIN_MIN && (what == TEXT_VALUE || n >= NAME_CERTAIN_MIN || has_other_than_letters(s, n)))
                return true;
        for (size_t i = 0; i + SUSPECT_MIN <= n; i++)
                if (looks_random(s + i, what))
                        return true;
        return false;
}

/* Replaces whatever may be a key by a remark: people paste keys into the wrong place, and what is wrong gets reported.
 */
static void hide_secrets(char *text, TextKind what) {
        static const char remark[] = "(not shown)";
        char *to = text;

        for (const char *from = text; *from;) {
                size_t n = 0;

                while (is_key_character(from[n]))
                        n++;
                if (may_be_key(from, n, what)) {
                        to = mempcpy(to, remark, strlen(remark));
                        n += strspn(from + n, "=");
                } else {
                        n = n ?: 1;
                        memmove(to, from, n);
                        to += n;
                }
                from += n;
        }
        *to = 0;
}

enum {
        SHOWN_NAME_MAX = 100, /* bytes of a section's or a key's name, which may be as long as the file */
};

/* Makes the start of a name fit to be shown. What is left out of it is wiped. */
static void show_name(const char *name, char ret[static SHOWN_NAME_MAX + 1]) {
        const size_t size = strlen(name);
        size_t n = WGP_MIN(size, (size_t) SHOWN_NAME_MAX);

        memcpy(ret, name, n);
        ret[n] = 0;
        while (size > SHOWN_NAME_MAX && n > 0 && is_key_character(ret[n - 1]))
                ret[--n] = 0; /* this word may be half a key */
        hide_secrets(ret, TEXT_NAME);
        n = strlen(ret);
        explicit_bzero(ret + n, SHOWN_NAME_MAX + 1 - n);
}

/* Reports about the current line; what looks like a key is left out. Returns 0, or -ENOMEM. */
int wgp_parse_report(WgpParse *p, WgpSeverity severity, const char *format, ...) {
        _cleanup_(wgp_text_done) WgpText message = WGP_TEXT_NULL;
        char section[SHOWN_NAME_MAX + 1], key[SHOWN_NAME_MAX + 1];
        WgpPlace place = { .file = p->path, .line = p->line };
        va_list ap;

        if (wgp_diagnostics_is_full(p->diagnostics, severity))
                return wgp_diagnostics_add(p->diagnostics, severity, &place, "%s", "");

        va_start(ap, format);
        wgp_text_vprintf(&message, format, ap);
        va_end(ap);
        if (p->quoted && severity == WGP_ERROR)
                wgp_text_append(&message, " Quotes are not part of the format: leave them out.");
        if (message.failed)
                return -ENOMEM;

        /* a peer's key in a keyfile's header stays out, too: the line is enough, and it may be the wrong key */
        show_name(p->section == &wgp_section_wireguard_peer ? "wireguard-peer" : p->section_name ?: "", section);
        show_name(p->key_name ?: "", key);
        hide_secrets(message.data, TEXT_VALUE);
        place.section = p->section_name ? section : NULL;
        place.key = p->key_name ? key : NULL;
        return wgp_diagnostics_add(p->diagnostics, severity, &place, "%s", message.data);
}

/* Turns the result of a report into that of a handler: a refused line does not end the parse, since a user wants all
 * the mistakes in one run. Returns 0, or -ENOMEM. */
int wgp_parse_refuse(WgpParse *p, int r) {
        if (p->in_peer)
                parse_peer(p)->invalid = true;
        return r == -ENOMEM ? r : 0;
}

/* --- lines --- */

int wgp_parse_bad_line(void *userdata, unsigned line, const char *problem) {
        WgpParse *p = userdata;

        p->line = line;
        p->key_name = NULL;
        return wgp_parse_refuse(p, parse_error(p, "%s", problem));
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
        return wgp_parse_refuse(p, parse_error(p, "This key is missing."));
}

/* A peer's section is judged when it ends, since the next one is another peer. One without a public key is dropped:
 * a file full of them takes no memory. Returns 0, or -ENOMEM. */
static int end_section(WgpParse *p) {
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

        r = end_section(p);
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

/* The bit of the key in [connection] that an older form of the file had elsewhere. */
static uint64_t connection_bit(const char *name) {
        const WgpKey *key = wgp_section_find_key(&wgp_section_connection, name, /* ignore_case= */ false);

        return key ? UINT64_C(1) << (key - wgp_section_connection.keys) : 0;
}

/* Remembers that the key was stated, be it well or badly. Returns 0, also after a warning, or -ENOMEM. */
int wgp_parse_note_key(WgpParse *p, const WgpKey *key) {
        const WgpSectionId id = p->section->id;
        const uint64_t bit = UINT64_C(1) << (key - p->section->keys);
        const bool again = p->seen[id] & bit;

        p->seen[id] |= bit;
        p->profile->stated[id] |= bit;
        if (id == WGP_SECTION_WIREGUARD && key->flags & WGP_KEY_OTHER_FORM)
                p->profile->stated[WGP_SECTION_CONNECTION] |= connection_bit(key->name);
        return again && is_single(p, key) ? parse_warning(p, "Stated more than once: this line counts.") : 0;
}

static bool is_quoted(const char *value) {
        size_t n;

        if (*value != '"' && *value != '\'') /* nearly always: the rest of it is not looked at */
                return false;
        n = strlen(value);
        return n >= 2 && value[n - 1] == *value;
}

/* Hands one entry to its parser. Returns 0, also after a report, or -ENOMEM. */
int wgp_parse_entry(WgpParse *p, const WgpKey *key, char *name, char *value) {
        int r;

        p->key_name = name;
        if (key->flags & WGP_KEY_DROPIN && !p->dropin)
                return wgp_parse_refuse(p,
                                parse_error(p,
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
        r = key->parse(p, value);
        if (r >= 0 && p->quoted)
                r = parse_warning(p, "Quotes are not part of the format: here they belong to the value.");
        p->quoted = false;
        return r < 0 ? wgp_parse_refuse(p, r) : 0;
}

/* --- files --- */

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
                r = end_section(p);
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
