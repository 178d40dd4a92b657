/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Service watch. firewalld forgets all zones that were set at run time when it reloads, and when it is started anew.
 * systemd-resolved remembers what it was told over a restart, but one that is started only now was told nothing. */

#include "resolver/service-watch.h"

#include "base/macro.h"
#include "resolver/dns-watch.h"

#define FIREWALLD "org.fedoraproject.FirewallD1"
#define FIREWALLD_PATH "/org/fedoraproject/FirewallD1"

#define OWNER_OF(name)                                                              \
        "type='signal',sender='org.freedesktop.DBus',path='/org/freedesktop/DBus'," \
        "interface='org.freedesktop.DBus',member='NameOwnerChanged',arg0='" name "'"

/* "sss": the name, who had it, who has it */
static int on_owner(sd_bus_message *m, void *userdata, sd_bus_error *error) {
        const char *name, *before, *after;
        WgpServiceWatch *watch = userdata;

        if (sd_bus_message_read(m, "sss", &name, &before, &after) >= 0 && *after)
                watch->renewed(watch->userdata, streq(name, FIREWALLD) ? WGP_SERVICE_FIREWALLD : WGP_SERVICE_RESOLVED);
        return 0;
}

static int on_reloaded(sd_bus_message *m, void *userdata, sd_bus_error *error) {
        WgpServiceWatch *watch = userdata;

        watch->renewed(watch->userdata, WGP_SERVICE_FIREWALLD);
        return 0;
}

/* "bus" may be NULL: nothing will ever be told. Returns 0 or a negative errno. */
int wgp_service_watch_init(WgpServiceWatch *watch, sd_bus *bus, void (*renewed)(void *userdata, WgpService service),
                void *userdata) {
        int r;

        *watch = (WgpServiceWatch) { .renewed = renewed, .userdata = userdata };
        if (!bus)
                return 0;
        r = sd_bus_add_match_async(bus, &watch->resolved, OWNER_OF(WGP_RESOLVED_NAME), on_owner,
                        /* install_callback= */ NULL, watch);
        if (r >= 0)
                r = sd_bus_add_match_async(bus, &watch->firewalld, OWNER_OF(FIREWALLD), on_owner,
                                /* install_callback= */ NULL, watch);
        if (r >= 0)
                r = sd_bus_match_signal_async(bus, &watch->reloaded, FIREWALLD, FIREWALLD_PATH, FIREWALLD, "Reloaded",
                                on_reloaded, /* install_callback= */ NULL, watch);
        return WGP_MIN(r, 0);
}

void wgp_service_watch_done(WgpServiceWatch *watch) {
        watch->resolved = sd_bus_slot_unref(watch->resolved);
        watch->firewalld = sd_bus_slot_unref(watch->firewalld);
        watch->reloaded = sd_bus_slot_unref(watch->reloaded);
}
