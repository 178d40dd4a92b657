/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Save: the peers. Three lists of them, in order of their keys. */

#include <stdio.h>

#include "desired/desired.h"
#include "model/kernel-slot.h"
#include "model/prefix.h"
#include "model/value.h"
#include "rewrite/save-internal.h"
#include "rewrite/save.h"

/* A peer of a device, and of its profile. */
typedef struct Entry {
        const WgpPeerState *state;
        const WgpPeer *peer; /* NULL: of the actual state */
} Entry;

typedef struct Peers {
        WgpDevice device;
        Entry *entries; /* in order of their keys */
        size_t n_entries;
} Peers;

typedef struct Lists {
        Peers base, applied, actual; /* the device of the last is borrowed */
} Lists;

static void peers_done(Peers *peers) {
        wgp_device_done(&peers->device);
        free(peers->entries);
}

static void lists_done(Lists *lists) {
        peers_done(&lists->base);
        peers_done(&lists->applied);
        free(lists->actual.entries);
}

/* --- peers by key --- */

static int compare_entries(const void *a, const void *b) {
        return wgp_peer_compare_key(((const Entry *) a)->state, ((const Entry *) b)->state);
}

static int sort_peers(const WgpDevice *device, const WgpProfile *profile, Peers *peers) {
        peers->entries = calloc(device->n_peers + 1, sizeof(*peers->entries));
        if (!peers->entries)
                return -ENOMEM;
        for (size_t i = 0; i < device->n_peers; i++)
                peers->entries[i] = (Entry) { device->peers + i, profile ? profile->peers + i : NULL };
        peers->n_entries = device->n_peers;
        qsort(peers->entries, peers->n_entries, sizeof(*peers->entries), compare_entries);
        return 0;
}

static int load_peers(const WgpProfile *profile, Peers *peers) {
        int r;

        r = wgp_desired_device(profile, &peers->device);
        if (r < 0)
                return r;
        for (size_t i = 0; i < peers->device.n_peers; i++) {
                WgpPeerState *peer = peers->device.peers + i;

                if (peer->n_allowed_ips > 0)
                        qsort(peer->allowed_ips, peer->n_allowed_ips, sizeof(*peer->allowed_ips),
                                        wgp_prefix_compare_items);
        }
        return sort_peers(&peers->device, profile, peers);
}

static const Entry *find(const Peers *peers, const Entry *entry) {
        return bsearch(entry, peers->entries, peers->n_entries, sizeof(*entry), compare_entries);
}

/* --- one peer --- */

static int set_preshared_key(const Save *save, const WgpPeerState *peer) {
        char key[WGP_KEY_TEXT_SIZE];
        bool none = wgp_key_is_zero(peer->preshared_key);
        int r;

        wgp_key_format(peer->preshared_key, key);
        r = wgp_edit_set(save->edit, WGP_EDIT_PRESHARED_KEY, peer->public_key, none ? NULL : key);
        explicit_bzero(key, sizeof(key));
        return r;
}

/* The index of an interface means nothing the next time. */
static bool has_lasting_endpoint(const WgpPeerState *peer) {
        return peer->endpoint.family != AF_UNSPEC &&
               !(peer->endpoint.family == AF_INET6 && peer->endpoint.in6.sin6_scope_id > 0);
}

static int set_endpoint(const Save *save, const WgpPeerState *peer) {
        char endpoint[WGP_SOCKADDR_TEXT_SIZE];

        wgp_sockaddr_format(&peer->endpoint, endpoint);
        return wgp_edit_set(save->edit, WGP_EDIT_ENDPOINT, peer->public_key, endpoint);
}

static int set_keepalive(const Save *save, const WgpPeerState *peer) {
        char seconds[16];

        snprintf(seconds, sizeof(seconds), "%u", peer->keepalive);
        return wgp_edit_set(save->edit, WGP_EDIT_KEEPALIVE, peer->public_key, peer->keepalive > 0 ? seconds : NULL);
}

static int add_peer(const Save *save, const WgpPeerState *peer) {
        bool has_key = !wgp_key_is_zero(peer->preshared_key);
        int r;

        if (has_key && !save->input->is_private)
                return wgp_save_tell(save, peer->public_key, "The preshared key", SAVE_EXPOSED);
        r = wgp_edit_add_peer(save->edit, peer->public_key);
        if (r >= 0 && has_key)
                r = set_preshared_key(save, peer);
        if (r >= 0 && has_lasting_endpoint(peer))
                r = set_endpoint(save, peer);
        if (r >= 0 && peer->keepalive > 0)
                r = set_keepalive(save, peer);
        if (r >= 0 && peer->n_allowed_ips > 0)
                r = wgp_edit_set_list(save->edit, WGP_EDIT_ALLOWED_IPS, peer->public_key, peer->allowed_ips,
                                peer->n_allowed_ips);
        return r;
}

/* "own" is of load_peers(), in order; the other may be in any. No prefix is twice in either. */
static bool same_allowed_ips(const WgpPeerState *own, const WgpPeerState *other) {
        if (own->n_allowed_ips != other->n_allowed_ips)
                return false;
        for (size_t i = 0; i < other->n_allowed_ips; i++)
                if (!bsearch(other->allowed_ips + i, own->allowed_ips, own->n_allowed_ips, sizeof(*own->allowed_ips),
                                    wgp_prefix_compare_items))
                        return false;
        return true;
}

static bool same_secret(const WgpSecret *a, const WgpSecret *b) {
        return a->source == b->source &&
               (a->source != WGP_SECRET_VALUE || memcmp(a->value, b->value, WGP_KEY_SIZE) == 0);
}

static bool same_endpoint(const Entry *a, const Entry *b) {
        return streq_ptr(a->peer->endpoint.host, b->peer->endpoint.host) &&
               wgp_sockaddr_equal(&a->state->endpoint, &b->state->endpoint);
}

static int save_preshared_key(const Save *save, const Entry *base, const Entry *applied, const WgpPeerState *actual) {
        const WgpSecret *secret = &applied->peer->preshared_key;

        if ((secret->source != WGP_SECRET_VALUE && secret->source != WGP_SECRET_NONE) ||
                        memcmp(applied->state->preshared_key, actual->preshared_key, WGP_KEY_SIZE) == 0)
                return 0;
        if (!base || !same_secret(&base->peer->preshared_key, secret))
                return wgp_save_tell(save, actual->public_key, "The preshared key", SAVE_IN_DROP_IN);
        if (secret->source == WGP_SECRET_NONE && !save->input->is_private)
                return wgp_save_tell(save, actual->public_key, "The preshared key", SAVE_EXPOSED);
        return set_preshared_key(save, actual);
}

static int save_endpoint(const Save *save, const Entry *base, const Entry *applied, const WgpPeerState *actual) {
        if (applied->peer->endpoint.host || !has_lasting_endpoint(actual) ||
                        wgp_sockaddr_equal(&applied->state->endpoint, &actual->endpoint))
                return 0;
        if (!base || !same_endpoint(base, applied))
                return wgp_save_tell(save, actual->public_key, "Endpoint", SAVE_IN_DROP_IN);
        return set_endpoint(save, actual);
}

static int save_peer(const Save *save, const Entry *base, const Entry *applied, const WgpPeerState *actual) {
        int r;

        r = save_preshared_key(save, base, applied, actual);
        if (r >= 0)
                r = save_endpoint(save, base, applied, actual);
        if (r >= 0 && applied->state->keepalive != actual->keepalive)
                r = base && base->state->keepalive == applied->state->keepalive ?
                                    set_keepalive(save, actual) :
                                    wgp_save_tell(save, actual->public_key, "PersistentKeepalive", SAVE_IN_DROP_IN);
        if (r < 0 || same_allowed_ips(applied->state, actual))
                return r;
        if (!base || !same_allowed_ips(base->state, applied->state))
                return wgp_save_tell(save, actual->public_key, "AllowedIPs", SAVE_IN_DROP_IN);
        return wgp_edit_set_list(save->edit, WGP_EDIT_ALLOWED_IPS, actual->public_key, actual->allowed_ips,
                        actual->n_allowed_ips);
}

static int remove_peer(const Save *save, const Entry *base, const Entry *applied) {
        const WgpPeerState *state = applied->state;
        const WgpSecret *secret = &applied->peer->preshared_key;

        /* WireGuard ignores a peer with the device's own key */
        if (memcmp(state->public_key, save->input->actual->device.public_key, WGP_KEY_SIZE) == 0)
                return 0;
        if (secret->source != WGP_SECRET_VALUE && secret->source != WGP_SECRET_NONE)
                return wgp_save_tell_absent(save, state->public_key,
                                "its preshared key is not in the profile, and a reload may have left it out");
        if (!base || !same_secret(&base->peer->preshared_key, secret) || !same_endpoint(base, applied) ||
                        base->state->keepalive != state->keepalive || !same_allowed_ips(base->state, state))
                return wgp_save_tell_absent(save, state->public_key, "a drop-in also names it");
        return wgp_edit_remove_peer(save->edit, state->public_key);
}

/* --- all of them --- */

static int load_lists(const WgpSaveInput *input, Lists *lists) {
        int r;

        r = load_peers(input->base, &lists->base);
        if (r >= 0)
                r = load_peers(input->applied, &lists->applied);
        return r < 0 ? r : sort_peers(&input->actual->device, NULL, &lists->actual);
}

/* Writes what was changed of the peers. Returns 0, or -ENOMEM. */
int wgp_save_peers(const Save *save) {
        const WgpDevice *actual = &save->input->actual->device;
        _cleanup_(lists_done) Lists lists = {};
        int r;

        r = load_lists(save->input, &lists);
        /* in the order of the device, which is that in which they were added */
        for (size_t i = 0; r >= 0 && i < actual->n_peers; i++) {
                const Entry key = { .state = actual->peers + i }, *applied = find(&lists.applied, &key);

                r = applied ? save_peer(save, find(&lists.base, &key), applied, key.state) : add_peer(save, key.state);
        }
        for (size_t i = 0; r >= 0 && i < lists.applied.n_entries; i++) {
                const Entry *applied = lists.applied.entries + i;

                if (!find(&lists.actual, applied))
                        r = remove_peer(save, find(&lists.base, applied), applied);
        }
        return r;
}
