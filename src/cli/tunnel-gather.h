/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once
/* Gathering: systemd, records, the kernel and the profiles, for the status of tunnels. */

#include "cli/cli.h"
#include "cli/tunnel-sockets.h"
#include "cli/tunnel-status.h"

typedef struct WgpGather WgpGather;

/* What is open, for any number of tunnels. */
struct WgpGather {
        const WgpCli *cli;
        WgpUnits units;
        bool asked_systemd;
        int directory;         /* of the records; -EBADF: there is none */
        bool hidden;           /* only root may look into it */
        WgpTunnelSockets here; /* to this network namespace */
        uint16_t wireguard;
        WgpStore *store;              /* NULL: the directories of profiles cannot be read */
        bool brief;                   /* for one line a tunnel: no addresses */
        const WgpStoreList *profiles; /* all there are, borrowed; NULL: each is looked for by its name */
};

int wgp_gather_open(const WgpCli *cli, const char *name, WgpGather *ret);
int wgp_gather_open_brief(const WgpCli *cli, WgpGather *ret);
void wgp_gather_done(WgpGather *gather);

int wgp_gather_tunnel(WgpGather *gather, const char *name, WgpTunnelStatus *ret);
int wgp_tunnel_refuse_unknown(const WgpCli *cli, const WgpTunnelStatus *tunnel);
void wgp_moment_now(WgpMoment *ret);
