/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once
/* Look: the status of several tunnels at one moment: those that were named, or all. */

#include "cli/names.h"
#include "cli/tunnel-gather.h"

typedef struct WgpLook WgpLook;

struct WgpLook {
        const WgpCli *cli;
        WgpGather gather;
        WgpStoreList profiles;
        WgpMoment now;
        WgpTunnelStatus *tunnels;
        size_t n_tunnels;
        WgpNames names;  /* of the tunnels */
        WgpNames others; /* profiles that are not started */
};

#define WGP_LOOK_NULL ((WgpLook) { .gather.directory = -EBADF })

int wgp_look_at_named(const WgpCli *cli, WgpLook *look);
int wgp_look_at_running(const WgpCli *cli, WgpLook *look);
int wgp_look_at_all(const WgpCli *cli, bool unused, WgpLook *look);
void wgp_look_find_rates(const WgpLook *before, WgpLook *look);
void wgp_look_done(WgpLook *look);
