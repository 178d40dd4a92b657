/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once
/* Network namespaces: the kernel tells only of links in this one. For those of tunnels in others the resolver looks,
 * now and then; to listen there would keep a namespace that somebody has deleted. */

#include <systemd/sd-event.h>

#include "resolver/guard.h"

typedef struct WgpNetnsWatch WgpNetnsWatch;

struct WgpNetnsWatch {
        WgpGuard *guard; /* borrowed */
        sd_event_source *timer;
};

int wgp_netns_watch_init(WgpNetnsWatch *watch, sd_event *event, WgpGuard *guard);
void wgp_netns_watch_done(WgpNetnsWatch *watch);
void wgp_netns_watch_consider(WgpNetnsWatch *watch);
bool wgp_netns_watch_needs_restart(const WgpNetnsWatch *watch);
