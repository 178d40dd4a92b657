/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once
/* DNS configuration: what systemd-resolved has, as far as the way of a question depends on it. Pure. */

#include "core/macro.h"

typedef struct WgpDnsConfig WgpDnsConfig;
typedef struct WgpDnsLink WgpDnsLink;

enum {
        WGP_DNS_ROUTE_MAX = 8, /* links that one question is put to, one after the other */
};

struct WgpDnsLink {
        uint32_t ifindex;
        bool has_servers;
        bool catches_all;  /* it has the domain "~." */
        bool is_split;     /* it is asked for some domains only */
};

struct WgpDnsConfig {
        WgpDnsLink *links;
        size_t n_links, n_allocated;
        uint64_t hash; /* of all that was told, our own links left out */
};

WgpDnsLink *wgp_dns_config_link(WgpDnsConfig *config, uint32_t ifindex);
void wgp_dns_config_done(WgpDnsConfig *config);
bool wgp_dns_config_catches_all(const WgpDnsConfig *config, uint32_t ifindex);
bool wgp_dns_config_same_way(const WgpDnsConfig *a, const WgpDnsConfig *b);

size_t wgp_dns_config_find_way(const WgpDnsConfig *config, uint32_t tunnel, const uint32_t *ours, size_t n_ours,
                uint32_t ret[static WGP_DNS_ROUTE_MAX]);
