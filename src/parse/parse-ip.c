/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* [ipv4] and [ipv6] of a keyfile: method, gateway, addresses. DNS, routes and rules are in files of their own. */

#include "parse/parse-internal.h"

/* --- scalars --- */

static int parse_method(WgpParse *p, char *value, void *field) {
        static const struct {
                const char *name;
                WgpMethod method;
                bool ipv6_only;
        } methods[] = {
                { "disabled", WGP_METHOD_DISABLED, false },
                { "manual", WGP_METHOD_MANUAL, false },
                { "ignore", WGP_METHOD_IGNORE, true },
                { "link-local", WGP_METHOD_LINK_LOCAL, true },
        };

        for (size_t i = 0; i < WGP_ARRAY_SIZE(methods); i++)
                if (streq(value, methods[i].name) && (!methods[i].ipv6_only || parse_family(p) == AF_INET6)) {
                        *(WgpMethod *) field = methods[i].method;
                        return 0;
                }
        return wgp_parse_error(p, "'%s' is not a valid method for WireGuard: expected %s.", value,
                        parse_family(p) == AF_INET6 ? "manual, disabled, ignore or link-local" : "manual or disabled");
}

/* 0.0.0.0 and :: mean: no gateway. */
static void set_gateway(WgpParse *p, const WgpPrefix *gateway) {
        static const uint8_t zero[16] = {};

        parse_ip(p)->has_gateway = memcmp(gateway->bytes, zero, wgp_family_bits(gateway->family) / 8) != 0;
        parse_ip(p)->gateway_of_address = false;
        parse_ip(p)->gateway = *gateway;
        parse_ip(p)->gateway_origin = parse_origin(p);
}

/* Sets the gateway behind an address, unless gateway= or an earlier address has set one. Returns 0, or -ENOMEM. */
static int set_first_gateway(WgpParse *p, const WgpPrefix *gateway) {
        char used[INET6_ADDRSTRLEN];

        if (!parse_ip(p)->has_gateway) {
                set_gateway(p, gateway);
                parse_ip(p)->gateway_of_address = true;
                return 0;
        }
        if (wgp_prefix_compare(&parse_ip(p)->gateway, gateway) == 0)
                return 0;
        wgp_address_format(&parse_ip(p)->gateway, used);
        return wgp_parse_warning(p, "The gateway is not used: that is %s already.", used);
}

static int parse_gateway(WgpParse *p, char *value, void *field) {
        WgpPrefix gateway;

        parse_ip(p)->has_gateway = false;
        if (!*value)
                return 0;
        if (wgp_address_parse(value, &gateway) < 0 || gateway.family != parse_family(p))
                return wgp_parse_error(p, "'%s' is not a valid gateway: expected an %s address.", value,
                                parse_family_name(p));

        set_gateway(p, &gateway);
        return 0;
}

static int parse_route_metric(WgpParse *p, char *value, void *field) {
        int64_t *metric = field;

        *metric = -1;
        return wgp_keyfile_parse_integer(p, value, "metric", -1, UINT32_MAX, metric);
}

static int parse_route_table(WgpParse *p, char *value, void *field) {
        int64_t table = 0;
        int r;

        r = wgp_keyfile_parse_integer(p, value, "table number", 0, UINT32_MAX, &table);
        if (r >= 0)
                *(uint32_t *) field = (uint32_t) table;
        return r;
}

static int parse_dns_priority(WgpParse *p, char *value, void *field) {
        int64_t priority = 0;
        int r;

        r = wgp_keyfile_parse_integer(p, value, "priority", INT32_MIN, INT32_MAX, &priority);
        if (r >= 0)
                *(int32_t *) field = (int32_t) priority;
        return r;
}

/* --- addresses --- */

/* Adds ADDRESS[/LENGTH][,GATEWAY]. The first gateway counts, after gateway=. */
static int parse_address(WgpParse *p, char *value, void *field) {
        WgpProfile *profile = p->profile;
        WgpAddress address = { .origin = parse_origin(p) };
        WgpKeyfileFields fields;
        WgpPrefix gateway;
        int r;

        r = wgp_keyfile_split_fields(p, value, 3, &fields);
        if (r < 0)
                return r;
        r = wgp_keyfile_parse_prefix(p, &fields, parse_family(p) == AF_INET6 ? 64 : 24, &address.prefix);
        if (r < 0)
                return r;

        if (fields.next && *fields.next) {
                if (wgp_address_parse(fields.next, &gateway) < 0 || gateway.family != parse_family(p))
                        return wgp_parse_error(p, "The gateway is not a valid address: expected an %s address.",
                                        parse_family_name(p));
                r = set_first_gateway(p, &gateway);
                if (r < 0)
                        return r;
        }

        if (!wgp_grow(&profile->addresses, &profile->n_addresses_allocated, profile->n_addresses + 1, sizeof(address)))
                return -ENOMEM;
        profile->addresses[profile->n_addresses++] = address;
        return 0;
}

#define FIELD(name) offsetof(WgpFamily, name)

static const WgpKey ip_keys[] = {
        { "method", parse_method, WGP_KEY_REQUIRED, "manual, disabled, ignore, link-local", FIELD(method),
                        FIELD(method_origin) },
        { "address", parse_address, WGP_KEY_INDEXED, "address/length", 0, 0, WGP_KEY_ID_ADDRESS },
        { "addresses", parse_address, WGP_KEY_INDEXED | WGP_KEY_OTHER_FORM, "address/length", 0, 0,
                        WGP_KEY_ID_ADDRESS },
        { "gateway", parse_gateway, 0, "address" },
        { "route", wgp_keyfile_parse_route, WGP_KEY_INDEXED, "prefix,gateway,metric", 0, 0, WGP_KEY_ID_ROUTE },
        { "routes", wgp_keyfile_parse_route, WGP_KEY_INDEXED | WGP_KEY_OTHER_FORM, "prefix,gateway,metric", 0, 0,
                        WGP_KEY_ID_ROUTE },
        { "route_options", wgp_keyfile_parse_route_options, WGP_KEY_OPTIONS, "attribute=value list", 0, 0,
                        WGP_KEY_ID_ROUTE },
        { "routing-rule", wgp_keyfile_parse_rule, WGP_KEY_INDEXED, "rule", 0, 0, WGP_KEY_ID_RULE },
        { "route-metric", parse_route_metric, 0, "number", FIELD(route_metric) },
        { "route-table", parse_route_table, 0, "number", FIELD(route_table) },
        { "never-default", wgp_keyfile_parse_tristate, 0, "true or false", FIELD(never_default) },
        { "may-fail", wgp_keyfile_parse_tristate, 0, "true or false", FIELD(may_fail) },
        { "dns", wgp_keyfile_parse_dns, WGP_KEY_LIST | WGP_KEY_STRINGS, "name servers" },
        { "dns-search", wgp_keyfile_parse_dns_search, WGP_KEY_LIST | WGP_KEY_STRINGS, "domains" },
        { "dns-priority", parse_dns_priority, 0, "number", FIELD(dns_priority) },
        WGP_IGNORED_KEY("addr-gen-mode"),
        WGP_IGNORED_KEY("auto-route-ext-gw"),
        WGP_IGNORED_KEY("dad-timeout"),
        WGP_IGNORED_KEY("dhcp-client-id"),
        WGP_IGNORED_KEY("dhcp-dscp"),
        WGP_IGNORED_KEY("dhcp-duid"),
        WGP_IGNORED_KEY("dhcp-fqdn"),
        WGP_IGNORED_KEY("dhcp-hostname"),
        WGP_IGNORED_KEY("dhcp-hostname-flags"),
        WGP_IGNORED_KEY("dhcp-iaid"),
        WGP_IGNORED_KEY("dhcp-ipv6-only-preferred"),
        WGP_IGNORED_KEY("dhcp-pd-hint"),
        WGP_IGNORED_KEY("dhcp-reject-servers"),
        WGP_IGNORED_KEY("dhcp-send-hostname"),
        WGP_IGNORED_KEY("dhcp-send-hostname-v2"),
        WGP_IGNORED_KEY("dhcp-send-release"),
        WGP_IGNORED_KEY("dhcp-timeout"),
        WGP_IGNORED_KEY("dhcp-vendor-class-identifier"),
        WGP_IGNORED_KEY("dns-options"),
        WGP_IGNORED_KEY("forwarding"),
        WGP_IGNORED_KEY("ignore-auto-dns"),
        WGP_IGNORED_KEY("ignore-auto-routes"),
        WGP_IGNORED_KEY("ip6-privacy"),
        WGP_IGNORED_KEY("link-local"),
        WGP_IGNORED_KEY("mtu"),
        WGP_IGNORED_KEY("ra-timeout"),
        WGP_IGNORED_KEY("replace-local-rule"),
        WGP_IGNORED_KEY("required-timeout"),
        WGP_IGNORED_KEY("routed-dns"),
        WGP_IGNORED_KEY("shared-dhcp-lease-time"),
        WGP_IGNORED_KEY("shared-dhcp-range"),
        WGP_IGNORED_KEY("temp-preferred-lifetime"),
        WGP_IGNORED_KEY("temp-valid-lifetime"),
        WGP_IGNORED_KEY("token"),
};

WGP_ASSERT_KEYS_FIT(ip_keys, WGP_SECTION_KEYS_MAX);

const WgpSection wgp_section_ipv4 = { WGP_SECTION_IPV4, "ipv4", ip_keys, WGP_ARRAY_SIZE(ip_keys) };
const WgpSection wgp_section_ipv6 = { WGP_SECTION_IPV6, "ipv6", ip_keys, WGP_ARRAY_SIZE(ip_keys) };
