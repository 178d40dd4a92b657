/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once
/* Name servers: those that c-ares is to ask, found where systemd-resolved, resolv.conf(5) and its makers have them.
 * c-ares reads only that file, and in the version of Debian 12 no server with a link (fe80::1%eth0). */

#include "resolver/dns-config.h"
#include "resolver/manager.h"

typedef struct WgpNameServers WgpNameServers;

enum {
        WGP_NAME_SERVERS_MAX = 6,
};

struct WgpNameServers {
        WgpSockaddr items[WGP_NAME_SERVERS_MAX];
        size_t n;
        bool all; /* also those on this machine and those of tunnels */
};

void wgp_name_servers_add(WgpNameServers *servers, const WgpManager *m, const char *line);
void wgp_name_servers_find(WgpNameServers *servers, const WgpManager *m, bool past_tunnels);
void wgp_name_servers_from_config(WgpNameServers *servers, const WgpManager *m, const WgpDnsConfig *config);
