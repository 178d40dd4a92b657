/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once
/* Endpoint: to which of a name's addresses a peer's packets should go. Pure: the time, the answers and what the kernel says
 * are handed in. When to ask DNS is in name.h.
 *
 * Times are microseconds of one clock that never goes back and counts while the machine sleeps; 0: never. */

#include "core/device.h"

typedef struct WgpAnswer WgpAnswer;
typedef struct WgpCandidate WgpCandidate;
typedef struct WgpDecision WgpDecision;
typedef struct WgpPeerFacts WgpPeerFacts;
typedef struct WgpTracker WgpTracker;

#define WGP_SECOND ((uint64_t) 1000000)
#define WGP_SECONDS(n) ((uint64_t) (n) * WGP_SECOND)
#define WGP_NEVER UINT64_MAX
#define WGP_TTL_UNKNOWN UINT64_MAX

enum {
        WGP_CANDIDATES_MAX = 32,  /* per name; a longer answer is cut */
        WGP_ABSENCES_NEEDED = 2,  /* answers without an address that works, until it is left */
        WGP_RETURNS_MAX = 6,      /* to the address of an endpoint that the profile no longer has */

        /* seconds */
        WGP_POLL_BUSY = 10,            /* between two looks at the kernel, while the peer is sent to: all tunnels are */
        WGP_POLL_IDLE = 60,            /* looked at together, when the clock shows a multiple of it */
        WGP_SILENCE_SUSPECT = 20,      /* nothing received: ask DNS */
        WGP_SILENCE_DEAD = 25,         /* nothing received: try another address */
        /* What must be answered is so within 10 s (KEEPALIVE_TIMEOUT); if a packet was lost, the handshake that
         * WireGuard begins after another 5 s (REKEY_TIMEOUT) is, 2 s left for the way. */
        WGP_ANSWER_SUSPECT = 10,
        WGP_ANSWER_DEAD = 17,
        WGP_TRIAL = 15,                /* for each address of a dead peer */
        WGP_TRIAL_LOOK = 6,            /* by then it has sent an initiation: one in REKEY_TIMEOUT, and a third */
        WGP_SESSION = 180,             /* REJECT_AFTER_TIME: older keys are not used */

        /* bytes on the wire */
        WGP_KEEPALIVE_SIZE = 32,   /* a transport message without content; with content it has 48 or more */
        WGP_INITIATION_SIZE = 148, /* a handshake's first message, at most one in 5 s */
};

/* How good an address looks from here, by the route to it. Lower is better. */
typedef enum WgpRank {
        WGP_RANK_FIRST,
        WGP_RANK_SECOND,
        WGP_RANK_THIRD,
        WGP_RANK_NO_ROUTE,
} WgpRank;

typedef enum WgpHealth {
        WGP_HEALTH_UNKNOWN,     /* the kernel was not asked yet */
        WGP_HEALTH_ABSENT,      /* the kernel has no such peer */
        WGP_HEALTH_NO_ENDPOINT,
        WGP_HEALTH_FINE,        /* it answers, or nothing is sent to it */
        WGP_HEALTH_TRYING,      /* it was moved, and has not answered yet */
        WGP_HEALTH_CUT_OFF,     /* there is no route to its address */
        WGP_HEALTH_SUSPECT,     /* it should have answered by now */
        WGP_HEALTH_DEAD,
        _WGP_HEALTH_N,
} WgpHealth;

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

/* What DNS said. */
struct WgpAnswer {
        const WgpSockaddr *addresses; /* with the port; best first, if the source knows */
        size_t n_addresses;           /* > 0: no address is a failure */
        uint64_t ttl_usec;            /* WGP_TTL_UNKNOWN: not told */
};

/* What the kernel says of one peer. */
struct WgpPeerFacts {
        WgpSockaddr address;   /* family AF_UNSPEC: none */
        uint64_t tx_bytes, rx_bytes;
        int64_t handshake;     /* a number that differs for each; 0: there was none */
        uint64_t handshake_age_usec; /* by the clock on the wall; 0 when that cannot be */
        uint16_t keepalive;    /* seconds, 0: off */
};

/* One address that the name has, or had. */
struct WgpCandidate {
        WgpSockaddr address;
        WgpRank rank;
        bool ranked;          /* the route to it was looked up */
        bool listed;          /* in the last answer */
        unsigned n_absent;    /* answers without it, each a TTL after the one before */
        uint64_t absent_usec; /* when the last of those came */
        uint64_t tried_usec;  /* since the peer last answered */
        uint64_t good_usec;   /* when the peer last answered there */
};

/* All that is remembered of one peer whose endpoint is a name. */
struct WgpTracker {
        /* DNS */
        WgpCandidate *candidates; /* in the order they were learnt */
        size_t n_candidates, n_allocated;
        unsigned absences_needed; /* to leave a working address; grows with names that rotate through many */

        /* the kernel's peer */
        bool observed, present;
        WgpPeerFacts facts;       /* of the last look */
        WgpRank rank;             /* of facts.address */
        uint64_t observed_usec;
        uint64_t sent_usec;       /* seen to have sent */
        uint64_t heard_usec;      /* seen to have received */
        uint64_t unanswered_usec; /* first seen to have sent since */
        uint64_t unanswered_bytes;
        uint64_t initiation_bytes; /* of these, what can only have been attempts at a handshake */
        uint64_t handshake_usec;

        /* what was done */
        WgpSockaddr ours;         /* the address set last */
        bool inherited;           /* the peer may have the address of the endpoint that the profile had before */
        WgpSockaddr left;         /* that one, from when the peer left it until it has answered elsewhere */
        unsigned n_returns;       /* to that one, so far */
        uint64_t moved_usec;      /* when, while the peer has not answered since */
        WgpWhy why;
};

struct WgpDecision {
        WgpHealth health;
        bool troubled;         /* DNS is to be asked out of turn */
        uint64_t observe_usec; /* when to look at the kernel next */
        const WgpCandidate *move; /* the address to set, NULL: leave it */
        WgpWhy why;
};

/* endpoint-answers.c */
void wgp_tracker_init(WgpTracker *t);
void wgp_tracker_done(WgpTracker *t);

int wgp_tracker_answer(WgpTracker *t, uint64_t now, const WgpAnswer *answer, uint64_t apart_usec);
WgpCandidate *wgp_tracker_find(const WgpTracker *t, const WgpSockaddr *address);

/* endpoint.c */

void wgp_tracker_observe(WgpTracker *t, uint64_t now, const WgpPeerFacts *facts);
void wgp_tracker_settle(WgpTracker *t);
void wgp_tracker_moved(WgpTracker *t, uint64_t now, const WgpSockaddr *address, WgpWhy why);

WgpDecision wgp_tracker_decide(const WgpTracker *t, uint64_t now);
WgpHealth wgp_tracker_judge(const WgpTracker *t);

WgpRank wgp_rank(const WgpPrefix *destination, const WgpPrefix *source);

const char *wgp_health_text(WgpHealth health);
const char *wgp_why_text(WgpWhy why);
