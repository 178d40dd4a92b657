/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once
/* The system bus: libsystemd is loaded when a profile needs it, since loading it takes longer than bringing up a plain
 * tunnel. */

#include <systemd/sd-bus.h>

#include "base/macro.h"

typedef struct WgpBus WgpBus;
typedef struct WgpBusMessages WgpBusMessages;
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

/* What libsystemd does with messages: sd_bus_message_append(3) and so on. */
struct WgpBusMessages {
        __typeof__(sd_bus_message_append) *append;
        __typeof__(sd_bus_message_append_array) *append_array;
        __typeof__(sd_bus_message_open_container) *open_container;
        __typeof__(sd_bus_message_close_container) *close_container;
        __typeof__(sd_bus_message_enter_container) *enter_container;
        __typeof__(sd_bus_message_read) *read;
};

/* Puts the arguments into the message. Returns a negative errno on failure. */
typedef int (*WgpBusFill)(const WgpBusMessages *sd, sd_bus_message *m, const void *userdata);

/* Reads the answer. Returns a negative errno on failure. */
typedef int (*WgpBusRead)(const WgpBusMessages *sd, sd_bus_message *reply, void *userdata);

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
