/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Each case is a short story: what the kernel and DNS say, second by second, and what should follow. */
#include <arpa/inet.h>
#include <criterion/criterion.h>
#include <stdio.h>

#include "core/value.h"
#include "resolver/name.h"

enum {
        START = 6000, /* seconds on the clock when a story begins */
        STEPS_MAX = 26,
};

typedef enum StepType {
        END,
        SEE,     /* the kernel's peer: endpoint, tx, rx and handshake */
        LOSE,    /* the kernel has no such peer */
        INHERIT, /* the profile had another endpoint before */
        ANSWER,  /* DNS: these addresses, with that TTL */
        FAIL,    /* DNS: none */
        POKE,    /* something changed */
        RANK,    /* what the route to an address is like */
        MOVES,   /* expected: to this address, for that reason; done */
        STAYS,   /* expected: no move */
        ASKS,    /* expected: a question, now; asked */
        SILENT,  /* expected: no question, now */
        LOOKS,   /* expected: a look at the kernel at that second */
        HEALTH,  /* expected */
} StepType;

/* Addresses are letters: "a" to "z" are IPv4, "A" to "Z" IPv6. */
typedef struct Step {
        StepType type;
        unsigned at; /* seconds since the start */
        const char *addresses;
        uint64_t tx, rx; /* bytes; ANSWER: tx is the TTL; RANK: tx is it; LOOKS: tx is the second */
        unsigned handshake; /* second of the last one, since the start; 0: never */
        unsigned expected;  /* WgpWhy or WgpHealth; ASKS: 1 for past all caches; SEE: keepalive */
} Step;

static WgpSockaddr address_of(char letter) {
        WgpSockaddr s = {};

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
        { "a new tunnel gets the first address at once, and the next answer after the TTL", {
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
        { "nothing is set before the kernel was looked at", {
                { ASKS, 0 },
                { ANSWER, 1, "a", .tx = 60 },
                { HEALTH, 1, .expected = WGP_HEALTH_UNKNOWN },
                { STAYS, 1 },
                { LOOKS, 1, .tx = 0 },
        } },
        { "a TTL is no less than a minute and no more than the refresh interval", {
                { ASKS, 0 },
                { ANSWER, 0, "a", .tx = 0 },
                { SILENT, 60 },
                { ASKS, 61 },
                { ANSWER, 61, "a", .tx = 86400 },
                { SILENT, 61 + 1800 },
                { ASKS, 61 + 1801 },
        } },
        { "failures are tried again after 1, 2, 4... 60 seconds", {
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
        { "a change ends the waiting", {
                { ASKS, 0 },
                { FAIL, 0 },
                { ASKS, 1 },
                { FAIL, 1 },
                { SILENT, 2 },
                { POKE, 2 },
                { ASKS, 2 },
                { FAIL, 2 },
                { SILENT, 2 },
                { ASKS, 3 },
        } },
        { "caches are passed by when somebody asks for that, until there is an answer; it is no sign of trouble", {
                { ASKS, 0 },
                { ANSWER, 0, "a", .tx = 300 },
                { POKE, 10, .expected = 1 },
                { ASKS, 10, .expected = 1 },
                { FAIL, 10 },
                { ASKS, 11, .expected = 1 },
                { ANSWER, 11, "a", .tx = 300 },
                { POKE, 20 }, /* an answer holds for ten seconds */
                { SILENT, 20 },
                { ASKS, 21 },
        } },
        { "a failure does not take a working address away", {
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
        { "a peer that works stays, whatever the order of the answers", {
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
        { "a peer that works follows its name after two answers, a TTL apart", {
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
        { "an address that returns shows that the answers rotate", {
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
        { "a roamed peer that works is left alone", {
                { SEE, 0, "" },
                { ANSWER, 0, "a", .tx = 60 },
                { MOVES, 0, "a", .expected = WGP_WHY_FIRST },
                { SEE, 10, "z", .tx = 300, .rx = 300, .handshake = 5 },
                { ANSWER, 61, "b", .tx = 60 },
                { ANSWER, 122, "b", .tx = 60 },
                { ANSWER, 183, "b", .tx = 60 },
                { STAYS, 183 },
        } },
        { "an address that somebody else set is left alone, too", {
                { SEE, 0, "z", .tx = 300, .rx = 300, .handshake = 1 },
                { ANSWER, 0, "a", .tx = 60 },
                { STAYS, 0 },
                { ANSWER, 61, "a", .tx = 60 },
                { ANSWER, 122, "a", .tx = 60 },
                { STAYS, 122 },
        } },
        { "but not that of the endpoint that the profile had before: it is left for any of the new one", {
                { INHERIT },
                { SEE, 0, "z", .tx = 300, .rx = 300, .handshake = 1 },
                { STAYS, 0 },
                { FAIL, 0 },
                { STAYS, 0 },
                { SEE, 10, "z", .tx = 600, .rx = 600, .handshake = 1 },
                { HEALTH, 10, .expected = WGP_HEALTH_FINE },
                { ANSWER, 10, "ab", .tx = 60 },
                { MOVES, 10, "a", .expected = WGP_WHY_REPLACED },
                { SEE, 16, "a", .tx = 600, .rx = 600, .handshake = 1 }, /* nothing was heard yet */
                { SEE, 20, "z", .tx = 900, .rx = 900, .handshake = 1 }, /* a packet was under way */
                { MOVES, 20, "a", .expected = WGP_WHY_REPLACED },
                { SEE, 30, "a", .tx = 999, .rx = 999, .handshake = 1 },
                { SEE, 40, "z", .tx = 2000, .rx = 2000, .handshake = 1 }, /* that is its own doing */
                { ANSWER, 71, "a", .tx = 60 },
                { STAYS, 71 },
        } },
        { "an old server that keeps calling back has its way in the end", {
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
        { "the old endpoint may roam meanwhile", {
                { INHERIT },
                { SEE, 0, "z", .tx = 300, .rx = 300, .handshake = 1 },
                { SEE, 10, "y", .tx = 600, .rx = 600, .handshake = 1 },
                { ANSWER, 10, "a", .tx = 60 },
                { MOVES, 10, "a", .expected = WGP_WHY_REPLACED },
        } },
        { "a new name with the old address: left only when the name has lost it", {
                { INHERIT },
                { SEE, 0, "a", .tx = 300, .rx = 300, .handshake = 1 },
                { ANSWER, 0, "ba", .tx = 60 },
                { STAYS, 0 },
                { ANSWER, 61, "b", .tx = 60 },
                { STAYS, 61 },
                { ANSWER, 122, "b", .tx = 60 },
                { MOVES, 122, "b", .expected = WGP_WHY_GONE },
        } },
        { "likewise when the answer came before the look", {
                { INHERIT },
                { ANSWER, 0, "ba", .tx = 60 },
                { SEE, 1, "a", .tx = 300, .rx = 300, .handshake = 1 },
                { STAYS, 1 },
                { SEE, 10, "z", .tx = 600, .rx = 600, .handshake = 1 }, /* it has roamed */
                { ANSWER, 61, "b", .tx = 60 },
                { STAYS, 61 },
        } },
        { "a peer without an address has inherited none", {
                { INHERIT },
                { SEE, 0, "" },
                { SEE, 10, "z", .tx = 300, .rx = 300, .handshake = 1 },
                { ANSWER, 10, "a", .tx = 60 },
                { STAYS, 10 },
        } },
        { "the new endpoint has no route yet", {
                { INHERIT },
                { SEE, 0, "z", .tx = 300, .rx = 300, .handshake = 1 },
                { ANSWER, 0, "a", .tx = 60 },
                { RANK, 0, "a", .tx = WGP_RANK_NO_ROUTE },
                { STAYS, 0 },
                { RANK, 5, "a", .tx = WGP_RANK_SECOND },
                { MOVES, 5, "a", .expected = WGP_WHY_REPLACED },
        } },
        { "also at an address that the name once had", {
                { SEE, 0, "" },
                { ANSWER, 0, "ab", .tx = 60 },
                { MOVES, 0, "a", .expected = WGP_WHY_FIRST },
                { SEE, 10, "b", .tx = 300, .rx = 300, .handshake = 5 },
                { ANSWER, 61, "a", .tx = 60 },
                { ANSWER, 122, "a", .tx = 60 },
                { ANSWER, 183, "a", .tx = 60 },
                { STAYS, 183 },
        } },
        { "of a name whose answers rotate, silence for 20 seconds is not enough", {
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
        { "a roamed peer that died comes back to its name", {
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
        { "silence: suspect after 20 seconds, dead after 27, and looked at just then", {
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
        { "a burst just before a look has its time to be answered", {
                { SEE, 0, "a", .tx = 100, .rx = 100, .handshake = 1 },
                { SEE, 60, "a", .tx = 100, .rx = 100, .handshake = 1 },
                { SEE, 120, "a", .tx = 5000, .rx = 100, .handshake = 1 },
                { HEALTH, 120, .expected = WGP_HEALTH_FINE },
                { LOOKS, 120, .tx = 130 },
                { SEE, 130, "a", .tx = 5000, .rx = 132, .handshake = 1 },
                { HEALTH, 130, .expected = WGP_HEALTH_FINE },
        } },
        { "keepalives need no answer", {
                { SEE, 0, "a", .tx = 100, .rx = 100, .handshake = 1, .expected = 25 },
                { SEE, 60, "a", .tx = 164, .rx = 100, .handshake = 1, .expected = 25 },
                { SEE, 120, "a", .tx = 260, .rx = 100, .handshake = 1, .expected = 25 },
                { SEE, 170, "a", .tx = 324, .rx = 100, .handshake = 1, .expected = 25 },
                { HEALTH, 170, .expected = WGP_HEALTH_FINE },
                { LOOKS, 170, .tx = 180 },
        } },
        { "but a handshake that is over and two attempts at a new one do", {
                { SEE, 0, "a", .tx = 100, .rx = 100, .handshake = 1, .expected = 25 },
                { SEE, 61, "a", .tx = 164, .rx = 100, .handshake = 1, .expected = 25 },
                { SEE, 121, "a", .tx = 228, .rx = 100, .handshake = 1, .expected = 25 },
                { SEE, 181, "a", .tx = 228 + 148, .rx = 100, .handshake = 1, .expected = 25 },
                { HEALTH, 181, .expected = WGP_HEALTH_FINE },
                { SEE, 191, "a", .tx = 228 + 3 * 148, .rx = 100, .handshake = 1, .expected = 25 },
                { HEALTH, 191, .expected = WGP_HEALTH_DEAD },
        } },
        { "an idle peer is not dead", {
                { SEE, 0, "a", .tx = 100, .rx = 100, .handshake = 1 },
                { SEE, 60, "a", .tx = 100, .rx = 100, .handshake = 1 },
                { SEE, 3600, "a", .tx = 100, .rx = 100, .handshake = 1 },
                { HEALTH, 3600, .expected = WGP_HEALTH_FINE },
                { LOOKS, 3600, .tx = 3660 },
        } },
        { "an idle peer that begins to send in vain is found dead by the attempts alone", {
                { SEE, 0, "a", .tx = 100, .rx = 100, .handshake = 1 },
                { SEE, 600, "a", .tx = 100, .rx = 100, .handshake = 1 },
                { SEE, 660, "a", .tx = 100 + 2 * 148, .rx = 100, .handshake = 1 },
                { HEALTH, 660, .expected = WGP_HEALTH_DEAD },
        } },
        { "a dead peer goes through all addresses, 15 seconds each, and stays where it is answered", {
                { SEE, 0, "" },
                { ANSWER, 0, "abc", .tx = 600 },
                { MOVES, 0, "a", .expected = WGP_WHY_FIRST },
                { LOOKS, 0, .tx = 6 },
                { SEE, 6, "a", .tx = 148 },
                { HEALTH, 6, .expected = WGP_HEALTH_TRYING },
                { STAYS, 6 },
                { LOOKS, 6, .tx = 10 },
                { SEE, 10, "a", .tx = 296 },
                { LOOKS, 10, .tx = 15 },
                { SEE, 15, "a", .tx = 444 },
                { MOVES, 15, "b", .expected = WGP_WHY_SILENT },
                { SEE, 21, "b", .tx = 740 },
                { STAYS, 21 },
                { SEE, 30, "b", .tx = 888 },
                { MOVES, 30, "c", .expected = WGP_WHY_SILENT },
                { SEE, 40, "c", .tx = 1200, .rx = 92, .handshake = 36 },
                { HEALTH, 40, .expected = WGP_HEALTH_FINE },
                { STAYS, 40 },
        } },
        { "a trial in which sending began late takes longer", {
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
        { "data that was sent while there still was a session is no attempt at a handshake", {
                { SEE, 0, "a", .tx = 100, .rx = 100, .handshake = 1 },
                { SEE, 130, "a", .tx = 100, .rx = 100, .handshake = 1 },
                { SEE, 190, "a", .tx = 9000, .rx = 100, .handshake = 1 },
                { HEALTH, 190, .expected = WGP_HEALTH_FINE },
        } },
        { "after all were tried it begins again", {
                { SEE, 0, "" },
                { ANSWER, 0, "abc", .tx = 600 },
                { MOVES, 0, "a", .expected = WGP_WHY_FIRST },
                { SEE, 6, "a", .tx = 148 },
                { SEE, 15, "a", .tx = 444 },
                { MOVES, 15, "b", .expected = WGP_WHY_SILENT },
                { SEE, 21, "b", .tx = 592 },
                { SEE, 30, "b", .tx = 888 },
                { MOVES, 30, "c", .expected = WGP_WHY_SILENT },
                { SEE, 36, "c", .tx = 1036 },
                { SEE, 45, "c", .tx = 1332 },
                { MOVES, 45, "a", .expected = WGP_WHY_SILENT },
        } },
        { "the address that was good last is tried first", {
                { SEE, 0, "" },
                { ANSWER, 0, "abc", .tx = 600 },
                { MOVES, 0, "a", .expected = WGP_WHY_FIRST },
                { SEE, 15, "c", .tx = 444, .rx = 92, .handshake = 12 }, /* it roamed there */
                { SEE, 25, "b", .tx = 900, .rx = 900, .handshake = 12 }, /* and there */
                { SEE, 35, "b", .tx = 1900, .rx = 900, .handshake = 12 },
                { SEE, 45, "b", .tx = 2900, .rx = 900, .handshake = 12 },
                { SEE, 52, "b", .tx = 3900, .rx = 900, .handshake = 12 },
                { MOVES, 52, "c", .expected = WGP_WHY_SILENT },
        } },
        { "a trial does not end while nothing is sent", {
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
        { "a new answer that lacks the address under trial ends the trial", {
                { SEE, 0, "" },
                { ANSWER, 0, "a", .tx = 600 },
                { MOVES, 0, "a", .expected = WGP_WHY_FIRST },
                { ANSWER, 5, "b", .tx = 600 },
                { MOVES, 5, "b", .expected = WGP_WHY_GONE },
        } },
        { "silent for 20 seconds and gone from its name: that is enough", {
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
        { "a dead peer asks out of turn, less and less", {
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
        } },
        { "without a route to it, the present address is left at once", {
                { SEE, 0, "" },
                { ANSWER, 0, "Ab", .tx = 600 },
                { RANK, 0, "b", .tx = WGP_RANK_SECOND },
                { MOVES, 0, "A", .expected = WGP_WHY_FIRST },
                { SEE, 10, "A", .tx = 300, .rx = 300, .handshake = 5 },
                { RANK, 11, "A", .tx = WGP_RANK_NO_ROUTE },
                { HEALTH, 11, .expected = WGP_HEALTH_CUT_OFF },
                { MOVES, 11, "b", .expected = WGP_WHY_NO_ROUTE },
        } },
        { "without any route it stays", {
                { SEE, 0, "" },
                { ANSWER, 0, "Ab", .tx = 600 },
                { MOVES, 0, "A", .expected = WGP_WHY_FIRST },
                { SEE, 10, "A", .tx = 300, .rx = 300, .handshake = 5 },
                { RANK, 11, "b", .tx = WGP_RANK_NO_ROUTE },
                { RANK, 11, "A", .tx = WGP_RANK_NO_ROUTE },
                { STAYS, 11 },
        } },
        { "of several, the one with the best route is the first", {
                { SEE, 0, "" },
                { ANSWER, 0, "abC", .tx = 600 },
                { RANK, 0, "a", .tx = WGP_RANK_SECOND },
                { RANK, 0, "b", .tx = WGP_RANK_SECOND },
                { RANK, 0, "C", .tx = WGP_RANK_THIRD },
                { MOVES, 0, "a", .expected = WGP_WHY_FIRST },
        } },
        { "an address without a route is not the first", {
                { SEE, 0, "" },
                { ANSWER, 0, "Ab", .tx = 600 },
                { RANK, 0, "A", .tx = WGP_RANK_NO_ROUTE },
                { RANK, 0, "b", .tx = WGP_RANK_SECOND },
                { MOVES, 0, "b", .expected = WGP_WHY_FIRST },
        } },
        { "a peer that the kernel does not have is not touched", {
                { ANSWER, 0, "a", .tx = 600 },
                { LOSE, 0 },
                { HEALTH, 0, .expected = WGP_HEALTH_ABSENT },
                { STAYS, 0 },
                { LOOKS, 0, .tx = 60 },
                { SEE, 60, "" },
                { MOVES, 60, "a", .expected = WGP_WHY_FIRST },
        } },
        { "counters that went back are those of a new peer", {
                { SEE, 0, "a", .tx = 9000, .rx = 9000, .handshake = 1 },
                { SEE, 10, "a", .tx = 148, .rx = 0 },
                { HEALTH, 10, .expected = WGP_HEALTH_FINE },
                { SEE, 20, "a", .tx = 296, .rx = 0 },
                { HEALTH, 20, .expected = WGP_HEALTH_FINE },
                { SEE, 30, "a", .tx = 592, .rx = 0 },
                { HEALTH, 30, .expected = WGP_HEALTH_DEAD },
        } },
};

static void see(WgpTracker *t, const Step *s, uint64_t now) {
        WgpPeerFacts facts = {
                .address = address_of(s->addresses[0]),
                .tx_bytes = s->tx,
                .rx_bytes = s->rx,
                .handshake = s->handshake,
                .handshake_age_usec = s->handshake > 0 && s->handshake < s->at ? (s->at - s->handshake) * WGP_SECOND : 0,
                .keepalive = (uint16_t) s->expected,
        };

        wgp_tracker_observe(t, now, &facts);
}

static void answer(WgpTracker *t, WgpName *name, const Step *s, uint64_t now) {
        WgpSockaddr addresses[8];
        WgpAnswer a = { .addresses = addresses, .n_addresses = strlen(s->addresses), .ttl_usec = s->tx * WGP_SECOND };

        for (size_t i = 0; i < a.n_addresses; i++)
                addresses[i] = address_of(s->addresses[i]);
        cr_assert_eq(wgp_tracker_answer(t, now, &a, name->interval_usec), 0);
        wgp_name_answered(name, now, &a);
}

static void rank(WgpTracker *t, const Step *s) {
        WgpSockaddr address = address_of(s->addresses[0]);
        WgpCandidate *c = wgp_tracker_find(t, &address);

        cr_assert(c);
        c->rank = (WgpRank) s->tx;
        if (wgp_sockaddr_equal(&t->facts.address, &address))
                t->rank = c->rank;
}

static void expect(WgpTracker *t, WgpName *name, const Step *s, uint64_t now, const char *where) {
        WgpDecision d = wgp_tracker_decide(t, now);

        wgp_name_set_troubled(name, d.troubled);

        switch (s->type) {
        case MOVES:
                cr_expect(d.move, "%s: no move", where);
                if (!d.move)
                        break;
                cr_expect_eq(letter_of(&d.move->address), s->addresses[0], "%s: to %c", where, letter_of(&d.move->address));
                cr_expect_eq(d.why, s->expected, "%s: %s", where, wgp_why_text(d.why));
                wgp_tracker_moved(t, now, &d.move->address, d.why);
                break;
        case STAYS:
                cr_expect_null(d.move, "%s: to %c", where, d.move ? letter_of(&d.move->address) : 0);
                break;
        case ASKS:
                cr_expect_leq(wgp_name_next(name), now, "%s: not before %g", where,
                                (double) wgp_name_next(name) / WGP_SECOND - START);
                cr_expect_eq(wgp_name_is_fresh(name, now), s->expected, "%s: %s", where, wgp_health_text(d.health));
                wgp_name_asked(name, now);
                break;
        case SILENT:
                cr_expect_gt(wgp_name_next(name), now, "%s: asks", where);
                break;
        case LOOKS:
                cr_expect_eq(d.observe_usec, t->observed ? (START + s->tx) * WGP_SECOND : 0, "%s: at %g", where,
                                (double) d.observe_usec / WGP_SECOND - START);
                break;
        default:
                cr_expect_eq(d.health, s->expected, "%s: %s", where, wgp_health_text(d.health));
        }
}

static void run(WgpTracker *t, WgpName *name, const Step *s, const char *where) {
        uint64_t now = (START + s->at) * WGP_SECOND;

        switch (s->type) {
        case SEE:
                see(t, s, now);
                break;
        case LOSE:
                wgp_tracker_observe(t, now, NULL);
                break;
        case INHERIT:
                t->inherited = true;
                break;
        case ANSWER:
                answer(t, name, s, now);
                break;
        case FAIL:
                wgp_name_failed(name, now, /* random= */ 0);
                break;
        case POKE:
                wgp_name_poke(name, s->expected);
                break;
        case RANK:
                rank(t, s);
                break;
        default:
                expect(t, name, s, now, where);
        }
}

Test(endpoint, stories) {
        for (size_t i = 0; i < WGP_ARRAY_SIZE(stories); i++) {
                WgpName *name = wgp_name_new("host.example.org", START * WGP_SECOND);
                WgpTracker t;

                cr_assert(name);
                wgp_tracker_init(&t);
                for (size_t j = 0; j < STEPS_MAX && stories[i].steps[j].type != END; j++) {
                        char where[200];

                        snprintf(where, sizeof(where), "'%s', step %zu", stories[i].name, j);
                        run(&t, name, stories[i].steps + j, where);
                }
                wgp_tracker_done(&t);
                wgp_name_free(name);
        }
}

/* An address that was set before the resolver was started again: ours still, though no answer had it yet. */
Test(endpoint, remembered) {
        WgpSockaddr a = address_of('a'), b = address_of('b');
        WgpPeerFacts facts = { .address = a, .tx_bytes = 100, .rx_bytes = 100, .handshake = 1 };
        WgpAnswer answer_b = { .addresses = &b, .n_addresses = 1, .ttl_usec = 60 * WGP_SECOND };
        WgpTracker t;

        wgp_tracker_init(&t);
        t.ours = a;
        wgp_tracker_observe(&t, WGP_SECOND, &facts);
        wgp_tracker_answer(&t, 2 * WGP_SECOND, &answer_b, 60 * WGP_SECOND);
        cr_expect_null(wgp_tracker_decide(&t, 2 * WGP_SECOND).move);
        wgp_tracker_answer(&t, 63 * WGP_SECOND, &answer_b, 60 * WGP_SECOND);
        cr_expect_eq(wgp_tracker_decide(&t, 63 * WGP_SECOND).why, WGP_WHY_GONE);
        wgp_tracker_done(&t);
}

/* Names with more addresses than are kept: bounded, and the present one is never forgotten. */
Test(endpoint, many_addresses) {
        WgpTracker t;

        wgp_tracker_init(&t);
        for (unsigned i = 0; i < 500; i++) {
                WgpSockaddr addresses[50];
                uint64_t now = (1 + i * 61) * WGP_SECOND;

                for (unsigned j = 0; j < WGP_ARRAY_SIZE(addresses); j++)
                        addresses[j].in = (struct sockaddr_in) { .sin_family = AF_INET, .sin_addr.s_addr = i * 7 + j };
                cr_expect_eq(wgp_tracker_answer(&t, now, &(WgpAnswer) { addresses, 50, 60 * WGP_SECOND }, 60 * WGP_SECOND), 0);
                if (i == 0)
                        wgp_tracker_moved(&t, now, &addresses[3], WGP_WHY_FIRST);
                cr_expect_leq(t.n_candidates, WGP_CANDIDATES_MAX + 1);
                cr_expect(wgp_tracker_find(&t, &t.facts.address), "answer %u", i);
        }
        wgp_tracker_done(&t);
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
