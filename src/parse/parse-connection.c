/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* [connection] of a keyfile: what NetworkManager calls a profile, as far as it concerns a tunnel. */

#include "base/uuid.h"
#include "parse/parse-internal.h"

static int parse_uuid(WgpParse *p, char *value, void *field) {
        if (*value && !wgp_uuid_is_canonical(value) && !wgp_uuid_is_old(value))
                return wgp_parse_error(p,
                                "'%s' is not a valid UUID: expected hexadecimal digits in groups of 8-4-4-4-12.",
                                value);
        return wgp_parse_string(field, value);
}

static int parse_type(WgpParse *p, char *value, void *field) {
        if (streq(value, "wireguard"))
                return 0;
        return wgp_parse_error(p, "'%s' is not a type that can be read: expected wireguard.", value);
}

/* Parser of keys. "field" is a char *. */
int wgp_keyfile_parse_interface_name(WgpParse *p, char *value, void *field) {
        if (!wgp_ifname_is_valid(value))
                return wgp_parse_error(p, WGP_NOT_A_LINK, value);
        return wgp_parse_string(field, value);
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

static int parse_permissions(WgpParse *p, char *value, void *field) {
        int r = 0;

        p->profile->has_permissions = false;
        for (char *item; (item = wgp_keyfile_next_item(&value));) {
                p->profile->has_permissions = true;
                if (!is_permission(item))
                        r = wgp_parse_error(p, "'%s' is not a valid permission: expected user:NAME.", item);
        }
        return r;
}

/* mdns= and llmnr= */
static int parse_multicast(WgpParse *p, char *value, void *field) {
        static const WgpWord words[] = { { "default", -1 }, { "no", 0 }, { "resolve", 1 }, { "yes", 2 } };

        return wgp_keyfile_parse_choice(p, value, words, WGP_ARRAY_SIZE(words), field);
}

static int parse_dns_over_tls(WgpParse *p, char *value, void *field) {
        static const WgpWord words[] = { { "default", -1 }, { "no", 0 }, { "opportunistic", 1 }, { "yes", 2 } };

        return wgp_keyfile_parse_choice(p, value, words, WGP_ARRAY_SIZE(words), field);
}

static int parse_dnssec(WgpParse *p, char *value, void *field) {
        static const WgpWord words[] = { { "default", -1 }, { "no", 0 }, { "allow-downgrade", 1 }, { "yes", 2 } };

        return wgp_keyfile_parse_choice(p, value, words, WGP_ARRAY_SIZE(words), field);
}

#define FIELD(name) offsetof(WgpProfile, name)

static const WgpKey connection_keys[] = {
        { "id", wgp_parse_text, 0, "text", FIELD(id) },
        { "uuid", parse_uuid, 0, "UUID", FIELD(uuid) },
        { "type", parse_type, 0, "wireguard" },
        { "interface-name", wgp_keyfile_parse_interface_name, WGP_KEY_REQUIRED, "link name", FIELD(ifname),
                        FIELD(ifname_origin), WGP_KEY_ID_INTERFACE_NAME },
        { "autoconnect", wgp_keyfile_parse_tristate, 0, "true or false", FIELD(keyfile_autoconnect) },
        { "zone", wgp_parse_zone, 0, "firewalld zone", FIELD(zone), FIELD(zone_origin), WGP_KEY_ID_ZONE },
        { "permissions", parse_permissions, WGP_KEY_STRINGS, "user:NAME list" },
        { "controller", wgp_parse_text, 0, "link name", FIELD(controller), FIELD(controller_origin),
                        WGP_KEY_ID_CONTROLLER },
        { "master", wgp_parse_text, WGP_KEY_OTHER_FORM, "link name", FIELD(controller), FIELD(controller_origin),
                        WGP_KEY_ID_CONTROLLER },
        { "port-type", wgp_parse_text, 0, "vrf", FIELD(port_type), FIELD(controller_origin), WGP_KEY_ID_PORT_TYPE },
        { "slave-type", wgp_parse_text, WGP_KEY_OTHER_FORM, "vrf", FIELD(port_type), FIELD(controller_origin),
                        WGP_KEY_ID_PORT_TYPE },
        { "mdns", parse_multicast, 0, "-1 to 2", FIELD(mdns) },
        { "llmnr", parse_multicast, 0, "-1 to 2", FIELD(llmnr) },
        { "dns-over-tls", parse_dns_over_tls, 0, "-1 to 2", FIELD(dns_over_tls) },
        { "dnssec", parse_dnssec, 0, "-1 to 2", FIELD(dnssec) },
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
