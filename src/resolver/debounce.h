/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once
/* Debounce: waits until a flurry of events is over, but not for ever. */

#include <systemd/sd-event.h>

#include "base/macro.h"

typedef struct WgpDebounce WgpDebounce;

enum {
        WGP_DEBOUNCE_USEC = 1000 * 1000,     /* without another event */
        WGP_DEBOUNCE_MAX_USEC = 2000 * 1000, /* since the first one */
        WGP_ACCURACY_USEC = 100 * 1000,      /* of this and all other timers: some may share a wake-up */
};

struct WgpDebounce {
        sd_event *event; /* borrowed */
        int (*over)(void *userdata);
        void *userdata;

        sd_event_source *timer;
        uint64_t first_usec; /* 0: nothing happened */
};

int wgp_debounce_disturb(WgpDebounce *debounce);
void wgp_debounce_done(WgpDebounce *debounce);
