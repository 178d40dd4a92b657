/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once
/* Desired state: what has to exist in the kernel for one profile. Pure: what only the machine knows (keys outside the
 * profile, free numbers, the path's MTU) is handed in. */

#include "model/prefix-map.h"
#include "model/profile.h"
#include "model/route-index.h"

typedef struct WgpDesiredInput WgpDesiredInput;

/* The metric of a keyfile's routes where none is stated: NetworkManager's for its type "wireguard". */
enum {
        WGP_KEYFILE_METRIC = 50,
        WGP_METRIC_LAST = 249, /* when that one is taken as well, the profile has to state one */
};

enum {
        _WGP_DESIRED_E_SUCCESS,
        WGP_DESIRED_E_NEEDS_MARK, /* policy routing, but no mark was chosen: choose the numbers, call again */
};

/* The rules of policy routing. Lower numbers are asked first. */
enum {
        WGP_RULE_SKIP_FIRST = 31000, /* "fwmark M goto WGP_RULE_NOP", one number per tunnel */
        WGP_RULE_SKIP_LAST = 31499,
        WGP_RULE_LOOKUP_FIRST = 31500, /* pairs, an even number and the one after it, per tunnel */
        WGP_RULE_LOOKUP_LAST = 31998,
        WGP_RULE_NOP = 31999,   /* shared by all tunnels */
        WGP_MARK_FIRST = 51820, /* as wg-quick numbers its tables */
};

enum {
        WGP_UNREACHABLE_METRIC = 0xffffffff, /* behind every other route of the table */
};

/* What the edge found out or decided. */
struct WgpDesiredInput {
        uint32_t mark;            /* mark and routing table of policy routing; 0: none chosen */
        uint32_t skip_priority;   /* WGP_RULE_SKIP_*, only with a mark */
        uint32_t lookup_priority; /* WGP_RULE_LOOKUP_*, only with a mark */
        uint32_t metric;          /* of the routes of a keyfile without a stated one; 0: the usual one */
        uint32_t vrf;             /* ifindex of the VRF that the profile names; 0: not known */
        uint32_t vrf_table;       /* and the table of its routes */
        WgpPrefix link_local;     /* for ipv6.method=link-local; AF_UNSPEC: none could be made */
        const char *resolvconf;   /* the name that resolvconf(8) is to have the link by; NULL: systemd-resolved is told
                                   */
};

/* Both formats' rules of where a tunnel's routes go, filled by wgp_desired_build(). Private to desired*.c. */
typedef struct WgpDesiredRouting {
        const WgpProfile *profile;
        const WgpDesiredInput *input;
        WgpPrefix *endpoints; /* all literal ones, in order */
        size_t n_endpoints;
        bool has_names;         /* some endpoint is a name, which may turn out to be any address */
        WgpRouteIndex own;      /* routes that do not come from a peer; they are the first */
        WgpPrefixMap on_link;   /* by table: where those lead to without a gateway */
        WgpPrefixMap connected; /* what an address of the tunnel makes a route to */
        bool policy[2];         /* IPv4, IPv6: the family has rules of its own */
        bool halves[2];         /* IPv4, IPv6: the peers' default route is in two halves */
} WgpDesiredRouting;

int wgp_desired_build(const WgpProfile *profile, const WgpDesiredInput *input, WgpNetwork *ret);

int wgp_desired_device(const WgpProfile *profile, WgpDevice *device);
int wgp_desired_allowed_ips(const WgpProfile *profile, WgpDevice *device);
bool wgp_desired_may_cover_endpoint(const WgpPrefix *prefix);
void wgp_desired_move_metric(WgpNetwork *network, uint32_t metric);
int wgp_desired_routes(WgpDesiredRouting *routing, WgpNetwork *network);
int wgp_desired_rules(const WgpDesiredRouting *routing, WgpNetwork *network);

/* desired-services.c */
int wgp_desired_services(const WgpProfile *profile, const WgpDesiredInput *input, WgpNetwork *network);
bool wgp_desired_has_services(const WgpProfile *profile);
bool wgp_dns_server_fits(const WgpProfile *profile, const WgpDnsServer *server, bool resolvconf);
