/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Asks systemd whether a unit stops to be started again: the unit's program is not told, but the unit's job says it.
 */

#include "apply/manager-job.h"

#include <stdio.h>
#include <unistd.h>

#include "apply/bus.h"
#include "system/profile-name.h"

enum {
        LIMIT_USEC = 3 * 1000 * 1000, /* of each of two ways; the unit has TimeoutStopSec=20 */
};

static int fill_unit(const WgpBusMessages *sd, sd_bus_message *m, const void *userdata) {
        const char *unit = userdata;

        return sd->append(m, "as", 1, unit);
}

static int read_job(const WgpBusMessages *sd, sd_bus_message *m, void *userdata) {
        const char *type;
        bool *restart = userdata;
        uint32_t id;
        int r;

        r = sd->enter_container(m, 'a', "(ssssssouso)");
        if (r > 0)
                r = sd->read(m, "(ssssssouso)", NULL, NULL, NULL, NULL, NULL, NULL, NULL, &id, &type, NULL);
        if (r > 0)
                *restart = streq(type, "restart");
        return r;
}

/* Returns 0, or what wgp_bus_ask() does. */
static int ask(WgpBus *bus, const char *unit, bool *ret_restart) {
        static const WgpBusMethod method = {
                .destination = "org.freedesktop.systemd1",
                .path = "/org/freedesktop/systemd1",
                .interface = "org.freedesktop.systemd1.Manager",
                .member = "ListUnitsByNames",
        };

        return wgp_bus_ask(bus, &method, &(WgpBusQuestion) { fill_unit, unit, read_job, ret_restart });
}

/* Asks by the manager's own socket first, then over the bus. Returns as ask() does. */
static int ask_either(WgpContext *context, const char *unit, bool *ret_restart) {
        _cleanup_(wgp_bus_closep) WgpBus *manager = NULL;
        WgpBus *bus;
        int r, k;

        r = wgp_bus_open_manager(LIMIT_USEC, &manager);
        if (r == 0)
                r = ask(manager, unit, ret_restart);
        if (r == 0)
                return 0;
        k = wgp_context_open_bus(context, LIMIT_USEC, &bus);
        if (k == 0)
                k = ask(bus, unit, ret_restart);
        return k == WGP_BUS_E_ABSENT ? r : k;
}

/* Without systemd nothing is restarted, sd_booted(3). */
static bool is_booted(void) {
        return access("/run/systemd/system", F_OK) >= 0;
}

/* The unit is "unit_prefix" and the instance of the profile "name". Returns 1, 0, or a negative errno when nobody can
 * tell. */
int wgp_restart_is_under_way(WgpContext *context, const char *unit_prefix, const char *name) {
        _cleanup_(freep) char *instance = NULL, *unit = NULL;
        bool restart = false;
        int r;

        if (context->root) /* not this system's units */
                return 0;
        instance = wgp_instance_escape(name);
        if (!instance || asprintf(&unit, "%s%s" WGP_UNIT_SUFFIX, unit_prefix, instance) < 0) {
                unit = NULL;
                return -ENOMEM;
        }
        r = ask_either(context, unit, &restart);
        if (r == 0)
                return restart;
        if (r == WGP_BUS_E_ABSENT && !is_booted())
                return 0;
        return r < 0 ? r : -EIO;
}
