/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Sets the firewalld zone of the link, at runtime. Without firewalld nothing is done; when it starts later or
 * reloads, the resolver has the zone set again. An unknown zone is an error: the link would be in the default zone,
 * which may let in more. */

#include "apply/zone.h"

#include "apply/bus.h"
#include "apply/operation-report.h"

enum {
        TIME_LIMIT_USEC = 10 * 1000 * 1000, /* NetworkManager's: it answers nothing while it loads its rules */
};

/* The zone, and the link. */
static int append_zone(const WgpBusMessages *sd, sd_bus_message *m, const void *userdata) {
        const char *const *names = userdata;

        return sd->append(m, "ss", names[0], names[1]);
}

static int call(WgpRun *run, const char *member, const char *zone, char **ret_error) {
        const WgpBusMethod method = {
                "org.fedoraproject.FirewallD1",
                "/org/fedoraproject/FirewallD1",
                "org.fedoraproject.FirewallD1.zone",
                member,
                false,
        };
        const char *names[] = { zone, run->state.network.link.name }; /* the link itself may be gone */
        WgpBus *bus;
        int r;

        r = wgp_context_open_bus(&run->context, TIME_LIMIT_USEC, &bus);
        return r == 0 ? wgp_bus_call(bus, &method, append_zone, names, ret_error) : r;
}

/* Its errors begin with a code. */
static bool is_harmless(const char *error, const char *code) {
        return error && strncmp(error, code, strlen(code)) == 0;
}

/* Returns 0, or the exit code of a failure (reported). */
int wgp_zone_execute(WgpRun *run, const WgpOperation *op) {
        const bool set = op->type == WGP_OP_SET_ZONE;
        _cleanup_(freep) char *error = NULL;
        int r;

        r = wgp_context_before_change(&run->context);
        if (r < 0)
                return wgp_operation_fail(run, op, strerror(-r));

        /* "": whichever zone the link is in by now */
        r = set ? call(run, "changeZoneOfInterface", op->zone, &error) : call(run, "removeInterface", "", &error);
        if (r == 0 || r == WGP_BUS_E_ABSENT || is_harmless(error, set ? "ZONE_ALREADY_SET" : "UNKNOWN_INTERFACE"))
                return 0;
        return wgp_operation_fail(run, op, error ?: wgp_bus_error(r));
}
