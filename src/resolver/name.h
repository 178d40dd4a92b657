/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once
/* Name: one host name, and when to ask DNS for it, however many peers it is the endpoint of. Pure: the time, what came
 * of the questions and chance are handed in. Times as in endpoint.h. */

#include "resolver/endpoint-answers.h"

typedef struct WgpEndpointName WgpEndpointName;
typedef struct WgpName WgpName;

enum {
        WGP_NAME_QUESTIONS_MAX = 4, /* under way at a time: more than one where those before seem to hang */

        /* seconds */
        WGP_BACKOFF_MAX = 60,
        WGP_INTERVAL_MIN = 60,         /* between two answers, however short the TTL */
        WGP_INTERVAL_UNKNOWN = 5 * 60, /* when nobody told the TTL */
        WGP_REFRESH_DEFAULT = 30 * 60, /* RefreshSec= */
        WGP_ANSWER_HOLDS = 10,         /* whatever happens: no name is asked for again so soon after an answer */
        WGP_QUESTION_HANGS = 1, /* without an answer: what has changed since justifies a second question; a third after
                                 * twice that, and so on */
        WGP_QUESTION_LOST = 30, /* without an answer: it makes room for another one */
        WGP_DEAD_MIN = 15,      /* between two questions for a dead peer, doubling up to the maximum */
        WGP_DEAD_MAX = 15 * 60,
};

struct WgpName {
        char *host;
        uint64_t refresh_usec; /* the longest time between two answers */

        unsigned n_asking;                            /* questions under way */
        uint64_t asking_usec[WGP_NAME_QUESTIONS_MAX]; /* since when, the oldest first */
        bool poked;   /* something has changed since the last one was asked: it is to be asked again */
        bool doubted; /* until there is an answer that no cache has given */
        uint64_t asked_usec, answered_usec;
        uint64_t ask_usec;      /* when to ask again, should nothing happen */
        uint64_t ttl_usec;      /* of the last answer; WGP_TTL_UNKNOWN: not told, or not yet */
        uint64_t interval_usec; /* the TTL within limits; 0: there was no answer */
        uint64_t digest;        /* of the last answer's addresses, in any order */
        bool failed;            /* the last question to end had no answer */
        bool overtaken;         /* it was asked after those that are under way still: they are not waited for */
        unsigned n_failures;    /* in a row, since something changed */
        unsigned n_troubled;    /* questions out of turn since something changed */
        char *failure;          /* what came of the last question; NULL: an answer, or nothing yet */

        /* the manager's */
        WgpEndpointName **users; /* that have this name */
        size_t n_users, n_allocated;
        bool troubled;                           /* one of them is dead, or seems to be */
        void *questions[WGP_NAME_QUESTIONS_MAX]; /* the oldest first; NULL: none */
};

WgpName *wgp_name_new(const char *host, uint64_t now);
WgpName *wgp_name_free(WgpName *name);
void wgp_name_set_refresh(WgpName *name, uint64_t refresh_usec);

void wgp_name_drop_oldest(WgpName *name);
void wgp_name_asked(WgpName *name, uint64_t now);
void wgp_name_answered(WgpName *name, uint64_t now, const WgpAnswer *answer);
void wgp_name_set_ttl(WgpName *name, uint64_t ttl_usec);
void wgp_name_failed(WgpName *name, uint64_t now, uint32_t random);
void wgp_name_poke(WgpName *name, bool fresh);
void wgp_name_set_troubled(WgpName *name, bool troubled);

uint64_t wgp_name_next(const WgpName *name);
bool wgp_name_is_fresh(const WgpName *name, uint64_t now);
int wgp_name_compare_turn(const WgpName *a, const WgpName *b);
