/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "resolver/quiet.h"

#include <time.h>

static int on_timer(sd_event_source *source, uint64_t usec, void *userdata) {
        WgpQuiet *quiet = userdata;

        quiet->first_usec = 0;
        return quiet->over(quiet->userdata);
}

/* Something happened: "over" will be called. Returns 0 or a negative errno. */
int wgp_quiet_disturb(WgpQuiet *quiet) {
        uint64_t now, due;
        int r;

        r = sd_event_now(quiet->event, CLOCK_BOOTTIME, &now);
        if (r < 0)
                return r;
        if (quiet->first_usec == 0)
                quiet->first_usec = now;
        due = WGP_MIN(now + WGP_QUIET_USEC, quiet->first_usec + WGP_QUIET_MAX_USEC);

        if (!quiet->timer)
                return sd_event_add_time(quiet->event, &quiet->timer, CLOCK_BOOTTIME, due, WGP_ACCURACY_USEC, on_timer,
                                quiet);
        r = sd_event_source_set_time(quiet->timer, due);
        return r < 0 ? r : sd_event_source_set_enabled(quiet->timer, SD_EVENT_ONESHOT);
}

void wgp_quiet_done(WgpQuiet *quiet) {
        quiet->timer = sd_event_source_disable_unref(quiet->timer);
}
