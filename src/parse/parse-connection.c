/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* [connection] of a keyfile: what NetworkManager calls a profile, as far as it concerns a tunnel. */

#include "base/uuid.h"
#include "parse/parse.h"

static int parse_id(WgpParse *p, char *value) {
        return wgp_parse_string(&p->profile->id, value);
}

static int parse_uuid(WgpParse *p, char *value) {
        if (*value && !wgp_uuid_is_canonical(value) && !wgp_uuid_is_old(value))
                return parse_error(p, "'%s' is not a valid UUID: expected hexadecimal digits in groups of 8-4-4-4-12.",
                                value);
        return wgp_parse_string(&p->profile->uuid, value);
}

static int parse_type(WgpParse *p, char *value) {
        if (streq(value, "wireguard"))
                return 0;
        return parse_error(p, "'%s' is not a type that can be read: expected wireguard.", value);
}

int wgp_keyfile_parse_interface_name(WgpParse *p, char *value) {
        if (!wgp_ifname_is_valid(value))
                return parse_error(p, WGP_NOT_A_LINK, value);

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

/* "user:NAME", and a ":" behind it for what never came. */
static bool is_permission(const char *item) {
        static const char prefix[] = "user:";
        size_t n;

        if (strncmp(item, prefix, strlen(prefix)) != 0)
                return false;
        item += strlen(prefix);
        n = strcspn(item, ":");
        return n > 0 && (item[n] == 0 || item[n + 1] == 0);
}

static int parse_permissions(WgpParse *p, char *value) {
        int r = 0;

        p->profile->has_permissions = false;
        for (char *item; (item = wgp_keyfile_next_item(&value));) {
                p->profile->has_permissions = true;
                if (!is_permission(item))
                        r = parse_error(p, "'%s' is not a valid permission: expected user:NAME.", item);
        }
        return r;
}

static int parse_controller(WgpParse *p, char *value) {
        p->profile->controller_origin = parse_origin(p);
        return wgp_parse_string(&p->profile->controller, value);
}

static int parse_port_type(WgpParse *p, char *value) {
        p->profile->controller_origin = parse_origin(p);
        return wgp_parse_string(&p->profile->port_type, value);
}

static int parse_mdns(WgpParse *p, char *value) {
        static const WgpWord words[] = { { "default", -1 }, { "no", 0 }, { "resolve", 1 }, { "yes", 2 } };

        return wgp_keyfile_parse_choice(p, value, words, WGP_ARRAY_SIZE(words), &p->profile->mdns);
}

static int parse_llmnr(WgpParse *p, char *value) {
        static const WgpWord words[] = { { "default", -1 }, { "no", 0 }, { "resolve", 1 }, { "yes", 2 } };

        return wgp_keyfile_parse_choice(p, value, words, WGP_ARRAY_SIZE(words), &p->profile->llmnr);
}

static int parse_dns_over_tls(WgpParse *p, char *value) {
        static const WgpWord words[] = { { "default", -1 }, { "no", 0 }, { "opportunistic", 1 }, { "yes", 2 } };

        return wgp_keyfile_parse_choice(p, value, words, WGP_ARRAY_SIZE(words), &p->profile->dns_over_tls);
}

static int parse_dnssec(WgpParse *p, char *value) {
        static const WgpWord words[] = { { "default", -1 }, { "no", 0 }, { "allow-downgrade", 1 }, { "yes", 2 } };

        return wgp_keyfile_parse_choice(p, value, words, WGP_ARRAY_SIZE(words), &p->profile->dnssec);
}

static const WgpKey connection_keys[] = {
        { "id", parse_id, 0, "text" },
        { "uuid", parse_uuid, 0, "UUID" },
        { "type", parse_type, 0, "wireguard" },
        { "interface-name", wgp_keyfile_parse_interface_name, WGP_KEY_REQUIRED, "link name" },
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
        WGP_IGNORED_KEY("auth-retries"),
        WGP_IGNORED_KEY("autoconnect-ports"),
        WGP_IGNORED_KEY("autoconnect-priority"),
        WGP_IGNORED_KEY("autoconnect-retries"),
        WGP_IGNORED_KEY("autoconnect-slaves"),
        WGP_IGNORED_KEY("down-on-poweroff"),
        WGP_IGNORED_KEY("gateway-ping-timeout"),
        WGP_IGNORED_KEY("ip-ping-addresses"),
        WGP_IGNORED_KEY("ip-ping-addresses-require-all"),
        WGP_IGNORED_KEY("ip-ping-timeout"),
        WGP_IGNORED_KEY("lldp"),
        WGP_IGNORED_KEY("metered"),
        WGP_IGNORED_KEY("mptcp-flags"),
        WGP_IGNORED_KEY("mud-url"),
        WGP_IGNORED_KEY("multi-connect"),
        WGP_IGNORED_KEY("read-only"),
        WGP_IGNORED_KEY("secondaries"),
        WGP_IGNORED_KEY("stable-id"),
        WGP_IGNORED_KEY("timestamp"),
        WGP_IGNORED_KEY("wait-activation-delay"),
        WGP_IGNORED_KEY("wait-device-timeout"),
};

WGP_ASSERT_KEYS_FIT(connection_keys, WGP_SECTION_KEYS_MAX);

const WgpSection wgp_section_connection = {
        WGP_SECTION_CONNECTION,
        "connection",
        connection_keys,
        WGP_ARRAY_SIZE(connection_keys),
};
