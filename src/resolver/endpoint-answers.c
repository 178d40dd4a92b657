/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What DNS said of a name: its addresses, and those it has lost. Prototypes in endpoint.h. */

#include "core/value.h"
#include "resolver/endpoint.h"

enum {
        ABSENCES_MAX = 256,
};

void wgp_tracker_init(WgpTracker *t) {
        *t = (WgpTracker) { .absences_needed = WGP_ABSENCES_NEEDED };
}

void wgp_tracker_done(WgpTracker *t) {
        free(t->candidates);
        *t = (WgpTracker) {};
}

/* NULL: not an address of the name, now or lately. */
WgpCandidate *wgp_tracker_find(const WgpTracker *t, const WgpSockaddr *address) {
        for (size_t i = 0; i < t->n_candidates; i++)
                if (wgp_sockaddr_equal(&t->candidates[i].address, address))
                        return t->candidates + i;
        return NULL;
}

static bool is_listed(const WgpAnswer *answer, const WgpSockaddr *address) {
        for (size_t i = 0; i < answer->n_addresses && i < WGP_CANDIDATES_MAX; i++)
                if (wgp_sockaddr_equal(answer->addresses + i, address))
                        return true;
        return false;
}

/* Makes room among the candidates: the one that was absent for longest goes, but never the present address. */
static void forget_one(WgpTracker *t) {
        WgpCandidate *oldest = NULL;

        for (size_t i = 0; i < t->n_candidates; i++) {
                WgpCandidate *c = t->candidates + i;

                if (!c->listed && !wgp_sockaddr_equal(&c->address, &t->facts.address) &&
                    (!oldest || c->absent_usec < oldest->absent_usec))
                        oldest = c;
        }
        if (!oldest)
                return;
        t->n_candidates--;
        memmove(oldest, oldest + 1, (size_t) (t->candidates + t->n_candidates - oldest) * sizeof(*oldest));
}

static int add_candidate(WgpTracker *t, const WgpSockaddr *address) {
        /* one more than an answer may have, for the present address */
        if (t->n_candidates > WGP_CANDIDATES_MAX)
                forget_one(t);
        if (t->n_candidates > WGP_CANDIDATES_MAX)
                return 0;
        if (!wgp_grow(&t->candidates, &t->n_allocated, t->n_candidates + 1, sizeof(*t->candidates)))
                return -ENOMEM;
        t->candidates[t->n_candidates++] = (WgpCandidate) { .address = *address, .listed = true };
        return 0;
}

/* Counts an answer without this address, but none that came sooner than "apart" after the last that counted. */
static void note_absence(WgpCandidate *c, uint64_t now, uint64_t apart_usec) {
        if (!c->listed && now - c->absent_usec < apart_usec)
                return;
        c->n_absent = c->listed ? 1 : c->n_absent + 1;
        c->absent_usec = now;
        c->listed = false;
}

/* An address that was absent is back: the answers rotate through more addresses than fit into one, and absence means
 * little. */
static void note_return(WgpTracker *t, WgpCandidate *c) {
        if (c->n_absent > 0)
                t->absences_needed = WGP_MIN(WGP_MAX(t->absences_needed, 2 * c->n_absent + 2), (unsigned) ABSENCES_MAX);
        c->listed = true;
        c->n_absent = 0;
}

/* The name has these addresses. "apart_usec": as long after another, an answer that lacks an address counts. Returns 0 or
 * -ENOMEM; then some of them were not noted. */
int wgp_tracker_answer(WgpTracker *t, uint64_t now, const WgpAnswer *answer, uint64_t apart_usec) {
        int r = 0;

        /* set by an earlier run of the resolver: its absence counts, too */
        if (t->ours.family != AF_UNSPEC && !wgp_tracker_find(t, &t->ours))
                r = add_candidate(t, &t->ours);

        for (size_t i = 0; i < t->n_candidates; i++)
                if (!is_listed(answer, &t->candidates[i].address))
                        note_absence(t->candidates + i, now, apart_usec);

        for (size_t i = 0; i < answer->n_addresses && i < WGP_CANDIDATES_MAX; i++) {
                WgpCandidate *c = wgp_tracker_find(t, answer->addresses + i);

                if (c)
                        note_return(t, c);
                else
                        wgp_gather(&r, add_candidate(t, answer->addresses + i));
        }

        wgp_tracker_settle(t);
        return r;
}
