/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Kill switches. One set of rules for all: in tables of their own each would drop what the others let pass, and two
 * tunnels with one could never be up at the same time. What leaves this machine, from here or forwarded, is a
 * tunnel's, or stays in the LAN. There is no chain for what comes in: answers do not leave.
 *
 * The rules are there twice, in two tables. The resolver owns one of them by its socket (NFT_TABLE_F_OWNER, since
 * kernel 5.12): "nft flush ruleset" passes it by, and it goes with the process. The other one is nobody's: it stays
 * when there is no process, and goes with a flush. A packet leaves only if both tables let it pass.
 *
 * The comments are what the rules depend on, see nft-text.c. */

#include "desired/kill-switch.h"

#include <stdio.h>

#include "desired/nft-text.h"
#include "model/value.h"

void wgp_kill_switches_done(WgpKillSwitches *switches) {
        free(switches->items);
        *switches = WGP_KILL_SWITCHES_NULL;
}

static int compare(const WgpKillSwitch *a, const WgpKillSwitch *b) {
        int r = strcmp(a->link, b->link);

        return r != 0 ? r : (a->mark > b->mark) - (a->mark < b->mark);
}

/* One that is strict makes all of them so: the rules are the same for all traffic. */
static bool are_strict(const WgpKillSwitches *switches) {
        for (size_t i = 0; i < switches->n_items; i++)
                if (switches->items[i].strict)
                        return true;
        return false;
}

/* Adds one in its place. Returns 0, or -ENOMEM. */
int wgp_kill_switches_add(WgpKillSwitches *switches, const WgpKillSwitch *item) {
        size_t i = switches->n_items;

        if (!wgp_grow(&switches->items, &switches->n_allocated, switches->n_items + 1, sizeof(*switches->items)))
                return -ENOMEM;
        for (; i > 0 && compare(switches->items + i - 1, item) > 0; i--)
                switches->items[i] = switches->items[i - 1];
        switches->items[i] = *item;
        switches->n_items++;
        return 0;
}

/* Returns 0, or -ENOMEM. */
int wgp_kill_switches_copy(const WgpKillSwitches *from, WgpKillSwitches *ret) {
        WgpKillSwitches copy = WGP_KILL_SWITCHES_NULL;

        for (size_t i = 0; i < from->n_items; i++)
                if (wgp_kill_switches_add(&copy, from->items + i) < 0) {
                        wgp_kill_switches_done(&copy);
                        return -ENOMEM;
                }
        *ret = copy;
        return 0;
}

/* --- the rules --- */

typedef struct Output {
        FILE *f; /* NULL: the digest only */
        uint64_t digest;
        bool strict;
} Output;

static void put_rule(Output *o, const char *comment, const char *match, const char *verdict) {
        o->digest = wgp_nft_digest_add(o->digest, comment);
        if (o->f)
                fprintf(o->f, "\t\t%s %s comment \"%s\"\n", match, verdict, comment);
}

static void put_links(Output *o, const WgpKillSwitches *switches) {
        for (size_t i = 0; i < switches->n_items; i++) {
                const char *link = switches->items[i].link;
                char match[sizeof("oifname \"\"") + IF_NAMESIZE], comment[sizeof("through the tunnel ") + IF_NAMESIZE];

                if (!wgp_ifname_fits_nft(link)) /* and the link may not be there yet, to have a number */
                        continue;
                snprintf(match, sizeof(match), "oifname \"%s\"", link);
                snprintf(comment, sizeof(comment), "through the tunnel %s", link);
                put_rule(o, comment, match, "accept");
        }
}

static void put_marks(Output *o, const WgpKillSwitches *switches) {
        for (size_t i = 0; i < switches->n_items; i++) {
                char match[sizeof("meta mark 0x00000000")], comment[sizeof("a tunnel's own packets: mark 0x00000000")];

                if (switches->items[i].mark == 0)
                        continue;
                snprintf(match, sizeof(match), "meta mark 0x%08x", switches->items[i].mark);
                snprintf(comment, sizeof(comment), "a tunnel's own packets: mark 0x%x", switches->items[i].mark);
                put_rule(o, comment, match, "accept");
        }
}

/* Links that reach neighbours: ARPHRD_ETHER (also Wi-Fi and bridges) and ARPHRD_INFINIBAND. */
#define TO_NEIGHBOURS "meta oiftype { 1, 32 }"

/* Private use (RFC 1918, RFC 4193) and IPv4 link-local (RFC 3927) on a link itself, not behind a gateway. nft cannot
 * compare an address with the next hop that was found for it, but a set can: the next hop goes into the set, then the
 * address is looked up in it. Whatever else the set has in it is a neighbour on the same link. */
static void put_neighbours(Output *o) {
        put_rule(o, "the LAN",
                        TO_NEIGHBOURS " ip daddr { 10.0.0.0/8, 169.254.0.0/16, 172.16.0.0/12, 192.168.0.0/16 } "
                                      "update @neighbours4 { oif . rt ip nexthop } oif . ip daddr @neighbours4",
                        "accept");
        put_rule(o, "the LAN, IPv6",
                        TO_NEIGHBOURS " ip6 daddr fc00::/7 update @neighbours6 { oif . rt ip6 nexthop } "
                                      "oif . ip6 daddr @neighbours6",
                        "accept");
}

/* Link-local (RFC 4291), and the multicast that stays near (RFC 5771, RFC 2365, RFC 4291). */
static void put_lan(Output *o) {
        if (o->strict)
                return;
        put_neighbours(o);
        put_rule(o, "the LAN, all of it", TO_NEIGHBOURS " ip daddr { 224.0.0.0/24, 239.0.0.0/8, 255.255.255.255 }",
                        "accept");
        put_rule(o, "the LAN, all of it, IPv6",
                        TO_NEIGHBOURS
                        " ip6 daddr { fe80::/10, ff01::/16, ff02::/16, ff03::/16, ff04::/16, ff05::/16 }",
                        "accept");
}

/* An entry lives a second, and is renewed by each packet. In a set that is full there is no room for another one: the
 * packet is not let pass. */
static void put_sets(const Output *o) {
        static const char set[] = "\tset neighbours%u {\n\t\ttype iface_index . ipv%u_addr; size 65535; "
                                  "flags dynamic,timeout; timeout 1s;\n\t}\n";

        if (!o->f || o->strict)
                return;
        fprintf(o->f, set, 4, 4);
        fprintf(o->f, set, 6, 6);
}

static void put_chain(Output *o, const char *hook, bool end) {
        if (o->f && end)
                fputs("\t}\n", o->f);
        else if (o->f)
                fprintf(o->f, "\tchain %s {\n\t\ttype filter hook %s priority 0; policy drop;\n", hook, hook);
}

/* Programs are told at once: they need not wait. */
static void put_rest(Output *o) {
        put_rule(o, "everything else stays here", "reject", "with icmpx type admin-prohibited");
}

static void put_table(Output *o, const WgpKillSwitches *switches) {
        o->strict = are_strict(switches);
        put_sets(o);

        put_chain(o, "output", /* end= */ false);
        put_rule(o, "to this machine", "oifname \"lo\"", "accept");
        put_links(o, switches);
        put_marks(o, switches);
        put_rule(o, "DHCP", "udp sport 68 udp dport 67", "accept");
        put_rule(o, "DHCPv6", "udp sport 546 udp dport 547", "accept");
        put_rule(o, "neighbour discovery", /* and the groups that it is done in, for switches that listen */
                        "icmpv6 type { nd-router-solicit, nd-router-advert, nd-neighbor-solicit, nd-neighbor-advert, "
                        "mld-listener-report, mld2-listener-report }",
                        "accept");
        put_lan(o);
        put_rest(o);
        put_chain(o, NULL, /* end= */ true);

        put_chain(o, "forward", /* end= */ false);
        put_links(o, switches);
        put_lan(o);
        put_rest(o);
        put_chain(o, NULL, /* end= */ true);
}

static void put_name(const Output *o, const char *table, bool owned) {
        fprintf(o->f, "table inet %s {\n%s", table, owned ? "\tflags owner;\n" : "");
}

/* Makes a table anew, in one transaction; without any switch, takes it away. "owned": by the socket that the text is
 * sent by. Returns 0, or -ENOMEM; the caller frees "*ret". */
int wgp_kill_switches_format(const WgpKillSwitches *switches, const char *table, bool owned, char **ret) {
        char *text = NULL;
        size_t size;
        Output o = { .f = open_memstream(&text, &size), .digest = WGP_NFT_DIGEST_EMPTY };

        if (!o.f)
                return -ENOMEM;
        put_name(&o, table, owned); /* one that is not there cannot be deleted */
        fprintf(o.f, "}\ndelete table inet %s\n", table);
        if (switches->n_items > 0) {
                put_name(&o, table, owned);
                put_table(&o, switches);
                fputs("}\n", o.f);
        }
        if (fclose(o.f) != 0) {
                free(text);
                return -ENOMEM;
        }
        *ret = text;
        return 0;
}

/* Returns what wgp_nft_digest_add() makes of the comments of the rules, in their order. */
uint64_t wgp_kill_switches_digest(const WgpKillSwitches *switches) {
        Output o = { .digest = WGP_NFT_DIGEST_EMPTY };

        if (switches->n_items > 0)
                put_table(&o, switches);
        return o.digest;
}
