/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* When one name is asked for. */
#include <arpa/inet.h>
#include <criterion/criterion.h>
#include <stdio.h>

#include "resolver/name.h"

enum {
        START = 6000, /* seconds on the clock when a story begins */
        STEPS_MAX = 24,
};

typedef enum StepType {
        END,
        ANSWER, /* this address, with a TTL */
        TTL,    /* it comes later */
        FAIL,
        DROP,    /* the oldest question */
        POKE,    /* something changed; "n" is 1: somebody wants to know */
        TROUBLE, /* a peer is dead; "n" is 0: it is well again */
        NEXT,    /* expected: the next question at that second */
        WAITS,   /* expected: no question before one has ended */
        ASKS,    /* expected: it is due; asked. "n" is 1: past all caches */
} StepType;

typedef struct Step {
        StepType type;
        unsigned at; /* seconds since the start */
        unsigned n;
        uint64_t ttl;
} Step;

static WgpSockaddr address_of(unsigned n) {
        return (WgpSockaddr) { .in = { .sin_family = AF_INET, .sin_addr.s_addr = htonl(0xcb007100U + n) } };
}

static const struct {
        const char *name;
        Step steps[STEPS_MAX];
} stories[] = {
        { "after the TTL, which comes later than the address",
                        {
                                        { ASKS, 0 },
                                        { WAITS, 100 },
                                        { ANSWER, 1, 1, WGP_TTL_UNKNOWN / WGP_SECOND },
                                        { TTL, 3, 0, 90 },
                                        { NEXT, 92 },
                                        { ASKS, 92 },
                        } },
        { "a later question has no answer: the one that hangs is not waited for",
                        {
                                        { ASKS, 0 },
                                        { POKE, 0 },
                                        { NEXT, 1 },
                                        { ASKS, 1, 1 },
                                        { FAIL, 2 },
                                        { NEXT, 3 },
                                        { ASKS, 3, 1 },
                                        { ANSWER, 4, 1, 300 },
                                        { WAITS, 5 },
                        } },
        { "whatever changes, an answer holds for ten seconds",
                        {
                                        { ASKS, 0 },
                                        { ANSWER, 1, 1, 300 },
                                        { POKE, 2 },
                                        { NEXT, 11 },
                                        { POKE, 9 },
                                        { NEXT, 11 },
                                        { ASKS, 11 },
                                        { ANSWER, 11, 1, 300 },
                                        { NEXT, 312 },
                                        { POKE, 100 },
                                        { ASKS, 100 },
                        } },
        { "but not for somebody who wants to know",
                        {
                                        { ASKS, 0 },
                                        { ANSWER, 1, 1, 300 },
                                        { POKE, 2, 1 },
                                        { ASKS, 2, 1 },
                                        { ANSWER, 2, 1, 300 },
                                        { NEXT, 303 },
                        } },
        { "a change while it is asked for: the answer is taken, and asked for once more",
                        {
                                        { ASKS, 0 },
                                        { POKE, 0 },
                                        { ANSWER, 0, 1, 300 },
                                        { NEXT, 10 },
                                        { TTL, 1, 0, 300 },
                                        { NEXT, 10 },
                                        { ASKS, 10 },
                                        { ANSWER, 10, 1, 300 },
                                        { NEXT, 311 },
                        } },
        { "a change while a question hangs: a second one, past all caches",
                        {
                                        { ASKS, 0 },
                                        { POKE, 0 },
                                        { NEXT, 1 },
                                        { ASKS, 1, 1 },
                                        { WAITS, 100 },
                                        { ANSWER, 30, 1, 300 },
                                        { WAITS, 100 }, /* one of them still is under way */
                                        { POKE, 30 },
                                        { NEXT, 40 },
                                        { ASKS, 40, 1 },
                        } },
        { "one change after another while all questions hang: four, and more when the oldest is lost",
                        {
                                        { ASKS, 0 },
                                        { POKE, 0 },
                                        { ASKS, 1, 1 },
                                        { POKE, 1 },
                                        { NEXT, 3 },
                                        { ASKS, 3, 1 },
                                        { POKE, 3 },
                                        { NEXT, 7 },
                                        { ASKS, 7, 1 },
                                        { POKE, 7 },
                                        { NEXT, 30 },
                                        { DROP, 30 },
                                        { ASKS, 30, 1 },
                                        { POKE, 30 },
                                        { NEXT, 31 },
                        } },
        { "a change ends the delays after failures",
                        {
                                        { ASKS, 0 },
                                        { FAIL, 0 },
                                        { ASKS, 1 },
                                        { FAIL, 1 },
                                        { ASKS, 3 },
                                        { FAIL, 3 },
                                        { NEXT, 7 },
                                        { POKE, 4 },
                                        { ASKS, 4 },
                                        { FAIL, 4 },
                                        { NEXT, 5 },
                        } },
        { "a name that had an answer and fails now is like any other that fails",
                        {
                                        { ASKS, 0 },
                                        { ANSWER, 0, 1, 300 },
                                        { ASKS, 301 },
                                        { FAIL, 301 },
                                        { POKE, 301 },
                                        { ASKS, 301 },
                        } },
        { "trouble: at once, after 15, 30, 60... 900 seconds, past all caches",
                        {
                                        { ASKS, 0 },
                                        { ANSWER, 0, 1, 86400 },
                                        { TROUBLE, 30, 1 },
                                        { ASKS, 30, 1 },
                                        { ANSWER, 30, 1, 86400 },
                                        { NEXT, 45 },
                                        { ASKS, 45, 1 },
                                        { ANSWER, 45, 1, 86400 },
                                        { NEXT, 75 },
                                        { ASKS, 75, 1 },
                                        { ANSWER, 75, 1, 86400 },
                                        { ASKS, 135, 1 },
                                        { ANSWER, 135, 1, 86400 },
                                        { NEXT, 255 },
                                        { POKE, 200 }, /* something changes: from the beginning */
                                        { ASKS, 200, 1 },
                                        { ANSWER, 200, 2, 86400 }, /* and another address */
                                        { NEXT, 210 },
                                        { TROUBLE, 205 },
                                        { NEXT, 200 + 1801 },
                        } },
        { "trouble, and a short TTL: in turn it is asked for as ever",
                        {
                                        { ASKS, 0 },
                                        { ANSWER, 0, 1, 60 },
                                        { TROUBLE, 5, 1 },
                                        { NEXT, 10 },
                                        { ASKS, 10, 1 },
                                        { ANSWER, 10, 1, 60 },
                                        { ASKS, 25, 1 },
                                        { ANSWER, 25, 1, 60 },
                                        { ASKS, 55, 1 },
                                        { ANSWER, 55, 1, 60 },
                                        { ASKS, 115, 1 },
                                        { ANSWER, 115, 1, 60 },
                                        { NEXT, 176 },
                                        { ASKS, 176, 0 },
                        } },
};

static void run(WgpName *name, const Step *s, const char *where) {
        uint64_t now = (START + s->at) * WGP_SECOND;
        WgpSockaddr address = address_of(s->n);

        switch (s->type) {
        case ANSWER:
                wgp_name_answered(name, now,
                                &(WgpAnswer) { &address, 1,
                                                s->ttl == WGP_TTL_UNKNOWN / WGP_SECOND ? WGP_TTL_UNKNOWN :
                                                                                         WGP_SECONDS(s->ttl) });
                break;
        case TTL:
                wgp_name_set_ttl(name, WGP_SECONDS(s->ttl));
                break;
        case FAIL:
                wgp_name_failed(name, now, /* random= */ 0);
                break;
        case DROP:
                wgp_name_drop_oldest(name);
                break;
        case POKE:
                wgp_name_poke(name, s->n == 1);
                break;
        case TROUBLE:
                wgp_name_set_troubled(name, s->n == 1);
                break;
        case NEXT:
                cr_expect_eq(WGP_MAX(wgp_name_next(name), WGP_SECONDS(START)), now, "%s: at %g", where,
                                (double) wgp_name_next(name) / WGP_SECOND - START);
                break;
        case WAITS:
                cr_expect_eq(wgp_name_next(name), WGP_NEVER, "%s: at %g", where,
                                (double) wgp_name_next(name) / WGP_SECOND - START);
                break;
        default:
                cr_expect_leq(wgp_name_next(name), now, "%s: not before %g", where,
                                (double) wgp_name_next(name) / WGP_SECOND - START);
                cr_expect_eq(wgp_name_is_fresh(name, now), s->n == 1, "%s: past caches", where);
                wgp_name_asked(name, now);
        }
}

Test(name, stories) {
        for (size_t i = 0; i < WGP_ARRAY_SIZE(stories); i++) {
                WgpName *name = wgp_name_new("host.example.org", START * WGP_SECOND);

                cr_assert(name);
                for (size_t j = 0; j < STEPS_MAX && stories[i].steps[j].type != END; j++) {
                        char where[200];

                        snprintf(where, sizeof(where), "'%s', step %zu", stories[i].name, j);
                        run(name, stories[i].steps + j, where);
                }
                wgp_name_free(name);
        }
}

Test(name, turns) {
        static const struct {
                const char *name;
                WgpName a, b;
                int order;
        } cases[] = {
                { "the same", { .asked_usec = 5 }, { .asked_usec = 5 }, 0 },
                { "who never had an answer comes first", { .asked_usec = 9 }, { .asked_usec = 5, .answered_usec = 6 },
                                -1 },
                { "even before the dead", { .asked_usec = 9 }, { .answered_usec = 6, .troubled = true }, -1 },
                { "the dead before the living", { .asked_usec = 9, .answered_usec = 10, .troubled = true },
                                { .asked_usec = 1, .answered_usec = 6 }, -1 },
                { "then the oldest", { .asked_usec = 4, .answered_usec = 20 }, { .asked_usec = 5, .answered_usec = 6 },
                                -1 },
        };

        for (size_t i = 0; i < WGP_ARRAY_SIZE(cases); i++) {
                cr_expect_eq(wgp_name_compare_turn(&cases[i].a, &cases[i].b), cases[i].order, "case '%s'",
                                cases[i].name);
                cr_expect_eq(wgp_name_compare_turn(&cases[i].b, &cases[i].a), -cases[i].order, "case '%s'",
                                cases[i].name);
        }
}

Test(name, delays) {
        static const struct {
                const char *name;
                unsigned n_before; /* failures */
                uint32_t random;
                uint64_t usec;
        } cases[] = {
                { "the first", 0, 0, 1000000 },
                { "the first, less a quarter", 0, UINT32_MAX, 750001 },
                { "the third, less an eighth", 2, UINT32_MAX / 2 + 1, 3500000 },
                { "the sixth", 5, 0, 32000000 },
                { "the seventh is limited", 6, 0, 60000000 },
                { "the hundredth", 99, UINT32_MAX, 45000001 },
        };

        for (size_t i = 0; i < WGP_ARRAY_SIZE(cases); i++) {
                WgpName *name = wgp_name_new("host.example.org", 0);

                cr_assert(name);
                name->n_failures = cases[i].n_before;
                wgp_name_failed(name, WGP_SECOND, cases[i].random);
                cr_expect_eq(name->ask_usec - WGP_SECOND, cases[i].usec, "case '%s': %lu", cases[i].name,
                                (unsigned long) (name->ask_usec - WGP_SECOND));
                wgp_name_free(name);
        }
}

Test(name, intervals) {
        static const struct {
                const char *name;
                uint64_t refresh, ttl_usec, expected; /* "refresh" and "expected" in seconds */
        } cases[] = {
                { "the TTL", 1800, WGP_SECONDS(300), 300 },
                { "too short", 1800, WGP_SECONDS(1), 60 },
                { "none: a name from /etc/hosts", 1800, WGP_SECONDS(0), 60 },
                { "too long", 1800, WGP_SECONDS(86400), 1800 },
                { "not told", 1800, WGP_TTL_UNKNOWN, 300 },
                { "a short refresh interval", 20, WGP_SECONDS(300), 20 },
                { "a short refresh interval, not told", 20, WGP_TTL_UNKNOWN, 20 },
        };

        for (size_t i = 0; i < WGP_ARRAY_SIZE(cases); i++) {
                WgpSockaddr address = address_of(1);
                WgpName *name = wgp_name_new("host.example.org", 0);

                cr_assert(name);
                wgp_name_set_refresh(name, cases[i].refresh * WGP_SECOND);
                wgp_name_answered(name, WGP_SECOND, &(WgpAnswer) { &address, 1, cases[i].ttl_usec });
                cr_expect_eq(name->interval_usec, cases[i].expected * WGP_SECOND, "case '%s'", cases[i].name);

                /* the same when it is known only later */
                wgp_name_answered(name, WGP_SECOND, &(WgpAnswer) { &address, 1, WGP_TTL_UNKNOWN });
                wgp_name_set_ttl(name, cases[i].ttl_usec);
                cr_expect_eq(name->interval_usec, cases[i].expected * WGP_SECOND, "case '%s', later", cases[i].name);
                cr_expect_eq(wgp_name_next(name), WGP_SECONDS(1 + cases[i].expected + 1), "case '%s'", cases[i].name);
                wgp_name_free(name);
        }
}
