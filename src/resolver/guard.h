/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once
/* Guard: has put back what others take away from a tunnel, by "wg-profile-apply repair NAME", which goes by the state
 * file; a tunnel without its link is started again. */

#include <systemd/sd-bus.h>
#include <systemd/sd-event.h>

#include "resolver/kernel.h"
#include "resolver/service-watch.h"
#include "resolver/tunnels.h"
#include "resolver/unit-watch.h"

typedef struct WgpGuard WgpGuard;
typedef struct WgpGuarded WgpGuarded;

struct WgpGuard {
        sd_event *event; /* borrowed, as all of these */
        sd_bus *bus;     /* NULL: there is none */
        WgpTunnels *tunnels;
        WgpKernel *kernel;
        WgpUnitWatch *units; /* NULL: nobody knows of them */
        const char *apply;   /* the program */
        const char *root;    /* its --root=; NULL: this system */

        WgpGuarded **guarded; /* by name: they outlive a restart */
        size_t n_guarded, n_allocated;
        size_t n_waiting; /* repairs under way that could wait: others like them do */
        sd_event_source *timer;
};

int wgp_guard_init(WgpGuard *guard);
void wgp_guard_done(WgpGuard *guard);

void wgp_guard_repair(WgpGuard *guard, const WgpTunnel *tunnel, const char *reason, bool leaks);
void wgp_guard_check(WgpGuard *guard, const WgpTunnel *tunnel);
void wgp_guard_appeared(WgpGuard *guard, const WgpTunnel *tunnel);
void wgp_guard_forget(WgpGuard *guard, const char *name);
void wgp_guard_rule_deleted(WgpGuard *guard, const WgpRule *rule);
void wgp_guard_unreachable_deleted(WgpGuard *guard, const WgpRoute *route);
void wgp_guard_link_missed(WgpGuard *guard, const WgpTunnel *tunnel);
void wgp_guard_table_removed(WgpGuard *guard, const char *table);
void wgp_guard_deviceless_deleted(WgpGuard *guard);
void wgp_guard_link_changed(WgpGuard *guard, uint32_t ifindex);
void wgp_guard_link_deleted(WgpGuard *guard, uint32_t ifindex);
void wgp_guard_service_renewed(WgpGuard *guard, WgpService service);
void wgp_guard_check_all(WgpGuard *guard);
void wgp_guard_forget_restarts(WgpGuard *guard);
bool wgp_guard_is_busy(const WgpGuard *guard);
