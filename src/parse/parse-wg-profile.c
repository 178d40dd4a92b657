/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* [WgProfile], our own section, the same in both formats: wg-profile(5). */

#include "parse/parse-internal.h"

static int parse_tristate(WgpParse *p, char *value, void *field) {
        bool b = false;

        if (*value && wgp_parse_boolean(value, &b) < 0)
                return wgp_parse_error(p, "'%s' is not a valid switch: expected yes or no.", value);

        *(WgpTristate *) field = !*value ? WGP_UNSET : b ? WGP_YES : WGP_NO;
        return 0;
}

static int parse_kill_switch(WgpParse *p, char *value, void *field) {
        WgpProfile *profile = p->profile;
        bool b = false;

        profile->kill_switch_strict = strcasecmp(value, "strict") == 0;
        if (!profile->kill_switch_strict && *value && wgp_parse_boolean(value, &b) < 0)
                return wgp_parse_error(p, "'%s' is neither yes, no nor strict.", value);

        profile->kill_switch = !*value ? WGP_UNSET : b || profile->kill_switch_strict ? WGP_YES : WGP_NO;
        return 0;
}

static int parse_private_key_file(WgpParse *p, char *value, void *field) {
        if (*value && *value != '/')
                return wgp_parse_error(p, "'%s' is not a valid path: expected one that starts with '/'.", value);

        return wgp_parse_string(field, value);
}

static int parse_refresh(WgpParse *p, char *value, void *field) {
        enum {
                MINUTE_USEC = 60 * 1000 * 1000,
        };
        uint64_t usec = 0;

        if (*value && (wgp_parse_duration(value, &usec) < 0 || usec < MINUTE_USEC))
                return wgp_parse_error(p, "'%s' is not a valid interval: expected at least one minute, as in '30min'.",
                                value);

        *(uint64_t *) field = usec;
        return 0;
}

static int parse_netns(WgpParse *p, char *value, void *field) {
        if (*value && !wgp_netns_is_valid(value))
                return wgp_parse_error(p,
                                "'%s' is not a valid name of a network namespace: expected that of a file in /run/netns.",
                                value);

        return wgp_parse_string(field, value);
}

static int parse_vrf(WgpParse *p, char *value, void *field) {
        if (*value && !wgp_ifname_is_valid(value))
                return wgp_parse_error(p, WGP_NOT_A_LINK, value);

        return wgp_parse_string(field, value);
}

static int parse_route_metric(WgpParse *p, char *value, void *field) {
        uint64_t metric = 0;

        if (*value && wgp_parse_decimal(value, UINT32_MAX, &metric) < 0)
                return wgp_parse_error(p, "'%s' is not a valid metric: expected 0 to 4294967295.", value);

        *(int64_t *) field = *value ? (int64_t) metric : -1;
        return 0;
}

static int parse_generate_key(WgpParse *p, char *value, void *field) {
        bool b = false;

        if (strcasecmp(value, "encrypted") == 0) {
                p->profile->generate_key = WGP_GENERATE_KEY_ENCRYPTED;
                return 0;
        }
        if (*value && wgp_parse_boolean(value, &b) < 0)
                return wgp_parse_error(p, "'%s' is not a valid choice: expected yes, no or encrypted.", value);

        p->profile->generate_key = b ? WGP_GENERATE_KEY_YES : WGP_GENERATE_KEY_NO;
        return 0;
}

#define FIELD(name) offsetof(WgpProfile, name)

static const WgpKey wg_profile_keys[] = {
        { "Autoconnect", parse_tristate, 0, "yes or no", FIELD(autoconnect) },
        { "ClientAllowedIPs", wgp_parse_client_allowed_ips, WGP_KEY_LIST, "prefixes" },
        { "ClientDNS", wgp_parse_client_dns, WGP_KEY_LIST, "addresses and domains" },
        { "ClientEndpoint", wgp_parse_client_endpoint, 0, "host[:port]" },
        { "GenerateKey", parse_generate_key, 0, "yes, no or encrypted" },
        { "Hooks", parse_tristate, 0, "yes or no", FIELD(hooks_allowed) },
        { "KillSwitch", parse_kill_switch, 0, "yes, no or strict" },
        { "MTU", wgp_parse_mtu, 0, "bytes, or auto", FIELD(mtu), FIELD(mtu_origin), WGP_KEY_ID_MTU },
        { "Netns", parse_netns, 0, "name", FIELD(netns), FIELD(netns_origin) },
        { "PrivateKeyFile", parse_private_key_file, 0, "path", FIELD(private_key_file),
                        FIELD(private_key_file_origin) },
        { "RefreshSec", parse_refresh, 0, "time", FIELD(refresh_usec) },
        { "RouteMetric", parse_route_metric, 0, "number", FIELD(route_metric) },
        { "Vrf", parse_vrf, 0, "link name", FIELD(vrf), FIELD(vrf_origin) },
        { "Zone", wgp_parse_zone, 0, "firewalld zone", FIELD(zone), FIELD(zone_origin), WGP_KEY_ID_ZONE },
};

WGP_ASSERT_KEYS_FIT(wg_profile_keys, WGP_SECTION_KEYS_MAX);

const WgpSection wgp_section_wg_profile = {
        WGP_SECTION_WG_PROFILE,
        "WgProfile",
        wg_profile_keys,
        WGP_ARRAY_SIZE(wg_profile_keys),
};
