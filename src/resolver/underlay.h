/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once
/* Underlay: asks name servers past the tunnels. With a tunnel's mark a question goes where the tunnel's own packets do. */

#include "resolver/dns-message.h"
#include "resolver/name-servers.h"

int wgp_underlay_resolve(const char *host, uint32_t mark, const WgpNameServers *servers, WgpDnsFound *ret);
