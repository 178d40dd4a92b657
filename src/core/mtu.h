/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once
/* MTU: what is left of a path for the packets inside a tunnel. Pure. */

#include "core/macro.h"

uint32_t wgp_mtu_of_path(uint32_t path_mtu, bool has_ipv6);
