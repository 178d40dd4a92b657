/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* DNS servers and domains, of both formats. */

#include <stdio.h>

#include "parse/parse-internal.h"

/* Adds a copy; the strings of "server" become the profile's. Returns 0, or -ENOMEM. */
static int add_server(WgpParse *p, const WgpDnsServer *server) {
        WgpProfile *profile = p->profile;

        if (!wgp_grow(&profile->dns_servers, &profile->n_dns_servers_allocated, profile->n_dns_servers + 1,
                            sizeof(*server)))
                return -ENOMEM;
        profile->dns_servers[profile->n_dns_servers++] = *server;
        return 0;
}

/* A plain address, with the scope that a link-local one may have. */
int wgp_parse_dns_server(WgpParse *p, char *value) {
        _cleanup_(wgp_wipe_textp) char *shown = strdup(value), *scope_copy = NULL;
        WgpDnsServer server = { .origin = parse_origin(p) };
        char *scope = strchr(value, '%');
        int r;

        if (!shown)
                return -ENOMEM;
        if (scope)
                *scope++ = 0;
        if (wgp_address_parse(value, &server.address) < 0)
                return wgp_parse_error(p, "'%s' is not a valid IP address.", shown);
        if (scope) {
                if (server.address.family != AF_INET6 || !IN6_IS_ADDR_LINKLOCAL(&server.address.in6) ||
                                !wgp_ifname_is_valid(scope))
                        return wgp_parse_error(p,
                                        "'%s' is not a valid IP address: expected a link-local one (fe80::/10) before the '%%', and an interface behind it.",
                                        shown);
                scope_copy = strdup(scope);
                if (!scope_copy)
                        return -ENOMEM;
        }

        server.scope = scope_copy;
        r = add_server(p, &server);
        if (r >= 0)
                scope_copy = NULL;
        return r;
}

/* A search domain, or with "~" a routing domain; "~" alone and "~." are everything. */
int wgp_parse_dns_domain(WgpParse *p, const char *value, int family) {
        WgpProfile *profile = p->profile;
        WgpDnsDomain domain = { .family = (uint8_t) family, .origin = parse_origin(p) };
        const char *name = value;

        if (*name == '~') {
                domain.route_only = true;
                name++;
        }
        if (domain.route_only && (!*name || streq(name, ".")))
                name = ".";
        else if (!wgp_parse_is_host_name(name))
                return wgp_parse_error(p,
                                "'%s' is not a valid name server or domain: expected an IP address, or letters, digits, '-', '_' and dots.",
                                value);

        if (!wgp_grow(&profile->dns_domains, &profile->n_dns_domains_allocated, profile->n_dns_domains + 1,
                            sizeof(domain)))
                return -ENOMEM;
        domain.name = strdup(name);
        if (!domain.name)
                return -ENOMEM;
        profile->dns_domains[profile->n_dns_domains++] = domain;
        return 0;
}

/* --- dns= and dns-search= of a keyfile --- */

/* The HOST of "dns+tls://HOST:PORT": an IPv4 address, or an IPv6 address in brackets with the scope that a link-local
 * one may have. "*ret_port" is what follows the colon, NULL without one. */
static int parse_uri_host(char *host, WgpPrefix *ret_address, char **ret_scope, char **ret_port) {
        const bool bracketed = *host == '[';
        char *end, *scope = NULL;

        if (bracketed) {
                end = strchr(++host, ']');
                if (!end)
                        return -EINVAL;
                *end++ = 0;
                scope = strchr(host, '%');
                if (scope)
                        *scope++ = 0;
        } else
                end = host + strcspn(host, ":");

        if (*end && *end != ':')
                return -EINVAL;
        *ret_port = *end ? end + 1 : NULL;
        *end = 0;

        if (wgp_address_parse(host, ret_address) < 0 || (ret_address->family == AF_INET6) != bracketed)
                return -EINVAL;
        if (scope && (!IN6_IS_ADDR_LINKLOCAL(&ret_address->in6) || !wgp_ifname_is_valid(scope)))
                return -EINVAL;
        *ret_scope = scope;
        return 0;
}

static int parse_dns_uri(char *s, WgpDnsServer *server, char **ret_scope) {
        uint64_t number = 0;
        char *port;

        if (parse_uri_host(s, &server->address, ret_scope, &port) < 0)
                return -EINVAL;
        if (port && (wgp_parse_decimal(port, UINT16_MAX, &number) < 0 || number == 0))
                return -EINVAL;
        server->port = (uint16_t) number;
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
        _cleanup_(wgp_wipe_textp) char *shown = strdup(item), *scope_copy = NULL, *name_copy = NULL;
        WgpDnsServer server = { .origin = parse_origin(p) };
        char *scope = NULL, *name = NULL;
        int r;

        if (!shown)
                return -ENOMEM;
        if (parse_dns_element(item, &server, &scope, &name) < 0)
                return wgp_parse_error(p,
                                "'%s' is not a valid name server: expected ADDRESS, ADDRESS#NAME or dns+tls://ADDRESS:PORT#NAME.",
                                shown);
        if (server.address.family != parse_family(p))
                return wgp_parse_error(
                                p, "'%s' belongs into [%s].", shown, parse_family(p) == AF_INET6 ? "ipv4" : "ipv6");

        r = wgp_parse_string(&scope_copy, scope ?: "");
        if (r >= 0)
                r = wgp_parse_string(&name_copy, name ?: "");
        if (r < 0)
                return r;

        server.scope = scope_copy;
        server.server_name = name_copy;
        r = add_server(p, &server);
        if (r >= 0)
                scope_copy = name_copy = NULL;
        return r;
}

int wgp_keyfile_parse_dns(WgpParse *p, char *value, void *field) {
        int r = 0;

        if (!p->dropin || !*value)
                wgp_profile_reset_dns(p->profile, parse_family(p), /* domain_family= */ -1);

        for (char *item; (item = wgp_keyfile_next_item(&value));) {
                int k = wgp_keyfile_unescape(item, /* in_list= */ true) < 0 ? wgp_parse_error(p, WGP_NOT_AN_ESCAPE) :
                                                                              add_dns(p, item);

                if (k == -ENOMEM)
                        return k;
                r = k < 0 ? k : r;
        }
        return r;
}

/* Like NetworkManager's reader, one element with commas or blanks is taken for several, with a warning. */
int wgp_keyfile_parse_dns_search(WgpParse *p, char *value, void *field) {
        bool warned = false;
        int r = 0;

        if (!p->dropin || !*value)
                wgp_profile_reset_dns(p->profile, /* server_family= */ -1, parse_family(p));

        for (char *item; (item = wgp_keyfile_next_item(&value));) {
                if (wgp_keyfile_unescape(item, /* in_list= */ true) < 0) {
                        r = wgp_parse_error(p, WGP_NOT_AN_ESCAPE);
                        continue;
                }
                if (strpbrk(item, ", ") && !warned) {
                        if (wgp_parse_warning(p, "Domains are separated by ';', not by commas or blanks.") < 0)
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
