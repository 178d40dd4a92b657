/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The records are the intention: apply writes one before it makes its table, and removes it before it takes the table
 * away. So what is looked at after each change of either can be acted on without asking apply, but for its lock. */

#include "resolver/kill-switch-guard.h"

#include <time.h>
#include <unistd.h>

#include "netlink/nl-query.h"
#include "system/report.h"
#include "system/root-path.h"

enum {
        MSEC = 1000,
        SECOND = 1000 * MSEC,
        ACCURACY_USEC = 5 * MSEC,
        BUSY_USEC = 20 * MSEC,    /* while apply is at work */
        PAUSE_USEC = 100 * MSEC,  /* between two repairs of the unit's table */
        FAILURES_MIN = 3,         /* somebody may have been faster, but not each time */
        RETRY_MAX_SECONDS = 60,   /* after failures: one second, doubling */
        OWNER_RETRIES_MAX = 9,    /* likewise, to 512 seconds: a kernel may never learn it */
        TELL_USEC = 600 * SECOND, /* who keeps deleting is told of once */
};

/* What is there. */
typedef struct Tables {
        WgpFilter unit, owned;
} Tables;

static uint64_t now_of(const WgpKillSwitchGuard *guard) {
        uint64_t now = 0;

        (void) sd_event_now(sd_event_source_get_event(guard->timer), CLOCK_BOOTTIME, &now);
        return now;
}

static void look_at(WgpKillSwitchGuard *guard, uint64_t usec) {
        uint64_t due;
        int enabled;

        if (sd_event_source_get_enabled(guard->timer, &enabled) < 0 ||
                        sd_event_source_get_time(guard->timer, &due) < 0 || (enabled != SD_EVENT_OFF && due <= usec))
                return;
        (void) sd_event_source_set_time(guard->timer, usec);
        (void) sd_event_source_set_enabled(guard->timer, SD_EVENT_ONESHOT);
}

/* Each problem once, until there is another one. */
static void tell_problem(WgpKillSwitchGuard *guard, const char *what, const char *problem) {
        if (streq_ptr(guard->problem, problem))
                return;
        free(guard->problem);
        guard->problem = strdup(problem);
        wgp_report_error("%s: %s.", what, problem);
}

static int query(WgpKillSwitchGuard *guard, const char *table, WgpFilter *ret) {
        int r;

        *ret = (WgpFilter) {};
        r = guard->netfilter ? 0 : wgp_nl_socket_open(NETLINK_NETFILTER, &guard->netfilter);
        if (r >= 0)
                r = wgp_nl_query_table(guard->netfilter, table, ret);
        return r == -ENOENT ? 0 : r;
}

static bool is_right(const WgpFilter *table, const WgpKillSwitches *switches) {
        return table->present && table->digest == wgp_kill_switches_digest(switches);
}

/* --- the table that we own --- */

static int own(WgpKillSwitchGuard *guard, const WgpKillSwitches *switches, char **ret_problem) {
        _cleanup_(freep) char *text = NULL;
        int r;

        r = wgp_kill_switches_format(switches, WGP_KILL_SWITCH_OWNED_TABLE, /* owned= */ true, &text);
        if (r >= 0 && !guard->nft)
                r = wgp_nft_open(&guard->nft, ret_problem);
        return r != 0 ? r : wgp_nft_send(guard->nft, text, ret_problem);
}

/* Makes our table, or lets go of it. Without a record, as long as the unit's table is there, the stop is not done, or
 * somebody has deleted the record: nobody has taken that table away. A kernel before 5.12 has no owners: then the
 * unit's table is all there is. */
static void hold(WgpKillSwitchGuard *guard, const WgpKillSwitches *switches, const Tables *tables) {
        _cleanup_(freep) char *problem = NULL;
        const uint64_t now = now_of(guard);
        int r;

        if (switches->n_items == 0) {
                if (!tables->unit.present)
                        guard->nft = wgp_nft_close(guard->nft);
                return;
        }
        if (is_right(&tables->owned, switches) || now < guard->owner_usec)
                return;
        r = own(guard, switches, &problem);
        if (r == 0) {
                guard->n_owner_failures = 0;
                guard->owner_usec = 0;
                return;
        }
        if (guard->n_owner_failures == 0) /* once */
                wgp_report_warning(
                                "The kill switch has no table that nobody else can delete: %s. Who flushes all nft tables "
                                "opens it for a moment.",
                                problem ?: strerror(-r));
        guard->nft = wgp_nft_close(guard->nft);
        guard->owner_usec = now + (uint64_t) SECOND * (1U << guard->n_owner_failures);
        guard->n_owner_failures = WGP_MIN(guard->n_owner_failures + 1, (unsigned) OWNER_RETRIES_MAX);
        look_at(guard, guard->owner_usec);
}

/* --- the unit's --- */

/* As apply would, and under its lock: what the records say by now. Returns 0, WGP_NFT_E_FAILED or a negative errno. */
static int put_back(WgpKillSwitchGuard *guard, char **ret_problem) {
        WgpKillSwitches switches = WGP_KILL_SWITCHES_NULL;
        _cleanup_(freep) char *text = NULL;
        WgpFilter table;
        int r;

        r = wgp_kill_switch_read_others(guard->directory, /* name= */ "", &switches);
        if (r < 0 || switches.n_items == 0) /* switched off by now */
                return r;
        r = wgp_kill_switches_format(&switches, WGP_KILL_SWITCH_TABLE, /* owned= */ false, &text);
        if (r >= 0)
                r = guard->nft ? wgp_nft_send(guard->nft, text, ret_problem) : wgp_nft_run(text, ret_problem);
        if (r == 0)
                r = query(guard, WGP_KILL_SWITCH_TABLE, &table);
        if (r >= 0 && !is_right(&table, &switches)) /* or it would be done over and over */
                r = -EAGAIN;
        wgp_kill_switches_done(&switches);
        return r;
}

static void tell_of_repair(WgpKillSwitchGuard *guard, uint64_t now) {
        if (guard->told_usec == 0 || now - guard->told_usec >= TELL_USEC)
                wgp_report_notice(
                                "The nft table of the kill switch was taken away or changed: it was put back, and will be again.");
        guard->told_usec = guard->changed_usec = now;
}

static void mend(WgpKillSwitchGuard *guard) {
        _cleanup_(freep) char *problem = NULL;
        _cleanup_(wgp_closep) int lock = -EBADF;
        const uint64_t now = now_of(guard);
        int r;

        r = wgp_kill_switch_try_lock(guard->directory, &lock);
        if (r == -EWOULDBLOCK) {
                look_at(guard, now + BUSY_USEC);
                return;
        }
        if (r >= 0)
                r = put_back(guard, &problem);
        if (r == 0) {
                guard->n_failures = 0;
                tell_of_repair(guard, now);
                return;
        }
        if (++guard->n_failures < FAILURES_MIN && r == -EAGAIN) {
                look_at(guard, now + PAUSE_USEC);
                return;
        }
        tell_problem(guard, "Cannot put back the nft table of the kill switch",
                        problem                      ?:
                                        r == -EAGAIN ? "it is not what was made" :
                                                       strerror(-r));
        look_at(guard, now + WGP_MIN(1U << WGP_MIN(guard->n_failures - 1, 6U), (unsigned) RETRY_MAX_SECONDS) * SECOND);
}

/* --- all together --- */

static int look_at_tables(WgpKillSwitchGuard *guard, const WgpKillSwitches *switches) {
        Tables tables;
        int r;

        if (switches->n_items == 0 && !guard->nft)
                return 0;
        r = query(guard, WGP_KILL_SWITCH_TABLE, &tables.unit);
        if (r >= 0)
                r = query(guard, WGP_KILL_SWITCH_OWNED_TABLE, &tables.owned);
        if (r < 0)
                return r;
        hold(guard, switches, &tables);
        if (switches->n_items == 0 || is_right(&tables.unit, switches))
                return 0;
        if (guard->changed_usec > 0 && now_of(guard) < guard->changed_usec + PAUSE_USEC)
                look_at(guard, guard->changed_usec + PAUSE_USEC);
        else
                mend(guard);
        return 0;
}

static void look(WgpKillSwitchGuard *guard) {
        WgpKillSwitches switches = WGP_KILL_SWITCHES_NULL;
        int r;

        r = wgp_kill_switch_read_others(guard->directory, /* name= */ "", &switches);
        if (r >= 0) {
                guard->n_on = switches.n_items;
                r = look_at_tables(guard, &switches);
                wgp_kill_switches_done(&switches);
        }
        if (r < 0) { /* nothing is known: what is held stays */
                tell_problem(guard, "Cannot look at the kill switches", strerror(-r));
                look_at(guard, now_of(guard) + SECOND);
        }
}

static int on_timer(sd_event_source *source, uint64_t usec, void *userdata) {
        WgpKillSwitchGuard *guard = userdata;

        look(guard);
        guard->looked(guard->userdata);
        return 0;
}

/* Something may have happened to a record or a table. */
void wgp_kill_switch_guard_disturb(WgpKillSwitchGuard *guard) {
        if (guard->timer)
                look_at(guard, now_of(guard));
}

/* Whether there is anything to look after. */
bool wgp_kill_switch_guard_is_busy(const WgpKillSwitchGuard *guard) {
        return guard->n_on > 0 || guard->nft;
}

/* Looks at once. "directory" stays open as long as the guard is. Returns 0 or a negative errno. */
int wgp_kill_switch_guard_init(WgpKillSwitchGuard *guard, sd_event *event, int directory,
                void (*looked)(void *userdata), void *userdata) {
        int r;

        *guard = (WgpKillSwitchGuard) { .looked = looked, .userdata = userdata, .directory = directory };
        r = sd_event_add_time(event, &guard->timer, CLOCK_BOOTTIME, UINT64_MAX, ACCURACY_USEC, on_timer, guard);
        if (r >= 0)
                r = sd_event_source_set_enabled(guard->timer, SD_EVENT_OFF);
        if (r >= 0)
                look(guard);
        return r;
}

/* Our table goes; the unit's stays. */
void wgp_kill_switch_guard_done(WgpKillSwitchGuard *guard) {
        sd_event_source_disable_unref(guard->timer);
        wgp_nft_close(guard->nft);
        wgp_nl_socket_free(guard->netfilter);
        free(guard->problem);
        *guard = (WgpKillSwitchGuard) {};
}
