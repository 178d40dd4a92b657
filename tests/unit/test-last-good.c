/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Where peers last answered, from one boot to the next. */
#include <criterion/criterion.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

#include "model/prefix.h"
#include "model/value.h"
#include "resolver/last-good.h"

#define KEY "AQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQE="

/* One tunnel with one peer, which has a name and an address behind it. */
typedef struct Fixture {
        WgpEndpointName names[2];
        WgpEndpointName *endpoints[2];
        WgpAnswers *answers[2];
        WgpEndpointPeer peer;
        WgpEndpointPeer *peers[1];
        WgpTunnel tunnel;
} Fixture;

static WgpSockaddr address_of(const char *text) {
        WgpSockaddr s = {};

        cr_assert_eq(wgp_sockaddr_parse(text, &s), 0);
        return s;
}

static void setup(Fixture *f) {
        WgpSockaddr address = address_of("198.51.100.1:443");

        *f = (Fixture) { .names = { { .host = (char *) "vpn.example.org", .port = 51820 },
                                         { .host = (char *) "198.51.100.1", .port = 443 } } };
        wgp_answers_init(&f->names[0].answers, "vpn.example.org", 1);
        cr_assert_eq(wgp_answers_init_constant(&f->names[1].answers, &address), 0);
        for (size_t i = 0; i < 2; i++) {
                f->endpoints[i] = f->names + i;
                f->answers[i] = &f->names[i].answers;
        }
        f->peer.endpoints = f->endpoints;
        f->peer.remote.answers = f->answers;
        f->peer.n_endpoints = f->peer.remote.n_answers = 2;
        memset(f->peer.public_key, 1, WGP_KEY_SIZE);
        f->peers[0] = &f->peer;
        f->tunnel = (WgpTunnel) { .name = (char *) "site", .peers = f->peers, .n_peers = 1 };
        cr_assert_eq(wgp_remote_update(&f->peer.remote), 0);
}

static void teardown(Fixture *f) {
        for (size_t i = 0; i < 2; i++)
                wgp_answers_done(&f->names[i].answers);
        wgp_remote_done(&f->peer.remote);
}

/* Heard at an address, one second after the look before. */
static void hear_at(Fixture *f, const char *address, uint64_t bytes) {
        WgpPeerFacts facts = {
                .address = address_of(address), .tx_bytes = bytes, .rx_bytes = bytes, .handshake = (int64_t) bytes
        };

        wgp_remote_observe(&f->peer.remote, bytes * WGP_SECOND, &facts);
}

Test(last_good, what_is_written) {
        WgpSockaddr address = address_of("192.0.2.1:51820");
        char *text;
        Fixture f;

        setup(&f);
        wgp_answers_take(&f.names[0].answers, 1, &(WgpAnswer) { &address, 1, 0 }, 0);
        cr_assert_eq(wgp_remote_update(&f.peer.remote), 0);
        hear_at(&f, "192.0.2.1:51820", 1);
        cr_expect_not(wgp_last_good_has_changed(&f.tunnel), "nothing was heard yet");
        hear_at(&f, "192.0.2.1:51820", 2);
        cr_expect(wgp_last_good_has_changed(&f.tunnel));
        cr_assert_eq(wgp_last_good_format(&f.tunnel, &text), 0);
        cr_expect_str_eq(text, "{\n \"version\": 1,\n \"name\": \"site\",\n \"peers\": {\n  \"" KEY "\": {\n"
                               "   \"host\": \"vpn.example.org\",\n   \"port\": 51820,\n"
                               "   \"address\": \"192.0.2.1:51820\"\n  }\n }\n}");
        free(text);

        hear_at(&f, "203.0.113.9:1", 3); /* it has roamed: no endpoint has that address */
        hear_at(&f, "203.0.113.9:1", 4);
        hear_at(&f, "198.51.100.1:443", 5);
        cr_assert_eq(wgp_last_good_format(&f.tunnel, &text), 0);
        cr_expect(strstr(text, "\"host\": \"198.51.100.1\",\n   \"port\": 443,\n   \"address\": \"198.51.100.1:443\""),
                        "%s", text);
        free(text);
        teardown(&f);
}

Test(last_good, what_is_taken) {
        static const struct {
                const char *name, *text;
                int r;
                const char *good; /* NULL: none */
        } cases[] = {
                { "of the name",
                                "{\"version\": 1, \"name\": \"site\", \"peers\": {\"" KEY
                                "\": {\"host\": \"vpn.example.org\", "
                                "\"port\": 51820, \"address\": \"192.0.2.7:51820\"}}}",
                                0, "192.0.2.7:51820" },
                { "of the address behind it",
                                "{\"version\": 1, \"name\": \"site\", \"peers\": {\"" KEY "\": "
                                "{\"host\": \"198.51.100.1\", \"port\": 443, \"address\": \"198.51.100.1:443\"}}}",
                                0, "198.51.100.1:443" },
                { "of another endpoint",
                                "{\"version\": 1, \"name\": \"site\", \"peers\": {\"" KEY
                                "\": {\"host\": \"old.example.org\", "
                                "\"port\": 51820, \"address\": \"192.0.2.7:51820\"}}}",
                                0, NULL },
                { "of another port",
                                "{\"version\": 1, \"name\": \"site\", \"peers\": {\"" KEY
                                "\": {\"host\": \"vpn.example.org\", "
                                "\"port\": 1, \"address\": \"192.0.2.7:51820\"}}}",
                                0, NULL },
                { "no address",
                                "{\"version\": 1, \"name\": \"site\", \"peers\": {\"" KEY
                                "\": {\"host\": \"vpn.example.org\", "
                                "\"port\": 51820, \"address\": \"x\"}}}",
                                0, NULL },
                { "of another tunnel", "{\"version\": 1, \"name\": \"home\", \"peers\": {}}", -EBADMSG, NULL },
                { "of a later version", "{\"version\": 2, \"name\": \"site\", \"peers\": {}}", -EBADMSG, NULL },
                { "cut off", "{\"version\": 1, \"na", -EBADMSG, NULL },
                { "nothing", "", -EBADMSG, NULL },
        };

        for (size_t i = 0; i < WGP_ARRAY_SIZE(cases); i++) {
                char text[WGP_SOCKADDR_TEXT_SIZE] = "";
                WgpDecision d;
                Fixture f;

                setup(&f);
                cr_expect_eq(wgp_last_good_restore(&f.tunnel, cases[i].text, strlen(cases[i].text)), cases[i].r,
                                "case '%s'", cases[i].name);
                wgp_remote_observe(&f.peer.remote, 2, &(WgpPeerFacts) {});
                d = wgp_remote_decide(&f.peer.remote, 2);
                if (d.move)
                        wgp_sockaddr_format(&d.move->address, text);
                cr_expect_str_eq(text, cases[i].good ?: "", "case '%s': %s", cases[i].name, text);
                teardown(&f);
        }
}

/* The name has another address since. A peer that sends nothing is sent there with the first answer; one that works
 * with the second, as ever. */
Test(last_good, is_left_when_the_name_has_lost_it) {
        static const char text[] = "{\"version\": 1, \"name\": \"site\", \"peers\": {\"" KEY
                                   "\": {\"host\": \"vpn.example.org\", "
                                   "\"port\": 51820, \"address\": \"192.0.2.7:51820\"}}}";
        static const struct {
                const char *name;
                bool answers;
                unsigned n_lost; /* answers without it, until it is left */
        } cases[] = {
                { "idle", false, 1 },
                { "it works", true, 2 },
        };

        for (size_t i = 0; i < WGP_ARRAY_SIZE(cases); i++) {
                WgpSockaddr now_there = address_of("192.0.2.8:51820"), good = address_of("192.0.2.7:51820");
                WgpPeerFacts facts = {};
                unsigned n = 0;
                WgpDecision d;
                Fixture f;

                setup(&f);
                cr_assert_eq(wgp_last_good_restore(&f.tunnel, text, strlen(text)), 0);
                wgp_remote_observe(&f.peer.remote, WGP_SECONDS(1), &facts);
                d = wgp_remote_decide(&f.peer.remote, WGP_SECONDS(1));
                cr_assert_not_null(d.move, "case '%s'", cases[i].name);
                cr_assert(wgp_sockaddr_equal(&d.move->address, &good));
                wgp_remote_moved(&f.peer.remote, WGP_SECONDS(1), &good, d.why);
                facts.address = good;

                do {
                        uint64_t now = WGP_SECONDS(2 + 61 * n);

                        if (cases[i].answers) {
                                facts.rx_bytes += 1000;
                                facts.handshake = (int64_t) now;
                        }
                        wgp_remote_observe(&f.peer.remote, now, &facts);
                        cr_assert_eq(wgp_answers_take(&f.names[0].answers, now, &(WgpAnswer) { &now_there, 1, 0 },
                                                     WGP_SECONDS(60)),
                                        0);
                        cr_assert_eq(wgp_remote_update(&f.peer.remote), 0);
                        d = wgp_remote_decide(&f.peer.remote, now);
                        n++;
                } while (!d.move && n < 10);
                cr_expect_eq(n, cases[i].n_lost, "case '%s': %u answers", cases[i].name, n);
                cr_expect(d.move && wgp_sockaddr_equal(&d.move->address, &now_there), "case '%s'", cases[i].name);
                teardown(&f);
        }
}

Test(last_good, file) {
        char directory[] = "/tmp/wgp-last-good-XXXXXX";
        struct stat st;
        Fixture f;
        int fd;

        cr_assert(mkdtemp(directory));
        fd = open(directory, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
        cr_assert_geq(fd, 0);
        setup(&f);
        cr_expect_eq(wgp_last_good_read(fd, &f.tunnel), 0, "nothing was written yet");
        hear_at(&f, "198.51.100.1:443", 1);
        hear_at(&f, "198.51.100.1:443", 2);
        cr_expect_eq(wgp_last_good_write(fd, &f.tunnel), 0);
        cr_expect_not(wgp_last_good_has_changed(&f.tunnel));
        cr_assert_eq(fstatat(fd, "site.endpoints.json", &st, 0), 0);
        cr_expect_eq(st.st_mode & 0777, 0600);
        teardown(&f);

        setup(&f);
        cr_expect_eq(wgp_last_good_read(fd, &f.tunnel), 0);
        cr_expect_eq(f.peer.remote.moves.good.family, AF_INET);
        teardown(&f);
        unlinkat(fd, "site.endpoints.json", 0);
        close(fd);
        rmdir(directory);
}
