/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once
/* Tunnel status: all there is to know of one tunnel at one moment. What is gathered by tunnel-gather.c is judged by
 * tunnel-judge.c, which is pure, and shown by tunnel-text.c, tunnel-json.c and tunnel-metrics.c. */

#include "cli/terminal.h"
#include "cli/unit-status.h"
#include "system/state.h"

typedef struct WgpEndpointStatus WgpEndpointStatus;
typedef struct WgpMoment WgpMoment;
typedef struct WgpPeerStatus WgpPeerStatus;
typedef struct WgpTunnelStatus WgpTunnelStatus;

enum {
        WGP_SESSION_SEC = 180, /* REJECT_AFTER_TIME: a handshake that is older is of no use any more */
};

/* From good to bad. */
typedef enum WgpTunnelState {
        WGP_TUNNEL_UP,      /* somebody answers */
        WGP_TUNNEL_IDLE,    /* nothing is sent, so nobody answers */
        WGP_TUNNEL_RUNNING, /* it was started; more only root can see */
        WGP_TUNNEL_DOWN,    /* not started */
        WGP_TUNNEL_STOPPING,
        WGP_TUNNEL_STARTING,
        WGP_TUNNEL_CONNECTING, /* a peer that should has not answered yet */
        WGP_TUNNEL_STALE,      /* a peer that should does not answer any more */
        WGP_TUNNEL_FAILED,
        _WGP_TUNNEL_STATE_N,
} WgpTunnelState;

/* What the clocks say. */
struct WgpMoment {
        int64_t real_sec;   /* since the epoch */
        uint64_t boot_usec; /* CLOCK_BOOTTIME, that of the resolver's times */
};

/* What the resolver has written about one endpoint of a peer. */
struct WgpEndpointStatus {
        char *host; /* a name, or an address as text */
        uint16_t port;
        bool is_name;                                  /* it is asked for */
        char *failure;                                 /* NULL: nothing to complain of */
        uint64_t answered_usec, asked_usec, next_usec; /* 0: never; never; it is being asked */
        int64_t ttl_sec;                               /* -1: not told */
        char **addresses;                              /* of the last answer, each with its port */
        size_t n_addresses;
};

struct WgpPeerStatus {
        const WgpPeerState *peer;  /* as the kernel has it; borrowed from the tunnel's device */
        bool endpoint_inside;      /* this host routes to the endpoint through the tunnel itself; for "doctor" */
        bool has_rates;            /* there was an earlier look */
        uint64_t rx_rate, tx_rate; /* bytes a second since that */
        char *name;                /* from a comment of the profile; NULL: none */
        bool configured;           /* the profile has an endpoint for it: it is ours to reach */

        /* the endpoint's name; NULL: it is an address, or comes from the peer */
        char *host;
        uint16_t port;

        /* what the resolver has written; NULL: nothing */
        char *health;
        char *why;                    /* of the address that it has set last */
        uint64_t since_usec;          /* when that was; 0: not known */
        WgpEndpointStatus *endpoints; /* in order of preference, the one in the profile first */
        size_t n_endpoints;

        WgpTunnelState state;
};

/* What the profile says of its kill switch. */
typedef enum WgpKillSwitchWish {
        WGP_KILL_SWITCH_UNKNOWN, /* there is no profile that can be read */
        WGP_KILL_SWITCH_NO,
        WGP_KILL_SWITCH_YES,
        WGP_KILL_SWITCH_STRICT,
} WgpKillSwitchWish;

/* Whether the tunnel starts at boot. */
typedef enum WgpBoot {
        WGP_BOOT_UNKNOWN, /* there is no profile that can be read */
        WGP_BOOT_NO,
        WGP_BOOT_YES,
} WgpBoot;

struct WgpTunnelStatus {
        char *name;
        char *path;    /* of the profile; NULL: it is gone, or cannot be looked for */
        bool fallback; /* for an explicit start only */
        bool masked;
        WgpBoot boot;
        size_t n_errors; /* of the profile */
        bool modified;   /* one of its files was changed after the record was written */

        bool asked_systemd;
        const WgpUnitStatus *unit; /* borrowed; NULL: systemd does not know it */
        bool outdated;             /* daemon-reload is needed, and changes something */
        char *words;               /* what the unit's program said when it failed; NULL: nothing to be had */

        bool hidden;                          /* only root may see the record and the peers */
        bool kill_switch, kill_switch_strict; /* it is on */
        WgpKillSwitchWish kill_switch_wanted;
        bool has_record;
        WgpState record;
        WgpNetwork network;   /* what is there: link, addresses and device */
        bool netns_gone;      /* the network namespace that the link was in */
        int device_error;     /* a negative errno: the peers could not be asked for */
        WgpPeerStatus *peers; /* while they are gathered by key, then the one heard of last first */
        size_t n_peers;

        char **differences; /* from the profile, each for people */
        size_t n_differences, n_differences_allocated;
        int compared; /* exit code of the comparison; negative: not compared */

        WgpTunnelState state;
        char *reason; /* of the state, for people; one line */
};

#define WGP_TUNNEL_STATUS_NULL ((WgpTunnelStatus) { .compared = -1 })

const char *wgp_tunnel_state_name(WgpTunnelState state);
WgpColour wgp_tunnel_state_colour(WgpTunnelState state);
int wgp_tunnel_judge(WgpTunnelStatus *tunnel, const WgpMoment *now);
void wgp_peer_label(const WgpPeerStatus *peer, const char **ret, char buffer[static WGP_KEY_TEXT_SIZE]);
bool wgp_tunnel_was_compared(const WgpTunnelStatus *tunnel);
bool wgp_tunnel_lacks_kill_switch(const WgpTunnelStatus *tunnel);
const char *wgp_tunnel_kill_switch_problem(const WgpTunnelStatus *tunnel);
WgpPeerStatus *wgp_tunnel_find_peer(const WgpTunnelStatus *tunnel, const uint8_t public_key[static WGP_KEY_SIZE]);
const WgpEndpointStatus *wgp_peer_endpoint(const WgpPeerStatus *peer);
void wgp_endpoint_status_done(WgpEndpointStatus *endpoint);
void wgp_tunnel_status_done(WgpTunnelStatus *tunnel);
