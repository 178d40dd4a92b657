/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The WireGuard part of a plan: one device change that touches a peer only where it differs.
 *
 * An allowed-ip belongs to one peer: giving it to one takes it from the other. So those who only gain come first,
 * then those whose set is replaced, and removed peers last: no prefix that stays is without a peer meanwhile,
 * except inside the one that loses another. A kernel before 6.16 can take an allowed-ip away only by replacing the
 * whole set. */

#include "model/kernel-slot.h"
#include "model/peer-index.h"
#include "model/prefix.h"
#include "model/value.h"
#include "plan/plan-internal.h"

/* Which peer is to have a prefix. */
typedef struct Owner {
        WgpPrefix prefix;
        const WgpPeerState *peer;
} Owner;

typedef struct PeerDiff {
        const WgpDevice *desired, *actual, *recorded;
        WgpPeerIndex present, applied; /* of "actual"; of "recorded", made when first needed */
        bool *stays;                   /* for each peer of "actual" */
        size_t n_stay;
        Owner *owners; /* in order of prefixes; made when first needed */
        size_t n_owners;
        WgpDeviceChange change;
        WgpDeviceChange replacing; /* only peers: those that come second */
        size_t n_left_out;
} PeerDiff;

static void peer_diff_done(PeerDiff *diff) {
        wgp_peer_index_done(&diff->present);
        wgp_peer_index_done(&diff->applied);
        free(diff->stays);
        free(diff->owners);
        wgp_device_change_done(&diff->change);
        wgp_device_change_done(&diff->replacing);
}

/* WireGuard ignores a peer with the device's own key without a word: planning it would never end. */
static bool is_self(const PeerDiff *diff, const WgpPeerState *want) {
        return !diff->change.set_private_key && !wgp_key_is_zero(diff->actual->public_key) &&
               memcmp(want->public_key, diff->actual->public_key, WGP_KEY_SIZE) == 0;
}

/* A new peer without its preshared key would be less protected than the profile says. */
static bool is_left_out(const PeerDiff *diff, const WgpPeerState *want) {
        return want->keep_preshared_key && !wgp_peer_index_find(&diff->present, want->public_key);
}

/* --- who owns a prefix --- */

static int compare_owners(const void *a, const void *b) {
        return wgp_prefix_compare(&((const Owner *) a)->prefix, &((const Owner *) b)->prefix);
}

static int collect_owners(PeerDiff *diff) {
        size_t n = 0;

        if (diff->owners)
                return 0;

        for (size_t i = 0; i < diff->desired->n_peers; i++)
                n += diff->desired->peers[i].n_allowed_ips;
        diff->owners = calloc(n + 1, sizeof(*diff->owners));
        if (!diff->owners)
                return -ENOMEM;

        for (size_t i = 0; i < diff->desired->n_peers; i++) {
                const WgpPeerState *peer = diff->desired->peers + i;

                if (is_self(diff, peer) || is_left_out(diff, peer)) /* no message gives it to them */
                        continue;
                for (size_t j = 0; j < peer->n_allowed_ips; j++)
                        diff->owners[diff->n_owners++] = (Owner) { peer->allowed_ips[j], peer };
        }
        qsort(diff->owners, diff->n_owners, sizeof(*diff->owners), compare_owners);
        return 0;
}

/* --- allowed-ips --- */

static WgpPrefix *sorted_copy(const WgpPeerState *peer) {
        WgpPrefix *copy = calloc(peer->n_allowed_ips + 1, sizeof(*copy));

        if (!copy)
                return NULL;
        if (peer->n_allowed_ips > 0)
                memcpy(copy, peer->allowed_ips, peer->n_allowed_ips * sizeof(*copy));
        qsort(copy, peer->n_allowed_ips, sizeof(*copy), wgp_prefix_compare_items);
        return copy;
}

static bool same_sequence(const WgpPeerState *a, const WgpPeerState *b) {
        if (a->n_allowed_ips != b->n_allowed_ips)
                return false;
        for (size_t i = 0; i < a->n_allowed_ips; i++)
                if (wgp_prefix_compare(a->allowed_ips + i, b->allowed_ips + i) != 0)
                        return false;
        return true;
}

/* Whether a prefix that "peer" is to lose goes to another one: then that one's message takes it. */
static bool moves_away(const PeerDiff *diff, const WgpPrefix *prefix) {
        Owner key = { .prefix = *prefix };

        return bsearch(&key, diff->owners, diff->n_owners, sizeof(*diff->owners), compare_owners);
}

/* Compares the two sets, and leaves in "change" what is to be sent. */
static int diff_allowed_ips(
                PeerDiff *diff, const WgpPeerState *want, const WgpPeerState *have, WgpPeerChange *change) {
        _cleanup_(freep) WgpPrefix *wanted = NULL, *present = NULL, *added = NULL;
        size_t i = 0, j = 0, n_added = 0;
        bool lost = false;

        if (same_sequence(want, have))
                return 0;

        wanted = sorted_copy(want);
        present = sorted_copy(have);
        added = calloc(want->n_allowed_ips + 1, sizeof(*added));
        if (!wanted || !present || !added || collect_owners(diff) < 0)
                return -ENOMEM;

        while (i < want->n_allowed_ips || j < have->n_allowed_ips) {
                int order = i == want->n_allowed_ips ? 1 :
                            j == have->n_allowed_ips ? -1 :
                                                       wgp_prefix_compare(wanted + i, present + j);

                if (order < 0)
                        added[n_added++] = wanted[i++];
                else if (order > 0)
                        lost = !moves_away(diff, present + j++) || lost;
                else
                        i++, j++;
        }

        if (lost) {
                change->replace_allowed_ips = true;
                change->allowed_ips = want->allowed_ips;
                change->n_allowed_ips = want->n_allowed_ips;
        } else if (n_added > 0) {
                change->allowed_ips = change->added = TAKE_PTR(added);
                change->n_allowed_ips = n_added;
        }
        return 0;
}

/* --- one peer --- */

static int keep_change(WgpDeviceChange *list, const WgpPeerChange *change) {
        if (!wgp_grow(&list->peers, &list->n_allocated, list->n_peers + 1, sizeof(*list->peers)))
                return -ENOMEM;
        list->peers[list->n_peers++] = *change;
        return 0;
}

static int add_peer(PeerDiff *diff, const WgpPeerState *want) {
        return keep_change(&diff->change, &(WgpPeerChange) {
                                                          .peer = want,
                                                          .set_preshared_key = !wgp_key_is_zero(want->preshared_key),
                                                          .set_endpoint = want->endpoint.family != AF_UNSPEC,
                                                          .set_keepalive = want->keepalive > 0,
                                                          .allowed_ips = want->allowed_ips,
                                                          .n_allowed_ips = want->n_allowed_ips,
                                          });
}

/* A peer may have roamed away from the profile's endpoint: that is written only when the profile says something else
 * than it did the last time. Returns whether it is, or -ENOMEM. */
static int endpoint_differs(PeerDiff *diff, const WgpPeerState *want, const WgpPeerState *have) {
        const WgpPeerState *before;
        int r = 0;

        if (want->endpoint.family == AF_UNSPEC || wgp_sockaddr_equal(&want->endpoint, &have->endpoint))
                return false;
        if (have->endpoint.family == AF_UNSPEC)
                return true;

        if (!diff->applied.slots)
                r = wgp_peer_index_build(diff->recorded, &diff->applied);
        if (r < 0)
                return r;
        before = wgp_peer_index_find(&diff->applied, want->public_key);
        return !before || !wgp_sockaddr_equal(&want->endpoint, &before->endpoint);
}

static int update_peer(PeerDiff *diff, const WgpPeerState *want, const WgpPeerState *have) {
        WgpPeerChange change = { .peer = want, .update_only = true };
        int r;

        change.set_preshared_key = !want->keep_preshared_key &&
                                   memcmp(want->preshared_key, have->preshared_key, WGP_KEY_SIZE) != 0;
        change.set_keepalive = want->keepalive != have->keepalive;
        r = endpoint_differs(diff, want, have);
        if (r < 0)
                return r;
        change.set_endpoint = r;

        r = diff_allowed_ips(diff, want, have, &change);
        if (r < 0)
                return r;
        if (!change.set_preshared_key && !change.set_keepalive && !change.set_endpoint &&
                        !change.replace_allowed_ips && change.n_allowed_ips == 0)
                return 0;

        r = keep_change(change.replace_allowed_ips ? &diff->replacing : &diff->change, &change);
        if (r < 0)
                free(change.added);
        return r;
}

/* --- all peers --- */

static int compare_changes(const void *a, const void *b) {
        return wgp_peer_compare_key(((const WgpPeerChange *) a)->peer, ((const WgpPeerChange *) b)->peer);
}

/* A peer that a daemon tells twice is one. */
static bool is_kept(const PeerDiff *diff, const WgpPeerState *have) {
        return diff->stays[wgp_peer_index_find(&diff->present, have->public_key) - diff->actual->peers];
}

/* In order of their keys: a daemon may tell its peers in any order. */
static int remove_gone(PeerDiff *diff) {
        const WgpDevice *actual = diff->actual;
        WgpDeviceChange *change = &diff->change;
        size_t n_before = change->n_peers;
        int r = 0;

        /* Each removal waits for all CPUs in the kernel (synchronize_net); all at once wait once. */
        if (diff->n_stay == 0) {
                change->replace_peers = actual->n_peers > 0;
                return 0;
        }

        for (size_t i = 0; r >= 0 && i < actual->n_peers; i++)
                if (!is_kept(diff, actual->peers + i))
                        r = keep_change(change, &(WgpPeerChange) { .peer = actual->peers + i, .remove = true });
        if (r >= 0 && change->n_peers > n_before)
                qsort(change->peers + n_before, change->n_peers - n_before, sizeof(*change->peers), compare_changes);
        return r;
}

static int diff_peer(PeerDiff *diff, const WgpPeerState *want) {
        const WgpPeerState *have = wgp_peer_index_find(&diff->present, want->public_key);

        if (have) {
                diff->stays[have - diff->actual->peers] = true;
                diff->n_stay++;
        }
        if (is_self(diff, want))
                return 0;
        if (is_left_out(diff, want)) {
                diff->n_left_out++;
                return 0;
        }
        return have ? update_peer(diff, want, have) : add_peer(diff, want);
}

static int diff_peers(PeerDiff *diff) {
        int r;

        r = wgp_peer_index_build(diff->actual, &diff->present);
        if (r < 0)
                return r;
        diff->stays = calloc(diff->actual->n_peers + 1, sizeof(*diff->stays));
        if (!diff->stays)
                return -ENOMEM;

        for (size_t i = 0; i < diff->desired->n_peers; i++) {
                r = diff_peer(diff, diff->desired->peers + i);
                if (r < 0)
                        return r;
        }

        for (size_t i = 0; i < diff->replacing.n_peers; i++) { /* none of them owns anything: see diff_allowed_ips() */
                r = keep_change(&diff->change, diff->replacing.peers + i);
                if (r < 0)
                        return r;
        }
        return remove_gone(diff);
}

static void diff_device(PeerDiff *diff, const WgpPlanning *p) {
        const WgpDevice *desired = diff->desired, *actual = diff->actual;
        WgpDeviceChange *change = &diff->change;

        change->set_private_key = desired->has_private_key &&
                                  memcmp(desired->private_key, actual->private_key, WGP_KEY_SIZE) != 0;
        if (change->set_private_key)
                memcpy(change->private_key, desired->private_key, WGP_KEY_SIZE);
        else if (desired->states_no_key && diff->recorded->has_own_key && !wgp_key_is_zero(actual->private_key))
                change->set_private_key = true; /* to none: it was ours, and has left the profile; a hook's stays */

        change->set_listen_port = desired->has_listen_port && desired->listen_port != actual->listen_port;
        change->listen_port = desired->listen_port;
        change->set_fwmark = !wgp_plan_mark_waits(p) && wgp_plan_changes_mark(p, &change->fwmark);
}

/* Adds the operation for the WireGuard device, if it takes one; a mark that has to wait is left to
 * wgp_plan_set_mark(). Returns 0, or -ENOMEM. */
int wgp_plan_device(const WgpPlanning *p) {
        _cleanup_(peer_diff_done) PeerDiff diff = {
                .desired = &p->desired->device,
                .actual = &p->actual->device,
                .recorded = &p->recorded->device,
        };
        const WgpDeviceChange *change = &diff.change;
        WgpOperation *op;
        int r;

        diff_device(&diff, p);
        r = diff_peers(&diff);
        if (r < 0)
                return r;

        p->plan->n_left_out += diff.n_left_out;
        if (!change->set_private_key && !change->set_listen_port && !change->set_fwmark && !change->replace_peers &&
                        change->n_peers == 0)
                return 0;

        op = wgp_plan_add(p->plan, WGP_OP_SET_DEVICE, p->actual->link.ifindex > 0 ? WGP_PLAN_CHANGED : WGP_PLAN_NEW);
        if (!op)
                return -ENOMEM;
        op->device = diff.change;
        explicit_bzero(&diff.change, sizeof(diff.change));
        return 0;
}
