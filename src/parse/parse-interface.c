/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* [Interface] of a wg-quick profile. */

#include <linux/rtnetlink.h>
#include <stdio.h>

#include "parse/parse-internal.h"

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

static int parse_address(WgpParse *p, char *value, void *field) {
        WgpProfile *profile = p->profile;
        int r = 0;

        if (p->dropin && !*value)
                profile->n_addresses = 0;

        for (char *word; (word = next_word(&value));) {
                _cleanup_(wgp_wipe_textp) char *shown = strdup(word);
                WgpAddress address = { .origin = parse_origin(p) };

                if (!shown)
                        return -ENOMEM;
                if (wgp_prefix_parse_iproute(word, &address.prefix) < 0) {
                        /* it has cut "word" at the "/" */
                        r = wgp_parse_refuse_prefix(p, shown, wgp_prefix_parse_iproute(word, &address.prefix) >= 0);
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

static int parse_dns(WgpParse *p, char *value, void *field) {
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

static int parse_table(WgpParse *p, char *value, void *field) {
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
                        return wgp_parse_error(p, WGP_NOT_A_TABLE, value);
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

static int parse_hook(WgpParse *p, char *value, void *field) {
        WgpProfile *profile = p->profile;
        WgpHook hook = { .origin = parse_origin(p) };

        while (!streq(wgp_hook_names[hook.type], p->key->name))
                hook.type++;
        if (!*value) {
                if (p->dropin)
                        wgp_profile_reset_hooks(profile, hook.type);
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

static int parse_save_config(WgpParse *p, char *value, void *field) {
        if (strcasecmp(value, "true") != 0 && strcasecmp(value, "false") != 0 && (*value || !p->dropin))
                return wgp_parse_error(p, "'%s' is not a valid switch: expected true or false.", value);

        *(bool *) field = strcasecmp(value, "true") == 0;
        return 0;
}

/* --- wg's --- */

static int parse_listen_port(WgpParse *p, char *value, void *field) {
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
        return 0;
}

static int parse_fwmark(WgpParse *p, char *value, void *field) {
        WgpProfile *profile = p->profile;
        uint32_t mark = 0;

        if (*value && wgp_parse_fwmark(value, &mark) < 0)
                return wgp_parse_error(p, "'%s' is not a valid mark: expected off, or 0 to 0xffffffff.", value);

        profile->has_fwmark = *value;
        profile->fwmark = mark;
        return 0;
}

#define FIELD(name) offsetof(WgpProfile, name)

static const WgpKey interface_keys[] = {
        { "PrivateKey", wgp_parse_secret, WGP_KEY_WG | WGP_KEY_SECRET, "key", FIELD(private_key) },
        { "ListenPort", parse_listen_port, WGP_KEY_WG, "port", 0, FIELD(listen_port_origin) },
        { "FwMark", parse_fwmark, WGP_KEY_WG, "mark", 0, FIELD(fwmark_origin) },
        { "Address", parse_address, WGP_KEY_LIST, "addresses" },
        { "DNS", parse_dns, WGP_KEY_LIST, "addresses and domains" },
        { "MTU", wgp_parse_mtu, 0, "bytes", FIELD(mtu), FIELD(mtu_origin), WGP_KEY_ID_MTU },
        { "Table", parse_table, 0, "routing table" },
        { "PreUp", parse_hook, WGP_KEY_LIST | WGP_KEY_RAW, "command" },
        { "PostUp", parse_hook, WGP_KEY_LIST | WGP_KEY_RAW, "command" },
        { "PreDown", parse_hook, WGP_KEY_LIST | WGP_KEY_RAW, "command" },
        { "PostDown", parse_hook, WGP_KEY_LIST | WGP_KEY_RAW, "command" },
        { "SaveConfig", parse_save_config, 0, "true or false", FIELD(save_config), FIELD(save_config_origin) },
};

WGP_ASSERT_KEYS_FIT(interface_keys, WGP_SECTION_KEYS_MAX);

const WgpSection wgp_section_interface = {
        WGP_SECTION_INTERFACE,
        "Interface",
        interface_keys,
        WGP_ARRAY_SIZE(interface_keys),
};
