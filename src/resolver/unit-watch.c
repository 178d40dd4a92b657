/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Unit watch. The unit is looked at when its record appears or changes, and after each of its jobs; only what is found
 * twice counts. A tunnel that somebody has brought up without its unit is left alone: its record says so.
 */

#include "resolver/unit-watch.h"

#include <stdio.h>
#include <time.h>

#include "system/profile-name.h"
#include "system/report.h"

#define DOWN_PREFIX "wg-profile-down@"

enum {
        SETTLE_USEC = 1000 * 1000,       /* after a job, or between two looks */
        AGAIN_USEC = 20 * 1000 * 1000,   /* after the tunnel should have been taken down */
        SILENCE_USEC = 60 * 1000 * 1000, /* after systemd did not answer */
        ACCURACY_USEC = 100 * 1000,
        TRIES_MAX = 3,
};

struct WgpWatchedUnit {
        WgpUnitWatch *watch;
        char *name, *instance, *unit;
        uint64_t look_usec; /* 0: there is no need */
        unsigned n_idle;    /* how often in a row it was found not to be active */
        unsigned n_tries;   /* to take the tunnel down */
        sd_bus_slot *question;
};

static WgpWatchedUnit *unit_free(WgpWatchedUnit *u) {
        if (!u)
                return NULL;
        sd_bus_slot_unref(u->question);
        free(u->name);
        free(u->instance);
        free(u->unit);
        free(u);
        return NULL;
}

static WgpWatchedUnit *find(const WgpUnitWatch *watch, const char *name) {
        for (size_t i = 0; i < watch->n_units; i++)
                if (streq(watch->units[i]->name, name))
                        return watch->units[i];
        return NULL;
}

/* NULL: out of memory. */
static WgpWatchedUnit *add(WgpUnitWatch *watch, const char *name) {
        WgpWatchedUnit *u = calloc(1, sizeof(*u));

        if (!u)
                return NULL;
        u->watch = watch;
        u->name = strdup(name);
        u->instance = wgp_instance_escape(name);
        if (!u->instance || asprintf(&u->unit, WGP_UNIT_PREFIX "%s" WGP_UNIT_SUFFIX, u->instance) < 0)
                u->unit = NULL;
        if (!u->name || !u->unit ||
                        !wgp_grow(&watch->units, &watch->n_allocated, watch->n_units + 1, sizeof(*watch->units)))
                return unit_free(u);
        watch->units[watch->n_units++] = u;
        return u;
}

static uint64_t now_of(const WgpUnitWatch *watch) {
        uint64_t now = 0;

        (void) sd_event_now(sd_event_source_get_event(watch->timer), CLOCK_BOOTTIME, &now);
        return now;
}

static void arm(WgpUnitWatch *watch) {
        uint64_t next = UINT64_MAX;

        for (size_t i = 0; i < watch->n_units; i++)
                if (watch->units[i]->look_usec > 0 && !watch->units[i]->question)
                        next = WGP_MIN(next, watch->units[i]->look_usec);
        (void) sd_event_source_set_time(watch->timer, next);
        (void) sd_event_source_set_enabled(watch->timer, next == UINT64_MAX ? SD_EVENT_OFF : SD_EVENT_ONESHOT);
}

static void look_in(WgpWatchedUnit *u, uint64_t usec) {
        u->look_usec = now_of(u->watch) + usec;
        arm(u->watch);
}

/* --- taking a tunnel down --- */

static int on_started(sd_bus_message *m, void *userdata, sd_bus_error *error) {
        const sd_bus_error *e = sd_bus_message_get_error(m);

        if (e)
                wgp_report_warning("systemd would not take a tunnel down: %s.", e->message ?: e->name);
        return 0;
}

static void take_down(WgpWatchedUnit *u) {
        _cleanup_(freep) char *unit = NULL;
        int r = -ENOMEM;

        if (u->n_tries >= TRIES_MAX) {
                wgp_report_error(
                                "%s: its unit is not active, and the tunnel cannot be taken down: run 'wg-profile down %s'.",
                                u->name, u->name);
                u->look_usec = 0;
                return;
        }
        u->n_tries++;
        wgp_report_warning("%s: its unit is not active, and the tunnel is there still: taking it down.", u->name);
        if (asprintf(&unit, DOWN_PREFIX "%s" WGP_UNIT_SUFFIX, u->instance) < 0)
                unit = NULL;
        else
                r = sd_bus_call_method_async(u->watch->bus, /* slot= */ NULL, "org.freedesktop.systemd1",
                                "/org/freedesktop/systemd1", "org.freedesktop.systemd1.Manager", "StartUnit",
                                on_started, u->watch, "ss", unit, "replace");
        if (r < 0)
                wgp_report_warning("%s: cannot ask systemd: %s.", u->name, strerror(-r));
        look_in(u, AGAIN_USEC);
}

/* --- asking --- */

/* Returns 1: it is not active, and is not about to be; 0: it is; or a negative errno: that was no answer. */
static int read_answer(sd_bus_message *m) {
        const char *active;
        uint32_t job;
        int r;

        if (sd_bus_message_is_method_error(m, NULL))
                return -EIO;
        r = sd_bus_message_enter_container(m, 'a', "(ssssssouso)");
        if (r >= 0)
                r = sd_bus_message_read(
                                m, "(ssssssouso)", NULL, NULL, NULL, &active, NULL, NULL, NULL, &job, NULL, NULL);
        if (r <= 0)
                return r < 0 ? r : -ENODATA;
        return job == 0 && (streq(active, "inactive") || streq(active, "failed"));
}

static int on_answer(sd_bus_message *m, void *userdata, sd_bus_error *error) {
        WgpWatchedUnit *u = userdata;
        const int idle = read_answer(m);

        u->question = sd_bus_slot_unref(u->question);
        if (!wgp_tunnels_have(u->watch->tunnels, u->name)) {
                wgp_unit_watch_forget(u->watch, u->name);
                return 0;
        }
        if (idle < 0) {
                look_in(u, SILENCE_USEC);
                return 0;
        }
        if (idle == 0) {
                u->n_idle = u->n_tries = 0;
                return 0;
        }
        u->n_idle++;
        if (u->n_idle < 2 || wgp_tunnels_busy(u->watch->tunnels, u->name))
                look_in(u, SETTLE_USEC);
        else
                take_down(u);
        return 0;
}

static void ask(WgpWatchedUnit *u) {
        int r;

        u->look_usec = 0;
        arm(u->watch);
        r = sd_bus_call_method_async(u->watch->bus, &u->question, "org.freedesktop.systemd1",
                        "/org/freedesktop/systemd1", "org.freedesktop.systemd1.Manager", "ListUnitsByNames", on_answer,
                        u, "as", 1, u->unit);
        if (r < 0)
                look_in(u, SILENCE_USEC);
}

static int on_timer(sd_event_source *source, uint64_t usec, void *userdata) {
        WgpUnitWatch *watch = userdata;
        const uint64_t now = now_of(watch);

        for (size_t i = 0; i < watch->n_units; i++)
                if (watch->units[i]->look_usec > 0 && watch->units[i]->look_usec <= now && !watch->units[i]->question)
                        ask(watch->units[i]);
        arm(watch);
        return 0;
}

/* "uoss": number and path of a job that has ended, its unit, and how */
static int on_job(sd_bus_message *m, void *userdata, sd_bus_error *error) {
        WgpUnitWatch *watch = userdata;
        const char *unit;

        if (sd_bus_message_read(m, "uoss", NULL, NULL, &unit, NULL) < 0)
                return 0;
        for (size_t i = 0; i < watch->n_units; i++)
                if (streq(watch->units[i]->unit, unit))
                        look_in(watch->units[i], SETTLE_USEC);
        return 0;
}

/* --- what others know --- */

/* There is a record, as it was read just now. */
void wgp_unit_watch_record(WgpUnitWatch *watch, const WgpState *state) {
        WgpWatchedUnit *u;

        if (!watch->bus)
                return;
        if (!state->of_unit) {
                wgp_unit_watch_forget(watch, state->name);
                return;
        }
        u = find(watch, state->name) ?: add(watch, state->name);
        if (u && u->look_usec == 0)
                look_in(u, SETTLE_USEC);
}

void wgp_unit_watch_forget(WgpUnitWatch *watch, const char *name) {
        WgpWatchedUnit *u = find(watch, name);

        for (size_t i = 0; u && i < watch->n_units; i++)
                if (watch->units[i] == u) {
                        watch->units[i] = watch->units[--watch->n_units];
                        u = unit_free(u);
                }
}

/* Has the unit looked at now. Returns whether that will be known soon. */
bool wgp_unit_watch_look(WgpUnitWatch *watch, const char *name) {
        WgpWatchedUnit *u = find(watch, name);

        if (u && !u->question)
                ask(u);
        return u && u->question;
}

/* Whether the unit was not active when it was last looked at: no restart would come. */
bool wgp_unit_watch_is_idle(const WgpUnitWatch *watch, const char *name) {
        const WgpWatchedUnit *u = find(watch, name);

        return u && u->n_idle > 0;
}

/* A service that tunnels have to do with is there again: what could not be taken down without it can be now. */
void wgp_unit_watch_try_again(WgpUnitWatch *watch) {
        for (size_t i = 0; i < watch->n_units; i++) {
                WgpWatchedUnit *u = watch->units[i];

                if (u->n_tries == 0)
                        continue;
                u->n_tries = 0;
                look_in(u, SETTLE_USEC);
        }
}

/* Whether anything is under way. */
bool wgp_unit_watch_is_busy(const WgpUnitWatch *watch) {
        for (size_t i = 0; i < watch->n_units; i++)
                if (watch->units[i]->look_usec > 0 || watch->units[i]->question)
                        return true;
        return false;
}

/* "bus" may be NULL. Returns 0 or a negative errno. */
int wgp_unit_watch_init(WgpUnitWatch *watch, sd_event *event, sd_bus *bus, WgpTunnels *tunnels) {
        int r;

        *watch = (WgpUnitWatch) { .bus = bus, .tunnels = tunnels };
        if (!bus)
                return 0;
        r = sd_event_add_time(event, &watch->timer, CLOCK_BOOTTIME, UINT64_MAX, ACCURACY_USEC, on_timer, watch);
        if (r >= 0)
                r = sd_event_source_set_enabled(watch->timer, SD_EVENT_OFF);
        if (r >= 0)
                r = sd_bus_match_signal_async(bus, &watch->jobs, "org.freedesktop.systemd1",
                                "/org/freedesktop/systemd1", "org.freedesktop.systemd1.Manager", "JobRemoved", on_job,
                                /* install_callback= */ NULL, watch);
        /* else there are no signals for anybody */
        if (r >= 0)
                r = sd_bus_call_method_async(bus, /* slot= */ NULL, "org.freedesktop.systemd1",
                                "/org/freedesktop/systemd1", "org.freedesktop.systemd1.Manager", "Subscribe",
                                /* callback= */ NULL, NULL, NULL);
        return WGP_MIN(r, 0);
}

void wgp_unit_watch_done(WgpUnitWatch *watch) {
        sd_bus_slot_unref(watch->jobs);
        sd_event_source_disable_unref(watch->timer);
        while (watch->n_units > 0)
                unit_free(watch->units[--watch->n_units]);
        free(watch->units);
        *watch = (WgpUnitWatch) {};
}
