/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once
/* DNS configuration: what systemd-resolved has, as far as the way of a question depends on it. Pure. */

#include "model/device.h"

typedef struct WgpDnsAsker WgpDnsAsker;
typedef struct WgpDnsConfig WgpDnsConfig;
typedef struct WgpDnsLink WgpDnsLink;

enum {
        WGP_DNS_PORT = 53,
        WGP_DNS_WAYS_MAX = 9,     /* links, and others, that one question is put to, one after the other */
        WGP_DNS_SERVERS_MAX = 16, /* of systemd-resolved that are remembered */
};

/* Ways of a question besides systemd-resolved's links. */
#define WGP_DNS_WAY_SERVERS UINT32_MAX    /* the name servers themselves */
#define WGP_DNS_WAY_LIBC (UINT32_MAX - 1) /* getaddrinfo(3) */

/* Who wants to know. */
struct WgpDnsAsker {
        uint32_t tunnel;  /* its link; 0: not known, or not in this network namespace */
        bool has_mark;    /* of its packets: questions with it go past all tunnels */
        bool kill_switch; /* which lets nothing but that mark pass */
};

struct WgpDnsLink {
        uint32_t ifindex;
        bool has_servers;
        bool catches_all; /* it has the domain "~." */
        bool is_split;    /* it is asked for some domains only */
};

struct WgpDnsConfig {
        WgpDnsLink *links;
        size_t n_links, n_allocated;
        WgpSockaddr servers[WGP_DNS_SERVERS_MAX]; /* of links that are not ours, and of none */
        size_t n_servers;
        bool tls_only; /* nothing is to be asked in the clear */
        uint64_t hash; /* of all that was told, our own links left out */
};

WgpDnsLink *wgp_dns_config_link(WgpDnsConfig *config, uint32_t ifindex);
void wgp_dns_config_done(WgpDnsConfig *config);
bool wgp_dns_config_catches_all(const WgpDnsConfig *config, uint32_t ifindex);
bool wgp_dns_config_has_same_ways(const WgpDnsConfig *a, const WgpDnsConfig *b);

size_t wgp_dns_config_find_ways(const WgpDnsConfig *config, const WgpDnsAsker *asker, const uint32_t *ours,
                size_t n_ours, uint32_t ret[static WGP_DNS_WAYS_MAX]);
