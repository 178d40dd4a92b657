/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* [Interface] of a wg-quick profile. */

#include <arpa/inet.h>
#include <ctype.h>
#include <linux/rtnetlink.h>
#include <stdio.h>

#include "parse/parse.h"

/* --- wg-quick's own --- */

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

/* A length in any base, or an IPv4 netmask "255.255.255.0", all of whose ones are in front. */
static int parse_mask(const char *s, WgpPrefix *prefix) {
        uint64_t length = 0;
        struct in_addr mask;
        uint32_t bits;
        int r;

        r = wgp_parse_base0(*s == '+' ? s + 1 : s, wgp_family_bits(prefix->family), &length);
        if (r == -ERANGE)
                return r;
        if (r < 0) {
                if (prefix->family != AF_INET || !strchr(s, '.') || !parse_short_ipv4(s, &mask))
                        return -EINVAL;
                bits = ntohl(mask.s_addr);
                if (bits & (~bits >> 1))
                        return -EINVAL;
                length = (uint64_t) __builtin_popcount(bits);
        }

        prefix->length = (uint8_t) length;
        return 0;
}

/* The syntax of "ip address add": 10.0.0.1/24, 10.5/16, 10.0.0.1/255.255.255.0, 2001:db8::1/64; no mask: one host. */
int wgp_wg_quick_parse_address(char *s, WgpPrefix *ret) {
        WgpPrefix p = { .family = strchr(s, ':') ? AF_INET6 : AF_INET };
        char *slash = strchr(s, '/');
        int r;

        if (slash)
                *slash++ = 0;

        if (p.family == AF_INET6 ? inet_pton(AF_INET6, s, &p.in6) != 1 : !parse_short_ipv4(s, &p.in))
                return -EINVAL;
        p.length = (uint8_t) wgp_family_bits(p.family);

        if (slash) {
                r = parse_mask(slash, &p);
                if (r < 0)
                        return r;
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
                _cleanup_(wgp_wipe_textp) char *shown = strdup(word);
                WgpAddress address = { .origin = parse_origin(p) };

                if (!shown)
                        return -ENOMEM;
                if (wgp_wg_quick_parse_address(word, &address.prefix) < 0) {
                        /* it has cut "word" at the "/" */
                        r = wgp_parse_refuse_prefix(p, shown, wgp_wg_quick_parse_address(word, &address.prefix) >= 0);
                        if (r == -ENOMEM)
                                return r;
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
                        return parse_error(p, WGP_NOT_A_TABLE, value);
                table.number = (uint32_t) number ?: RT_TABLE_MAIN; /* what the kernel makes of 0 */
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

/* Returns the first "%i" of "s", or NULL. */
static const char *find_specifier(const char *s) {
        for (s = strchr(s, '%'); s; s = strchr(s + 1, '%'))
                if (s[1] == 'i')
                        return s;
        return NULL;
}

/* A copy with the link's name for each "%i"; wg-quick has no escape for it. */
static char *expand_hook(const char *command, const char *ifname) {
        size_t n = 0, n_name = strlen(ifname);
        char *expanded, *to;

        for (const char *s = command; (s = find_specifier(s)); s += 2)
                n++;
        expanded = to = malloc(strlen(command) + n * n_name + 1);
        if (!expanded)
                return NULL;

        for (const char *s; (s = find_specifier(command)); command = s + 2) {
                to = mempcpy(to, command, (size_t) (s - command));
                to = mempcpy(to, ifname, n_name);
        }
        strcpy(to, command);
        return expanded;
}

static int parse_hook(WgpParse *p, WgpHookType type, const char *value) {
        WgpProfile *profile = p->profile;
        WgpHook hook = { .type = type, .origin = parse_origin(p) };

        if (!*value) {
                if (p->dropin)
                        wgp_profile_reset_hooks(profile, type);
                return 0;
        }

        if (!wgp_grow(&profile->hooks, &profile->n_hooks_allocated, profile->n_hooks + 1, sizeof(hook)))
                return -ENOMEM;
        hook.command = expand_hook(value, profile->ifname);
        if (!hook.command)
                return -ENOMEM;
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
        if (strcasecmp(value, "true") != 0 && strcasecmp(value, "false") != 0 && (*value || !p->dropin))
                return parse_error(p, "'%s' is not a valid switch: expected true or false.", value);

        p->profile->save_config = strcasecmp(value, "true") == 0;
        p->profile->save_config_origin = parse_origin(p);
        return 0;
}

/* --- wg's --- */

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

        r = wgp_parse_port_number(p, value, /* as_wg= */ true, &port, &service);
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
                return parse_error(p, "'%s' is not a valid mark: expected off, or 0 to 0xffffffff.", value);

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

WGP_ASSERT_KEYS_FIT(interface_keys, WGP_SECTION_KEYS_MAX);

const WgpSection wgp_section_interface = {
        WGP_SECTION_INTERFACE,
        "Interface",
        interface_keys,
        WGP_ARRAY_SIZE(interface_keys),
};
