/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once
/* DNS: the parts of WgpDns, put together, compared and written. Pure. */

#include <stdio.h>

#include "model/device.h"

WgpDnsServer *wgp_dns_add_server(WgpDns *dns, const WgpDnsServer *server);
WgpDnsDomain *wgp_dns_add_domain(WgpDns *dns, const char *name, bool route_only);
int wgp_dns_copy(const WgpDns *from, WgpDns *ret);
void wgp_dns_server_done(WgpDnsServer *server);
void wgp_dns_done(WgpDns *dns);

bool wgp_dns_is_empty(const WgpDns *dns);
bool wgp_dns_uses_resolved(const WgpDns *dns);
bool wgp_dns_equal(const WgpDns *a, const WgpDns *b);

const char *wgp_dns_word(WgpDnsSetting setting, uint8_t value);
void wgp_dns_format(const WgpDns *dns, FILE *f);
int wgp_dns_format_resolv_conf(const WgpDns *dns, char **ret);
