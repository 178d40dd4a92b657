/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Asks a question by one way after the other: systemd-resolved where it is on the bus (resolve-bus.c); the name
 * servers where it is not, or could not ask past a tunnel (resolve-ares.c); then getaddrinfo(3), for what
 * nsswitch.conf(5) has besides DNS (resolve-libc.c). */

#include "resolver/resolve.h"

#include <strings.h>

#include "resolver/resolve-internal.h"

static uint64_t now_of(const WgpResolve *resolve) {
        uint64_t now = 0;

        (void) sd_event_now(resolve->event, CLOCK_BOOTTIME, &now);
        return now;
}

/* Asks by the way that has its turn, or by the next one that can be gone. */
static int ask(WgpQuestion *q) {
        int r = -ENONET;

        for (; q->i_way < q->n_ways; q->i_way++) {
                if (q->ways[q->i_way] == WGP_DNS_WAY_SERVERS)
                        r = wgp_resolve_ares_start(q);
                else if (q->ways[q->i_way] == WGP_DNS_WAY_LIBC)
                        r = wgp_resolve_libc_start(q);
                else
                        r = wgp_resolve_bus_start(q);
                if (r >= 0)
                        return 0;
        }
        return r;
}

/* Without systemd-resolved. */
static void go_without_resolved(WgpQuestion *q) {
        q->i_way = q->n_ways = 0;
        q->ways[q->n_ways++] = WGP_DNS_WAY_SERVERS;
        q->ways[q->n_ways++] = WGP_DNS_WAY_LIBC;
}

/* Whether "no such name" ends the question of a full tunnel. What is left would ask the same servers again, or others
 * through the tunnel itself, where a question hangs for long if it is dead. Other sources than DNS know names without
 * a dot and those in .local. */
static bool is_final(const WgpQuestion *q) {
        const char *dot = strrchr(q->name->host, '.');
        uint32_t next = q->i_way + 1 < q->n_ways ? q->ways[q->i_way + 1] : WGP_DNS_WAY_SERVERS;

        return (next == WGP_DNS_WAY_LIBC || next == 0) && q->mark > 0 && dot && strcasecmp(dot, ".local") != 0 &&
               streq(q->failure, WGP_FAILURE_NO_NAME);
}

/* There was no answer by this way: the next one has its turn. "No such name" is told, whatever comes after. */
static void go_on(WgpQuestion *q, const char *failure) {
        WgpResolve *resolve = q->resolve;

        if (!q->failure || !streq(q->failure, WGP_FAILURE_NO_NAME))
                q->failure = failure;
        q->i_way = is_final(q) ? q->n_ways : q->i_way + 1;
        if (q->i_way == q->n_ways && q->helpless) {
                q->helpless = false;
                go_without_resolved(q);
        }
        if (ask(q) >= 0)
                return;
        wgp_manager_failure(resolve->manager, q->name, q, now_of(resolve), q->failure);
        wgp_question_free(q);
        resolve->answered(resolve->userdata);
}

/* Whether the tunnels that want this name say how it is to be asked for. */
static WgpDnsAsker find_asker(const WgpName *name, const WgpDnsConfig *config, uint32_t *ret_mark) {
        WgpDnsAsker asker = {};
        uint32_t mark = 0;

        for (size_t i = 0; i < name->n_users; i++) {
                const WgpTunnel *tunnel = name->users[i]->tunnel;
                uint32_t ifindex = wgp_tunnel_ifindex_here(tunnel);

                if (tunnel->mark > 0 && (mark == 0 || (tunnel->kill_switch && !asker.kill_switch)))
                        mark = tunnel->mark;
                asker.kill_switch = asker.kill_switch || (tunnel->kill_switch && tunnel->mark > 0);
                if (asker.tunnel == 0 || wgp_dns_config_catches_all(config, ifindex))
                        asker.tunnel = ifindex;
        }
        asker.has_mark = mark > 0;
        *ret_mark = mark;
        return asker;
}

static int find_ways(WgpQuestion *q) {
        WgpResolve *resolve = q->resolve;
        const uint32_t *ours = NULL;
        WgpDnsAsker asker;
        size_t n_ours = 0;
        int r;

        asker = find_asker(q->name, &resolve->dns->config, &q->mark);
        if (!resolve->dns->resolved) {
                go_without_resolved(q);
                return 0;
        }
        r = resolve->list_links(resolve->userdata, &ours, &n_ours);
        if (r >= 0)
                q->n_ways = wgp_dns_config_find_ways(&resolve->dns->config, &asker, ours, n_ours, q->ways);
        return r;
}

static int start(void *userdata, WgpName *name, bool fresh, void **ret_question) {
        _cleanup_(wgp_question_freep) WgpQuestion *q = calloc(1, sizeof(*q));
        WgpResolve *resolve = userdata;
        int r;

        if (!q)
                return -ENOMEM;
        q->resolve = resolve;
        q->name = name;
        q->fresh = fresh;
        q->next = resolve->questions;
        if (q->next)
                q->next->previous = q;
        resolve->questions = q;

        r = find_ways(q);
        if (r >= 0)
                r = ask(q);
        if (r < 0)
                return r;

        *ret_question = TAKE_PTR(q);
        return 0;
}

static void cancel(void *userdata, void *question) {
        wgp_question_free(question);
}

/* Nobody wants to know its TTL any more. */
static void forget(void *userdata, const WgpName *name) {
        WgpResolve *resolve = userdata;

        for (WgpQuestion *q = resolve->questions, *next; q; q = next) {
                next = q->next;
                if (q->name == name)
                        wgp_question_free(q);
        }
}

WgpDnsOps wgp_resolve_ops(WgpResolve *resolve) {
        return (WgpDnsOps) { start, cancel, forget, resolve };
}

/* The members from "manager" to "userdata" are set. Returns 0 or a negative errno. */
int wgp_resolve_init(WgpResolve *resolve) {
        resolve->failed = go_on;
        return wgp_resolve_libc_init(resolve);
}

/* All questions have been cancelled. */
void wgp_resolve_done(WgpResolve *resolve) {
        wgp_resolve_ares_done(resolve);
        wgp_resolve_libc_done(resolve);
}
