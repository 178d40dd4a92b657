/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once
/* Packet: one packet through a tunnel's link, which has WireGuard speak with the peer that it is for. */

#include "model/device.h"
#include "resolver/netns-helper.h"

int wgp_packet_send(const WgpNetnsHelper *helper, const char *netns, const char *ifname, const WgpPrefix *inside);
