/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "cli/peer-names.h"

#include <ctype.h>
#include <stdio.h>
#include <strings.h>

#include "core/value.h"

/* What is known of the section that is being read. */
typedef struct Section {
        bool is_peer, has_key;
        uint8_t public_key[WGP_KEY_SIZE];
        char *name;
} Section;

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
                section->has_key = wgp_key_parse(header + strlen(keyfile), WGP_KEY_CANONICAL, section->public_key) >= 0;
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

/* "# Name = gateway", and the spelling that wireguard_exporter reads. */
static int read_comment(char *comment, Section *section) {
        char *value = split(comment);

        if (!value || !*value || (strcasecmp(comment, "Name") != 0 && strcasecmp(comment, "friendly_name") != 0))
                return 0;
        free(section->name);
        section->name = strdup(value);
        return section->name ? 0 : -ENOMEM;
}

static int read_line(char *line, WgpPeerNames *names, Section *section) {
        char *value;
        int r;

        line += strspn(line, " \t");
        if (*line == '[') {
                r = end_section(names, section);
                begin_section(line + 1, section);
                return r;
        }
        if (*line == '#') {
                line += strspn(line, "# \t");
                return section->is_peer ? read_comment(line, section) : 0;
        }
        value = section->is_peer && !section->has_key && strchr(line, '=') ? split(line) : NULL;
        if (value && strcasecmp(line, "PublicKey") == 0) {
                value[strcspn(value, " \t#")] = 0;
                section->has_key = wgp_key_parse(value, WGP_KEY_CANONICAL, section->public_key) >= 0;
        }
        return 0;
}

/* Adds the names that the comments of a profile or drop-in give to peers: "# Name = TEXT" below the peer's header.
 * Returns 0, or -ENOMEM. */
int wgp_peer_names_read(const char *text, size_t size, WgpPeerNames *names) {
        Section section = {};
        int r = 0;

        for (const char *end = text + size; r >= 0 && text < end;) {
                const char *newline = memchr(text, '\n', (size_t) (end - text));
                size_t n = (size_t) ((newline ?: end) - text), length = strnlen(text, n); /* a NUL ends it */
                char *line = strndup(text, n);

                if (!line)
                        r = -ENOMEM;
                else
                        r = read_line(line, names, &section);
                wgp_wipe_free(line, line ? length : 0);
                text += n + 1;
        }
        if (r >= 0)
                r = end_section(names, &section);
        free(section.name);
        return r;
}
