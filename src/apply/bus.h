/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once
/* The system bus: libsystemd is loaded when a profile needs it, since loading it takes longer than bringing up a plain
 * tunnel. */

#include <systemd/sd-bus.h>

#include "base/macro.h"

typedef struct WgpBus WgpBus;
typedef struct WgpBusMethod WgpBusMethod;
typedef struct WgpBusQuestion WgpBusQuestion;

/* Conditions of wgp_bus_call(). */
enum {
        _WGP_BUS_E_SUCCESS,
        WGP_BUS_E_ABSENT,  /* no bus, or nobody of that name on it, and nobody is started */
        WGP_BUS_E_UNKNOWN, /* no such method: an older version */
        WGP_BUS_E_FAILED,  /* it said no; the words are in *ret_error */
};

struct WgpBusMethod {
        const char *destination, *path, *interface, *member;
        bool wait; /* for a service that runs, but may not have come to the bus yet */
};

/* Puts the arguments into the message, with wgp_bus_append() and its kin. Returns a negative errno on failure. */
typedef int (*WgpBusFill)(const WgpBus *bus, sd_bus_message *m, const void *userdata);

/* Reads the answer. Returns a negative errno on failure. */
typedef int (*WgpBusRead)(const WgpBus *bus, sd_bus_message *reply, void *userdata);

struct WgpBusQuestion {
        WgpBusFill fill;
        const void *fill_userdata;
        WgpBusRead read;
        void *read_userdata;
};

int wgp_bus_open(uint64_t usec, WgpBus **ret);
int wgp_bus_open_manager(uint64_t usec, WgpBus **ret);
WgpBus *wgp_bus_close(WgpBus *bus);
WGP_DEFINE_CLEANUP(WgpBus *, wgp_bus_close)

void wgp_bus_set_time_limit(WgpBus *bus, uint64_t usec);
int wgp_bus_call(WgpBus *bus, const WgpBusMethod *method, WgpBusFill fill, const void *userdata, char **ret_error);

int wgp_bus_ask(WgpBus *bus, const WgpBusMethod *method, const WgpBusQuestion *question);

const char *wgp_bus_error(int r);

int wgp_bus_append(const WgpBus *bus, sd_bus_message *m, const char *types, ...);
int wgp_bus_append_array(const WgpBus *bus, sd_bus_message *m, char type, const void *data, size_t size);
int wgp_bus_open_container(const WgpBus *bus, sd_bus_message *m, char type, const char *contents);
int wgp_bus_close_container(const WgpBus *bus, sd_bus_message *m);
int wgp_bus_enter_container(const WgpBus *bus, sd_bus_message *m, char type, const char *contents);
int wgp_bus_read(const WgpBus *bus, sd_bus_message *m, const char *types, ...);
