/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Decides when a host name is asked for. */

#include "resolver/name.h"

#include "base/digest.h"
#include "model/prefix.h"

/* Returns NULL: out of memory. It is to be asked for at once. */
WgpName *wgp_name_new(const char *host, uint64_t now) {
        WgpName *name = calloc(1, sizeof(*name));

        if (!name)
                return NULL;
        name->ask_usec = now;
        name->ttl_usec = WGP_TTL_UNKNOWN;
        name->refresh_usec = WGP_SECONDS(WGP_REFRESH_DEFAULT);
        name->host = strdup(host);
        return name->host ? name : wgp_name_free(name);
}

WgpName *wgp_name_free(WgpName *name) {
        if (!name)
                return NULL;
        free(name->users);
        free(name->failure);
        free(name->host);
        free(name);
        return NULL;
}

/* Sets the longest time between two answers, 0: the default; also for the question that comes next, which may be due
 * by now. */
void wgp_name_set_refresh(WgpName *name, uint64_t refresh_usec) {
        name->refresh_usec = refresh_usec > 0 ? refresh_usec : WGP_SECONDS(WGP_REFRESH_DEFAULT);
        name->interval_usec = WGP_MIN(name->interval_usec, name->refresh_usec);
        if (name->answered_usec > 0)
                name->ask_usec = WGP_MIN(name->ask_usec, name->answered_usec + name->refresh_usec + WGP_SECOND);
}

/* Trouble asks before its time, and first of all: it wants to know what no cache does. */
static bool is_out_of_turn(const WgpName *name, uint64_t now) {
        return name->troubled && (name->n_troubled == 0 || now < name->ask_usec);
}

/* The oldest question is not waited for any more. */
void wgp_name_drop_oldest(WgpName *name) {
        name->n_asking--;
        memmove(name->asking_usec, name->asking_usec + 1, name->n_asking * sizeof(*name->asking_usec));
}

/* A question was asked: at most WGP_NAME_QUESTIONS_MAX are under way. */
void wgp_name_asked(WgpName *name, uint64_t now) {
        if (is_out_of_turn(name, now))
                name->n_troubled++;
        name->asking_usec[name->n_asking++] = now;
        name->poked = false;
        name->asked_usec = now;
}

static uint64_t digest_of(const WgpAnswer *answer) {
        uint64_t sum = answer->n_addresses;

        for (size_t i = 0; i < answer->n_addresses; i++) {
                WgpPrefix address;

                wgp_sockaddr_to_prefix(answer->addresses + i, &address);
                sum += wgp_digest_add(address.family, address.bytes, sizeof(address.bytes));
        }
        return sum;
}

/* Takes the TTL of the last answer, which may come later than its addresses. */
void wgp_name_set_ttl(WgpName *name, uint64_t ttl_usec) {
        uint64_t interval = ttl_usec == WGP_TTL_UNKNOWN ? WGP_SECONDS(WGP_INTERVAL_UNKNOWN) : ttl_usec;

        name->ttl_usec = ttl_usec;
        name->interval_usec = WGP_MIN(WGP_MAX(interval, WGP_SECONDS(WGP_INTERVAL_MIN)), name->refresh_usec);
        /* A second later no cache on the way has the record any more. */
        name->ask_usec = name->answered_usec + name->interval_usec + WGP_SECOND;
}

/* A question was answered. Where something has changed since it was asked, the next one follows soon. */
void wgp_name_answered(WgpName *name, uint64_t now, const WgpAnswer *answer) {
        uint64_t digest = digest_of(answer);

        name->n_asking -= name->n_asking > 0;
        name->doubted = name->doubted && name->poked;
        name->failed = name->overtaken = false;
        name->n_failures = 0;
        if (digest != name->digest)
                name->n_troubled = 0;
        name->digest = digest;
        name->answered_usec = now;
        wgp_name_set_ttl(name, answer->ttl_usec);
}

/* A question had no answer, of whatever kind: "no such name" is one that many a name server gives while it starts. The
 * delay doubles from one second, less up to a quarter as "random" has it. */
void wgp_name_failed(WgpName *name, uint64_t now, uint32_t random) {
        uint64_t delay = WGP_SECONDS(WGP_MIN(1U << WGP_MIN(name->n_failures, 6U), (unsigned) WGP_BACKOFF_MAX));

        name->n_asking -= name->n_asking > 0;
        name->failed = true;
        name->overtaken = name->n_asking > 0;
        name->n_failures++;
        name->ask_usec = now + delay - (delay / 4 * random >> 32);
}

/* Something has changed that may change the answer. "fresh": somebody wants to know now, and past all caches. */
void wgp_name_poke(WgpName *name, bool fresh) {
        name->poked = true;
        name->doubted = name->doubted || fresh;
        name->n_failures = name->n_troubled = 0;
}

/* Whether a peer with this name is dead, or seems to be. */
void wgp_name_set_troubled(WgpName *name, bool troubled) {
        if (!troubled)
                name->n_troubled = 0;
        name->troubled = troubled;
}

/* Until when the last answer holds, whatever has changed; 0: there is none that does. */
static uint64_t holds_until(const WgpName *name) {
        return name->answered_usec > 0 && !name->failed && !name->doubted ?
                               name->answered_usec + WGP_SECONDS(WGP_ANSWER_HOLDS) :
                               0;
}

/* Trouble does not wait for the TTL: it asks at once, then after 15, 30, 60 seconds... */
static uint64_t next_of_troubled(const WgpName *name) {
        unsigned n = name->n_troubled;
        uint64_t delay = n == 0 ? 0 :
                                  WGP_SECONDS(WGP_MIN((unsigned) WGP_DEAD_MIN << WGP_MIN(n - 1, 6U),
                                                  (unsigned) WGP_DEAD_MAX));

        return WGP_MAX(name->asked_usec + delay, holds_until(name));
}

/* Returns when to ask; WGP_NEVER: not before a question that is under way has come to an end. One that was asked
 * before something changed is not waited for long: its server may be out of reach by now. */
uint64_t wgp_name_next(const WgpName *name) {
        uint64_t next = name->ask_usec;

        if (name->poked)
                next = WGP_MIN(next, holds_until(name));
        if (name->troubled)
                next = WGP_MIN(next, next_of_troubled(name));
        if (name->n_asking == 0)
                return next;
        if (!name->poked && !name->overtaken)
                return WGP_NEVER;
        return WGP_MAX(next,
                        name->n_asking < WGP_NAME_QUESTIONS_MAX ?
                                        name->asked_usec + WGP_SECONDS(WGP_QUESTION_HANGS << (name->n_asking - 1)) :
                                        name->asking_usec[0] + WGP_SECONDS(WGP_QUESTION_LOST));
}

/* Whether the next question goes past all caches. One after another does: it would only join that. */
bool wgp_name_is_fresh(const WgpName *name, uint64_t now) {
        return name->doubted || name->n_asking > 0 || is_out_of_turn(name, now);
}

/* Whose turn it is first, as of qsort(3): who never had an answer, then the dead, then who was asked for longest ago.
 */
int wgp_name_compare_turn(const WgpName *a, const WgpName *b) {
        if ((a->answered_usec == 0) != (b->answered_usec == 0))
                return a->answered_usec == 0 ? -1 : 1;
        if (a->troubled != b->troubled)
                return a->troubled ? -1 : 1;
        return a->asked_usec < b->asked_usec ? -1 : a->asked_usec > b->asked_usec;
}
