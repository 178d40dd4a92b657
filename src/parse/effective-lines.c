/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The effective profile: which of the lines that were read still count. The parsers decide that, not this file: an
 * item of a list counts when the profile has something that came from its line; of a scalar, the last line does.
 * Nothing here is quadratic: 100 000 peers in one drop-in are normal input. */

#include "parse/effective-lines.h"

#include "model/value.h"

enum {
        IDENTITIES_MAX = 256, /* more than there are scalars in all sections of a format */
};

/* A line that counts, and where it belongs. */
typedef struct Ref {
        const WgpEntry *entry;
        size_t group; /* WgpSectionId; peers: _WGP_SECTION_N and the peer's number */
        size_t rank;  /* of the key */
        size_t sequence;
} Ref;

/* What tells one scalar from another: "MTU" of [Interface] and of [WgProfile] are one, "method" of [ipv4] and [ipv6]
 * two. */
typedef struct Identity {
        WgpKeyId id;       /* NONE: the row and the section */
        const WgpKey *key; /* NULL: the id */
        WgpSectionId section;
} Identity;

typedef struct PeerKey {
        uint8_t public_key[WGP_KEY_SIZE];
        size_t peer;
} PeerKey;

typedef struct Builder {
        const WgpProfile *profile;
        uint64_t *origins; /* of everything in the profile's lists, sorted */
        size_t n_origins;
        PeerKey *keys;            /* sorted */
        size_t *peers;            /* by entry: the peer's number, SIZE_MAX: none */
        uint64_t *first_sections; /* by peer: the section that brought it */
        uint32_t *seen;           /* by peer: bit 1 << number of the key */
        Identity identities[IDENTITIES_MAX];
        size_t n_identities;
        Ref *refs;
        size_t n_refs;
} Builder;

static void builder_done(Builder *b) {
        free(b->origins);
        free(b->keys);
        free(b->peers);
        free(b->first_sections);
        free(b->seen);
        free(b->refs);
}

static bool is_peer_section(WgpSectionId id) {
        return id == WGP_SECTION_PEER || id == WGP_SECTION_WIREGUARD_PEER;
}

/* Returns the section of an entry's key. */
const WgpSection *wgp_entry_section(const WgpEntry *entry) {
        for (WgpSectionId id = 0; id < _WGP_SECTION_N; id++) {
                const WgpSection *section = wgp_section(id);

                if (entry->key < section->keys || entry->key >= section->keys + section->n_keys)
                        continue;
                /* these two share their keys */
                if ((id == WGP_SECTION_IPV4 || id == WGP_SECTION_IPV6) && !streq(section->name, entry->section_name))
                        continue;
                return section;
        }
        return NULL;
}

/* The secret that the entries with WGP_KEY_SECRET of a section are about: of "peer", or with NULL the tunnel's. */
const WgpSecret *wgp_entry_secret(const WgpProfile *profile, const WgpPeer *peer) {
        return peer ? &peer->preshared_key : &profile->private_key;
}

/* --- lists --- */

static uint64_t origin_number(WgpOrigin origin) {
        return (uint64_t) origin.file << 32 | origin.line;
}

static int compare_numbers(const void *a, const void *b) {
        const uint64_t *x = a, *y = b;

        return (*x > *y) - (*x < *y);
}

static size_t count_origins(const WgpProfile *p) {
        size_t n = p->n_addresses + p->n_routes + p->n_rules + p->n_hooks + p->n_dns_servers + p->n_dns_domains;

        for (size_t i = 0; i < p->n_peers; i++)
                n += p->peers[i].n_allowed_ips + p->peers[i].n_alternates;
        return n;
}

#define COLLECT(b, list, n_list)                 \
        for (size_t _i = 0; _i < (n_list); _i++) \
        (b)->origins[(b)->n_origins++] = origin_number((list)[_i].origin)

static int collect_origins(Builder *b) {
        const WgpProfile *p = b->profile;

        b->origins = calloc(count_origins(p) + 1, sizeof(*b->origins));
        if (!b->origins)
                return -ENOMEM;

        COLLECT(b, p->addresses, p->n_addresses);
        COLLECT(b, p->routes, p->n_routes);
        COLLECT(b, p->rules, p->n_rules);
        COLLECT(b, p->hooks, p->n_hooks);
        COLLECT(b, p->dns_servers, p->n_dns_servers);
        COLLECT(b, p->dns_domains, p->n_dns_domains);
        for (size_t i = 0; i < p->n_peers; i++) {
                COLLECT(b, p->peers[i].allowed_ips, p->peers[i].n_allowed_ips);
                COLLECT(b, p->peers[i].alternates, p->peers[i].n_alternates);
        }
        qsort(b->origins, b->n_origins, sizeof(*b->origins), compare_numbers);
        return 0;
}

static bool contributes(const Builder *b, const WgpEntry *entry) {
        uint64_t number = origin_number(entry->origin);

        return bsearch(&number, b->origins, b->n_origins, sizeof(number), compare_numbers);
}

/* Options count when their route does, which was read right before them. */
static bool has_route(const Builder *b, const WgpEntry *options) {
        const WgpEntry *route = options - 1;
        size_t n;

        if (options == b->profile->entries || route->origin.file != options->origin.file ||
                        !(route->key->flags & WGP_KEY_INDEXED))
                return false;
        n = strlen(route->name);
        return strncmp(route->name, options->name, n) == 0 && options->name[n] == '_' && contributes(b, route);
}

/* --- peers --- */

static int compare_keys(const void *a, const void *b) {
        const PeerKey *x = a, *y = b;

        return memcmp(x->public_key, y->public_key, WGP_KEY_SIZE);
}

static uint64_t section_number(const WgpEntry *entry) {
        return (uint64_t) entry->origin.file << 32 | entry->section;
}

/* The public key of the section whose entries are entries[0] to entries[n - 1]. */
static bool section_key(
                const WgpSection *section, const WgpEntry *entries, size_t n, uint8_t ret[static WGP_KEY_SIZE]) {
        if (section->id == WGP_SECTION_WIREGUARD_PEER)
                return wgp_key_parse(entries[0].section_name + strlen(section->name), WGP_KEY_CANONICAL, ret) >= 0;

        for (size_t i = n; i > 0; i--)
                if (entries[i - 1].key->flags & WGP_KEY_REQUIRED)
                        return wgp_key_parse(entries[i - 1].value, WGP_KEY_CANONICAL, ret) >= 0;
        return false;
}

/* Finds out whose the sections of peers are: their entries follow one another. */
static void assign_peers(Builder *b) {
        const WgpProfile *p = b->profile;
        size_t run;

        for (size_t i = 0; i < p->n_entries; i += run) {
                const WgpSection *section = wgp_entry_section(p->entries + i);
                const PeerKey *found = NULL;
                PeerKey key;

                for (run = 1; i + run < p->n_entries; run++)
                        if (section_number(p->entries + i + run) != section_number(p->entries + i))
                                break;

                if (section && is_peer_section(section->id) &&
                                section_key(section, p->entries + i, run, key.public_key))
                        found = bsearch(&key, b->keys, p->n_peers, sizeof(key), compare_keys);
                for (size_t k = 0; k < run; k++)
                        b->peers[i + k] = found ? found->peer : SIZE_MAX;
                if (found && b->first_sections[found->peer] == 0)
                        b->first_sections[found->peer] = section_number(p->entries + i);
        }
}

static int collect_peers(Builder *b) {
        const WgpProfile *p = b->profile;

        b->keys = calloc(p->n_peers + 1, sizeof(*b->keys));
        b->peers = calloc(p->n_entries + 1, sizeof(*b->peers));
        b->first_sections = calloc(p->n_peers + 1, sizeof(*b->first_sections));
        b->seen = calloc(p->n_peers + 1, sizeof(*b->seen));
        if (!b->keys || !b->peers || !b->first_sections || !b->seen)
                return -ENOMEM;

        for (size_t i = 0; i < p->n_peers; i++) {
                memcpy(b->keys[i].public_key, p->peers[i].public_key, WGP_KEY_SIZE);
                b->keys[i].peer = i;
        }
        qsort(b->keys, p->n_peers, sizeof(*b->keys), compare_keys);
        assign_peers(b);
        return 0;
}

/* --- scalars --- */

static Identity identity_of(const WgpEntry *entry, WgpSectionId section) {
        if (entry->key->id != WGP_KEY_ID_NONE)
                return (Identity) { .id = entry->key->id };
        return (Identity) { .key = entry->key, .section = section };
}

/* Whether a later line has been seen already. */
static bool is_overridden(Builder *b, const WgpEntry *entry, WgpSectionId section) {
        Identity identity = identity_of(entry, section);

        for (size_t i = 0; i < b->n_identities; i++)
                if (b->identities[i].id == identity.id && b->identities[i].key == identity.key &&
                                b->identities[i].section == identity.section)
                        return true;
        if (b->n_identities < IDENTITIES_MAX)
                b->identities[b->n_identities++] = identity;
        return false;
}

static bool is_overridden_in_peer(Builder *b, const WgpEntry *entry, const WgpSection *section, size_t peer) {
        const uint32_t bit = UINT32_C(1) << (entry->key - section->keys);

        /* The public key is shown from where the peer comes from, not from a drop-in that changes it. */
        if (entry->key->flags & WGP_KEY_REQUIRED && section_number(entry) != b->first_sections[peer])
                return true;
        if (b->seen[peer] & bit)
                return true;
        b->seen[peer] |= bit;
        return false;
}

/* --- the whole --- */

/* Lists are in the table's order, the spellings of a key and the options of a route with it. */
static size_t rank_of(const WgpSection *section, const WgpKey *key) {
        for (size_t i = 0; i < section->n_keys; i++) {
                const WgpKey *k = section->keys + i;

                if (k == key || (key->id != WGP_KEY_ID_NONE && k->id == key->id))
                        return i;
        }
        return section->n_keys;
}

/* Called for the last entry first. */
static bool is_effective(Builder *b, const WgpEntry *entry, const WgpSection *section, size_t peer) {
        bool overridden;

        if (entry->key->flags & (WGP_KEY_LIST | WGP_KEY_INDEXED))
                return contributes(b, entry);
        if (entry->key->flags & WGP_KEY_OPTIONS)
                return has_route(b, entry);

        overridden = is_peer_section(section->id) ? is_overridden_in_peer(b, entry, section, peer) :
                                                    is_overridden(b, entry, section->id);
        if (overridden || (entry->value && !*entry->value && entry->key->id != WGP_KEY_ID_ZONE))
                return false;
        return is_peer_section(section->id) || !(entry->key->flags & WGP_KEY_SECRET) ||
               b->profile->private_key.source != WGP_SECRET_FILE;
}

static int compare_refs(const void *a, const void *b) {
        const Ref *x = a, *y = b;

        if (x->group != y->group)
                return x->group < y->group ? -1 : 1;
        if (x->rank != y->rank)
                return x->rank < y->rank ? -1 : 1;
        return (x->sequence > y->sequence) - (x->sequence < y->sequence);
}

static int collect_refs(Builder *b) {
        const WgpProfile *p = b->profile;

        b->refs = calloc(p->n_entries + 1, sizeof(*b->refs));
        if (!b->refs)
                return -ENOMEM;

        for (size_t i = p->n_entries; i > 0; i--) {
                const WgpEntry *entry = p->entries + i - 1;
                const WgpSection *section = wgp_entry_section(entry);
                size_t peer = b->peers[i - 1];

                if (!section || (is_peer_section(section->id) && peer == SIZE_MAX) ||
                                !is_effective(b, entry, section, peer))
                        continue;
                b->refs[b->n_refs++] = (Ref) {
                        .entry = entry,
                        .group = is_peer_section(section->id) ? _WGP_SECTION_N + peer : section->id,
                        .rank = rank_of(section, entry->key),
                        .sequence = i,
                };
        }
        qsort(b->refs, b->n_refs, sizeof(*b->refs), compare_refs);
        return 0;
}

/* Cuts the sorted references into sections; the first one of a format and those of peers may be empty. */
static int build_sections(const Builder *b, WgpEffective *e) {
        const WgpProfile *p = b->profile;
        const bool keyfile = p->format == WGP_FORMAT_KEYFILE;
        const WgpSectionId head = keyfile ? WGP_SECTION_CONNECTION : WGP_SECTION_INTERFACE;
        size_t next = 0;

        e->sections = calloc(_WGP_SECTION_N + p->n_peers, sizeof(*e->sections));
        e->entries = calloc(b->n_refs + 1, sizeof(*e->entries));
        if (!e->sections || !e->entries)
                return -ENOMEM;

        for (size_t group = 0; group < _WGP_SECTION_N + p->n_peers; group++) {
                const bool is_peer = group >= _WGP_SECTION_N;
                WgpEffectiveSection *s = e->sections + e->n_sections;
                size_t first = e->n_entries;

                while (next < b->n_refs && b->refs[next].group == group)
                        e->entries[e->n_entries++] = b->refs[next++].entry;
                if (!is_peer && group != head && e->n_entries == first)
                        continue;

                *s = (WgpEffectiveSection) {
                        .section = wgp_section(!is_peer ? (WgpSectionId) group :
                                               keyfile  ? WGP_SECTION_WIREGUARD_PEER :
                                                          WGP_SECTION_PEER),
                        .peer = is_peer ? p->peers + (group - _WGP_SECTION_N) : NULL,
                        .entries = e->entries + first,
                        .n_entries = e->n_entries - first,
                };
                e->n_sections++;
        }
        return 0;
}

/* Finds the lines that count in a profile that was read with keep_entries and verified.
 *
 * Returns 0, or -ENOMEM. The caller ends with wgp_effective_done(ret), before it frees the profile. */
int wgp_effective_build(const WgpProfile *profile, WgpEffective *ret) {
        _cleanup_(builder_done) Builder b = { .profile = profile };
        WgpEffective e = WGP_EFFECTIVE_NULL;
        int r;

        r = collect_origins(&b);
        if (r >= 0)
                r = collect_peers(&b);
        if (r >= 0)
                r = collect_refs(&b);
        if (r >= 0)
                r = build_sections(&b, &e);
        if (r < 0) {
                wgp_effective_done(&e);
                return r;
        }

        *ret = e;
        return 0;
}

void wgp_effective_done(WgpEffective *effective) {
        free(effective->sections);
        free(effective->entries);
        *effective = WGP_EFFECTIVE_NULL;
}
