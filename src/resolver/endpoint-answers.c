/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What DNS said of a name: its addresses, those it has lost, and when to ask again. Prototypes in endpoint.h. */

#include "core/value.h"
#include "resolver/endpoint.h"

enum {
        ABSENCES_MAX = 256,
};

/* "refresh_usec": the longest time between two answers, 0: the default. */
void wgp_tracker_init(WgpTracker *t, uint64_t refresh_usec, uint64_t now) {
        *t = (WgpTracker) {
                .ask_usec = now,
                .absences_needed = WGP_ABSENCES_NEEDED,
        };
        wgp_tracker_set_refresh(t, refresh_usec);
}

/* Changes that time, also for the question that is to come next: it may be due by now. */
void wgp_tracker_set_refresh(WgpTracker *t, uint64_t refresh_usec) {
        t->refresh_usec = refresh_usec > 0 ? refresh_usec : WGP_SECONDS(WGP_REFRESH_DEFAULT);
        t->interval_usec = WGP_MIN(t->interval_usec, t->refresh_usec);
        if (t->answered_usec > 0)
                t->ask_usec = WGP_MIN(t->ask_usec, t->answered_usec + t->refresh_usec + WGP_SECOND);
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

/* Counts an answer without this address, but none that came sooner than a TTL after the last that counted. */
static void note_absence(const WgpTracker *t, WgpCandidate *c, uint64_t now) {
        if (!c->listed && now - c->absent_usec < t->interval_usec)
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

static uint64_t limit_interval(const WgpTracker *t, uint64_t ttl_usec) {
        uint64_t interval = ttl_usec == WGP_TTL_UNKNOWN ? WGP_SECONDS(WGP_INTERVAL_UNKNOWN) : ttl_usec;

        return WGP_MIN(WGP_MAX(interval, WGP_SECONDS(WGP_INTERVAL_MIN)), t->refresh_usec);
}

/* The question was asked. "fresh": as the decision had it. */
void wgp_tracker_asked(WgpTracker *t, uint64_t now, bool fresh) {
        t->asking = true;
        t->asked_usec = now;
        if (fresh && !t->doubted)
                t->n_troubled++;
}

/* The name has these addresses. Returns 0 or -ENOMEM; then some of them were not noted. */
int wgp_tracker_answer(WgpTracker *t, uint64_t now, const WgpAnswer *answer) {
        int r = 0;

        /* set by an earlier run of the resolver: its absence counts, too */
        if (t->ours.family != AF_UNSPEC && !wgp_tracker_find(t, &t->ours))
                r = add_candidate(t, &t->ours);

        for (size_t i = 0; i < t->n_candidates; i++)
                if (!is_listed(answer, &t->candidates[i].address))
                        note_absence(t, t->candidates + i, now);

        for (size_t i = 0; i < answer->n_addresses && i < WGP_CANDIDATES_MAX; i++) {
                WgpCandidate *c = wgp_tracker_find(t, answer->addresses + i);

                if (c)
                        note_return(t, c);
                else
                        wgp_gather(&r, add_candidate(t, answer->addresses + i));
        }

        t->asking = t->doubted = false;
        t->n_failures = 0;
        t->answered_usec = now;
        t->interval_usec = limit_interval(t, answer->ttl_usec);
        /* A second later no cache on the way has the record any more. */
        t->ask_usec = now + t->interval_usec + WGP_SECOND;
        wgp_tracker_settle(t);
        return r;
}

/* There was no answer, of whatever kind: "no such name" is one that many a name server gives while it starts. The
 * addresses stay. The delay doubles from one second, less up to a quarter as "random" has it. */
void wgp_tracker_failure(WgpTracker *t, uint64_t now, uint32_t random) {
        uint64_t delay = WGP_SECONDS(WGP_MIN(1U << WGP_MIN(t->n_failures, 6U), (unsigned) WGP_BACKOFF_MAX));

        t->asking = false;
        t->n_failures++;
        t->ask_usec = now + delay - (delay / 4 * random >> 32);
}

/* Something changed that may change the answer. One that is under way does not count. "fresh": nor do caches. */
void wgp_tracker_poke(WgpTracker *t, uint64_t now, bool fresh) {
        t->asking = false;
        t->doubted = t->doubted || fresh;
        t->n_failures = 0;
        t->ask_usec = now;
}
