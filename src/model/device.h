/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once
/* The kernel's vocabulary: what exists, or should exist, for one tunnel. The profile (what the user wrote), the
 * desired state, the actual state and the netlink messages all use these types. Pure data. */

#include <net/if.h>

#include "model/dns.h"
#include "model/prefix.h"
#include "model/value.h"

typedef struct WgpAddress WgpAddress;
typedef struct WgpDevice WgpDevice;
typedef struct WgpFilter WgpFilter;
typedef struct WgpHook WgpHook;
typedef struct WgpKillSwitchUse WgpKillSwitchUse;
typedef struct WgpLink WgpLink;
typedef struct WgpNetwork WgpNetwork;
typedef struct WgpPeerState WgpPeerState;
typedef struct WgpRoute WgpRoute;
typedef struct WgpRule WgpRule;
typedef struct WgpValidMark WgpValidMark;

enum {
        WGP_LINK_GROUP = 0x77677001, /* IFLA_GROUP of our links: "wgp" and a version, read by our udev rule */
};

struct WgpAddress {
        WgpPrefix prefix; /* host bits kept */
        uint32_t flags;   /* IFA_F_* */
        uint8_t scope;    /* RT_SCOPE_*, IPv4: what it is told to the kernel with; the kernel's own is not asked for */
        uint8_t protocol; /* IFAPROT_*, kernel >= 5.18; 0: unspecified */
        WgpOrigin origin;
};

/* RTA_METRICS values, in the order of WgpRoute.metrics. Each name is that of RTAX_* in linux/rtnetlink.h. */
typedef enum WgpRouteMetric {
        WGP_ROUTE_MTU,
        WGP_ROUTE_WINDOW,
        WGP_ROUTE_CWND,
        WGP_ROUTE_INITCWND,
        WGP_ROUTE_INITRWND,
        WGP_ROUTE_ADVMSS,
        WGP_ROUTE_RTO_MIN,
        WGP_ROUTE_QUICKACK,
        _WGP_ROUTE_METRIC_N,
} WgpRouteMetric;

struct WgpRoute {
        WgpPrefix destination; /* masked; length 0: default */
        WgpPrefix source;      /* IPv6 only (RTA_SRC); family AF_UNSPEC: none */
        WgpPrefix gateway;     /* length unused; family AF_UNSPEC: none */
        WgpPrefix preferred_source;
        uint32_t table;
        uint32_t metric;  /* 0: the kernel's default, which IPv6 turns into 1024 */
        uint32_t ifindex; /* RTA_OIF; 0: the tunnel's own link where "uses_device" says so */
        uint8_t protocol; /* RTPROT_* */
        uint8_t scope;    /* RT_SCOPE_*, IPv4 */
        uint8_t type;     /* RTN_* */
        uint8_t tos;
        bool states_metric, states_scope; /* profile only: false leaves it to the desired state */
        bool automatic_metric;            /* desired only: not stated; the next free one is as good */
        bool uses_device;                 /* false for unreachable, blackhole, prohibit, throw */
        bool onlink;
        uint16_t weight;       /* 0: a plain route, else one next hop of that weight */
        uint16_t metrics_set;  /* bit 1 << WgpRouteMetric: metrics[] holds a value */
        uint16_t metrics_lock; /* bit 1 << WgpRouteMetric: locked */
        uint32_t metrics[_WGP_ROUTE_METRIC_N];
        WgpOrigin origin;
};

struct WgpRule {
        uint8_t family;
        uint8_t action;   /* FR_ACT_* */
        uint8_t protocol; /* RTPROT_* (FRA_PROTOCOL) */
        bool invert;
        bool has_fwmark;
        bool has_suppress_prefixlength;
        uint8_t tos;
        uint8_t ip_protocol; /* 0: any */
        uint32_t priority;
        uint32_t table;
        uint32_t goto_priority; /* FR_ACT_GOTO */
        uint32_t fwmark, fwmask;
        uint32_t suppress_prefixlength;
        bool has_uid_range;
        uint32_t uid_start, uid_end;
        uint16_t sport_start, sport_end; /* 0: any */
        uint16_t dport_start, dport_end;
        WgpPrefix from, to; /* family AF_UNSPEC: any */
        char iif[IF_NAMESIZE], oif[IF_NAMESIZE];
        bool shared; /* of all tunnels together: removed by the last */
        WgpOrigin origin;
};

/* One peer, as the kernel has it or as it should be. */
struct WgpPeerState {
        uint8_t public_key[WGP_KEY_SIZE];
        uint8_t preshared_key[WGP_KEY_SIZE]; /* all zero: none */
        WgpSockaddr endpoint;
        uint16_t keepalive;     /* seconds, 0: off */
        WgpPrefix *allowed_ips; /* masked */
        size_t n_allowed_ips, n_allocated;

        /* desired only */
        bool keep_preshared_key; /* it exists, but cannot be read now: leave the kernel's */
        bool has_endpoint_name;  /* the endpoint is the resolver's business */
        WgpOrigin origin;

        /* actual only */
        int64_t handshake_sec; /* CLOCK_REALTIME; 0: never */
        uint32_t handshake_nsec;
        uint64_t rx_bytes, tx_bytes;
};

/* The WireGuard part of a link. */
struct WgpDevice {
        bool has_private_key, has_listen_port, has_fwmark; /* desired: state it; actual: always true */
        bool has_own_key;   /* desired, recorded: the private key is in the profile, and goes when it leaves that */
        bool states_no_key; /* desired: no private key in the profile, a credential or a file */
        uint8_t private_key[WGP_KEY_SIZE]; /* all zero: none */
        uint8_t public_key[WGP_KEY_SIZE];  /* actual only */
        uint16_t listen_port;
        uint32_t fwmark;
        WgpPeerState *peers;
        size_t n_peers, n_allocated;
};

struct WgpLink {
        char name[IF_NAMESIZE];
        char kind[16];    /* IFLA_INFO_KIND; "" when the link has none */
        uint32_t ifindex; /* 0: there is no link */
        uint32_t group;
        uint32_t mtu;                  /* bytes; desired 0: leave it */
        uint32_t master;               /* ifindex of a VRF, 0: none */
        char master_name[IF_NAMESIZE]; /* desired, recorded */
        uint32_t vrf_table;            /* actual: of a VRF itself, the table of its routes */
        bool no_ipv6;                  /* actual: disable_ipv6 of the link is set */
        bool up;
};

/* The tunnel's nft table; its text is in desired/nft-text.h. */
struct WgpFilter {
        bool present;
        uint16_t port;   /* desired: where our own packets arrive; 0: at whichever port the device has */
        uint32_t mark;   /* desired: what they are marked with */
        bool answers;    /* desired: also those of name servers */
        bool refused;    /* recorded: the kernel has refused that */
        uint64_t digest; /* actual: of the rules that are there, wgp_nft_digest_add() */
};

/* The sysctl net.ipv4.conf.all.src_valid_mark: with it the reverse path filter looks at a packet's mark. All tunnels
 * have it in common. */
struct WgpValidMark {
        bool wanted;   /* desired, recorded: this tunnel needs it */
        uint8_t value; /* actual: as it is; recorded: as it was before the first tunnel that needs it */
};

typedef enum WgpHookType {
        WGP_HOOK_PRE_UP,
        WGP_HOOK_POST_UP,
        WGP_HOOK_PRE_DOWN,
        WGP_HOOK_POST_DOWN,
        _WGP_HOOK_TYPE_N,
} WgpHookType;

/* A command of the profile's. */
struct WgpHook {
        WgpHookType type;
        char *command; /* with %i replaced */
        char *place;   /* "file:line"; NULL in a profile, which has the origin */
        WgpOrigin origin;
};

/* What a tunnel has to do with its kill switch, which is there before it and after it, but has to know its mark. */
struct WgpKillSwitchUse {
        bool on;         /* desired, actual, recorded: somebody has switched it on */
        bool strict;     /* actual: as it was switched on */
        uint32_t mark;   /* desired: of the tunnel; actual: which the kill switch lets pass */
        uint64_t digest; /* desired, actual: of the nft table, wgp_kill_switches_digest() */
};

/* Everything of one tunnel in the kernel, and what other services are told about its link. */
struct WgpNetwork {
        char *netns; /* the network namespace in /run/netns that all of it is in; NULL: this one */
        WgpLink link;
        WgpDevice device;
        WgpDns dns;
        char *zone; /* firewalld; NULL: none, "": the default zone */
        WgpAddress *addresses;
        WgpRoute *routes;
        WgpRule *rules;
        WgpFilter filter;
        WgpValidMark valid_mark;
        WgpKillSwitchUse kill_switch;
        size_t n_addresses, n_routes, n_rules;
        size_t n_addresses_allocated, n_routes_allocated, n_rules_allocated;
        uint32_t metric; /* desired, recorded: of the routes with an automatic one; 0: there is none, or it is the
                            usual one */
        WgpHook *hooks;  /* recorded: as they were when the link was set up */
        size_t n_hooks, n_hooks_allocated;
        bool hooks_done; /* actual and recorded: PreUp and PostUp have been run for this link */
};

#define WGP_NETWORK_NULL ((WgpNetwork) {})

int wgp_device_reserve_peers(WgpDevice *device, size_t n);
WgpPeerState *wgp_device_add_peer(WgpDevice *device, const uint8_t public_key[static WGP_KEY_SIZE]);
int wgp_peer_state_add_allowed_ip(WgpPeerState *peer, const WgpPrefix *prefix);
void wgp_device_done(WgpDevice *device);

WgpAddress *wgp_network_add_address(WgpNetwork *network);
int wgp_network_reserve_routes(WgpNetwork *network, size_t n);
WgpRoute *wgp_network_add_route(WgpNetwork *network);
WgpRule *wgp_network_add_rule(WgpNetwork *network);
int wgp_network_copy_address(WgpNetwork *network, const WgpAddress *address);
int wgp_network_copy_route(WgpNetwork *network, const WgpRoute *route);
int wgp_network_copy_rule(WgpNetwork *network, const WgpRule *rule);
bool wgp_network_has_ipv6(const WgpNetwork *network);
int wgp_network_add_hook(WgpNetwork *network, WgpHookType type, const char *command, const char *place);
void wgp_network_remove_hooks(WgpNetwork *network, WgpHookType type);
void wgp_network_done(WgpNetwork *network);

extern const char *const wgp_hook_names[_WGP_HOOK_TYPE_N]; /* as the profile has them */
