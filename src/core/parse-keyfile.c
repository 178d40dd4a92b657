/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* NetworkManager's keyfile format: GKeyFile's grammar and escapes, and the groups connection, wireguard and
 * wireguard-peer. The groups ipv4 and ipv6 are in parse-ip.c. Where NetworkManager drops what it cannot read and
 * brings up the rest, this refuses: half a VPN is worse than none. */

#include <ctype.h>
#include <stdio.h>

#include "core/parse.h"

/* --- GKeyFile --- */

/* Replaces the escapes \s \n \t \r \\ in place. "\;" is one too, but only within a list, which
 * wgp_keyfile_next_item() takes apart. Returns 0, or -EINVAL for any other escape or a lone "\" at the end. */
int wgp_keyfile_unescape(char *value) {
        static const char names[] = "sntr\\;", characters[] = " \n\t\r\\;";
        char *to = value;

        for (const char *from = value; *from; from++) {
                const char *name;

                if (*from != '\\') {
                        *to++ = *from;
                        continue;
                }
                from++;
                name = *from ? strchr(names, *from) : NULL;
                if (!name)
                        return -EINVAL;
                *to++ = characters[name - names];
        }
        *to = 0;
        return 0;
}

/* Takes the next string of a ";" separated list, white space around it removed (NetworkManager keeps it and then
 * refuses the item). An empty item is skipped. Returns NULL at the end. Escapes are still in it. */
char *wgp_keyfile_next_item(char **cursor) {
        while (**cursor) {
                char *item = *cursor, *end = item;

                while (*end && *end != ';')
                        end += *end == '\\' && end[1] ? 2 : 1;
                *cursor = *end ? end + 1 : end;
                *end = 0;

                while (isspace((unsigned char) *item))
                        item++;
                while (end > item && isspace((unsigned char) end[-1]))
                        *--end = 0;
                if (*item)
                        return item;
        }
        return NULL;
}

static bool is_utf8(const char *text) {
        for (const unsigned char *s = (const unsigned char *) text; *s;) {
                unsigned n = *s < 0x80 ? 0 : *s >= 0xc2 && *s < 0xe0 ? 1 : *s >= 0xe0 && *s < 0xf0 ? 2 :
                                *s >= 0xf0 && *s < 0xf5 ? 3 : 4;

                /* the second byte's narrower ranges: no over-long forms, no surrogates, nothing above U+10FFFF */
                if (n == 4 || (*s == 0xe0 && s[1] < 0xa0) || (*s == 0xed && s[1] > 0x9f) ||
                    (*s == 0xf0 && s[1] < 0x90) || (*s == 0xf4 && s[1] > 0x8f))
                        return false;
                for (s++; n > 0; n--, s++)
                        if ((*s & 0xc0) != 0x80)
                                return false;
        }
        return true;
}

static void strip_trailing_blanks(char *value) {
        size_t n = strlen(value);

        while (n > 0 && isspace((unsigned char) value[n - 1]))
                value[--n] = 0;
}

/* --- values --- */

static int parse_bool(WgpParse *p, char *value, bool otherwise, bool *field) {
        strip_trailing_blanks(value);
        if (!*value)
                *field = otherwise;
        else if (streq(value, "true") || streq(value, "1"))
                *field = true;
        else if (streq(value, "false") || streq(value, "0"))
                *field = false;
        else
                return parse_error(p, "'%s' is neither true nor false.", value);
        return 0;
}

int wgp_keyfile_parse_tristate_bool(WgpParse *p, char *value, WgpTristate *field) {
        bool b = false;
        int r;

        if (!*value) {
                *field = WGP_UNSET;
                return 0;
        }
        r = parse_bool(p, value, false, &b);
        if (r >= 0)
                *field = b ? WGP_YES : WGP_NO;
        return r;
}

/* A whole number as g_ascii_strtoll() with base 0 reads it; an empty value leaves the default. */
int wgp_keyfile_parse_integer(WgpParse *p, char *value, int64_t min, int64_t max, int64_t *field) {
        bool negative;
        uint64_t v = 0;
        char *s = value;

        if (!*value)
                return 0;

        while (isspace((unsigned char) *s))
                s++;
        negative = *s == '-';
        if (wgp_parse_base0(s + negative, INT64_MAX, &v) < 0 || (negative ? -(int64_t) v : (int64_t) v) < min ||
            (negative ? -(int64_t) v : (int64_t) v) > max)
                return parse_error(p, "'%s' is no number from %lld to %lld.", value, (long long) min, (long long) max);

        *field = negative ? -(int64_t) v : (int64_t) v;
        return 0;
}

static int parse_int(WgpParse *p, char *value, int min, int max, int *field) {
        int64_t v = min;
        int r;

        r = wgp_keyfile_parse_integer(p, value, min, max, &v);
        if (r >= 0)
                *field = (int) v;
        return r;
}

/* --- [connection] --- */

static int parse_id(WgpParse *p, char *value) {
        return wgp_parse_string(&p->profile->id, value);
}

static int parse_uuid(WgpParse *p, char *value) {
        static const char form[] = "xxxxxxxx-xxxx-xxxx-xxxx-xxxxxxxxxxxx";
        size_t n = strlen(value), i;
        bool ok = n == 40; /* the old style: the hexadecimal digits of a SHA-1 */

        for (i = 0; i < n && ok; i++)
                ok = isxdigit((unsigned char) value[i]);
        if (!ok && n == sizeof(form) - 1)
                for (ok = true, i = 0; i < n && ok; i++)
                        ok = form[i] == 'x' ? isxdigit((unsigned char) value[i]) : value[i] == '-';
        if (!ok && n > 0)
                return parse_error(p, "'%s' is no UUID.", value);

        for (i = 0; i < n; i++)
                value[i] = (char) tolower((unsigned char) value[i]);
        return wgp_parse_string(&p->profile->uuid, value);
}

static int parse_type(WgpParse *p, char *value) {
        if (streq(value, "wireguard"))
                return 0;
        return parse_error(p, "A connection of type '%s': only type=wireguard can be read.", value);
}

static int parse_interface_name(WgpParse *p, char *value) {
        if (!wgp_ifname_is_valid(value))
                return strlen(value) >= IF_NAMESIZE ?
                                parse_error(p, "'%s' is too long: a link's name has at most 15 bytes.", value) :
                                parse_error(p, "'%s' cannot be the name of a link.", value);

        p->profile->ifname_origin = parse_origin(p);
        return wgp_parse_string(&p->profile->ifname, value);
}

static int parse_autoconnect(WgpParse *p, char *value) {
        return wgp_keyfile_parse_tristate_bool(p, value, &p->profile->keyfile_autoconnect);
}

static int parse_zone(WgpParse *p, char *value) {
        WgpProfile *profile = p->profile;

        free(profile->zone);
        profile->zone = strdup(value);
        profile->zone_origin = parse_origin(p);
        return profile->zone ? 0 : -ENOMEM;
}

static int parse_permissions(WgpParse *p, char *value) {
        int r = 0;

        p->profile->has_permissions = false;
        for (char *item; (item = wgp_keyfile_next_item(&value));) {
                p->profile->has_permissions = true;
                if (strncmp(item, "user:", strlen("user:")) != 0)
                        r = parse_error(p, "'%s' is no permission: expected user:NAME.", item);
        }
        return r;
}

static int parse_controller(WgpParse *p, char *value) {
        return wgp_parse_string(&p->profile->controller, value);
}

static int parse_port_type(WgpParse *p, char *value) {
        return wgp_parse_string(&p->profile->port_type, value);
}

static int parse_mdns(WgpParse *p, char *value) {
        return parse_int(p, value, -1, 2, &p->profile->mdns);
}

static int parse_llmnr(WgpParse *p, char *value) {
        return parse_int(p, value, -1, 2, &p->profile->llmnr);
}

static int parse_dns_over_tls(WgpParse *p, char *value) {
        return parse_int(p, value, -1, 2, &p->profile->dns_over_tls);
}

static int parse_dnssec(WgpParse *p, char *value) {
        return parse_int(p, value, -1, 2, &p->profile->dnssec);
}

#define IGNORED(name) { name, NULL, WGP_KEY_IGNORED, "" }

static const WgpKey connection_keys[] = {
        { "id", parse_id, 0, "text" },
        { "uuid", parse_uuid, 0, "UUID" },
        { "type", parse_type, 0, "wireguard" },
        { "interface-name", parse_interface_name, WGP_KEY_REQUIRED, "link name" },
        { "autoconnect", parse_autoconnect, 0, "true or false" },
        { "zone", parse_zone, 0, "firewalld zone" },
        { "permissions", parse_permissions, WGP_KEY_STRINGS, "user:NAME list" },
        { "controller", parse_controller, 0, "link name" },
        { "master", parse_controller, WGP_KEY_OTHER_FORM, "link name" },
        { "port-type", parse_port_type, 0, "vrf" },
        { "slave-type", parse_port_type, WGP_KEY_OTHER_FORM, "vrf" },
        { "mdns", parse_mdns, 0, "-1 to 2" },
        { "llmnr", parse_llmnr, 0, "-1 to 2" },
        { "dns-over-tls", parse_dns_over_tls, 0, "-1 to 2" },
        { "dnssec", parse_dnssec, 0, "-1 to 2" },
        IGNORED("auth-retries"),
        IGNORED("autoconnect-ports"),
        IGNORED("autoconnect-priority"),
        IGNORED("autoconnect-retries"),
        IGNORED("autoconnect-slaves"),
        IGNORED("down-on-poweroff"),
        IGNORED("gateway-ping-timeout"),
        IGNORED("ip-ping-addresses"),
        IGNORED("ip-ping-addresses-require-all"),
        IGNORED("ip-ping-timeout"),
        IGNORED("lldp"),
        IGNORED("metered"),
        IGNORED("mptcp-flags"),
        IGNORED("mud-url"),
        IGNORED("multi-connect"),
        IGNORED("read-only"),
        IGNORED("secondaries"),
        IGNORED("stable-id"),
        IGNORED("timestamp"),
        IGNORED("wait-activation-delay"),
        IGNORED("wait-device-timeout"),
};

const WgpSection wgp_section_connection = {
        WGP_SECTION_CONNECTION, "connection", connection_keys, WGP_ARRAY_SIZE(connection_keys),
};

/* --- [wireguard] --- */

static int parse_private_key(WgpParse *p, char *value) {
        return wgp_parse_optional_secret(p, value, WGP_KEY_WITH_BLANKS, &p->profile->private_key);
}

static int parse_private_key_flags(WgpParse *p, char *value) {
        int64_t flags = 0;
        int r;

        r = wgp_keyfile_parse_integer(p, value, 0, 2, &flags);
        if (r < 0)
                return r;

        p->profile->private_key_flags = (uint8_t) flags;
        return 0;
}

static int parse_listen_port(WgpParse *p, char *value) {
        int64_t port = 0;
        int r;

        r = wgp_keyfile_parse_integer(p, value, 0, UINT16_MAX, &port);
        if (r < 0)
                return r;

        p->profile->has_listen_port = *value && port > 0;
        p->profile->listen_port = (uint16_t) port;
        p->profile->listen_port_origin = parse_origin(p);
        return 0;
}

static int parse_fwmark(WgpParse *p, char *value) {
        int64_t mark = 0;
        int r;

        r = wgp_keyfile_parse_integer(p, value, 0, UINT32_MAX, &mark);
        if (r < 0)
                return r;

        p->profile->has_fwmark = mark > 0;
        p->profile->fwmark = (uint32_t) mark;
        p->profile->fwmark_origin = parse_origin(p);
        return 0;
}

static int parse_peer_routes(WgpParse *p, char *value) {
        p->profile->peer_routes_origin = parse_origin(p);
        return parse_bool(p, value, true, &p->profile->peer_routes);
}

static int parse_auto_default_route(WgpParse *p, char *value, WgpFamily *family) {
        int v = -1;
        int r;

        r = parse_int(p, value, -1, 1, &v);
        if (r >= 0)
                family->auto_default_route = (WgpTristate) (*value ? v : -1);
        return r;
}

static int parse_ip4_auto_default_route(WgpParse *p, char *value) {
        return parse_auto_default_route(p, value, &p->profile->ipv4);
}

static int parse_ip6_auto_default_route(WgpParse *p, char *value) {
        return parse_auto_default_route(p, value, &p->profile->ipv6);
}

static const WgpKey wireguard_keys[] = {
        { "private-key", parse_private_key, WGP_KEY_SECRET, "key" },
        { "private-key-flags", parse_private_key_flags, 0, "0, 1 or 2" },
        { "listen-port", parse_listen_port, 0, "port" },
        { "fwmark", parse_fwmark, 0, "mark" },
        { "peer-routes", parse_peer_routes, 0, "true or false" },
        { "mtu", wgp_parse_mtu, 0, "bytes" },
        { "ip4-auto-default-route", parse_ip4_auto_default_route, 0, "-1, 0 or 1" },
        { "ip6-auto-default-route", parse_ip6_auto_default_route, 0, "-1, 0 or 1" },
        { "interface-name", parse_interface_name, WGP_KEY_OTHER_FORM, "link name" },
};

const WgpSection wgp_section_wireguard = {
        WGP_SECTION_WIREGUARD, "wireguard", wireguard_keys, WGP_ARRAY_SIZE(wireguard_keys),
};

/* --- [wireguard-peer.KEY] --- */

static int parse_endpoint(WgpParse *p, char *value) {
        WgpPeer *peer = parse_peer(p);
        int r;

        peer->set |= WGP_PEER_ENDPOINT;
        wgp_endpoint_done(&peer->endpoint);
        strip_trailing_blanks(value);
        if (!*value)
                return 0;

        r = wgp_parse_endpoint(p, value, /* allow_service= */ false, &peer->endpoint);
        if (r >= 0 && peer->endpoint.port == 0)
                r = parse_error(p, "An endpoint needs a port from 1 to 65535.");
        return r;
}

static int parse_preshared_key(WgpParse *p, char *value) {
        WgpPeer *peer = parse_peer(p);

        peer->set |= WGP_PEER_PRESHARED_KEY;
        return wgp_parse_optional_secret(p, value, WGP_KEY_WITH_BLANKS, &peer->preshared_key);
}

/* NetworkManager's default is 4, "not required", and then it ignores the key that stands right here. We use it. */
static int parse_preshared_key_flags(WgpParse *p, char *value) {
        WgpPeer *peer = parse_peer(p);
        int64_t flags = 0;
        int r;

        r = wgp_keyfile_parse_integer(p, value, 0, 4, &flags);
        if (r < 0)
                return r;
        if (flags == 3)
                return parse_error(p, "3 is two flags at once: expected 0, 1, 2 or 4.");

        peer->set |= WGP_PEER_PRESHARED_KEY_FLAGS;
        peer->preshared_key_flags = (uint8_t) flags;
        return 0;
}

static int parse_keepalive(WgpParse *p, char *value) {
        WgpPeer *peer = parse_peer(p);
        int64_t seconds = 0;
        int r;

        r = wgp_keyfile_parse_integer(p, value, 0, UINT16_MAX, &seconds);
        if (r < 0)
                return r;

        peer->set |= WGP_PEER_KEEPALIVE;
        peer->keepalive = (uint16_t) seconds;
        return 0;
}

static int parse_allowed_ips(WgpParse *p, char *value) {
        WgpPeer *peer = parse_peer(p);
        int r = 0;

        if (!p->dropin || !*value)
                peer->n_allowed_ips = 0; /* the last of several counts */
        if (!*value)
                peer->reset |= WGP_PEER_ALLOWED_IPS;
        peer->set |= WGP_PEER_ALLOWED_IPS;

        for (char *item; (item = wgp_keyfile_next_item(&value));) {
                WgpPeerIp ip = { .origin = parse_origin(p) };
                int k;

                if (wgp_keyfile_unescape(item) < 0 || wgp_prefix_parse(item, &ip.prefix, NULL) < 0)
                        k = parse_error(p, "'%s' is no address with a prefix length.", item);
                else
                        k = wgp_parse_add_allowed_ip(p, peer, &ip);
                if (k == -ENOMEM)
                        return k;
                r = k < 0 ? k : r;
        }
        return r;
}

static const WgpKey wireguard_peer_keys[] = {
        { "endpoint", parse_endpoint, 0, "host:port" },
        { "preshared-key", parse_preshared_key, WGP_KEY_SECRET, "key" },
        { "preshared-key-flags", parse_preshared_key_flags, 0, "0, 1, 2 or 4" },
        { "allowed-ips", parse_allowed_ips, WGP_KEY_LIST | WGP_KEY_STRINGS, "prefixes" },
        { "persistent-keepalive", parse_keepalive, 0, "seconds" },
};

const WgpSection wgp_section_wireguard_peer = {
        WGP_SECTION_WIREGUARD_PEER, "wireguard-peer.", wireguard_peer_keys, WGP_ARRAY_SIZE(wireguard_peer_keys),
};

/* --- lines --- */

/* Groups that NetworkManager knows and that mean nothing for a tunnel. */
static bool is_foreign_group(const char *name) {
        static const char *const groups[] = {
                "bond-port",   "bridge-port", "ethernet", "802-3-ethernet", "ethtool",     "hostname", "link",
                "match",       "nmmeta",      "prefix-delegation", "proxy", "sriov",       "tc",       "team-port",
                "user",        "vpn-secrets", "vrf-port", "",
        };

        for (size_t i = 0; i < WGP_ARRAY_SIZE(groups); i++)
                if (streq(groups[i], name))
                        return true;
        return false;
}

static int begin_peer_group(WgpParse *p, const char *key) {
        uint8_t public_key[WGP_KEY_SIZE];
        int r;

        r = wgp_parse_begin_peer(p);
        if (r < 0)
                return r;

        p->section = &wgp_section_wireguard_peer;
        if (wgp_key_parse(key, WGP_KEY_CANONICAL, public_key) < 0)
                return wgp_parse_refuse(p, parse_error(p,
                                "The group's name must end with the peer's public key, 44 characters of base64."));

        memcpy(parse_peer(p)->public_key, public_key, sizeof(public_key));
        parse_peer(p)->set |= WGP_PEER_PUBLIC_KEY;
        return 0;
}

static int begin_group(void *userdata, unsigned line, char *name) {
        static const WgpSection *const sections[] = {
                &wgp_section_connection, &wgp_section_wireguard, &wgp_section_ipv4,
                &wgp_section_ipv6,       &wgp_section_wg_profile,
        };
        static const char peer_prefix[] = "wireguard-peer.";
        WgpParse *p = userdata;

        wgp_parse_begin_section(p, line, name);
        for (const char *s = name; *s; s++)
                if (strchr("[]", *s) || iscntrl((unsigned char) *s))
                        return wgp_parse_refuse(p, parse_error(p, "A group's name has no brackets and no control characters."));

        if (strncmp(name, peer_prefix, strlen(peer_prefix)) == 0)
                return begin_peer_group(p, name + strlen(peer_prefix));

        for (size_t i = 0; i < WGP_ARRAY_SIZE(sections) && !p->section; i++)
                if (streq(name, sections[i]->name))
                        p->section = sections[i];

        if (p->section == &wgp_section_ipv4)
                p->profile->ipv4.present = true;
        else if (p->section == &wgp_section_ipv6)
                p->profile->ipv6.present = true;
        else if (!p->section && !is_foreign_group(name))
                return parse_warning(p, "Unknown group, ignored as a whole.");
        return 0;
}

/* "Encoding" in the first group is GKeyFile's own key. */
static int check_encoding(WgpParse *p, char *value) {
        strip_trailing_blanks(value);
        return strcasecmp(value, "UTF-8") == 0 ? 0 :
                        wgp_parse_refuse(p, parse_error(p, "A keyfile's encoding is UTF-8, not '%s'.", value));
}

static int read_entry(void *userdata, unsigned line, char *name, char *value) {
        WgpParse *p = userdata;
        const WgpKey *key;

        p->line = line;
        p->key_name = name;
        if (strpbrk(name, "[]"))
                /* "key[de]" is a translation, which NetworkManager has no use for */
                return name[strlen(name) - 1] == ']' && *name != ']' ?
                                0 :
                                wgp_parse_refuse(p, parse_error(p, "A key has no brackets."));
        if (p->section_number == 1 && streq(name, "Encoding"))
                return check_encoding(p, value);
        if (!p->section)
                return 0;
        if (!is_utf8(value))
                return wgp_parse_refuse(p, parse_error(p, "The value is not UTF-8."));

        key = wgp_section_find_key(p->section, name, /* ignore_case= */ false);
        if (!key && (p->section == &wgp_section_ipv4 || p->section == &wgp_section_ipv6))
                key = wgp_keyfile_find_indexed(p->section, name, NULL, NULL);
        if (!key)
                return parse_warning(p, "Unknown key, ignored.");
        if (key->flags & (WGP_KEY_INDEXED | WGP_KEY_OPTIONS))
                return wgp_keyfile_defer(p, key, name, value);
        if (!(key->flags & WGP_KEY_STRINGS) && wgp_keyfile_unescape(value) < 0)
                return wgp_parse_refuse(p, parse_error(p, "'\\' starts an escape: \\s, \\n, \\t, \\r or \\\\."));

        return wgp_parse_entry(p, key, name, value);
}

const WgpIniHandler wgp_keyfile_handler = {
        .section = begin_group,
        .entry = read_entry,
        .bad = wgp_parse_bad_line,
};
