/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once
/* The nft tables of all kill switches that are on, as text for libnftables. Pure. */

#include "model/device.h"

typedef struct WgpKillSwitch WgpKillSwitch;
typedef struct WgpKillSwitches WgpKillSwitches;

/* No tunnel's table is called so: those begin with "wg-profile-". */
#define WGP_KILL_SWITCH_TABLE "wg-killswitch"
/* The same rules, owned by the resolver. */
#define WGP_KILL_SWITCH_OWNED_TABLE "wg-killswitch-owned"

/* What one of them lets pass. */
struct WgpKillSwitch {
        char link[IF_NAMESIZE]; /* packets through it; "": not known */
        uint32_t mark;          /* packets with it; 0: none, the tunnel is down */
        bool strict;            /* nor packets to the LAN */
};

/* Sorted. */
struct WgpKillSwitches {
        WgpKillSwitch *items;
        size_t n_items, n_allocated;
};

#define WGP_KILL_SWITCHES_NULL ((WgpKillSwitches) {})

void wgp_kill_switches_done(WgpKillSwitches *switches);
int wgp_kill_switches_add(WgpKillSwitches *switches, const WgpKillSwitch *item);
int wgp_kill_switches_copy(const WgpKillSwitches *from, WgpKillSwitches *ret);

int wgp_kill_switches_format(const WgpKillSwitches *switches, const char *table, bool owned, char **ret);
uint64_t wgp_kill_switches_digest(const WgpKillSwitches *switches);
