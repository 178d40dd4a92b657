/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once
/* Sleep watch: tells when the machine is awake again. */

#include <systemd/sd-bus.h>

typedef struct WgpSleepWatch WgpSleepWatch;

struct WgpSleepWatch {
        void (*resumed)(void *userdata);
        void *userdata;
        sd_bus_slot *slot;
};

int wgp_sleep_watch_init(WgpSleepWatch *watch, sd_bus *bus, void (*resumed)(void *userdata), void *userdata);
void wgp_sleep_watch_done(WgpSleepWatch *watch);
