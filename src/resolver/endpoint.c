/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Endpoint: what the kernel says of a peer (its health), and what follows from that and from the answers.
 *
 * A peer that works is left alone. WireGuard itself tells when one does not: whatever is sent must be answered, by
 * data or by an empty packet, within ten seconds; only empty packets (keepalives) are not. The counters of bytes say
 * that much, though only as of two looks at them, ten seconds apart: a peer counts as dead from 25 s after the look
 * that last saw it receive.
 *
 * A roamed address is the peer's own doing, and left as long as it works, whatever the name says; but an endpoint that
 * is new in the profile is meant to be gone to. */

#include "resolver/endpoint.h"

#include "core/value.h"

/* --- the kernel --- */

/* Whether so few bytes, in so long a time, can be keepalives, which nobody answers: those that are sent at intervals,
 * and one in answer to what was received. */
static bool are_keepalives(uint64_t bytes, uint64_t usec, uint16_t keepalive) {
        uint64_t n = 1 + (keepalive > 0 ? 1 + usec / WGP_SECONDS(keepalive) : 0);

        return bytes % WGP_KEEPALIVE_SIZE == 0 && bytes / WGP_KEEPALIVE_SIZE <= n;
}

/* As of the last look. */
static bool has_session(const WgpTracker *t) {
        return t->handshake_usec > 0 && t->observed_usec - t->handshake_usec <= WGP_SECONDS(WGP_SESSION);
}

static void forget_silence(WgpTracker *t) {
        t->unanswered_usec = t->unanswered_bytes = t->initiation_bytes = 0;
}

/* A peer that was not there at the last look, or is not the same one. */
static void meet(WgpTracker *t, uint64_t now, const WgpPeerFacts *facts) {
        t->present = true;
        t->sent_usec = 0;
        t->heard_usec = now;
        forget_silence(t);
        t->moved_usec = 0;
        t->handshake_usec = facts->handshake == 0                ? 0 :
                        facts->handshake_age_usec < now ? now - facts->handshake_age_usec :
                                                          1;
}

static void hear(WgpTracker *t, uint64_t now, const WgpPeerFacts *facts) {
        WgpCandidate *present;

        t->heard_usec = now;
        forget_silence(t);
        t->moved_usec = 0;
        for (size_t i = 0; i < t->n_candidates; i++)
                t->candidates[i].tried_usec = 0;

        present = wgp_tracker_find(t, &facts->address);
        if (present)
                present->good_usec = now;
}

static void compare(WgpTracker *t, uint64_t now, const WgpPeerFacts *facts) {
        uint64_t sent = facts->tx_bytes - t->facts.tx_bytes;
        bool heard = facts->rx_bytes != t->facts.rx_bytes || facts->handshake != t->facts.handshake;
        bool had_session = has_session(t);

        if (facts->handshake != t->facts.handshake)
                t->handshake_usec = now;
        if (heard)
                hear(t, now, facts);
        if (sent == 0 || are_keepalives(sent, now - t->observed_usec, facts->keepalive))
                return;

        t->sent_usec = now;
        if (heard)
                return;
        if (t->unanswered_usec == 0)
                t->unanswered_usec = now;
        t->unanswered_bytes += sent;
        if (!had_session)
                t->initiation_bytes += sent;
}

/* A peer that is where its new name leads to, or nowhere, has nothing left of the endpoint before. */
void wgp_tracker_settle(WgpTracker *t) {
        const WgpCandidate *present = wgp_tracker_find(t, &t->facts.address);

        if (!t->inherited || !t->observed || !t->present)
                return;
        if (present && present->listed)
                t->ours = t->facts.address;
        t->inherited = t->facts.address.family != AF_UNSPEC && !(present && present->listed);
}

/* One packet that was under way from the old address when the peer left it takes the peer back there, and this is not the
 * roaming that is left alone. An old server that goes on sending, while nothing comes from the new one, has its way. */
static void resist_return(WgpTracker *t) {
        if (t->left.family == AF_UNSPEC)
                return;
        if (!wgp_sockaddr_equal(&t->facts.address, &t->left)) {
                if (t->heard_usec == t->observed_usec)
                        t->left = (WgpSockaddr) {};
        } else if (t->n_returns++ < WGP_RETURNS_MAX)
                t->inherited = true;
        else
                t->left = (WgpSockaddr) {};
}

/* What the kernel says now; NULL: it has no such peer. */
void wgp_tracker_observe(WgpTracker *t, uint64_t now, const WgpPeerFacts *facts) {
        if (!facts)
                t->present = false;
        else if (!t->present || facts->tx_bytes < t->facts.tx_bytes || facts->rx_bytes < t->facts.rx_bytes)
                meet(t, now, facts);
        else
                compare(t, now, facts);

        if (facts)
                t->facts = *facts;
        t->observed = true;
        t->observed_usec = now;
        if (facts)
                resist_return(t);
        wgp_tracker_settle(t);
}

/* The kernel was told to send to this address. */
void wgp_tracker_moved(WgpTracker *t, uint64_t now, const WgpSockaddr *address, WgpWhy why) {
        WgpCandidate *from = wgp_tracker_find(t, &t->facts.address), *to = wgp_tracker_find(t, address);

        if (from)
                from->tried_usec = now;
        if (to) {
                to->tried_usec = now;
                t->rank = to->rank;
        }
        if (t->inherited)
                t->left = t->facts.address;
        t->inherited = false;
        t->facts.address = t->ours = *address;
        t->moved_usec = now;
        forget_silence(t);
        t->why = why;
}

/* --- the decision --- */

/* When unbroken silence is long enough. "answer": since the first that was sent into it; "silence": of it all. */
static uint64_t silent_usec(const WgpTracker *t, unsigned answer, unsigned silence) {
        if (t->unanswered_usec == 0)
                return WGP_NEVER;
        return WGP_MAX(t->unanswered_usec + WGP_SECONDS(answer), t->heard_usec + WGP_SECONDS(silence));
}

/* Whether the address that the peer was moved to has had its chance: it was sent to early on, and again. A peer that
 * was well, with a session, gets as much time as any other. */
static bool has_failed(const WgpTracker *t) {
        return t->unanswered_bytes >= 2 * WGP_INITIATION_SIZE && (t->why == WGP_WHY_SILENT || !has_session(t)) &&
                        t->observed_usec >= t->moved_usec + WGP_SECONDS(WGP_TRIAL) &&
                        t->observed_usec >= t->unanswered_usec + WGP_SECONDS(WGP_TRIAL - WGP_TRIAL_LOOK);
}

static bool is_dead(const WgpTracker *t) {
        if (t->observed_usec >= silent_usec(t, WGP_ANSWER_DEAD, WGP_SILENCE_DEAD))
                return true;
        if (t->moved_usec > 0)
                return has_failed(t);
        /* two of them take five seconds, in which the answer to the first should have come */
        return t->initiation_bytes >= 2 * WGP_INITIATION_SIZE;
}

/* As of the last look at the kernel. */
WgpHealth wgp_tracker_judge(const WgpTracker *t) {
        if (!t->observed)
                return WGP_HEALTH_UNKNOWN;
        if (!t->present)
                return WGP_HEALTH_ABSENT;
        if (t->facts.address.family == AF_UNSPEC)
                return WGP_HEALTH_NO_ENDPOINT;
        if (is_dead(t))
                return WGP_HEALTH_DEAD;
        if (t->rank == WGP_RANK_NO_ROUTE)
                return WGP_HEALTH_CUT_OFF;
        if (t->moved_usec > 0)
                return WGP_HEALTH_TRYING;
        if (t->observed_usec >= silent_usec(t, WGP_ANSWER_SUSPECT, WGP_SILENCE_SUSPECT))
                return WGP_HEALTH_SUSPECT;
        return WGP_HEALTH_FINE;
}

static bool is_in_trouble(WgpHealth health) {
        return health == WGP_HEALTH_SUSPECT || health == WGP_HEALTH_DEAD;
}

static uint64_t next_look(const WgpTracker *t) {
        bool busy = t->sent_usec > 0 && t->observed_usec - t->sent_usec < WGP_SECONDS(2 * WGP_POLL_BUSY);
        uint64_t interval = WGP_SECONDS(busy ? WGP_POLL_BUSY : WGP_POLL_IDLE);
        uint64_t next = (t->observed_usec / interval + 1) * interval;
        const uint64_t deadlines[] = {
                silent_usec(t, WGP_ANSWER_SUSPECT, WGP_SILENCE_SUSPECT),
                silent_usec(t, WGP_ANSWER_DEAD, WGP_SILENCE_DEAD),
                t->moved_usec > 0 ? t->moved_usec + WGP_SECONDS(WGP_TRIAL_LOOK) : WGP_NEVER,
                t->moved_usec > 0 ? t->moved_usec + WGP_SECONDS(WGP_TRIAL) : WGP_NEVER,
                t->moved_usec > 0 && t->unanswered_usec > 0 ?
                                t->unanswered_usec + WGP_SECONDS(WGP_TRIAL - WGP_TRIAL_LOOK) :
                                WGP_NEVER,
        };

        if (!t->observed)
                return 0;
        for (size_t i = 0; t->present && i < WGP_ARRAY_SIZE(deadlines); i++)
                if (deadlines[i] > t->observed_usec && deadlines[i] < next)
                        next = deadlines[i];
        return next;
}

/* Untried ones first, of these the one where the peer answered last, of others the one with the best route. */
static bool is_better(const WgpCandidate *a, const WgpCandidate *b) {
        if (a->tried_usec != b->tried_usec)
                return a->tried_usec < b->tried_usec;
        if (a->good_usec != b->good_usec)
                return a->good_usec > b->good_usec;
        return a->rank < b->rank;
}

static const WgpCandidate *pick(const WgpTracker *t) {
        const WgpCandidate *best = NULL;

        for (size_t i = 0; i < t->n_candidates; i++) {
                const WgpCandidate *c = t->candidates + i;

                if (c->listed && c->rank != WGP_RANK_NO_ROUTE &&
                    !wgp_sockaddr_equal(&c->address, &t->facts.address) && (!best || is_better(c, best)))
                        best = c;
        }
        return best;
}

/* For an endpoint that the profile has had for long. */
static WgpWhy find_reason_of_name(const WgpTracker *t, WgpHealth health) {
        const WgpCandidate *present = wgp_tracker_find(t, &t->facts.address);
        bool roamed = !wgp_sockaddr_equal(&t->facts.address, &t->ours);
        bool unlisted = !roamed && present && !present->listed;

        switch (health) {
        case WGP_HEALTH_NO_ENDPOINT:
                return WGP_WHY_FIRST;
        case WGP_HEALTH_DEAD:
                return WGP_WHY_SILENT;
        case WGP_HEALTH_CUT_OFF:
                return WGP_WHY_NO_ROUTE;
        case WGP_HEALTH_TRYING:
        case WGP_HEALTH_SUSPECT: /* one absence is enough, where it means something */
                return unlisted && t->absences_needed == WGP_ABSENCES_NEEDED ? WGP_WHY_GONE : WGP_WHY_NONE;
        case WGP_HEALTH_FINE:
                return unlisted && present->n_absent >= t->absences_needed ? WGP_WHY_GONE : WGP_WHY_NONE;
        default:
                return WGP_WHY_NONE;
        }
}

/* Whether, and why, the peer should leave its present address. However well it works there: somebody wants it to be sent
 * to elsewhere. */
static WgpWhy find_reason(const WgpTracker *t, WgpHealth health) {
        WgpWhy why = find_reason_of_name(t, health);

        return why == WGP_WHY_NONE && t->inherited && health != WGP_HEALTH_UNKNOWN && health != WGP_HEALTH_ABSENT ?
                        WGP_WHY_REPLACED :
                        why;
}

/* What to do now, and when to decide again. Whoever means to follow "move" had better look at the kernel first, and
 * ask once more: the peer may have roamed since the last look. */
WgpDecision wgp_tracker_decide(const WgpTracker *t, uint64_t now) {
        WgpHealth health = wgp_tracker_judge(t);
        WgpDecision d = {
                .health = health,
                .troubled = is_in_trouble(health),
                .observe_usec = next_look(t),
                .why = find_reason(t, health),
        };

        if (d.why != WGP_WHY_NONE)
                d.move = pick(t);
        if (!d.move)
                d.why = WGP_WHY_NONE;
        return d;
}

/* Ranks an address by the source address that the route to it would use; family AF_UNSPEC: there is no route. IPv6
 * comes first where it is as global as the address is: RFC 6724, in short. */
WgpRank wgp_rank(const WgpPrefix *destination, const WgpPrefix *source) {
        const uint8_t *d = destination->bytes, *s = source->bytes;

        if (source->family == AF_UNSPEC)
                return WGP_RANK_NO_ROUTE;
        if (destination->family == AF_INET)
                return WGP_RANK_SECOND;

        /* fc00::/7 and fe80::/10 reach only their like */
        if (((s[0] & 0xfe) == 0xfc && (d[0] & 0xfe) != 0xfc) ||
            (s[0] == 0xfe && (s[1] & 0xc0) == 0x80 && !(d[0] == 0xfe && (d[1] & 0xc0) == 0x80)))
                return WGP_RANK_THIRD;
        return WGP_RANK_FIRST;
}

const char *wgp_health_text(WgpHealth health) {
        static const char *const texts[_WGP_HEALTH_N] = {
                [WGP_HEALTH_UNKNOWN] = "unknown",
                [WGP_HEALTH_ABSENT] = "no such peer",
                [WGP_HEALTH_NO_ENDPOINT] = "no address yet",
                [WGP_HEALTH_FINE] = "fine",
                [WGP_HEALTH_TRYING] = "trying",
                [WGP_HEALTH_CUT_OFF] = "no route",
                [WGP_HEALTH_SUSPECT] = "not answering",
                [WGP_HEALTH_DEAD] = "dead",
        };

        return texts[health];
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
