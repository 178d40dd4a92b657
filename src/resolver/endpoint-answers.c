/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Counts in how many answers an address was missing, and notices names whose addresses take turns. */

#include "resolver/endpoint-answers.h"

#include <strings.h>

#include "model/prefix.h"

/* "localhost", and names below it: RFC 6761, 6.3. */
static bool is_here(const char *host) {
        static const char own[] = "localhost";
        size_t n = strlen(host), m = strlen(own);

        if (n > 0 && host[n - 1] == '.')
                n--;
        return n >= m && strncasecmp(host + n - m, own, m) == 0 && (n == m || host[n - m - 1] == '.');
}

/* "host": the name. */
void wgp_answers_init(WgpAnswers *a, const char *host, uint64_t now) {
        *a = (WgpAnswers) {
                .here = is_here(host),
                .made_usec = now,
                .absences_needed = WGP_ABSENCES_NEEDED,
        };
}

void wgp_answers_done(WgpAnswers *a) {
        free(a->listings);
        *a = (WgpAnswers) {};
}

/* NULL: not an address of the name, now or lately. */
static WgpListing *find(const WgpAnswers *a, const WgpSockaddr *address) {
        for (size_t i = 0; i < a->n_listings; i++)
                if (wgp_sockaddr_equal(&a->listings[i].address, address))
                        return a->listings + i;
        return NULL;
}

const WgpListing *wgp_answers_find(const WgpAnswers *a, const WgpSockaddr *address) {
        return find(a, address);
}

/* Whether an address is that of this host. */
bool wgp_answers_have_host(const WgpAnswers *a, const WgpPrefix *host) {
        WgpPrefix other;

        for (size_t i = 0; i < a->n_listings; i++) {
                wgp_sockaddr_to_prefix(&a->listings[i].address, &other);
                if (wgp_prefix_compare(&other, host) == 0)
                        return true;
        }
        return false;
}

bool wgp_answers_list(const WgpAnswers *a, const WgpSockaddr *address) {
        const WgpListing *l = find(a, address);

        return l && l->listed;
}

/* Makes room: the address that was absent for longest goes. */
static void forget_one(WgpAnswers *a) {
        WgpListing *oldest = NULL;

        for (size_t i = 0; i < a->n_listings; i++) {
                WgpListing *l = a->listings + i;

                if (!l->listed && (!oldest || l->absent_usec < oldest->absent_usec))
                        oldest = l;
        }
        if (!oldest)
                return;
        a->n_listings--;
        memmove(oldest, oldest + 1, (size_t) (a->listings + a->n_listings - oldest) * sizeof(*oldest));
}

static int add_listing(WgpAnswers *a, const WgpSockaddr *address) {
        /* as many again as an answer may have, for those that were there before */
        if (a->n_listings >= 2 * WGP_LISTINGS_MAX)
                forget_one(a);
        if (!wgp_grow(&a->listings, &a->n_allocated, a->n_listings + 1, sizeof(*a->listings)))
                return -ENOMEM;
        a->listings[a->n_listings++] = (WgpListing) { .address = *address, .listed = true };
        return 0;
}

/* The endpoint is an address. Returns 0 or -ENOMEM. */
int wgp_answers_init_constant(WgpAnswers *a, const WgpSockaddr *address) {
        *a = (WgpAnswers) { .constant = true, .told = true, .absences_needed = WGP_ABSENCES_NEEDED };
        return add_listing(a, address);
}

/* Takes an address that an earlier run of the resolver has set for one that the name had: its absence counts.
 * Returns 0 or -ENOMEM. */
int wgp_answers_remember(WgpAnswers *a, const WgpSockaddr *address) {
        return a->constant || find(a, address) ? 0 : add_listing(a, address);
}

/* Takes an address that the name had before a boot, where the peer has answered then: nothing says that the name still
 * has it, but its absence counts. Returns 0 or -ENOMEM. */
int wgp_answers_expect(WgpAnswers *a, const WgpSockaddr *address) {
        int r;

        if (a->constant || find(a, address))
                return 0;
        r = add_listing(a, address);
        if (r >= 0)
                a->listings[a->n_listings - 1].listed = false;
        return r;
}

/* --- an answer --- */

static bool is_usable_here(const WgpAnswers *a, const WgpSockaddr *address) {
        return a->here || wgp_sockaddr_is_usable(address);
}

static bool has_address(const WgpAnswer *answer, const WgpSockaddr *address) {
        for (size_t i = 0; i < answer->n_addresses; i++)
                if (wgp_sockaddr_equal(answer->addresses + i, address))
                        return true;
        return false;
}

static bool has_family(const WgpAnswers *a, const WgpAnswer *answer, sa_family_t family) {
        for (size_t i = 0; i < answer->n_addresses; i++)
                if (answer->addresses[i].family == family && is_usable_here(a, answer->addresses + i))
                        return true;
        return false;
}

/* Counts an answer without this address, but none that came sooner than "apart" after the last that counted. */
static void note_absence(WgpListing *l, uint64_t now, uint64_t apart_usec) {
        if (l->n_absent > 0 && now - l->absent_usec < apart_usec)
                return;
        l->n_absent = l->listed ? 1 : l->n_absent + 1;
        l->absent_usec = now;
        l->listed = false;
}

/* An address that was absent is back. When that happens again and again, the answers rotate through more addresses
 * than fit into one, and absence means little; once, it is a server that has come back, or a record that was wrong. */
static bool note_return(WgpAnswers *a, WgpListing *l) {
        bool back = l->n_absent > 0;

        if (back && l->n_absent <= WGP_ROTATION_MAX && a->n_steady > 0 && a->n_steady <= WGP_ROTATION_STEADY)
                a->absences_needed = WGP_MAX(a->absences_needed, 2 * l->n_absent + 2);
        l->listed = true;
        l->n_absent = 0;
        return back;
}

/* What was learnt of rotation is forgotten by and by. */
static void note_rotation(WgpAnswers *a, uint64_t now, bool back, uint64_t apart_usec) {
        if (back) {
                a->n_steady = 1;
                a->steady_usec = now;
                return;
        }
        if (a->n_steady == 0 || now - a->steady_usec < apart_usec)
                return;
        a->steady_usec = now;
        if (a->n_steady++ % WGP_ROTATION_STEADY != 0)
                return;
        a->absences_needed = WGP_ABSENCES_NEEDED + (a->absences_needed - WGP_ABSENCES_NEEDED) / 2;
        if (a->absences_needed == WGP_ABSENCES_NEEDED)
                a->n_steady = 0;
}

/* Returns 0 or -ENOMEM. */
static int note_present(WgpAnswers *a, const WgpAnswer *answer, bool *ret_back) {
        size_t n = 0;
        int r = 0;

        *ret_back = false;
        for (size_t i = 0; i < answer->n_addresses && n < WGP_LISTINGS_MAX; i++) {
                WgpListing *l = find(a, answer->addresses + i);

                if (!is_usable_here(a, answer->addresses + i))
                        continue;
                n++;
                if (l)
                        *ret_back = note_return(a, l) || *ret_back;
                else
                        wgp_gather(&r, add_listing(a, answer->addresses + i));
        }
        return r;
}

/* The name has these addresses. "apart_usec": as long after another, an answer that lacks an address counts. Returns
 * 0; -EADDRNOTAVAIL: at none of them a peer can be, which does not count as an answer; or -ENOMEM, some of them were
 * not noted. */
int wgp_answers_take(WgpAnswers *a, uint64_t now, const WgpAnswer *answer, uint64_t apart_usec) {
        bool back;
        int r;

        if (!has_family(a, answer, AF_INET) && !has_family(a, answer, AF_INET6))
                return -EADDRNOTAVAIL;

        /* an answer without any address of a family says that one of two questions failed, more often than anything
         * else */
        for (size_t i = 0; i < a->n_listings; i++) {
                WgpListing *l = a->listings + i;

                if (!has_address(answer, &l->address) && has_family(a, answer, l->address.family))
                        note_absence(l, now, apart_usec);
        }
        r = note_present(a, answer, &back);
        note_rotation(a, now, back, apart_usec);
        a->told = true;
        return r;
}

/* There was no answer. The addresses stay: "no such name" is an answer that many a name server gives while it starts.
 */
void wgp_answers_fail(WgpAnswers *a) {
        a->told = true;
}
