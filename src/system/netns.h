/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once
/* Network namespaces by name, as ip-netns(8) keeps them. */

#define WGP_NETNS_DIRECTORY "/run/netns"

int wgp_netns_open(const char *name, int *ret);
