/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once
/* DNS settings of a tunnel's link, for systemd-resolved or resolvconf(8). Pure. */

#include "base/diag.h"
#include "base/text.h"
#include "model/prefix.h"

typedef struct WgpDns WgpDns;
typedef struct WgpDnsDomain WgpDnsDomain;
typedef struct WgpDnsServer WgpDnsServer;

struct WgpDnsServer {
        WgpPrefix address; /* length unused */
        uint16_t port;     /* 0: default */
        bool tls;          /* profile only: dns+tls:// */
        char *server_name; /* for TLS, NULL: none */
        char *scope;       /* interface of a link-local address */
        WgpOrigin origin;
};

struct WgpDnsDomain {
        char *name; /* without "~"; "." for everything */
        bool route_only;
        uint8_t family; /* profile only: the family of its keyfile section, AF_UNSPEC: wg-quick */
        WgpOrigin origin;
};

/* What systemd-resolved can be told about a link beside servers and domains. */
typedef enum WgpDnsSetting {
        WGP_DNS_LLMNR,
        WGP_DNS_MULTICAST,
        WGP_DNS_OVER_TLS,
        WGP_DNS_DNSSEC,
        _WGP_DNS_SETTING_N,
} WgpDnsSetting;

/* The values of each: NetworkManager's numbers plus one. */
enum {
        WGP_DNS_DEFAULT,
        WGP_DNS_NO,
        WGP_DNS_PARTLY, /* "resolve", "opportunistic", "allow-downgrade" */
        WGP_DNS_YES,
        _WGP_DNS_VALUE_N,
};

/* The DNS settings of one link. */
struct WgpDns {
        char *resolvconf; /* the name that resolvconf(8) has it by; NULL: it goes to systemd-resolved */
        WgpDnsServer *servers;
        WgpDnsDomain *domains;
        size_t n_servers, n_domains, n_servers_allocated, n_domains_allocated;
        bool default_route;                   /* names that belong to no link's domains go to these servers */
        uint8_t settings[_WGP_DNS_SETTING_N]; /* WGP_DNS_DEFAULT to WGP_DNS_YES */
};

WgpDnsServer *wgp_dns_add_server(WgpDns *dns, const WgpDnsServer *server);
WgpDnsDomain *wgp_dns_add_domain(WgpDns *dns, const char *name, bool route_only);
int wgp_dns_copy(const WgpDns *from, WgpDns *ret);
void wgp_dns_server_done(WgpDnsServer *server);
void wgp_dns_done(WgpDns *dns);

bool wgp_dns_is_empty(const WgpDns *dns);
bool wgp_dns_uses_resolved(const WgpDns *dns);
bool wgp_dns_equal(const WgpDns *a, const WgpDns *b);

const char *wgp_dns_word(WgpDnsSetting setting, uint8_t value);
void wgp_dns_format(const WgpDns *dns, WgpText *t);
int wgp_dns_format_resolv_conf(const WgpDns *dns, char **ret);
