/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once
/* Packet: one packet through a tunnel's link, which has WireGuard speak with the peer that it is for. */

#include "model/device.h"

int wgp_packet_send(const char *netns, const char *ifname, const WgpPrefix *inside);
