/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once
/* systemd-resolved: a link's DNS settings, over the system bus. */

#include "core/desired-dns.h"
#include "system/bus.h"

int wgp_resolved_set_link(WgpBus *bus, uint32_t ifindex, const WgpDns *dns, char **ret_error);
int wgp_resolved_revert_link(WgpBus *bus, uint32_t ifindex, char **ret_error);
