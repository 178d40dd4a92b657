/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Gives what is known of a question to the manager. */

#include "resolver/question.h"

static uint64_t now_of(const WgpResolve *resolve) {
        uint64_t now = 0;

        (void) sd_event_now(resolve->event, CLOCK_BOOTTIME, &now);
        return now;
}

WgpQuestion *wgp_question_free(WgpQuestion *q) {
        if (!q)
                return NULL;
        if (q->previous)
                q->previous->next = q->next;
        else if (q->resolve->questions == q)
                q->resolve->questions = q->next;
        if (q->next)
                q->next->previous = q->previous;
        sd_bus_slot_unref(q->slot);
        if (q->stop)
                q->stop(q);
        free(q->found);
        free(q->alias);
        free(q->canonical);
        free(q);
        return NULL;
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
        wgp_question_free(q);
}

void wgp_question_set_ttl(WgpQuestion *q, uint64_t ttl_usec) {
        WgpResolve *resolve = q->resolve;

        wgp_manager_set_ttl(resolve->manager, q->name, ttl_usec);
        wgp_question_free(q);
        resolve->answered(resolve->userdata);
}
