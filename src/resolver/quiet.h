/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once
/* Quiet: waits until a flurry of events is over, but not for ever. */

#include <systemd/sd-event.h>

#include "core/macro.h"

typedef struct WgpQuiet WgpQuiet;

enum {
        WGP_QUIET_USEC = 1000 * 1000,     /* without another event */
        WGP_QUIET_MAX_USEC = 2000 * 1000, /* since the first one */
        WGP_ACCURACY_USEC = 100 * 1000,   /* of this and all other timers: some may share a wake-up */
};

struct WgpQuiet {
        sd_event *event; /* borrowed */
        int (*over)(void *userdata);
        void *userdata;

        sd_event_source *timer;
        uint64_t first_usec; /* 0: it is quiet */
};

int wgp_quiet_disturb(WgpQuiet *quiet);
void wgp_quiet_done(WgpQuiet *quiet);
