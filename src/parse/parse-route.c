/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* routeN= and routeN_options= of a keyfile: nm-settings-keyfile(5), and NetworkManager's table of route attributes. */

#include <arpa/inet.h>
#include <ctype.h>
#include <linux/rtnetlink.h>

#include "base/text.h"
#include "model/route-names.h"
#include "parse/parse-internal.h"

/* --- DEST[/LENGTH][,NEXTHOP][,METRIC] --- */

static int parse_metric(WgpParse *p, const char *field, WgpRoute *route) {
        uint64_t metric = 0;

        if (wgp_parse_decimal(field, UINT32_MAX, &metric) < 0)
                return wgp_parse_error(p, "The metric is not a valid number: expected 0 to 4294967295.");
        route->metric = (uint32_t) metric;
        route->states_metric = true;
        return 0;
}

/* A plain number in this place is the metric of an IPv6 route without next hop: NetworkManager once wrote that. */
static int parse_next_hop(WgpParse *p, const WgpKeyfileFields *f, WgpRoute *route) {
        static const uint8_t zero[16] = {};
        WgpPrefix gateway;

        if (parse_family(p) == AF_INET6 && f->next[strspn(f->next, "0123456789")] == 0 && !f->metric)
                return parse_metric(p, f->next, route);
        if (wgp_address_parse(f->next, &gateway) < 0 || gateway.family != parse_family(p))
                return wgp_parse_error(p, "The next hop is not a valid address: expected an %s address.",
                                parse_family_name(p));
        if (memcmp(gateway.bytes, zero, sizeof(zero)) != 0)
                route->gateway = gateway;
        return 0;
}

static int read_route(WgpParse *p, char *value, WgpRoute *route) {
        WgpKeyfileFields f;
        int r;

        r = wgp_keyfile_split_fields(p, value, 4, &f);
        if (r < 0)
                return r;
        r = wgp_keyfile_parse_prefix(p, &f, parse_family(p) == AF_INET6 ? 128 : 24, &route->destination);
        if (r < 0)
                return r;
        r = wgp_parse_mask_prefix(p, &route->destination);
        if (r < 0)
                return r;

        if (f.next && *f.next) {
                r = parse_next_hop(p, &f, route);
                if (r < 0)
                        return r;
        }
        return f.metric && *f.metric ? parse_metric(p, f.metric, route) : 0;
}

int wgp_keyfile_parse_route(WgpParse *p, char *value, void *field) {
        WgpProfile *profile = p->profile;
        WgpRoute route = { .type = RTN_UNICAST, .uses_device = true, .origin = parse_origin(p) };
        int r;

        p->last_route = p->key_name;
        p->last_route_refused = true;
        r = read_route(p, value, &route);
        if (r < 0)
                return r;

        if (!wgp_grow(&profile->routes, &profile->n_routes_allocated, profile->n_routes + 1, sizeof(route)))
                return -ENOMEM;
        profile->routes[profile->n_routes++] = route;
        p->last_route_refused = false;
        return 0;
}

/* --- options --- */

typedef enum AttributeType {
        ATTRIBUTE_METRIC,      /* RTA_METRICS, a number */
        ATTRIBUTE_METRIC_BOOL, /* RTA_METRICS, true or false */
        ATTRIBUTE_LOCK,        /* the lock bit of a metric */
        ATTRIBUTE_TABLE,
        ATTRIBUTE_SOURCE,
        ATTRIBUTE_FROM,
        ATTRIBUTE_TYPE,
        ATTRIBUTE_SCOPE,
        ATTRIBUTE_TOS,
        ATTRIBUTE_ONLINK,
        ATTRIBUTE_WEIGHT,
} AttributeType;

typedef struct Attribute {
        const char *name;
        AttributeType type;
        WgpRouteMetric metric;
        int family; /* AF_UNSPEC: both */
} Attribute;

static const Attribute attributes[] = {
        { "table", ATTRIBUTE_TABLE, 0, AF_UNSPEC },
        { "src", ATTRIBUTE_SOURCE, 0, AF_UNSPEC },
        { "from", ATTRIBUTE_FROM, 0, AF_INET6 },
        { "type", ATTRIBUTE_TYPE, 0, AF_UNSPEC },
        { "scope", ATTRIBUTE_SCOPE, 0, AF_INET },
        { "tos", ATTRIBUTE_TOS, 0, AF_INET },
        { "onlink", ATTRIBUTE_ONLINK, 0, AF_UNSPEC },
        { "weight", ATTRIBUTE_WEIGHT, 0, AF_INET },
        { "window", ATTRIBUTE_METRIC, WGP_ROUTE_WINDOW, AF_UNSPEC },
        { "cwnd", ATTRIBUTE_METRIC, WGP_ROUTE_CWND, AF_UNSPEC },
        { "initcwnd", ATTRIBUTE_METRIC, WGP_ROUTE_INITCWND, AF_UNSPEC },
        { "initrwnd", ATTRIBUTE_METRIC, WGP_ROUTE_INITRWND, AF_UNSPEC },
        { "mtu", ATTRIBUTE_METRIC, WGP_ROUTE_MTU, AF_UNSPEC },
        { "advmss", ATTRIBUTE_METRIC, WGP_ROUTE_ADVMSS, AF_UNSPEC },
        { "rto_min", ATTRIBUTE_METRIC, WGP_ROUTE_RTO_MIN, AF_UNSPEC },
        { "quickack", ATTRIBUTE_METRIC_BOOL, WGP_ROUTE_QUICKACK, AF_UNSPEC },
        { "lock-window", ATTRIBUTE_LOCK, WGP_ROUTE_WINDOW, AF_UNSPEC },
        { "lock-cwnd", ATTRIBUTE_LOCK, WGP_ROUTE_CWND, AF_UNSPEC },
        { "lock-initcwnd", ATTRIBUTE_LOCK, WGP_ROUTE_INITCWND, AF_UNSPEC },
        { "lock-initrwnd", ATTRIBUTE_LOCK, WGP_ROUTE_INITRWND, AF_UNSPEC },
        { "lock-mtu", ATTRIBUTE_LOCK, WGP_ROUTE_MTU, AF_UNSPEC },
        { "lock-advmss", ATTRIBUTE_LOCK, WGP_ROUTE_ADVMSS, AF_UNSPEC },
};

static const Attribute *find_attribute(const char *name) {
        for (size_t i = 0; i < WGP_ARRAY_SIZE(attributes); i++)
                if (streq(attributes[i].name, name))
                        return attributes + i;
        return NULL;
}

static int parse_type(const char *value, WgpRoute *route) {
        int r;

        r = wgp_route_type_parse(value, &route->type);
        if (r >= 0)
                route->uses_device = route->type == RTN_UNICAST || route->type == RTN_LOCAL;
        return r;
}

static int parse_prefix_of(const char *value, int family, WgpPrefix *ret) {
        WgpPrefix prefix;

        if (wgp_prefix_parse(value, &prefix, NULL) < 0 || prefix.family != family)
                return -EINVAL;
        (void) wgp_prefix_mask(&prefix);
        *ret = prefix;
        return 0;
}

static int parse_address_of(const char *value, int family, WgpPrefix *ret) {
        WgpPrefix address;

        if (wgp_address_parse(value, &address) < 0 || address.family != family)
                return -EINVAL;
        *ret = address;
        return 0;
}

/* Larger ones the kernel lowers to these (ip_metrics_convert()), and what it has would never be what was asked for. */
enum {
        ROUTE_MTU_MAX = 65535 - 15,
        ROUTE_ADVMSS_MAX = 65535 - 40,
};

static uint64_t metric_max(WgpRouteMetric metric) {
        return metric == WGP_ROUTE_MTU ? ROUTE_MTU_MAX : metric == WGP_ROUTE_ADVMSS ? ROUTE_ADVMSS_MAX : UINT32_MAX;
}

/* Sets one attribute. Returns 0, or -EINVAL: the value is not of its type. */
static int set_attribute(const Attribute *a, const char *value, int family, WgpRoute *route) {
        uint64_t n = 0;
        bool b = false;
        int r;

        switch (a->type) {
        case ATTRIBUTE_METRIC:
                r = wgp_parse_decimal(value, metric_max(a->metric), &n);
                if (r < 0)
                        return r;
                route->metrics[a->metric] = (uint32_t) n;
                route->metrics_set |= (uint16_t) (1U << a->metric);
                return r;
        case ATTRIBUTE_METRIC_BOOL:
                r = wgp_parse_boolean(value, &b);
                route->metrics[a->metric] = b;
                route->metrics_set |= (uint16_t) (1U << a->metric);
                return r;
        case ATTRIBUTE_LOCK:
                r = wgp_parse_boolean(value, &b);
                if (b)
                        route->metrics_lock |= (uint16_t) (1U << a->metric);
                return r;
        case ATTRIBUTE_TABLE:
                r = wgp_parse_decimal(value, UINT32_MAX, &n);
                route->table = (uint32_t) n;
                return r;
        case ATTRIBUTE_SOURCE:
                return parse_address_of(value, family, &route->preferred_source);
        case ATTRIBUTE_FROM:
                return parse_prefix_of(value, family, &route->source);
        case ATTRIBUTE_TYPE:
                return parse_type(value, route);
        case ATTRIBUTE_SCOPE:
                r = wgp_parse_decimal(value, UINT8_MAX, &n);
                route->scope = (uint8_t) n;
                route->states_scope = true;
                return r;
        case ATTRIBUTE_TOS:
                r = wgp_parse_decimal(value, UINT8_MAX, &n);
                route->tos = (uint8_t) n;
                return r;
        case ATTRIBUTE_ONLINK:
                return wgp_parse_boolean(value, &route->onlink);
        case ATTRIBUTE_WEIGHT:
                r = wgp_parse_decimal(value, 256, &n);
                route->weight = (uint16_t) n;
                return r;
        }
        return -EINVAL;
}

/* What the attribute takes, for a report. */
static const char *expected_value(const Attribute *a, int family) {
        switch (a->type) {
        case ATTRIBUTE_METRIC_BOOL:
        case ATTRIBUTE_LOCK:
        case ATTRIBUTE_ONLINK:
                return "true or false";
        case ATTRIBUTE_SOURCE:
                return family == AF_INET6 ? "an IPv6 address" : "an IPv4 address";
        case ATTRIBUTE_FROM:
                return "an IPv6 address with a prefix length";
        case ATTRIBUTE_TYPE:
                return "unicast, local, blackhole, unreachable, prohibit or throw";
        case ATTRIBUTE_SCOPE:
        case ATTRIBUTE_TOS:
                return "0 to 255";
        case ATTRIBUTE_WEIGHT:
                return "0 to 256";
        case ATTRIBUTE_METRIC:
                return a->metric == WGP_ROUTE_MTU     ? "0 to 65520 bytes" :
                       a->metric == WGP_ROUTE_ADVMSS  ? "0 to 65495 bytes" :
                       a->metric == WGP_ROUTE_RTO_MIN ? "0 to 4294967295 ms" :
                                                        "0 to 4294967295";
        default:
                return "0 to 4294967295";
        }
}

static char *trim(char *s) {
        while (isspace((unsigned char) *s))
                s++;
        wgp_strip_end(s);
        return s;
}

/* Takes the next "name=value" of a list in which "\" takes the meaning from the next character. */
static char *next_option(char **cursor) {
        char *option = *cursor, *to = option, *from = option;

        if (!option)
                return NULL;
        for (; *from && *from != ','; from++) {
                if (*from == '\\' && from[1])
                        from++;
                *to++ = *from;
        }
        *cursor = *from ? from + 1 : NULL;
        *to = 0;
        return trim(option);
}

static int parse_option(WgpParse *p, char *option, uint32_t *seen, WgpRoute *route) {
        char *value = strchr(option, '=');
        const Attribute *a;

        if (value)
                *value++ = 0;
        option = trim(option);
        a = find_attribute(option);
        if (!a)
                return wgp_parse_error(p, "Unknown attribute '%s'.", option);
        if (!value)
                return wgp_parse_error(p, "The attribute '%s' has no value.", option);
        if (a->family != AF_UNSPEC && a->family != parse_family(p))
                return wgp_parse_error(p, "The attribute '%s' is for %s routes only.", option,
                                a->family == AF_INET ? "IPv4" : "IPv6");
        if (*seen & 1U << (a - attributes))
                return wgp_parse_error(p, "The attribute '%s' is stated twice.", option);
        *seen |= 1U << (a - attributes);

        value = trim(value);
        if (set_attribute(a, value, parse_family(p), route) < 0)
                return wgp_parse_error(p, "'%s' is not a valid value of the attribute '%s': expected %s.", value,
                                option, expected_value(a, parse_family(p)));
        return 0;
}

static int check_route(WgpParse *p, const WgpRoute *route) {
        if (!route->uses_device && route->gateway.family != AF_UNSPEC)
                return wgp_parse_error(p, "A route of this type cannot have a next hop.");
        if (route->type != RTN_UNICAST && route->weight > 0)
                return wgp_parse_error(p, "Only a unicast route can have a weight.");
        if (route->type == RTN_LOCAL && route->states_scope && route->scope != RT_SCOPE_HOST &&
                        route->scope != RT_SCOPE_NOWHERE)
                return wgp_parse_error(p, "Not a valid scope of a local route: expected 254 (host) or 255 (nowhere).");
        return 0;
}

/* Reads "k=v,k=v" into the route read before it. One bad attribute does not hide the others. */
int wgp_keyfile_parse_route_options(WgpParse *p, char *value, void *field) {
        WgpProfile *profile = p->profile;
        uint32_t seen = 0;
        int r = 0;

        if (!p->last_route || strncmp(p->last_route, p->key_name, strlen(p->last_route)) != 0 ||
                        p->key_name[strlen(p->last_route)] != '_')
                return wgp_parse_warning(p, "There is no such route: ignored.");
        if (p->last_route_refused)
                return 0;

        for (char *option; (option = next_option(&value));) {
                int k = *option ? parse_option(p, option, &seen, profile->routes + profile->n_routes - 1) : 0;

                if (k == -ENOMEM)
                        return k;
                r = k < 0 ? k : r;
        }
        return r < 0 ? r : check_route(p, profile->routes + profile->n_routes - 1);
}
