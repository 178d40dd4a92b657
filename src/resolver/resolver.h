/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once
/* Resolver: the event loop that drives the manager, and all that wakes it. */

#include "resolver/debounce.h"
#include "resolver/dns-watch.h"
#include "resolver/guard.h"
#include "resolver/kernel.h"
#include "resolver/kill-switch-guard.h"
#include "resolver/manager.h"
#include "resolver/net-watch.h"
#include "resolver/netns-watch.h"
#include "resolver/nft-watch.h"
#include "resolver/resolve.h"
#include "resolver/service-watch.h"
#include "resolver/sleep-watch.h"
#include "resolver/tunnels.h"
#include "resolver/unit-watch.h"

typedef struct WgpResolver WgpResolver;
typedef struct WgpResolverOptions WgpResolverOptions;

enum {
        WGP_RESOLVER_EXIT_AGAIN = 75, /* it was about to end when work came, or lacks what a new process has: the
                                       * service is being restarted */
};

struct WgpResolverOptions {
        const char *root;             /* the tree whose state files are watched; NULL: this system */
        const char *apply;            /* the program that repairs */
        const WgpNetnsHelper *helper; /* borrowed */
        unsigned idle_seconds;        /* without anything to watch, before it ends */
};

struct WgpResolver {
        WgpResolverOptions options;
        sd_event *event;
        sd_bus *bus; /* NULL: there is none */

        WgpManager manager;
        WgpKernel kernel;
        WgpTunnels tunnels;
        WgpDnsWatch dns;
        WgpResolve resolve;
        WgpNetWatch net;
        WgpNftWatch nft;
        WgpSleepWatch sleep;
        WgpServiceWatch services;
        WgpGuard guard;
        WgpKillSwitchGuard kill_switches;
        WgpNetnsWatch netns;
        WgpUnitWatch units;

        WgpDebounce changes;  /* of the network */
        bool leaving;         /* to be started again */
        bool running;         /* everything above is there */
        sd_event_source *now; /* runs the manager in the next turn of the loop */
        sd_event_source *later, *idle;
        sd_event_source *after; /* each turn of the loop in which anything was done */
        sd_event_source *soon;  /* likewise, when answers come one after the other */
        uint64_t run_usec;      /* it last ran */
        char *status;           /* as told to systemd */
        uint64_t slept_usec;    /* how long the machine has, in all, when the manager last ran */
};

int wgp_resolver_init(WgpResolver *r, const WgpResolverOptions *options);
int wgp_resolver_run(WgpResolver *r);
void wgp_resolver_done(WgpResolver *r);
