/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once
/* MTU: what is left of a path for the packets inside a tunnel. Pure. */

#include "model/device.h"

bool wgp_mtu_needs_ipv6(const WgpNetwork *network);
uint32_t wgp_mtu_of_path(uint32_t path_mtu, bool has_ipv6);
