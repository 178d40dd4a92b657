/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The wg-quick format: what wg-quick(8) and wg(8) make of a *.conf file. wg-quick reads its own keys (Address to
 * SaveConfig) with bash and hands every other line to wg, and the two disagree about white space and empty values:
 * WGP_KEY_WG says which of them reads a key. */

#include <arpa/inet.h>
#include <ctype.h>
#include <stdio.h>

#include "core/parse.h"

/* --- what both kinds of keys need --- */

static void strip_comment(char *value) {
        char *comment = strchr(value, '#');

        if (comment)
                *comment = 0;
}

static void strip_trailing_blanks(char *value) {
        size_t n = strlen(value);

        while (n > 0 && isspace((unsigned char) value[n - 1]))
                value[--n] = 0;
}

static void delete_blanks(char *value) {
        char *to = value;

        for (const char *from = value; *from; from++)
                if (!isspace((unsigned char) *from))
                        *to++ = *from;
        *to = 0;
}

/* Takes the next item of a list that bash splits: commas and white space separate, empty items vanish. */
static char *next_word(char **cursor) {
        static const char separators[] = ", \t\r\n\v\f";
        char *word = *cursor + strspn(*cursor, separators);

        if (!*word)
                return NULL;
        *cursor = word + strcspn(word, separators);
        if (**cursor)
                *(*cursor)++ = 0;
        return word;
}

/* --- [Interface]: wg-quick's own --- */

/* One dotted number, as iproute2 takes it: one to four parts, each base 0, missing ones zero. */
static bool parse_short_ipv4(const char *s, struct in_addr *ret) {
        uint32_t address = 0;

        for (unsigned i = 0; i < 4; i++) {
                unsigned long part;
                char *end;

                if (!isdigit((unsigned char) *s))
                        return false;
                part = strtoul(s, &end, 0);
                if (part > 255)
                        return false;
                address |= (uint32_t) part << (24 - 8 * i);
                if (!*end) {
                        ret->s_addr = htonl(address);
                        return true;
                }
                if (*end != '.')
                        return false;
                s = end + 1;
        }
        return false;
}

/* A netmask "255.255.255.0" as a length; -EINVAL when its ones are not all in front. */
static int netmask_length(const char *s, uint8_t *ret) {
        struct in_addr mask;
        uint32_t bits;

        if (!strchr(s, '.') || inet_pton(AF_INET, s, &mask) != 1)
                return -EINVAL;
        bits = ntohl(mask.s_addr);
        if (bits & (~bits >> 1))
                return -EINVAL;
        *ret = (uint8_t) __builtin_popcount(bits);
        return 0;
}

/* The syntax of "ip address add": 10.0.0.1/24, 10.5/16, 10.0.0.1/255.255.255.0, 2001:db8::1/64; no mask: one host. */
static int parse_ip_address(char *s, WgpPrefix *ret) {
        WgpPrefix p = { .family = strchr(s, ':') ? AF_INET6 : AF_INET };
        char *slash = strchr(s, '/');
        uint64_t length;
        int r;

        if (slash)
                *slash++ = 0;

        if (p.family == AF_INET6 ? inet_pton(AF_INET6, s, &p.in6) != 1 : !parse_short_ipv4(s, &p.in))
                return -EINVAL;
        p.length = (uint8_t) wgp_family_bits(p.family);

        if (slash && p.family == AF_INET && netmask_length(slash, &p.length) >= 0)
                slash = NULL;
        if (slash) {
                r = wgp_parse_decimal(slash, wgp_family_bits(p.family), &length);
                if (r < 0)
                        return r;
                p.length = (uint8_t) length;
        }

        *ret = p;
        return 0;
}

static int parse_address(WgpParse *p, char *value) {
        WgpProfile *profile = p->profile;
        int r = 0;

        if (p->dropin && !*value)
                profile->n_addresses = 0;

        for (char *word; (word = next_word(&value));) {
                _cleanup_(freep) char *shown = strdup(word);
                WgpAddress address = { .origin = parse_origin(p) };

                if (!shown)
                        return -ENOMEM;
                if (parse_ip_address(word, &address.prefix) < 0) {
                        r = parse_error(p, "'%s' is no IP address.", shown);
                        continue;
                }
                if (!wgp_grow(&profile->addresses, &profile->n_addresses_allocated, profile->n_addresses + 1,
                                sizeof(address)))
                        return -ENOMEM;
                profile->addresses[profile->n_addresses++] = address;
        }
        return r;
}

/* wg-quick's test: only digits and dots, or a colon somewhere, is a name server; all else is a search domain. */
static bool looks_like_server(const char *word) {
        return strchr(word, ':') || word[strspn(word, "0123456789.")] == 0;
}

static int parse_dns(WgpParse *p, char *value) {
        int r = 0;

        if (p->dropin && !*value)
                wgp_profile_reset_dns(p->profile, AF_UNSPEC, AF_UNSPEC);

        for (char *word; (word = next_word(&value));) {
                int k = looks_like_server(word) ? wgp_parse_dns_server(p, word) :
                                                  wgp_parse_dns_domain(p, word, AF_UNSPEC);

                if (k == -ENOMEM)
                        return k;
                r = k < 0 ? k : r;
        }
        return r;
}

static int parse_table(WgpParse *p, char *value) {
        WgpProfile *profile = p->profile;
        WgpTable table = { .origin = parse_origin(p) };
        uint64_t number = 0;
        int r;

        if (!*value || strcasecmp(value, "auto") == 0)
                table.kind = WGP_TABLE_AUTO;
        else if (strcasecmp(value, "off") == 0)
                table.kind = WGP_TABLE_OFF;
        else {
                table.kind = WGP_TABLE_NUMBER;
                r = wgp_parse_base0(value, UINT32_MAX, &number);
                if (r == -ERANGE)
                        return parse_error(p, "'%s' is no routing table: the largest number is 4294967295.", value);
                table.number = (uint32_t) number;
                if (r < 0) {
                        r = wgp_parse_table_name(p, value, &table.number, &table.name);
                        if (r < 0)
                                return r;
                }
        }

        free(profile->table.name);
        profile->table = table;
        return 0;
}

static int parse_hook(WgpParse *p, WgpHookType type, const char *value) {
        static const char specifier[] = "%i";
        WgpProfile *profile = p->profile;
        WgpHook hook = { .type = type, .origin = parse_origin(p) };
        size_t n = 0, n_name = strlen(profile->ifname);
        char *to;

        if (!*value) {
                if (p->dropin)
                        wgp_profile_reset_hooks(profile, type);
                return 0;
        }

        for (const char *s = value; (s = strstr(s, specifier)); s += 2)
                n++;
        hook.command = to = malloc(strlen(value) + n * n_name + 1);
        if (!hook.command)
                return -ENOMEM;

        for (const char *s; (s = strstr(value, specifier)); value = s + 2) {
                to = mempcpy(to, value, (size_t) (s - value));
                to = mempcpy(to, profile->ifname, n_name);
        }
        strcpy(to, value);

        if (!wgp_grow(&profile->hooks, &profile->n_hooks_allocated, profile->n_hooks + 1, sizeof(hook))) {
                free(hook.command);
                return -ENOMEM;
        }
        profile->hooks[profile->n_hooks++] = hook;
        return 0;
}

static int parse_pre_up(WgpParse *p, char *value) {
        return parse_hook(p, WGP_HOOK_PRE_UP, value);
}

static int parse_post_up(WgpParse *p, char *value) {
        return parse_hook(p, WGP_HOOK_POST_UP, value);
}

static int parse_pre_down(WgpParse *p, char *value) {
        return parse_hook(p, WGP_HOOK_PRE_DOWN, value);
}

static int parse_post_down(WgpParse *p, char *value) {
        return parse_hook(p, WGP_HOOK_POST_DOWN, value);
}

static int parse_save_config(WgpParse *p, char *value) {
        if (strcasecmp(value, "true") != 0 && strcasecmp(value, "false") != 0 && *value)
                return parse_error(p, "'%s' is neither true nor false.", value);

        p->profile->save_config = strcasecmp(value, "true") == 0;
        p->profile->save_config_origin = parse_origin(p);
        return 0;
}

/* --- [Interface]: wg's --- */

static int parse_private_key(WgpParse *p, char *value) {
        return wgp_parse_optional_secret(p, value, WGP_KEY_CANONICAL, &p->profile->private_key);
}

static int parse_listen_port(WgpParse *p, char *value) {
        WgpProfile *profile = p->profile;
        uint16_t port = 0;
        char *service = NULL;
        int r;

        profile->has_listen_port = false;
        profile->listen_service = (free(profile->listen_service), NULL);
        if (!*value)
                return 0;

        r = wgp_parse_port_number(p, value[0] == '+' ? value + 1 : value, /* allow_service= */ value[0] != '+', &port,
                        &service);
        if (r < 0)
                return r;

        profile->has_listen_port = true;
        profile->listen_port = port;
        profile->listen_service = service;
        profile->listen_port_origin = parse_origin(p);
        return 0;
}

static int parse_fwmark(WgpParse *p, char *value) {
        WgpProfile *profile = p->profile;
        uint32_t mark = 0;

        if (*value && wgp_parse_fwmark(value, &mark) < 0)
                return parse_error(p, "'%s' is no mark: expected 'off' or a number up to 0xffffffff.", value);

        profile->has_fwmark = *value;
        profile->fwmark = mark;
        profile->fwmark_origin = parse_origin(p);
        return 0;
}

static const WgpKey interface_keys[] = {
        { "PrivateKey", parse_private_key, WGP_KEY_WG | WGP_KEY_SECRET, "key" },
        { "ListenPort", parse_listen_port, WGP_KEY_WG, "port" },
        { "FwMark", parse_fwmark, WGP_KEY_WG, "mark" },
        { "Address", parse_address, WGP_KEY_LIST, "addresses" },
        { "DNS", parse_dns, WGP_KEY_LIST, "addresses and domains" },
        { "MTU", wgp_parse_mtu, 0, "bytes" },
        { "Table", parse_table, 0, "routing table" },
        { "PreUp", parse_pre_up, WGP_KEY_LIST | WGP_KEY_RAW, "command" },
        { "PostUp", parse_post_up, WGP_KEY_LIST | WGP_KEY_RAW, "command" },
        { "PreDown", parse_pre_down, WGP_KEY_LIST | WGP_KEY_RAW, "command" },
        { "PostDown", parse_post_down, WGP_KEY_LIST | WGP_KEY_RAW, "command" },
        { "SaveConfig", parse_save_config, 0, "true or false" },
};

const WgpSection wgp_section_interface = {
        WGP_SECTION_INTERFACE, "Interface", interface_keys, WGP_ARRAY_SIZE(interface_keys),
};

/* --- [Peer] --- */

static int parse_public_key(WgpParse *p, char *value) {
        WgpPeer *peer = parse_peer(p);

        if (wgp_key_parse(value, WGP_KEY_CANONICAL, peer->public_key) < 0)
                return parse_error(p, "Not a key: expected 44 characters of base64.");

        peer->set |= WGP_PEER_PUBLIC_KEY;
        return 0;
}

static int parse_preshared_key(WgpParse *p, char *value) {
        WgpPeer *peer = parse_peer(p);

        peer->set |= WGP_PEER_PRESHARED_KEY;
        return wgp_parse_optional_secret(p, value, WGP_KEY_CANONICAL, &peer->preshared_key);
}

/* One item; "+" and "-" in front are wg's for changing a running set. */
static int parse_allowed_ip(WgpParse *p, const char *item) {
        WgpPeer *peer = parse_peer(p);
        WgpPeerIp ip = { .origin = parse_origin(p) };
        const char *s = item;
        int r;

        if (*s == '+' || *s == '-')
                ip.action = *s++ == '+' ? WGP_PEER_IP_ADD : WGP_PEER_IP_REMOVE;

        r = wgp_prefix_parse(s, &ip.prefix, NULL);
        if (r < 0)
                return *item ? parse_error(p, "'%s' is no address with a prefix length.", item) :
                               parse_error(p, "Empty item: a comma too many.");
        return wgp_parse_add_allowed_ip(p, peer, &ip);
}

static int parse_allowed_ips(WgpParse *p, char *value) {
        WgpPeer *peer = parse_peer(p);
        int r = 0;

        peer->set |= WGP_PEER_ALLOWED_IPS;
        if (!*value) {
                /* wg refuses this; here it means none (and in a drop-in: none of those before). */
                peer->n_allowed_ips = 0;
                peer->reset |= WGP_PEER_ALLOWED_IPS;
                return 0;
        }

        for (char *item; (item = strsep(&value, ","));) {
                int k = parse_allowed_ip(p, item);

                if (k == -ENOMEM)
                        return k;
                r = k < 0 ? k : r;
        }
        return r;
}

static int parse_endpoint(WgpParse *p, char *value) {
        WgpPeer *peer = parse_peer(p);

        peer->set |= WGP_PEER_ENDPOINT;
        wgp_endpoint_done(&peer->endpoint);
        return *value ? wgp_parse_endpoint(p, value, /* allow_service= */ true, &peer->endpoint) : 0;
}

static int parse_keepalive(WgpParse *p, char *value) {
        WgpPeer *peer = parse_peer(p);
        uint64_t seconds = 0;

        if (*value && strcasecmp(value, "off") != 0 && wgp_parse_decimal(value, UINT16_MAX, &seconds) < 0)
                return parse_error(p, "'%s' is no interval: expected 'off' or 0 to 65535 seconds.", value);

        peer->set |= WGP_PEER_KEEPALIVE;
        peer->keepalive = (uint16_t) seconds;
        return 0;
}

static const WgpKey peer_keys[] = {
        { "PublicKey", parse_public_key, WGP_KEY_WG | WGP_KEY_REQUIRED, "key" },
        { "PresharedKey", parse_preshared_key, WGP_KEY_WG | WGP_KEY_SECRET, "key" },
        { "AllowedIPs", parse_allowed_ips, WGP_KEY_WG | WGP_KEY_LIST, "prefixes" },
        { "Endpoint", parse_endpoint, WGP_KEY_WG, "host:port" },
        { "PersistentKeepalive", parse_keepalive, WGP_KEY_WG, "seconds" },
};

const WgpSection wgp_section_peer = {
        WGP_SECTION_PEER, "Peer", peer_keys, WGP_ARRAY_SIZE(peer_keys),
};

/* --- lines --- */

/* Keys and sections of programs that extend the format: named, so that the message says what the file was made for. */
static const char *foreign_dialect(const char *name) {
        static const struct {
                const char *name, *dialect;
        } names[] = {
                { "Jc", "AmneziaWG" },   { "Jmin", "AmneziaWG" }, { "Jmax", "AmneziaWG" }, { "S1", "AmneziaWG" },
                { "S2", "AmneziaWG" },   { "S3", "AmneziaWG" },   { "S4", "AmneziaWG" },   { "H1", "AmneziaWG" },
                { "H2", "AmneziaWG" },   { "H3", "AmneziaWG" },   { "H4", "AmneziaWG" },   { "I1", "AmneziaWG" },
                { "I2", "AmneziaWG" },   { "I3", "AmneziaWG" },   { "I4", "AmneziaWG" },   { "I5", "AmneziaWG" },
                { "J1", "AmneziaWG" },   { "J2", "AmneziaWG" },   { "J3", "AmneziaWG" },   { "Itime", "AmneziaWG" },
                { "AdvancedSecurity", "AmneziaWG" },
                { "IncludedApplications", "WireGuard for Android" },
                { "ExcludedApplications", "WireGuard for Android" },
                { "Reserved", "Cloudflare WARP clients" },
                { "PrivateKeyFile", "systemd.netdev(5) (here: PrivateKeyFile= in a [WgProfile] section)" },
                { "PresharedKeyFile", "systemd.netdev(5)" },
                { "FirewallMark", "systemd.netdev(5)" },
                { "RouteTable", "systemd.netdev(5)" },
                { "NetDev", "systemd.netdev(5)" },
                { "WireGuard", "systemd.netdev(5)" },
                { "WireGuardPeer", "systemd.netdev(5)" },
                { "Socks5", "wireproxy" },
                { "TCPClientTunnel", "wireproxy" },
                { "TCPServerTunnel", "wireproxy" },
        };

        for (size_t i = 0; i < WGP_ARRAY_SIZE(names); i++)
                if (strcasecmp(names[i].name, name) == 0)
                        return names[i].dialect;
        return NULL;
}

static int unknown(WgpParse *p, const char *what, const char *name) {
        const char *dialect = foreign_dialect(name);

        return dialect ? parse_error(p, "This %s belongs to %s, not to wg-quick(8).", what, dialect) :
                         parse_error(p, "Unknown %s.", what);
}

static bool has_blanks(const char *s) {
        return s[strcspn(s, " \t\r\n\v\f")];
}

/* wg deletes the white space of a line before it looks at it, so "[ Interface ]" is a section for it. */
static bool equal_but_for_blanks(const char *s, const char *name) {
        for (; *s; s++) {
                if (isspace((unsigned char) *s))
                        continue;
                if (tolower((unsigned char) *s) != tolower((unsigned char) *name))
                        return false;
                name++;
        }
        return !*name;
}

static int begin_section(void *userdata, unsigned line, char *name) {
        static const WgpSection *const sections[] = {
                &wgp_section_peer, &wgp_section_interface, &wgp_section_wg_profile,
        };
        WgpParse *p = userdata;
        int r;

        wgp_parse_begin_section(p, line, name);
        p->inexact_section = has_blanks(name);
        for (size_t i = 0; i < WGP_ARRAY_SIZE(sections) && !p->section; i++)
                if (equal_but_for_blanks(name, sections[i]->name))
                        p->section = sections[i];

        if (!p->section)
                r = unknown(p, "section", name);
        else
                r = p->section == &wgp_section_peer ? wgp_parse_begin_peer(p) : 0;
        return r == -ENOMEM ? r : 0;
}

static int read_entry(void *userdata, unsigned line, char *name, char *value) {
        WgpParse *p = userdata;
        const WgpKey *key;
        bool inexact;

        p->line = line;
        p->key_name = name;
        if (!p->section) /* said at the header */
                return 0;

        inexact = p->inexact_section || has_blanks(name);
        delete_blanks(name);
        key = wgp_section_find_key(p->section, name, /* ignore_case= */ true);
        if (!key)
                return wgp_parse_refuse(p, unknown(p, "key", name));
        if (inexact && !(key->flags & WGP_KEY_WG))
                return wgp_parse_refuse(p, parse_error(p,
                                "wg-quick(8) does not see this key for the white space within the name or in the section's header."));

        if (!(key->flags & WGP_KEY_RAW))
                strip_comment(value);
        strip_trailing_blanks(value);
        if (key->flags & WGP_KEY_WG) {
                delete_blanks(value);
                if (!*value && !p->dropin && !(key->flags & WGP_KEY_LIST))
                        return wgp_parse_refuse(p, parse_error(p, "Empty value."));
        }

        return wgp_parse_entry(p, key, name, value);
}

const WgpIniHandler wgp_wg_quick_handler = {
        .section = begin_section,
        .entry = read_entry,
        .bad = wgp_parse_bad_line,
};
