/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Resolver: wiring. Whatever happens ends in schedule(): the manager runs in the next turn of the loop, once. */

#include "resolver/resolver.h"

#include <signal.h>
#include <stdio.h>
#include <sys/random.h>
#include <syslog.h>
#include <systemd/sd-daemon.h>
#include <systemd/sd-journal.h>
#include <time.h>

#include "model/prefix.h"
#include "model/value.h"
#include "resolver/status.h"
#include "system/report.h"

enum {
        TOGETHER_USEC = 20 * 1000, /* answers that come within */
        STATUS_USEC = 1000 * 1000, /* between two writes of a status file */
        CHANGED_USEC = 1000,       /* likewise, for each peer in it */
        AGED_USEC = 10 * 1000,     /* where nothing but the times of its questions has changed */
};

static uint64_t now_of(const WgpResolver *r) {
        uint64_t now = 0;

        (void) sd_event_now(r->event, CLOCK_BOOTTIME, &now);
        return now;
}

static void schedule(WgpResolver *r) {
        if (r->now)
                (void) sd_event_source_set_enabled(r->now, SD_EVENT_ONESHOT);
}

static void poke(WgpResolver *r, WgpChange change) {
        wgp_manager_poke(&r->manager, now_of(r), change);
        schedule(r);
}

/* --- what the manager asks for --- */

static uint32_t draw(void *userdata) {
        uint32_t n = 0;

        (void) !getrandom(&n, sizeof(n), GRND_NONBLOCK);
        return n;
}

static int64_t real_time(void *userdata) {
        struct timespec ts = {};

        (void) clock_gettime(CLOCK_REALTIME, &ts);
        return ts.tv_sec * INT64_C(1000000000) + ts.tv_nsec;
}

/* A line with fields to search by, where the journal takes them. */
static void tell(void *userdata, const WgpNews *news) {
        static const int priorities[] = {
                [WGP_NOTICE] = LOG_NOTICE, [WGP_WARNING] = LOG_WARNING, [WGP_ERROR] = LOG_ERR
        };
        char peer[sizeof("WG_PEER=") + WGP_KEY_TEXT_SIZE] = "WG_PEER=";

        if (news->peer)
                wgp_key_format(news->peer->public_key, peer + strlen(peer));
        if (!wgp_report_is_journal() ||
                        sd_journal_send("MESSAGE=%s", news->text, "PRIORITY=%i", priorities[news->severity],
                                        "SYSLOG_IDENTIFIER=%s", program_invocation_short_name, "WG_PROFILE=%s",
                                        news->tunnel->name, news->peer ? peer : NULL, NULL) < 0)
                wgp_report(news->severity, "%s", news->text);
}

/* --- what happens --- */

/* Of many answers that come together, each is not worth a run. */
static void on_answered(void *userdata) {
        WgpResolver *r = userdata;
        uint64_t now = now_of(r);

        if (now - r->run_usec >= TOGETHER_USEC) {
                schedule(r);
                return;
        }
        (void) sd_event_source_set_time(r->soon, r->run_usec + TOGETHER_USEC);
        (void) sd_event_source_set_enabled(r->soon, SD_EVENT_ONESHOT);
}

static int list_links(void *userdata, const uint32_t **ret, size_t *ret_n) {
        const WgpNetView *view = &((WgpResolver *) userdata)->net.view;

        *ret = view->ours;
        *ret_n = view->n_ours;
        return 0;
}

static bool is_ours(void *userdata, uint32_t ifindex) {
        const WgpNetView *view = &((WgpResolver *) userdata)->net.view;

        for (size_t i = 0; i < view->n_ours; i++)
                if (view->ours[i] == ifindex)
                        return true;
        return false;
}

static bool is_endpoint(void *userdata, const WgpPrefix *address) {
        const WgpManager *m = &((WgpResolver *) userdata)->manager;

        for (size_t i = 0; i < m->n_tunnels; i++)
                for (size_t j = 0; j < m->tunnels[i]->n_peers; j++)
                        for (size_t k = 0; k < m->tunnels[i]->peers[j]->n_endpoints; k++)
                                if (wgp_answers_have_host(&m->tunnels[i]->peers[j]->endpoints[k]->answers, address))
                                        return true;
        return false;
}

static void on_dns_changed(void *userdata) {
        WgpResolver *r = userdata;

        if (r->running)
                poke(r, WGP_CHANGE_DNS);
}

/* There was none when we started: with it a new process knows more. */
static void on_bus_appeared(void *userdata) {
        WgpResolver *r = userdata;

        if (!r->running || r->leaving)
                return;
        r->leaving = true;
        wgp_report_notice("There is a system bus now: starting anew.");
        (void) sd_event_exit(r->event, WGP_RESOLVER_EXIT_AGAIN);
}

static void on_ways_changed(void *userdata) {
        poke(userdata, WGP_CHANGE_WAYS);
}

static int on_network_changed(void *userdata) {
        poke(userdata, WGP_CHANGE_DNS | WGP_CHANGE_PATHS);
        return 0;
}

static void on_net_changed(void *userdata) {
        (void) wgp_debounce_disturb(&((WgpResolver *) userdata)->changes);
}

static void on_link_deleted(void *userdata, uint32_t ifindex) {
        wgp_guard_link_deleted(&((WgpResolver *) userdata)->guard, ifindex);
}

static void on_own_changed(void *userdata, uint32_t ifindex) {
        wgp_guard_link_changed(&((WgpResolver *) userdata)->guard, ifindex);
}

static void on_deviceless_deleted(void *userdata) {
        wgp_guard_deviceless_deleted(&((WgpResolver *) userdata)->guard);
}

static void on_rule_deleted(void *userdata, const WgpRule *rule) {
        wgp_guard_rule_deleted(&((WgpResolver *) userdata)->guard, rule);
}

static void on_unreachable_deleted(void *userdata, const WgpRoute *route) {
        wgp_guard_unreachable_deleted(&((WgpResolver *) userdata)->guard, route);
}

static void on_table_removed(void *userdata, const char *table) {
        wgp_guard_table_removed(&((WgpResolver *) userdata)->guard, table);
}

static void on_kill_switch(void *userdata) {
        wgp_kill_switch_guard_disturb(&((WgpResolver *) userdata)->kill_switches);
}

static void on_kill_switches_looked_at(void *userdata) {
        schedule(userdata);
}

static void on_sight_lost(void *userdata) {
        wgp_guard_check_all(&((WgpResolver *) userdata)->guard);
        on_kill_switch(userdata);
}

static void on_net_lost(void *userdata) {
        WgpResolver *r = userdata;

        wgp_guard_check_all(&r->guard);
        (void) wgp_debounce_disturb(&r->changes);
}

static void on_resumed(void *userdata) {
        poke(userdata, WGP_CHANGE_DNS | WGP_CHANGE_PATHS);
}

static void on_service_renewed(void *userdata, WgpService service) {
        WgpResolver *r = userdata;

        wgp_guard_service_renewed(&r->guard, service);
        wgp_unit_watch_try_again(&r->units);
}

static void on_tunnel(void *userdata, WgpTunnel *tunnel) {
        WgpResolver *r = userdata;

        if (tunnel->ifindex > 0)
                wgp_guard_link_missed(&r->guard, tunnel); /* it may have gone before we listened */
        wgp_guard_appeared(&r->guard, tunnel);
        if (!r->running) /* so may anything else, while nobody looked */
                wgp_guard_check(&r->guard, tunnel);
        wgp_netns_watch_consider(&r->netns);
        (void) wgp_net_view_add_own(&r->net.view, wgp_tunnel_ifindex_here(tunnel));
        (void) wgp_dns_watch_disturb(&r->dns); /* systemd-resolved does not signal changes of domains */
        if (tunnel->mark > 0)
                wgp_manager_reroute(&r->manager);
        schedule(r);
}

static void on_recorded(void *userdata, const WgpState *state) {
        wgp_unit_watch_record(&((WgpResolver *) userdata)->units, state);
}

static void on_unrecorded(void *userdata, const char *name) {
        wgp_unit_watch_forget(&((WgpResolver *) userdata)->units, name);
}

static void on_tunnel_gone(void *userdata, const char *name) {
        WgpResolver *r = userdata;

        wgp_guard_forget(&r->guard, name);
        wgp_netns_watch_consider(&r->netns);
        wgp_manager_reroute(&r->manager); /* other tunnels' packets may have gone through it */
        schedule(r);
}

/* Of one tunnel, all names. */
static void on_wanted(void *userdata, const char *name) {
        WgpResolver *r = userdata;
        const WgpTunnel *tunnel = wgp_manager_find(&r->manager, name);

        for (size_t i = 0; tunnel && i < tunnel->n_peers; i++)
                for (size_t k = 0; k < tunnel->peers[i]->n_endpoints; k++)
                        if (tunnel->peers[i]->endpoints[k]->name)
                                wgp_name_poke(tunnel->peers[i]->endpoints[k]->name, /* fresh= */ true);
        schedule(r);
}

static int on_hangup(sd_event_source *source, const struct signalfd_siginfo *info, void *userdata) {
        WgpResolver *r = userdata;

        wgp_report_notice("Asked to: looking up all names now.");
        (void) wgp_tunnels_scan(&r->tunnels);
        poke(r, WGP_CHANGE_DNS | WGP_CHANGE_PATHS | WGP_CHANGE_CACHES);
        return 0;
}

/* --- the loop --- */

/* When the status of a tunnel is to be written: once a second at most, and the larger it is the later, where nothing
 * but the times of its questions has changed. */
static uint64_t next_status(const WgpTunnel *tunnel) {
        if (tunnel->n_peers == 0 || !(tunnel->changed || tunnel->aged))
                return WGP_NEVER;
        return tunnel->written_usec == 0 ?
                               0 :
                               tunnel->written_usec +
                                               WGP_MAX((uint64_t) STATUS_USEC,
                                                               tunnel->n_peers *
                                                                               (uint64_t) (tunnel->changed ? CHANGED_USEC :
                                                                                                             AGED_USEC));
}

/* "all": do not wait. Returns when the next one is to be written. */
static uint64_t write_status_files(WgpResolver *r, uint64_t now, bool all) {
        uint64_t next = WGP_NEVER;

        for (size_t i = 0; i < r->manager.n_tunnels; i++) {
                WgpTunnel *tunnel = r->manager.tunnels[i];
                uint64_t due = next_status(tunnel);
                int k;

                if (due == WGP_NEVER || (due > now && !all)) {
                        next = WGP_MIN(next, due);
                        continue;
                }
                tunnel->changed = tunnel->aged = false;
                tunnel->written_usec = now;
                k = wgp_status_write(r->tunnels.directory, tunnel);
                if (k < 0)
                        wgp_report_warning("%s: cannot write its status: %s.", tunnel->name, strerror(-k));
                wgp_tunnels_keep(&r->tunnels, tunnel);
        }
        return next;
}

/* In words, for "systemctl status". */
static void tell_systemd(WgpResolver *r) {
        size_t n_names = 0, n_failing = 0, n_dead = 0;
        char *text;

        for (size_t i = 0; i < r->manager.n_tunnels; i++)
                for (size_t j = 0; j < r->manager.tunnels[i]->n_peers; j++)
                        n_dead += r->manager.tunnels[i]->peers[j]->dead_usec > 0;
        n_names = r->manager.n_names;
        for (size_t i = 0; i < n_names; i++)
                n_failing += !!r->manager.names[i]->failure;
        if (asprintf(&text, "Looking after %zu tunnel%s with %zu name%s: %zu cannot be resolved, %zu %s not answer.",
                            r->manager.n_tunnels, r->manager.n_tunnels == 1 ? "" : "s", n_names,
                            n_names == 1 ? "" : "s", n_failing, n_dead, n_dead == 1 ? "does" : "do") < 0)
                return;

        if (!streq_ptr(text, r->status))
                (void) sd_notifyf(/* unset_environment= */ false, "STATUS=%s", text);
        free(r->status);
        r->status = text;
}

static bool has_work(const WgpResolver *r) {
        return r->manager.n_tunnels > 0 || wgp_guard_is_busy(&r->guard) || wgp_unit_watch_is_busy(&r->units) ||
               wgp_kill_switch_guard_is_busy(&r->kill_switches);
}

static int on_idle(sd_event_source *source, uint64_t usec, void *userdata) {
        WgpResolver *r = userdata;

        /* A tunnel that is started from now on starts this service anew. One that was started before, when the service
         * still was active, may have written its state by now. */
        (void) sd_notify(/* unset_environment= */ false, "STOPPING=1\nSTATUS=There is nothing to look after.");
        (void) sd_notify_barrier(/* unset_environment= */ false, 5 * WGP_SECOND);
        (void) wgp_tunnels_scan(&r->tunnels);
        if (has_work(r))
                return sd_event_exit(r->event, WGP_RESOLVER_EXIT_AGAIN);
        wgp_guard_forget_restarts(&r->guard);
        return sd_event_exit(r->event, EXIT_SUCCESS);
}

/* Begins or ends the wait for the end. Whatever was done may have been the last of the work. */
static int consider_idle(sd_event_source *source, void *userdata) {
        int enabled = SD_EVENT_OFF;
        WgpResolver *r = userdata;

        (void) sd_event_source_get_enabled(r->idle, &enabled);
        if (has_work(r) == (enabled == SD_EVENT_OFF))
                return 0;
        if (has_work(r))
                return sd_event_source_set_enabled(r->idle, SD_EVENT_OFF);
        (void) sd_event_source_set_time(r->idle, now_of(r) + WGP_SECONDS(r->options.idle_seconds));
        return sd_event_source_set_enabled(r->idle, SD_EVENT_ONESHOT);
}

/* How long the machine has slept since it was started: the clock that counts sleep, less the one that does not. */
static uint64_t slept_usec(void) {
        struct timespec all = {}, awake = {};
        int64_t usec;

        /* in this order: the first clock must not be ahead of the second */
        (void) clock_gettime(CLOCK_MONOTONIC, &awake);
        (void) clock_gettime(CLOCK_BOOTTIME, &all);
        usec = (all.tv_sec - awake.tv_sec) * INT64_C(1000000) + (all.tv_nsec - awake.tv_nsec) / 1000;
        return (uint64_t) WGP_MAX(usec, INT64_C(0));
}

/* Whoever sleeps hears nobody. */
static void note_sleep(WgpResolver *r) {
        uint64_t slept = slept_usec();

        if (slept > r->slept_usec + WGP_SECOND)
                wgp_manager_resume(&r->manager, now_of(r));
        r->slept_usec = slept;
}

static void run(WgpResolver *r) {
        uint64_t next, now = now_of(r);

        r->run_usec = now;
        note_sleep(r);
        (void) sd_event_source_set_enabled(r->soon, SD_EVENT_OFF);
        next = wgp_manager_run(&r->manager, now);
        wgp_kernel_forget_mtu(&r->kernel);
        next = WGP_MIN(next, write_status_files(r, now, /* all= */ false));
        (void) sd_event_source_set_time(r->later, next);
        (void) sd_event_source_set_enabled(r->later, next == WGP_NEVER ? SD_EVENT_OFF : SD_EVENT_ONESHOT);
        tell_systemd(r);
        if (wgp_netns_watch_needs_restart(&r->netns)) {
                wgp_report_notice("Starting anew, to be allowed into the network namespaces of tunnels.");
                (void) sd_event_exit(r->event, WGP_RESOLVER_EXIT_AGAIN);
        }
}

static int on_now(sd_event_source *source, void *userdata) {
        run(userdata);
        return 0;
}

static int on_later(sd_event_source *source, uint64_t usec, void *userdata) {
        run(userdata);
        return 0;
}

/* --- beginning and end --- */

static int init_loop(WgpResolver *r) {
        sigset_t mask;
        int k;

        sigemptyset(&mask);
        sigaddset(&mask, SIGTERM);
        sigaddset(&mask, SIGINT);
        sigaddset(&mask, SIGHUP);
        sigaddset(&mask, SIGCHLD);
        if (sigprocmask(SIG_BLOCK, &mask, NULL) < 0)
                return -errno;

        k = sd_event_default(&r->event);
        if (k >= 0)
                k = sd_event_set_signal_exit(r->event, true);
        if (k >= 0)
                k = sd_event_add_signal(r->event, NULL, SIGHUP, on_hangup, r);
        if (k >= 0)
                k = sd_event_set_watchdog(r->event, true);
        if (k >= 0)
                k = sd_event_add_defer(r->event, &r->now, on_now, r);
        if (k >= 0)
                k = sd_event_add_time(r->event, &r->later, CLOCK_BOOTTIME, WGP_NEVER, WGP_ACCURACY_USEC, on_later, r);
        if (k >= 0)
                k = sd_event_add_time(r->event, &r->soon, CLOCK_BOOTTIME, WGP_NEVER, TOGETHER_USEC / 10, on_later, r);
        if (k >= 0)
                k = sd_event_source_set_enabled(r->soon, SD_EVENT_OFF);
        if (k >= 0)
                k = sd_event_add_time(r->event, &r->idle, CLOCK_BOOTTIME, WGP_NEVER, WGP_ACCURACY_USEC, on_idle, r);
        if (k >= 0)
                k = sd_event_source_set_enabled(r->idle, SD_EVENT_OFF);
        if (k >= 0)
                k = sd_event_add_post(r->event, &r->after, consider_idle, r);
        r->changes = (WgpDebounce) { .event = r->event, .over = on_network_changed, .userdata = r };
        return k;
}

/* Without a bus names are resolved by libc; with one, this process ends with the bus: systemd starts it again. */
static void open_bus(WgpResolver *r) {
        int k;

        k = sd_bus_open_system(&r->bus);
        if (k >= 0)
                k = sd_bus_set_exit_on_disconnect(r->bus, true);
        if (k >= 0)
                k = sd_bus_attach_event(r->bus, r->event, SD_EVENT_PRIORITY_NORMAL);
        if (k < 0) {
                wgp_report_notice("No system bus (%s): names are resolved without systemd-resolved.", strerror(-k));
                r->bus = sd_bus_unref(r->bus);
        }
}

static int init_watches(WgpResolver *r) {
        int k;

        k = wgp_net_watch_init(&r->net, r->event,
                        &(WgpNetWatchOps) { on_net_changed, on_link_deleted, on_own_changed, on_deviceless_deleted,
                                        on_rule_deleted, on_unreachable_deleted, on_net_lost, r });
        if (k < 0) {
                wgp_report_error("Cannot listen to the kernel: %s.", strerror(-k));
                return k;
        }
        r->net.view.is_endpoint = is_endpoint;
        r->net.view.userdata = r;
        k = wgp_nft_watch_init(
                        &r->nft, r->event, &(WgpNftWatchOps) { on_table_removed, on_kill_switch, on_sight_lost, r });
        if (k < 0) /* tunnels work without */
                wgp_report_warning("Cannot listen to nf_tables: %s. A table that is deleted is not put back.",
                                strerror(-k));
        k = wgp_dns_watch_init(&r->dns, r->event, r->bus,
                        &(WgpDnsWatchOps) { on_dns_changed, on_ways_changed, on_bus_appeared, is_ours, r });
        if (k >= 0)
                k = wgp_sleep_watch_init(&r->sleep, r->bus, on_resumed, r);
        if (k >= 0)
                k = wgp_service_watch_init(&r->services, r->bus, on_service_renewed, r);
        if (k < 0)
                wgp_report_error("Cannot watch the system: %s.", strerror(-k));
        return k;
}

static int init_manager(WgpResolver *r) {
        int k;

        k = wgp_kernel_init(&r->kernel, r->options.helper);
        if (k < 0) {
                wgp_report_error("Cannot talk to the kernel: %s.", strerror(-k));
                return k;
        }

        r->resolve = (WgpResolve) {
                .manager = &r->manager,
                .dns = &r->dns,
                .event = r->event,
                .list_links = list_links,
                .answered = on_answered,
                .userdata = r,
        };
        k = wgp_resolve_init(&r->resolve);
        wgp_manager_init(&r->manager, &(WgpManagerConfig) {
                                                      .dns = wgp_resolve_ops(&r->resolve),
                                                      .kernel = wgp_kernel_ops(&r->kernel),
                                                      .random = draw,
                                                      .real_time = real_time,
                                                      .tell = tell,
                                                      .userdata = r,
                                      });
        return k;
}

static int init_tunnels(WgpResolver *r) {
        int k;

        r->guard = (WgpGuard) {
                .event = r->event,
                .bus = r->bus,
                .tunnels = &r->tunnels,
                .kernel = &r->kernel,
                .apply = r->options.apply,
                .root = r->options.root,
                .units = &r->units,
        };
        k = wgp_unit_watch_init(
                        &r->units, r->event, r->options.root ? NULL : r->bus, &r->tunnels); /* this system's units */
        if (k >= 0)
                k = wgp_guard_init(&r->guard);
        if (k >= 0)
                k = wgp_netns_watch_init(&r->netns, r->event, &r->guard);
        if (k >= 0)
                k = wgp_tunnels_init(&r->tunnels, r->event, r->options.root, &r->manager,
                                &(WgpTunnelsOps) { on_tunnel, on_recorded, on_tunnel_gone, on_unrecorded,
                                                on_kill_switch, on_wanted, on_sight_lost, r });
        if (k >= 0)
                k = wgp_kill_switch_guard_init(
                                &r->kill_switches, r->event, r->tunnels.directory, on_kill_switches_looked_at, r);
        if (k < 0)
                wgp_report_error("Cannot watch %s%s: %s.", r->options.root ?: "", WGP_STATE_DIRECTORY, strerror(-k));
        return k;
}

/* Returns 0, or a negative errno that was told. "r" is for wgp_resolver_done() in any case. */
int wgp_resolver_init(WgpResolver *r, const WgpResolverOptions *options) {
        int k;

        *r = (WgpResolver) {
                .options = *options,
                .dns.inotify = -EBADF,
                .tunnels = { .directory = -EBADF, .kept = -EBADF, .inotify = -EBADF },
        };
        k = init_loop(r);
        if (k < 0) {
                wgp_report_error("Cannot set up the event loop: %s.", strerror(-k));
                return k;
        }
        open_bus(r);
        k = init_watches(r);
        if (k >= 0)
                k = init_manager(r);
        if (k >= 0)
                k = init_tunnels(r);
        r->running = k >= 0;
        return k;
}

/* Runs until there is nothing to do any more, or a signal. Returns the exit status, or a negative errno. */
int wgp_resolver_run(WgpResolver *r) {
        (void) sd_notify(/* unset_environment= */ false, "READY=1");
        return sd_event_loop(r->event);
}

void wgp_resolver_done(WgpResolver *r) {
        if (r->running)
                (void) write_status_files(r, now_of(r), /* all= */ true);
        r->running = false;
        wgp_netns_watch_done(&r->netns);
        wgp_guard_done(&r->guard);
        wgp_unit_watch_done(&r->units);
        wgp_kill_switch_guard_done(&r->kill_switches);
        wgp_manager_done(&r->manager);
        wgp_resolve_done(&r->resolve);
        wgp_kernel_done(&r->kernel);
        wgp_tunnels_done(&r->tunnels);
        wgp_service_watch_done(&r->services);
        wgp_sleep_watch_done(&r->sleep);
        wgp_dns_watch_done(&r->dns);
        wgp_nft_watch_done(&r->nft);
        wgp_net_watch_done(&r->net);
        wgp_debounce_done(&r->changes);
        sd_event_source_unref(r->now);
        sd_event_source_unref(r->later);
        sd_event_source_unref(r->soon);
        sd_event_source_unref(r->idle);
        sd_event_source_unref(r->after);
        sd_bus_flush_close_unref(r->bus);
        sd_event_unref(r->event);
        free(r->status);
}
