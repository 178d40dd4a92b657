/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* NetworkManager's keyfile format: GKeyFile's grammar and escapes. The groups have files of their own. Where
 * NetworkManager drops what it cannot read and brings up the rest, this refuses: half a VPN is worse than none. */

#include <ctype.h>
#include <stdio.h>

#include "base/text.h"
#include "base/utf8.h"
#include "parse/parse-internal.h"

/* Groups that NetworkManager knows and that mean nothing for a tunnel. */
static bool is_foreign_group(const char *name) {
        static const char *const groups[] = {
                "bond-port",
                "bridge-port",
                "ethernet",
                "802-3-ethernet",
                "ethtool",
                "hostname",
                "link",
                "match",
                "nmmeta",
                "prefix-delegation",
                "proxy",
                "sriov",
                "tc",
                "team-port",
                "user",
                "vpn-secrets",
                "vrf-port",
                "",
        };

        for (size_t i = 0; i < WGP_ARRAY_SIZE(groups); i++)
                if (streq(groups[i], name))
                        return true;
        return false;
}

static int begin_peer_group(WgpParse *p, const char *key) {
        uint8_t public_key[WGP_KEY_SIZE];
        int r;

        p->section = &wgp_section_wireguard_peer;
        r = wgp_parse_begin_peer(p);
        if (r < 0)
                return r;

        if (wgp_key_parse(key, WGP_KEY_CANONICAL, public_key) < 0)
                return wgp_parse_refuse(p,
                                wgp_parse_error(p,
                                                "The group's name does not end with a valid public key: expected 44 characters of base64."));

        memcpy(parse_peer(p)->public_key, public_key, sizeof(public_key));
        parse_peer(p)->set |= WGP_PEER_PUBLIC_KEY;
        return 0;
}

static int begin_group(void *userdata, unsigned line, char *name) {
        static const WgpSection *const sections[] = {
                &wgp_section_connection,
                &wgp_section_wireguard,
                &wgp_section_ipv4,
                &wgp_section_ipv6,
                &wgp_section_wg_profile,
        };
        static const char peer_prefix[] = "wireguard-peer.";
        WgpParse *p = userdata;
        int r;

        r = wgp_parse_begin_section(p, line, name);
        if (r < 0)
                return r;
        for (const char *s = name; *s; s++)
                if (strchr("[]", *s) || iscntrl((unsigned char) *s))
                        return wgp_parse_refuse(p,
                                        wgp_parse_error(p,
                                                        "Not a valid group name: expected no brackets and no control characters."));

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
                return wgp_parse_warning(p, "Unknown group, ignored as a whole.");
        return 0;
}

/* "Encoding" in the first group is GKeyFile's own key. */
static int check_encoding(WgpParse *p, char *value) {
        wgp_strip_end(value);
        return strcasecmp(value, "UTF-8") == 0 ?
                               0 :
                               wgp_parse_refuse(p, wgp_parse_error(p, "'%s' is not a valid encoding: expected UTF-8.",
                                                                   value));
}

/* "key[de]", which NetworkManager has no use for. */
static bool is_translation(const char *name) {
        const size_t n = strcspn(name, "[]"), m = strcspn(name + n + 1, "[]");

        return n > 0 && name[n] == '[' && streq(name + n + 1 + m, "]");
}

static int refuse_value(WgpParse *p, const WgpKey *key, const char *problem) {
        int r;

        r = wgp_parse_note_key(p, key);
        return r < 0 ? r : wgp_parse_refuse(p, wgp_parse_error(p, "%s", problem));
}

static int read_value(WgpParse *p, const WgpKey *key, char *name, char *value) {
        if (!wgp_utf8_is_valid(value))
                return refuse_value(p, key, "The value is not UTF-8.");
        if (key->flags & (WGP_KEY_INDEXED | WGP_KEY_OPTIONS))
                return wgp_keyfile_defer(p, key, name, value);
        if (!(key->flags & (WGP_KEY_STRINGS | WGP_KEY_IGNORED)) &&
                        wgp_keyfile_unescape(value, /* in_list= */ false) < 0)
                return refuse_value(p, key, WGP_NOT_AN_ESCAPE);

        if (p->section == &wgp_section_wg_profile || key->flags & WGP_KEY_DROPIN)
                wgp_strip_end(value); /* ours, and not GKeyFile's: the same in both formats */
        return wgp_parse_entry(p, key, name, value);
}

static int read_entry(void *userdata, unsigned line, char *name, char *value) {
        WgpParse *p = userdata;
        const WgpKey *key;

        p->line = line;
        p->key_name = name;
        if (strpbrk(name, "[]"))
                return is_translation(name) ?
                                       0 :
                                       wgp_parse_refuse(p,
                                                       wgp_parse_error(p,
                                                                       "Not a valid key name: expected no brackets."));
        if (p->section_number == 1 && streq(name, "Encoding"))
                return check_encoding(p, value);
        if (!p->section)
                return 0;

        key = wgp_section_find_key(p->section, name, /* ignore_case= */ false);
        if (!key && (p->section == &wgp_section_ipv4 || p->section == &wgp_section_ipv6))
                key = wgp_section_find_indexed(p->section, name, NULL, NULL);
        if (key)
                return read_value(p, key, name, value);
        if (p->section == &wgp_section_wg_profile)
                return wgp_parse_refuse(p, wgp_parse_unknown_key(p, name, WGP_ERROR));
        return wgp_parse_unknown_key(p, name, WGP_WARNING);
}

const WgpIniHandler wgp_keyfile_handler = {
        .section = begin_group,
        .entry = read_entry,
        .bad = wgp_parse_bad_line,
};
