/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "cli/peer-names.h"

#include <ctype.h>
#include <stdio.h>
#include <strings.h>

#include "base/utf8.h"
#include "base/uuid.h"
#include "model/value.h"

enum {
        NAME_MAX_SIZE = 64, /* bytes; a longer comment is no name */
        KEY_MIN_SIZE = 40,  /* so many characters of base64 may be a key: people keep those of clients in comments, too
                             */
};

/* Where a name was found. Of several in one section the highest counts, and of equal ones the last. */
typedef enum Rank {
        RANK_NONE,
        RANK_ABOVE, /* a comment right above the header */
        RANK_BELOW, /* a comment right below it */
        RANK_LABEL, /* a comment that says so */
        RANK_KEY,   /* Name= */
} Rank;

/* What is known of the section that is being read. */
typedef struct Section {
        bool is_peer, has_key;
        uint8_t public_key[WGP_KEY_SIZE];
        char *name;
        Rank rank;
} Section;

/* The text as it is read. */
typedef struct Reader {
        WgpPeerNames *names;
        Section section;
        char *above; /* the name in the comment that the last line was; NULL: it was none */
        Rank above_rank;
        bool below_header;
} Reader;

void wgp_peer_names_done(WgpPeerNames *names) {
        for (size_t i = 0; i < names->n_items; i++)
                free(names->items[i].name);
        free(names->items);
        *names = WGP_PEER_NAMES_NULL;
}

/* The name that a file read later has for a peer counts. NULL: it has none. */
const char *wgp_peer_names_find(const WgpPeerNames *names, const uint8_t public_key[static WGP_KEY_SIZE]) {
        for (size_t i = names->n_items; i > 0; i--)
                if (memcmp(names->items[i - 1].public_key, public_key, WGP_KEY_SIZE) == 0)
                        return names->items[i - 1].name;
        return NULL;
}

static int end_section(WgpPeerNames *names, Section *section) {
        WgpPeerName *to;

        if (section->is_peer && section->has_key && section->name) {
                if (!wgp_grow(&names->items, &names->n_allocated, names->n_items + 1, sizeof(*to)))
                        return -ENOMEM;
                to = names->items + names->n_items++;
                *to = (WgpPeerName) { .name = TAKE_PTR(section->name) };
                memcpy(to->public_key, section->public_key, WGP_KEY_SIZE);
        }
        free(section->name);
        *section = (Section) {};
        return 0;
}

static void begin_section(char *header, Section *section) {
        static const char keyfile[] = "wireguard-peer.";

        header[strcspn(header, "]")] = 0;
        section->is_peer = strcasecmp(header, "Peer") == 0;
        if (strncmp(header, keyfile, strlen(keyfile)) == 0) {
                section->is_peer = true;
                section->has_key =
                                wgp_key_parse(header + strlen(keyfile), WGP_KEY_CANONICAL, section->public_key) >= 0;
        }
}

/* Splits "KEY = VALUE" in place, white space around both taken off. Returns NULL when it is no such thing. */
static char *split(char *text) {
        char *equals = strpbrk(text, "=:"), *value, *end;

        if (!equals)
                return NULL;
        for (end = equals; end > text && isspace((unsigned char) end[-1]); end--)
                ;
        value = equals + 1 + strspn(equals + 1, " \t");
        *end = 0;
        for (end = value + strlen(value); end > value && isspace((unsigned char) end[-1]); end--)
                ;
        *end = 0;
        return value;
}

static int set_name(Section *section, const char *name, Rank rank) {
        char *copy;

        if (rank < section->rank)
                return 0;
        copy = strdup(name);
        if (!copy)
                return -ENOMEM;
        free(section->name);
        section->name = copy;
        section->rank = rank;
        return 0;
}

static bool may_hold_key(const char *text) {
        for (size_t n; *text; text += n ?: 1) {
                n = strspn(text, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/");
                if (n >= KEY_MIN_SIZE)
                        return true;
        }
        return false;
}

/* Takes off "(UUID)", which wg-easy writes behind a name. */
static void cut_uuid(char *text) {
        const size_t n = strlen(text), n_uuid = 36;
        char *open = n > n_uuid + 2 ? text + n - n_uuid - 2 : NULL;

        if (!open || *open != '(' || text[n - 1] != ')')
                return;
        text[n - 1] = 0;
        if (wgp_uuid_is_canonical(open + 1))
                for (*open = 0; open > text && isspace((unsigned char) open[-1]);)
                        *--open = 0;
        else
                text[n - 1] = ')';
}

/* The name that a comment, without its "#", gives to the peer beside it, and how sure that is. RANK_NONE: it gives
 * none. "Name = gateway", and the spelling that wireguard_exporter reads; "Client alice" (wireguard-install of
 * angristan), "BEGIN_PEER alice" (that of Nyr), "begin alice" (PiVPN), "Client: alice (UUID)" (wg-easy); else the
 * comment is the name. */
static Rank read_comment(char *comment, char **ret_name) {
        static const char *const labels[] = { "Client: ", "Client ", "BEGIN_PEER ", "begin " };
        static const char *const ends[] = { "END_PEER ", "end " };
        char *value;

        for (size_t n = strlen(comment); n > 0 && (isspace((unsigned char) comment[n - 1]) || comment[n - 1] == '#');)
                comment[--n] = 0;
        if (may_hold_key(comment) || !wgp_utf8_is_printable(comment))
                return RANK_NONE;
        for (size_t i = 0; i < WGP_ARRAY_SIZE(ends); i++)
                if (strncmp(comment, ends[i], strlen(ends[i])) == 0)
                        return RANK_NONE;
        for (size_t i = 0; i < WGP_ARRAY_SIZE(labels); i++)
                if (strncmp(comment, labels[i], strlen(labels[i])) == 0) {
                        *ret_name = comment + strlen(labels[i]) + strspn(comment + strlen(labels[i]), " \t");
                        cut_uuid(*ret_name);
                        return **ret_name && strlen(*ret_name) <= NAME_MAX_SIZE ? RANK_LABEL : RANK_NONE;
                }

        value = strpbrk(comment, "=:");
        if (value) { /* "Name = x", or an entry that somebody has switched off */
                value = split(comment);
                if (strcasecmp(comment, "Name") != 0 && strcasecmp(comment, "friendly_name") != 0)
                        return RANK_NONE;
                *ret_name = value;
                return *value && strlen(value) <= NAME_MAX_SIZE ? RANK_KEY : RANK_NONE;
        }
        for (const char *c = comment; *c; c++)
                if (isalnum((unsigned char) *c) || (unsigned char) *c >= 0x80) {
                        *ret_name = comment;
                        return strlen(comment) <= NAME_MAX_SIZE ? RANK_ABOVE : RANK_NONE;
                }
        return RANK_NONE; /* a line to look at */
}

static int take_comment(Reader *reader, char *comment, bool below_header) {
        char *name = NULL;
        Rank rank = read_comment(comment, &name);

        if (rank == RANK_NONE)
                return 0;
        reader->above = strdup(name);
        if (!reader->above)
                return -ENOMEM;
        reader->above_rank = rank == RANK_KEY ? RANK_LABEL : rank;
        if (below_header) /* it is about this section alone */
                reader->above = (free(reader->above), NULL);
        if (!reader->section.is_peer || (rank != RANK_KEY && !below_header))
                return 0; /* inside of a section, only what says so */
        return set_name(&reader->section, name, rank == RANK_ABOVE ? RANK_BELOW : RANK_LABEL);
}

static int begin(Reader *reader, char *header, char *above, Rank above_rank) {
        int r;

        r = end_section(reader->names, &reader->section);
        if (r < 0)
                return r;
        begin_section(header, &reader->section);
        reader->below_header = true;
        return reader->section.is_peer && above ? set_name(&reader->section, above, above_rank) : 0;
}

static int read_entry(Section *section, char *line) {
        char *value = strchr(line, '=') ? split(line) : NULL;

        if (!value)
                return 0;
        if (strcasecmp(line, "Name") == 0) {
                value[strcspn(value, "#")] = 0;
                for (size_t n = strlen(value); n > 0 && isspace((unsigned char) value[n - 1]);)
                        value[--n] = 0;
                return *value ? set_name(section, value, RANK_KEY) : 0;
        }
        if (!section->has_key && strcasecmp(line, "PublicKey") == 0) {
                value[strcspn(value, " \t#")] = 0;
                section->has_key = wgp_key_parse(value, WGP_KEY_CANONICAL, section->public_key) >= 0;
        }
        return 0;
}

static int read_line(char *line, Reader *reader) {
        _cleanup_(freep) char *above = TAKE_PTR(reader->above);
        const bool below_header = reader->below_header;

        reader->below_header = false;
        line += strspn(line, " \t");
        if (*line == '[')
                return begin(reader, line + 1, above, reader->above_rank);
        if (*line == '#')
                return take_comment(reader, line + strspn(line, "# \t"), below_header);
        return reader->section.is_peer ? read_entry(&reader->section, line) : 0;
}

/* Adds the names that a profile or drop-in gives to peers: by Name=, or by a comment in the peer's section or right
 * above it. Returns 0, or -ENOMEM. */
int wgp_peer_names_read(const char *text, size_t size, WgpPeerNames *names) {
        Reader reader = { .names = names };
        int r = 0;

        for (const char *end = text + size; r >= 0 && text < end;) {
                const char *newline = memchr(text, '\n', (size_t) (end - text));
                size_t n = (size_t) ((newline ?: end) - text), length = strnlen(text, n); /* a NUL ends it */
                char *line = strndup(text, n);

                if (!line)
                        r = -ENOMEM;
                else
                        r = read_line(line, &reader);
                wgp_wipe_free(line, line ? length : 0);
                text += n + 1;
        }
        if (r >= 0)
                r = end_section(names, &reader.section);
        free(reader.section.name);
        free(reader.above);
        return r;
}
