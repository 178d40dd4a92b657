/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The resolver's view of the network against the kernel, each test in a network namespace of its own. Needs root. */

#include <arpa/inet.h>
#include <criterion/criterion.h>
#include <stdlib.h>
#include <sys/socket.h>

#include "resolver/net-watch.h"
#include "support/netns-link.h"

TestSuite(net_watch, .init = setup, .fini = teardown, .timeout = 60);

typedef struct Seen {
        unsigned changed, lost;
} Seen;

static void note_change(void *userdata) {
        ((Seen *) userdata)->changed++;
}

static void note_loss(void *userdata) {
        ((Seen *) userdata)->lost++;
}

static void ignore_link(void *userdata, uint32_t ifindex) {
}

static void ignore(void *userdata) {
}

static void ignore_rule(void *userdata, const WgpRule *rule) {
}

static void ignore_route(void *userdata, const WgpRoute *route) {
}

static void run(const char *command) {
        cr_assert_eq(system(command), 0, "%s", command);
}

static void settle(sd_event *event) {
        while (sd_event_run(event, 200 * 1000) > 0)
                continue;
}

/* Whether a command is taken for a change. */
static bool counts(sd_event *event, Seen *seen, const char *command) {
        settle(event);
        *seen = (Seen) {};
        run(command);
        settle(event);
        return seen->changed > 0;
}

static void begin(sd_event **event, WgpNetWatch *watch, Seen *seen) {
        run("ip link set lo up");
        run("ip link add cable type veth peer name cable2");
        run("ip address add 192.0.2.1/24 dev cable && ip address add 2001:db8::1/64 dev cable nodad");
        run("ip link set cable up && ip link set cable2 up");
        run("ip route add default via 192.0.2.2");
        cr_assert_geq(sd_event_new(event), 0);
        cr_assert_eq(wgp_net_watch_init(watch, *event,
                                     &(WgpNetWatchOps) { note_change, ignore_link, ignore_link, ignore, ignore_rule,
                                                     ignore_route, note_loss, seen }),
                        0);
}

/* 198.51.100.7 is one. */
static bool is_endpoint(void *userdata, const WgpPrefix *address) {
        return address->family == AF_INET && address->in.s_addr == htonl(0xc6336407);
}

static void end(sd_event *event, WgpNetWatch *watch) {
        wgp_net_watch_done(watch);
        sd_event_unref(event);
}

Test(net_watch, changes) {
        static const struct {
                const char *command;
                bool changed;
        } steps[] = {
                { "ip route replace default via 192.0.2.2", false },
                { "ip route replace default via 192.0.2.3", true },
                { "ip route replace default via 192.0.2.2", true },
                { "ip route replace default via 192.0.2.3", true },
                { "ip route replace default via 192.0.2.3", false },
                { "ip -6 route add default via 2001:db8::2", true },
                { "ip -6 route add 8000::/1 via 2001:db8::3", true },
                { "ip -6 route replace default via 2001:db8::2", false },
                { "ip -6 route replace default via 2001:db8::3", true },
                { "ip -6 route replace default via 2001:db8::2", true },
                { "ip -6 route replace default via 2001:db8::3", true },
                { "ip link set cable down", true },
                { "ip link set cable up", true },
                { "ip route add default via 192.0.2.3", true }, /* flushed without a word */
                { "ip route add 128.0.0.0/1 via 192.0.2.3", true },
                { "ip route add 64.0.0.0/2 via 192.0.2.3", false },
                { "ip route add 198.51.100.7/32 via 192.0.2.3", true },
                { "ip route add 198.51.100.8/32 via 192.0.2.3", false },
                { "ip route delete 198.51.100.7/32", true },
                { "ip link set cable txqueuelen 77", false },
                { "ip link set cable mtu 1400", true },
        };
        Seen seen = {};
        sd_event *event;
        WgpNetWatch watch;

        begin(&event, &watch, &seen);
        watch.view.is_endpoint = is_endpoint;
        for (size_t i = 0; i < WGP_ARRAY_SIZE(steps); i++)
                cr_expect_eq(counts(event, &seen, steps[i].command), steps[i].changed, "step %zu: %s", i,
                                steps[i].command);
        end(event, &watch);
}

/* The links that are there already are known, too. */
Test(net_watch, first_news_of_a_link) {
        Seen seen = {};
        sd_event *event;
        WgpNetWatch watch;

        begin(&event, &watch, &seen);
        cr_expect_not(counts(event, &seen, "ip link set cable txqueuelen 77"));
        cr_expect(counts(event, &seen, "ip link set cable2 down"));
        end(event, &watch);
}

/* After a loss everything may be different, and what is known is what is there. */
Test(net_watch, loss) {
        int size = 4096;
        Seen seen = {};
        sd_event *event;
        WgpNetWatch watch;

        begin(&event, &watch, &seen);
        cr_expect(counts(event, &seen, "ip address add 198.51.100.1/32 dev cable"));
        cr_assert_eq(setsockopt(watch.socket->fd, SOL_SOCKET, SO_RCVBUFFORCE, &size, sizeof(size)), 0);
        seen = (Seen) {};
        run("for i in $(seq 100); do ip link set cable txqueuelen $i; done");
        run("ip address delete 198.51.100.1/32 dev cable");
        settle(event);
        cr_expect_eq(seen.lost, 1);

        cr_expect(counts(event, &seen, "ip address add 198.51.100.1/32 dev cable"));
        cr_expect_not(counts(event, &seen, "ip link set cable txqueuelen 77"));
        cr_expect(counts(event, &seen, "ip link set cable down"));
        end(event, &watch);
}
