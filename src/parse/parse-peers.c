/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Joining the peers of one file with each other and with those of the files before it, by public key. Sorting finds
 * equal keys: 100 000 peers take no longer than n log n, whatever their keys are. */

#include "parse/parse-internal.h"

enum {
        MERGED = UINT16_MAX, /* WgpPeer.reset of a peer whose section went into an earlier one */
};

typedef struct PeerRef {
        uint64_t start; /* of the key: nearly always enough to tell two apart, without a look at the peer */
        WgpPeer *peer;
        uint32_t position; /* first those of the profile, then those of the file */
        bool old;
} PeerRef;

static PeerRef make_ref(WgpPeer *peer, size_t position, bool old) {
        PeerRef ref = { .peer = peer, .position = (uint32_t) position, .old = old };

        memcpy(&ref.start, peer->public_key, sizeof(ref.start));
        return ref;
}

static bool same_key(const PeerRef *a, const PeerRef *b) {
        return a->start == b->start && memcmp(a->peer->public_key, b->peer->public_key, WGP_KEY_SIZE) == 0;
}

static int compare_refs(const void *a, const void *b) {
        const PeerRef *x = a, *y = b;
        int r;

        if (x->start != y->start)
                return x->start < y->start ? -1 : 1;
        r = memcmp(x->peer->public_key, y->peer->public_key, WGP_KEY_SIZE);
        return r ?: (x->position > y->position) - (x->position < y->position);
}

static void take_secret(WgpSecret *to, WgpSecret *from) {
        wgp_secret_done(to);
        *to = *from;
        *from = (WgpSecret) {};
}

static int append_allowed_ips(WgpPeer *to, const WgpPeer *from) {
        if (!wgp_grow(&to->allowed_ips, &to->n_allocated, to->n_allowed_ips + from->n_allowed_ips,
                            sizeof(*to->allowed_ips)))
                return -ENOMEM;
        if (from->n_allowed_ips > 0)
                memcpy(to->allowed_ips + to->n_allowed_ips, from->allowed_ips,
                                from->n_allowed_ips * sizeof(*from->allowed_ips));
        to->n_allowed_ips += from->n_allowed_ips;
        return 0;
}

/* They are read in drop-ins only, each of which adds to them. */
static int take_alternates(WgpPeer *to, WgpPeer *from) {
        if (from->reset & WGP_PEER_ALTERNATES)
                wgp_peer_reset_alternates(to);
        if (!wgp_grow(&to->alternates, &to->n_alternates_allocated, to->n_alternates + from->n_alternates,
                            sizeof(*to->alternates)))
                return -ENOMEM;
        for (size_t i = 0; i < from->n_alternates; i++)
                to->alternates[to->n_alternates++] = from->alternates[i];
        from->n_alternates = 0;
        return 0;
}

/* A drop-in adds to the allowed-ips, unless it reset them. Within one file a later group of a keyfile replaces what it
 * states; a later section for wg(8) replaces them always, with none if need be, except by "+" and "-". */
static bool replaces_allowed_ips(const WgpParse *p, const WgpPeer *from, bool dropin) {
        if (from->reset & WGP_PEER_ALLOWED_IPS)
                return true;
        if (dropin)
                return false;
        return p->profile->format == WGP_FORMAT_KEYFILE ? from->set & WGP_PEER_ALLOWED_IPS :
                                                          !(from->set & WGP_PEER_ALLOWED_IPS_CHANGED);
}

/* Lays what "from" states over "to". */
static int merge_peer(const WgpParse *p, WgpPeer *to, WgpPeer *from, bool dropin) {
        int r;

        if (from->set & WGP_PEER_ENDPOINT) {
                wgp_endpoint_done(&to->endpoint);
                to->endpoint = from->endpoint;
                from->endpoint = (WgpEndpoint) {};
        }
        if (from->set & WGP_PEER_PRESHARED_KEY)
                take_secret(&to->preshared_key, &from->preshared_key);
        if (from->reset & WGP_PEER_PRESHARED_KEY_FLAGS)
                to->set &= (uint16_t) ~WGP_PEER_PRESHARED_KEY_FLAGS;
        if ((from->set | from->reset) & WGP_PEER_PRESHARED_KEY_FLAGS)
                to->preshared_key_flags = from->preshared_key_flags;
        if (from->set & WGP_PEER_KEEPALIVE)
                to->keepalive = from->keepalive;
        if (from->set & WGP_PEER_NAME) {
                free(to->name);
                to->name = TAKE_PTR(from->name);
        }

        r = take_alternates(to, from);
        if (r < 0)
                return r;

        to->set |= from->set;
        to->invalid = to->invalid || from->invalid;
        if (replaces_allowed_ips(p, from, dropin))
                to->n_allowed_ips = 0;
        return append_allowed_ips(to, from);
}

static int warn_duplicate(WgpParse *p, const WgpPeer *first, const WgpPeer *second) {
        const bool keyfile = p->profile->format == WGP_FORMAT_KEYFILE;
        const WgpPlace place = {
                .file = p->path,
                .line = second->origin.line,
                .section = keyfile ? "wireguard-peer" : "Peer",
        };

        return wgp_warning(p->diagnostics, &place,
                        keyfile ? "Same peer as at line %u: later settings override." :
                                  "Same peer as at line %u: later settings override, AllowedIPs are replaced.",
                        first->origin.line);
}

static int merge_run(WgpParse *p, PeerRef *refs, size_t n) {
        int r;

        for (size_t i = 1; i < n; i++) {
                if (!refs[0].old) {
                        r = warn_duplicate(p, refs[0].peer, refs[i].peer);
                        if (r < 0)
                                return r;
                }
                r = merge_peer(p, refs[0].peer, refs[i].peer, refs[0].old);
                if (r < 0)
                        return r;
                refs[i].peer->reset = MERGED;
        }
        return 0;
}

static size_t collect_refs(WgpParse *p, PeerRef *refs) {
        size_t n = 0;

        for (size_t i = 0; i < p->profile->n_peers; i++)
                refs[n++] = make_ref(p->profile->peers + i, i, true);
        for (size_t i = 0; i < p->n_peers; i++)
                refs[n++] = make_ref(p->peers + i, p->profile->n_peers + i, false);
        return n;
}

/* --- the quick way --- */

/* The peer of that number, counted over those of the profile and then those of the file. */
static WgpPeer *peer_at(const WgpParse *p, size_t i) {
        const size_t n = p->profile->n_peers;

        return i < n ? p->profile->peers + i : p->peers + (i - n);
}

static uint64_t start_of(const WgpPeer *peer) {
        uint64_t start;

        memcpy(&start, peer->public_key, sizeof(start));
        return start;
}

/* Adds the peer of that number. Returns 1; 0 when the profile has it already, with its number; or -EEXIST when it is
 * not so simple: another key with this start, the same key twice in one file, or too much in the way. */
static int add_start(const WgpParse *p, WgpPeerStarts *starts, size_t i, uint32_t *ret_old) {
        enum {
                PROBES_MAX = 32,
        };
        const WgpPeer *peer = peer_at(p, i);
        const uint64_t start = start_of(peer);
        size_t slot = start & (starts->n_slots - 1), probes = 0;

        for (; starts->slots[slot] > 0; slot = (slot + 1) & (starts->n_slots - 1)) {
                const uint32_t number = starts->slots[slot] - 1;
                const WgpPeer *other = peer_at(p, number);

                if (start_of(other) == start) {
                        *ret_old = number;
                        return number < p->profile->n_peers && i >= p->profile->n_peers &&
                                                               memcmp(other->public_key, peer->public_key,
                                                                               WGP_KEY_SIZE) == 0 ?
                                               0 :
                                               -EEXIST;
                }
                if (++probes > PROBES_MAX)
                        return -EEXIST;
        }
        starts->slots[slot] = (uint32_t) i + 1;
        return 1;
}

static void forget_starts(WgpPeerStarts *starts) {
        free(starts->slots);
        *starts = (WgpPeerStarts) {};
}

static bool grow_starts(WgpPeerStarts *starts, size_t n) {
        size_t size = 16;

        if (n * 2 <= starts->n_slots)
                return true;
        while (size < n * 2)
                size *= 2;
        forget_starts(starts);
        *starts = (WgpPeerStarts) { .slots = calloc(size, sizeof(*starts->slots)), .n_slots = size };
        return starts->slots;
}

/* Looks for each peer of the file among those of the profile: "old" gets its number plus one, 0: it is a new one. */
static int find_old(WgpParse *p, uint32_t *old) {
        WgpPeerStarts *starts = &p->profile->peer_starts;
        const size_t n_old = p->profile->n_peers;

        if (!grow_starts(starts, n_old + p->n_peers))
                return -ENOMEM;
        for (size_t i = starts->n_peers; i < n_old + p->n_peers; i++) {
                uint32_t number = 0;
                int r = add_start(p, starts, i, &number);

                if (r < 0)
                        return r;
                if (r == 0)
                        old[i - n_old] = number + 1;
        }
        return 0;
}

/* Joins the peers of the file with those of the profile by a hash table that is kept from file to file, so that a
 * drop-in of one peer costs one look among tens of thousands of them. Returns 0; -EEXIST when nothing was done, since
 * they have to be sorted; or -ENOMEM. */
static int merge_quickly(WgpParse *p) {
        _cleanup_(freep) uint32_t *old = calloc(p->n_peers + 1, sizeof(*old));
        WgpPeerStarts *starts = &p->profile->peer_starts;
        size_t n_merged = 0;
        int r;

        r = old ? find_old(p, old) : -ENOMEM;
        for (size_t i = 0; r >= 0 && i < p->n_peers; i++)
                if (old[i] > 0) {
                        r = merge_peer(p, p->profile->peers + (old[i] - 1), p->peers + i, /* dropin= */ true);
                        p->peers[i].reset = MERGED;
                        n_merged++;
                }
        if (r < 0 || (n_merged > 0 && n_merged < p->n_peers)) /* those that stay get other numbers */
                forget_starts(starts);
        else
                starts->n_peers = p->profile->n_peers + p->n_peers - n_merged;
        return r;
}

/* --- the thorough way --- */

static int merge_equal(WgpParse *p) {
        _cleanup_(freep) PeerRef *refs = NULL;
        size_t n_refs, run;
        int r;

        r = merge_quickly(p);
        if (r != -EEXIST)
                return r;
        refs = calloc(p->profile->n_peers + p->n_peers + 1, sizeof(*refs));
        if (!refs)
                return -ENOMEM;

        n_refs = collect_refs(p, refs);
        qsort(refs, n_refs, sizeof(*refs), compare_refs);
        for (size_t i = 0; i < n_refs; i += run) {
                for (run = 1; i + run < n_refs && same_key(refs + i, refs + i + run);)
                        run++;
                r = merge_run(p, refs + i, run);
                if (r < 0)
                        return r;
        }
        return 0;
}

/* Closes the gaps that merged peers leave. */
static void compact(WgpParse *p) {
        size_t n = 0;

        for (size_t i = 0; i < p->n_peers; i++) {
                WgpPeer *peer = p->peers + i;

                if (peer->reset == MERGED)
                        wgp_peer_done(peer);
                else if (n++ == i)
                        continue;
                else
                        p->peers[n - 1] = *peer;
                *peer = (WgpPeer) {};
        }
        p->n_peers = n;
}

/* Moves the peers of this file into the profile. Returns 0, or -ENOMEM. */
int wgp_parse_join_peers(WgpParse *p) {
        WgpProfile *profile = p->profile;
        int r;

        r = merge_equal(p);
        if (r < 0)
                return r;
        compact(p);

        if (!profile->peers) {
                profile->peers = TAKE_PTR(p->peers);
                profile->n_peers_allocated = p->n_peers_allocated;
        } else {
                if (!wgp_grow(&profile->peers, &profile->n_peers_allocated, profile->n_peers + p->n_peers,
                                    sizeof(*profile->peers)))
                        return -ENOMEM;
                if (p->n_peers > 0) {
                        memcpy(profile->peers + profile->n_peers, p->peers, p->n_peers * sizeof(*p->peers));
                        explicit_bzero(p->peers, p->n_peers * sizeof(*p->peers));
                }
        }
        profile->n_peers += p->n_peers;
        p->n_peers = 0;
        return 0;
}
