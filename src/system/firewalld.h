/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once
/* firewalld: the zone of a link, over the system bus. */

#include "system/bus.h"

int wgp_firewalld_set_zone(WgpBus *bus, const char *ifname, const char *zone, char **ret_error);
int wgp_firewalld_remove(WgpBus *bus, const char *ifname, char **ret_error);
