/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Each case is a short story: what the kernel and DNS say, second by second, and what should follow. */
#include <arpa/inet.h>
#include <criterion/criterion.h>
#include <stdio.h>

#include "model/prefix.h"
#include "resolver/endpoint-choose.h"
#include "resolver/name.h"

enum {
        START = 6000, /* seconds on the clock when a story begins */
        STEPS_MAX = 32,
        N_ENDPOINTS = 2,
};

typedef enum StepType {
        END,
        SEE,      /* the kernel's peer: endpoint, tx, rx and handshake */
        LOSE,     /* the kernel has no such peer */
        RESUME,   /* the machine has slept */
        GOOD,     /* the peer last answered there, before this run of the resolver */
        RETRY,    /* the routes have changed */
        LITERAL,  /* an endpoint is this address */
        INHERIT,  /* the profile had another endpoint before */
        ANSWER,   /* DNS: these addresses, with that TTL */
        ANSWER_2, /* likewise, about the endpoint behind the first */
        FAIL,     /* DNS: none */
        POKE,     /* something changed */
        RANK,     /* what the route to an address is like */
        MOVES,    /* expected: to this address, for that reason; done */
        STAYS,    /* expected: no move */
        ASKS,     /* expected: a question, now; asked */
        SILENT,   /* expected: no question, now */
        LOOKS,    /* expected: a look at the kernel at that second */
        HEALTH,   /* expected */
} StepType;

/* Addresses are letters: "a" to "z" are IPv4, "A" to "Z" IPv6, and digits those in liars[]. */
typedef struct Step {
        StepType type;
        unsigned at; /* seconds since the start */
        const char *addresses;
        uint64_t tx, rx;    /* bytes; ANSWER: tx is the TTL; RANK: tx is it; LOOKS: tx is the second */
        unsigned handshake; /* second of the last one, since the start; 0: never */
        unsigned expected;  /* WgpWhy or WgpHealth; ASKS: 1 for past all caches; SEE: keepalive */
} Step;

static const char *const liars[] = {
        "0.0.0.0",
        "127.0.0.1",
        "127.0.1.1",
        "224.0.0.1",
        "255.255.255.255",
        "::",
        "::1",
        "ff02::1",
        "::ffff:203.0.113.1",
        "fe80::1",
};

static WgpSockaddr address_of(char letter) {
        WgpSockaddr s = {};

        if (letter >= '0' && letter <= '9') {
                WgpPrefix address;

                cr_assert_eq(wgp_address_parse(liars[letter - '0'], &address), 0);
                wgp_sockaddr_from_prefix(&address, 51820, &s);
                return s;
        }
        if (letter >= 'a')
                s.in = (struct sockaddr_in) {
                        .sin_family = AF_INET,
                        .sin_port = htons(51820),
                        .sin_addr.s_addr = htonl(0xcb007100U + (uint32_t) (letter - 'a')),
                };
        else if (letter)
                s.in6 = (struct sockaddr_in6) {
                        .sin6_family = AF_INET6,
                        .sin6_port = htons(51820),
                        .sin6_addr.s6_addr = { 0x20, 0x01, 0x0d, 0xb8, [15] = (uint8_t) (letter - 'A' + 1) },
                };
        return s;
}

static char letter_of(const WgpSockaddr *address) {
        for (char c = 'A'; c <= 'z'; c++) {
                WgpSockaddr s = address_of(c);

                if ((c <= 'Z' || c >= 'a') && wgp_sockaddr_equal(&s, address))
                        return c;
        }
        return '?';
}

static const struct {
        const char *name;
        Step steps[STEPS_MAX];
} stories[] = {
        { "a new tunnel gets the first address at once, and the next answer after the TTL",
                        {
                                        { ASKS, 0 },
                                        { SEE, 0, "" },
                                        { HEALTH, 0, .expected = WGP_HEALTH_NO_ENDPOINT },
                                        { STAYS, 0 },
                                        { ANSWER, 1, "a", .tx = 300 },
                                        { MOVES, 1, "a", .expected = WGP_WHY_FIRST },
                                        { STAYS, 1 },
                                        { SILENT, 301 },
                                        { ASKS, 302 },
                        } },
        { "nothing is set before the kernel was looked at",
                        {
                                        { ASKS, 0 },
                                        { ANSWER, 1, "a", .tx = 60 },
                                        { HEALTH, 1, .expected = WGP_HEALTH_UNKNOWN },
                                        { STAYS, 1 },
                                        { LOOKS, 1, .tx = 0 },
                        } },
        { "a TTL is no less than a minute and no more than the refresh interval",
                        {
                                        { ASKS, 0 },
                                        { ANSWER, 0, "a", .tx = 0 },
                                        { SILENT, 60 },
                                        { ASKS, 61 },
                                        { ANSWER, 61, "a", .tx = 86400 },
                                        { SILENT, 61 + 1800 },
                                        { ASKS, 61 + 1801 },
                        } },
        { "failures are tried again after 1, 2, 4... 60 seconds",
                        {
                                        { ASKS, 0 },
                                        { FAIL, 0 },
                                        { SILENT, 0 },
                                        { ASKS, 1 },
                                        { FAIL, 1 },
                                        { SILENT, 2 },
                                        { ASKS, 3 },
                                        { FAIL, 3 },
                                        { ASKS, 7 },
                                        { FAIL, 7 },
                                        { ASKS, 15 },
                                        { FAIL, 15 },
                                        { ASKS, 31 },
                                        { FAIL, 31 },
                                        { ASKS, 63 },
                                        { FAIL, 63 },
                                        { SILENT, 122 },
                                        { ASKS, 123 },
                                        { FAIL, 123 },
                                        { SILENT, 182 },
                                        { ASKS, 183 },
                        } },
        { "a change ends the waiting, and a question that is under way is not waited for",
                        {
                                        { ASKS, 0 },
                                        { FAIL, 0 },
                                        { ASKS, 1 },
                                        { SILENT, 2 },
                                        { POKE, 3 },
                                        { ASKS, 3, .expected = 1 },
                        } },
        { "caches are passed by when somebody asks for that, until there is an answer; it is no sign of trouble",
                        {
                                        { ASKS, 0 },
                                        { ANSWER, 0, "a", .tx = 300 },
                                        { POKE, 10, .expected = 1 },
                                        { ASKS, 10, .expected = 1 },
                                        { FAIL, 10 },
                                        { ASKS, 11, .expected = 1 },
                                        { ANSWER, 11, "a", .tx = 300 },
                                        { POKE, 20 },
                                        { SILENT, 20 },
                                        { ASKS, 21 },
                        } },
        { "a failure does not take a working address away",
                        {
                                        { SEE, 0, "" },
                                        { ANSWER, 0, "a", .tx = 60 },
                                        { MOVES, 0, "a", .expected = WGP_WHY_FIRST },
                                        { SEE, 10, "a", .tx = 300, .rx = 300, .handshake = 5 },
                                        { ASKS, 61 },
                                        { FAIL, 61 },
                                        { SEE, 70, "a", .tx = 600, .rx = 600, .handshake = 5 },
                                        { STAYS, 70 },
                                        { HEALTH, 70, .expected = WGP_HEALTH_FINE },
                        } },
        { "a peer that works stays, whatever the order of the answers",
                        {
                                        { SEE, 0, "" },
                                        { ANSWER, 0, "abc", .tx = 60 },
                                        { MOVES, 0, "a", .expected = WGP_WHY_FIRST },
                                        { SEE, 10, "a", .tx = 300, .rx = 300, .handshake = 5 },
                                        { ANSWER, 61, "bca", .tx = 60 },
                                        { STAYS, 61 },
                                        { ANSWER, 122, "cab", .tx = 60 },
                                        { STAYS, 122 },
                                        { ANSWER, 183, "ca", .tx = 60 },
                                        { STAYS, 183 },
                        } },
        { "a peer that works follows its name after two answers, a TTL apart",
                        {
                                        { SEE, 0, "" },
                                        { ANSWER, 0, "a", .tx = 60 },
                                        { MOVES, 0, "a", .expected = WGP_WHY_FIRST },
                                        { SEE, 10, "a", .tx = 300, .rx = 300, .handshake = 5 },
                                        { ANSWER, 61, "b", .tx = 60 },
                                        { STAYS, 61 },
                                        { ANSWER, 90, "b", .tx = 60 }, /* too soon to count */
                                        { STAYS, 90 },
                                        { ANSWER, 122, "b", .tx = 60 },
                                        { MOVES, 122, "b", .expected = WGP_WHY_GONE },
                                        { STAYS, 122 },
                        } },
        { "an address that returns shows that the answers rotate",
                        {
                                        { SEE, 0, "" },
                                        { ANSWER, 0, "a", .tx = 60 },
                                        { MOVES, 0, "a", .expected = WGP_WHY_FIRST },
                                        { SEE, 10, "a", .tx = 300, .rx = 300, .handshake = 5 },
                                        { ANSWER, 61, "b", .tx = 60 },
                                        { ANSWER, 122, "a", .tx = 60 },
                                        { ANSWER, 183, "b", .tx = 60 },
                                        { ANSWER, 244, "c", .tx = 60 },
                                        { STAYS, 244 },
                                        { ANSWER, 305, "d", .tx = 60 },
                                        { STAYS, 305 },
                                        { ANSWER, 366, "e", .tx = 60 },
                                        { MOVES, 366, "e", .expected = WGP_WHY_GONE },
                        } },
        { "a roamed peer that works is left alone",
                        {
                                        { SEE, 0, "" },
                                        { ANSWER, 0, "a", .tx = 60 },
                                        { MOVES, 0, "a", .expected = WGP_WHY_FIRST },
                                        { SEE, 10, "z", .tx = 300, .rx = 300, .handshake = 5 },
                                        { ANSWER, 61, "b", .tx = 60 },
                                        { ANSWER, 122, "b", .tx = 60 },
                                        { ANSWER, 183, "b", .tx = 60 },
                                        { STAYS, 183 },
                        } },
        { "an address that somebody else set is left alone, too",
                        {
                                        { SEE, 0, "z", .tx = 300, .rx = 300, .handshake = 1 },
                                        { ANSWER, 0, "a", .tx = 60 },
                                        { STAYS, 0 },
                                        { ANSWER, 61, "a", .tx = 60 },
                                        { ANSWER, 122, "a", .tx = 60 },
                                        { STAYS, 122 },
                        } },
        { "but not that of the endpoint that the profile had before: it is left for any of the new one",
                        {
                                        { INHERIT },
                                        { SEE, 0, "z", .tx = 300, .rx = 300, .handshake = 1 },
                                        { STAYS, 0 },
                                        { FAIL, 0 },
                                        { STAYS, 0 },
                                        { SEE, 10, "z", .tx = 600, .rx = 600, .handshake = 1 },
                                        { HEALTH, 10, .expected = WGP_HEALTH_FINE },
                                        { ANSWER, 10, "ab", .tx = 60 },
                                        { MOVES, 10, "a", .expected = WGP_WHY_REPLACED },
                                        { SEE, 16, "a", .tx = 600, .rx = 600,
                                                        .handshake = 1 }, /* nothing was heard yet */
                                        { SEE, 20, "z", .tx = 900, .rx = 900,
                                                        .handshake = 1 }, /* a packet was under way */
                                        { MOVES, 20, "a", .expected = WGP_WHY_REPLACED },
                                        { SEE, 30, "a", .tx = 999, .rx = 999, .handshake = 1 },
                                        { SEE, 40, "z", .tx = 2000, .rx = 2000,
                                                        .handshake = 1 }, /* that is its own doing */
                                        { ANSWER, 71, "a", .tx = 60 },
                                        { STAYS, 71 },
                        } },
        { "an old server that keeps calling back has its way in the end",
                        {
                                        { INHERIT },
                                        { SEE, 0, "z", .tx = 300, .rx = 300, .handshake = 1 },
                                        { ANSWER, 0, "a", .tx = 600 },
                                        { MOVES, 0, "a", .expected = WGP_WHY_REPLACED },
                                        { SEE, 10, "z", .tx = 400, .rx = 400, .handshake = 1 },
                                        { MOVES, 10, "a", .expected = WGP_WHY_REPLACED },
                                        { SEE, 20, "z", .tx = 500, .rx = 500, .handshake = 1 },
                                        { MOVES, 20, "a", .expected = WGP_WHY_REPLACED },
                                        { SEE, 30, "z", .tx = 600, .rx = 600, .handshake = 1 },
                                        { MOVES, 30, "a", .expected = WGP_WHY_REPLACED },
                                        { SEE, 40, "z", .tx = 700, .rx = 700, .handshake = 1 },
                                        { MOVES, 40, "a", .expected = WGP_WHY_REPLACED },
                                        { SEE, 50, "z", .tx = 800, .rx = 800, .handshake = 1 },
                                        { MOVES, 50, "a", .expected = WGP_WHY_REPLACED },
                                        { SEE, 60, "z", .tx = 900, .rx = 900, .handshake = 1 },
                                        { MOVES, 60, "a", .expected = WGP_WHY_REPLACED },
                                        { SEE, 70, "z", .tx = 999, .rx = 999, .handshake = 1 },
                                        { STAYS, 70 },
                                        { SEE, 80, "z", .tx = 1999, .rx = 1999, .handshake = 1 },
                                        { STAYS, 80 },
                        } },
        { "the old endpoint may roam meanwhile",
                        {
                                        { INHERIT },
                                        { SEE, 0, "z", .tx = 300, .rx = 300, .handshake = 1 },
                                        { SEE, 10, "y", .tx = 600, .rx = 600, .handshake = 1 },
                                        { ANSWER, 10, "a", .tx = 60 },
                                        { MOVES, 10, "a", .expected = WGP_WHY_REPLACED },
                        } },
        { "a new name with the old address: left only when the name has lost it",
                        {
                                        { INHERIT },
                                        { SEE, 0, "a", .tx = 300, .rx = 300, .handshake = 1 },
                                        { ANSWER, 0, "ba", .tx = 60 },
                                        { STAYS, 0 },
                                        { ANSWER, 61, "b", .tx = 60 },
                                        { STAYS, 61 },
                                        { ANSWER, 122, "b", .tx = 60 },
                                        { MOVES, 122, "b", .expected = WGP_WHY_GONE },
                        } },
        { "likewise when the answer came before the look",
                        {
                                        { INHERIT },
                                        { ANSWER, 0, "ba", .tx = 60 },
                                        { SEE, 1, "a", .tx = 300, .rx = 300, .handshake = 1 },
                                        { STAYS, 1 },
                                        { SEE, 10, "z", .tx = 600, .rx = 600, .handshake = 1 }, /* it has roamed */
                                        { ANSWER, 61, "b", .tx = 60 },
                                        { STAYS, 61 },
                        } },
        { "a peer without an address has inherited none",
                        {
                                        { INHERIT },
                                        { SEE, 0, "" },
                                        { SEE, 10, "z", .tx = 300, .rx = 300, .handshake = 1 },
                                        { ANSWER, 10, "a", .tx = 60 },
                                        { STAYS, 10 },
                        } },
        { "the new endpoint has no route yet",
                        {
                                        { INHERIT },
                                        { SEE, 0, "z", .tx = 300, .rx = 300, .handshake = 1 },
                                        { ANSWER, 0, "a", .tx = 60 },
                                        { RANK, 0, "a", .tx = WGP_RANK_NO_ROUTE },
                                        { STAYS, 0 },
                                        { RANK, 5, "a", .tx = WGP_RANK_SECOND },
                                        { MOVES, 5, "a", .expected = WGP_WHY_REPLACED },
                        } },
        { "also at an address that the name once had",
                        {
                                        { SEE, 0, "" },
                                        { ANSWER, 0, "ab", .tx = 60 },
                                        { MOVES, 0, "a", .expected = WGP_WHY_FIRST },
                                        { SEE, 10, "b", .tx = 300, .rx = 300, .handshake = 5 },
                                        { ANSWER, 61, "a", .tx = 60 },
                                        { ANSWER, 122, "a", .tx = 60 },
                                        { ANSWER, 183, "a", .tx = 60 },
                                        { STAYS, 183 },
                        } },
        { "of a name whose answers rotate, silence for 20 seconds is not enough",
                        {
                                        { SEE, 0, "" },
                                        { ANSWER, 0, "a", .tx = 60 },
                                        { MOVES, 0, "a", .expected = WGP_WHY_FIRST },
                                        { ANSWER, 61, "ab", .tx = 60 },
                                        { ANSWER, 122, "b", .tx = 60 },
                                        { ANSWER, 183, "a", .tx = 60 },
                                        { ANSWER, 244, "b", .tx = 60 },
                                        { SEE, 250, "a", .tx = 300, .rx = 300, .handshake = 245 },
                                        { SEE, 260, "a", .tx = 900, .rx = 300, .handshake = 245 },
                                        { SEE, 270, "a", .tx = 1500, .rx = 300, .handshake = 245 },
                                        { HEALTH, 270, .expected = WGP_HEALTH_SUSPECT },
                                        { STAYS, 270 },
                                        { SEE, 277, "a", .tx = 2100, .rx = 300, .handshake = 245 },
                                        { MOVES, 277, "b", .expected = WGP_WHY_SILENT },
                        } },
        { "a roamed peer that died comes back to its name",
                        {
                                        { SEE, 0, "" },
                                        { ANSWER, 0, "a", .tx = 600 },
                                        { MOVES, 0, "a", .expected = WGP_WHY_FIRST },
                                        { SEE, 10, "z", .tx = 300, .rx = 300, .handshake = 5 },
                                        { SEE, 20, "z", .tx = 900, .rx = 300, .handshake = 5 },
                                        { SEE, 30, "z", .tx = 1500, .rx = 300, .handshake = 5 },
                                        { STAYS, 30 },
                                        { SEE, 37, "z", .tx = 2100, .rx = 300, .handshake = 5 },
                                        { MOVES, 37, "a", .expected = WGP_WHY_SILENT },
                        } },
        { "silence: suspect after 20 seconds, dead after 27, and looked at just then",
                        {
                                        { ASKS, 0 },
                                        { ANSWER, 0, "a", .tx = 600 },
                                        { SEE, 0, "a", .tx = 100, .rx = 100, .handshake = 1 },
                                        { SEE, 10, "a", .tx = 1000, .rx = 1000, .handshake = 1 },
                                        { LOOKS, 10, .tx = 20 },
                                        { SEE, 20, "a", .tx = 2000, .rx = 1000, .handshake = 1 },
                                        { HEALTH, 20, .expected = WGP_HEALTH_FINE },
                                        { LOOKS, 20, .tx = 30 },
                                        { SEE, 30, "a", .tx = 3000, .rx = 1000, .handshake = 1 },
                                        { HEALTH, 30, .expected = WGP_HEALTH_SUSPECT },
                                        { ASKS, 30, .expected = 1 },
                                        { LOOKS, 30, .tx = 37 },
                                        { SEE, 37, "a", .tx = 4000, .rx = 1000, .handshake = 1 },
                                        { HEALTH, 37, .expected = WGP_HEALTH_DEAD },
                                        { STAYS, 37 }, /* there is nothing to move to */
                                        { FAIL, 37 },
                                        { SEE, 47, "a", .tx = 5000, .rx = 1001, .handshake = 1 },
                                        { HEALTH, 47, .expected = WGP_HEALTH_FINE },
                        } },
        { "a burst just before a look has its time to be answered",
                        {
                                        { SEE, 0, "a", .tx = 100, .rx = 100, .handshake = 1 },
                                        { SEE, 60, "a", .tx = 100, .rx = 100, .handshake = 1 },
                                        { SEE, 120, "a", .tx = 5000, .rx = 100, .handshake = 1 },
                                        { HEALTH, 120, .expected = WGP_HEALTH_FINE },
                                        { LOOKS, 120, .tx = 130 },
                                        { SEE, 130, "a", .tx = 5000, .rx = 132, .handshake = 1 },
                                        { HEALTH, 130, .expected = WGP_HEALTH_FINE },
                        } },
        { "keepalives need no answer",
                        {
                                        { SEE, 0, "a", .tx = 100, .rx = 100, .handshake = 1, .expected = 25 },
                                        { SEE, 60, "a", .tx = 164, .rx = 100, .handshake = 1, .expected = 25 },
                                        { SEE, 120, "a", .tx = 260, .rx = 100, .handshake = 1, .expected = 25 },
                                        { SEE, 170, "a", .tx = 324, .rx = 100, .handshake = 1, .expected = 25 },
                                        { HEALTH, 170, .expected = WGP_HEALTH_FINE },
                                        { LOOKS, 170, .tx = 180 },
                        } },
        { "but a handshake that is over and two attempts at a new one do",
                        {
                                        { SEE, 0, "a", .tx = 100, .rx = 100, .handshake = 1, .expected = 25 },
                                        { SEE, 61, "a", .tx = 164, .rx = 100, .handshake = 1, .expected = 25 },
                                        { SEE, 121, "a", .tx = 228, .rx = 100, .handshake = 1, .expected = 25 },
                                        { SEE, 181, "a", .tx = 228 + 148, .rx = 100, .handshake = 1, .expected = 25 },
                                        { HEALTH, 181, .expected = WGP_HEALTH_FINE },
                                        { SEE, 191, "a", .tx = 228 + 3 * 148, .rx = 100, .handshake = 1,
                                                        .expected = 25 },
                                        { HEALTH, 191, .expected = WGP_HEALTH_DEAD },
                        } },
        { "keepalives that do not leave: sending fails, which the counters do not say otherwise",
                        {
                                        { SEE, 0, "a", .tx = 100, .rx = 100, .handshake = 1, .expected = 25 },
                                        { SEE, 30, "a", .tx = 132, .rx = 132, .handshake = 1, .expected = 25 },
                                        { SEE, 60, "a", .tx = 132, .rx = 132, .handshake = 1, .expected = 25 },
                                        { HEALTH, 60, .expected = WGP_HEALTH_FINE },
                                        { ANSWER, 61, "ab", .tx = 60 },
                                        { SEE, 80, "a", .tx = 132, .rx = 132, .handshake = 1, .expected = 25 },
                                        { HEALTH, 80, .expected = WGP_HEALTH_DEAD },
                                        { MOVES, 80, "b", .expected = WGP_WHY_SILENT },
                                        { SEE, 120, "b", .tx = 132, .rx = 132, .handshake = 1, .expected = 25 },
                                        { HEALTH, 120, .expected = WGP_HEALTH_TRYING },
                                        { SEE, 130, "b", .tx = 132, .rx = 132, .handshake = 1, .expected = 25 },
                                        { HEALTH, 130, .expected = WGP_HEALTH_DEAD },
                        } },
        { "a move after the last look is not a failure to send",
                        {
                                        { SEE, 10, "", .expected = 5 },
                                        { ANSWER, 11, "a", .tx = 60 },
                                        { MOVES, 12, "a", .expected = WGP_WHY_FIRST },
                                        { HEALTH, 12, .expected = WGP_HEALTH_TRYING },
                        } },
        { "nor while there is no route, and a while after",
                        {
                                        { SEE, 0, "a", .tx = 100, .rx = 100, .handshake = 1, .expected = 25 },
                                        { ANSWER, 1, "a", .tx = 60 },
                                        { RANK, 2, "a", .tx = WGP_RANK_NO_ROUTE },
                                        { SEE, 60, "a", .tx = 100, .rx = 100, .handshake = 1, .expected = 25 },
                                        { HEALTH, 60, .expected = WGP_HEALTH_CUT_OFF },
                                        { SEE, 120, "a", .tx = 100, .rx = 100, .handshake = 1, .expected = 25 },
                                        { RANK, 179, "a", .tx = WGP_RANK_SECOND },
                                        { SEE, 180, "a", .tx = 100, .rx = 100, .handshake = 1, .expected = 25 },
                                        { HEALTH, 180, .expected = WGP_HEALTH_FINE },
                                        { SEE, 200, "a", .tx = 248, .rx = 192, .handshake = 190, .expected = 25 },
                                        { HEALTH, 200, .expected = WGP_HEALTH_FINE },
                        } },
        { "one that is idle without them is not dead",
                        {
                                        { SEE, 0, "a", .tx = 100, .rx = 100, .handshake = 1 },
                                        { SEE, 120, "a", .tx = 100, .rx = 100, .handshake = 1 },
                                        { HEALTH, 120, .expected = WGP_HEALTH_FINE },
                        } },
        { "an idle peer is not dead",
                        {
                                        { SEE, 0, "a", .tx = 100, .rx = 100, .handshake = 1 },
                                        { SEE, 60, "a", .tx = 100, .rx = 100, .handshake = 1 },
                                        { SEE, 3600, "a", .tx = 100, .rx = 100, .handshake = 1 },
                                        { HEALTH, 3600, .expected = WGP_HEALTH_FINE },
                                        { LOOKS, 3600, .tx = 3660 },
                        } },
        { "an idle peer that begins to send in vain is found dead by the attempts alone",
                        {
                                        { SEE, 0, "a", .tx = 100, .rx = 100, .handshake = 1 },
                                        { SEE, 600, "a", .tx = 100, .rx = 100, .handshake = 1 },
                                        { SEE, 660, "a", .tx = 100 + 2 * 148, .rx = 100, .handshake = 1 },
                                        { HEALTH, 660, .expected = WGP_HEALTH_DEAD },
                        } },
        { "a dead peer goes through all addresses, 7 seconds each, and stays where it is answered",
                        {
                                        { SEE, 0, "" },
                                        { ANSWER, 0, "abc", .tx = 600 },
                                        { MOVES, 0, "a", .expected = WGP_WHY_FIRST },
                                        { LOOKS, 0, .tx = 6 },
                                        { SEE, 6, "a", .tx = 148 },
                                        { HEALTH, 6, .expected = WGP_HEALTH_TRYING },
                                        { STAYS, 6 },
                                        { LOOKS, 6, .tx = 7 },
                                        { SEE, 7, "a", .tx = 148 },
                                        { MOVES, 7, "b", .expected = WGP_WHY_SILENT },
                                        { SEE, 13, "b", .tx = 444 },
                                        { STAYS, 13 },
                                        { SEE, 14, "b", .tx = 444 },
                                        { MOVES, 14, "c", .expected = WGP_WHY_SILENT },
                                        { SEE, 20, "c", .tx = 600, .rx = 92, .handshake = 17 },
                                        { HEALTH, 20, .expected = WGP_HEALTH_FINE },
                                        { STAYS, 20 },
                        } },
        { "15 seconds where it has answered before, and two attempts",
                        {
                                        { GOOD, 0, "a" },
                                        { SEE, 0, "" },
                                        { MOVES, 0, "a", .expected = WGP_WHY_FIRST },
                                        { ANSWER, 0, "ab", .tx = 600 },
                                        { SEE, 6, "a", .tx = 148 },
                                        { LOOKS, 6, .tx = 10 },
                                        { SEE, 10, "a", .tx = 148 },
                                        { LOOKS, 10, .tx = 15 },
                                        { SEE, 15, "a", .tx = 148 },
                                        { HEALTH, 15, .expected = WGP_HEALTH_TRYING },
                                        { SEE, 20, "a", .tx = 444 },
                                        { MOVES, 20, "b", .expected = WGP_WHY_SILENT },
                        } },
        { "a trial in which sending began late takes longer",
                        {
                                        { SEE, 0, "" },
                                        { ANSWER, 0, "ab", .tx = 600 },
                                        { MOVES, 0, "a", .expected = WGP_WHY_FIRST },
                                        { SEE, 6, "a" },
                                        { SEE, 15, "a", .tx = 5000 },
                                        { STAYS, 15 },
                                        { LOOKS, 15, .tx = 16 },
                                        { SEE, 16, "a", .tx = 9000 },
                                        { MOVES, 16, "b", .expected = WGP_WHY_SILENT },
                        } },
        { "also where it has answered before",
                        {
                                        { GOOD, 0, "a" },
                                        { SEE, 0, "" },
                                        { ANSWER, 0, "ab", .tx = 600 },
                                        { MOVES, 0, "a", .expected = WGP_WHY_FIRST },
                                        { SEE, 6, "a" },
                                        { SEE, 15, "a", .tx = 5000 },
                                        { STAYS, 15 },
                                        { LOOKS, 15, .tx = 20 },
                                        { SEE, 20, "a", .tx = 9000 },
                                        { STAYS, 20 },
                                        { LOOKS, 20, .tx = 24 },
                                        { SEE, 24, "a", .tx = 9000 },
                                        { MOVES, 24, "b", .expected = WGP_WHY_SILENT },
                        } },
        { "data that was sent while there still was a session is no attempt at a handshake",
                        {
                                        { SEE, 0, "a", .tx = 100, .rx = 100, .handshake = 1 },
                                        { SEE, 130, "a", .tx = 100, .rx = 100, .handshake = 1 },
                                        { SEE, 190, "a", .tx = 9000, .rx = 100, .handshake = 1 },
                                        { HEALTH, 190, .expected = WGP_HEALTH_FINE },
                        } },
        { "after all were tried it waits at the first, longer each time, and begins again",
                        {
                                        { SEE, 0, "" },
                                        { ANSWER, 0, "abc", .tx = 600 },
                                        { MOVES, 0, "a", .expected = WGP_WHY_FIRST },
                                        { SEE, 6, "a", .tx = 148 },
                                        { SEE, 7, "a", .tx = 148 },
                                        { MOVES, 7, "b", .expected = WGP_WHY_SILENT },
                                        { SEE, 13, "b", .tx = 296 },
                                        { SEE, 14, "b", .tx = 296 },
                                        { MOVES, 14, "c", .expected = WGP_WHY_SILENT },
                                        { SEE, 20, "c", .tx = 444 },
                                        { SEE, 21, "c", .tx = 444 },
                                        { MOVES, 21, "a", .expected = WGP_WHY_SILENT },
                                        { SEE, 27, "a", .tx = 592 },
                                        { SEE, 35, "a", .tx = 740 },
                                        { HEALTH, 35, .expected = WGP_HEALTH_DEAD },
                                        { STAYS, 35 },
                                        { MOVES, 36, "b", .expected = WGP_WHY_SILENT },
                                        { SEE, 42, "b", .tx = 888 },
                                        { SEE, 43, "b", .tx = 888 },
                                        { MOVES, 43, "c", .expected = WGP_WHY_SILENT },
                                        { SEE, 49, "c", .tx = 1036 },
                                        { SEE, 50, "c", .tx = 1036 },
                                        { MOVES, 50, "a", .expected = WGP_WHY_SILENT },
                                        { SEE, 56, "a", .tx = 1184 },
                                        { SEE, 79, "a", .tx = 2000 },
                                        { HEALTH, 79, .expected = WGP_HEALTH_DEAD },
                                        { STAYS, 79 },
                                        { MOVES, 80, "b", .expected = WGP_WHY_SILENT },
                        } },
        { "an address that is new is tried while it waits, and a change of routes ends the wait",
                        {
                                        { SEE, 0, "" },
                                        { ANSWER, 0, "ab", .tx = 600 },
                                        { MOVES, 0, "a", .expected = WGP_WHY_FIRST },
                                        { SEE, 6, "a", .tx = 148 },
                                        { SEE, 7, "a", .tx = 148 },
                                        { MOVES, 7, "b", .expected = WGP_WHY_SILENT },
                                        { SEE, 13, "b", .tx = 296 },
                                        { SEE, 14, "b", .tx = 296 },
                                        { MOVES, 14, "a", .expected = WGP_WHY_SILENT },
                                        { SEE, 20, "a", .tx = 444 },
                                        { SEE, 21, "a", .tx = 592 },
                                        { STAYS, 21 },
                                        { ANSWER, 21, "abc", .tx = 600 },
                                        { MOVES, 21, "c", .expected = WGP_WHY_SILENT },
                                        { SEE, 27, "c", .tx = 740 },
                                        { SEE, 28, "c", .tx = 740 },
                                        { STAYS, 28 },
                                        { RETRY, 28 },
                                        { MOVES, 28, "a", .expected = WGP_WHY_SILENT },
                        } },
        { "the address that was good last is tried first",
                        {
                                        { SEE, 0, "" },
                                        { ANSWER, 0, "abc", .tx = 600 },
                                        { MOVES, 0, "a", .expected = WGP_WHY_FIRST },
                                        { SEE, 15, "c", .tx = 444, .rx = 92, .handshake = 12 },  /* it roamed there */
                                        { SEE, 25, "b", .tx = 900, .rx = 900, .handshake = 12 }, /* and there */
                                        { SEE, 35, "b", .tx = 1900, .rx = 900, .handshake = 12 },
                                        { SEE, 45, "b", .tx = 2900, .rx = 900, .handshake = 12 },
                                        { SEE, 52, "b", .tx = 3900, .rx = 900, .handshake = 12 },
                                        { MOVES, 52, "c", .expected = WGP_WHY_SILENT },
                        } },
        { "a trial does not end while nothing is sent",
                        {
                                        { SEE, 0, "" },
                                        { ANSWER, 0, "ab", .tx = 600 },
                                        { MOVES, 0, "a", .expected = WGP_WHY_FIRST },
                                        { SEE, 6, "a" },
                                        { SEE, 15, "a" },
                                        { STAYS, 15 },
                                        { LOOKS, 15, .tx = 60 },
                                        { SEE, 75, "a", .tx = 148 },
                                        { STAYS, 75 }, /* the answer may be on its way */
                                        { SEE, 85, "a", .tx = 444 },
                                        { MOVES, 85, "b", .expected = WGP_WHY_SILENT },
                        } },
        { "a new answer that lacks the address under trial ends the trial",
                        {
                                        { SEE, 0, "" },
                                        { ANSWER, 0, "a", .tx = 600 },
                                        { MOVES, 0, "a", .expected = WGP_WHY_FIRST },
                                        { ANSWER, 5, "b", .tx = 600 },
                                        { MOVES, 5, "b", .expected = WGP_WHY_GONE },
                        } },
        { "silent for 20 seconds and gone from its name: that is enough",
                        {
                                        { SEE, 0, "" },
                                        { ANSWER, 0, "a", .tx = 600 },
                                        { MOVES, 0, "a", .expected = WGP_WHY_FIRST },
                                        { SEE, 10, "a", .tx = 300, .rx = 300, .handshake = 5 },
                                        { SEE, 20, "a", .tx = 900, .rx = 300, .handshake = 5 },
                                        { SEE, 30, "a", .tx = 1500, .rx = 300, .handshake = 5 },
                                        { ASKS, 30, .expected = 1 },
                                        { ANSWER, 30, "b", .tx = 600 },
                                        { MOVES, 30, "b", .expected = WGP_WHY_GONE },
                        } },
        { "a dead peer asks out of turn, less and less",
                        {
                                        { SEE, 0, "a", .tx = 100, .rx = 100, .handshake = 1 },
                                        { ASKS, 0 },
                                        { ANSWER, 0, "a", .tx = 1800 },
                                        { SEE, 10, "a", .tx = 1000, .rx = 1000, .handshake = 1 },
                                        { SEE, 20, "a", .tx = 2000, .rx = 1000, .handshake = 1 },
                                        { SEE, 30, "a", .tx = 3000, .rx = 1000, .handshake = 1 },
                                        { ASKS, 30, .expected = 1 },
                                        { ANSWER, 30, "a", .tx = 1800 },
                                        { SILENT, 44 },
                                        { ASKS, 45, .expected = 1 },
                                        { ANSWER, 45, "a", .tx = 1800 },
                                        { SILENT, 74 },
                                        { ASKS, 75, .expected = 1 },
                                        { ANSWER, 75, "a", .tx = 1800 },
                                        { SILENT, 134 },
                                        { ASKS, 135, .expected = 1 },
                                        { ANSWER, 135, "a", .tx = 1800 },
                                        { SILENT, 254 },
                                        { ASKS, 255, .expected = 1 },
                                        { ANSWER, 255, "a", .tx = 1800 },
                                        { SILENT, 494 },
                                        { ASKS, 495, .expected = 1 },
                                        { ANSWER, 495, "ab", .tx = 1800 }, /* something has changed */
                                        { ASKS, 505, .expected = 1 },
                        } },
        { "without a route to it, the present address is left, unless the peer is heard all the same",
                        {
                                        { SEE, 0, "" },
                                        { ANSWER, 0, "Ab", .tx = 600 },
                                        { RANK, 0, "b", .tx = WGP_RANK_SECOND },
                                        { MOVES, 0, "A", .expected = WGP_WHY_FIRST },
                                        { SEE, 10, "A", .tx = 300, .rx = 300, .handshake = 5 },
                                        { RANK, 11, "A", .tx = WGP_RANK_NO_ROUTE },
                                        { SEE, 11, "A", .tx = 400, .rx = 400, .handshake = 5 },
                                        { HEALTH, 11, .expected = WGP_HEALTH_FINE },
                                        { STAYS, 11 },
                                        { LOOKS, 11, .tx = 13 },
                                        { SEE, 13, "A", .tx = 400, .rx = 400, .handshake = 5 },
                                        { HEALTH, 13, .expected = WGP_HEALTH_CUT_OFF },
                                        { MOVES, 13, "b", .expected = WGP_WHY_NO_ROUTE },
                        } },
        { "at once, when nothing was heard at the last look",
                        {
                                        { SEE, 0, "" },
                                        { ANSWER, 0, "Ab", .tx = 600 },
                                        { RANK, 0, "b", .tx = WGP_RANK_SECOND },
                                        { MOVES, 0, "A", .expected = WGP_WHY_FIRST },
                                        { SEE, 10, "A", .tx = 300, .rx = 300, .handshake = 5 },
                                        { RANK, 70, "A", .tx = WGP_RANK_NO_ROUTE },
                                        { SEE, 70, "A", .tx = 300, .rx = 300, .handshake = 5 },
                                        { MOVES, 70, "b", .expected = WGP_WHY_NO_ROUTE },
                        } },
        { "without any route it stays",
                        {
                                        { SEE, 0, "" },
                                        { ANSWER, 0, "Ab", .tx = 600 },
                                        { MOVES, 0, "A", .expected = WGP_WHY_FIRST },
                                        { SEE, 10, "A", .tx = 300, .rx = 300, .handshake = 5 },
                                        { RANK, 11, "b", .tx = WGP_RANK_NO_ROUTE },
                                        { RANK, 11, "A", .tx = WGP_RANK_NO_ROUTE },
                                        { STAYS, 11 },
                        } },
        { "of several, the one with the best route is the first",
                        {
                                        { SEE, 0, "" },
                                        { ANSWER, 0, "abC", .tx = 600 },
                                        { RANK, 0, "a", .tx = WGP_RANK_SECOND },
                                        { RANK, 0, "b", .tx = WGP_RANK_SECOND },
                                        { RANK, 0, "C", .tx = WGP_RANK_THIRD },
                                        { MOVES, 0, "a", .expected = WGP_WHY_FIRST },
                        } },
        { "an address without a route is not the first",
                        {
                                        { SEE, 0, "" },
                                        { ANSWER, 0, "Ab", .tx = 600 },
                                        { RANK, 0, "A", .tx = WGP_RANK_NO_ROUTE },
                                        { RANK, 0, "b", .tx = WGP_RANK_SECOND },
                                        { MOVES, 0, "b", .expected = WGP_WHY_FIRST },
                        } },
        { "a peer that the kernel does not have is not touched",
                        {
                                        { ANSWER, 0, "a", .tx = 600 },
                                        { LOSE, 0 },
                                        { HEALTH, 0, .expected = WGP_HEALTH_ABSENT },
                                        { STAYS, 0 },
                                        { LOOKS, 0, .tx = 60 },
                                        { SEE, 60, "" },
                                        { MOVES, 60, "a", .expected = WGP_WHY_FIRST },
                        } },
        { "what leads nowhere is no answer",
                        {
                                        { ASKS, 0 },
                                        { SEE, 0, "" },
                                        { ANSWER, 0, "0156", .tx = 60 },
                                        { STAYS, 0 },
                                        { ASKS, 1 },
                                        { ANSWER, 1, "0a", .tx = 60 },
                                        { MOVES, 1, "a", .expected = WGP_WHY_FIRST },
                                        { SEE, 10, "a", .tx = 300, .rx = 300, .handshake = 5 },
                                        { ANSWER, 71, "0", .tx = 60 },
                                        { ANSWER, 142, "23", .tx = 60 },
                                        { ANSWER, 203, "48", .tx = 60 },
                                        { ANSWER, 264, "79", .tx = 60 },
                                        { STAYS, 264 },
                                        { HEALTH, 264, .expected = WGP_HEALTH_FINE },
                        } },
        { "an answer without the present family is no absence",
                        {
                                        { SEE, 0, "" },
                                        { ANSWER, 0, "Ab", .tx = 60 },
                                        { RANK, 0, "b", .tx = WGP_RANK_SECOND },
                                        { MOVES, 0, "A", .expected = WGP_WHY_FIRST },
                                        { SEE, 10, "A", .tx = 300, .rx = 300, .handshake = 5 },
                                        { ANSWER, 61, "b", .tx = 60 },
                                        { ANSWER, 122, "b", .tx = 60 },
                                        { ANSWER, 183, "b", .tx = 60 },
                                        { STAYS, 183 },
                                        { ANSWER, 244, "Bb", .tx = 60 },
                                        { ANSWER, 305, "Bb", .tx = 60 },
                                        { MOVES, 305, "B", .expected = WGP_WHY_GONE },
                        } },
        { "a live peer that followed a lie comes back, and does not follow it again",
                        {
                                        { SEE, 0, "" },
                                        { ANSWER, 0, "a", .tx = 60 },
                                        { MOVES, 0, "a", .expected = WGP_WHY_FIRST },
                                        { SEE, 10, "a", .tx = 300, .rx = 300, .handshake = 5 },
                                        { ANSWER, 61, "x", .tx = 60 },
                                        { SEE, 120, "a", .tx = 900, .rx = 900, .handshake = 5 },
                                        { ANSWER, 122, "x", .tx = 60 },
                                        { MOVES, 122, "x", .expected = WGP_WHY_GONE },
                                        { SEE, 130, "x", .tx = 2000, .rx = 900, .handshake = 5 },
                                        { HEALTH, 130, .expected = WGP_HEALTH_TRYING },
                                        { SEE, 140, "x", .tx = 3000, .rx = 900, .handshake = 5 },
                                        { SEE, 147, "x", .tx = 4000, .rx = 900, .handshake = 5 },
                                        { MOVES, 147, "a", .expected = WGP_WHY_SILENT },
                                        { ANSWER, 183, "x", .tx = 60 },
                                        { STAYS, 183 },
                                        { SEE, 184, "a", .tx = 5000, .rx = 1900, .handshake = 150 },
                                        { ANSWER, 244, "x", .tx = 60 },
                                        { STAYS, 244 },
                                        { ANSWER, 305, "xy", .tx = 60 }, /* another one */
                                        { MOVES, 305, "y", .expected = WGP_WHY_GONE },
                        } },
        { "without a session 7 seconds are enough for a lie",
                        {
                                        { SEE, 0, "" },
                                        { ANSWER, 0, "a", .tx = 60 },
                                        { MOVES, 0, "a", .expected = WGP_WHY_FIRST },
                                        { SEE, 10, "a", .tx = 300, .rx = 300, .handshake = 5 },
                                        { ANSWER, 1000, "x", .tx = 60 },
                                        { SEE, 1100, "a", .tx = 300, .rx = 300, .handshake = 5 },
                                        { ANSWER, 1100, "x", .tx = 60 },
                                        { MOVES, 1100, "x", .expected = WGP_WHY_GONE },
                                        { SEE, 1106, "x", .tx = 596, .rx = 300, .handshake = 5 },
                                        { SEE, 1107, "x", .tx = 596, .rx = 300, .handshake = 5 },
                                        { MOVES, 1107, "a", .expected = WGP_WHY_SILENT },
                        } },
        { "hours of sleep are no silence",
                        {
                                        { SEE, 0, "a", .tx = 100, .rx = 100, .handshake = 1 },
                                        { ANSWER, 0, "ab", .tx = 1800 },
                                        { SEE, 10, "a", .tx = 1000, .rx = 1000, .handshake = 1 },
                                        { SEE, 20, "a", .tx = 2000, .rx = 1000, .handshake = 1 },
                                        { RESUME, 28800 },
                                        { SEE, 28800, "a", .tx = 2100, .rx = 1000, .handshake = 1 },
                                        { HEALTH, 28800, .expected = WGP_HEALTH_FINE },
                                        { STAYS, 28800 },
                                        { SEE, 28810, "a", .tx = 2100 + 148, .rx = 1000, .handshake = 1 },
                                        { HEALTH, 28810, .expected = WGP_HEALTH_FINE },
                                        { SEE, 28820, "a", .tx = 2600, .rx = 2000, .handshake = 28811 },
                                        { HEALTH, 28820, .expected = WGP_HEALTH_FINE },
                        } },
        { "nor is half a minute of it in the midst of a trial",
                        {
                                        { SEE, 0, "" },
                                        { ANSWER, 0, "ab", .tx = 600 },
                                        { MOVES, 0, "a", .expected = WGP_WHY_FIRST },
                                        { SEE, 6, "a", .tx = 148 },
                                        { RESUME, 36 },
                                        { SEE, 36, "a", .tx = 296 },
                                        { HEALTH, 36, .expected = WGP_HEALTH_TRYING },
                                        { STAYS, 36 },
                                        { SEE, 42, "a", .tx = 444 },
                                        { STAYS, 42 },
                                        { LOOKS, 42, .tx = 43 },
                                        { SEE, 43, "a", .tx = 444 },
                                        { MOVES, 43, "b", .expected = WGP_WHY_SILENT },
                        } },
        { "nor is it when nobody says that the machine slept",
                        {
                                        { SEE, 0, "a", .tx = 100, .rx = 100, .handshake = 1 },
                                        { SEE, 10, "a", .tx = 1000, .rx = 1000, .handshake = 1 },
                                        { SEE, 20, "a", .tx = 2000, .rx = 1000, .handshake = 1 },
                                        { SEE, 28800, "a", .tx = 2100, .rx = 1000, .handshake = 1 },
                                        { HEALTH, 28800, .expected = WGP_HEALTH_FINE },
                        } },
        { "a path that carries their packets and not ours is dead when the session is over",
                        {
                                        { ANSWER, 0, "ab", .tx = 1800 },
                                        { SEE, 0, "a", .tx = 100, .rx = 100, .handshake = 1 },
                                        { SEE, 10, "a", .tx = 1000, .rx = 1000, .handshake = 8 },
                                        { SEE, 100, "a", .tx = 9000, .rx = 9000, .handshake = 8 },
                                        { SEE, 180, "a", .tx = 17000, .rx = 17000, .handshake = 8 },
                                        { SEE, 190, "a", .tx = 17600, .rx = 17148, .handshake = 8 },
                                        { HEALTH, 190, .expected = WGP_HEALTH_FINE },
                                        { SEE, 200, "a", .tx = 17900, .rx = 17444, .handshake = 8 },
                                        { HEALTH, 200, .expected = WGP_HEALTH_DEAD },
                                        { MOVES, 200, "b", .expected = WGP_WHY_SILENT },
                                        { SEE, 206, "b", .tx = 18200, .rx = 17592, .handshake = 8 },
                                        { HEALTH, 206, .expected = WGP_HEALTH_TRYING }, /* what it receives there is no
                                                                                           answer */
                                        { SEE, 207, "b", .tx = 18200, .rx = 17592, .handshake = 206 },
                                        { HEALTH, 207, .expected = WGP_HEALTH_FINE },
                        } },
        { "and before that, when the peer's own attempts are all that comes",
                        {
                                        { ANSWER, 0, "ab", .tx = 1800 },
                                        { SEE, 0, "a", .tx = 100, .rx = 100, .handshake = 1 },
                                        { SEE, 10, "a", .tx = 1000, .rx = 1000, .handshake = 8 },
                                        { SEE, 20, "a", .tx = 2000, .rx = 1000 + 148, .handshake = 8 },
                                        { SEE, 30, "a", .tx = 3000, .rx = 1000 + 3 * 148, .handshake = 8 },
                                        { HEALTH, 30, .expected = WGP_HEALTH_SUSPECT },
                                        { SEE, 37, "a", .tx = 4000, .rx = 1000 + 5 * 148, .handshake = 8 },
                                        { MOVES, 37, "b", .expected = WGP_WHY_SILENT },
                        } },
        { "which are no more than one in five seconds",
                        {
                                        { SEE, 0, "a", .tx = 100, .rx = 100, .handshake = 1 },
                                        { SEE, 10, "a", .tx = 1000, .rx = 1000, .handshake = 8 },
                                        { SEE, 20, "a", .tx = 2000, .rx = 1000 + 4 * 148, .handshake = 8 },
                                        { SEE, 37, "a", .tx = 3000, .rx = 1000 + 4 * 148, .handshake = 8 },
                                        { HEALTH, 37, .expected = WGP_HEALTH_FINE },
                        } },
        { "the last good address is the first after a boot, DNS or no DNS",
                        {
                                        { GOOD, 0, "g" }, { SEE, 0, "" }, { MOVES, 0, "g", .expected = WGP_WHY_FIRST },
                                        { FAIL, 0 }, { STAYS, 0 },
                                        { SEE, 6, "g", .tx = 148, .rx = 92, .handshake = 2 },
                                        { ANSWER, 10, "a", .tx = 60 }, { STAYS, 10 }, /* it works there */
                        } },
        { "and is left when it does not answer there",
                        {
                                        { GOOD, 0, "g" },
                                        { SEE, 0, "" },
                                        { MOVES, 0, "g", .expected = WGP_WHY_FIRST },
                                        { SEE, 6, "g", .tx = 148 },
                                        { ANSWER, 6, "a", .tx = 60 },
                                        { SEE, 15, "g", .tx = 444 },
                                        { MOVES, 15, "a", .expected = WGP_WHY_SILENT },
                        } },
        { "an endpoint that is an address is gone back to when a roamed peer dies",
                        {
                                        { LITERAL, 0, "a" },
                                        { SEE, 0, "a", .tx = 100, .rx = 100, .handshake = 1 },
                                        { SEE, 10, "z", .tx = 1000, .rx = 1000, .handshake = 1 },
                                        { STAYS, 10 },
                                        { SEE, 20, "z", .tx = 2000, .rx = 1000, .handshake = 1 },
                                        { SEE, 30, "z", .tx = 3000, .rx = 1000, .handshake = 1 },
                                        { SEE, 37, "z", .tx = 4000, .rx = 1000, .handshake = 1 },
                                        { MOVES, 37, "a", .expected = WGP_WHY_SILENT },
                        } },
        { "an alternate endpoint: after all addresses of the one before it",
                        {
                                        { LITERAL, 0, "e", .expected = 1 }, { SEE, 0, "" },
                                        { STAYS, 0 }, /* the first may still be answered */
                                        { ANSWER, 1, "aB", .tx = 600 }, { RANK, 1, "a", .tx = WGP_RANK_SECOND },
                                        { RANK, 1, "e", .tx = WGP_RANK_FIRST },
                                        { MOVES, 1, "B", .expected = WGP_WHY_FIRST }, { SEE, 7, "B", .tx = 148 },
                                        { SEE, 8, "B", .tx = 148 }, { MOVES, 8, "a", .expected = WGP_WHY_SILENT },
                                        { SEE, 14, "a", .tx = 296 }, { SEE, 15, "a", .tx = 296 },
                                        { MOVES, 15, "e", .expected = WGP_WHY_SILENT },
                                        { SEE, 20, "e", .tx = 444, .rx = 92, .handshake = 17 },
                                        { ANSWER, 615, "aB", .tx = 600 }, { STAYS, 615 }, /* it works there */
                        } },
        { "at once, when the first cannot be resolved",
                        {
                                        { LITERAL, 0, "e", .expected = 1 },
                                        { SEE, 0, "" },
                                        { FAIL, 1 },
                                        { MOVES, 1, "e", .expected = WGP_WHY_FIRST },
                        } },
        { "after five seconds, when the first is not answered",
                        {
                                        { LITERAL, 0, "e", .expected = 1 },
                                        { SEE, 0, "" },
                                        { STAYS, 4 },
                                        { MOVES, 5, "e", .expected = WGP_WHY_FIRST },
                        } },
        { "an address that one endpoint has lost and another has stays",
                        {
                                        { ANSWER, 0, "a", .tx = 60 },
                                        { ANSWER_2, 0, "ab", .tx = 60 },
                                        { SEE, 0, "" },
                                        { MOVES, 0, "a", .expected = WGP_WHY_FIRST },
                                        { SEE, 10, "a", .tx = 300, .rx = 300, .handshake = 5 },
                                        { ANSWER, 61, "c", .tx = 60 },
                                        { ANSWER, 122, "c", .tx = 60 },
                                        { STAYS, 122 },
                                        { ANSWER_2, 123, "b", .tx = 60 },
                                        { STAYS, 123 },
                                        { ANSWER_2, 184, "b", .tx = 60 },
                                        { MOVES, 184, "c", .expected = WGP_WHY_GONE },
                        } },
        { "from a network with IPv4 to one with NAT64, and back",
                        {
                                        { SEE, 0, "" },
                                        { ANSWER, 0, "a", .tx = 300 },
                                        { MOVES, 0, "a", .expected = WGP_WHY_FIRST },
                                        { SEE, 10, "a", .tx = 300, .rx = 300, .handshake = 5 },
                                        { RANK, 20, "a", .tx = WGP_RANK_NO_ROUTE },
                                        { SEE, 20, "a", .tx = 300, .rx = 300, .handshake = 5 },
                                        { STAYS, 20 },
                                        { ANSWER, 21, "aN", .tx = 300 },
                                        { MOVES, 21, "N", .expected = WGP_WHY_NO_ROUTE },
                                        { SEE, 30, "N", .tx = 900, .rx = 900, .handshake = 25 },
                                        { RANK, 40, "N", .tx = WGP_RANK_NO_ROUTE },
                                        { RANK, 40, "a", .tx = WGP_RANK_SECOND },
                                        { SEE, 40, "N", .tx = 900, .rx = 900, .handshake = 25 },
                                        { ANSWER, 41, "a", .tx = 300 },
                                        { MOVES, 41, "a", .expected = WGP_WHY_NO_ROUTE },
                        } },
        { "counters that went back are those of a new peer",
                        {
                                        { SEE, 0, "a", .tx = 9000, .rx = 9000, .handshake = 1 },
                                        { SEE, 10, "a", .tx = 148, .rx = 0 },
                                        { HEALTH, 10, .expected = WGP_HEALTH_FINE },
                                        { SEE, 20, "a", .tx = 296, .rx = 0 },
                                        { HEALTH, 20, .expected = WGP_HEALTH_FINE },
                                        { SEE, 30, "a", .tx = 592, .rx = 0 },
                                        { HEALTH, 30, .expected = WGP_HEALTH_DEAD },
                        } },
};

/* One peer, with an endpoint, which is a name, and perhaps one more behind it. */
typedef struct Fixture {
        WgpName *name;
        WgpAnswers answers[N_ENDPOINTS];
        WgpAnswers *pointers[N_ENDPOINTS];
        WgpRemote remote;
} Fixture;

static void fixture_init(Fixture *f, uint64_t refresh_usec) {
        *f = (Fixture) { .name = wgp_name_new("host.example.org", START * WGP_SECOND) };
        cr_assert(f->name);
        wgp_name_set_refresh(f->name, refresh_usec);
        for (size_t i = 0; i < N_ENDPOINTS; i++) {
                wgp_answers_init(f->answers + i, "host.example.org", START * WGP_SECOND);
                f->pointers[i] = f->answers + i;
        }
        f->remote.answers = f->pointers;
        f->remote.n_answers = 1;
}

static void fixture_done(Fixture *f) {
        wgp_remote_done(&f->remote);
        for (size_t i = 0; i < N_ENDPOINTS; i++)
                wgp_answers_done(f->answers + i);
        wgp_name_free(f->name);
}

static void see(Fixture *f, const Step *s, uint64_t now) {
        WgpPeerFacts facts = {
                .address = address_of(s->addresses[0]),
                .tx_bytes = s->tx,
                .rx_bytes = s->rx,
                .handshake = s->handshake,
                .handshake_age_usec =
                                s->handshake > 0 && s->handshake < s->at ? (s->at - s->handshake) * WGP_SECOND : 0,
                .keepalive = (uint16_t) s->expected,
        };

        wgp_remote_observe(&f->remote, now, &facts);
}

static void fail(Fixture *f, uint64_t now) {
        wgp_name_failed(f->name, now, /* random= */ 0);
        wgp_answers_fail(f->answers);
}

/* As the manager does it: an answer without an address where a peer can be is none. */
static void answer(Fixture *f, const Step *s, uint64_t now) {
        WgpSockaddr addresses[8];
        WgpAnswer a = { .addresses = addresses, .n_addresses = strlen(s->addresses), .ttl_usec = s->tx * WGP_SECOND };
        uint64_t apart_usec = f->name->interval_usec;
        int r;

        for (size_t i = 0; i < a.n_addresses; i++)
                addresses[i] = address_of(s->addresses[i]);
        if (s->type == ANSWER_2)
                f->remote.n_answers = 2;
        r = wgp_answers_take(f->answers + (s->type == ANSWER_2), now, &a, s->type == ANSWER_2 ? 0 : apart_usec);
        if (r == -EADDRNOTAVAIL) {
                fail(f, now);
                return;
        }
        cr_assert_eq(r, 0);
        if (s->type == ANSWER)
                wgp_name_answered(f->name, now, &a);
        cr_assert_eq(wgp_remote_update(&f->remote), 0);
}

static void set_literal(Fixture *f, const Step *s) {
        WgpSockaddr address = address_of(s->addresses[0]);
        size_t i = s->expected; /* which endpoint */

        f->remote.n_answers = WGP_MAX(f->remote.n_answers, i + 1);
        cr_assert_eq(wgp_answers_init_constant(f->answers + i, &address), 0);
        cr_assert_eq(wgp_remote_update(&f->remote), 0);
}

static void rank(Fixture *f, const Step *s) {
        WgpSockaddr address = address_of(s->addresses[0]);
        WgpTarget *target = wgp_remote_find(&f->remote, &address);

        cr_assert(target);
        target->rank = (WgpRank) s->tx;
        if (wgp_sockaddr_equal(&f->remote.sight.facts.address, &address))
                f->remote.sight.rank = target->rank;
}

static void restore_good(Fixture *f, const Step *s) {
        WgpSockaddr address = address_of(s->addresses[0]);

        cr_assert_eq(wgp_remote_restore_good(&f->remote, &address), 0);
}

static void expect_move(Fixture *f, const Step *s, uint64_t now, const WgpDecision *d, const char *where) {
        WgpSockaddr address;

        cr_expect(d->move, "%s: no move, %s", where, wgp_health_text(d->health));
        if (!d->move)
                return;
        address = d->move->address;
        cr_expect_eq(letter_of(&address), s->addresses[0], "%s: to %c", where, letter_of(&address));
        cr_expect_eq(d->why, s->expected, "%s: %s", where, wgp_why_text(d->why));
        wgp_remote_moved(&f->remote, now, &address, d->why);
}

static void expect(Fixture *f, const Step *s, uint64_t now, const char *where) {
        WgpDecision d = wgp_remote_decide(&f->remote, now);
        uint64_t ask_usec;

        wgp_name_set_troubled(f->name, d.troubled);
        ask_usec = wgp_name_next(f->name);
        switch (s->type) {
        case MOVES:
                expect_move(f, s, now, &d, where);
                break;
        case STAYS:
                cr_expect_null(d.move, "%s: to %c", where, d.move ? letter_of(&d.move->address) : 0);
                break;
        case ASKS:
                cr_expect_leq(ask_usec, now, "%s: not before %g", where, (double) ask_usec / WGP_SECOND - START);
                cr_expect_eq(wgp_name_is_fresh(f->name, now), s->expected, "%s: %s", where, wgp_health_text(d.health));
                wgp_name_asked(f->name, now);
                break;
        case SILENT:
                cr_expect_gt(ask_usec, now, "%s: asks", where);
                break;
        case LOOKS:
                cr_expect_eq(d.observe_usec, f->remote.sight.observed ? (START + s->tx) * WGP_SECOND : 0, "%s: at %g",
                                where, (double) d.observe_usec / WGP_SECOND - START);
                break;
        default:
                cr_expect_eq(d.health, s->expected, "%s: %s", where, wgp_health_text(d.health));
        }
}

static void run(Fixture *f, const Step *s, const char *where) {
        uint64_t now = (START + s->at) * WGP_SECOND;

        switch (s->type) {
        case SEE:
                see(f, s, now);
                break;
        case LOSE:
                wgp_remote_observe(&f->remote, now, NULL);
                break;
        case RESUME:
                wgp_sight_resume(&f->remote.sight, now);
                break;
        case GOOD:
                restore_good(f, s);
                break;
        case RETRY:
                wgp_remote_retry(&f->remote);
                break;
        case LITERAL:
                set_literal(f, s);
                break;
        case INHERIT:
                f->remote.moves.inherited = true;
                break;
        case ANSWER:
        case ANSWER_2:
                answer(f, s, now);
                break;
        case FAIL:
                fail(f, now);
                break;
        case POKE:
                wgp_name_poke(f->name, s->expected);
                break;
        case RANK:
                rank(f, s);
                break;
        default:
                expect(f, s, now, where);
        }
}

Test(endpoint, stories) {
        for (size_t i = 0; i < WGP_ARRAY_SIZE(stories); i++) {
                Fixture f;

                fixture_init(&f, /* refresh_usec= */ 0);
                for (size_t j = 0; j < STEPS_MAX && stories[i].steps[j].type != END; j++) {
                        char where[200];

                        snprintf(where, sizeof(where), "'%s', step %zu", stories[i].name, j);
                        run(&f, stories[i].steps + j, where);
                }
                fixture_done(&f);
        }
}

/* An address that was set before the resolver was started again: ours still, though no answer had it yet. */
Test(endpoint, remembered) {
        WgpSockaddr a = address_of('a'), b = address_of('b');
        WgpPeerFacts facts = { .address = a, .tx_bytes = 100, .rx_bytes = 100, .handshake = 1 };
        WgpAnswer answer_b = { .addresses = &b, .n_addresses = 1, .ttl_usec = 60 * WGP_SECOND };
        Fixture f;

        fixture_init(&f, 0);
        f.remote.moves.ours = a;
        cr_assert_eq(wgp_answers_remember(f.answers, &a), 0);
        wgp_remote_update(&f.remote);
        wgp_remote_observe(&f.remote, WGP_SECOND, &facts);
        wgp_answers_take(f.answers, 2 * WGP_SECOND, &answer_b, 0);
        wgp_remote_update(&f.remote);
        cr_expect_null(wgp_remote_decide(&f.remote, 2 * WGP_SECOND).move);
        wgp_answers_take(f.answers, 63 * WGP_SECOND, &answer_b, WGP_SECONDS(60));
        wgp_remote_update(&f.remote);
        cr_expect_eq(wgp_remote_decide(&f.remote, 63 * WGP_SECOND).why, WGP_WHY_GONE);
        fixture_done(&f);
}

/* Names with more addresses than are kept: bounded, and the present one is never forgotten. */
Test(endpoint, many_addresses) {
        Fixture f;

        fixture_init(&f, 0);
        for (unsigned i = 0; i < 500; i++) {
                WgpSockaddr addresses[50];
                uint64_t now = (1 + i * 61) * WGP_SECOND;

                for (unsigned j = 0; j < WGP_ARRAY_SIZE(addresses); j++)
                        addresses[j].in = (struct sockaddr_in) { .sin_family = AF_INET,
                                .sin_addr.s_addr = htonl(0xcb000000 + i * 7 + j) };
                cr_expect_eq(wgp_answers_take(f.answers, now, &(WgpAnswer) { addresses, 50, 60 * WGP_SECOND },
                                             WGP_SECONDS(60)),
                                0);
                cr_expect_eq(wgp_remote_update(&f.remote), 0);
                if (i == 0)
                        wgp_remote_moved(&f.remote, now, &addresses[3], WGP_WHY_FIRST);
                f.remote.sight.facts.address = address_of('a');
                f.remote.sight.facts.address.in =
                                (struct sockaddr_in) { .sin_family = AF_INET, .sin_addr.s_addr = htonl(0xcb000003) };
                cr_expect_leq(f.answers[0].n_listings, 2 * WGP_LISTINGS_MAX);
                cr_expect_leq(f.remote.moves.n_targets, WGP_LISTINGS_MAX + WGP_TARGETS_GOOD_MAX + 1);
                cr_expect(wgp_remote_find(&f.remote, &f.remote.sight.facts.address), "answer %u", i);
        }
        fixture_done(&f);
}

Test(endpoint, names_of_this_machine) {
        static const struct {
                const char *host;
                bool here;
        } cases[] = {
                { "localhost", true },
                { "LocalHost", true },
                { "relay.localhost.", true },
                { "localhost.example.org", false },
                { "notlocalhost", false },
                { "host.example.org", false },
        };

        for (size_t i = 0; i < WGP_ARRAY_SIZE(cases); i++) {
                WgpSockaddr loopback = address_of('1');
                WgpAnswers a;

                wgp_answers_init(&a, cases[i].host, 0);
                cr_expect_eq(wgp_answers_take(&a, 1, &(WgpAnswer) { &loopback, 1, 0 }, 0),
                                cases[i].here ? 0 : -EADDRNOTAVAIL, "case '%s'", cases[i].host);
                wgp_answers_done(&a);
        }
}

/* The count of absences that is needed grows where addresses take turns, and not for ever. */
Test(endpoint, absences_needed) {
        static const struct {
                const char *name, *answers; /* one a minute */
                unsigned needed_max, n;     /* after all of them; how often the last is repeated first */
        } cases[] = {
                { "a steady name", "aaaa", 2, 0 },
                { "a move", "aabbbb", 2, 0 },
                { "a move and back", "aabbbbbbbbbbaaaa", 2, 0 },
                { "a glitch", "aabaaa", 2, 0 },
                { "a move and back, after a long time", "aabaaa", 2, 200 },
                { "two that take turns", "abababab", 4, 0 },
                { "they did once", "ababababb", 2, 40 },
        };

        for (size_t i = 0; i < WGP_ARRAY_SIZE(cases); i++) {
                size_t n = strlen(cases[i].answers);
                WgpAnswers a;

                wgp_answers_init(&a, "host.example.org", 0);
                for (unsigned j = 0; j < n + cases[i].n; j++) {
                        WgpSockaddr address = address_of(cases[i].answers[j < n ? j : n - 1]);

                        wgp_answers_take(&a, (j + 1) * WGP_SECONDS(60), &(WgpAnswer) { &address, 1, 0 },
                                        WGP_SECONDS(60));
                }
                cr_expect_leq(a.absences_needed, cases[i].needed_max, "case '%s': %u", cases[i].name,
                                a.absences_needed);
                wgp_answers_done(&a);
        }
}

Test(endpoint, usable_addresses) {
        for (size_t i = 0; i < WGP_ARRAY_SIZE(liars); i++) {
                WgpSockaddr address = address_of((char) ('0' + i));

                cr_expect_not(wgp_sockaddr_is_usable(&address), "%s", liars[i]);
        }
        for (const char *c = "azAZ"; *c; c++) {
                WgpSockaddr address = address_of(*c);

                cr_expect(wgp_sockaddr_is_usable(&address), "%c", *c);
        }
}

Test(endpoint, rank) {
        static const struct {
                const char *name, *destination, *source; /* source NULL: no route */
                WgpRank rank;
        } cases[] = {
                { "IPv4", "203.0.113.1", "192.168.1.2", WGP_RANK_SECOND },
                { "IPv4 without a route", "203.0.113.1", NULL, WGP_RANK_NO_ROUTE },
                { "IPv6", "2001:db8::1", "2001:db8:1::2", WGP_RANK_FIRST },
                { "IPv6 without a route", "2001:db8::1", NULL, WGP_RANK_NO_ROUTE },
                { "IPv6 from a unique local address", "2001:db8::1", "fd00::2", WGP_RANK_THIRD },
                { "between unique local addresses", "fd00::1", "fd00::2", WGP_RANK_FIRST },
                { "IPv6 from a link-local address", "2001:db8::1", "fe80::2", WGP_RANK_THIRD },
                { "between link-local addresses", "fe80::1", "fe80::2", WGP_RANK_FIRST },
        };

        for (size_t i = 0; i < WGP_ARRAY_SIZE(cases); i++) {
                WgpPrefix destination, source = {};

                cr_assert_eq(wgp_address_parse(cases[i].destination, &destination), 0);
                if (cases[i].source)
                        cr_assert_eq(wgp_address_parse(cases[i].source, &source), 0);
                cr_expect_eq(wgp_rank(&destination, &source), cases[i].rank, "case '%s'", cases[i].name);
        }
}
