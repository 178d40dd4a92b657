/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once
/* Answers: what DNS said of one endpoint. An endpoint that is an address is a name with a constant answer. Pure. */

#include "resolver/endpoint.h"

typedef struct WgpAnswer WgpAnswer;
typedef struct WgpAnswers WgpAnswers;
typedef struct WgpListing WgpListing;

#define WGP_TTL_UNKNOWN UINT64_MAX

enum {
        WGP_LISTINGS_MAX = 32,   /* addresses per name; a longer answer is cut */
        WGP_ABSENCES_NEEDED = 2, /* answers without an address that works, until it is left */
        WGP_ROTATION_MAX = 16, /* an address that is back after no more answers than that may take turns with others */
        WGP_ROTATION_STEADY = 8, /* answers in which no address came back, until half of what was learnt of that is
                                    forgotten */
};

/* What DNS said. */
struct WgpAnswer {
        const WgpSockaddr *addresses; /* with the port; best first, if the source knows */
        size_t n_addresses;           /* > 0: no address is a failure */
        uint64_t ttl_usec;            /* WGP_TTL_UNKNOWN: not told */
};

/* One address that the name has, or had. */
struct WgpListing {
        WgpSockaddr address;
        bool listed;          /* in the last answer that says something of its family */
        unsigned n_absent;    /* answers without it, each a TTL after the one before */
        uint64_t absent_usec; /* when the last of those came */
};

struct WgpAnswers {
        bool constant;        /* the endpoint is an address: nobody is asked */
        bool here;            /* the name is that of this machine: its loopback addresses count */
        WgpListing *listings; /* in the order they were learnt */
        size_t n_listings, n_allocated;
        uint64_t made_usec;
        bool told;                /* there was an answer, or a failure */
        unsigned absences_needed; /* to leave a working address; more where addresses take turns */
        unsigned n_steady;        /* answers since an address came back, that one included; 0: none did, lately */
        uint64_t steady_usec;     /* when the last of them came */
};

void wgp_answers_init(WgpAnswers *a, const char *host, uint64_t now);
int wgp_answers_init_constant(WgpAnswers *a, const WgpSockaddr *address);
void wgp_answers_done(WgpAnswers *a);

int wgp_answers_take(WgpAnswers *a, uint64_t now, const WgpAnswer *answer, uint64_t apart_usec);
void wgp_answers_fail(WgpAnswers *a);
int wgp_answers_remember(WgpAnswers *a, const WgpSockaddr *address);
int wgp_answers_expect(WgpAnswers *a, const WgpSockaddr *address);

const WgpListing *wgp_answers_find(const WgpAnswers *a, const WgpSockaddr *address);
bool wgp_answers_have_host(const WgpAnswers *a, const WgpPrefix *host);
bool wgp_answers_list(const WgpAnswers *a, const WgpSockaddr *address);
