/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once
/* Question: one question to DNS, and what its answer comes to. It is asked by one way after the other, resolve.c,
 * until one has an answer. */

#include <pthread.h>

#include "resolver/dns-watch.h"
#include "resolver/manager.h"

typedef struct WgpQuestion WgpQuestion;
typedef struct WgpResolve WgpResolve;
typedef struct WgpResolveJob WgpResolveJob;

enum {
        WGP_RESOLVE_THREADS_MAX = 8,
        WGP_RESOLVE_ABANDONED_MAX = 32, /* threads that wait for an answer that nobody wants any more */
};

#define WGP_FAILURE_NO_NAME "there is no such name"

/* One question, until it is answered or has failed, and its TTL is known. */
struct WgpQuestion {
        WgpResolve *resolve;
        WgpQuestion *next, *previous; /* of all */
        WgpName *name;
        bool fresh;
        bool told;     /* the manager has the addresses, and waits for the TTL at most */
        uint32_t mark; /* of a tunnel that wants it, 0: none has one */

        uint32_t ways[WGP_DNS_WAYS_MAX]; /* links to ask by, 0: any; or WGP_DNS_WAY_* */
        size_t n_ways, i_way;
        bool helpless;       /* systemd-resolved is gone, or knows of no server */
        const char *failure; /* of the way before, a constant; NULL: there was none */

        /* by systemd-resolved */
        sd_bus_slot *slot;
        char *alias;        /* whose TTL is asked for; NULL: that of the name itself */
        char *canonical;    /* what the aliases lead to, NULL: there are none */
        unsigned n_aliases; /* followed so far */
        uint16_t types[2];  /* of records that the answer was made of; 0: none */
        uint32_t ttl;       /* the smallest so far, in seconds; c-ares likewise */

        /* by c-ares */
        void *query;            /* NULL: not asked */
        sd_event_source *known; /* tells what was known at once */
        WgpSockaddr *found;
        size_t n_found;

        WgpResolveJob *job; /* by getaddrinfo(3) */

        void (*stop)(WgpQuestion *q); /* takes back what the present way has begun; NULL: nothing to take back */
};

struct WgpResolve {
        WgpManager *manager; /* borrowed, as all of these */
        WgpDnsWatch *dns;
        sd_event *event;
        int (*list_links)(void *userdata, const uint32_t **ret, size_t *ret_n); /* our own ones */
        void (*answered)(void *userdata);                                       /* the manager was told something */
        void *userdata;

        void (*failed)(WgpQuestion *q,
                        const char *failure); /* a way had no answer: asks by the next one, or tells the manager */
        WgpQuestion *questions;               /* all of them */
        void *channels;                       /* of c-ares */

        /* resolve-libc.c; what threads touch is under the lock */
        pthread_mutex_t lock;
        WgpResolveJob *waiting, *done; /* lists */
        unsigned n_threads, n_abandoned;
        int wakeup; /* eventfd */
        sd_event_source *wakeup_source;
};

WgpQuestion *wgp_question_free(WgpQuestion *q);
WGP_DEFINE_CLEANUP(WgpQuestion *, wgp_question_free)
void wgp_question_answer(WgpQuestion *q, const WgpAnswer *answer);
void wgp_question_tell(WgpQuestion *q, const WgpAnswer *answer);
void wgp_question_set_ttl(WgpQuestion *q, uint64_t ttl_usec);
