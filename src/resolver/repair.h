/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once
/* Repair: runs "wg-profile-apply repair NAME" for one tunnel, as a child of this process or, where the tunnel is in
 * another network namespace, of the helper. */

#include <signal.h>
#include <systemd/sd-event.h>

#include "resolver/manager-data.h"
#include "resolver/netns-helper.h"

typedef struct WgpRepair WgpRepair;

typedef enum WgpRepairResult {
        WGP_REPAIR_NEEDLESS, /* nothing was missing */
        WGP_REPAIR_CHANGED,  /* something was put back */
        WGP_REPAIR_FAILED,
} WgpRepairResult;

struct WgpRepair {
        void (*ended)(void *userdata, WgpRepairResult result, const siginfo_t *info);
        void *userdata;

        char *name;                     /* of the tunnel, while it runs */
        sd_event_source *child, *limit; /* NULL: it does not run */
};

int wgp_repair_start(WgpRepair *repair, sd_event *event, const WgpNetnsHelper *helper, const WgpRepairCommand *command,
                const WgpTunnel *tunnel, bool quiet);
bool wgp_repair_is_running(const WgpRepair *repair);
void wgp_repair_kill(const WgpRepair *repair);
void wgp_repair_done(WgpRepair *repair);
