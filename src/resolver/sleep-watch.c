/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Sleep watch: systemd-logind's signal. Without it the timers still count the time that was slept. */

#include "resolver/sleep-watch.h"

#include "base/macro.h"

/* Its argument: true before, false after. */
static int on_prepare(sd_bus_message *m, void *userdata, sd_bus_error *error) {
        WgpSleepWatch *watch = userdata;
        int before;

        if (sd_bus_message_read(m, "b", &before) >= 0 && !before)
                watch->resumed(watch->userdata);
        return 0;
}

/* "bus" may be NULL: nothing will ever be told. Returns 0 or a negative errno. */
int wgp_sleep_watch_init(WgpSleepWatch *watch, sd_bus *bus, void (*resumed)(void *userdata), void *userdata) {
        int r;

        *watch = (WgpSleepWatch) { .resumed = resumed, .userdata = userdata };
        if (!bus)
                return 0;
        r = sd_bus_match_signal_async(bus, &watch->slot, "org.freedesktop.login1", "/org/freedesktop/login1",
                        "org.freedesktop.login1.Manager", "PrepareForSleep", on_prepare, /* install_callback= */ NULL,
                        watch);
        return WGP_MIN(r, 0);
}

void wgp_sleep_watch_done(WgpSleepWatch *watch) {
        watch->slot = sd_bus_slot_unref(watch->slot);
}
