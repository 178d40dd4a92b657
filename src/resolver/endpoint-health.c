/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Health: WireGuard itself tells when a peer does not work: whatever is sent must be answered, by data or by an empty
 * packet, within ten seconds; only empty packets (keepalives) are not. The counters of bytes say that much, though
 * only as of two looks at them, ten seconds apart: a peer counts as dead from 25 s after the look that last saw it
 * receive.
 *
 * What is received without a session, and does not begin one, does not show that the peer lives: the peer's own
 * attempts at a handshake arrive where our answers are lost. So a path that carries packets one way only is dead when
 * such attempts are all that comes, and at the latest when the last session is over. */

#include "resolver/endpoint-health.h"

/* Whether so few bytes, in so long a time, can be keepalives, which nobody answers: those that are sent at intervals,
 * and one in answer to what was received. */
static bool are_keepalives(uint64_t bytes, uint64_t usec, uint16_t keepalive) {
        uint64_t n = 1 + (keepalive > 0 ? 1 + usec / WGP_SECONDS(keepalive) : 0);

        return bytes % WGP_KEEPALIVE_SIZE == 0 && bytes / WGP_KEEPALIVE_SIZE <= n;
}

/* Whether so many bytes, in so long a time, can be the first messages of handshakes and nothing else: the peer does
 * not hear our answers. */
static bool are_attempts(uint64_t bytes, uint64_t usec) {
        return bytes % WGP_INITIATION_SIZE == 0 &&
               bytes / WGP_INITIATION_SIZE <= 1 + usec / WGP_SECONDS(WGP_REKEY_TIMEOUT);
}

/* As of the last look. */
bool wgp_sight_has_session(const WgpSight *s) {
        return s->handshake_usec > 0 && s->observed_usec - s->handshake_usec <= WGP_SECONDS(WGP_SESSION);
}

/* As of the last look: not only keepalives, and not long ago. */
bool wgp_sight_is_sending(const WgpSight *s) {
        return s->sent_usec > 0 && s->observed_usec - s->sent_usec < WGP_SECONDS(2 * WGP_POLL_BUSY);
}

static void forget_silence(WgpSight *s) {
        s->unanswered_usec = s->unanswered_bytes = s->initiation_bytes = 0;
}

static uint64_t time_of_handshake(uint64_t now, const WgpPeerFacts *facts) {
        return facts->handshake == 0 ? 0 : facts->handshake_age_usec < now ? now - facts->handshake_age_usec : 1;
}

/* A peer that was not there at the last look, or is not the same one. */
static void meet(WgpSight *s, uint64_t now, const WgpPeerFacts *facts) {
        s->present = true;
        s->sent_usec = 0;
        s->heard = false;
        s->heard_usec = s->passed_usec = now;
        forget_silence(s);
        s->trial_usec = 0;
        s->handshake_usec = time_of_handshake(now, facts);
}

/* The wall clock may have been set: a new handshake is at most as old as the last look. */
static void note_handshake(WgpSight *s, uint64_t now, const WgpPeerFacts *facts) {
        s->handshake_usec = WGP_MIN(WGP_MAX(time_of_handshake(now, facts), s->observed_usec), now);
}

static void compare(WgpSight *s, uint64_t now, const WgpPeerFacts *facts) {
        uint64_t sent = facts->tx_bytes - s->facts.tx_bytes, received = facts->rx_bytes - s->facts.rx_bytes;
        bool shaken = facts->handshake != s->facts.handshake, had_session = wgp_sight_has_session(s);

        if (sent > 0 || received > 0 || facts->keepalive != s->facts.keepalive)
                s->passed_usec = now;
        s->heard = shaken || (had_session && received > 0 && !are_attempts(received, now - s->observed_usec));
        if (shaken)
                note_handshake(s, now, facts);
        if (s->heard) {
                s->heard_usec = now;
                s->trial_usec = 0;
                forget_silence(s);
        }
        if (sent == 0 || are_keepalives(sent, now - s->observed_usec, facts->keepalive))
                return;

        s->sent_usec = now;
        if (s->heard)
                return;
        if (s->unanswered_usec == 0)
                s->unanswered_usec = now;
        s->unanswered_bytes += sent;
        if (!had_session)
                s->initiation_bytes += sent;
}

/* The machine slept, or nobody looked for so long: nothing that was sent before is waited for any more. */
void wgp_sight_resume(WgpSight *s, uint64_t now) {
        s->heard_usec = WGP_MAX(s->heard_usec, now);
        s->passed_usec = now;
        forget_silence(s);
        if (s->trial_usec > 0)
                s->trial_usec = now;
}

/* What the kernel says now; NULL: it has no such peer. */
void wgp_sight_observe(WgpSight *s, uint64_t now, const WgpPeerFacts *facts) {
        s->heard = false;
        if (facts && s->present && now - s->observed_usec > WGP_SECONDS(WGP_LOOKS_LOST))
                wgp_sight_resume(s, now);

        if (!facts)
                s->present = false;
        else if (!s->present || facts->tx_bytes < s->facts.tx_bytes || facts->rx_bytes < s->facts.rx_bytes)
                meet(s, now, facts);
        else
                compare(s, now, facts);

        if (facts)
                s->facts = *facts;
        if (s->rank == WGP_RANK_NO_ROUTE || s->was_cut_off)
                s->passed_usec = now;
        s->was_cut_off = s->rank == WGP_RANK_NO_ROUTE;
        s->observed = true;
        s->observed_usec = now;
}

/* The kernel was told to send to this address. "trial": seconds that it gets, 0: as long as any other peer. */
void wgp_sight_move(WgpSight *s, uint64_t now, const WgpSockaddr *address, WgpRank rank, unsigned trial) {
        s->facts.address = *address;
        s->rank = rank;
        s->trial_usec = s->passed_usec = now;
        s->trial = trial;
        forget_silence(s);
}

/* --- judgement --- */

/* When unbroken silence is long enough. "answer": since the first that was sent into it; "silence": of it all. */
static uint64_t silent_usec(const WgpSight *s, unsigned answer, unsigned silence) {
        if (s->unanswered_usec == 0)
                return WGP_NEVER;
        return WGP_MAX(s->unanswered_usec + WGP_SECONDS(answer), s->heard_usec + WGP_SECONDS(silence));
}

/* When what was sent to an address on trial has had its time: early on, and again where there is time for that. */
static uint64_t answer_usec(const WgpSight *s) {
        return s->unanswered_usec == 0 ?
                               WGP_NEVER :
                               s->unanswered_usec + WGP_SECONDS(s->trial < WGP_TRIAL ? WGP_TRIAL_ANSWER :
                                                                                       WGP_TRIAL - WGP_TRIAL_LOOK);
}

static bool has_failed(const WgpSight *s) {
        unsigned n = s->trial < WGP_TRIAL ? 1 : 2; /* initiations */

        return s->trial > 0 && s->unanswered_bytes >= n * WGP_INITIATION_SIZE && s->observed_usec >= answer_usec(s) &&
               s->observed_usec >= s->trial_usec + WGP_SECONDS(s->trial);
}

/* Whether keepalives are due and none leaves: sending fails, which nothing else tells of. WireGuard counts what was
 * sent only, and without keepalives such a peer looks like an idle one. */
static bool cannot_send(const WgpSight *s) {
        return s->facts.keepalive > 0 &&
               s->observed_usec >= s->passed_usec + WGP_SECONDS(s->facts.keepalive + WGP_KEEPALIVE_LATE);
}

static bool is_dead(const WgpSight *s) {
        if (s->observed_usec >= silent_usec(s, WGP_ANSWER_DEAD, WGP_SILENCE_DEAD))
                return true;
        if (s->trial_usec > 0)
                return has_failed(s);
        /* Initiations are 5 s apart: a second means the first was not answered. */
        return s->initiation_bytes >= 2 * WGP_INITIATION_SIZE;
}

/* As of the last look at the kernel. A peer that was heard just now has a way, whatever the routes look like. */
WgpHealth wgp_sight_judge(const WgpSight *s) {
        if (!s->observed)
                return WGP_HEALTH_UNKNOWN;
        if (!s->present)
                return WGP_HEALTH_ABSENT;
        if (s->facts.address.family == AF_UNSPEC)
                return WGP_HEALTH_NO_ENDPOINT;
        if (is_dead(s))
                return WGP_HEALTH_DEAD;
        if (s->rank == WGP_RANK_NO_ROUTE && !s->heard)
                return WGP_HEALTH_CUT_OFF;
        if (cannot_send(s))
                return WGP_HEALTH_DEAD;
        if (s->trial_usec > 0)
                return WGP_HEALTH_TRYING;
        if (s->observed_usec >= silent_usec(s, WGP_ANSWER_SUSPECT, WGP_SILENCE_SUSPECT))
                return WGP_HEALTH_SUSPECT;
        return WGP_HEALTH_FINE;
}

/* --- the next look --- */

static unsigned find_interval(const WgpSight *s) {
        if (wgp_sight_is_sending(s))
                return WGP_POLL_BUSY;
        if (s->sent_usec > 0 && s->observed_usec - s->sent_usec < WGP_SECONDS(WGP_QUIET_AFTER))
                return WGP_POLL_QUIET;
        return WGP_POLL_IDLE;
}

/* When to look at the kernel next; 0: at once. */
uint64_t wgp_sight_next_look(const WgpSight *s) {
        uint64_t interval = WGP_SECONDS(find_interval(s));
        uint64_t next = (s->observed_usec / interval + 1) * interval;
        const uint64_t deadlines[] = {
                silent_usec(s, WGP_ANSWER_SUSPECT, WGP_SILENCE_SUSPECT),
                silent_usec(s, WGP_ANSWER_DEAD, WGP_SILENCE_DEAD),
                s->trial_usec > 0 ? s->trial_usec + WGP_SECONDS(WGP_TRIAL_LOOK) : WGP_NEVER,
                s->trial_usec > 0 ? s->trial_usec + WGP_SECONDS(s->trial) : WGP_NEVER,
                s->trial_usec > 0 ? answer_usec(s) : WGP_NEVER,
                s->rank == WGP_RANK_NO_ROUTE && s->heard ? s->observed_usec + WGP_SECONDS(WGP_POLL_CUT_OFF) :
                                                           WGP_NEVER,
        };

        if (!s->observed)
                return 0;
        for (size_t i = 0; s->present && i < WGP_ARRAY_SIZE(deadlines); i++)
                if (deadlines[i] > s->observed_usec && deadlines[i] < next)
                        next = deadlines[i];
        return next;
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
