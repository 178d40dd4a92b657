/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once
/* Service watch: tells when a service that was told of our links may have forgotten them: it was started, or reloaded.
 */

#include <systemd/sd-bus.h>

typedef struct WgpServiceWatch WgpServiceWatch;

typedef enum WgpService {
        WGP_SERVICE_RESOLVED,
        WGP_SERVICE_FIREWALLD,
        _WGP_SERVICE_N,
} WgpService;

struct WgpServiceWatch {
        void (*renewed)(void *userdata, WgpService service);
        void *userdata;
        sd_bus_slot *resolved, *firewalld, *reloaded;
};

int wgp_service_watch_init(WgpServiceWatch *watch, sd_bus *bus, void (*renewed)(void *userdata, WgpService service),
                void *userdata);
void wgp_service_watch_done(WgpServiceWatch *watch);
