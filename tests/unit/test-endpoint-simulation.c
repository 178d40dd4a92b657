/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Ten thousand hours of a peer's life, second by second: a server that moves, fails, is reached at several addresses
 * and speaks from others; a name server that lags, fails and shuffles; a user who sends, or does not. Each world is
 * drawn from a fixed seed. What must never happen is checked while it runs. */
#include <arpa/inet.h>
#include <criterion/criterion.h>
#include <inttypes.h>
#include <stdio.h>

#include "core/value.h"
#include "resolver/name.h"

enum {
        N_WORLDS = 400,
        HOURS = 25, /* per world */
        N_ADDRESSES = 6,
        ROAMED = N_ADDRESSES, /* one more place, which no name has */
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
        bool up[N_ADDRESSES + 1];
        unsigned changed; /* when any of this, or what follows, changed */
        unsigned unsettled; /* when the record, DNS or the traffic did: what the resolver knows may be old */

        /* DNS */
        bool listed[N_ADDRESSES];
        bool dns_up, rotates; /* rotates: one address per answer */
        unsigned ttl;
        bool cached[N_ADDRESSES]; /* on the way to us */
        unsigned cached_until;
        unsigned answer_at; /* when an answer under way arrives; 0: none is */
        bool answer_fresh;

        /* the kernel's peer */
        int endpoint;
        uint64_t tx, rx;
        unsigned handshake;    /* 0: never */
        unsigned n_attempts;   /* initiations in a row */
        unsigned initiated;    /* when the last one left */
        unsigned unanswered;   /* since when data is */
        unsigned sent;         /* when anything was last sent */
        unsigned reply_at, empty_at; /* when the server's answer, or our empty packet, is due */
        Traffic traffic;

        /* the truth, for the checks */
        unsigned reachable_since; /* the present address works, and has for so long; 0: it does not */
        unsigned heard;           /* when the present address last was */
        bool on_roamed;
        unsigned trouble_since;   /* it does not work, we send, and a listed one works; nothing else changed */
        unsigned n_tried;         /* addresses tried meanwhile */

        WgpTracker tracker;
        WgpName *name;
        unsigned n_moves, n_moves_of_live, n_looks, n_questions;
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

static WgpSockaddr address_of(int i) {
        WgpSockaddr s = {};

        if (i >= 0)
                s.in = (struct sockaddr_in) {
                        .sin_family = AF_INET,
                        .sin_port = htons(51820),
                        .sin_addr.s_addr = htonl(0xcb007100U + (uint32_t) i),
                };
        return s;
}

static int index_of(const WgpSockaddr *address) {
        return address->family == AF_INET ? (int) (ntohl(address->in.sin_addr.s_addr) & 0xff) : NOWHERE;
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
}

static void live(World *w) {
        bool changed = true, settled = false;

        if (w->calm)
                changed = false;
        else if (once_in(w, 4 * 3600))
                move_server(w);
        else if (once_in(w, 1800)) {
                w->up[draw_below(w, N_ADDRESSES)] ^= true;
                settled = true;
        }
        else if (once_in(w, 3600))
                w->dns_up ^= true;
        else if (!w->dns_up && once_in(w, 300))
                w->dns_up = true;
        else
                changed = false;

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

static bool reaches(const World *w) {
        return w->endpoint != NOWHERE && w->up[w->endpoint];
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

static void run_traffic(World *w) {
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

static void ask(World *w, bool fresh) {
        w->answer_at = w->now + 1 + (once_in(w, 20) ? draw_below(w, 10) : 0);
        w->answer_fresh = fresh;
        w->n_questions++;
}

static void answer(World *w) {
        WgpSockaddr addresses[N_ADDRESSES];
        WgpAnswer a = { .addresses = addresses };
        unsigned shift = draw_below(w, N_ADDRESSES);
        uint64_t now = w->now * WGP_SECOND;

        w->answer_at = 0;
        if (w->answer_fresh || w->now >= w->cached_until) {
                if (!w->dns_up) {
                        wgp_name_failed(w->name, now, draw(w));
                        return;
                }
                memcpy(w->cached, w->listed, sizeof(w->cached));
                w->cached_until = w->now + w->ttl;
        }

        for (unsigned i = 0; i < N_ADDRESSES; i++) {
                int n = (int) ((i + shift) % N_ADDRESSES);

                if (w->cached[n] && (!w->rotates || a.n_addresses == 0))
                        addresses[a.n_addresses++] = address_of(n);
        }
        a.ttl_usec = (w->cached_until - w->now) * WGP_SECOND;
        cr_assert_eq(wgp_tracker_answer(&w->tracker, now, &a, w->name->interval_usec), 0);
        wgp_name_answered(w->name, now, &a);
}

/* --- the checks --- */

/* What is true of the present address, after this second. */
static void note_truth(World *w) {
        bool sends = w->traffic == TRAFFIC_BOTH || w->traffic == TRAFFIC_UPLOAD, listed_up = false;

        if (!reaches(w))
                w->reachable_since = 0;
        else if (w->reachable_since == 0)
                w->reachable_since = w->now;

        for (unsigned i = 0; i < N_ADDRESSES; i++)
                listed_up = listed_up || (w->listed[i] && w->up[i]);

        if (reaches(w) || !sends || !listed_up || !w->dns_up || w->endpoint == NOWHERE)
                w->trouble_since = 0;
        else if (w->trouble_since == 0 || w->changed == w->now) {
                w->trouble_since = w->now;
                w->n_tried = 0;
        }
}

/* It works: heard from at this address since it is within reach, and that is no news of the last look. */
static bool is_live(const World *w) {
        return w->reachable_since > 0 && w->heard >= w->reachable_since && w->now - w->reachable_since > 60;
}

static void check_move(World *w, WgpWhy why, unsigned seed) {
        bool has_name = w->endpoint != ROAMED && w->endpoint != NOWHERE && w->listed[w->endpoint];

        w->n_moves++;
        if (w->endpoint == NOWHERE || !is_live(w))
                return;
        w->n_moves_of_live++;
        if (w->loss > 0)
                return;
        cr_expect_not(w->on_roamed, "%s: moved a roamed peer: %s", world_name(w, seed), wgp_why_text(why));
        cr_expect_neq(why, WGP_WHY_SILENT, "%s: took a live peer for dead", world_name(w, seed));
        if (!w->rotates && w->now - w->unsettled > 2 * (w->ttl + 120))
                cr_expect_not(has_name, "%s: moved a live peer from a listed address: %s", world_name(w, seed),
                                wgp_why_text(why));
}

/* A look may come ten seconds after the peer was last heard, so that 25 seconds after that look, 27 where sending began
 * only then, are up to 37 after its death. */
static void check_trouble(World *w, unsigned seed) {
        unsigned limit = 37 + 15 * w->n_tried + 1;

        /* what the name has now was learnt only if a question was asked since: the next comes with the TTL, or when the delay
         * of those out of turn is over, which doubles up to 15 minutes */
        if (w->trouble_since < w->unsettled + 2 * (w->ttl + 120))
                limit += WGP_MIN(WGP_MAX(w->ttl, (unsigned) WGP_INTERVAL_MIN), (unsigned) WGP_DEAD_MAX) + 15;
        if (w->trouble_since == 0 || w->loss > 0 || w->rotates)
                return;
        cr_expect_leq(w->now - w->trouble_since, limit, "%s: no way out after %u s, %u addresses tried",
                        world_name(w, seed), w->now - w->trouble_since, w->n_tried);
        if (w->now - w->trouble_since > limit)
                w->trouble_since = w->unsettled = w->now; /* say it once */
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

        wgp_tracker_observe(&w->tracker, w->now * WGP_SECOND, &facts);
        w->n_looks++;
}

static void move(World *w, const WgpDecision *d, unsigned seed) {
        WgpSockaddr to = d->move->address;

        check_move(w, d->why, seed);
        if (w->trouble_since > 0 && !w->up[index_of(&to)])
                w->n_tried++;
        w->endpoint = index_of(&to);
        w->heard = w->reachable_since = 0;
        w->on_roamed = false;
        w->reply_at = 0;
        wgp_tracker_moved(&w->tracker, w->now * WGP_SECOND, &to, d->why);
}

/* Returns when to come again. */
static uint64_t resolve(World *w, unsigned seed) {
        uint64_t now = w->now * WGP_SECOND;
        WgpDecision d;

        if (w->answer_at > 0 && w->now >= w->answer_at)
                answer(w);
        d = wgp_tracker_decide(&w->tracker, now);
        if (d.observe_usec <= now || d.move) {
                look(w);
                d = wgp_tracker_decide(&w->tracker, now);
        }
        wgp_name_set_troubled(w->name, d.troubled);
        if (wgp_name_next(w->name) <= now) {
                ask(w, wgp_name_is_fresh(w->name, now));
                wgp_name_asked(w->name, now);
        }
        if (d.move)
                move(w, &d, seed);
        d = wgp_tracker_decide(&w->tracker, now);
        wgp_name_set_troubled(w->name, d.troubled);
        return WGP_MIN(WGP_MIN(wgp_name_next(w->name), d.observe_usec), w->answer_at > 0 ? w->answer_at * WGP_SECOND : WGP_NEVER);
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
        wgp_tracker_init(&w->tracker);
        w->name = wgp_name_new("host.example.org", w->now * WGP_SECOND);
        cr_assert(w->name);

        for (unsigned end = w->now + HOURS * 3600; w->now < end; w->now++) {
                live(w);
                run_traffic(w);
                run_timers(w);
                note_truth(w);
                if (w->now * WGP_SECOND >= next)
                        next = resolve(w, seed);
                check_trouble(w, seed);
        }
        wgp_tracker_done(&w->tracker);
        wgp_name_free(w->name);
}

/* Without loss the promises are kept to the letter. */
Test(endpoint_simulation, ten_thousand_hours) {
        uint64_t n_moves = 0, n_looks = 0, n_questions = 0;

        for (unsigned seed = 0; seed < N_WORLDS; seed++) {
                World w = {};

                run_world(&w, seed);
                n_moves += w.n_moves;
                n_looks += w.n_looks;
                n_questions += w.n_questions;
        }
        cr_log_info("%d hours: %" PRIu64 " moves, %" PRIu64 " looks, %" PRIu64 " questions", N_WORLDS * HOURS, n_moves,
                        n_looks, n_questions);
        cr_expect_gt(n_moves, N_WORLDS * HOURS / 10, "the worlds are too quiet to prove anything");
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
