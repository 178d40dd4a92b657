/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* firewalld, org.fedoraproject.FirewallD1.zone of firewalld.dbus(5): runtime only, and never starting it. */

#include "system/firewalld.h"

typedef struct Binding {
        const char *zone, *ifname;
} Binding;

static int fill(const WgpBus *bus, sd_bus_message *m, const void *userdata) {
        const Binding *b = userdata;

        return wgp_bus_append(bus, m, "ss", b->zone, b->ifname);
}

/* "tolerated": what firewalld calls it when nothing was to be done. */
static int call(WgpBus *bus, const char *member, const Binding *binding, const char *tolerated, char **ret_error) {
        const WgpBusMethod method = {
                .destination = "org.fedoraproject.FirewallD1",
                .path = "/org/fedoraproject/FirewallD1",
                .interface = "org.fedoraproject.FirewallD1.zone",
                .member = member,
        };
        char *error = NULL;
        int r;

        r = wgp_bus_call(bus, &method, fill, binding, &error);
        if (r == WGP_BUS_E_FAILED && strncmp(error, tolerated, strlen(tolerated)) == 0) {
                free(error);
                return 0;
        }
        *ret_error = error;
        return r;
}

/* Puts the link into the zone; "" is the default one. Returns 0, WGP_BUS_E_ABSENT when firewalld does not run,
 * WGP_BUS_E_FAILED with its words (the caller frees them), or a negative errno. */
int wgp_firewalld_set_zone(WgpBus *bus, const char *ifname, const char *zone, char **ret_error) {
        return call(bus, "changeZoneOfInterface", &(Binding) { zone, ifname }, "ZONE_ALREADY_SET", ret_error);
}

/* Takes the link out of its zone, whichever that is. Returns as above. */
int wgp_firewalld_remove(WgpBus *bus, const char *ifname, char **ret_error) {
        return call(bus, "removeInterface", &(Binding) { "", ifname }, "UNKNOWN_INTERFACE", ret_error);
}
