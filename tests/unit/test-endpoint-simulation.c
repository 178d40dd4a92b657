/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Ten thousand hours of a peer's life, second by second: a server that moves, fails, is reached at several addresses
 * and speaks from others; a name server that lags, lies, fails and shuffles; paths that carry packets one way only;
 * uplinks with one family, with both, with NAT64; links that come and go; a machine that sleeps; a user who sends, or
 * does not. Each world is drawn from a fixed seed. What must never happen is checked while it runs. */
#include <arpa/inet.h>
#include <criterion/criterion.h>
#include <inttypes.h>
#include <stdio.h>

#include "model/prefix.h"
#include "resolver/endpoint-choose.h"
#include "resolver/name.h"

enum {
        N_WORLDS = 400,
        HOURS = 25, /* per world */
        N_IPV4 = 3,
        N_ADDRESSES = 6,            /* the first are IPv4, the others IPv6 */
        NAT64 = N_ADDRESSES,        /* those of IPv4, as a network without it has them */
        ALTERNATE = NAT64 + N_IPV4, /* an address that the profile has behind the name */
        ROAMED,                     /* one more place, which no name has */
        UNSPECIFIED,                /* 0.0.0.0, as name servers give it that block a name */
        N_PLACES,
        NOWHERE = -1,
};

typedef enum Traffic {
        TRAFFIC_NONE,
        TRAFFIC_BOTH,   /* both ways, all the time */
        TRAFFIC_UPLOAD, /* one way, all the time: WireGuard's own empty packets are all that comes back */
        TRAFFIC_BURSTS, /* one way, for a second, now and then */
        _TRAFFIC_N,
} Traffic;

typedef struct World {
        uint64_t random;
        unsigned now;  /* seconds */
        bool calm;     /* every address works, and nothing changes but what the user does */
        unsigned loss; /* of 1000 packets */
        unsigned keepalive;

        /* the server */
        bool up[N_PLACES];
        bool half[N_PLACES]; /* our packets are lost, theirs arrive */
        bool has_alternate;
        unsigned changed;   /* when any of this, or what follows, changed */
        unsigned unsettled; /* when the record, DNS or the traffic did: what the resolver knows may be old */

        /* the uplink */
        bool ipv4, ipv6, nat64;
        unsigned news_at; /* when the resolver is told of a change; 0: there is none */

        /* DNS */
        bool lies; /* it has addresses where nobody is, and no other */
        bool listed[N_ADDRESSES];
        bool dns_up, rotates; /* rotates: one address per answer */
        unsigned ttl;
        bool cached[N_PLACES]; /* on the way to us */
        unsigned cached_until;
        unsigned answer_at; /* when an answer under way arrives; 0: none is */
        bool answer_fresh;
        unsigned ipv6_fails_until; /* the half of each question that is about IPv6 does */

        /* the kernel's peer */
        int endpoint;
        uint64_t tx, rx;
        unsigned handshake;          /* 0: never */
        unsigned n_attempts;         /* initiations in a row */
        unsigned initiated;          /* when the last one left */
        unsigned unanswered;         /* since when data is */
        unsigned sent;               /* when anything was last sent */
        unsigned reply_at, empty_at; /* when the server's answer, or our empty packet, is due */
        Traffic traffic;

        /* the truth, for the checks */
        unsigned reachable_since; /* the present address works, and has for so long; 0: it does not */
        unsigned heard;           /* when the present address last was */
        bool on_roamed;
        unsigned trouble_since; /* it does not work, we send, and a listed one works; nothing else changed */
        unsigned tried_seconds; /* for addresses tried meanwhile */
        bool trouble_is_new;    /* it worked until then */
        bool trouble_is_half;   /* it was at an address that is heard, but does not hear */
        int left;               /* where a live peer was moved from; NOWHERE: it has not been, or is fine */
        unsigned left_at;

        WgpName *name;
        WgpAnswers answers[2];
        WgpAnswers *pointers[2];
        WgpRemote remote;
        unsigned n_moves, n_moves_of_live, n_looks, n_questions, n_fresh, n_pokes, n_sleeps, n_returns;
} World;

static const char *world_name(const World *w, unsigned seed) {
        static char text[100];

        snprintf(text, sizeof(text), "seed %u, second %u, traffic %d, loss %u", seed, w->now, (int) w->traffic,
                        w->loss);
        return text;
}

/* xorshift64*, Vigna 2014 */
static uint32_t draw(World *w) {
        w->random ^= w->random >> 12;
        w->random ^= w->random << 25;
        w->random ^= w->random >> 27;
        return (uint32_t) (w->random * 2685821657736338717U >> 32);
}

static unsigned draw_below(World *w, unsigned n) {
        return (unsigned) ((uint64_t) draw(w) * n >> 32);
}

/* True about once in "n" calls. */
static bool once_in(World *w, unsigned n) {
        return draw_below(w, n) == 0;
}

static bool is_ipv6(int i) {
        return i >= N_IPV4 && i < ALTERNATE;
}

static WgpSockaddr address_of(int i) {
        WgpSockaddr s = {};

        if (i == UNSPECIFIED)
                s.in = (struct sockaddr_in) { .sin_family = AF_INET, .sin_port = htons(51820) };
        else if (i >= 0 && is_ipv6(i))
                s.in6 = (struct sockaddr_in6) {
                        .sin6_family = AF_INET6,
                        .sin6_port = htons(51820),
                        .sin6_addr.s6_addr = { 0x20, 0x01, 0x0d, 0xb8, [15] = (uint8_t) i },
                };
        else if (i >= 0)
                s.in = (struct sockaddr_in) {
                        .sin_family = AF_INET,
                        .sin_port = htons(51820),
                        .sin_addr.s_addr = htonl(0xcb007100U + (uint32_t) i),
                };
        return s;
}

static int index_of(const WgpSockaddr *address) {
        for (int i = 0; i < N_PLACES; i++) {
                WgpSockaddr s = address_of(i);

                if (wgp_sockaddr_equal(&s, address))
                        return i;
        }
        return NOWHERE;
}

/* Whether there is a route from here. */
static bool has_route(const World *w, int i) {
        return i >= NAT64 && i < ALTERNATE ? w->ipv6 : is_ipv6(i) ? w->ipv6 : w->ipv4;
}

/* --- the world changes --- */

static void move_server(World *w) {
        unsigned n = 1 + draw_below(w, 3);

        memset(w->up, 0, sizeof(w->up));
        memset(w->listed, 0, sizeof(w->listed));
        for (unsigned i = 0; i < n; i++) {
                unsigned a = draw_below(w, N_ADDRESSES);

                w->up[a] = w->listed[a] = true;
        }
        if (once_in(w, 3)) /* one that the name has by mistake */
                w->listed[draw_below(w, N_ADDRESSES)] = true;
        w->lies = false;
}

/* The name has addresses where nobody is, while the server stays where it was. */
static void lie(World *w) {
        memset(w->listed, 0, sizeof(w->listed));
        w->lies = true;
        for (unsigned i = 0; i < N_ADDRESSES; i++)
                w->listed[i] = !w->up[i] && once_in(w, 2);
}

static void change_uplink(World *w) {
        static const struct {
                bool ipv4, ipv6, nat64;
        } uplinks[] = { { true, true, false }, { true, false, false }, { false, true, false }, { false, true, true } };
        unsigned i = draw_below(w, WGP_ARRAY_SIZE(uplinks));

        w->ipv4 = uplinks[i].ipv4;
        w->ipv6 = uplinks[i].ipv6;
        w->nat64 = uplinks[i].nat64;
        w->news_at = w->now + 1 + draw_below(w, 3);
        w->cached_until = 0; /* another name server */
}

/* Nothing of ours runs, while the world goes on. */
static void sleep_for_a_while(World *w) {
        w->now += once_in(w, 2) ? 20 + draw_below(w, 100) : draw_below(w, 10 * 3600);
        if (once_in(w, 3))
                move_server(w);
        w->news_at = w->now + 1;
        w->n_sleeps++;
        wgp_sight_resume(&w->remote.sight, w->now * WGP_SECOND);
}

/* Returns whether anything changed; "*ret_settled": what the resolver knows of DNS and the traffic is no older for it.
 */
static bool change(World *w, bool *ret_settled) {
        unsigned i = draw_below(w, N_ADDRESSES);

        *ret_settled = false;
        if (once_in(w, 4 * 3600))
                move_server(w);
        else if (once_in(w, 8 * 3600))
                lie(w);
        else if (w->lies && once_in(w, 3600))
                move_server(w);
        else if (once_in(w, 6 * 3600))
                change_uplink(w);
        else if (once_in(w, 6 * 3600))
                sleep_for_a_while(w);
        else if (once_in(w, 3 * 3600))
                w->ipv6_fails_until = w->now + 1800;
        else if (once_in(w, 1800)) {
                w->up[i] ^= true;
                *ret_settled = true;
        } else if (once_in(w, 3600)) {
                w->half[i] ^= true;
                *ret_settled = true;
        } else if (w->has_alternate && once_in(w, 3600)) {
                w->up[ALTERNATE] ^= true;
                *ret_settled = true;
        } else if (once_in(w, 3600))
                w->dns_up ^= true;
        else if (!w->dns_up && once_in(w, 300))
                w->dns_up = true;
        else
                return false;
        return true;
}

static void live(World *w) {
        bool settled = false, changed = !w->calm && change(w, &settled);

        if (w->up[ROAMED] && once_in(w, 1800)) {
                w->up[ROAMED] = false;
                w->changed = w->now;
        }
        if (once_in(w, 1800)) {
                w->traffic = (Traffic) draw_below(w, _TRAFFIC_N);
                changed = true; /* until then the kernel may have been looked at only once a minute */
                settled = false;
        }
        if (changed)
                w->changed = w->now;
        if (changed && !settled)
                w->unsettled = w->now;
}

/* --- WireGuard, as its timers have it --- */

static bool is_lost(World *w) {
        return w->loss > 0 && draw_below(w, 1000) < w->loss;
}

/* Whether the server is at an address, and its packets arrive. */
static bool is_heard_from(const World *w, int i) {
        if (i == NOWHERE || i == UNSPECIFIED || !has_route(w, i))
                return false;
        return i >= NAT64 && i < ALTERNATE ? w->nat64 && w->up[i - NAT64] : w->up[i];
}

static bool works(const World *w, int i) {
        return is_heard_from(w, i) && !w->half[i];
}

static bool reaches(const World *w) {
        return works(w, w->endpoint);
}

static bool has_session(const World *w) {
        return w->handshake > 0 && w->now - w->handshake < 180;
}

static void receive(World *w, unsigned bytes) {
        w->rx += bytes;
        w->unanswered = 0;
        w->heard = w->now;
}

static void send_bytes(World *w, unsigned bytes) {
        w->tx += bytes;
        w->sent = w->now;
}

static void initiate(World *w) {
        if (w->endpoint == NOWHERE || (w->initiated > 0 && w->now - w->initiated < 5))
                return;
        w->initiated = w->now;
        w->n_attempts++;
        send_bytes(w, WGP_INITIATION_SIZE);
        if (!reaches(w) || is_lost(w) || is_lost(w))
                return;
        w->handshake = w->now;
        w->n_attempts = 0;
        receive(w, 92);
        send_bytes(w, WGP_KEEPALIVE_SIZE);
}

/* A packet of the user's. */
static void send_data(World *w, unsigned bytes) {
        if (!has_session(w)) {
                w->n_attempts = 0;
                initiate(w);
        }
        if (!has_session(w) || w->endpoint == NOWHERE)
                return;
        send_bytes(w, bytes);
        if (w->unanswered == 0)
                w->unanswered = w->now;
        if (w->now - w->handshake >= 120)
                initiate(w);
        if (reaches(w) && !is_lost(w) && w->reply_at == 0)
                w->reply_at = w->now + 10;
}

static void run_timers(World *w) {
        if (w->n_attempts > 0 && w->n_attempts < 18 && w->now - w->initiated >= 5)
                initiate(w);
        if (w->unanswered > 0 && w->now - w->unanswered >= 15 && w->n_attempts == 0) {
                w->unanswered = w->now;
                initiate(w);
        }
        if (w->keepalive > 0 && w->now - w->sent >= w->keepalive) {
                if (has_session(w))
                        send_bytes(w, WGP_KEEPALIVE_SIZE);
                else
                        initiate(w);
        }
        if (w->reply_at > 0 && w->now >= w->reply_at) {
                w->reply_at = 0;
                if (reaches(w) && has_session(w) && !is_lost(w))
                        receive(w, WGP_KEEPALIVE_SIZE);
        }
        if (w->empty_at > 0 && w->now >= w->empty_at) {
                w->empty_at = 0;
                if (has_session(w))
                        send_bytes(w, WGP_KEEPALIVE_SIZE);
        }
}

/* The server sends to where it last heard us from, and begins handshakes, whether our packets arrive or not. */
static void run_half(World *w) {
        if (!is_heard_from(w, w->endpoint) || !w->half[w->endpoint] || w->handshake == 0)
                return;
        if (has_session(w) && w->traffic == TRAFFIC_BOTH)
                w->rx += 1000;
        else if (!has_session(w) && w->now % 5 == 0) {
                w->rx += WGP_INITIATION_SIZE;
                send_bytes(w, 92);
        }
}

static void run_traffic(World *w) {
        run_half(w);
        switch (w->traffic) {
        case TRAFFIC_BOTH:
                send_data(w, 1000);
                if (reaches(w) && has_session(w) && !is_lost(w)) {
                        receive(w, 1000);
                        w->reply_at = 0;
                }
                break;
        case TRAFFIC_UPLOAD:
                send_data(w, 1400);
                break;
        case TRAFFIC_BURSTS:
                if (once_in(w, 40))
                        send_data(w, 48 + draw_below(w, 10000));
                break;
        default: /* the server sends, seldom */
                if (once_in(w, 600) && reaches(w) && has_session(w)) {
                        receive(w, 100);
                        w->empty_at = w->now + 10;
                }
        }

        /* The server speaks from another address, and we follow. */
        if (!w->calm && once_in(w, 3 * 3600) && reaches(w) && has_session(w)) {
                w->up[ROAMED] = true;
                w->endpoint = ROAMED;
                w->on_roamed = true;
                w->changed = w->now;
                receive(w, WGP_KEEPALIVE_SIZE);
        }
}

/* --- DNS --- */

static void ask(World *w) {
        uint64_t now = w->now * WGP_SECOND;

        w->answer_fresh = wgp_name_is_fresh(w->name, now);
        wgp_name_asked(w->name, now);
        w->answer_at = w->now + 1 + (once_in(w, 20) ? draw_below(w, 10) : 0);
        w->n_questions++;
        w->n_fresh += w->answer_fresh;
}

static void fail(World *w) {
        wgp_name_failed(w->name, w->now * WGP_SECOND, draw(w));
        wgp_answers_fail(w->answers);
}

static void rank(World *w) {
        for (size_t i = 0; i < w->remote.moves.n_targets; i++) {
                WgpTarget *target = w->remote.moves.targets + i;
                int k = index_of(&target->address);

                target->rank = !has_route(w, k) ? WGP_RANK_NO_ROUTE : is_ipv6(k) ? WGP_RANK_FIRST : WGP_RANK_SECOND;
        }
        if (w->endpoint != NOWHERE)
                w->remote.sight.rank = has_route(w, w->endpoint) ? WGP_RANK_SECOND : WGP_RANK_NO_ROUTE;
}

/* What the name server has now; with NAT64 it makes up IPv6 addresses where there are none. */
static void fill_cache(World *w) {
        bool has_ipv6 = false;

        memset(w->cached, 0, sizeof(w->cached));
        memcpy(w->cached, w->listed, sizeof(w->listed));
        for (unsigned i = N_IPV4; i < N_ADDRESSES; i++)
                has_ipv6 = has_ipv6 || w->listed[i];
        for (unsigned i = 0; w->nat64 && !has_ipv6 && i < N_IPV4; i++)
                w->cached[NAT64 + i] = w->listed[i];
        w->cached[UNSPECIFIED] = w->lies && once_in(w, 2);
        w->cached_until = w->now + w->ttl;
}

static void answer(World *w) {
        WgpSockaddr addresses[N_PLACES];
        WgpAnswer a = { .addresses = addresses };
        unsigned shift = draw_below(w, N_PLACES);
        uint64_t now = w->now * WGP_SECOND, apart_usec = w->name->interval_usec;

        w->answer_at = 0;
        if (w->answer_fresh || w->now >= w->cached_until) {
                if (!w->dns_up) {
                        fail(w);
                        return;
                }
                fill_cache(w);
        }

        for (unsigned i = 0; i < N_PLACES; i++) {
                int n = (int) ((i + shift) % N_PLACES);

                if (w->cached[n] && (!w->rotates || a.n_addresses == 0) &&
                                !(is_ipv6(n) && w->now < w->ipv6_fails_until))
                        addresses[a.n_addresses++] = address_of(n);
        }
        a.ttl_usec = (w->cached_until - w->now) * WGP_SECOND;
        if (a.n_addresses == 0 || wgp_answers_take(w->answers, now, &a, apart_usec) == -EADDRNOTAVAIL) {
                fail(w);
                return;
        }
        wgp_name_answered(w->name, now, &a);
        cr_assert_eq(wgp_remote_update(&w->remote), 0);
        rank(w);
}

/* The resolver is told that links, addresses or routes have changed. */
static void hear_news(World *w) {
        w->news_at = 0;
        w->n_pokes++;
        wgp_name_poke(w->name, /* fresh= */ false);
        wgp_remote_retry(&w->remote);
        rank(w);
        w->changed = w->unsettled = w->now;
}

/* --- the checks --- */

static bool knows_one_that_works(const World *w) {
        if (w->has_alternate && works(w, ALTERNATE))
                return true;
        for (int i = 0; i < NAT64; i++)
                if (w->dns_up && w->listed[i] && works(w, i) && !(is_ipv6(i) && w->now < w->ipv6_fails_until))
                        return true;
        return false;
}

/* What is true of the present address, after this second. */
static void note_truth(World *w) {
        bool sends = w->traffic == TRAFFIC_BOTH || w->traffic == TRAFFIC_UPLOAD;

        if (!reaches(w))
                w->reachable_since = 0;
        else if (w->reachable_since == 0 || w->changed == w->now)
                w->reachable_since = w->now;

        if (reaches(w) || !sends || !knows_one_that_works(w) || w->endpoint == NOWHERE)
                w->trouble_since = 0;
        else if (w->trouble_since == 0 || w->changed == w->now) {
                w->trouble_since = w->now;
                w->tried_seconds = 0;
                w->trouble_is_half = false;
                w->trouble_is_new = w->heard + 1 >= w->now && w->remote.sight.trial_usec == 0;
        }
}

/* It works: heard from at this address since it is within reach, and that is no news of the last look. */
static bool is_live(const World *w) {
        return w->reachable_since > 0 && w->heard >= w->reachable_since && w->now - w->reachable_since > 60 &&
               w->news_at == 0;
}

static void check_move(World *w, WgpWhy why, int to, unsigned seed) {
        bool has_name = w->endpoint != ROAMED && w->endpoint != NOWHERE && w->endpoint < N_ADDRESSES &&
                        w->listed[w->endpoint];

        w->n_moves++;
        cr_expect_neq(to, UNSPECIFIED, "%s: moved to 0.0.0.0", world_name(w, seed));
        cr_expect(has_route(w, to), "%s: moved to where there is no route", world_name(w, seed));
        if (w->endpoint == NOWHERE || !is_live(w))
                return;
        w->n_moves_of_live++;
        w->left = works(w, to) ? NOWHERE : w->endpoint;
        w->left_at = w->now;
        if (w->loss > 0)
                return;
        cr_expect_not(w->on_roamed, "%s: moved a roamed peer: %s", world_name(w, seed), wgp_why_text(why));
        cr_expect_neq(why, WGP_WHY_SILENT, "%s: took a live peer for dead", world_name(w, seed));
        if (!w->rotates && w->now - w->unsettled > 2 * (w->ttl + 120) && w->now > w->ipv6_fails_until)
                cr_expect_not(has_name, "%s: moved a live peer from a listed address: %s", world_name(w, seed),
                                wgp_why_text(why));
}

/* A peer that worked, and was moved to where it does not, is back within one trial: 25 seconds where it has a session,
 * which begins when its first data leaves. */
static void check_return(World *w, unsigned seed) {
        unsigned limit = WGP_SILENCE_DEAD + 1;

        if (w->left == NOWHERE)
                return;
        if (w->changed >= w->left_at || !works(w, w->left) || w->traffic == TRAFFIC_NONE ||
                        w->traffic == TRAFFIC_BURSTS) {
                w->left = NOWHERE;
                return;
        }
        if (reaches(w)) {
                w->n_returns++;
                w->left = NOWHERE;
                return;
        }
        if (w->half[w->endpoint])
                limit += WGP_SESSION;
        cr_expect_leq(w->now - w->left_at, limit, "%s: left where nobody is", world_name(w, seed));
        if (w->now - w->left_at > limit)
                w->left = NOWHERE;
}

/* A look may come ten seconds after the peer was last heard, so that 25 seconds after that look, 27 where sending
 * began only then, are up to 37 after its death; with a session, a path that carries packets one way is no silence
 * until that is over. Who was dead before may wait for the next round, which is five minutes away at most, after the
 * one that is under way, and for the next question. */
static void check_trouble(World *w, unsigned seed) {
        unsigned limit = 37 + w->tried_seconds + 1;

        /* what the name has now was learnt only if a question was asked since: the next is a minute away at most */
        if (w->trouble_since < w->unsettled + 2 * (w->ttl + 120))
                limit += 75;
        if (w->trouble_since > 0 && w->half[w->endpoint])
                w->trouble_is_half = true;
        if (w->trouble_is_half)
                limit += WGP_SESSION;
        if (!w->trouble_is_new)
                limit += WGP_ROUND_MAX + 2 * N_PLACES * (WGP_TRIAL + 1) + WGP_MIN(w->ttl, (unsigned) WGP_DEAD_MAX);
        if (w->trouble_since == 0 || w->loss > 0 || w->rotates)
                return;
        cr_expect_leq(w->now - w->trouble_since, limit, "%s: no way out after %u s, %u of them on trials%s",
                        world_name(w, seed), w->now - w->trouble_since, w->tried_seconds,
                        w->trouble_is_new ? ", new" : "");
        if (w->now - w->trouble_since > limit)
                w->trouble_since = w->unsettled = w->now; /* say it once */
}

/* One a minute, as the shortest TTL has it; more only when something has changed or the peer is in trouble. */
static void check_load(World *w, unsigned seed) {
        unsigned changes = w->n_pokes + w->n_sleeps + w->n_moves + 1;

        cr_expect_leq(w->n_questions, HOURS * 61 + 12 * changes, "%s: %u questions, %u changes", world_name(w, seed),
                        w->n_questions, changes);
        cr_expect_leq(w->n_fresh, HOURS * 5 + 12 * changes, "%s: %u questions past caches, %u changes",
                        world_name(w, seed), w->n_fresh, changes);
}

/* --- the resolver, as the real one drives the decision --- */

static void look(World *w) {
        WgpPeerFacts facts = {
                .address = address_of(w->endpoint),
                .tx_bytes = w->tx,
                .rx_bytes = w->rx,
                .handshake = w->handshake,
                .handshake_age_usec = (w->now - w->handshake) * WGP_SECOND,
                .keepalive = (uint16_t) w->keepalive,
        };

        wgp_remote_observe(&w->remote, w->now * WGP_SECOND, &facts);
        w->n_looks++;
        rank(w);
}

static void move(World *w, const WgpDecision *d, unsigned seed) {
        WgpSockaddr to = d->move->address;
        int i = index_of(&to);

        check_move(w, d->why, i, seed);
        if (w->trouble_since > 0 && !works(w, i))
                w->tried_seconds += 1 + (d->move->good_usec > 0 ? WGP_TRIAL : WGP_TRIAL_NEW);
        w->endpoint = i;
        w->heard = w->reachable_since = 0;
        w->on_roamed = false;
        w->reply_at = 0;
        wgp_remote_moved(&w->remote, w->now * WGP_SECOND, &to, d->why);
}

/* Returns when to come again. */
static uint64_t resolve(World *w, unsigned seed) {
        uint64_t now = w->now * WGP_SECOND, next;
        WgpDecision d;

        if (w->news_at > 0 && w->now >= w->news_at)
                hear_news(w);
        if (w->answer_at > 0 && w->now >= w->answer_at)
                answer(w);
        d = wgp_remote_decide(&w->remote, now);
        if (d.observe_usec <= now || d.move) {
                look(w);
                d = wgp_remote_decide(&w->remote, now);
        }
        wgp_name_set_troubled(w->name, d.troubled);
        if (w->answer_at == 0 && wgp_name_next(w->name) <= now)
                ask(w);
        if (d.move)
                move(w, &d, seed);
        d = wgp_remote_decide(&w->remote, now);
        next = WGP_MIN(d.again_usec, d.observe_usec);
        next = WGP_MIN(next, w->answer_at > 0 ? w->answer_at * WGP_SECOND : wgp_name_next(w->name));
        return WGP_MIN(next, w->news_at > 0 ? w->news_at * WGP_SECOND : WGP_NEVER);
}

static void init_remote(World *w) {
        WgpSockaddr alternate = address_of(ALTERNATE);

        w->name = wgp_name_new("host.example.org", w->now * WGP_SECOND);
        cr_assert(w->name);
        wgp_answers_init(w->answers, "host.example.org", w->now * WGP_SECOND);
        cr_assert_eq(wgp_answers_init_constant(w->answers + 1, &alternate), 0);
        w->pointers[0] = w->answers;
        w->pointers[1] = w->answers + 1;
        w->remote.answers = w->pointers;
        w->remote.n_answers = w->has_alternate ? 2 : 1;
        cr_assert_eq(wgp_remote_update(&w->remote), 0);
}

static void done_remote(World *w) {
        wgp_remote_done(&w->remote);
        wgp_answers_done(w->answers);
        wgp_answers_done(w->answers + 1);
        wgp_name_free(w->name);
}

/* "w": all zero but for "calm", "rotates" and "loss". */
static void run_world(World *w, unsigned seed) {
        uint64_t next = 0;

        w->random = 0x9e3779b97f4a7c15U * (seed + 1);
        w->now = 100000;
        w->dns_up = w->calm || !once_in(w, 4);
        w->endpoint = NOWHERE;
        w->keepalive = once_in(w, 2) ? 25 : 0;
        w->ttl = (unsigned[]) { 1, 30, 60, 300, 3600 }[draw_below(w, 5)];
        w->traffic = (Traffic) draw_below(w, _TRAFFIC_N);
        w->changed = w->unsettled = w->now;
        move_server(w);
        for (unsigned i = 0; w->calm && i < N_ADDRESSES; i++)
                w->up[i] = w->listed[i] = true;
        w->ipv4 = w->ipv6 = true;
        w->left = NOWHERE;
        w->has_alternate = !w->calm && once_in(w, 3);
        w->up[ALTERNATE] = w->has_alternate;
        init_remote(w);

        for (unsigned end = w->now + HOURS * 3600; w->now < end; w->now++) {
                live(w);
                run_traffic(w);
                run_timers(w);
                note_truth(w);
                if (w->now * WGP_SECOND >= next || w->news_at > 0)
                        next = resolve(w, seed);
                check_trouble(w, seed);
                check_return(w, seed);
        }
        if (!w->calm)
                check_load(w, seed);
        done_remote(w);
}

/* Without loss the promises are kept to the letter. */
Test(endpoint_simulation, ten_thousand_hours) {
        uint64_t n_moves = 0, n_looks = 0, n_questions = 0, n_sleeps = 0, n_returns = 0;

        for (unsigned seed = 0; seed < N_WORLDS; seed++) {
                World w = {};

                run_world(&w, seed);
                n_moves += w.n_moves;
                n_looks += w.n_looks;
                n_questions += w.n_questions;
                n_sleeps += w.n_sleeps;
                n_returns += w.n_returns;
        }
        cr_log_info("%d hours: %" PRIu64 " moves, %" PRIu64 " looks, %" PRIu64 " questions, %" PRIu64
                    " sleeps, %" PRIu64 " returns from lies",
                        N_WORLDS * HOURS, n_moves, n_looks, n_questions, n_sleeps, n_returns);
        cr_expect_gt(n_moves, N_WORLDS * HOURS / 10, "the worlds are too quiet to prove anything");
        cr_expect_gt(n_sleeps, N_WORLDS, "nobody sleeps");
        cr_expect_gt(n_returns, 10, "nobody is lied to");
        cr_expect_leq(n_looks, (uint64_t) N_WORLDS * HOURS * 6 * 60);
}

/* Answers in any order: one move, the first. */
Test(endpoint_simulation, shuffled_answers) {
        for (unsigned seed = 0; seed < N_WORLDS / 4; seed++) {
                World w = { .calm = true };

                run_world(&w, seed);
                cr_expect_eq(w.n_moves, 1, "%s: %u moves", world_name(&w, seed), w.n_moves);
        }
}

/* One address of six per answer: it takes a few to see through that, and then the peer stays where it is. */
Test(endpoint_simulation, rotating_answers) {
        for (unsigned seed = 0; seed < N_WORLDS / 4; seed++) {
                World w = { .calm = true, .rotates = true };

                run_world(&w, seed);
                cr_expect_leq(w.n_moves, 6, "%s: %u moves", world_name(&w, seed), w.n_moves);
        }
}

/* One packet of fifty is lost: a peer is taken for dead when a single burst, the empty packet that answers it and the
 * handshake that follows all meet with it, less than once in a hundred hours. */
Test(endpoint_simulation, loss) {
        unsigned n_moves = 0;

        for (unsigned seed = 0; seed < N_WORLDS; seed++) {
                World w = { .calm = true, .loss = 20 };

                run_world(&w, seed);
                n_moves += w.n_moves_of_live;
        }
        cr_log_info("%d hours with loss: %u moves of a live peer", N_WORLDS * HOURS, n_moves);
        cr_expect_leq(n_moves, N_WORLDS * HOURS / 100, "%u moves", n_moves);
}
