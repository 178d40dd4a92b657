/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once
/* Resolve: puts questions to DNS and gives the answers to the manager: to systemd-resolved where it is on the bus
 * (resolve-bus.c), to the name servers themselves by c-ares where it is not, or could not ask past a tunnel
 * (resolve-ares.c), and then to getaddrinfo(3) in a thread (resolve-libc.c), for what nsswitch.conf(5) has besides
 * DNS. */

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

        uint32_t way[WGP_DNS_ROUTE_MAX]; /* links to ask by, 0: any; or WGP_DNS_WAY_* */
        size_t n_way, i_way;
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
};

struct WgpResolve {
        WgpManager *manager; /* borrowed, as all of these */
        WgpDnsWatch *dns;
        sd_event *event;
        int (*list_links)(void *userdata, const uint32_t **ret, size_t *ret_n); /* our own ones */
        void (*answered)(void *userdata);                                       /* the manager was told something */
        void *userdata;

        WgpQuestion *questions; /* all of them */
        void *channels;         /* of c-ares */

        /* resolve-libc.c; what threads touch is under the lock */
        pthread_mutex_t lock;
        WgpResolveJob *waiting, *done; /* lists */
        unsigned n_threads, n_abandoned;
        int wakeup; /* eventfd */
        sd_event_source *wakeup_source;
};

int wgp_resolve_init(WgpResolve *resolve);
void wgp_resolve_done(WgpResolve *resolve);
WgpDnsOps wgp_resolve_ops(WgpResolve *resolve);

/* for the three files: what came of a question. It is gone then, but where the TTL is to follow, or there is another
 * way. */
void wgp_question_answer(WgpQuestion *q, const WgpAnswer *answer);
void wgp_question_tell(WgpQuestion *q, const WgpAnswer *answer);
void wgp_question_set_ttl(WgpQuestion *q, uint64_t ttl_usec);
void wgp_question_go_on(WgpQuestion *q, const char *failure);

/* resolve-bus.c: returns 0, or a negative errno */
int wgp_resolve_bus_start(WgpQuestion *q);

/* resolve-ares.c: likewise */
int wgp_resolve_ares_start(WgpQuestion *q);
void wgp_resolve_ares_cancel(WgpQuestion *q);
void wgp_resolve_ares_done(WgpResolve *resolve);

/* resolve-libc.c */
int wgp_resolve_libc_init(WgpResolve *resolve);
void wgp_resolve_libc_done(WgpResolve *resolve);
int wgp_resolve_libc_start(WgpQuestion *q);
void wgp_resolve_libc_cancel(WgpQuestion *q);

/* rr.c: pure. The TTL of a resource record in wire format, in seconds, and the name that an alias leads to, to be
 * freed, where "ret_alias" is not NULL. Returns 0, -EBADMSG or -ENOMEM. */
int wgp_rr_parse(const uint8_t *data, size_t size, uint32_t *ret_ttl, char **ret_alias);
