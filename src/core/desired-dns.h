/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once
/* Desired DNS: what a resolver is to be told about the tunnel's link. Pure. */

#include "core/profile.h"

typedef struct WgpDns WgpDns;
typedef struct WgpDnsServerState WgpDnsServerState;
typedef struct WgpDnsDomainState WgpDnsDomainState;

struct WgpDnsServerState {
        WgpPrefix address; /* length unused */
        uint16_t port;     /* 0: default */
        char *server_name; /* NULL: none */
};

struct WgpDnsDomainState {
        char *name; /* "." for everything */
        bool route_only;
};

/* The words of systemd-resolved; NULL leaves a setting at its default. */
struct WgpDns {
        WgpDnsServerState *servers;
        WgpDnsDomainState *domains;
        size_t n_servers, n_domains;
        bool default_route; /* names that belong to nobody go to these servers */
        const char *llmnr, *mdns, *dns_over_tls, *dnssec;
};

#define WGP_DNS_NULL ((WgpDns) {})

int wgp_desired_dns(const WgpProfile *profile, bool full_tunnel, WgpDns *ret);
bool wgp_dns_is_empty(const WgpDns *dns);
bool wgp_dns_equal(const WgpDns *a, const WgpDns *b);
int wgp_dns_format_resolvconf(const WgpDns *dns, char **ret);
void wgp_dns_done(WgpDns *dns);
