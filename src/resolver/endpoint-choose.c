/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Choose: a peer that works is left alone, unless its address has vanished from DNS, and even then it comes back when
 * it does not answer at the new one. A peer that is dead goes through all addresses of all its endpoints, the one
 * where it last answered first, and waits there before it goes through them again.
 *
 * A roamed address stays as long as it works, whatever the name says; but to an endpoint that is new in the profile
 * the peer is moved. */

#include "resolver/endpoint-choose.h"

#include "model/prefix.h"

void wgp_remote_done(WgpRemote *r) {
        free(r->moves.targets);
        r->moves = (WgpMoves) {};
}

/* --- targets --- */

/* NULL: not an address of any endpoint, now or lately. */
WgpTarget *wgp_remote_find(const WgpRemote *r, const WgpSockaddr *address) {
        for (size_t i = 0; i < r->moves.n_targets; i++)
                if (wgp_sockaddr_equal(&r->moves.targets[i].address, address))
                        return r->moves.targets + i;
        return NULL;
}

static bool is_at(const WgpRemote *r, const WgpTarget *target) {
        return wgp_sockaddr_equal(&target->address, &r->sight.facts.address);
}

static WgpTarget *add_target(WgpRemote *r, const WgpSockaddr *address) {
        WgpMoves *m = &r->moves;

        if (!wgp_grow(&m->targets, &m->n_allocated, m->n_targets + 1, sizeof(*m->targets)))
                return NULL;
        m->targets[m->n_targets] = (WgpTarget) { .address = *address, .endpoint = SIZE_MAX };
        return m->targets + m->n_targets++;
}

static int add_listed(WgpRemote *r, size_t endpoint) {
        const WgpAnswers *a = r->answers[endpoint];

        for (size_t i = 0; i < a->n_listings; i++) {
                WgpTarget *target;

                if (!a->listings[i].listed)
                        continue;
                target = wgp_remote_find(r, &a->listings[i].address) ?: add_target(r, &a->listings[i].address);
                if (!target)
                        return -ENOMEM;
                target->endpoint = WGP_MIN(target->endpoint, endpoint);
        }
        return 0;
}

static bool is_needed(const WgpRemote *r, const WgpTarget *target) {
        return target->endpoint != SIZE_MAX || target->good_usec > 0 || is_at(r, target) ||
               wgp_sockaddr_equal(&target->address, &r->moves.ours);
}

static void remove_target(WgpMoves *m, size_t i) {
        m->n_targets--;
        memmove(m->targets + i, m->targets + i + 1, (m->n_targets - i) * sizeof(*m->targets));
}

/* Forgets what no endpoint has any more, but for the last ones where the peer has answered. */
static void forget_targets(WgpRemote *r) {
        WgpMoves *m = &r->moves;

        for (size_t i = m->n_targets; i > 0; i--)
                if (!is_needed(r, m->targets + i - 1))
                        remove_target(m, i - 1);
        for (;;) {
                size_t n = 0, oldest = 0;

                for (size_t i = 0; i < m->n_targets; i++) {
                        if (m->targets[i].endpoint != SIZE_MAX || is_at(r, m->targets + i))
                                continue;
                        if (n++ == 0 || m->targets[i].good_usec < m->targets[oldest].good_usec)
                                oldest = i;
                }
                if (n <= WGP_TARGETS_GOOD_MAX)
                        return;
                remove_target(m, oldest);
        }
}

/* A peer that is where its new name leads to, or nowhere, has nothing left of the endpoint before. */
static void settle(WgpRemote *r) {
        const WgpTarget *present = wgp_remote_find(r, &r->sight.facts.address);
        bool listed = present && present->endpoint != SIZE_MAX;

        if (!r->moves.inherited || !r->sight.observed || !r->sight.present)
                return;
        if (listed)
                r->moves.ours = r->sight.facts.address;
        r->moves.inherited = r->sight.facts.address.family != AF_UNSPEC && !listed;
}

/* An endpoint that is an address was set by apply. */
static void claim(WgpRemote *r) {
        for (size_t i = 0; r->moves.ours.family == AF_UNSPEC && i < r->n_answers; i++)
                if (r->answers[i]->constant && r->sight.observed && r->sight.present &&
                                wgp_answers_list(r->answers[i], &r->sight.facts.address))
                        r->moves.ours = r->sight.facts.address;
}

/* The answers have changed. Returns 0 or -ENOMEM; then some addresses are not gone to. */
int wgp_remote_update(WgpRemote *r) {
        int k = 0;

        for (size_t i = 0; i < r->moves.n_targets; i++)
                r->moves.targets[i].endpoint = SIZE_MAX;
        for (size_t i = 0; i < r->n_answers; i++)
                wgp_gather(&k, add_listed(r, i));
        forget_targets(r);
        settle(r);
        claim(r);
        return k;
}

/* The peer last answered at that address before this run of the resolver. Returns 0 or -ENOMEM. */
int wgp_remote_restore_good(WgpRemote *r, const WgpSockaddr *address) {
        WgpTarget *target = wgp_remote_find(r, address) ?: add_target(r, address);

        if (!target)
                return -ENOMEM;
        target->good_usec = 1; /* before all else */
        r->moves.good = *address;
        return 0;
}

/* --- what happens --- */

static void hear(WgpRemote *r, uint64_t now) {
        WgpTarget *present = wgp_remote_find(r, &r->sight.facts.address);
        WgpMoves *m = &r->moves;

        for (size_t i = 0; i < m->n_targets; i++)
                m->targets[i].tried_usec = 0;
        m->n_rounds = 0;
        m->round_usec = 0;
        if (!present)
                return;

        present->good_usec = now;
        present->failed_usec = 0;
        present->n_failed = 0;
        m->good_changed = m->good_changed || !wgp_sockaddr_equal(&m->good, &present->address);
        m->good = present->address;
}

/* An in-flight packet from the old address makes the kernel roam back. After a profile change, move again, at most
 * WGP_RETURNS_MAX times: an old server that goes on sending, while the new one does not answer, keeps the peer. */
static void resist_return(WgpRemote *r) {
        WgpMoves *m = &r->moves;

        if (m->left.family == AF_UNSPEC)
                return;
        if (!wgp_sockaddr_equal(&r->sight.facts.address, &m->left)) {
                if (r->sight.heard)
                        m->left = (WgpSockaddr) {};
        } else if (m->n_returns++ < WGP_RETURNS_MAX)
                m->inherited = true;
        else
                m->left = (WgpSockaddr) {};
}

/* What the kernel says now; NULL: it has no such peer. */
void wgp_remote_observe(WgpRemote *r, uint64_t now, const WgpPeerFacts *facts) {
        wgp_sight_observe(&r->sight, now, facts);
        if (r->sight.heard)
                hear(r, now);
        if (facts)
                resist_return(r);
        settle(r);
        claim(r);
}

static void begin_round(WgpMoves *m) {
        m->round_usec = 0;
        for (size_t i = 0; i < m->n_targets; i++)
                m->targets[i].tried_usec = 0;
}

static void end_round(WgpMoves *m, uint64_t now) {
        m->round_usec = now + WGP_SECONDS(WGP_MIN((unsigned) WGP_ROUND_MIN << WGP_MIN(m->n_rounds, 5U),
                                              (unsigned) WGP_ROUND_MAX));
        m->n_rounds++;
}

/* The peer leaves an address where it does not answer. To go where it was in this round ends the round, and the wait
 * that follows a round. */
static void leave(WgpRemote *r, WgpTarget *from, const WgpTarget *to, uint64_t now) {
        WgpMoves *m = &r->moves;

        if (to && to->tried_usec > 0) {
                if (m->round_usec > 0)
                        begin_round(m);
                else
                        end_round(m, now);
        }
        if (!from)
                return;
        from->tried_usec = now;
        if (r->sight.trial_usec > 0 && (m->why == WGP_WHY_GONE || m->why == WGP_WHY_REPLACED)) {
                from->failed_usec = now;
                from->n_failed++;
        }
}

/* How long an address may take to prove itself. A peer that worked until now, with a session, notices no sooner than
 * any other peer that the new address does not know of it. */
static unsigned find_trial(const WgpRemote *r, const WgpTarget *to, WgpWhy why) {
        if (why != WGP_WHY_SILENT && wgp_sight_has_session(&r->sight))
                return 0;
        return to && to->good_usec > 0 ? WGP_TRIAL : WGP_TRIAL_NEW;
}

/* The kernel was told to send to this address. */
void wgp_remote_moved(WgpRemote *r, uint64_t now, const WgpSockaddr *address, WgpWhy why) {
        WgpTarget *from = wgp_remote_find(r, &r->sight.facts.address), *to = wgp_remote_find(r, address);
        WgpMoves *m = &r->moves;

        if (why == WGP_WHY_SILENT)
                leave(r, from, to, now);
        if (to)
                to->tried_usec = now;
        if (m->inherited)
                m->left = r->sight.facts.address;
        m->inherited = false;
        m->ours = *address;
        m->moved_usec = now;
        m->why = why;
        wgp_sight_move(&r->sight, now, address, to ? to->rank : r->sight.rank, find_trial(r, to, why));
}

/* The network has changed: what failed may work now. */
void wgp_remote_retry(WgpRemote *r) {
        r->moves.n_rounds = 0;
        begin_round(&r->moves);
}

/* --- the decision --- */

/* Whether an answer about an endpoint is still to be expected, before those behind it are taken. */
static bool is_awaited(const WgpAnswers *a, uint64_t now) {
        return !a->told && now - a->made_usec < WGP_SECONDS(WGP_PREFERRED_WAIT);
}

/* The first endpoint whose addresses are not to be taken yet. */
static size_t find_awaited(const WgpRemote *r, uint64_t now) {
        size_t i = 0;

        while (i < r->n_answers && !is_awaited(r->answers[i], now))
                i++;
        return i;
}

/* A peer that works is not sent again and again to where it does not. */
static bool is_distrusted(const WgpTarget *target, uint64_t now) {
        unsigned seconds = WGP_MIN((unsigned) WGP_DISTRUST_MIN << WGP_MIN(target->n_failed, 6U) >> 1,
                        (unsigned) WGP_DISTRUST_MAX);

        return target->failed_usec > 0 && now - target->failed_usec < WGP_SECONDS(seconds);
}

static bool may_go(const WgpRemote *r, const WgpTarget *target, WgpWhy why, uint64_t now, bool again) {
        bool listed = target->endpoint != SIZE_MAX;

        if (target->rank == WGP_RANK_NO_ROUTE || is_at(r, target))
                return false;
        switch (why) {
        case WGP_WHY_FIRST:
                return target->good_usec > 0 || (listed && target->endpoint < find_awaited(r, now));
        case WGP_WHY_SILENT:
                return (listed || target->good_usec > 0) && (again || target->tried_usec == 0);
        case WGP_WHY_NO_ROUTE:
                return listed || target->good_usec > 0;
        default:
                return listed && !is_distrusted(target, now);
        }
}

static int compare_numbers(uint64_t a, uint64_t b) {
        return a < b ? -1 : a > b;
}

/* The one where the peer answered last, if it has to be found again; then by the order of endpoints; then the one with
 * the best route. */
static bool is_better(const WgpTarget *a, const WgpTarget *b, WgpWhy why) {
        int by_good = compare_numbers(b->good_usec, a->good_usec),
            by_order = compare_numbers(a->endpoint, b->endpoint);

        if (why == WGP_WHY_GONE || why == WGP_WHY_REPLACED)
                return by_order != 0 ? by_order < 0 : a->rank < b->rank;
        return by_good != 0 ? by_good < 0 : by_order != 0 ? by_order < 0 : a->rank < b->rank;
}

/* "again": also what was tried in this round. */
static const WgpTarget *pick(const WgpRemote *r, WgpWhy why, uint64_t now, bool again) {
        const WgpTarget *best = NULL;

        for (size_t i = 0; i < r->moves.n_targets; i++) {
                const WgpTarget *target = r->moves.targets + i;

                if (may_go(r, target, why, now, again) && (!best || is_better(target, best, why)))
                        best = target;
        }
        return best;
}

/* A dead peer: what was not tried; at the end of a round the best one, to wait there for the next; then all anew. */
static const WgpTarget *pick_for_dead(const WgpRemote *r, uint64_t now) {
        const WgpTarget *untried = pick(r, WGP_WHY_SILENT, now, /* again= */ false);

        if (untried || r->moves.round_usec > now)
                return untried;
        return pick(r, WGP_WHY_SILENT, now, /* again= */ true);
}

/* How often, a TTL apart, the answers about all endpoints that had the present address have lacked it. */
static unsigned count_absences(const WgpRemote *r, bool *ret_is_enough) {
        unsigned n = 0;

        *ret_is_enough = true;
        for (size_t i = 0; i < r->n_answers; i++) {
                const WgpListing *l = wgp_answers_find(r->answers[i], &r->sight.facts.address);

                if (!l)
                        continue;
                if (l->listed)
                        return 0;
                n = n == 0 ? l->n_absent : WGP_MIN(n, l->n_absent);
                *ret_is_enough = *ret_is_enough && l->n_absent >= r->answers[i]->absences_needed;
        }
        return n;
}

static bool rotates(const WgpRemote *r) {
        for (size_t i = 0; i < r->n_answers; i++)
                if (r->answers[i]->absences_needed > WGP_ABSENCES_NEEDED)
                        return true;
        return false;
}

/* For an endpoint that the profile has had for long. */
static WgpWhy find_reason_of_name(const WgpRemote *r, WgpHealth health) {
        bool roamed = !wgp_sockaddr_equal(&r->sight.facts.address, &r->moves.ours), enough;
        unsigned n_absent = count_absences(r, &enough);

        if (roamed)
                n_absent = 0;
        switch (health) {
        case WGP_HEALTH_NO_ENDPOINT:
                return WGP_WHY_FIRST;
        case WGP_HEALTH_DEAD:
                return WGP_WHY_SILENT;
        case WGP_HEALTH_CUT_OFF:
                return WGP_WHY_NO_ROUTE;
        case WGP_HEALTH_TRYING:
        case WGP_HEALTH_SUSPECT: /* one absence is enough, where it means something */
                return n_absent > 0 && !rotates(r) ? WGP_WHY_GONE : WGP_WHY_NONE;
        case WGP_HEALTH_FINE:
                return n_absent > 0 && enough ? WGP_WHY_GONE : WGP_WHY_NONE;
        default:
                return WGP_WHY_NONE;
        }
}

/* Whether, and why, the peer should leave its present address. However well it works there: somebody wants it to be
 * sent to elsewhere. */
static WgpWhy find_reason(const WgpRemote *r, WgpHealth health) {
        WgpWhy why = find_reason_of_name(r, health);

        return why == WGP_WHY_NONE && r->moves.inherited && health != WGP_HEALTH_UNKNOWN &&
                                               health != WGP_HEALTH_ABSENT ?
                               WGP_WHY_REPLACED :
                               why;
}

/* When an endpoint that is waited for is waited for no longer. */
static uint64_t next_preferred(const WgpRemote *r, uint64_t now) {
        size_t i = find_awaited(r, now);

        return i == r->n_answers ? WGP_NEVER : r->answers[i]->made_usec + WGP_SECONDS(WGP_PREFERRED_WAIT);
}

/* What to do now, and when to decide again. Whoever means to follow "move" had better look at the kernel first, and
 * ask once more: the peer may have roamed since the last look. */
WgpDecision wgp_remote_decide(const WgpRemote *r, uint64_t now) {
        WgpHealth health = wgp_sight_judge(&r->sight);
        WgpDecision d = {
                .health = health,
                .troubled = health == WGP_HEALTH_SUSPECT || health == WGP_HEALTH_DEAD,
                .observe_usec = wgp_sight_next_look(&r->sight),
                .again_usec = WGP_NEVER,
                .why = find_reason(r, health),
        };

        if (d.why == WGP_WHY_SILENT)
                d.move = pick_for_dead(r, now);
        else if (d.why != WGP_WHY_NONE)
                d.move = pick(r, d.why, now, /* again= */ false);

        if (!d.move && d.why == WGP_WHY_SILENT && r->moves.round_usec > now)
                d.again_usec = r->moves.round_usec;
        if (!d.move && d.why == WGP_WHY_FIRST)
                d.again_usec = next_preferred(r, now);
        if (!d.move)
                d.why = WGP_WHY_NONE;
        return d;
}

const char *wgp_why_text(WgpWhy why) {
        static const char *const texts[_WGP_WHY_N] = {
                [WGP_WHY_NONE] = "",
                [WGP_WHY_FIRST] = "it had no address",
                [WGP_WHY_SILENT] = "the address before did not answer",
                [WGP_WHY_GONE] = "the name has lost the address before",
                [WGP_WHY_NO_ROUTE] = "there was no route to the address before",
                [WGP_WHY_REPLACED] = "the profile has another endpoint now",
        };

        return texts[why];
}
