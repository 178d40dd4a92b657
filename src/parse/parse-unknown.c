/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What is said about keys and sections that a format does not have: whose they are, where they belong, or which one
 * was meant. */

#include <ctype.h>
#include <stdio.h>

#include "base/suggest.h"
#include "parse/parse-internal.h"

enum {
        NAME_MAX_SIZE = 32, /* bytes; a longer name is not a typing mistake of one of ours */
};

/* Programs that extend the format: named once per file, so that the message says what the file was made for. */
static const struct {
        const char *name, *advice;
} dialects[_WGP_DIALECT_N] = {
        [WGP_DIALECT_AMNEZIA] = { "AmneziaWG",
                        "Its protocol is not WireGuard: the other side does not understand a tunnel without them." },
        [WGP_DIALECT_WIREPROXY] = { "wireproxy", "Leave them in wireproxy's own file." },
        [WGP_DIALECT_NETDEV] = { "systemd.netdev(5)",
                        "Write it as wg-quick(8) has it; PrivateKeyFile= belongs into [WgProfile] here." },
        [WGP_DIALECT_ANDROID] = { "WireGuard for Android", "Leave them out: there is nothing like it here." },
        [WGP_DIALECT_WARP] = { "clients of Cloudflare WARP", "Leave them out, or use such a client." },
};

/* The keys of AmneziaWG are those that amneziawg-tools write, up to 3.1. */
static const struct {
        const char *name;
        WgpDialect dialect;
        bool section;
} foreign_names[] = {
        { "Jc", WGP_DIALECT_AMNEZIA, false },
        { "Jmin", WGP_DIALECT_AMNEZIA, false },
        { "Jmax", WGP_DIALECT_AMNEZIA, false },
        { "S1", WGP_DIALECT_AMNEZIA, false },
        { "S2", WGP_DIALECT_AMNEZIA, false },
        { "S3", WGP_DIALECT_AMNEZIA, false },
        { "S4", WGP_DIALECT_AMNEZIA, false },
        { "H1", WGP_DIALECT_AMNEZIA, false },
        { "H2", WGP_DIALECT_AMNEZIA, false },
        { "H3", WGP_DIALECT_AMNEZIA, false },
        { "H4", WGP_DIALECT_AMNEZIA, false },
        { "I1", WGP_DIALECT_AMNEZIA, false },
        { "I2", WGP_DIALECT_AMNEZIA, false },
        { "I3", WGP_DIALECT_AMNEZIA, false },
        { "I4", WGP_DIALECT_AMNEZIA, false },
        { "I5", WGP_DIALECT_AMNEZIA, false },
        { "J1", WGP_DIALECT_AMNEZIA, false },
        { "J2", WGP_DIALECT_AMNEZIA, false },
        { "J3", WGP_DIALECT_AMNEZIA, false },
        { "Itime", WGP_DIALECT_AMNEZIA, false },
        { "HeaderProtectionKey", WGP_DIALECT_AMNEZIA, false },
        { "ContentPaddingAddition", WGP_DIALECT_AMNEZIA, false },
        { "RekeyAfterTime", WGP_DIALECT_AMNEZIA, false },
        { "RekeyTimeout", WGP_DIALECT_AMNEZIA, false },
        { "RejectAfterTime", WGP_DIALECT_AMNEZIA, false },
        { "KeepaliveTimeout", WGP_DIALECT_AMNEZIA, false },
        { "MaxHandshakeAttempts", WGP_DIALECT_AMNEZIA, false },
        { "AdvancedSecurity", WGP_DIALECT_AMNEZIA, false },
        { "CheckAlive", WGP_DIALECT_WIREPROXY, false },
        { "CheckAliveInterval", WGP_DIALECT_WIREPROXY, false },
        { "Socks5", WGP_DIALECT_WIREPROXY, true },
        { "http", WGP_DIALECT_WIREPROXY, true },
        { "TCPClientTunnel", WGP_DIALECT_WIREPROXY, true },
        { "TCPServerTunnel", WGP_DIALECT_WIREPROXY, true },
        { "STDIOTunnel", WGP_DIALECT_WIREPROXY, true },
        { "UDPProxyTunnel", WGP_DIALECT_WIREPROXY, true },
        { "Resolve", WGP_DIALECT_WIREPROXY, true },
        { "PrivateKeyFile", WGP_DIALECT_NETDEV, false },
        { "PresharedKeyFile", WGP_DIALECT_NETDEV, false },
        { "FirewallMark", WGP_DIALECT_NETDEV, false },
        { "RouteTable", WGP_DIALECT_NETDEV, false },
        { "NetDev", WGP_DIALECT_NETDEV, true },
        { "WireGuard", WGP_DIALECT_NETDEV, true },
        { "WireGuardPeer", WGP_DIALECT_NETDEV, true },
        { "IncludedApplications", WGP_DIALECT_ANDROID, false },
        { "ExcludedApplications", WGP_DIALECT_ANDROID, false },
        { "Reserved", WGP_DIALECT_WARP, false },
};

/* Counts what belongs to another program, and keeps the place of the first. */
static bool is_foreign(WgpParse *p, const char *name, bool section) {
        for (size_t i = 0; i < WGP_ARRAY_SIZE(foreign_names); i++) {
                WgpForeign *foreign = p->foreign + foreign_names[i].dialect;

                if (foreign_names[i].section != section || strcasecmp(foreign_names[i].name, name) != 0)
                        continue;
                if (foreign->n++ == 0) {
                        foreign->line = p->line;
                        foreign->section = p->section;
                        foreign->section_name = p->section_name;
                        foreign->key_name = p->key_name;
                }
                return true;
        }
        return false;
}

/* One line per program about all that is its own, at the first one's. Returns 0, or -ENOMEM. */
int wgp_parse_report_foreign(WgpParse *p) {
        for (WgpDialect i = 0; i < _WGP_DIALECT_N; i++) {
                const WgpForeign *foreign = p->foreign + i;
                char others[64] = "";
                int r;

                if (foreign->n == 0)
                        continue;
                if (foreign->n > 1)
                        snprintf(others, sizeof(others), ", and so do%s %zu other line%s of this file",
                                        foreign->n == 2 ? "es" : "", foreign->n - 1, foreign->n == 2 ? "" : "s");
                p->line = foreign->line;
                p->section = foreign->section;
                p->section_name = foreign->section_name;
                p->key_name = foreign->key_name;
                r = wgp_parse_error(p, "This %s belongs to %s, not to wg-quick(8)%s. %s",
                                foreign->key_name ? "key" : "section", dialects[i].name, others, dialects[i].advice);
                if (r == -ENOMEM)
                        return r;
        }
        return 0;
}

static const WgpKey *find_key(const WgpSection *section, const char *name, bool ignore_case) {
        const WgpKey *key = wgp_section_find_key(section, name, ignore_case);

        if (!key && (section->id == WGP_SECTION_IPV4 || section->id == WGP_SECTION_IPV6))
                key = wgp_section_find_indexed(section, name, NULL, NULL);
        return key;
}

/* The section of this format that has the key; NULL: none. */
static const WgpSection *section_of_key(const WgpParse *p, const char *name) {
        static const WgpSection *const wg_quick[] = { &wgp_section_interface, &wgp_section_peer,
                &wgp_section_wg_profile };
        static const WgpSection *const keyfile[] = {
                &wgp_section_connection,
                &wgp_section_wireguard,
                &wgp_section_wireguard_peer,
                &wgp_section_ipv4,
                &wgp_section_ipv6,
                &wgp_section_wg_profile,
        };
        const bool is_keyfile = p->profile->format == WGP_FORMAT_KEYFILE;
        const WgpSection *const *sections = is_keyfile ? keyfile : wg_quick;
        const size_t n = is_keyfile ? WGP_ARRAY_SIZE(keyfile) : WGP_ARRAY_SIZE(wg_quick);

        for (size_t i = 0; i < n; i++) {
                const WgpKey *key = find_key(sections[i], name, !is_keyfile);

                if (key && !(key->flags & WGP_KEY_IGNORED))
                        return sections[i];
        }
        return NULL;
}

/* Copies in lower case and without "-", so that "ListenPort" is near to "listen-port". */
static void simplify(const char *name, char ret[static NAME_MAX_SIZE + 1]) {
        size_t n = 0;

        for (; *name && n < NAME_MAX_SIZE; name++)
                if (*name != '-')
                        ret[n++] = (char) tolower((unsigned char) *name);
        ret[n] = 0;
}

/* The key of this section that may have been meant; NULL: none is near. The number of an indexed key does not count.
 */
static const WgpKey *nearest_key(const WgpSection *section, const char *name, const char **ret_number) {
        char typed[NAME_MAX_SIZE + 1], words[WGP_SECTION_KEYS_MAX][NAME_MAX_SIZE + 1];
        const char *list[WGP_SECTION_KEYS_MAX], *found;
        size_t n = strlen(name);

        if (n > NAME_MAX_SIZE)
                return NULL;
        while (n > 0 && isdigit((unsigned char) name[n - 1]))
                n--;
        *ret_number = name + n + strspn(name + n, "0"); /* they have no zeros in front */

        simplify(name, typed);
        typed[strcspn(typed, "0123456789")] = 0;
        for (size_t i = 0; i < section->n_keys; i++) {
                simplify(section->keys[i].flags & WGP_KEY_IGNORED ? "" : section->keys[i].name, words[i]);
                list[i] = words[i];
        }
        found = wgp_suggest(typed, list, section->n_keys);
        for (size_t i = 0; i < section->n_keys; i++)
                if (found == list[i] && *found)
                        return section->keys + i;
        return NULL;
}

/* Reports a key that the current section does not have. Returns -EBADMSG after an error, 0 after a warning, or
 * -ENOMEM. */
int wgp_parse_unknown_key(WgpParse *p, const char *name, WgpSeverity severity) {
        const char *end = severity == WGP_ERROR ? "" : ", ignored", *number = "";
        const WgpSection *other = NULL;
        const WgpKey *near = NULL;
        int r;

        if (p->profile->format == WGP_FORMAT_WG_QUICK && is_foreign(p, name, /* section= */ false))
                return -EBADMSG;
        if (!wgp_diagnostics_is_full(p->diagnostics, severity)) { /* else the message is dropped */
                other = section_of_key(p, name);
                near = other ? NULL : nearest_key(p->section, name, &number);
        }

        if (other)
                r = wgp_parse_report(p, severity, "Unknown key%s: it belongs into [%s%s].", end, other->name,
                                other == &wgp_section_wireguard_peer ? "KEY" : "");
        else if (near)
                r = wgp_parse_report(p, severity, "Unknown key%s: did you mean '%s%s'?", end, near->name,
                                near->flags & WGP_KEY_INDEXED ? number : "");
        else
                r = wgp_parse_report(p, severity, "Unknown key%s.", end);
        return r < 0 ? r : severity == WGP_ERROR ? -EBADMSG : 0;
}

/* The same for a section of the wg-quick format. */
int wgp_parse_unknown_section(WgpParse *p, const char *name) {
        static const char *const words[] = { "interface", "peer", "wgprofile" };
        static const char *const names[] = { "Interface", "Peer", "WgProfile" };
        char typed[NAME_MAX_SIZE + 1];
        const char *found;

        if (is_foreign(p, name, /* section= */ true))
                return -EBADMSG;
        simplify(name, typed);
        found = strlen(name) > NAME_MAX_SIZE ? NULL : wgp_suggest(typed, words, WGP_ARRAY_SIZE(words));
        for (size_t i = 0; i < WGP_ARRAY_SIZE(words) && found; i++)
                if (found == words[i])
                        return wgp_parse_error(p, "Unknown section: did you mean [%s]?", names[i]);
        return wgp_parse_error(p, "Unknown section.");
}
