/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once
/* Choose: to which of the addresses of its endpoints a peer goes. One pure function of the time, what is known of the
 * peer, and the answers: wgp_remote_decide(). */

#include "resolver/endpoint-answers.h"
#include "resolver/endpoint-health.h"

typedef struct WgpDecision WgpDecision;
typedef struct WgpMoves WgpMoves;
typedef struct WgpTarget WgpTarget;
typedef struct WgpRemote WgpRemote;

enum {
        WGP_TARGETS_GOOD_MAX = 8, /* where a peer has answered, and which no endpoint has any more */
        WGP_RETURNS_MAX = 6,      /* to the address of an endpoint that the profile no longer has */

        /* seconds */
        WGP_ROUND_MIN = 15, /* between two rounds through all addresses, doubling */
        WGP_ROUND_MAX = 5 * 60,
        WGP_PREFERRED_WAIT = 5,     /* for the answer about an endpoint, before those behind it are taken */
        WGP_DISTRUST_MIN = 60 * 60, /* a peer that works is not moved again to where it failed, doubling */
        WGP_DISTRUST_MAX = 24 * 60 * 60,
};

/* Why a peer gets another address. */
typedef enum WgpWhy {
        WGP_WHY_NONE,
        WGP_WHY_FIRST,    /* it had none */
        WGP_WHY_SILENT,   /* it does not answer at the present one */
        WGP_WHY_GONE,     /* the name no longer has the present one */
        WGP_WHY_NO_ROUTE, /* none leads to the present one */
        WGP_WHY_REPLACED, /* the present one is that of the endpoint which the profile had before */
        _WGP_WHY_N,
} WgpWhy;

/* One address that the peer can be sent to. */
struct WgpTarget {
        WgpSockaddr address;
        WgpRank rank;
        bool ranked;           /* the path to it was looked up */
        uint64_t ranked_epoch; /* then: the manager's */
        uint32_t path_mtu;     /* likewise; 0: not known */
        size_t endpoint;       /* the first that has it; SIZE_MAX: none has, any more */
        uint64_t tried_usec;   /* in this round */
        uint64_t good_usec;    /* when the peer last answered there */
        uint64_t failed_usec;  /* a peer that worked elsewhere was sent there, and did not answer */
        unsigned n_failed;     /* how often, since it last answered there */
};

/* Where the peer was moved. */
struct WgpMoves {
        WgpTarget *targets;
        size_t n_targets, n_allocated;
        WgpSockaddr ours; /* the address set last */
        WgpSockaddr good; /* one of its endpoints' where it last answered, now or before a boot; family AF_UNSPEC: none
                           */
        bool good_changed; /* that one is not written down yet */
        WgpWhy why;
        uint64_t moved_usec;
        unsigned n_rounds;   /* through all addresses, since it last answered */
        uint64_t round_usec; /* when the next one may begin; 0: one is under way */
        bool inherited;      /* the peer may have the address of the endpoint that the profile had before */
        WgpSockaddr left;    /* that one, from when the peer left it until it has answered elsewhere */
        unsigned n_returns;  /* to that one, so far */
};

/* All that is known of one peer. */
struct WgpRemote {
        WgpAnswers **answers; /* of each of its endpoints, in order of preference; borrowed */
        size_t n_answers;
        WgpSight sight;
        WgpMoves moves;
};

struct WgpDecision {
        WgpHealth health;
        bool troubled;         /* DNS is to be asked out of turn */
        uint64_t observe_usec; /* when to look at the kernel next */
        uint64_t again_usec;   /* when to decide again, though nothing was seen; WGP_NEVER */
        const WgpTarget *move; /* the address to set, NULL: leave it */
        WgpWhy why;
};

void wgp_remote_done(WgpRemote *r);
int wgp_remote_update(WgpRemote *r);
int wgp_remote_restore_good(WgpRemote *r, const WgpSockaddr *address);
void wgp_remote_observe(WgpRemote *r, uint64_t now, const WgpPeerFacts *facts);
void wgp_remote_moved(WgpRemote *r, uint64_t now, const WgpSockaddr *address, WgpWhy why);
void wgp_remote_retry(WgpRemote *r);

WgpDecision wgp_remote_decide(const WgpRemote *r, uint64_t now);
WgpTarget *wgp_remote_find(const WgpRemote *r, const WgpSockaddr *address);

const char *wgp_why_text(WgpWhy why);
