/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "resolver/resolve.h"

static WgpQuestion *question_free(WgpQuestion *q) {
        if (!q)
                return NULL;
        if (q->previous)
                q->previous->next = q->next;
        else if (q->resolve->questions == q)
                q->resolve->questions = q->next;
        if (q->next)
                q->next->previous = q->previous;
        sd_bus_slot_unref(q->slot);
        wgp_resolve_libc_cancel(q);
        free(q->alias);
        free(q->canonical);
        free(q);
        return NULL;
}
WGP_DEFINE_CLEANUP(WgpQuestion *, question_free)

static uint64_t now_of(const WgpResolve *resolve) {
        uint64_t now = 0;

        (void) sd_event_now(resolve->event, CLOCK_BOOTTIME, &now);
        return now;
}

/* The addresses are known, and the question lives on for the sake of its TTL. */
void wgp_question_tell(WgpQuestion *q, const WgpAnswer *answer) {
        WgpResolve *resolve = q->resolve;

        q->told = true;
        (void) wgp_manager_answer(resolve->manager, q->name, q, now_of(resolve), answer);
        resolve->answered(resolve->userdata);
}

void wgp_question_answer(WgpQuestion *q, const WgpAnswer *answer) {
        wgp_question_tell(q, answer);
        question_free(q);
}

void wgp_question_set_ttl(WgpQuestion *q, uint64_t ttl_usec) {
        WgpResolve *resolve = q->resolve;

        wgp_manager_set_ttl(resolve->manager, q->name, ttl_usec);
        question_free(q);
        resolve->answered(resolve->userdata);
}

void wgp_question_fail(WgpQuestion *q, const char *text) {
        WgpResolve *resolve = q->resolve;

        wgp_manager_failure(resolve->manager, q->name, q, now_of(resolve), text);
        question_free(q);
        resolve->answered(resolve->userdata);
}

/* Of the tunnels that want a name: one whose mark the question may carry, and the links that it is not to go through. */
static const WgpTunnel *find_way(WgpQuestion *q, const uint32_t *ours, size_t n_ours) {
        const WgpDnsConfig *config = &q->resolve->dns->config;
        const WgpTunnel *catching = NULL;

        for (size_t i = 0; i < q->name->n_users; i++) {
                const WgpTunnel *tunnel = q->name->users[i]->tunnel;

                if (q->mark == 0 || tunnel->kill_switch)
                        q->mark = tunnel->mark ?: q->mark;
                if (!catching || wgp_dns_config_catches_all(config, wgp_tunnel_ifindex_here(tunnel)))
                        catching = tunnel;
        }
        q->n_way = wgp_dns_config_find_way(config, wgp_tunnel_ifindex_here(catching), ours, n_ours, q->way);
        return catching;
}

static int start(void *userdata, WgpName *name, bool fresh, void **ret_question) {
        _cleanup_(question_freep) WgpQuestion *q = calloc(1, sizeof(*q));
        WgpResolve *resolve = userdata;
        const uint32_t *ours = NULL;
        size_t n_ours = 0;
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

        r = resolve->list_links(resolve->userdata, &ours, &n_ours);
        if (r < 0)
                return r;
        (void) find_way(q, ours, n_ours);
        r = resolve->dns->resolved ? wgp_resolve_bus_start(q) : wgp_resolve_libc_start(q);
        if (r < 0)
                return r;

        *ret_question = TAKE_PTR(q);
        return 0;
}

static void cancel(void *userdata, void *question) {
        question_free(question);
}

/* Nobody wants to know its TTL any more. */
static void forget(void *userdata, const WgpName *name) {
        WgpResolve *resolve = userdata;

        for (WgpQuestion *q = resolve->questions, *next; q; q = next) {
                next = q->next;
                if (q->name == name)
                        question_free(q);
        }
}

WgpDnsOps wgp_resolve_ops(WgpResolve *resolve) {
        return (WgpDnsOps) { start, cancel, forget, resolve };
}

/* The members from "manager" to "userdata" are set. Returns 0 or a negative errno. */
int wgp_resolve_init(WgpResolve *resolve) {
        return wgp_resolve_libc_init(resolve);
}

/* All questions have been cancelled. */
void wgp_resolve_done(WgpResolve *resolve) {
        wgp_resolve_libc_done(resolve);
}
