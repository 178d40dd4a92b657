/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Desired state: which peer gets which allowed-ip. WireGuard routes a prefix to one peer only, so of two that claim
 * it the later one has it; a peer that is this very tunnel claims none; wg-quick's "+" and "-" are played through in
 * that order, from an empty set. */

#include "desired/desired.h"
#include "model/prefix.h"

/* One mention of a prefix in the profile. */
typedef struct Claim {
        WgpPrefix prefix;
        uint64_t order;
        uint32_t peer;
        uint32_t sequence; /* by peer, in the order of each one's list */
        bool remove;
} Claim;

static int compare_claims(const void *a, const void *b) {
        const Claim *x = a, *y = b;
        int r;

        r = wgp_prefix_compare(&x->prefix, &y->prefix);
        if (r != 0)
                return r;
        if (x->order != y->order)
                return x->order < y->order ? -1 : 1;
        return x->sequence < y->sequence ? -1 : 1;
}

static int compare_sequence(const void *a, const void *b) {
        const Claim *x = a, *y = b;

        return x->sequence < y->sequence ? -1 : x->sequence > y->sequence;
}

static size_t collect_claims(const WgpProfile *profile, Claim *claims) {
        size_t n = 0;

        for (size_t i = 0; i < profile->n_peers; i++)
                for (size_t j = 0; j < profile->peers[i].n_allowed_ips && !profile->peers[i].is_self; j++) {
                        const WgpPeerIp *ip = profile->peers[i].allowed_ips + j;

                        claims[n] = (Claim) {
                                .prefix = ip->prefix,
                                .order = wgp_profile_claim_order(profile, i, ip),
                                .peer = (uint32_t) i,
                                .sequence = (uint32_t) n,
                                .remove = ip->action == WGP_PEER_IP_REMOVE,
                        };
                        n++;
                }
        return n;
}

/* Leaves one claim per prefix that a peer holds in the end: the first of its owner's since it became the owner, so
 * that each peer's list keeps the order of the file. Returns how many. */
static size_t settle_claims(Claim *claims, size_t n_claims) {
        size_t n_held = 0;

        for (size_t i = 0; i < n_claims;) {
                const Claim *holder = NULL;
                size_t first = i;

                for (; i < n_claims && wgp_prefix_compare(&claims[i].prefix, &claims[first].prefix) == 0; i++)
                        if (!claims[i].remove) {
                                if (!holder || holder->peer != claims[i].peer)
                                        holder = claims + i;
                        } else if (holder && holder->peer == claims[i].peer)
                                holder = NULL;

                if (holder)
                        claims[n_held++] = *holder;
        }
        return n_held;
}

/* Fills the allowed-ips of "device", whose peers are those of the profile, in its order. Returns 0, or -ENOMEM. */
int wgp_desired_allowed_ips(const WgpProfile *profile, WgpDevice *device) {
        _cleanup_(freep) Claim *claims = NULL;
        size_t n = 0;
        int r;

        for (size_t i = 0; i < profile->n_peers; i++)
                n += profile->peers[i].n_allowed_ips;
        claims = calloc(n + 1, sizeof(*claims));
        if (!claims)
                return -ENOMEM;

        n = collect_claims(profile, claims);
        qsort(claims, n, sizeof(*claims), compare_claims);
        n = settle_claims(claims, n);
        qsort(claims, n, sizeof(*claims), compare_sequence);

        for (size_t i = 0; i < n; i++) {
                r = wgp_peer_state_add_allowed_ip(device->peers + claims[i].peer, &claims[i].prefix);
                if (r < 0)
                        return r;
        }
        return 0;
}
