/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once
/* Unit watch: a tunnel whose unit is not active is not wanted, and goes. Its stop was killed, say, or its unit was
 * masked while it ran, which leaves systemd nothing that would stop it. */

#include <systemd/sd-bus.h>
#include <systemd/sd-event.h>

#include "resolver/tunnels.h"

typedef struct WgpUnitWatch WgpUnitWatch;
typedef struct WgpWatchedUnit WgpWatchedUnit;

struct WgpUnitWatch {
        sd_bus *bus;            /* borrowed; NULL: nobody can be asked, and nothing is done */
        WgpTunnels *tunnels;    /* borrowed */
        WgpWatchedUnit **units; /* those with a record */
        size_t n_units, n_allocated;
        sd_event_source *timer;
        sd_bus_slot *jobs;
};

int wgp_unit_watch_init(WgpUnitWatch *watch, sd_event *event, sd_bus *bus, WgpTunnels *tunnels);
void wgp_unit_watch_done(WgpUnitWatch *watch);

void wgp_unit_watch_record(WgpUnitWatch *watch, const WgpState *state);
void wgp_unit_watch_forget(WgpUnitWatch *watch, const char *name);
bool wgp_unit_watch_look(WgpUnitWatch *watch, const char *name);
bool wgp_unit_watch_is_idle(const WgpUnitWatch *watch, const char *name);
void wgp_unit_watch_try_again(WgpUnitWatch *watch);
bool wgp_unit_watch_is_busy(const WgpUnitWatch *watch);
