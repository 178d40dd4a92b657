/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "resolver/resolve.h"

static WgpQuestion *question_free(WgpQuestion *q) {
        if (!q)
                return NULL;
        sd_bus_slot_unref(q->slot);
        wgp_resolve_libc_cancel(q);
        free(q);
        return NULL;
}
WGP_DEFINE_CLEANUP(WgpQuestion *, question_free)

static uint64_t now_of(const WgpResolve *resolve) {
        uint64_t now = 0;

        (void) sd_event_now(resolve->event, CLOCK_BOOTTIME, &now);
        return now;
}

void wgp_question_answer(WgpQuestion *q, const WgpAnswer *answer) {
        WgpResolve *resolve = q->resolve;

        (void) wgp_manager_answer(resolve->manager, q->e, now_of(resolve), answer);
        question_free(q);
        resolve->answered(resolve->userdata);
}

void wgp_question_fail(WgpQuestion *q, const char *text) {
        WgpResolve *resolve = q->resolve;

        wgp_manager_failure(resolve->manager, q->e, now_of(resolve), text);
        question_free(q);
        resolve->answered(resolve->userdata);
}

static int start(void *userdata, WgpEndpointName *e, bool fresh, void **ret_question) {
        _cleanup_(question_freep) WgpQuestion *q = calloc(1, sizeof(*q));
        WgpResolve *resolve = userdata;
        const uint32_t *ours = NULL;
        size_t n_ours = 0;
        int r;

        if (!q)
                return -ENOMEM;
        q->resolve = resolve;
        q->e = e;
        q->fresh = fresh;

        if (resolve->dns->resolved) {
                r = resolve->list_links(resolve->userdata, &ours, &n_ours);
                if (r < 0)
                        return r;
                q->n_way = wgp_dns_config_find_way(&resolve->dns->config, wgp_tunnel_ifindex_here(e->tunnel), ours, n_ours, q->way);
                r = wgp_resolve_bus_start(q);
        } else
                r = wgp_resolve_libc_start(q);
        if (r < 0)
                return r;

        *ret_question = TAKE_PTR(q);
        return 0;
}

static void cancel(void *userdata, void *question) {
        question_free(question);
}

WgpDnsOps wgp_resolve_ops(WgpResolve *resolve) {
        return (WgpDnsOps) { start, cancel, resolve };
}

/* The members from "manager" to "userdata" are set. Returns 0 or a negative errno. */
int wgp_resolve_init(WgpResolve *resolve) {
        return wgp_resolve_libc_init(resolve);
}

/* All questions have been cancelled. */
void wgp_resolve_done(WgpResolve *resolve) {
        wgp_resolve_libc_done(resolve);
}
