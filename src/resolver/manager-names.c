/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The manager's names: each is asked for once, however many peers have it, and those that wait for their turn are
 * queued. Prototypes in manager.h. */

#include <stdarg.h>
#include <strings.h>

#include "base/text.h"
#include "model/prefix.h"
#include "resolver/manager-internal.h"
#include "resolver/manager.h"

/* --- which there are --- */

/* Returns where a host is among the names, or would be: they are sorted. DNS knows no case. */
static size_t search(const WgpManager *m, const char *host, bool *ret_found) {
        size_t from = 0, to = m->n_names;

        while (from < to) {
                size_t middle = from + (to - from) / 2;
                int c = strcasecmp(m->names[middle]->host, host);

                if (c == 0) {
                        *ret_found = true;
                        return middle;
                }
                if (c < 0)
                        from = middle + 1;
                else
                        to = middle;
        }
        *ret_found = false;
        return from;
}

static int get(WgpManager *m, const char *host, uint64_t now, WgpName **ret) {
        WgpName *name;
        bool found;
        size_t i = search(m, host, &found);

        if (!found) {
                if (!wgp_grow(&m->names, &m->n_names_allocated, m->n_names + 1, sizeof(*m->names)))
                        return -ENOMEM;
                name = wgp_name_new(host, now);
                if (!name)
                        return -ENOMEM;
                memmove(m->names + i + 1, m->names + i, (m->n_names - i) * sizeof(*m->names));
                m->names[i] = name;
                m->n_names++;
        }
        *ret = m->names[i];
        return 0;
}

/* It is asked for as often as the most impatient of its users wants. */
void wgp_manager_refresh_name(WgpName *name) {
        uint64_t smallest = WGP_NEVER;

        for (size_t i = 0; i < name->n_users; i++)
                if (name->users[i]->refresh_usec > 0)
                        smallest = WGP_MIN(smallest, name->users[i]->refresh_usec);
                else
                        smallest = WGP_MIN(smallest, WGP_SECONDS(WGP_REFRESH_DEFAULT));
        wgp_name_set_refresh(name, smallest);
}

/* What a name has answered lately is what one more peer would be told. */
static void share_answer(WgpEndpointName *e, uint64_t now) {
        const WgpEndpointName *other = e->name->n_users > 1 ? e->name->users[0] : NULL;
        WgpSockaddr addresses[WGP_LISTINGS_MAX];
        size_t n = 0;

        for (size_t i = 0; other && i < other->answers.n_listings && n < WGP_ARRAY_SIZE(addresses); i++)
                if (other->answers.listings[i].listed) {
                        addresses[n] = other->answers.listings[i].address;
                        wgp_sockaddr_set_port(addresses + n++, e->port);
                }
        if (n > 0)
                (void) wgp_answers_take(&e->answers, now, &(WgpAnswer) { .addresses = addresses, .n_addresses = n },
                                /* apart_usec= */ 0);
}

/* Has the name of this peer asked for. Returns 0 or -ENOMEM. */
int wgp_manager_use_name(WgpManager *m, WgpEndpointName *e, uint64_t now) {
        WgpName *name;
        int r;

        r = get(m, e->host, now, &name);
        if (r < 0)
                return r;
        e->name = name;
        if (!wgp_grow(&name->users, &name->n_allocated, name->n_users + 1, sizeof(*name->users))) {
                wgp_manager_leave_name(m, e);
                return -ENOMEM;
        }
        name->users[name->n_users++] = e;
        wgp_manager_refresh_name(name);
        share_answer(e, now);
        return 0;
}

static void forget(WgpManager *m, WgpName *name) {
        bool found;
        size_t i = search(m, name->host, &found);

        for (size_t k = 0; k < WGP_NAME_QUESTIONS_MAX; k++)
                if (name->questions[k]) {
                        m->config.dns.cancel(m->config.dns.userdata, name->questions[k]);
                        m->n_questions--;
                }
        m->config.dns.forget(m->config.dns.userdata, name);
        m->n_names--;
        memmove(m->names + i, m->names + i + 1, (m->n_names - i) * sizeof(*m->names));
        wgp_name_free(name);
}

/* This peer goes, and with the last one its name. */
void wgp_manager_leave_name(WgpManager *m, WgpEndpointName *e) {
        WgpName *name = e->name;

        if (!name)
                return;
        e->name = NULL;
        for (size_t i = 0; i < name->n_users; i++)
                if (name->users[i] == e) {
                        name->users[i] = name->users[--name->n_users];
                        break;
                }
        if (name->n_users == 0)
                forget(m, name);
        else
                wgp_manager_refresh_name(name);
}

/* --- answers --- */

/* Tells of a name, by the tunnel that has it; of several, by the first. */
static void _printf_(3, 4) tell(WgpManager *m, const WgpName *name, const char *format, ...) {
        const WgpTunnel *first = name->users[0]->tunnel;
        _cleanup_(freep) char *text = NULL;
        bool others = false;
        va_list ap;

        for (size_t i = 1; i < name->n_users && !others; i++)
                others = name->users[i]->tunnel != first;
        va_start(ap, format);
        text = wgp_vasprintf(format, ap);
        va_end(ap);
        if (text)
                wgp_manager_tell(m, WGP_NOTICE, first, name->n_users == 1 ? name->users[0]->peer : NULL, "%s%s: %s",
                                first->name, others ? " and others" : "", text);
}

static void note_change(const WgpName *name, bool important) {
        for (size_t i = 0; i < name->n_users; i++) {
                WgpTunnel *tunnel = name->users[i]->tunnel;

                tunnel->changed = tunnel->changed || important;
                tunnel->aged = true;
        }
}

/* Takes a question that has come to an end, and those before it, whose answers would be older. Returns whether it was
 * under way. */
static bool end_question(WgpManager *m, WgpName *name, const void *question, bool answered) {
        size_t n = 0, i = 0;

        while (i < WGP_NAME_QUESTIONS_MAX && name->questions[i] != question)
                i++;
        if (!question || i == WGP_NAME_QUESTIONS_MAX)
                return false;

        for (size_t k = 0; k < WGP_NAME_QUESTIONS_MAX; k++) {
                bool older = k < i && answered;

                if (name->questions[k] && older)
                        m->config.dns.cancel(m->config.dns.userdata, name->questions[k]);
                if (name->questions[k] && (older || k == i))
                        m->n_questions--;
                else if (name->questions[k]) {
                        name->asking_usec[n] = name->asking_usec[k];
                        name->questions[n++] = name->questions[k];
                }
        }
        name->n_asking = (unsigned) n + 1; /* the one that ends is still counted */
        while (n < WGP_NAME_QUESTIONS_MAX)
                name->questions[n++] = NULL;
        return true;
}

static int hand_on(WgpManager *m, WgpEndpointName *e, uint64_t now, const WgpAnswer *answer, uint64_t apart_usec) {
        WgpSockaddr addresses[WGP_LISTINGS_MAX];
        size_t n = WGP_MIN(answer->n_addresses, WGP_ARRAY_SIZE(addresses));
        int r;

        for (size_t i = 0; i < n; i++) {
                addresses[i] = answer->addresses[i];
                wgp_sockaddr_set_port(addresses + i, e->port);
        }
        r = wgp_answers_take(&e->answers, now,
                        &(WgpAnswer) { .addresses = addresses, .n_addresses = n, .ttl_usec = answer->ttl_usec },
                        apart_usec);
        wgp_gather(&r, wgp_manager_answers_changed(m, e->peer));
        return r;
}

static bool is_answer(const WgpName *name, const WgpAnswer *answer) {
        for (size_t i = 0; i < answer->n_addresses; i++)
                if (name->users[0]->answers.here || wgp_sockaddr_is_usable(answer->addresses + i))
                        return true;
        return false;
}

/* DNS answered a question. An answer without an address where a peer can be is none. Returns 0, or -ENOMEM. */
int wgp_manager_answer(WgpManager *m, WgpName *name, const void *question, uint64_t now, const WgpAnswer *answer) {
        uint64_t apart_usec = name->interval_usec, digest = name->digest;
        bool wanted = name->doubted, failed = name->failure;
        int r = 0;

        if (!is_answer(name, answer)) {
                wgp_manager_failure(m, name, question, now, "it has no address where a peer can be");
                return 0;
        }

        if (!end_question(m, name, question, /* answered= */ true))
                return 0;
        if (failed)
                tell(m, name, "%s is found again.", name->host);
        free(name->failure);
        name->failure = NULL;
        wgp_name_answered(name, now, answer);
        note_change(name, wanted || failed || name->digest != digest);
        for (size_t i = 0; i < name->n_users; i++)
                wgp_gather(&r, hand_on(m, name->users[i], now, answer, apart_usec));
        return r;
}

/* The TTL of the last answer is known now. */
void wgp_manager_set_ttl(WgpManager *m, WgpName *name, uint64_t ttl_usec) {
        wgp_name_set_ttl(name, ttl_usec);
        note_change(name, /* important= */ false);
}

static void fail(WgpManager *m, WgpName *name, uint64_t now, const char *text) {
        if (!name->failure)
                tell(m, name, "cannot resolve %s: %s. Trying again until it works.", name->host, text);
        note_change(name, !name->failure || !streq(name->failure, text) || name->doubted);
        free(name->failure);
        name->failure = strdup(text);
        wgp_name_failed(name, now, m->config.random(m->config.userdata));
        for (size_t i = 0; i < name->n_users; i++) {
                wgp_answers_fail(&name->users[i]->answers);
                name->users[i]->peer->due_usec = 0;
        }
}

/* A question had no answer: "text" says why. That does not matter while a later one is under way; earlier ones may
 * hang for long, in a tunnel that has come up since, say, and count only if they are answered. */
void wgp_manager_failure(WgpManager *m, WgpName *name, const void *question, uint64_t now, const char *text) {
        bool latest = name->n_asking > 0 && name->questions[name->n_asking - 1] == question;

        if (!end_question(m, name, question, /* answered= */ false))
                return;
        if (name->n_asking > 1 && !latest)
                name->n_asking--;
        else
                fail(m, name, now, text);
}

/* --- the queue --- */

/* There are as many as may be, and it is long lost. */
static void drop_oldest(WgpManager *m, WgpName *name) {
        m->config.dns.cancel(m->config.dns.userdata, name->questions[0]);
        m->n_questions--;
        wgp_name_drop_oldest(name);
        memmove(name->questions, name->questions + 1, name->n_asking * sizeof(*name->questions));
        name->questions[name->n_asking] = NULL;
}

static void ask(WgpManager *m, WgpName *name, uint64_t now) {
        bool fresh = wgp_name_is_fresh(name, now);
        void *question = NULL;
        int r;

        if (name->n_asking == WGP_NAME_QUESTIONS_MAX)
                drop_oldest(m, name);

        r = m->config.dns.start(m->config.dns.userdata, name, fresh, &question);
        wgp_name_asked(name, now);
        if (r < 0) {
                if (name->n_asking > 1)
                        name->n_asking--;
                else
                        fail(m, name, now, strerror(-r));
                return;
        }
        name->questions[name->n_asking - 1] = question;
        m->n_questions++;
        note_change(name, /* important= */ false);
}

static void note_trouble(WgpName *name) {
        bool troubled = false;

        for (size_t i = 0; i < name->n_users && !troubled; i++)
                troubled = name->users[i]->peer->troubled;
        wgp_name_set_troubled(name, troubled);
}

static int compare_turns(const void *a, const void *b) {
        return wgp_name_compare_turn(*(WgpName *const *) a, *(WgpName *const *) b);
}

/* Asks for those that are due, as many at a time as may be. Returns when the next ones are, WGP_NEVER: after an
 * answer. */
uint64_t wgp_manager_ask_names(WgpManager *m, uint64_t now) {
        _cleanup_(freep) WgpName **due = calloc(m->n_names + 1, sizeof(*due));
        uint64_t next = WGP_NEVER, aged_usec = WGP_NEVER;
        size_t n_due = 0, n_young = 0, n_asked;

        if (!due)
                return now + WGP_SECOND;
        for (size_t i = 0; i < m->n_names; i++) {
                WgpName *name = m->names[i];
                uint64_t old_usec = name->asked_usec + WGP_SECONDS(WGP_QUESTION_YOUNG), next_usec;

                note_trouble(name);
                if (name->n_asking > 0 && old_usec > now) {
                        n_young++;
                        aged_usec = WGP_MIN(aged_usec, old_usec);
                }
                next_usec = wgp_name_next(name);
                if (next_usec <= now)
                        due[n_due++] = name;
                else
                        next = WGP_MIN(next, next_usec);
        }

        if (n_young < WGP_QUESTIONS_YOUNG_MAX &&
                        (n_due + n_young > WGP_QUESTIONS_YOUNG_MAX || n_due + m->n_questions > WGP_QUESTIONS_MAX))
                qsort(due, n_due, sizeof(*due), compare_turns);
        for (n_asked = 0; n_asked < n_due && n_young < WGP_QUESTIONS_YOUNG_MAX && m->n_questions < WGP_QUESTIONS_MAX;
                        n_asked++) {
                ask(m, due[n_asked], now);
                n_young += due[n_asked]->n_asking > 0;
                next = WGP_MIN(next, wgp_name_next(due[n_asked]));
        }
        return n_asked < n_due ? WGP_MIN(next, aged_usec) : next;
}
