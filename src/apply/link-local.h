/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once
/* Link-local: the link-local address of a tunnel. */

#include "model/device.h"

int wgp_link_local_address(const char *ifname, WgpPrefix *ret);
