/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once
/* Resolve: puts questions to DNS and gives the answers to the manager: by systemd-resolved where it is on the bus
 * (resolve-bus.c), else by getaddrinfo(3) in a thread (resolve-libc.c), and if that fails past the tunnels (underlay.c). */

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

/* One name, until it is answered or failed. */
struct WgpQuestion {
        WgpResolve *resolve;
        WgpEndpointName *e;
        bool fresh;

        /* by systemd-resolved */
        sd_bus_slot *slot;
        uint32_t way[WGP_DNS_ROUTE_MAX]; /* links to ask by; 0: any */
        size_t n_way, i_way;
        WgpSockaddr addresses[WGP_CANDIDATES_MAX]; /* while the TTL is asked for */
        size_t n_addresses;

        WgpResolveJob *job; /* by getaddrinfo(3) */
};

struct WgpResolve {
        WgpManager *manager;   /* borrowed, as all of these */
        WgpDnsWatch *dns;
        sd_event *event;
        int (*list_links)(void *userdata, const uint32_t **ret, size_t *ret_n); /* our own ones */
        void (*answered)(void *userdata); /* the manager was told something */
        void *userdata;

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

/* for the two files: what came of a question, which is gone then */
void wgp_question_answer(WgpQuestion *q, const WgpAnswer *answer);
void wgp_question_fail(WgpQuestion *q, const char *text);

/* resolve-bus.c: returns 0, or a negative errno */
int wgp_resolve_bus_start(WgpQuestion *q);

/* resolve-libc.c */
int wgp_resolve_libc_init(WgpResolve *resolve);
void wgp_resolve_libc_done(WgpResolve *resolve);
int wgp_resolve_libc_start(WgpQuestion *q);
void wgp_resolve_libc_cancel(WgpQuestion *q);

/* rr.c: pure. The TTL of a resource record in wire format, in seconds; -EBADMSG. */
int wgp_rr_parse_ttl(const uint8_t *data, size_t size, uint32_t *ret);
