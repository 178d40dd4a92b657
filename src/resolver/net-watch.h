/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once
/* Net watch: listens to the kernel's notifications of routes, addresses, links and rules. */

#include <systemd/sd-event.h>

#include "netlink/nl-socket.h"
#include "resolver/net-view.h"

typedef struct WgpNetWatch WgpNetWatch;
typedef struct WgpNetWatchOps WgpNetWatchOps;

struct WgpNetWatchOps {
        void (*changed)(void *userdata); /* the way out, perhaps */
        void (*link_deleted)(void *userdata, uint32_t ifindex);
        void (*own_changed)(void *userdata, uint32_t ifindex); /* a link of ours lost something, or was set down */
        void (*deviceless_deleted)(void *userdata);            /* a route that leads nowhere, of whomever */
        void (*rule_deleted)(void *userdata, const WgpRule *rule);
        void (*unreachable_deleted)(void *userdata, const WgpRoute *route);
        void (*lost)(void *userdata); /* some were missed, or IPv6 was switched on: anything may be missing */
        void *userdata;
};

struct WgpNetWatch {
        WgpNetWatchOps ops;
        WgpNlSocket *socket;
        WgpNetView view;
        sd_event_source *source;
};

int wgp_net_watch_init(WgpNetWatch *watch, sd_event *event, const WgpNetWatchOps *ops);
void wgp_net_watch_done(WgpNetWatch *watch);
