/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Writes libFuzzer's dictionary: every section and key of the key table, and words that values are made of. */

#include <stdio.h>

#include "fuzz.h"
#include "parse/key-table.h"

static void write_word(const char *before, const char *word, const char *after) {
        putchar('"');
        fputs(before, stdout);
        fputs(word, stdout);
        fputs(after, stdout);
        fputs("\"\n", stdout);
}

int main(void) {
        static const char *const words[] = {
                "\\x0a",
                "\\x0d\\x0a",
                "\\x00",
                "\\x1e",
                "\\xef\\xbb\\xbf",
                "\\\\s",
                "\\\\;",
                " # ",
                " ;",
                FUZZ_SECRET,
                "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=",
                "ICEiIyQlJicoKSorLC0uLzAxMjM0NTY3ODk6Ozw9Pj8=",
                "@name",
                "10.0.0.1/24",
                "0.0.0.0/0",
                "::/0",
                "fd00::1/64",
                "[fe80::1%eth0]:51820",
                "name:domain",
                "192.0.2.1:1",
                "10.5/16",
                "/255.255.255.0",
                "0x10",
                "010",
                "-1",
                "4294967295",
                "65535",
                "65536",
                "off",
                "auto",
                "main",
                "vpn",
                "true",
                "yes",
                "manual",
                "disabled",
                "ignore",
                "link-local",
                "%i",
                "30min",
                "encrypted",
                "dns+tls://",
                "dns+udp://[",
                "#name",
                "~.",
                "user:name:",
                "wireguard",
                "_options=",
                "1=",
                "table=",
                "src=",
                "type=blackhole",
                "lock-mtu=",
                "onlink=",
                "weight=",
                "from=",
                "priority 5",
                "from all",
                "to ",
                "lookup ",
                "not ",
                "fwmark 1/2",
                "uidrange 1-2",
                "sport 1-2",
                "suppress_prefixlength 0",
                "blackhole",
                "iif ",
                "tos 16",
        };

        for (WgpSectionId id = 0; id < _WGP_SECTION_N; id++) {
                const WgpSection *section = wgp_section(id);

                write_word("[", section->name,
                                id == WGP_SECTION_WIREGUARD_PEER ?
                                                "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=]\\x0a" :
                                                "]\\x0a");
                for (size_t i = 0; i < section->n_keys; i++)
                        write_word("", section->keys[i].name, section->keys[i].flags & WGP_KEY_INDEXED ? "1=" : "=");
        }
        for (size_t i = 0; i < WGP_ARRAY_SIZE(words); i++)
                write_word("", words[i], "");
        return 0;
}
