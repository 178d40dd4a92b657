/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Looks for the links of tunnels in other network namespaces, of which no notification comes. */

#include "resolver/netns-watch.h"

#include <fcntl.h>
#include <time.h>
#include <unistd.h>

enum {
        PERIOD_USEC = 10 * 1000 * 1000,
};

/* What the generator writes for the sake of the first tunnel with Netns=, and what it sets. */
#define DROPIN "/run/systemd/generator/wg-profile-resolver.service.d/50-wg-profile-netns.conf"
#define VARIABLE "WG_PROFILE_NETNS"

static bool has_any(const WgpNetnsWatch *watch) {
        const WgpManager *m = watch->guard->tunnels->manager;

        for (size_t i = 0; i < m->n_tunnels; i++)
                if (m->tunnels[i]->netns)
                        return true;
        return false;
}

static void look(WgpNetnsWatch *watch) {
        const WgpManager *m = watch->guard->tunnels->manager;

        for (size_t i = 0; i < m->n_tunnels; i++)
                if (m->tunnels[i]->netns && m->tunnels[i]->ifindex > 0 &&
                                wgp_kernel_has_link(watch->guard->kernel, m->tunnels[i]) == 0)
                        wgp_guard_link_missed(watch->guard, m->tunnels[i]);
}

static int on_timer(sd_event_source *source, uint64_t usec, void *userdata) {
        WgpNetnsWatch *watch = userdata;

        look(watch);
        wgp_netns_watch_consider(watch);
        return 0;
}

/* Tunnels have come or gone. */
void wgp_netns_watch_consider(WgpNetnsWatch *watch) {
        int enabled = SD_EVENT_OFF;
        uint64_t now = 0;

        (void) sd_event_source_get_enabled(watch->timer, &enabled);
        if (has_any(watch) == (enabled != SD_EVENT_OFF))
                return;
        (void) sd_event_now(sd_event_source_get_event(watch->timer), CLOCK_BOOTTIME, &now);
        (void) sd_event_source_set_time(watch->timer, now + PERIOD_USEC);
        (void) sd_event_source_set_enabled(watch->timer, has_any(watch) ? SD_EVENT_ONESHOT : SD_EVENT_OFF);
}

/* Whether this process was started before there was a tunnel with Netns=, and so without the capability that the next
 * one would have. */
bool wgp_netns_watch_needs_restart(const WgpNetnsWatch *watch) {
        return watch->guard->kernel->denied && !watch->guard->root && !getenv(VARIABLE) &&
               faccessat(AT_FDCWD, DROPIN, F_OK, AT_SYMLINK_NOFOLLOW) >= 0;
}

/* Returns 0 or a negative errno. */
int wgp_netns_watch_init(WgpNetnsWatch *watch, sd_event *event, WgpGuard *guard) {
        int r;

        *watch = (WgpNetnsWatch) { .guard = guard };
        r = sd_event_add_time(event, &watch->timer, CLOCK_BOOTTIME, UINT64_MAX, PERIOD_USEC / 10, on_timer, watch);
        return r < 0 ? r : sd_event_source_set_enabled(watch->timer, SD_EVENT_OFF);
}

void wgp_netns_watch_done(WgpNetnsWatch *watch) {
        sd_event_source_disable_unref(watch->timer);
        *watch = (WgpNetnsWatch) {};
}
