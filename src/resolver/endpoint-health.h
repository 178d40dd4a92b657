/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once
/* Health: what the kernel said of a peer, look by look, and what follows from that. Pure. */

#include "resolver/endpoint.h"

typedef struct WgpPeerFacts WgpPeerFacts;
typedef struct WgpSight WgpSight;

enum {
        /* seconds */
        WGP_POLL_BUSY = 10,    /* between two looks at the kernel, while the peer is sent to: all tunnels are */
        WGP_POLL_QUIET = 20,   /* looked at together, when the clock shows a multiple of it. While it was lately: */
        WGP_QUIET_AFTER = 300, /* for so long */
        WGP_POLL_IDLE = 60,
        WGP_POLL_CUT_OFF = 2,     /* without a route, whether it is heard all the same */
        WGP_LOOKS_LOST = 150,     /* without a look: what was known of its silence is too old to go by */
        WGP_SILENCE_SUSPECT = 20, /* nothing received: ask DNS */
        WGP_SILENCE_DEAD = 25,    /* nothing received: try another address */
        /* What must be answered is so within 10 s (KEEPALIVE_TIMEOUT); if a packet was lost, the handshake that
         * WireGuard begins after another 5 s (REKEY_TIMEOUT) is, 2 s left for the way. */
        WGP_ANSWER_SUSPECT = 10,
        WGP_ANSWER_DEAD = 17,
        WGP_TRIAL = 15,          /* for an address where the peer has answered before */
        WGP_TRIAL_NEW = 7,       /* for another one: an initiation leaves within 5 s and a third, and is answered */
        WGP_TRIAL_LOOK = 6,      /* by then it has sent an initiation: one in REKEY_TIMEOUT, and a third */
        WGP_TRIAL_ANSWER = 1,    /* from when that was seen */
        WGP_REKEY_TIMEOUT = 5,   /* REKEY_TIMEOUT: between two attempts at a handshake */
        WGP_KEEPALIVE_LATE = 20, /* a keepalive must have been sent, since a packet passed and its interval is over */
        WGP_SESSION = 180,       /* REJECT_AFTER_TIME: older keys are not used */

        /* bytes on the wire */
        WGP_KEEPALIVE_SIZE = 32,   /* a transport message without content; with content it has 48 or more */
        WGP_INITIATION_SIZE = 148, /* a handshake's first message, at most one in 5 s */
};

typedef enum WgpHealth {
        WGP_HEALTH_UNKNOWN, /* the kernel was not asked yet */
        WGP_HEALTH_ABSENT,  /* the kernel has no such peer */
        WGP_HEALTH_NO_ENDPOINT,
        WGP_HEALTH_FINE,    /* it answers, or nothing is sent to it */
        WGP_HEALTH_TRYING,  /* it was moved, and has not answered yet */
        WGP_HEALTH_CUT_OFF, /* there is no route to its address */
        WGP_HEALTH_SUSPECT, /* it should have answered by now */
        WGP_HEALTH_DEAD,
        _WGP_HEALTH_N,
} WgpHealth;

/* What the kernel says of one peer. */
struct WgpPeerFacts {
        WgpSockaddr address; /* family AF_UNSPEC: none */
        uint64_t tx_bytes, rx_bytes;
        int64_t handshake;           /* a number that differs for each; 0: there was none */
        uint64_t handshake_age_usec; /* by the clock on the wall; 0 when that cannot be */
        uint16_t keepalive;          /* seconds, 0: off */
};

struct WgpSight {
        bool observed, present;
        WgpPeerFacts facts; /* of the last look */
        WgpRank rank;       /* of facts.address */
        uint64_t observed_usec;
        bool was_cut_off;         /* at the last look: there was no route */
        bool heard;               /* at the last look: it has received since the one before */
        uint64_t sent_usec;       /* seen to have sent */
        uint64_t passed_usec;     /* seen to have sent or received, be it a keepalive */
        uint64_t heard_usec;      /* seen to have received */
        uint64_t unanswered_usec; /* first seen to have sent since */
        uint64_t unanswered_bytes;
        uint64_t initiation_bytes; /* of these, what can only have been attempts at a handshake */
        uint64_t handshake_usec;

        /* the present address is on trial: the peer was sent there, and has not answered since */
        uint64_t trial_usec; /* from when; 0: it is not */
        unsigned trial;      /* seconds that it gets; 0: as long as any other peer */
};

void wgp_sight_observe(WgpSight *s, uint64_t now, const WgpPeerFacts *facts);
void wgp_sight_move(WgpSight *s, uint64_t now, const WgpSockaddr *address, WgpRank rank, unsigned trial);
void wgp_sight_resume(WgpSight *s, uint64_t now);
bool wgp_sight_is_sending(const WgpSight *s);
bool wgp_sight_has_session(const WgpSight *s);

WgpHealth wgp_sight_judge(const WgpSight *s);
uint64_t wgp_sight_next_look(const WgpSight *s);

const char *wgp_health_text(WgpHealth health);
