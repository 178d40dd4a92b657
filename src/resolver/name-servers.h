/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once
/* Name servers: those that can be asked past the tunnels, found where resolv.conf(5) and its makers have them. */

#include "resolver/manager.h"

typedef struct WgpNameServers WgpNameServers;

enum {
        WGP_NAME_SERVERS_MAX = 6,
};

struct WgpNameServers {
        WgpSockaddr items[WGP_NAME_SERVERS_MAX];
        size_t n;
};

void wgp_name_servers_add(WgpNameServers *servers, const WgpManager *m, const char *line);
void wgp_name_servers_find(const WgpManager *m, WgpNameServers *ret);
