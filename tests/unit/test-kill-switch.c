/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* desired/kill-switch.c: one table for all that are on. */

#include "desired/kill-switch.h"

#include <criterion/criterion.h>
#include <stdio.h>

#define ETHER "\t\tmeta oiftype { 1, 32 } "
#define LAN                                                                                                                \
        ETHER "ip daddr { 10.0.0.0/8, 169.254.0.0/16, 172.16.0.0/12, 192.168.0.0/16 } "                                    \
              "update @neighbours4 { oif . rt ip nexthop } oif . ip daddr @neighbours4 accept comment \"the LAN\"\n" ETHER \
              "ip6 daddr fc00::/7 update @neighbours6 { oif . rt ip6 nexthop } oif . ip6 daddr @neighbours6 accept "       \
              "comment \"the LAN, IPv6\"\n" ETHER                                                                          \
              "ip daddr { 224.0.0.0/24, 239.0.0.0/8, 255.255.255.255 } accept comment \"the LAN, all of it\"\n" ETHER      \
              "ip6 daddr { fe80::/10, ff01::/16, ff02::/16, ff03::/16, ff04::/16, ff05::/16 } accept "                     \
              "comment \"the LAN, all of it, IPv6\"\n"
#define SET(version)                                                        \
        "\tset neighbours" version " {\n\t\ttype iface_index . ipv" version \
        "_addr; size 65535; flags dynamic,timeout; "                        \
        "timeout 1s;\n\t}\n"
#define REST "\t\treject with icmpx type admin-prohibited comment \"everything else stays here\"\n\t}\n"
#define EMPTY(name, flags) "table inet " name " {\n" flags "}\ndelete table inet " name "\n"
#define RULES(sets, links, marks, lan)                                                                          \
        sets "\tchain output {\n\t\ttype filter hook output priority 0; policy drop;\n"                         \
             "\t\toifname \"lo\" accept comment \"to this machine\"\n" links marks                              \
             "\t\tudp sport 68 udp dport 67 accept comment \"DHCP\"\n"                                          \
             "\t\tudp sport 546 udp dport 547 accept comment \"DHCPv6\"\n"                                      \
             "\t\ticmpv6 type { nd-router-solicit, nd-router-advert, nd-neighbor-solicit, nd-neighbor-advert, " \
             "mld-listener-report, mld2-listener-report } accept comment \"neighbour discovery\"\n" lan REST    \
             "\tchain forward {\n\t\ttype filter hook forward priority 0; policy drop;\n" links lan REST "}\n"
#define PLAIN EMPTY("wg-killswitch", "") "table inet wg-killswitch {\n"
#define OWNED EMPTY("wg-killswitch-owned", "\tflags owner;\n") "table inet wg-killswitch-owned {\n\tflags owner;\n"
#define TABLE(links, marks) PLAIN RULES(SET("4") SET("6"), links, marks, LAN)
#define LINK(name) "\t\toifname \"" name "\" accept comment \"through the tunnel " name "\"\n"
#define MARK(hex, padded) "\t\tmeta mark 0x" padded " accept comment \"a tunnel's own packets: mark 0x" hex "\"\n"

static const struct {
        const char *name;
        WgpKillSwitch items[3];
        size_t n;
        const char *text;
} cases[] = {
        { "none is on", .n = 0, .text = EMPTY("wg-killswitch", "") },
        { "the tunnel is down", { { "wg0", 0 } }, 1, TABLE(LINK("wg0"), "") },
        { "the tunnel is up", { { "wg0", 0xca6c } }, 1, TABLE(LINK("wg0"), MARK("ca6c", "0000ca6c")) },
        {
                        "two, in whatever order",
                        { { "wg1", UINT32_MAX }, { "wg0", 1 } },
                        2,
                        TABLE(LINK("wg0") LINK("wg1"), MARK("1", "00000001") MARK("ffffffff", "ffffffff")),
        },
        { "nothing is known of one", { { "wg0", 7 }, {} }, 2, TABLE(LINK("wg0"), MARK("7", "00000007")) },
        { "a strict one", { { "wg0", 7, true } }, 1, PLAIN RULES("", LINK("wg0"), MARK("7", "00000007"), "") },
        {
                        "one that is strict makes both so",
                        { { "wg0", 7, true }, { "wg1", 8 } },
                        2,
                        PLAIN RULES("", LINK("wg0") LINK("wg1"), MARK("7", "00000007") MARK("8", "00000008"), ""),
        },
        { "a name that nft cannot have", { { "a\"b", 7 } }, 1, TABLE("", MARK("7", "00000007")) },
};

static WgpKillSwitches make(const WgpKillSwitch *items, size_t n) {
        WgpKillSwitches switches = WGP_KILL_SWITCHES_NULL;

        for (size_t i = 0; i < n; i++)
                cr_assert_eq(wgp_kill_switches_add(&switches, items + i), 0);
        return switches;
}

Test(kill_switch, text_and_digest) {
        uint64_t digests[WGP_ARRAY_SIZE(cases)];

        for (size_t i = 0; i < WGP_ARRAY_SIZE(cases); i++) {
                WgpKillSwitches switches = make(cases[i].items, cases[i].n), copy;
                char *text;

                cr_assert_eq(wgp_kill_switches_format(&switches, WGP_KILL_SWITCH_TABLE, /* owned= */ false, &text), 0);
                cr_expect_str_eq(text, cases[i].text, "case '%s':\n%s", cases[i].name, text);
                free(text);

                cr_assert_eq(wgp_kill_switches_copy(&switches, &copy), 0);
                digests[i] = wgp_kill_switches_digest(&copy);
                for (size_t j = 0; j < i; j++)
                        cr_expect_neq(digests[i], digests[j], "cases '%s' and '%s'", cases[i].name, cases[j].name);
                wgp_kill_switches_done(&copy);
                wgp_kill_switches_done(&switches);
        }
}

Test(kill_switch, owned) {
        static const struct {
                size_t n;
                const char *text;
        } tables[] = {
                { 0, EMPTY("wg-killswitch-owned", "\tflags owner;\n") },
                { 1, OWNED RULES(SET("4") SET("6"), LINK("wg0"), MARK("7", "00000007"), LAN) },
        };
        const WgpKillSwitch item = { "wg0", 7 };

        for (size_t i = 0; i < WGP_ARRAY_SIZE(tables); i++) {
                WgpKillSwitches switches = make(&item, tables[i].n);
                char *text;

                cr_assert_eq(wgp_kill_switches_format(
                                             &switches, WGP_KILL_SWITCH_OWNED_TABLE, /* owned= */ true, &text),
                                0);
                cr_expect_str_eq(text, tables[i].text, "%zu:\n%s", tables[i].n, text);
                free(text);
                wgp_kill_switches_done(&switches);
        }
}

Test(kill_switch, order_does_not_matter) {
        const WgpKillSwitch items[] = { { "b", 2 }, { "a", 9 }, { "a", 3 } },
                            others[] = { { "a", 3 }, { "b", 2 }, { "a", 9 } };
        WgpKillSwitches x = make(items, 3), y = make(others, 3);

        cr_expect_eq(wgp_kill_switches_digest(&x), wgp_kill_switches_digest(&y));
        wgp_kill_switches_done(&x);
        wgp_kill_switches_done(&y);
}
