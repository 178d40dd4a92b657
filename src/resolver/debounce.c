/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Waits until a flurry of events is over, then calls once. */

#include "resolver/debounce.h"

#include <time.h>

static int on_timer(sd_event_source *source, uint64_t usec, void *userdata) {
        WgpDebounce *debounce = userdata;

        debounce->first_usec = 0;
        return debounce->over(debounce->userdata);
}

/* Something happened: "over" will be called. Returns 0 or a negative errno. */
int wgp_debounce_disturb(WgpDebounce *debounce) {
        uint64_t now, due;
        int r;

        r = sd_event_now(debounce->event, CLOCK_BOOTTIME, &now);
        if (r < 0)
                return r;
        if (debounce->first_usec == 0)
                debounce->first_usec = now;
        due = WGP_MIN(now + WGP_DEBOUNCE_USEC, debounce->first_usec + WGP_DEBOUNCE_MAX_USEC);

        if (!debounce->timer)
                return sd_event_add_time(debounce->event, &debounce->timer, CLOCK_BOOTTIME, due, WGP_ACCURACY_USEC,
                                on_timer, debounce);
        r = sd_event_source_set_time(debounce->timer, due);
        return r < 0 ? r : sd_event_source_set_enabled(debounce->timer, SD_EVENT_ONESHOT);
}

void wgp_debounce_done(WgpDebounce *debounce) {
        debounce->timer = sd_event_source_disable_unref(debounce->timer);
}
