/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once
/* Tunnels: watches the directory of state files, and has the manager know what is in it. */

#include <systemd/sd-event.h>

#include "resolver/manager.h"

typedef struct WgpTunnels WgpTunnels;
typedef struct WgpTunnelsOps WgpTunnelsOps;

struct WgpTunnelsOps {
        void (*appeared)(void *userdata, WgpTunnel *tunnel);     /* or changed */
        void (*recorded)(void *userdata, const WgpState *state); /* there is a state file, of whatever tunnel */
        void (*gone)(void *userdata, const char *name);          /* or needs no looking after */
        void (*unrecorded)(void *userdata, const char *name);    /* its state file is gone */
        void (*kill_switch)(void *userdata);                     /* the record of one has come, changed or gone */
        void (*wanted)(void *userdata, const char *name);        /* its names are to be asked for now */
        void (*lost)(void *userdata);                            /* something may have happened to any of them */
        void *userdata;
};

struct WgpTunnels {
        WgpTunnelsOps ops;
        WgpManager *manager; /* borrowed */
        int directory, inotify;
        int kept; /* the directory where last good addresses are; -EBADF: there is none */
        sd_event_source *source;
};

int wgp_tunnels_init(
                WgpTunnels *tunnels, sd_event *event, const char *root, WgpManager *manager, const WgpTunnelsOps *ops);
void wgp_tunnels_done(WgpTunnels *tunnels);
int wgp_tunnels_scan(WgpTunnels *tunnels);
void wgp_tunnels_keep(WgpTunnels *tunnels, WgpTunnel *tunnel);
bool wgp_tunnels_have(const WgpTunnels *tunnels, const char *name);
bool wgp_tunnels_busy(const WgpTunnels *tunnels, const char *name);
