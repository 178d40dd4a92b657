/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The nft ruleset of one tunnel. One chain in prerouting, at -301: before raw, where others
 * filter (-300), and before conntrack (-200), for two things:
 *
 * - A packet to one of the tunnel's addresses that comes in over another link is forged, whoever sent it, unless it is
 *   our own (CVE-2019-14899).
 * - The tunnel's own packets leave with a mark and so by the main table. Those that come back have to be looked up the
 *   same way, or a strict rp_filter drops them: they get the mark, by address and port. wg-quick and NetworkManager
 *   use conntrack for that, and overwrite the mark of every other UDP packet by the way. */

#include "core/nft-text.h"

#include <stdio.h>

#include "core/value.h"

/* The table's name: bytes that a name cannot have are written "_XX". */
void wgp_nft_table_name(const char *ifname, char ret[static WGP_NFT_TABLE_SIZE]) {
        static const char plain[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789.-";
        char *to = stpcpy(ret, "wg-profile-");

        for (; *ifname; ifname++)
                if (strchr(plain, *ifname))
                        *to++ = *ifname;
                else
                        to += sprintf(to, "_%02X", (unsigned char) *ifname);
        *to = 0;
}

/* A string of nft(8) has no escapes: a link with such a byte in its name goes without the rules that name it. */
static bool can_quote(const char *ifname) {
        return !strpbrk(ifname, "\"*");
}

static void print_anti_spoofing(const WgpNftInput *input, FILE *f) {
        char address[INET6_ADDRSTRLEN];

        for (size_t i = 0; i < input->n_addresses; i++) {
                const WgpPrefix *prefix = &input->addresses[i].prefix;

                wgp_address_format(prefix, address);
                fprintf(f, "\t\tiifname != \"%s\" %s daddr %s fib saddr type != local drop\n", input->ifname,
                                prefix->family == AF_INET6 ? "ip6" : "ip", address);
        }
}

/* Makes the whole table anew, in one transaction. Returns 0, or -ENOMEM; the caller frees "*ret". */
int wgp_nft_format_up(const WgpNftInput *input, char **ret) {
        char name[WGP_NFT_TABLE_SIZE], *text = NULL;
        size_t size;
        FILE *f;

        f = open_memstream(&text, &size);
        if (!f)
                return -ENOMEM;

        wgp_nft_table_name(input->ifname, name);
        fprintf(f, "table inet %s\ndelete table inet %s\ntable inet %s {\n", name, name, name);
        fprintf(f, "\tchain prerouting {\n\t\ttype filter hook prerouting priority -301; policy accept;\n");
        if (can_quote(input->ifname))
                print_anti_spoofing(input, f);
        if (input->mark != 0 && input->listen_port != 0)
                fprintf(f, "\t\tudp dport %u fib daddr type local meta mark set 0x%08x\n", input->listen_port,
                                input->mark);
        fprintf(f, "\t}\n}\n");

        if (fclose(f) != 0) {
                free(text);
                return -ENOMEM;
        }
        *ret = text;
        return 0;
}

/* Takes the table away; it is no error when there is none. Returns as above. */
int wgp_nft_format_down(const char *ifname, char **ret) {
        char name[WGP_NFT_TABLE_SIZE];

        wgp_nft_table_name(ifname, name);
        return asprintf(ret, "table inet %s\ndelete table inet %s\n", name, name) < 0 ? -ENOMEM : 0;
}
