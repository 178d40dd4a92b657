/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The nft table of one tunnel. One chain in prerouting, at -301: before raw, where others filter (-300), and before
 * conntrack (-200), for three things:
 *
 * - A packet to one of the tunnel's addresses that comes in over another link is forged, whoever sent it, unless it is
 *   our own (CVE-2019-14899).
 * - The tunnel's own packets leave with a mark and so by the main table. Those that come back have to be looked up the
 *   same way, or a strict rp_filter drops them: they get the mark, by address and port. wg-quick and NetworkManager
 *   use conntrack for that, and overwrite the mark of every other UDP packet by the way.
 * - The resolver's questions about the tunnel's own endpoints also leave with that mark. Their answers get it by the
 *   socket that they are for: the kernel needs nft_socket for that, which not every one has.
 *
 * Each rule has a comment that says what it depends on. What nft(8) makes of a rule differs from version to version,
 * and the kernel keeps it as bytecode; a comment comes back as it was: the digest of the comments tells whether the
 * rules that are there are those that should be. */

#include "desired/nft-text.h"

#include <stdio.h>

#include "base/digest.h"
#include "model/prefix.h"
#include "model/value.h"

enum {
        COMMENT_SIZE = 128, /* NFTNL_UDATA_COMMENT_MAXLEN: with the NUL */
};

/* The table's name: bytes that a name cannot have are written "_XX". */
void wgp_nft_table_name(const char *ifname, char ret[static WGP_NFT_TABLE_SIZE]) {
        static const char plain[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789.-";
        char *to = stpcpy(ret, WGP_NFT_TABLE_PREFIX);

        for (; *ifname; ifname++)
                if (strchr(plain, *ifname))
                        *to++ = *ifname;
                else
                        to += sprintf(to, "_%02X", (unsigned char) *ifname);
        *to = 0;
}

/* FNV-1a, 64 bits, over the text and its NUL. */
uint64_t wgp_nft_digest_add(uint64_t digest, const char *comment) {
        return wgp_digest_add(digest, comment, strlen(comment) + 1);
}

/* --- the rules, one after the other: those against forged packets, then those that mark --- */

typedef enum Rule {
        RULE_FORGED,
        RULE_OWN,
        RULE_ANSWERS,
} Rule;

static bool marks_own(const WgpNftInput *input) {
        return input->port > 0 && input->mark > 0;
}

static size_t count_rules(const WgpNftInput *input) {
        return input->n_addresses + marks_own(input) + (input->answers && input->mark > 0);
}

static Rule rule_at(const WgpNftInput *input, size_t i) {
        if (i < input->n_addresses)
                return RULE_FORGED;
        return i == input->n_addresses && marks_own(input) ? RULE_OWN : RULE_ANSWERS;
}

static void format_comment(const WgpNftInput *input, size_t i, char ret[static COMMENT_SIZE]) {
        char address[INET6_ADDRSTRLEN];

        switch (rule_at(input, i)) {
        case RULE_FORGED:
                wgp_address_format(&input->addresses[i].prefix, address);
                snprintf(ret, COMMENT_SIZE, "forged: to %s, not through the tunnel", address);
                break;
        case RULE_OWN:
                snprintf(ret, COMMENT_SIZE, "the tunnel's own packets: port %u, mark 0x%x", input->port, input->mark);
                break;
        case RULE_ANSWERS:
                snprintf(ret, COMMENT_SIZE, "answers of name servers past the tunnel: mark 0x%x", input->mark);
                break;
        }
}

/* Where the name cannot be told, the number is: the table is made anew with the link. */
static void print_other_link(const WgpNftInput *input, FILE *f) {
        if (wgp_ifname_fits_nft(input->ifname))
                fprintf(f, "iifname != \"%s\"", input->ifname);
        else
                fprintf(f, "iif != %u", input->ifindex);
}

static void print_forged(const WgpNftInput *input, const WgpPrefix *prefix, FILE *f) {
        char address[INET6_ADDRSTRLEN];

        wgp_address_format(prefix, address);
        print_other_link(input, f);
        fprintf(f, " %s daddr %s fib saddr type != local drop", prefix->family == AF_INET6 ? "ip6" : "ip", address);
}

static void print_rule(const WgpNftInput *input, size_t i, FILE *f) {
        char comment[COMMENT_SIZE];

        fputs("\t\t", f);
        switch (rule_at(input, i)) {
        case RULE_FORGED:
                print_forged(input, &input->addresses[i].prefix, f);
                break;
        case RULE_OWN:
                fprintf(f, "udp dport %u fib daddr type local meta mark set 0x%08x", input->port, input->mark);
                break;
        case RULE_ANSWERS:
                fprintf(f, "udp sport 53 socket mark 0x%08x meta mark set 0x%08x", input->mark, input->mark);
                break;
        }
        format_comment(input, i, comment);
        fprintf(f, " comment \"%s\"\n", comment);
}

/* Returns what wgp_nft_digest_add() makes of the comments of the rules, in their order. */
uint64_t wgp_nft_digest(const WgpNftInput *input) {
        uint64_t digest = WGP_NFT_DIGEST_EMPTY;

        for (size_t i = 0; i < count_rules(input); i++) {
                char comment[COMMENT_SIZE];

                format_comment(input, i, comment);
                digest = wgp_nft_digest_add(digest, comment);
        }
        return digest;
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
        fputs("\tchain prerouting {\n\t\ttype filter hook prerouting priority -301; policy accept;\n", f);
        for (size_t i = 0; i < count_rules(input); i++)
                print_rule(input, i, f);
        fputs("\t}\n}\n", f);

        if (fclose(f) != 0) {
                free(text);
                return -ENOMEM;
        }
        *ret = text;
        return 0;
}

/* Deletes the table; not an error when it is not there. Returns as above. */
int wgp_nft_format_down(const char *ifname, char **ret) {
        char name[WGP_NFT_TABLE_SIZE];

        wgp_nft_table_name(ifname, name);
        return asprintf(ret, "table inet %s\ndelete table inet %s\n", name, name) < 0 ? -ENOMEM : 0;
}
