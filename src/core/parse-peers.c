/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Joining the peers of one file with each other and with those of the files before it, by public key. Sorting finds
 * equal keys: 100 000 peers take no longer than n log n, whatever their keys are. */

#include "core/parse.h"

typedef struct PeerRef {
        WgpPeer *peer;
        size_t position; /* first those of the profile, then those of the file */
        bool old;
} PeerRef;

static int compare_refs(const void *a, const void *b) {
        const PeerRef *x = a, *y = b;
        int r = memcmp(x->peer->public_key, y->peer->public_key, WGP_KEY_SIZE);

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
        if (from->set & WGP_PEER_ENDPOINT) {
                wgp_endpoint_done(&to->endpoint);
                to->endpoint = from->endpoint;
                from->endpoint = (WgpEndpoint) {};
        }
        if (from->set & WGP_PEER_PRESHARED_KEY)
                take_secret(&to->preshared_key, &from->preshared_key);
        if (from->reset & WGP_PEER_PRESHARED_KEY_FLAGS)
                to->set &= (uint8_t) ~WGP_PEER_PRESHARED_KEY_FLAGS;
        if ((from->set | from->reset) & WGP_PEER_PRESHARED_KEY_FLAGS)
                to->preshared_key_flags = from->preshared_key_flags;
        if (from->set & WGP_PEER_KEEPALIVE)
                to->keepalive = from->keepalive;

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
                        keyfile ? "Same peer as at line %u: of a key that stands in both, this one counts." :
                                  "Same peer as at line %u: of a key that stands in both, this one counts, and AllowedIPs start anew.",
                        first->origin.line);
}

static int append_peer(WgpProfile *profile, WgpPeer *peer) {
        if (!wgp_grow(&profile->peers, &profile->n_peers_allocated, profile->n_peers + 1, sizeof(*peer)))
                return -ENOMEM;

        profile->peers[profile->n_peers++] = *peer;
        *peer = (WgpPeer) {};
        return 0;
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
                refs[i].peer->reset = UINT8_MAX; /* merged: not to be appended */
        }
        return 0;
}

static bool has_key(const WgpPeer *peer) {
        return peer->set & WGP_PEER_PUBLIC_KEY;
}

static size_t collect_refs(WgpParse *p, PeerRef *refs) {
        size_t n = 0;

        for (size_t i = 0; i < p->profile->n_peers; i++)
                refs[n++] = (PeerRef) { p->profile->peers + i, i, true };
        for (size_t i = 0; i < p->n_peers; i++)
                if (has_key(p->peers + i))
                        refs[n++] = (PeerRef) { p->peers + i, p->profile->n_peers + i, false };
        return n;
}

/* Moves the peers of this file into the profile. Returns 0, or -ENOMEM. */
int wgp_parse_join_peers(WgpParse *p) {
        _cleanup_(freep) PeerRef *refs = NULL;
        size_t n_refs, run;
        int r;

        refs = calloc(p->profile->n_peers + p->n_peers + 1, sizeof(*refs));
        if (!refs)
                return -ENOMEM;

        n_refs = collect_refs(p, refs);
        qsort(refs, n_refs, sizeof(*refs), compare_refs);
        for (size_t i = 0; i < n_refs; i += run) {
                for (run = 1; i + run < n_refs; run++)
                        if (memcmp(refs[i].peer->public_key, refs[i + run].peer->public_key, WGP_KEY_SIZE) != 0)
                                break;
                r = merge_run(p, refs + i, run);
                if (r < 0)
                        return r;
        }

        for (size_t i = 0; i < p->n_peers; i++) {
                WgpPeer *peer = p->peers + i;

                if (!has_key(peer) || peer->reset == UINT8_MAX)
                        continue;
                r = append_peer(p->profile, peer);
                if (r < 0)
                        return r;
        }
        return 0;
}
