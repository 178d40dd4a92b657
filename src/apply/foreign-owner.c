/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Asks systemd and NetworkManager whose a link is. Done only when a link is in the way, to say what has to be
 * stopped. */

#include "apply/foreign-owner.h"

#include <stdio.h>

#include "apply/bus.h"
#include "system/profile-name.h"

enum {
        TIME_LIMIT_USEC = 2 * 1000 * 1000, /* the link is refused in any case: this only makes the message better */
        NM_ACTIVATION_STATE_FLAG_EXTERNAL = 1 << 7, /* libnm, nm-dbus-interface.h: something else made the link */
};

#define SYSTEMD "org.freedesktop.systemd1"
#define NM "org.freedesktop.NetworkManager"

typedef struct Property {
        const char *service, *path, *interface, *name;
} Property;

static int append_text(const WgpBusMessages *sd, sd_bus_message *m, const void *userdata) {
        return sd->append(m, "s", (const char *) userdata);
}

static int append_property(const WgpBusMessages *sd, sd_bus_message *m, const void *userdata) {
        const Property *property = userdata;

        return sd->append(m, "ss", property->interface, property->name);
}

static int read_text(const WgpBusMessages *sd, sd_bus_message *reply, const char *type, char **ret) {
        const char *text;
        int r;

        r = sd->read(reply, type, &text);
        if (r < 0)
                return r;
        *ret = strdup(text);
        return *ret ? 0 : -ENOMEM;
}

static int read_path(const WgpBusMessages *sd, sd_bus_message *reply, void *userdata) {
        return read_text(sd, reply, "o", userdata);
}

static int read_string_property(const WgpBusMessages *sd, sd_bus_message *reply, void *userdata) {
        int r = sd->enter_container(reply, 'v', "s");

        return r < 0 ? r : read_text(sd, reply, "s", userdata);
}

static int read_path_property(const WgpBusMessages *sd, sd_bus_message *reply, void *userdata) {
        int r = sd->enter_container(reply, 'v', "o");

        return r < 0 ? r : read_text(sd, reply, "o", userdata);
}

static int read_number_property(const WgpBusMessages *sd, sd_bus_message *reply, void *userdata) {
        int r = sd->enter_container(reply, 'v', "u");

        return r < 0 ? r : sd->read(reply, "u", userdata);
}

/* Calls a method that takes a string and answers with an object's path. */
static bool find(WgpBus *bus, const WgpBusMethod *method, const char *argument, char **ret) {
        return wgp_bus_ask(bus, method, &(WgpBusQuestion) { append_text, argument, read_path, ret }) == 0;
}

static bool get(WgpBus *bus, const Property *property, WgpBusRead read, void *ret) {
        const WgpBusMethod method = {
                property->service,
                property->path,
                "org.freedesktop.DBus.Properties",
                "Get",
                false,
        };

        return wgp_bus_ask(bus, &method, &(WgpBusQuestion) { append_property, property, read, ret }) == 0;
}

static char *describe_wg_quick(WgpBus *bus, const char *ifname) {
        static const WgpBusMethod get_unit = {
                SYSTEMD,
                "/org/freedesktop/systemd1",
                SYSTEMD ".Manager",
                "GetUnit",
                false,
        };
        _cleanup_(freep) char *unit = NULL, *path = NULL, *state = NULL;
        char *text;

        if (asprintf(&unit, "wg-quick@%s.service", ifname) < 0) {
                unit = NULL;
                return NULL;
        }
        if (!find(bus, &get_unit, unit, &path) || /* not loaded, so not active */
                        !get(bus, &(Property) { SYSTEMD, path, SYSTEMD ".Unit", "ActiveState" }, read_string_property,
                                        &state))
                return NULL;
        if (!streq(state, "active") && !streq(state, "activating") && !streq(state, "reloading"))
                return NULL;
        return asprintf(&text, "%s has it. Run 'systemctl disable --now %s'", unit, unit) < 0 ? NULL : text;
}

static char *describe_network_manager(WgpBus *bus, const char *ifname) {
        static const WgpBusMethod get_device = { NM, "/org/freedesktop/NetworkManager", NM, "GetDeviceByIpIface",
                false };
        _cleanup_(freep) char *device = NULL, *path = NULL, *id = NULL, *uuid = NULL, *shown = NULL;
        uint32_t flags;
        char *text;

        if (!find(bus, &get_device, ifname, &device) ||
                        !get(bus, &(Property) { NM, device, NM ".Device", "ActiveConnection" }, read_path_property,
                                        &path) ||
                        streq(path, "/"))
                return NULL;
        if (!get(bus, &(Property) { NM, path, NM ".Connection.Active", "StateFlags" }, read_number_property, &flags) ||
                        flags & NM_ACTIVATION_STATE_FLAG_EXTERNAL ||
                        !get(bus, &(Property) { NM, path, NM ".Connection.Active", "Id" }, read_string_property,
                                        &id) ||
                        !get(bus, &(Property) { NM, path, NM ".Connection.Active", "Uuid" }, read_string_property,
                                        &uuid) ||
                        uuid[strspn(uuid, "0123456789abcdefABCDEF-")] != 0)
                return NULL;
        shown = wgp_printable(id);
        if (!shown)
                return NULL;
        /* the id may have any characters: the command has the UUID, which is safe to copy */
        return asprintf(&text,
                               "NetworkManager has it, as the connection '%s'. Run: nmcli connection modify uuid %s "
                               "connection.autoconnect no; nmcli connection down uuid %s",
                               shown, uuid, uuid) < 0 ?
                               NULL :
                               text;
}

/* Describes who has a link and how to stop that, without a full stop. Returns text to be freed by the caller; NULL
 * when it is not known. */
char *wgp_foreign_owner_describe(WgpContext *context, const char *ifname) {
        WgpBus *bus;

        if (wgp_context_open_bus(context, TIME_LIMIT_USEC, &bus) != 0)
                return NULL;
        return describe_wg_quick(bus, ifname) ?: describe_network_manager(bus, ifname);
}
