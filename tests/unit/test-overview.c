/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The overview: its columns on terminals of all widths, and what it says beside the numbers. */

#include <criterion/criterion.h>

#include "cli/cli.h"
#include "cli/overview.h"
#include "cli/shell-quote.h"
#include "cli/synonym.h"

enum {
        NOW = 1800000000, /* seconds since the epoch */
};

/* home: up; office: connecting; lab: down, with errors; vault: without its kill switch */
typedef struct Tunnel {
        const char *name;
        WgpTunnelState state;
        const char *reason;
        int64_t handshake_age; /* -1: no peer */
        uint64_t rx, tx;
        WgpBoot boot;
        size_t n_errors;
        int compared;
        bool lacks_kill_switch, masked;
} Tunnel;

static const Tunnel tunnels[] = {
        { "home", WGP_TUNNEL_UP, "last handshake 12s ago", 12, 1288490189, 4096, WGP_BOOT_YES, .compared = -1 },
        { "office", WGP_TUNNEL_CONNECTING, "vpn.example.org has no address yet", NOW, 0, 148, WGP_BOOT_YES,
                        .compared = -1 },
        { "my lab", WGP_TUNNEL_DOWN, "it was not started", -1, .boot = WGP_BOOT_NO, .n_errors = 2, .compared = -1 },
        { "vault", WGP_TUNNEL_DOWN, "it was not started", -1, .boot = WGP_BOOT_YES, .compared = -1,
                        .lacks_kill_switch = true },
        { "edited", WGP_TUNNEL_IDLE, "no handshake yet", NOW, 0, 0, WGP_BOOT_NO, .compared = CLI_EXIT_CHANGES },
        { "hidden", WGP_TUNNEL_DOWN, "it was not started", -1, .compared = -1, .masked = true },
};

typedef struct Case {
        const char *what;
        WgpTerminal terminal;
        bool legend, rates;
        size_t n_tunnels;
        const char *text;
} Case;

static const Case cases[] = {
        { "not a terminal: everything", {}, true, false, 6,
                        "  NAME    STATE       HANDSHAKE  RX        TX        BOOT    REASON\n"
                        "* home    up          12s ago    1.20 GiB  4.00 KiB  yes\n"
                        "* office  connecting  -          0 B       148 B     yes     vpn.example.org has no address yet\n"
                        "  my lab  down        -          -         -         no      2 errors: wg-profile check 'my lab'\n"
                        "  vault   down        -          -         -         yes     the kill switch is off, and the profile "
                        "has KillSwitch=yes\n"
                        "* edited  idle        -          0 B       0 B       no      profile changed: wg-profile reload "
                        "edited\n"
                        "  hidden  down        -          -         -         masked\n"
                        "\n6 tunnels: 1 up, 1 idle, 3 down, 1 connecting.\n" },
        { "no title for reasons where there are none, and UTF-8", { .has_utf8 = true }, true, false, 1,
                        "  NAME  STATE  HANDSHAKE  RX        TX        BOOT\n"
                        "\u25cf home  up     12s ago    1.20 GiB  4.00 KiB  yes\n"
                        "\n1 tunnel: 1 up.\n" },
        { "without a legend, and rates", {}, false, true, 1, "* home  up  12s ago  2.00 KiB/s  7 B/s  yes\n" },
        { "80 columns", { .is_terminal = true, .width = 80 }, false, false, 4,
                        "* home    up          12s ago  1.20 GiB  4.00 KiB  yes\n"
                        "* office  connecting  -        0 B       148 B     yes  vpn.example.org has n...\n"
                        "  my lab  down        -        -         -         no   2 errors: wg-profile ...\n"
                        "  vault   down        -        -         -         yes  the kill switch is of...\n" },
        { "40 columns: the numbers go first", { .is_terminal = true, .width = 40, .has_utf8 = true }, false, false, 2,
                        "\u25cf home    up\n"
                        "\u25cf office  connecting  vpn.example.org h\u2026\n" },
        { "colours", { .is_terminal = true, .width = 100, .has_colours = true }, false, false, 1,
                        "\033[32m*\033[0m home  \033[32mup\033[0m  12s ago  1.20 GiB  4.00 KiB  yes\n" },
};

static void make(const Tunnel *from, WgpTunnelStatus *t, WgpPeerStatus *peer, WgpPeerState *state) {
        *state = (WgpPeerState) {
                .handshake_sec = from->handshake_age < 0 || from->handshake_age == NOW ? 0 : NOW - from->handshake_age,
                .rx_bytes = from->rx,
                .tx_bytes = from->tx,
        };
        *peer = (WgpPeerStatus) { .peer = state, .has_rates = true, .rx_rate = 2048, .tx_rate = 7 };
        *t = WGP_TUNNEL_STATUS_NULL;
        t->name = (char *) from->name;
        t->state = from->state;
        t->reason = (char *) from->reason;
        t->boot = from->boot;
        t->masked = from->masked;
        t->n_errors = from->n_errors;
        t->compared = from->compared;
        t->asked_systemd = true;
        t->kill_switch_wanted = from->lacks_kill_switch ? WGP_KILL_SWITCH_YES : WGP_KILL_SWITCH_NO;
        t->peers = peer;
        t->n_peers = from->handshake_age >= 0;
}

Test(overview, columns) {
        for (size_t i = 0; i < WGP_ARRAY_SIZE(cases); i++) {
                const Case *c = cases + i;
                WgpTunnelStatus status[WGP_ARRAY_SIZE(tunnels)];
                WgpPeerStatus peers[WGP_ARRAY_SIZE(tunnels)];
                WgpPeerState states[WGP_ARRAY_SIZE(tunnels)];
                WgpText text = WGP_TEXT_NULL;

                for (size_t k = 0; k < c->n_tunnels; k++)
                        make(tunnels + k, status + k, peers + k, states + k);
                cr_expect_eq(wgp_overview_format(&(WgpOverview) { status, c->n_tunnels, c->rates,
                                                                 &(WgpMoment) { .real_sec = NOW }, &c->terminal,
                                                                 c->legend },
                                             &text),
                                0);
                cr_expect_str_eq(text.data, c->text, "%s:\n%s", c->what, text.data);
                wgp_text_done(&text);
        }
}

/* Whatever the width, no line is wider, and none is empty. */
Test(overview, every_width) {
        WgpTunnelStatus status[WGP_ARRAY_SIZE(tunnels)];
        WgpPeerStatus peers[WGP_ARRAY_SIZE(tunnels)];
        WgpPeerState states[WGP_ARRAY_SIZE(tunnels)];

        for (size_t k = 0; k < WGP_ARRAY_SIZE(tunnels); k++)
                make(tunnels + k, status + k, peers + k, states + k);
        for (unsigned width = 40; width < 140; width++) {
                const WgpTerminal terminal = { .is_terminal = true, .width = width };
                WgpText text = WGP_TEXT_NULL;

                cr_expect_eq(wgp_overview_format(&(WgpOverview) { status, WGP_ARRAY_SIZE(tunnels), false,
                                                                 &(WgpMoment) { .real_sec = NOW }, &terminal, false },
                                             &text),
                                0);
                for (const char *line = text.data, *end; (end = strchr(line, '\n')); line = end + 1)
                        cr_expect(end > line && (size_t) (end - line) <= width, "%u: %.*s", width, (int) (end - line),
                                        line);
                wgp_text_done(&text);
        }
}

Test(shell_quote, words) {
        static const struct {
                const char *word, *quoted;
        } words[] = {
                { "home", "home" },
                { "my lab", "'my lab'" },
                { "it's", "'it'\\''s'" },
                { "", "''" },
                { "-x", "'-x'" },
                { "a$b", "'a$b'" },
                { "b\u00fcro", "'b\u00fcro'" },
                { "wg0.conf", "wg0.conf" },
                { "*", "'*'" },
        };

        for (size_t i = 0; i < WGP_ARRAY_SIZE(words); i++) {
                char *quoted = wgp_shell_quote(words[i].word);

                cr_expect_str_eq(quoted, words[i].quoted);
                free(quoted);
        }
}

Test(synonym, verbs) {
        static const struct {
                const char *typed, *ours;
        } words[] = {
                { "rm", "remove NAME" },
                { "export", "convert NAME" },
                { "syncconf", "reload NAME" },
                { "showconf", "show NAME" },
                { "disconnect", "down NAME" },
                { "status", NULL },
                { "", NULL },
                { "lsit", NULL },
        };

        for (size_t i = 0; i < WGP_ARRAY_SIZE(words); i++) {
                const char *ours = wgp_verb_synonym(words[i].typed);

                cr_expect(streq_ptr(ours, words[i].ours), "%s: %s", words[i].typed, ours ?: "(nothing)");
        }
}
