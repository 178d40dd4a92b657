/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Decides what is to be repaired, or started again, and when. */

#include "resolver/guard.h"

#include <linux/fib_rules.h>
#include <signal.h>
#include <stdio.h>

#include "desired/nft-text.h"
#include "model/kernel-slot.h"
#include "resolver/budget-file.h"
#include "resolver/rate-limit.h"
#include "resolver/repair.h"
#include "system/profile-name.h"
#include "system/report.h"

enum {
        MSEC = 1000,
        SECOND = 1000 * MSEC,
        SETTLE_USEC = SECOND, /* before anything is done: whoever took one thing away may take more, or apply is
                               * only about to write that the tunnel is down */
        LEAK_SETTLE_USEC = 10 * MSEC, /* where traffic leaves in the clear meanwhile */
        LEAK_PAUSE_USEC = 100 * MSEC, /* between two repairs then, or while apply is at work */
        BUSY_USEC = 2 * SECOND,       /* while apply is at work */
        LEAK_WAIT_USEC = SECOND,      /* for a repair that waits for another service; then it is begun anew */
        ANSWER_USEC = 500 * MSEC,     /* systemd has for saying whether a unit is active */
        REPAIRS_MAX = 5,              /* in a row that fail: firewalld may not be done with its start */
        NEEDLESS_USEC = 600 * SECOND, /* then a tunnel that is gone is forgotten */
        TELL_USEC = 600 * SECOND,     /* who keeps deleting the same is told of once */
};

/* One tunnel that was in need. */
struct WgpGuarded {
        WgpGuard *guard;
        char *name;
        WgpPace repairs, checks; /* the latter: where nobody knows whether anything is missing */
        WgpPace checks_before;   /* without the last one */
        unsigned n_failures;     /* of the last repairs */
        WgpBudget restarts;
        uint64_t repair_usec;           /* when to repair it; 0: no need */
        bool leaks;                     /* then: that cannot wait */
        const char *reason;             /* then; NULL: something may be missing */
        bool at_work;                   /* apply was, then: it may have been its doing */
        WgpRepair repair;               /* the program, while it runs */
        bool child_leaks, child_checks; /* what it runs for */
        uint64_t started_usec;          /* the last repair was */
        const char *told_reason;        /* NULL: that something was missing, which a check has found */
        uint64_t told_usec;             /* last; 0: never */
        uint64_t link_usec;             /* when to look for its link; 0: no need */
        uint32_t ifindex;               /* of the link that was deleted */
        uint32_t seen_ifindex;          /* of the link, as it was known last */
        bool unit_asked;                /* whether it is active, since then */
        uint64_t used_usec;
};

static uint64_t now_of(const WgpGuard *guard) {
        uint64_t now = 0;

        (void) sd_event_now(guard->event, CLOCK_BOOTTIME, &now);
        return now;
}

static WgpGuarded *guarded_free(WgpGuarded *g) {
        if (!g)
                return NULL;
        wgp_repair_done(&g->repair);
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
        if (g)
                g->guard = guard;
        if (!g || !(g->name = strdup(name)) ||
                        !wgp_grow(&guard->guarded, &guard->n_allocated, guard->n_guarded + 1, sizeof(*guard->guarded)))
                return guarded_free(g);
        guard->guarded[guard->n_guarded++] = g;
        wgp_budget_read(guard->tunnels->directory, name, now_of(guard), &g->restarts);
        return g;
}

static void forget_needless(WgpGuard *guard, uint64_t now) {
        for (size_t i = 0; i < guard->n_guarded; i++) {
                WgpGuarded *g = guard->guarded[i];

                if (g->repair_usec > 0 || g->link_usec > 0 || wgp_repair_is_running(&g->repair) ||
                                now - g->used_usec < NEEDLESS_USEC)
                        continue;
                wgp_budget_remove(guard->tunnels->directory, g->name); /* what was spent is over, too */
                guarded_free(g);
                guard->guarded[i--] = guard->guarded[--guard->n_guarded];
        }
}

/* No tunnel is left: what was spent on restarts goes with them. */
void wgp_guard_forget_restarts(WgpGuard *guard) {
        for (size_t i = 0; i < guard->n_guarded; i++)
                wgp_budget_remove(guard->tunnels->directory, guard->guarded[i]->name);
}

/* Whether a repair can begin. One of its own at a time; of those that can wait, one of all. */
static bool may_begin(const WgpGuarded *g) {
        return !wgp_repair_is_running(&g->repair) && (g->leaks || !g->guard->n_waiting);
}

/* Sets the timer to what is due first. */
static void arm(WgpGuard *guard) {
        uint64_t next = WGP_NEVER;

        for (size_t i = 0; i < guard->n_guarded; i++) {
                const WgpGuarded *g = guard->guarded[i];

                if (g->link_usec > 0)
                        next = WGP_MIN(next, g->link_usec);
                if (g->repair_usec > 0 && may_begin(g))
                        next = WGP_MIN(next, g->repair_usec);
                if (g->repair_usec > 0 && g->leaks && wgp_repair_is_running(&g->repair) && !g->child_leaks)
                        next = WGP_MIN(next, g->started_usec + LEAK_WAIT_USEC);
        }
        (void) sd_event_source_set_time(guard->timer, next);
        (void) sd_event_source_set_enabled(guard->timer, next == WGP_NEVER ? SD_EVENT_OFF : SD_EVENT_ONESHOT);
}

/* --- repair --- */

/* What leaks is not paced. */
static uint64_t due(const WgpGuarded *g, const char *reason, bool leaks, uint64_t now) {
        if (!leaks)
                return wgp_pace_next(reason ? &g->repairs : &g->checks, now) + SETTLE_USEC;
        return WGP_MAX(now + LEAK_SETTLE_USEC, g->started_usec > 0 ? g->started_usec + LEAK_PAUSE_USEC : 0);
}

static void repair_later(WgpGuard *guard, WgpGuarded *g, const char *reason, bool leaks) {
        uint64_t now = now_of(guard), usec = due(g, reason, leaks, now);

        g->used_usec = now;
        if (g->repair_usec > 0 && g->repair_usec <= usec && (g->leaks || !leaks)) {
                g->reason = g->reason ?: reason;
                return;
        }
        g->reason = reason ?: g->repair_usec > 0 ? g->reason : NULL;
        g->leaks = leaks || (g->repair_usec > 0 && g->leaks);
        g->at_work = wgp_tunnels_busy(guard->tunnels, g->name);
        g->repair_usec = g->repair_usec > 0 ? WGP_MIN(g->repair_usec, usec) : usec;
}

static void repair_again(WgpGuard *guard, WgpGuarded *g) {
        if (++g->n_failures < REPAIRS_MAX)
                repair_later(guard, g, "the last repair has failed", /* leaks= */ false);
}

static void note_told(WgpGuarded *g, const char *reason, uint64_t now) {
        g->told_reason = reason;
        g->told_usec = now;
}

/* The repair has ended. */
static void on_repaired(void *userdata, WgpRepairResult result, const siginfo_t *info) {
        WgpGuarded *g = userdata;
        WgpGuard *guard = g->guard;
        bool failed = result == WGP_REPAIR_FAILED;

        guard->n_waiting -= !g->child_leaks;
        if (g->child_checks && result == WGP_REPAIR_CHANGED)
                note_told(g, /* reason= */ NULL, now_of(guard));
        else if (g->child_checks && !failed) /* there was no need */
                g->checks = g->checks_before;
        if (failed && g->repair_usec > 0 && g->leaks) {
                /* ended for that one, or it makes up for it */
        } else if (failed) {
                wgp_report_warning("%s: the repair has failed (%s %d).", g->name,
                                info->si_code == CLD_EXITED ? "exit status" : "signal", info->si_status);
                repair_again(guard, g);
        } else
                g->n_failures = 0;
        arm(guard);
}

/* Whether that was told lately; else it is told now. Of a check apply tells, if anything is missing. */
static bool was_told(WgpGuarded *g, uint64_t now) {
        if (g->told_usec > 0 && g->told_reason == g->reason && now - g->told_usec < TELL_USEC)
                return true;
        if (!g->reason)
                return false;
        wgp_report_notice("%s: %s%s: repairing it.", g->name, g->reason,
                        g->at_work ? " while it was being changed" : "");
        note_told(g, g->reason, now);
        return false;
}

static void begin_repair(WgpGuard *guard, WgpGuarded *g, const WgpTunnel *tunnel, uint64_t now) {
        const WgpRepairCommand command = { guard->apply, guard->root };
        int r;

        g->repair.ended = on_repaired;
        g->repair.userdata = g;
        r = wgp_repair_start(&g->repair, guard->event, guard->kernel->helper, &command, tunnel, was_told(g, now));
        if (r < 0) {
                wgp_report_error("%s: cannot run %s: %s.", g->name, guard->apply, strerror(-r));
                return;
        }
        g->child_leaks = g->leaks;
        g->child_checks = !g->reason;
        guard->n_waiting += !g->leaks;
}

static void repair(WgpGuard *guard, WgpGuarded *g, uint64_t now) {
        const WgpTunnel *tunnel;

        g->used_usec = now;
        if (wgp_tunnels_busy(guard->tunnels, g->name)) { /* it would wait, and others with it */
                g->repair_usec = now + (g->leaks ? (uint64_t) LEAK_PAUSE_USEC : (uint64_t) BUSY_USEC);
                return;
        }
        g->checks_before = g->checks;
        if (!g->leaks)
                wgp_pace_done(g->reason ? &g->repairs : &g->checks, now);
        g->started_usec = now;
        g->repair_usec = 0;
        tunnel = wgp_manager_find(guard->tunnels->manager, g->name);
        if (tunnel)
                begin_repair(guard, g, tunnel, now);
}

/* Has a tunnel repaired: at once, if traffic may leave in the clear meanwhile, or soon. "reason" is static text; NULL:
 * nobody knows whether anything is missing. */
void wgp_guard_repair(WgpGuard *guard, const WgpTunnel *tunnel, const char *reason, bool leaks) {
        WgpGuarded *g = get(guard, tunnel->name);

        if (!g)
                return;
        g->n_failures = 0;
        g->seen_ifindex = tunnel->ifindex;
        repair_later(guard, g, reason, leaks);
        arm(guard);
}

/* Nobody knows what was taken away while nobody looked. */
void wgp_guard_check(WgpGuard *guard, const WgpTunnel *tunnel) {
        wgp_guard_repair(guard, tunnel, /* reason= */ NULL, /* leaks= */ tunnel->n_rules > 0);
}

static void forget_past(WgpGuarded *g) {
        g->repairs = g->checks = (WgpPace) {};
        g->n_failures = 0;
        g->told_usec = 0;
}

/* A tunnel is up, or its record was written again. What was noticed stays: a record may be written, or be read again,
 * without anything having been put back, and one repair too many does nothing. With another link it is another tunnel.
 */
void wgp_guard_appeared(WgpGuard *guard, const WgpTunnel *tunnel) {
        WgpGuarded *g = find(guard, tunnel->name);

        if (!g || tunnel->ifindex == g->seen_ifindex)
                return;
        g->seen_ifindex = tunnel->ifindex;
        forget_past(g);
}

/* A tunnel is down. */
void wgp_guard_forget(WgpGuard *guard, const char *name) {
        WgpGuarded *g = find(guard, name);

        if (!g)
                return;
        g->link_usec = g->repair_usec = 0;
        forget_past(g);
}

/* A rule of this network namespace is gone: finds its tunnel. */
void wgp_guard_rule_deleted(WgpGuard *guard, const WgpRule *rule) {
        const WgpManager *m = guard->tunnels->manager;

        for (size_t i = 0; i < m->n_tunnels; i++)
                if (!m->tunnels[i]->netns && wgp_rules_find(m->tunnels[i]->rules, m->tunnels[i]->n_rules, rule))
                        wgp_guard_repair(guard, m->tunnels[i], "one of its rules was deleted", /* leaks= */ true);
}

/* Whether that is the tunnel's own table: one of its rules looks into it, and it has the number of its mark. A VRF's
 * is not watched. */
static bool owns_table(const WgpTunnel *tunnel, int family, uint32_t table) {
        for (size_t i = 0; i < tunnel->n_rules; i++) {
                const WgpRule *rule = tunnel->rules + i;

                if (rule->family == family && rule->action == FR_ACT_TO_TBL && rule->table == table &&
                                rule->table == tunnel->mark)
                        return true;
        }
        return false;
}

/* An unreachable default route is gone: finds the tunnel that it was behind. */
void wgp_guard_unreachable_deleted(WgpGuard *guard, const WgpRoute *route) {
        const WgpManager *m = guard->tunnels->manager;

        for (size_t i = 0; i < m->n_tunnels; i++)
                if (!m->tunnels[i]->netns && owns_table(m->tunnels[i], route->destination.family, route->table))
                        wgp_guard_repair(guard, m->tunnels[i], "its unreachable route was deleted", /* leaks= */ true);
}

/* Something of a tunnel's nft table is gone: finds the tunnel. */
void wgp_guard_table_removed(WgpGuard *guard, const char *table) {
        const WgpManager *m = guard->tunnels->manager;

        for (size_t i = 0; i < m->n_tunnels; i++) {
                char own[WGP_NFT_TABLE_SIZE];

                wgp_nft_table_name(m->tunnels[i]->ifname, own);
                if (m->tunnels[i]->has_filter && streq(own, table))
                        wgp_guard_repair(guard, m->tunnels[i], "its nft table was changed", /* leaks= */ false);
        }
}

/* An address or a route of a tunnel's link is gone, or the link was set down. Who did that may have been apply. */
void wgp_guard_link_changed(WgpGuard *guard, uint32_t ifindex) {
        const WgpManager *m = guard->tunnels->manager;

        for (size_t i = 0; i < m->n_tunnels; i++)
                if (wgp_tunnel_ifindex_here(m->tunnels[i]) == ifindex)
                        wgp_guard_repair(guard, m->tunnels[i], /* reason= */ NULL, /* leaks= */ false);
}

/* A route that leads nowhere is gone: it says not whose it was. */
void wgp_guard_deviceless_deleted(WgpGuard *guard) {
        const WgpManager *m = guard->tunnels->manager;

        for (size_t i = 0; i < m->n_tunnels; i++)
                if (m->tunnels[i]->has_deviceless)
                        wgp_guard_repair(guard, m->tunnels[i], /* reason= */ NULL, /* leaks= */ false);
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
                                firewalld ? "firewalld was started, or has reloaded" : "systemd-resolved was started",
                                /* leaks= */ false);
        }
}

/* --- restart --- */

static int on_restarted(sd_bus_message *m, void *userdata, sd_bus_error *error) {
        const sd_bus_error *e = sd_bus_message_get_error(m);

        if (e)
                wgp_report_warning("systemd has refused: %s.", e->message ?: e->name);
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
                wgp_report_error(
                                "%s: its link was deleted, and there is no bus to ask systemd by: restart the tunnel.",
                                g->name);
        } else if (wgp_budget_spend(&g->restarts, now)) {
                (void) wgp_budget_write(guard->tunnels->directory, g->name, &g->restarts);
                wgp_report_warning(
                                "%s: its link was deleted, or its daemon has died: restarting the tunnel.", g->name);
                call_systemd(guard, g->name, "TryRestartUnit", "fail");
        } else {
                wgp_report_error(
                                "%s: its link was deleted again, more than %d times in %d minutes: stopping the tunnel.",
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
        if (wgp_kernel_has_link(guard->kernel, tunnel) != 0)
                return;
        g->repair_usec = 0; /* there is nothing to repair it by */
        if (!g->unit_asked && guard->units && wgp_unit_watch_look(guard->units, g->name)) {
                g->unit_asked = true;
                g->link_usec = now + ANSWER_USEC;
        } else if (!guard->units || !wgp_unit_watch_is_idle(guard->units, g->name)) /* else it is not to be there */
                restart(guard, g, now);
}

/* The link of a tunnel is not there: it is looked for once more before anything is done. */
void wgp_guard_link_missed(WgpGuard *guard, const WgpTunnel *tunnel) {
        WgpGuarded *g = get(guard, tunnel->name);

        if (!g)
                return;
        g->used_usec = now_of(guard);
        g->ifindex = tunnel->ifindex;
        g->unit_asked = false;
        g->link_usec = g->used_usec + SETTLE_USEC;
        arm(guard);
}

/* A link of this network namespace is gone: finds its tunnel. When a userspace daemon ends, its link also goes. */
void wgp_guard_link_deleted(WgpGuard *guard, uint32_t ifindex) {
        const WgpManager *m = guard->tunnels->manager;

        for (size_t i = 0; i < m->n_tunnels; i++)
                if (wgp_tunnel_ifindex_here(m->tunnels[i]) == ifindex)
                        wgp_guard_link_missed(guard, m->tunnels[i]);
}

/* All of them, as above. */
void wgp_guard_check_all(WgpGuard *guard) {
        const WgpManager *m = guard->tunnels->manager;

        for (size_t i = 0; i < m->n_tunnels; i++) {
                wgp_guard_check(guard, m->tunnels[i]);
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
                if (g->repair_usec > 0 && g->repair_usec <= now && may_begin(g))
                        repair(guard, g, now);
                else if (g->repair_usec > 0 && g->leaks && wgp_repair_is_running(&g->repair) && !g->child_leaks &&
                                g->started_usec + LEAK_WAIT_USEC <= now)
                        wgp_repair_kill(&g->repair);
        }
        forget_needless(guard, now);
        arm(guard);
        return 0;
}

/* Whether anything is under way, or about to be. */
bool wgp_guard_is_busy(const WgpGuard *guard) {
        for (size_t i = 0; i < guard->n_guarded; i++)
                if (guard->guarded[i]->repair_usec > 0 || guard->guarded[i]->link_usec > 0 ||
                                wgp_repair_is_running(&guard->guarded[i]->repair))
                        return true;
        return false;
}

/* The members from "event" to "root" are set. SIGCHLD is blocked. Returns 0 or a negative errno. */
int wgp_guard_init(WgpGuard *guard) {
        int r;

        r = sd_event_add_time(
                        guard->event, &guard->timer, CLOCK_BOOTTIME, WGP_NEVER, LEAK_SETTLE_USEC, on_timer, guard);
        return r < 0 ? r : sd_event_source_set_enabled(guard->timer, SD_EVENT_OFF);
}

void wgp_guard_done(WgpGuard *guard) {
        sd_event_source_disable_unref(guard->timer);
        for (size_t i = 0; i < guard->n_guarded; i++)
                guarded_free(guard->guarded[i]);
        free(guard->guarded);
        *guard = (WgpGuard) {};
}
