/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "resolver/guard.h"

#include <linux/fib_rules.h>
#include <signal.h>
#include <spawn.h>
#include <stdio.h>
#include <sys/wait.h>
#include <time.h>

#include "core/compare.h"
#include "core/kill-switch.h"
#include "core/nft-text.h"
#include "resolver/rate-limit.h"
#include "resolver/debounce.h"
#include "system/profile-name.h"
#include "system/report.h"

enum {
        SETTLE_USEC = 1000 * 1000, /* before anything is done: whoever took one thing away may take more, or apply is
                                    * only about to write that the tunnel is down */
        BUSY_USEC = 2000 * 1000,   /* while apply is at work */
        REPAIR_MAX_USEC = 120 * 1000 * 1000, /* resolved, firewalld and a daemon have 25, 25 and 30 s to answer */
        REPAIRS_MAX = 5,           /* in a row that fail: firewalld may not be done with its start */
        NEEDLESS_USEC = 600 * 1000 * 1000, /* then a tunnel that is gone is forgotten */
};

/* One tunnel that was in need. */
struct WgpGuarded {
        char *name;
        WgpPace repairs;
        unsigned n_failures;   /* of the last repairs */
        WgpBudget restarts;
        uint64_t repair_usec;  /* when to repair it; 0: no need */
        const char *reason;
        bool at_work;          /* apply was, then: it may have been its doing */
        uint64_t link_usec;    /* when to look for its link; 0: no need */
        uint32_t ifindex;      /* of the link that was deleted */
        uint64_t used_usec;
};

static uint64_t now_of(const WgpGuard *guard) {
        uint64_t now = 0;

        (void) sd_event_now(guard->event, CLOCK_BOOTTIME, &now);
        return now;
}

static WgpGuarded *guarded_free(WgpGuarded *g) {
        if (g)
                free(g->name);
        free(g);
        return NULL;
}

static WgpGuarded *find(const WgpGuard *guard, const char *name) {
        for (size_t i = 0; i < guard->n_guarded; i++)
                if (streq(guard->guarded[i]->name, name))
                        return guard->guarded[i];
        return NULL;
}

/* NULL: out of memory. */
static WgpGuarded *get(WgpGuard *guard, const char *name) {
        WgpGuarded *g = find(guard, name);

        if (g)
                return g;
        g = calloc(1, sizeof(*g));
        if (!g || !(g->name = strdup(name)) ||
            !wgp_grow(&guard->guarded, &guard->n_allocated, guard->n_guarded + 1, sizeof(*guard->guarded)))
                return guarded_free(g);
        guard->guarded[guard->n_guarded++] = g;
        return g;
}

static void forget_needless(WgpGuard *guard, uint64_t now) {
        for (size_t i = 0; i < guard->n_guarded; i++) {
                WgpGuarded *g = guard->guarded[i];

                if (g->repair_usec > 0 || g->link_usec > 0 || g == guard->repaired || now - g->used_usec < NEEDLESS_USEC)
                        continue;
                guarded_free(g);
                guard->guarded[i--] = guard->guarded[--guard->n_guarded];
        }
}

/* Sets the timer to what is due first. */
static void arm(WgpGuard *guard) {
        uint64_t next = WGP_NEVER;

        for (size_t i = 0; i < guard->n_guarded; i++) {
                const WgpGuarded *g = guard->guarded[i];

                if (g->link_usec > 0)
                        next = WGP_MIN(next, g->link_usec);
                if (g->repair_usec > 0 && !guard->repaired)
                        next = WGP_MIN(next, g->repair_usec);
        }
        (void) sd_event_source_set_time(guard->timer, next);
        (void) sd_event_source_set_enabled(guard->timer, next == WGP_NEVER ? SD_EVENT_OFF : SD_EVENT_ONESHOT);
}

/* --- repair --- */

static void repair_later(WgpGuard *guard, WgpGuarded *g, const char *reason) {
        uint64_t now = now_of(guard);

        g->reason = reason;
        g->at_work = wgp_tunnels_busy(guard->tunnels, g->name);
        g->used_usec = now;
        g->repair_usec = wgp_pace_next(&g->repairs, now) + SETTLE_USEC;
}

static void repair_again(WgpGuard *guard, WgpGuarded *g) {
        if (++g->n_failures >= REPAIRS_MAX)
                return;
        if (g->repair_usec == 0)
                repair_later(guard, g, "the last repair has failed");
}

static int on_child(sd_event_source *source, const siginfo_t *info, void *userdata) {
        WgpGuard *guard = userdata;
        WgpGuarded *g = guard->repaired;
        bool failed = info->si_code != CLD_EXITED || info->si_status != 0;

        guard->child = sd_event_source_disable_unref(guard->child);
        guard->repaired = NULL;
        (void) sd_event_source_set_enabled(guard->limit, SD_EVENT_OFF);
        if (failed) {
                wgp_report_warning("%s: the repair has failed (%s %d).", g->name,
                                info->si_code == CLD_EXITED ? "exit status" : "signal", info->si_status);
                repair_again(guard, g);
        } else
                g->n_failures = 0;
        arm(guard);
        return 0;
}

/* All others wait for it. */
static int on_limit(sd_event_source *source, uint64_t usec, void *userdata) {
        WgpGuard *guard = userdata;

        if (!guard->repaired)
                return 0;
        wgp_report_warning("%s: the repair is not done after %d seconds: ending it.", guard->repaired->name,
                        REPAIR_MAX_USEC / 1000000);
        (void) sd_event_source_send_child_signal(guard->child, SIGKILL, /* si= */ NULL, /* flags= */ 0);
        return 0;
}

/* The child's signals are as they are by default. */
static int spawn(WgpGuard *guard, const char *name, pid_t *ret) {
        _cleanup_(freep) char *root = NULL;
        const char *argv[6] = { guard->apply };
        posix_spawnattr_t attributes;
        size_t n = 1;
        sigset_t none;
        int r;

        if (guard->root) {
                if (asprintf(&root, "--root=%s", guard->root) < 0) {
                        root = NULL;
                        return -ENOMEM;
                }
                argv[n++] = root;
        }
        argv[n++] = "repair";
        argv[n++] = "--"; /* a name may begin with a minus */
        argv[n] = name;

        r = posix_spawnattr_init(&attributes);
        if (r != 0)
                return -r;
        sigemptyset(&none);
        (void) posix_spawnattr_setsigmask(&attributes, &none);
        (void) posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETSIGMASK);
        r = posix_spawn(ret, guard->apply, NULL, &attributes, (char *const *) argv, environ);
        posix_spawnattr_destroy(&attributes);
        return -r;
}

static void repair(WgpGuard *guard, WgpGuarded *g, uint64_t now) {
        pid_t pid = 0;
        int r;

        g->used_usec = now;
        if (wgp_tunnels_busy(guard->tunnels, g->name)) { /* it would wait, and all others with it */
                g->repair_usec = now + BUSY_USEC;
                return;
        }
        wgp_pace_done(&g->repairs, now);
        g->repair_usec = 0;
        if (!wgp_manager_find(guard->tunnels->manager, g->name))
                return;

        wgp_report_notice("%s: %s%s: repairing it.", g->name, g->reason, g->at_work ? " while it was being changed" : "");
        r = spawn(guard, g->name, &pid);
        if (r >= 0) {
                guard->repaired = g;
                r = sd_event_add_child(guard->event, &guard->child, pid, WEXITED, on_child, guard);
        }
        if (r >= 0) {
                (void) sd_event_source_set_time(guard->limit, now + REPAIR_MAX_USEC);
                (void) sd_event_source_set_enabled(guard->limit, SD_EVENT_ONESHOT);
        }
        if (r < 0) {
                wgp_report_error("%s: cannot run %s: %s.", g->name, guard->apply, strerror(-r));
                guard->repaired = NULL;
        }
}

/* Has a tunnel repaired soon. "reason" is static text. */
void wgp_guard_repair(WgpGuard *guard, const WgpTunnel *tunnel, const char *reason) {
        WgpGuarded *g = get(guard, tunnel->name);

        if (!g)
                return;
        g->n_failures = 0;
        if (g->repair_usec > 0)
                return;
        repair_later(guard, g, reason);
        arm(guard);
}

/* A tunnel is down. As long as it is up, what was noticed stands: a record may be written, or be read again, without
 * anything having been put back, and one repair too many does nothing. */
void wgp_guard_forget(WgpGuard *guard, const char *name) {
        WgpGuarded *g = find(guard, name);

        if (g)
                g->link_usec = g->repair_usec = 0;
}

/* A rule of this network namespace is gone: whose was it? */
void wgp_guard_rule_deleted(WgpGuard *guard, const WgpRule *rule) {
        const WgpManager *m = guard->tunnels->manager;

        for (size_t i = 0; i < m->n_tunnels; i++)
                if (!m->tunnels[i]->netns && wgp_rules_find(m->tunnels[i]->rules, m->tunnels[i]->n_rules, rule))
                        wgp_guard_repair(guard, m->tunnels[i], "one of its rules was deleted");
}

/* Whether that is the tunnel's own table: one of its rules looks into it, and it has the number of its mark. A VRF's is
 * not watched. */
static bool owns_table(const WgpTunnel *tunnel, int family, uint32_t table) {
        for (size_t i = 0; i < tunnel->n_rules; i++) {
                const WgpRule *rule = tunnel->rules + i;

                if (rule->family == family && rule->action == FR_ACT_TO_TBL && rule->table == table &&
                    rule->table == tunnel->mark)
                        return true;
        }
        return false;
}

/* A default route that stops packets is gone, which may be one behind a tunnel's: whose was it? */
void wgp_guard_unreachable_deleted(WgpGuard *guard, const WgpRoute *route) {
        const WgpManager *m = guard->tunnels->manager;

        for (size_t i = 0; i < m->n_tunnels; i++)
                if (!m->tunnels[i]->netns && owns_table(m->tunnels[i], route->destination.family, route->table))
                        wgp_guard_repair(guard, m->tunnels[i], "its unreachable route was deleted");
}

/* Something of an nft table is gone: whose was it? That of the kill switches is of all who have one. */
void wgp_guard_table_removed(WgpGuard *guard, const char *table) {
        const WgpManager *m = guard->tunnels->manager;

        for (size_t i = 0; i < m->n_tunnels; i++) {
                const WgpTunnel *tunnel = m->tunnels[i];
                char own[WGP_NFT_TABLE_SIZE];

                wgp_nft_table_name(tunnel->ifname, own);
                if ((tunnel->has_filter && streq(own, table)) ||
                    (tunnel->kill_switch && streq(table, WGP_KILL_SWITCH_TABLE)))
                        wgp_guard_repair(guard, tunnel, "its nft table was changed");
        }
}

/* A service may have forgotten what it was told. */
void wgp_guard_service_renewed(WgpGuard *guard, WgpService service) {
        const bool firewalld = service == WGP_SERVICE_FIREWALLD;
        const WgpManager *m = guard->tunnels->manager;

        for (size_t i = 0; i < m->n_tunnels; i++) {
                const WgpTunnel *tunnel = m->tunnels[i];

                if (firewalld ? !tunnel->has_zone : !tunnel->told_resolved)
                        continue;
                wgp_guard_repair(guard, tunnel,
                                firewalld ? "firewalld was started, or has reloaded" : "systemd-resolved was started");
        }
}

/* --- restart --- */

static int on_restarted(sd_bus_message *m, void *userdata, sd_bus_error *error) {
        const sd_bus_error *e = sd_bus_message_get_error(m);

        if (e)
                wgp_report_warning("systemd would not: %s.", e->message ?: e->name);
        return 0;
}

/* TryRestartUnit does nothing about a unit that is stopped or about to be; "fail": nor does it take a job back. */
static void call_systemd(WgpGuard *guard, const char *name, const char *method, const char *mode) {
        _cleanup_(freep) char *instance = wgp_instance_escape(name), *unit = NULL;
        int r = -ENOMEM;

        if (instance && asprintf(&unit, WGP_UNIT_PREFIX "%s" WGP_UNIT_SUFFIX, instance) < 0)
                unit = NULL;
        if (unit)
                r = sd_bus_call_method_async(guard->bus, /* slot= */ NULL, "org.freedesktop.systemd1",
                                "/org/freedesktop/systemd1", "org.freedesktop.systemd1.Manager", method, on_restarted,
                                guard, "ss", unit, mode);
        if (r < 0)
                wgp_report_warning("%s: cannot ask systemd: %s.", name, strerror(-r));
}

static void restart(WgpGuard *guard, WgpGuarded *g, uint64_t now) {
        if (!guard->bus) {
                wgp_report_error("%s: its link was deleted, and there is no bus to ask systemd by: restart the tunnel.",
                                g->name);
        } else if (wgp_budget_spend(&g->restarts, now)) {
                wgp_report_warning("%s: its link was deleted, or its daemon has died: restarting the tunnel.", g->name);
                call_systemd(guard, g->name, "TryRestartUnit", "fail");
        } else {
                wgp_report_error("%s: its link was deleted again, more than %d times in %d minutes: stopping the tunnel.",
                                g->name, WGP_BUDGET_MAX, WGP_BUDGET_SECONDS / 60);
                call_systemd(guard, g->name, "StopUnit", "replace");
        }
}

static void look_for_link(WgpGuard *guard, WgpGuarded *g, uint64_t now) {
        const WgpTunnel *tunnel = wgp_manager_find(guard->tunnels->manager, g->name);

        g->link_usec = 0;
        if (!tunnel || tunnel->ifindex != g->ifindex)
                return; /* stopped, or started again */
        if (wgp_tunnels_busy(guard->tunnels, g->name)) {
                g->link_usec = now + BUSY_USEC;
                return;
        }
        if (wgp_kernel_has_link(guard->kernel, tunnel) == 0)
                restart(guard, g, now);
}

/* The link of a tunnel is not there: it is looked for once more before anything is done. */
void wgp_guard_link_missed(WgpGuard *guard, const WgpTunnel *tunnel) {
        WgpGuarded *g = get(guard, tunnel->name);

        if (!g)
                return;
        g->used_usec = now_of(guard);
        g->ifindex = tunnel->ifindex;
        g->link_usec = g->used_usec + SETTLE_USEC;
        arm(guard);
}

/* A link of this network namespace is gone: whose was it? With a userspace daemon its link goes, too. */
void wgp_guard_link_deleted(WgpGuard *guard, uint32_t ifindex) {
        const WgpManager *m = guard->tunnels->manager;

        for (size_t i = 0; i < m->n_tunnels; i++)
                if (wgp_tunnel_ifindex_here(m->tunnels[i]) == ifindex)
                        wgp_guard_link_missed(guard, m->tunnels[i]);
}

/* Nobody knows what was taken away while nobody looked. */
void wgp_guard_check_all(WgpGuard *guard) {
        const WgpManager *m = guard->tunnels->manager;

        for (size_t i = 0; i < m->n_tunnels; i++) {
                if (m->tunnels[i]->n_rules > 0 || m->tunnels[i]->kill_switch)
                        wgp_guard_repair(guard, m->tunnels[i], "its rules may have been deleted");
                if (m->tunnels[i]->ifindex > 0)
                        wgp_guard_link_missed(guard, m->tunnels[i]);
        }
}

/* --- all together --- */

static int on_timer(sd_event_source *source, uint64_t usec, void *userdata) {
        WgpGuard *guard = userdata;
        uint64_t now = now_of(guard);

        for (size_t i = 0; i < guard->n_guarded; i++) {
                WgpGuarded *g = guard->guarded[i];

                if (g->link_usec > 0 && g->link_usec <= now)
                        look_for_link(guard, g, now);
                if (g->repair_usec > 0 && g->repair_usec <= now && !guard->repaired)
                        repair(guard, g, now);
        }
        forget_needless(guard, now);
        arm(guard);
        return 0;
}

/* Whether anything is under way, or about to be. */
bool wgp_guard_is_busy(const WgpGuard *guard) {
        for (size_t i = 0; i < guard->n_guarded; i++)
                if (guard->guarded[i]->repair_usec > 0 || guard->guarded[i]->link_usec > 0)
                        return true;
        return guard->repaired;
}

/* The members from "event" to "root" are set. SIGCHLD is blocked. Returns 0 or a negative errno. */
int wgp_guard_init(WgpGuard *guard) {
        int r;

        r = sd_event_add_time(guard->event, &guard->timer, CLOCK_BOOTTIME, WGP_NEVER, WGP_ACCURACY_USEC, on_timer,
                        guard);
        if (r >= 0)
                r = sd_event_add_time(guard->event, &guard->limit, CLOCK_BOOTTIME, WGP_NEVER, WGP_ACCURACY_USEC,
                                on_limit, guard);
        if (r >= 0)
                r = sd_event_source_set_enabled(guard->limit, SD_EVENT_OFF);
        return r < 0 ? r : sd_event_source_set_enabled(guard->timer, SD_EVENT_OFF);
}

void wgp_guard_done(WgpGuard *guard) {
        sd_event_source_disable_unref(guard->timer);
        sd_event_source_disable_unref(guard->limit);
        sd_event_source_disable_unref(guard->child);
        for (size_t i = 0; i < guard->n_guarded; i++)
                guarded_free(guard->guarded[i]);
        free(guard->guarded);
        *guard = (WgpGuard) {};
}
