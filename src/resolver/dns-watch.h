/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once
/* DNS watch: knows whether systemd-resolved is there, what it is configured to, and when that changes; without it,
 * when /etc/resolv.conf does; and in any case when /etc/hosts does. */

#include <systemd/sd-bus.h>
#include <systemd/sd-event.h>

#include "resolver/debounce.h"
#include "resolver/dns-config.h"

typedef struct WgpDnsWatch WgpDnsWatch;
typedef struct WgpDnsWatchOps WgpDnsWatchOps;

#define WGP_RESOLVED_NAME "org.freedesktop.resolve1"
#define WGP_RESOLVED_PATH "/org/freedesktop/resolve1"
#define WGP_RESOLVED_MANAGER "org.freedesktop.resolve1.Manager"

struct WgpDnsWatchOps {
        void (*changed)(void *userdata);      /* the same question may have another answer now */
        void (*ways_changed)(void *userdata); /* it has to go another way */
        void (*bus_appeared)(void *userdata); /* there was none; told again and again */
        bool (*is_ours)(void *userdata, uint32_t ifindex);
        void *userdata;
};

struct WgpDnsWatch {
        WgpDnsWatchOps ops;
        sd_event *event; /* borrowed */
        sd_bus *bus;     /* borrowed, NULL: there is none */
        bool resolved;   /* systemd-resolved is on the bus */
        WgpDnsConfig config;

        sd_bus_slot *changes, *owner, *get_all;
        WgpDebounce debounce;
        uint64_t signals, spurious; /* seen; without a change of what counts */

        int inotify; /* -EBADF: not watched */
        sd_event_source *inotify_source;
        uint64_t files_hash;
        bool files_changed; /* since it was last told of */
};

int wgp_dns_watch_init(WgpDnsWatch *watch, sd_event *event, sd_bus *bus, const WgpDnsWatchOps *ops);
int wgp_dns_watch_disturb(WgpDnsWatch *watch);
void wgp_dns_watch_done(WgpDnsWatch *watch);
