/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The manager against a kernel and a DNS of our own, in a time of our own: up to 1000 tunnels. */
#include <arpa/inet.h>
#include <criterion/criterion.h>
#include <stdio.h>

#include "model/prefix.h"
#include "model/value.h"
#include "resolver/manager.h"

enum {
        N_MANY = 1000,
        DNS_DELAY = 200 * 1000, /* microseconds */
};

#define REAL_TIME INT64_C(1700000000) /* seconds since the epoch, when the other clock began */

typedef struct Question {
        WgpName *name;
        uint64_t due;
        bool cancelled;
} Question;

/* The outside. Tunnel i has the ifindex i + 1 and one peer, whose key begins with i. */
typedef struct Outside {
        WgpManager manager;
        uint64_t now;

        /* DNS */
        Question *questions[4 * N_MANY];
        size_t n_questions, n_asked, n_cancelled, n_forgotten, n_under_way, n_under_way_max;
        uint64_t dns_delay; /* 0: as ever */
        uint32_t address;   /* all names have it; 0: none has any */
        unsigned ttl;
        bool dns_broken; /* cannot even be asked */

        /* the kernel */
        WgpPeerState peers[N_MANY];
        bool sends, answers; /* what all peers do */
        uint32_t answers_at; /* this address only; 0: any */
        int get_error, set_error;
        uint32_t path_mtu; /* 0: no route */
        size_t n_gets, n_sets, n_paths, n_packets;

        uint32_t mtu;
        size_t n_mtus, n_told;
        char *told; /* the last line */
} Outside;

static void put_key(uint8_t key[static WGP_KEY_SIZE], size_t i) {
        memset(key, 7, WGP_KEY_SIZE);
        memcpy(key, &i, sizeof(i));
}

static WgpSockaddr sockaddr_of(uint32_t address) {
        return (WgpSockaddr) { .in = {
                                               .sin_family = AF_INET,
                                               .sin_port = htons(51820),
                                               .sin_addr.s_addr = htonl(address),
                               } };
}

static int start_question(void *userdata, WgpName *name, bool fresh, void **ret_question) {
        Outside *o = userdata;
        Question *q;

        if (o->dns_broken)
                return -ENETDOWN;
        q = malloc(sizeof(*q));
        *q = (Question) { .name = name, .due = o->now + (o->dns_delay ?: DNS_DELAY) };
        cr_assert_lt(o->n_questions, WGP_ARRAY_SIZE(o->questions));
        o->questions[o->n_questions++] = q;
        o->n_asked++;
        o->n_under_way++;
        o->n_under_way_max = WGP_MAX(o->n_under_way_max, o->n_under_way);
        *ret_question = q;
        return 0;
}

static void cancel_question(void *userdata, void *question) {
        Outside *o = userdata;

        ((Question *) question)->cancelled = true;
        o->n_cancelled++;
        o->n_under_way--;
}

static void forget_name(void *userdata, const WgpName *name) {
        Outside *o = userdata;

        o->n_forgotten++;
}

static bool is_at(const WgpPeerState *peer, uint32_t address) {
        return peer->endpoint.family == AF_INET && ntohl(peer->endpoint.in.sin_addr.s_addr) == address;
}

static int get_device(void *userdata, const WgpTunnel *tunnel, WgpDevice *ret) {
        Outside *o = userdata;
        WgpPeerState *peer = o->peers + tunnel->ifindex - 1, *copy;

        o->n_gets++;
        if (o->get_error < 0)
                return o->get_error;
        if (o->sends && peer->endpoint.family != AF_UNSPEC)
                peer->tx_bytes += 1000;
        if (o->answers && peer->endpoint.family != AF_UNSPEC && (o->answers_at == 0 || is_at(peer, o->answers_at))) {
                peer->rx_bytes += 1000;
                peer->handshake_sec = REAL_TIME +
                                      (int64_t) (o->now / WGP_SECONDS(120)) * 120; /* a new one each two minutes */
        }

        copy = wgp_device_add_peer(ret, peer->public_key);
        *copy = *peer;
        copy->allowed_ips = NULL;
        copy->n_allowed_ips = copy->n_allocated = 0;
        return peer->n_allowed_ips > 0 ? wgp_peer_state_add_allowed_ip(copy, peer->allowed_ips) : 0;
}

static int set_device(void *userdata, const WgpTunnel *tunnel, const WgpDeviceChange *change) {
        Outside *o = userdata;
        const WgpPeerChange *peer = change->peers;

        o->n_sets++;
        cr_expect_eq(change->n_peers, 1);
        cr_expect_not(change->set_private_key || change->set_listen_port || change->set_fwmark ||
                        change->replace_peers);
        cr_expect(peer->update_only && peer->set_endpoint);
        cr_expect_not(peer->remove || peer->replace_allowed_ips || peer->set_preshared_key || peer->set_keepalive);
        cr_expect_eq(peer->n_allowed_ips, 0);
        cr_expect_arr_eq(peer->peer->public_key, o->peers[tunnel->ifindex - 1].public_key, WGP_KEY_SIZE);
        if (o->set_error < 0)
                return o->set_error;
        o->peers[tunnel->ifindex - 1].endpoint = peer->peer->endpoint;
        return 0;
}

static int find_path(void *userdata, const WgpTunnel *tunnel, const WgpSockaddr *address, WgpPath *ret) {
        Outside *o = userdata;

        o->n_paths++;
        *ret = o->path_mtu == 0 ? (WgpPath) {} :
                                  (WgpPath) { .source = { .family = AF_INET, .length = 32 }, .mtu = o->path_mtu };
        return 0;
}

static uint32_t no_random(void *userdata) {
        return 0;
}

static int64_t real_time(void *userdata) {
        return REAL_TIME * 1000000000 + (int64_t) ((const Outside *) userdata)->now * 1000;
}

static void tell(void *userdata, const WgpNews *news) {
        Outside *o = userdata;

        cr_expect(!news->peer || news->peer->tunnel == news->tunnel);
        o->n_told++;
        free(o->told);
        o->told = strdup(news->text);
}

static int send_packet(void *userdata, const WgpTunnel *tunnel, const WgpPrefix *inside) {
        Outside *o = userdata;

        cr_expect_eq(inside->family, AF_INET);
        o->n_packets++;
        return 0;
}

static int set_mtu(void *userdata, const WgpTunnel *tunnel, uint32_t mtu) {
        Outside *o = userdata;

        o->n_mtus++;
        if (o->mtu == mtu)
                return 0;
        o->mtu = mtu;
        return 1;
}

static Outside *outside_new(void) {
        Outside *o = calloc(1, sizeof(*o));

        o->now = WGP_SECONDS(6000);
        o->address = 0xcb007101;
        o->ttl = 300;
        o->answers = true;
        o->path_mtu = 1500;
        for (size_t i = 0; i < N_MANY; i++)
                put_key(o->peers[i].public_key, i);
        wgp_manager_init(&o->manager,
                        &(WgpManagerConfig) {
                                        .dns = { start_question, cancel_question, forget_name, o },
                                        .kernel = { get_device, set_device, find_path, set_mtu, send_packet, o },
                                        .random = no_random,
                                        .real_time = real_time,
                                        .tell = tell,
                                        .userdata = o,
                        });
        return o;
}

static void outside_free(Outside *o) {
        wgp_manager_done(&o->manager);
        for (size_t i = 0; i < N_MANY; i++)
                free(o->peers[i].allowed_ips);
        cr_expect_eq(o->n_under_way, 0, "%zu questions are still under way", o->n_under_way);
        for (size_t i = 0; i < o->n_questions; i++)
                free(o->questions[i]);
        free(o->told);
        free(o);
}

static void set_named(Outside *o, size_t i, WgpStateName name, const WgpState *more) {
        char text[20];
        WgpState state = *more;

        state.name = text;
        state.complete = true;
        state.network.link = (WgpLink) { .name = "wg0", .ifindex = (uint32_t) i + 1 };
        state.names = &name;
        state.n_names = name.host ? 1 : 0;
        snprintf(text, sizeof(text), "t%zu", i);
        put_key(name.public_key, i);
        cr_assert_eq(wgp_manager_set_tunnel(&o->manager, o->now, &state), 0);
}

static void set_tunnel(Outside *o, size_t i, const char *host, bool automatic_mtu) {
        set_named(o, i, (WgpStateName) { .host = (char *) host, .port = 51820 },
                        &(WgpState) { .automatic_mtu = automatic_mtu });
}

static void answer(Outside *o, Question *q) {
        WgpSockaddr address = sockaddr_of(o->address);

        o->n_under_way--;
        if (o->address == 0)
                wgp_manager_failure(&o->manager, q->name, q, o->now, "no such name");
        else
                cr_expect_eq(wgp_manager_answer(&o->manager, q->name, q, o->now,
                                             &(WgpAnswer) { &address, 1, WGP_SECONDS(o->ttl) }),
                                0);
}

/* Answers what is due; returns when the next is. */
static uint64_t answer_questions(Outside *o) {
        uint64_t next = WGP_NEVER;
        size_t n = 0;

        for (size_t i = 0; i < o->n_questions; i++) {
                Question *q = o->questions[i];

                if (!q->cancelled && q->due > o->now) {
                        next = WGP_MIN(next, q->due);
                        o->questions[n++] = q;
                        continue;
                }
                if (!q->cancelled)
                        answer(o, q);
                free(q);
        }
        o->n_questions = n;
        return next;
}

/* Lets time pass. Returns how often anything happened. */
static size_t pass(Outside *o, unsigned seconds) {
        uint64_t end = o->now + WGP_SECONDS(seconds), next, answers;
        size_t n = 0;

        for (;; n++) {
                answers = answer_questions(o);
                next = wgp_manager_run(&o->manager, o->now);
                answers = WGP_MIN(answers, answer_questions(o));
                cr_assert_gt(next, o->now, "it does not go on");
                next = WGP_MIN(next, answers);
                if (next > end)
                        break;
                o->now = next;
        }
        o->now = end;
        return n;
}

static size_t count_at(const Outside *o, uint32_t address, size_t n) {
        WgpSockaddr wanted = sockaddr_of(address);
        size_t k = 0;

        for (size_t i = 0; i < n; i++)
                k += wgp_sockaddr_equal(&o->peers[i].endpoint, &wanted);
        return k;
}

static void set_many(Outside *o, bool automatic_mtu) {
        for (size_t i = 0; i < N_MANY; i++) {
                char host[40];

                snprintf(host, sizeof(host), "host%zu.example.org", i);
                set_tunnel(o, i, host, automatic_mtu);
        }
}

Test(manager, many_tunnels) {
        Outside *o = outside_new();

        set_many(o, false);
        pass(o, 4); /* 64 questions at a time, 200 ms each */
        cr_expect_eq(count_at(o, o->address, N_MANY), N_MANY);
        cr_expect_eq(o->n_sets, N_MANY);
        cr_expect_eq(o->n_asked, N_MANY);
        cr_expect_eq(o->n_under_way_max, WGP_QUESTIONS_YOUNG_MAX);

        /* a minute later, all of them again, and nothing to set */
        o->now += WGP_SECONDS(400);
        pass(o, 10);
        cr_expect_eq(o->n_asked, 2 * N_MANY);
        cr_expect_eq(o->n_sets, N_MANY);

        /* their server moves: with the second answer that says so */
        o->address++;
        pass(o, 302);
        cr_expect_eq(o->n_sets, N_MANY);
        pass(o, 310);
        cr_expect_eq(count_at(o, o->address, N_MANY), N_MANY);
        cr_expect_eq(o->n_sets, 2 * N_MANY);
        cr_expect_eq(o->n_cancelled, 0);
        outside_free(o);
}

/* "At most 6 netlink requests a minute per busy tunnel and 1 per idle one". */
Test(manager, requests) {
        static const struct {
                const char *name;
                bool sends, answers;
                size_t n_tunnels, minutes, per_minute;
        } cases[] = {
                { "idle", false, false, 1, 60, 1 },
                { "busy", true, true, 1, 60, 6 },
                { "1000 idle ones", false, false, N_MANY, 60, 1 },
                { "1000 busy ones", true, true, N_MANY, 10, 6 },
        };

        for (size_t i = 0; i < WGP_ARRAY_SIZE(cases); i++) {
                Outside *o = outside_new();
                size_t wakes, limit = cases[i].n_tunnels * cases[i].minutes * cases[i].per_minute;

                for (size_t j = 0; j < cases[i].n_tunnels; j++)
                        set_tunnel(o, j, "host.example.org", true);
                pass(o, 60);
                o->sends = cases[i].sends;
                o->answers = cases[i].answers;
                o->ttl = 1800;
                pass(o, 400); /* a TTL, until both have got going */

                o->n_gets = o->n_paths = o->n_sets = 0;
                wakes = pass(o, (unsigned) cases[i].minutes * 60);
                cr_expect_leq(o->n_gets + o->n_paths, limit, "case '%s': %zu gets, %zu paths", cases[i].name,
                                o->n_gets, o->n_paths);
                cr_expect_geq(o->n_gets, limit - cases[i].n_tunnels, "case '%s': %zu gets", cases[i].name, o->n_gets);
                cr_expect_eq(o->n_sets, 0, "case '%s': %zu sets", cases[i].name, o->n_sets);
                /* all tunnels in one wake-up; and each answer is one */
                cr_expect_leq(wakes,
                                cases[i].minutes * cases[i].per_minute + 1 +
                                                2 * (cases[i].minutes / 30) * cases[i].n_tunnels,
                                "case '%s': %zu wakes", cases[i].name, wakes);
                cr_log_info("%s: %zu gets, %zu paths, %zu wake-ups in %zu minutes", cases[i].name, o->n_gets,
                                o->n_paths, wakes, cases[i].minutes);
                outside_free(o);
        }
}

Test(manager, boot_without_dns) {
        Outside *o = outside_new();

        o->address = 0;
        set_tunnel(o, 0, "host.example.org", false);
        pass(o, 300);
        cr_expect_eq(o->n_told, 1, "%zu lines", o->n_told);
        cr_expect_str_eq(o->told, "t0: cannot resolve host.example.org: no such name. Trying again until it works.");
        cr_expect_geq(o->n_asked, 8);

        o->address = 0xcb007102;
        wgp_manager_poke(&o->manager, o->now, WGP_CHANGE_DNS);
        pass(o, 1);
        cr_expect_eq(count_at(o, o->address, 1), 1);
        cr_expect_eq(o->n_told, 3, "found, and set: %zu lines", o->n_told);
        outside_free(o);
}

Test(manager, dns_that_cannot_be_asked) {
        Outside *o = outside_new();

        o->dns_broken = true;
        set_tunnel(o, 0, "host.example.org", false);
        pass(o, 30);
        cr_expect_eq(o->n_told, 1);
        o->dns_broken = false;
        pass(o, 32);
        cr_expect_eq(count_at(o, o->address, 1), 1);
        outside_free(o);
}

/* None that is under way is thrown away, and its answer counts; it is asked for once more when that has held. */
Test(manager, poke) {
        Outside *o = outside_new();

        set_many(o, false);
        (void) wgp_manager_run(&o->manager, o->now);
        cr_expect_eq(o->n_under_way, WGP_QUESTIONS_YOUNG_MAX);
        wgp_manager_poke(&o->manager, o->now, WGP_CHANGE_DNS | WGP_CHANGE_PATHS);
        (void) wgp_manager_run(&o->manager, o->now);
        cr_expect_eq(o->n_cancelled, 0);
        cr_expect_eq(o->n_under_way, WGP_QUESTIONS_YOUNG_MAX);
        pass(o, 4);
        cr_expect_eq(count_at(o, o->address, N_MANY), N_MANY);
        cr_expect_eq(o->manager.n_questions, 0);
        cr_expect_eq(o->n_asked, N_MANY);
        pass(o, 10);
        cr_expect_eq(o->n_asked, N_MANY + WGP_QUESTIONS_YOUNG_MAX);
        cr_expect_eq(o->n_cancelled, 0);
        outside_free(o);
}

/* The network changes each second, as with containers that come and go: all names are answered within seconds, and
 * none is asked for more often than each ten. */
Test(manager, churn) {
        Outside *o = outside_new();

        set_many(o, false);
        for (unsigned i = 0; i < 120; i++) {
                wgp_manager_poke(&o->manager, o->now, WGP_CHANGE_DNS | WGP_CHANGE_PATHS);
                pass(o, 1);
                if (i == 4)
                        cr_expect_eq(count_at(o, o->address, N_MANY), N_MANY, "%zu after 5 s",
                                        count_at(o, o->address, N_MANY));
        }
        cr_expect_leq(o->n_asked, 12 * N_MANY, "%zu questions", o->n_asked);
        cr_expect_eq(o->n_cancelled, 0);
        outside_free(o);
}

/* A question hangs, since its server cannot be reached: what changes lets another be asked, whose answer counts. */
Test(manager, hanging_question) {
        Outside *o = outside_new();

        o->dns_delay = WGP_SECONDS(120);
        set_tunnel(o, 0, "host.example.org", false);
        pass(o, 20);
        cr_expect_eq(o->n_asked, 1);
        wgp_manager_poke(&o->manager, o->now, WGP_CHANGE_DNS);
        o->dns_delay = 0;
        pass(o, 1);
        cr_expect_eq(o->n_asked, 2);
        cr_expect_eq(count_at(o, o->address, 1), 1);
        cr_expect_eq(o->n_under_way, 0, "the first one would only have an older answer");
        cr_expect_eq(o->manager.n_questions, 0);
        outside_free(o);
}

/* Names whose servers do not answer do not keep others waiting. */
Test(manager, many_that_hang_in_dns) {
        Outside *o = outside_new();

        o->dns_delay = WGP_SECONDS(120);
        for (size_t i = 0; i < WGP_QUESTIONS_YOUNG_MAX; i++) {
                char host[40];

                snprintf(host, sizeof(host), "a%zu.example.org", i);
                set_tunnel(o, i, host, false);
        }
        pass(o, 1);
        o->dns_delay = 0;
        set_tunnel(o, N_MANY - 1, "z.example.org", false);
        pass(o, 5);
        cr_expect_eq(count_at(o, o->address, N_MANY), 1);
        outside_free(o);
}

/* However many peers have a name, it is one question; and one that comes later learns what is known. */
Test(manager, one_name) {
        Outside *o = outside_new();

        for (size_t i = 0; i < 100; i++)
                set_tunnel(o, i, i % 2 == 0 ? "host.example.org" : "HOST.example.org", false);
        pass(o, 1);
        cr_expect_eq(o->n_asked, 1);
        cr_expect_eq(count_at(o, o->address, 100), 100);
        set_tunnel(o, 100, "host.example.org", false);
        pass(o, 1);
        cr_expect_eq(o->n_asked, 1);
        cr_expect_eq(count_at(o, o->address, 101), 101);

        o->address = 0;
        o->n_told = 0;
        pass(o, 310);
        cr_expect_eq(o->n_told, 1);
        cr_expect_str_eq(o->told,
                        "t0 and others: cannot resolve host.example.org: no such name. Trying again until it works.");
        for (size_t i = 0; i < 101; i++) {
                char name[20];

                snprintf(name, sizeof(name), "t%zu", i);
                cr_expect_eq(o->manager.n_names, 1);
                wgp_manager_remove_tunnel(&o->manager, name);
        }
        cr_expect_eq(o->manager.n_names, 0);
        cr_expect_eq(o->n_forgotten, 1);
        outside_free(o);
}

/* Only questions that may have been lost are put again. */
Test(manager, another_way) {
        Outside *o = outside_new();

        set_tunnel(o, 0, "host.example.org", false);
        pass(o, 1);
        set_tunnel(o, 1, "other.example.org", false);
        (void) wgp_manager_run(&o->manager, o->now);
        cr_expect_eq(o->n_asked, 2);
        wgp_manager_poke(&o->manager, o->now, WGP_CHANGE_WAYS);
        (void) wgp_manager_run(&o->manager, o->now);
        cr_expect_eq(o->n_asked, 2, "%zu questions: it may yet be answered", o->n_asked);
        pass(o, 11);
        cr_expect_eq(o->n_cancelled, 0);
        cr_expect_eq(o->n_asked, 3, "%zu questions", o->n_asked);

        o->address = 0;
        pass(o, 300 + 50); /* both fail, and wait for half a minute */
        o->n_asked = 0;
        wgp_manager_poke(&o->manager, o->now, WGP_CHANGE_WAYS);
        (void) wgp_manager_run(&o->manager, o->now);
        cr_expect_eq(o->n_asked, 2, "%zu questions", o->n_asked);
        outside_free(o);
}

/* What the routes are like is looked up when there is something new to go by. */
Test(manager, paths) {
        Outside *o = outside_new();

        o->answers = o->sends = true;
        set_tunnel(o, 0, "host.example.org", false);
        pass(o, 1);
        cr_expect_geq(o->n_paths, 1);
        o->n_paths = 0;
        pass(o, 3600);
        cr_expect_geq(o->n_asked, 11);
        cr_expect_eq(o->n_paths, 0, "%zu: the same answers again and again", o->n_paths);

        o->peers[0].endpoint = sockaddr_of(0xcb0071f0);
        pass(o, 11);
        cr_expect_eq(o->n_paths, 1, "%zu: it has roamed", o->n_paths);
        wgp_manager_poke(&o->manager, o->now, WGP_CHANGE_DNS | WGP_CHANGE_PATHS);
        pass(o, 1);
        cr_expect_eq(o->n_paths, 3, "%zu: routes have changed", o->n_paths);
        outside_free(o);
}

/* With thousands of names, each look counts. */
Test(manager, one_path_for_each_answer) {
        Outside *o = outside_new();

        o->path_mtu = 1500;
        for (size_t i = 0; i < 100; i++) {
                char host[20];

                snprintf(host, sizeof(host), "host%zu", i);
                set_tunnel(o, i, host, true);
        }
        pass(o, 2);
        cr_expect_eq(o->n_sets, 100, "%zu", o->n_sets);
        cr_expect_eq(o->n_mtus, 100, "%zu", o->n_mtus);
        cr_expect_eq(o->n_paths, 100, "%zu: for the answer, the move and the MTU together", o->n_paths);
        outside_free(o);
}

/* Only default routes are told of; others come without notice. */
Test(manager, a_route_that_comes_unnoticed) {
        static const struct {
                const char *name;
                bool cut_off; /* it had an address, and a route there */
        } cases[] = {
                { "no address yet", false },
                { "no route any more", true },
        };

        for (size_t i = 0; i < WGP_ARRAY_SIZE(cases); i++) {
                Outside *o = outside_new();
                size_t n_sets;

                o->ttl = 1800;
                o->path_mtu = cases[i].cut_off ? 1500 : 0;
                set_tunnel(o, 0, "host.example.org", false);
                pass(o, 130);
                cr_expect_eq(o->n_sets, cases[i].cut_off ? 1 : 0, "case '%s'", cases[i].name);
                o->path_mtu = 0;
                if (cases[i].cut_off)
                        wgp_manager_poke(&o->manager, o->now, WGP_CHANGE_PATHS);
                pass(o, 130);
                n_sets = o->n_sets;

                o->n_paths = 0;
                pass(o, 600);
                cr_expect_leq(o->n_paths, 10, "case '%s': %zu", cases[i].name, o->n_paths);
                cr_expect_eq(o->n_sets, n_sets, "case '%s'", cases[i].name);

                o->path_mtu = 1500;
                pass(o, 61);
                cr_expect_eq(count_at(o, o->address, 1), 1, "case '%s'", cases[i].name);
                cr_expect_eq(o->manager.tunnels[0]->peers[0]->health, WGP_HEALTH_FINE, "case '%s': %s", cases[i].name,
                                wgp_health_text(o->manager.tunnels[0]->peers[0]->health));
                o->n_paths = 0;
                pass(o, 600);
                cr_expect_eq(o->n_paths, 0, "case '%s': %zu", cases[i].name, o->n_paths);
                outside_free(o);
        }
}

Test(manager, tunnels_come_and_go) {
        Outside *o = outside_new();
        WgpEndpointName *before;

        set_tunnel(o, 0, "host.example.org", false);
        set_tunnel(o, 1, "other.example.org", false);
        (void) wgp_manager_run(&o->manager, o->now);
        cr_expect_eq(o->n_under_way, 2);
        wgp_manager_remove_tunnel(&o->manager, "t1");
        cr_expect_eq(o->n_cancelled, 1);
        cr_expect_null(wgp_manager_find(&o->manager, "t1"));
        pass(o, 1);
        cr_expect_eq(count_at(o, o->address, 2), 1);

        /* the same name: nothing is forgotten, but the kernel is looked at */
        before = wgp_manager_find(&o->manager, "t0")->peers[0]->endpoints[0];
        o->n_gets = 0;
        set_tunnel(o, 0, "host.example.org", false);
        cr_expect_eq(wgp_manager_find(&o->manager, "t0")->peers[0]->endpoints[0], before);
        cr_expect_eq(before->answers.n_listings, 1);
        pass(o, 1);
        cr_expect_eq(o->n_gets, 1);
        cr_expect_eq(o->n_asked, 2);

        /* another one, and none */
        set_tunnel(o, 0, "new.example.org", false);
        pass(o, 1);
        cr_expect_eq(o->n_asked, 3);
        set_tunnel(o, 0, NULL, true);
        cr_expect_eq(wgp_manager_find(&o->manager, "t0")->n_peers, 0);
        cr_expect_eq(pass(o, 3600), 0);
        outside_free(o);
}

/* Somebody changes the profile while the peer works: it is moved as soon as the new name has an address. */
Test(manager, another_name) {
        Outside *o = outside_new();
        const uint32_t before = o->address;

        o->sends = true;
        set_tunnel(o, 0, "host.example.org", false);
        pass(o, 100);
        cr_expect_eq(count_at(o, before, 1), 1);

        o->address = 0;
        set_named(o, 0, (WgpStateName) { .host = (char *) "new.example.org", .port = 51820, .replaced = true },
                        &(WgpState) {});
        pass(o, 100);
        cr_expect_eq(count_at(o, before, 1), 1, "it stays until there is an answer");
        o->address = before + 1;
        wgp_manager_poke(&o->manager, o->now, WGP_CHANGE_DNS);
        pass(o, 1);
        cr_expect_eq(count_at(o, o->address, 1), 1);
        cr_expect_str_eq(o->told,
                        "t0: endpoint new.example.org set to 203.0.113.2:51820 (the profile has another endpoint now).");
        outside_free(o);
}

/* RefreshSec= of a reload is that of the names which stay, from now on. */
Test(manager, refresh) {
        static const struct {
                const char *name;
                unsigned refresh, pass; /* seconds */
                size_t n_asked;         /* by then, in all */
        } steps[] = {
                { "by default half an hour", 0, 1000, 1 },
                { "a little of the shorter time is left", 1010, 9, 1 },
                { "then it is over", 1010, 10, 2 },
                { "overdue by now, and then each two minutes", 120, 1, 2 },
                { "each two minutes", 120, 122, 3 },
                { "each two minutes", 120, 121, 4 },
                { "the one that is due is asked, the next is later", 1000, 125, 5 },
                { "later", 1000, 900, 5 },
                { "later", 1000, 110, 6 },
        };
        Outside *o = outside_new();

        o->ttl = 7200;
        for (size_t i = 0; i < WGP_ARRAY_SIZE(steps); i++) {
                set_named(o, 0, (WgpStateName) { .host = (char *) "host.example.org", .port = 51820 },
                                &(WgpState) { .refresh_usec = WGP_SECONDS(steps[i].refresh) });
                pass(o, steps[i].pass);
                cr_expect_eq(o->n_asked, steps[i].n_asked, "step %zu '%s': %zu", i, steps[i].name, o->n_asked);
        }
        outside_free(o);
}

/* An index in another network namespace may be that of any link here. */
Test(manager, netns) {
        WgpState state = {
                .name = (char *) "t",
                .complete = true,
                .automatic_mtu = true,
                .network.netns = (char *) "vpn",
                .network.link = { .name = "wg0", .ifindex = 7 },
        };
        Outside *o = outside_new();
        const WgpTunnel *tunnel;

        cr_assert_eq(wgp_manager_set_tunnel(&o->manager, o->now, &state), 0);
        tunnel = wgp_manager_find(&o->manager, "t");
        cr_assert(tunnel);
        cr_expect_str_eq(tunnel->netns, "vpn");
        cr_expect_eq(wgp_tunnel_ifindex_here(tunnel), 0);

        state.network.netns = NULL;
        cr_assert_eq(wgp_manager_set_tunnel(&o->manager, o->now, &state), 0);
        cr_expect_null(tunnel->netns);
        cr_expect_eq(wgp_tunnel_ifindex_here(tunnel), 7);
        outside_free(o);
}

Test(manager, kernel_that_refuses) {
        Outside *o = outside_new();

        o->set_error = -EINVAL;
        set_tunnel(o, 0, "host.example.org", false);
        pass(o, 35);
        cr_expect_eq(o->n_sets, 4, "at once, and every ten seconds: %zu", o->n_sets);
        cr_expect_eq(o->n_told, 1, "%zu lines", o->n_told);
        o->set_error = 0;
        pass(o, 10);
        cr_expect_eq(count_at(o, o->address, 1), 1);

        o->get_error = -ENODEV;
        pass(o, 600);
        cr_expect_eq(o->n_told, 3, "set, and lost from sight: %zu lines", o->n_told);
        cr_expect_eq(o->n_sets, 5);
        outside_free(o);
}

/* An idle peer is looked at once a minute. When its user sends again, and it is gone, that first look tells: without a
 * session there is nothing but attempts at a handshake. While there is one, it is looked at every 20 s. */
Test(manager, idle_peer_that_is_gone) {
        static const struct {
                const char *name;
                unsigned idle, after_look; /* seconds */
                unsigned first, every;     /* seconds from then until an initiation leaves, and between two */
                unsigned limit;
        } cases[] = {
                { "idle for long, just after a look", 3600, 1, 0, 5, 60 },
                { "half way between two looks", 3600, 30, 0, 5, 31 },
                { "just before a look", 3600, 57, 0, 5, 14 },
                { "so lately that there is a session", 100, 1, 15, 5, 45 },
        };

        for (size_t i = 0; i < WGP_ARRAY_SIZE(cases); i++) {
                Outside *o = outside_new();
                unsigned n = 0;

                o->ttl = 24 * 3600;
                set_tunnel(o, 0, "host.example.org", false);
                o->sends = true;
                pass(o, 60);
                o->sends = o->answers = false;
                pass(o, cases[i].idle);
                pass(o, (unsigned) (60 - o->now / WGP_SECOND % 60) + cases[i].after_look);
                o->address++; /* the server has moved, and DNS says so to who asks */

                for (; n < 200 && !is_at(o->peers, o->address); n++) {
                        if (n == 0)
                                o->peers[0].tx_bytes += cases[i].first > 0 ? 1000 : 0;
                        if (n >= cases[i].first && (n - cases[i].first) % cases[i].every == 0)
                                o->peers[0].tx_bytes += WGP_INITIATION_SIZE;
                        pass(o, 1);
                }
                cr_expect_leq(n, cases[i].limit, "case '%s': %u s", cases[i].name, n);
                cr_log_info("%s: %u s", cases[i].name, n);
                outside_free(o);
        }
}

/* What cannot be seen is taken for what it was, and is not tried all the time. */
Test(manager, daemon_that_hangs) {
        static const struct {
                const char *name;
                int error;
                size_t n_gets_max; /* in an hour */
        } cases[] = {
                { "no answer in time: 1, 2, 4, 8, 10, 10... minutes", -ETIMEDOUT, 9 },
                { "no memory: 10 seconds", -ENOBUFS, 361 },
        };

        for (size_t i = 0; i < WGP_ARRAY_SIZE(cases); i++) {
                Outside *o = outside_new();
                const WgpEndpointPeer *e;

                set_tunnel(o, 0, "host.example.org", false);
                o->sends = true;
                pass(o, 60);
                e = wgp_manager_find(&o->manager, "t0")->peers[0];
                o->n_told = o->n_gets = 0;
                o->get_error = cases[i].error;
                o->ttl = 3600;
                pass(o, 3600);
                cr_expect_leq(o->n_gets, cases[i].n_gets_max, "case '%s': %zu gets", cases[i].name, o->n_gets);
                cr_expect_geq(o->n_gets, 2, "case '%s': %zu gets", cases[i].name, o->n_gets);
                cr_expect_eq(o->n_told, 1, "case '%s': %zu lines, '%s'", cases[i].name, o->n_told, o->told);
                cr_expect_eq(e->health, WGP_HEALTH_FINE, "case '%s': %s", cases[i].name, wgp_health_text(e->health));

                o->get_error = 0;
                pass(o, 600);
                o->n_gets = 0;
                pass(o, 60);
                cr_expect_eq(o->n_gets, 6, "case '%s': %zu gets", cases[i].name, o->n_gets);
                outside_free(o);
        }
}

/* Each costs seconds: others have their turn in between, and so has whoever drives the manager. */
Test(manager, many_that_hang) {
        Outside *o = outside_new();

        o->get_error = -ETIMEDOUT;
        for (size_t i = 0; i < 10; i++)
                set_named(o, i, (WgpStateName) { .host = (char *) "host.example.org", .port = 51820 },
                                &(WgpState) { .backend = WGP_BACKEND_USERSPACE });
        for (size_t i = 0; i < 10; i++) {
                o->n_gets = 0;
                cr_expect_eq(wgp_manager_run(&o->manager, o->now) == o->now + 1, i < 9);
                cr_expect_eq(o->n_gets, 1, "run %zu: %zu gets", i, o->n_gets);
                o->now++;
        }
        o->n_gets = 0;
        cr_expect_gt(wgp_manager_run(&o->manager, o->now), o->now + WGP_SECONDS(50));
        cr_expect_eq(o->n_gets, 0);

        /* one that hangs just when it is to be changed */
        o->get_error = 0;
        o->set_error = -ETIMEDOUT;
        pass(o, 61);
        cr_expect_eq(o->n_sets, 10, "%zu", o->n_sets);
        pass(o, 50);
        cr_expect_eq(o->n_sets, 10, "%zu", o->n_sets);
        o->set_error = 0;
        pass(o, 130);
        cr_expect_eq(count_at(o, o->address, 10), 10);
        outside_free(o);
}

Test(manager, mtu) {
        static const struct {
                const char *name;
                uint32_t path_mtu;
                bool paths_changed;
                uint32_t mtu;
                size_t n_mtus; /* how often it was set, or would have been */
        } steps[] = {
                { "the first address", 1500, false, 1420, 1 },
                { "a path with the same MTU", 1500, true, 1420, 1 },
                { "routes did not change", 1492, false, 1420, 1 },
                { "another MTU", 1492, true, 1412, 2 },
                { "no path", 0, true, 1412, 2 },
                { "the same one again", 1492, true, 1412, 2 },
                { "a small one", 600, true, 576, 3 },
        };
        Outside *o = outside_new();

        set_tunnel(o, 0, "host.example.org", true);
        for (size_t i = 0; i < WGP_ARRAY_SIZE(steps); i++) {
                o->path_mtu = steps[i].path_mtu;
                if (i > 0)
                        wgp_manager_poke(&o->manager, o->now,
                                        steps[i].paths_changed ? WGP_CHANGE_DNS | WGP_CHANGE_PATHS : WGP_CHANGE_DNS);
                pass(o, 2);
                cr_expect_eq(o->mtu, steps[i].mtu, "step '%s': %u", steps[i].name, o->mtu);
                cr_expect_eq(o->n_mtus, steps[i].n_mtus, "step '%s': %zu", steps[i].name, o->n_mtus);
        }
        cr_expect_str_eq(o->told, "t0: the MTU of wg0 is now 576: that of the path is 600.");
        outside_free(o);
}

/* Another tunnel has come up, and the packets go through it now: that is no reason to ask for names. */
Test(manager, mtu_through_another_tunnel) {
        Outside *o = outside_new();

        set_tunnel(o, 0, "host.example.org", true);
        pass(o, 2);
        cr_expect_eq(o->mtu, 1420, "%u", o->mtu);
        o->path_mtu = 1420;
        wgp_manager_reroute(&o->manager);
        pass(o, 2);
        cr_expect_eq(o->mtu, 1340, "%u", o->mtu);
        outside_free(o);
}

Test(manager, mtu_with_ipv6) {
        Outside *o = outside_new();

        o->path_mtu = 1300;
        set_named(o, 0, (WgpStateName) { .host = (char *) "host.example.org", .port = 51820 },
                        &(WgpState) { .automatic_mtu = true, .ipv6 = true });
        pass(o, 2);
        cr_expect_eq(o->mtu, 1280, "%u", o->mtu);
        outside_free(o);
}

/* All names that are down are told of once, and what is silent is found out without DNS. */
Test(manager, dead_peer) {
        Outside *o = outside_new();

        set_tunnel(o, 0, "host.example.org", false);
        o->sends = true;
        pass(o, 60);
        o->answers = false;
        o->n_told = 0;
        pass(o, 60);
        cr_expect_eq(o->n_told, 1);
        cr_expect_str_eq(o->told, "t0: host.example.org does not answer at 203.0.113.1:51820.");
        o->address++;
        pass(o, 61);
        cr_expect_eq(count_at(o, o->address, 1), 1, "asked for out of turn");
        outside_free(o);
}

/* Tunnel 0, whose peer has an endpoint and others behind it; a name of digits is an address. */
static void set_alternates(Outside *o, const char *host, const char *const *alternates, size_t n) {
        WgpStateName names[4] = {}, name = { .host = (char *) host, .port = 51820 };
        WgpState state = { .alternates = names, .n_alternates = n };

        for (size_t i = 0; i < n; i++) {
                put_key(names[i].public_key, 0);
                if (wgp_sockaddr_parse(alternates[i], &names[i].address) >= 0)
                        continue;
                names[i].host = (char *) alternates[i];
                names[i].port = 443;
        }
        set_named(o, 0, name, &state);
}

/* What is dead is tried at all addresses of all its endpoints; the death, the first round and the recovery are told,
 * and no more, however long it takes. */
Test(manager, alternate_endpoints) {
        Outside *o = outside_new();

        set_alternates(o, "host.example.org", (const char *const[]) { "198.51.100.1:443", "198.51.100.2:443" }, 2);
        o->sends = true;
        o->answers_at = 0xcb007101;
        pass(o, 60);
        cr_expect_eq(count_at(o, 0xcb007101, 1), 1);
        cr_expect_eq(o->manager.tunnels[0]->peers[0]->n_endpoints, 3);

        o->answers_at = 0xc6336402; /* the last of them */
        o->n_told = o->n_sets = 0;
        pass(o, 25 + 17 + 7 + 8);
        cr_expect(is_at(o->peers, 0xc6336402), "after %zu moves", o->n_sets);
        cr_expect_eq(o->n_sets, 2);
        pass(o, 600);
        cr_expect(is_at(o->peers, 0xc6336402), "it stays where it works");
        cr_expect_eq(o->n_told, 4, "dead, two moves, and found: %zu, '%s'", o->n_told, o->told);
        cr_expect(strstr(o->told, "t0: 198.51.100.2 answers again at 198.51.100.2:443, after "), "%s", o->told);

        o->answers = false;
        o->n_told = o->n_sets = 0;
        pass(o, 3600);
        cr_expect_eq(o->n_told, 4, "dead, the others, and back: %zu, '%s'", o->n_told, o->told);
        cr_expect_leq(o->n_sets, 3 * (6 + 12), "a round each five minutes: %zu", o->n_sets);
        cr_expect_geq(o->n_sets, 3 * 6, "%zu", o->n_sets);
        outside_free(o);
}

/* The profile's endpoint is an address: there is nothing to ask, and something to go back to. */
Test(manager, addresses_only) {
        Outside *o = outside_new();
        WgpState state = { .name = (char *) "t0", .complete = true, .network.link = { .name = "wg0", .ifindex = 1 } };
        WgpPeerState *peer = wgp_device_add_peer(&state.network.device, o->peers[0].public_key);

        peer->endpoint = o->peers[0].endpoint = sockaddr_of(0xcb007101);
        cr_assert(wgp_state_is_watched(&state));
        cr_assert_eq(wgp_manager_set_tunnel(&o->manager, o->now, &state), 0);
        o->sends = true;
        pass(o, 60);
        cr_expect_eq(o->n_sets, 0);

        o->peers[0].endpoint = sockaddr_of(0xcb0071f0);
        pass(o, 600);
        cr_expect_eq(o->n_sets, 0, "it has roamed, and works: %s", o->told);
        o->answers_at = 0xcb007101;
        pass(o, 40);
        cr_expect(is_at(o->peers, 0xcb007101), "it is dead there");
        pass(o, 600);
        cr_expect_eq(o->n_sets, 1);
        cr_expect_eq(o->n_asked, 0);
        wgp_device_done(&state.network.device);
        outside_free(o);
}

/* A name server that blocks the name, or a record that was filled in wrongly. */
Test(manager, answers_that_lead_nowhere) {
        static const uint32_t addresses[] = { 1 /* 0.0.0.1 */, 0x7f000001, 0x7f000101, 0xe0000001, 0xffffffff };

        for (size_t i = 0; i < WGP_ARRAY_SIZE(addresses); i++) {
                Outside *o = outside_new();

                o->sends = true;
                o->ttl = 60;
                set_tunnel(o, 0, "host.example.org", false);
                pass(o, 100);
                o->address = addresses[i];
                o->n_told = o->n_asked = 0;
                pass(o, 3600);
                cr_expect_eq(count_at(o, 0xcb007101, 1), 1, "case %zu", i);
                cr_expect_eq(o->n_told, 1, "case %zu: %zu lines", i, o->n_told);
                cr_expect_str_eq(o->told,
                                "t0: cannot resolve host.example.org: it has no address where a peer can be. "
                                "Trying again until it works.");
                cr_expect_leq(o->n_asked, 70, "case %zu: %zu", i, o->n_asked);
                outside_free(o);
        }
}

/* Eight hours of sleep, just after something was sent. */
Test(manager, sleep) {
        Outside *o = outside_new();

        o->sends = true;
        o->ttl = 1800;
        set_tunnel(o, 0, "host.example.org", false);
        pass(o, 100);
        o->answers = false;
        pass(o, 15);
        o->now += WGP_SECONDS(8 * 3600);
        wgp_manager_resume(&o->manager, o->now);
        (void) wgp_manager_run(&o->manager, o->now);
        cr_expect_eq(o->manager.tunnels[0]->peers[0]->health, WGP_HEALTH_FINE, "%s",
                        wgp_health_text(o->manager.tunnels[0]->peers[0]->health));
        pass(o, 40);
        cr_expect_eq(o->manager.tunnels[0]->peers[0]->health, WGP_HEALTH_DEAD);
        outside_free(o);
}

/* A peer that only receives would never learn whether it works at the new address. */
Test(manager, idle_peer_that_moves) {
        static const struct {
                const char *name;
                bool sends;
                size_t n_packets;
        } cases[] = { { "idle", false, 1 }, { "busy", true, 0 } };

        for (size_t i = 0; i < WGP_ARRAY_SIZE(cases); i++) {
                Outside *o = outside_new();
                WgpPrefix inside = { .family = AF_INET, .length = 24, .bytes = { 10, 0, 0, 0 } };

                cr_assert_eq(wgp_peer_state_add_allowed_ip(o->peers, &inside), 0);
                o->sends = cases[i].sends;
                set_tunnel(o, 0, "host.example.org", false);
                pass(o, 200);
                cr_expect_eq(o->n_packets, 0, "case '%s': the first address", cases[i].name);
                o->address++;
                pass(o, 700);
                cr_expect_eq(count_at(o, o->address, 1), 1, "case '%s'", cases[i].name);
                cr_expect_eq(o->n_packets, cases[i].n_packets, "case '%s': %zu", cases[i].name, o->n_packets);
                outside_free(o);
        }
}

/* The same peer, of a profile that was changed. */
Test(manager, alternates_change) {
        Outside *o = outside_new();
        const WgpEndpointName *first;

        o->sends = true;
        set_alternates(o, "host.example.org", (const char *const[]) { "other.example.org", "198.51.100.1:443" }, 2);
        pass(o, 100);
        cr_expect_eq(o->n_asked, 2);
        first = o->manager.tunnels[0]->peers[0]->endpoints[0];

        set_alternates(o, "host.example.org", (const char *const[]) { "198.51.100.1:443", "third.example.org" }, 2);
        cr_expect_eq(o->manager.tunnels[0]->peers[0]->endpoints[0], first);
        cr_expect_eq(first->peer, o->manager.tunnels[0]->peers[0]);
        cr_expect_eq(o->manager.n_names, 2);
        pass(o, 100);
        cr_expect_eq(o->n_asked, 3, "%zu", o->n_asked);
        cr_expect_eq(o->n_sets, 1, "%zu", o->n_sets);
        set_alternates(o, "third.example.org", NULL, 0);
        pass(o, 1);
        cr_expect_eq(o->manager.n_names, 1);
        cr_expect_eq(o->manager.tunnels[0]->peers[0]->n_endpoints, 1);
        outside_free(o);
}
