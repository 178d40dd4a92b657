/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once
/* Queries: questions to the kernel that several programs ask, each with its answer put together; and the one change
 * that takes several messages. */

#include "netlink/nl-socket.h"
#include "plan/plan.h"

int wgp_nl_query_link(WgpNlSocket *route, uint32_t ifindex, const char *name, WgpLink *ret);
int wgp_nl_query_addresses(WgpNlSocket *route, uint32_t ifindex, WgpNetwork *network);

int wgp_nl_query_wireguard(WgpNlSocket *generic, uint16_t *family);
int wgp_nl_query_device(WgpNlSocket *generic, uint16_t family, uint32_t ifindex, WgpDevice *ret);
int wgp_nl_set_device(WgpNlSocket *generic, uint16_t family, uint32_t ifindex, const WgpDeviceChange *change);

int wgp_nl_query_table(WgpNlSocket *netfilter, const char *table, WgpFilter *ret);
