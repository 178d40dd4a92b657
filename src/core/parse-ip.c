/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The groups ipv4 and ipv6 of a keyfile: method, addresses, gateway, DNS, and the numbered keys, which count in the
 * order of their numbers and so are read when the file has ended. Routes and rules are in files of their own. */

#include <arpa/inet.h>
#include <ctype.h>

#include "core/parse.h"

static WgpFamily *family(WgpParse *p) {
        return parse_family(p) == AF_INET6 ? &p->profile->ipv6 : &p->profile->ipv4;
}

/* --- scalars --- */

static int parse_method(WgpParse *p, char *value) {
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
                        family(p)->method = methods[i].method;
                        family(p)->method_origin = parse_origin(p);
                        return 0;
                }
        return parse_error(p, "The method '%s' is not supported for WireGuard: expected manual or disabled%s.", value,
                        parse_family(p) == AF_INET6 ? ", ignore or link-local" : "");
}

static int parse_gateway(WgpParse *p, char *value) {
        WgpPrefix gateway;

        family(p)->has_gateway = false;
        if (!*value)
                return 0;
        if (wgp_address_parse(value, &gateway) < 0 || gateway.family != parse_family(p))
                return parse_error(p, "'%s' is no address of this family.", value);

        family(p)->has_gateway = true;
        family(p)->gateway = gateway;
        family(p)->gateway_origin = parse_origin(p);
        return 0;
}

static int parse_route_metric(WgpParse *p, char *value) {
        family(p)->route_metric = -1;
        return wgp_keyfile_parse_integer(p, value, -1, UINT32_MAX, &family(p)->route_metric);
}

static int parse_route_table(WgpParse *p, char *value) {
        int64_t table = 0;
        int r;

        r = wgp_keyfile_parse_integer(p, value, 0, UINT32_MAX, &table);
        if (r >= 0)
                family(p)->route_table = (uint32_t) table;
        return r;
}

static int parse_never_default(WgpParse *p, char *value) {
        return wgp_keyfile_parse_tristate_bool(p, value, &family(p)->never_default);
}

static int parse_may_fail(WgpParse *p, char *value) {
        return wgp_keyfile_parse_tristate_bool(p, value, &family(p)->may_fail);
}

static int parse_dns_priority(WgpParse *p, char *value) {
        int64_t priority = 0;
        int r;

        r = wgp_keyfile_parse_integer(p, value, INT32_MIN, INT32_MAX, &priority);
        if (r >= 0)
                family(p)->dns_priority = (int32_t) priority;
        return r;
}

/* --- DNS --- */

/* The HOST of "dns+tls://HOST:PORT": an IPv4 address, or an IPv6 address in brackets with the scope that a link-local
 * one may have. What follows it is left in "*rest". */
static int parse_uri_host(char *host, WgpPrefix *ret_address, char **ret_scope, char **ret_rest) {
        char *end, *scope = NULL;

        if (*host == '[') {
                end = strchr(++host, ']');
                if (!end)
                        return -EINVAL;
                *end++ = 0;
                scope = strchr(host, '%');
                if (scope)
                        *scope++ = 0;
                *ret_rest = end;
        } else {
                end = host + strcspn(host, ":");
                *ret_rest = end;
        }

        if (*end && *end != ':')
                return -EINVAL;
        if (*end) {
                *end = 0;
                *ret_rest = end + 1;
        } else
                *ret_rest = NULL;

        if (wgp_address_parse(host, ret_address) < 0 || (ret_address->family == AF_INET6) != (scope || host[-1] == '['))
                return -EINVAL;
        if (scope && (!IN6_IS_ADDR_LINKLOCAL(&ret_address->in6) || !wgp_ifname_is_valid(scope)))
                return -EINVAL;
        *ret_scope = scope;
        return 0;
}

static int parse_dns_uri(char *s, WgpDnsServer *server, char **ret_scope) {
        uint64_t port = 0;
        char *rest;

        if (parse_uri_host(s, &server->address, ret_scope, &rest) < 0)
                return -EINVAL;
        if (rest && (wgp_parse_decimal(rest, UINT16_MAX, &port) < 0 || port == 0))
                return -EINVAL;
        server->port = (uint16_t) port;
        return 0;
}

/* ADDRESS[#SERVERNAME], or dns+udp://HOST[:PORT], or dns+tls://HOST[:PORT][#SERVERNAME]. */
static int parse_dns_element(char *s, WgpDnsServer *server, char **ret_scope, char **ret_name) {
        static const char udp[] = "dns+udp://", tls[] = "dns+tls://";
        bool uri = strncmp(s, udp, strlen(udp)) == 0;
        char *name = strchr(s, '#');

        server->tls = strncmp(s, tls, strlen(tls)) == 0;
        if (name) {
                *name++ = 0;
                if (!*name || uri)
                        return -EINVAL;
        }
        *ret_name = name;

        if (uri || server->tls)
                return parse_dns_uri(s + strlen(tls), server, ret_scope);
        return wgp_address_parse(s, &server->address);
}

static int add_dns(WgpParse *p, char *item) {
        _cleanup_(freep) char *shown = strdup(item), *scope_copy = NULL, *name_copy = NULL;
        WgpDnsServer server = { .origin = parse_origin(p) };
        char *scope = NULL, *name = NULL;
        int r;

        if (!shown)
                return -ENOMEM;
        if (parse_dns_element(item, &server, &scope, &name) < 0)
                return parse_error(p, "'%s' is no name server: expected ADDRESS, ADDRESS#NAME or dns+tls://ADDRESS:PORT#NAME.", shown);
        if (server.address.family != parse_family(p))
                return parse_error(p, "'%s' belongs into [%s].", shown,
                                parse_family(p) == AF_INET6 ? "ipv4" : "ipv6");

        r = wgp_parse_string(&scope_copy, scope ?: "");
        if (r >= 0)
                r = wgp_parse_string(&name_copy, name ?: "");
        if (r < 0)
                return r;

        server.scope = scope_copy;
        server.server_name = name_copy;
        r = wgp_parse_add_dns_server(p, &server);
        if (r >= 0)
                scope_copy = name_copy = NULL;
        return r;
}

static int parse_dns(WgpParse *p, char *value) {
        int r = 0;

        if (!p->dropin || !*value)
                wgp_profile_reset_dns(p->profile, parse_family(p), /* domain_family= */ -1);

        for (char *item; (item = wgp_keyfile_next_item(&value));) {
                int k = wgp_keyfile_unescape(item) < 0 ? parse_error(p, "'\\' starts no escape here.") :
                                                         add_dns(p, item);

                if (k == -ENOMEM)
                        return k;
                r = k < 0 ? k : r;
        }
        return r;
}

/* Like NetworkManager's reader, one element with commas or blanks is taken for several, with a warning. */
static int parse_dns_search(WgpParse *p, char *value) {
        bool warned = false;
        int r = 0;

        if (!p->dropin || !*value)
                wgp_profile_reset_dns(p->profile, /* server_family= */ -1, parse_family(p));

        for (char *item; (item = wgp_keyfile_next_item(&value));) {
                if (wgp_keyfile_unescape(item) < 0) {
                        r = parse_error(p, "'\\' starts no escape here.");
                        continue;
                }
                if (strpbrk(item, ", ") && !warned) {
                        if (parse_warning(p, "Domains are separated by ';', not by commas or blanks.") < 0)
                                return -ENOMEM;
                        warned = true;
                }
                for (char *word; (word = strsep(&item, ", "));) {
                        int k = *word ? wgp_parse_dns_domain(p, word, parse_family(p)) : 0;

                        if (k == -ENOMEM)
                                return k;
                        r = k < 0 ? k : r;
                }
        }
        return r;
}

/* --- addresses --- */

/* Takes the next field of "a/b;c,d": the three separators mean the same. NULL at the end. */
char *wgp_keyfile_next_field(char **cursor) {
        char *field;

        if (!*cursor)
                return NULL;
        field = strsep(cursor, "/;,");
        while (isspace((unsigned char) *field))
                field++;
        for (char *end = field + strlen(field); end > field && isspace((unsigned char) end[-1]);)
                *--end = 0;
        return field;
}

/* Warns of a prefix length that nobody wrote: NetworkManager's defaults are not those of wg-quick. */
int wgp_keyfile_parse_prefix(WgpParse *p, char *field, int af, uint8_t default_length, WgpPrefix *ret) {
        uint64_t length = default_length;

        if (!field || !*field) {
                if (parse_warning(p, "No prefix length: /%u is assumed, as NetworkManager does.", default_length) < 0)
                        return -ENOMEM;
        } else if (wgp_parse_decimal(field, wgp_family_bits(af), &length) < 0)
                return parse_error(p, "'%s' is no prefix length.", field);

        ret->length = (uint8_t) length;
        return 0;
}

/* ADDRESS[/LENGTH][,GATEWAY]; the length may be left out before a gateway, too. */
static int parse_address(WgpParse *p, char *value) {
        WgpProfile *profile = p->profile;
        WgpAddress address = { .origin = parse_origin(p) };
        WgpPrefix gateway;
        char *text = wgp_keyfile_next_field(&value), *length = wgp_keyfile_next_field(&value),
             *next = wgp_keyfile_next_field(&value);
        int r;

        if (length && *length && strpbrk(length, ".:")) {
                next = length;
                length = NULL;
        }

        if (wgp_address_parse(text, &address.prefix) < 0 || address.prefix.family != parse_family(p))
                return parse_error(p, "'%s' is no address of this family.", text);
        r = wgp_keyfile_parse_prefix(p, length, parse_family(p), parse_family(p) == AF_INET6 ? 64 : 24,
                        &address.prefix);
        if (r < 0)
                return r;

        if (next && *next) {
                if (wgp_address_parse(next, &gateway) < 0 || gateway.family != parse_family(p))
                        return parse_error(p, "'%s' is no gateway of this family.", next);
                if (!family(p)->has_gateway) {
                        family(p)->has_gateway = true;
                        family(p)->gateway = gateway;
                        family(p)->gateway_origin = parse_origin(p);
                }
        }

        if (!wgp_grow(&profile->addresses, &profile->n_addresses_allocated, profile->n_addresses + 1,
                        sizeof(address)))
                return -ENOMEM;
        profile->addresses[profile->n_addresses++] = address;
        return 0;
}

#define IGNORED(name) { name, NULL, WGP_KEY_IGNORED, "" }

static const WgpKey ip_keys[] = {
        { "method", parse_method, WGP_KEY_REQUIRED, "manual, disabled, ignore, link-local" },
        { "address", parse_address, WGP_KEY_INDEXED, "address/length" },
        { "addresses", parse_address, WGP_KEY_INDEXED | WGP_KEY_OTHER_FORM, "address/length" },
        { "gateway", parse_gateway, 0, "address" },
        { "route", wgp_keyfile_parse_route, WGP_KEY_INDEXED, "prefix,gateway,metric" },
        { "routes", wgp_keyfile_parse_route, WGP_KEY_INDEXED | WGP_KEY_OTHER_FORM, "prefix,gateway,metric" },
        { "route_options", wgp_keyfile_parse_route_options, WGP_KEY_OPTIONS, "attribute=value list" },
        { "routing-rule", wgp_keyfile_parse_rule, WGP_KEY_INDEXED, "rule" },
        { "route-metric", parse_route_metric, 0, "number" },
        { "route-table", parse_route_table, 0, "number" },
        { "never-default", parse_never_default, 0, "true or false" },
        { "may-fail", parse_may_fail, 0, "true or false" },
        { "dns", parse_dns, WGP_KEY_LIST | WGP_KEY_STRINGS, "name servers" },
        { "dns-search", parse_dns_search, WGP_KEY_LIST | WGP_KEY_STRINGS, "domains" },
        { "dns-priority", parse_dns_priority, 0, "number" },
        IGNORED("addr-gen-mode"),
        IGNORED("auto-route-ext-gw"),
        IGNORED("dad-timeout"),
        IGNORED("dhcp-client-id"),
        IGNORED("dhcp-dscp"),
        IGNORED("dhcp-duid"),
        IGNORED("dhcp-fqdn"),
        IGNORED("dhcp-hostname"),
        IGNORED("dhcp-hostname-flags"),
        IGNORED("dhcp-iaid"),
        IGNORED("dhcp-ipv6-only-preferred"),
        IGNORED("dhcp-pd-hint"),
        IGNORED("dhcp-reject-servers"),
        IGNORED("dhcp-send-hostname"),
        IGNORED("dhcp-send-hostname-v2"),
        IGNORED("dhcp-send-release"),
        IGNORED("dhcp-timeout"),
        IGNORED("dhcp-vendor-class-identifier"),
        IGNORED("dns-options"),
        IGNORED("forwarding"),
        IGNORED("ignore-auto-dns"),
        IGNORED("ignore-auto-routes"),
        IGNORED("ip6-privacy"),
        IGNORED("link-local"),
        IGNORED("mtu"),
        IGNORED("ra-timeout"),
        IGNORED("replace-local-rule"),
        IGNORED("required-timeout"),
        IGNORED("routed-dns"),
        IGNORED("shared-dhcp-lease-time"),
        IGNORED("shared-dhcp-range"),
        IGNORED("temp-preferred-lifetime"),
        IGNORED("temp-valid-lifetime"),
        IGNORED("token"),
};

const WgpSection wgp_section_ipv4 = { WGP_SECTION_IPV4, "ipv4", ip_keys, WGP_ARRAY_SIZE(ip_keys) };
const WgpSection wgp_section_ipv6 = { WGP_SECTION_IPV6, "ipv6", ip_keys, WGP_ARRAY_SIZE(ip_keys) };

/* --- numbered keys --- */

/* Finds the key of "address1", "route2" or "route2_options". The number, -1 when there is none, has no leading zero
 * ("address01" is an unknown key). */
const WgpKey *wgp_keyfile_find_indexed(const WgpSection *section, const char *name, int64_t *ret_index,
                bool *ret_options) {
        static const char suffix[] = "_options";
        char stem[32];
        size_t n = strlen(name), n_stem;
        uint64_t index = 0;
        bool options;

        options = n > strlen(suffix) && streq(name + n - strlen(suffix), suffix);
        if (options)
                n -= strlen(suffix);
        for (n_stem = n; n_stem > 0 && isdigit((unsigned char) name[n_stem - 1]);)
                n_stem--;
        if (n_stem >= sizeof(stem) || n - n_stem > 10 || (name[n_stem] == '0' && n - n_stem > 1))
                return NULL;

        memcpy(stem, name + n_stem, n - n_stem);
        stem[n - n_stem] = 0;
        if (*stem && wgp_parse_decimal(stem, INT32_MAX, &index) < 0)
                return NULL;
        if (ret_index)
                *ret_index = n == n_stem ? -1 : (int64_t) index;
        if (ret_options)
                *ret_options = options;

        memcpy(stem, name, n_stem);
        stem[n_stem] = 0;
        if (options)
                return streq(stem, "route") || streq(stem, "routes") ?
                                wgp_section_find_key(section, "route_options", false) : NULL;

        for (size_t i = 0; i < section->n_keys; i++)
                if (section->keys[i].flags & WGP_KEY_INDEXED && streq(section->keys[i].name, stem))
                        return section->keys + i;
        return NULL;
}

/* Keeps a numbered key for the end of the file. Returns 0, or -ENOMEM. */
int wgp_keyfile_defer(WgpParse *p, const WgpKey *key, char *name, char *value) {
        WgpIndexed item = {
                .key = key,
                .section = p->section,
                .section_name = p->section_name,
                .section_number = p->section_number,
                .name = name,
                .value = value,
                .line = p->line,
                .position = p->n_indexed,
        };

        (void) wgp_keyfile_find_indexed(p->section, name, &item.index, &item.options);
        if (!wgp_grow(&p->indexed, &p->n_indexed_allocated, p->n_indexed + 1, sizeof(item)))
                return -ENOMEM;
        p->indexed[p->n_indexed++] = item;
        return 0;
}

/* "route1_options" sorts right behind "route1", which sorts before "routes1". */
static size_t stem_length(const WgpIndexed *item) {
        return strcspn(item->name, "0123456789_");
}

static int compare_names(const WgpIndexed *a, const WgpIndexed *b) {
        size_t n = stem_length(a), m = stem_length(b);
        int r;

        r = strncmp(a->name, b->name, WGP_MIN(n, m));
        if (r != 0)
                return r;
        if (a->index != b->index)
                return a->index < b->index ? -1 : 1;
        if (n != m)
                return n < m ? -1 : 1;
        return (int) a->options - (int) b->options;
}

static int compare_indexed(const void *x, const void *y) {
        const WgpIndexed *a = x, *b = y;
        int r;

        if (a->section->id != b->section->id)
                return a->section->id < b->section->id ? -1 : 1;
        r = compare_names(a, b);
        if (r != 0)
                return r;
        return (a->position > b->position) - (a->position < b->position);
}

/* An empty item of a drop-in takes away all of its kind that came before. */
static void reset_kind(WgpParse *p, const WgpKey *key) {
        WgpProfile *profile = p->profile;
        const int af = parse_family(p);
        size_t n = 0;

        if (key->parse == parse_address) {
                for (size_t i = 0; i < profile->n_addresses; i++)
                        if (profile->addresses[i].prefix.family != af)
                                profile->addresses[n++] = profile->addresses[i];
                profile->n_addresses = n;
        } else if (key->parse == wgp_keyfile_parse_route) {
                for (size_t i = 0; i < profile->n_routes; i++)
                        if (profile->routes[i].destination.family != af)
                                profile->routes[n++] = profile->routes[i];
                profile->n_routes = n;
        } else if (key->parse == wgp_keyfile_parse_rule) {
                for (size_t i = 0; i < profile->n_rules; i++)
                        if (profile->rules[i].family != af)
                                profile->rules[n++] = profile->rules[i];
                profile->n_rules = n;
        }
}

static int read_indexed(WgpParse *p, const WgpIndexed *item) {
        p->line = item->line;
        p->section = item->section;
        p->section_name = item->section_name;
        p->section_number = item->section_number;
        p->key_name = item->name;

        if (!*item->value) {
                if (p->dropin)
                        reset_kind(p, item->key);
                return 0;
        }
        if (wgp_keyfile_unescape(item->value) < 0)
                return wgp_parse_refuse(p, parse_error(p, "'\\' starts an escape: \\s, \\n, \\t, \\r or \\\\."));
        return wgp_parse_entry(p, item->key, item->name, item->value);
}

/* Reads the numbered keys of the file, each kind in the order of its numbers; of two equal keys the last one counts.
 * Options follow their route. Returns 0, or -ENOMEM. */
int wgp_keyfile_finish(WgpParse *p) {
        int r;

        p->in_peer = false;
        if (p->n_indexed > 0)
                qsort(p->indexed, p->n_indexed, sizeof(*p->indexed), compare_indexed);

        for (size_t i = 0; i < p->n_indexed; i++) {
                const WgpIndexed *item = p->indexed + i, *next = item + 1;

                if (i + 1 < p->n_indexed && next->section == item->section && streq(next->name, item->name))
                        continue;
                r = read_indexed(p, item);
                if (r < 0)
                        return r;
        }
        return 0;
}
