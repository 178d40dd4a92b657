/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Puts the parts of WgpDns together, compares and writes them. */

#include "model/dns.h"

#include <strings.h>

#include "base/text.h"

void wgp_dns_server_done(WgpDnsServer *server) {
        free(server->server_name);
        free(server->scope);
}

void wgp_dns_done(WgpDns *dns) {
        for (size_t i = 0; i < dns->n_servers; i++)
                wgp_dns_server_done(dns->servers + i);
        for (size_t i = 0; i < dns->n_domains; i++)
                free(dns->domains[i].name);
        free(dns->servers);
        free(dns->domains);
        free(dns->resolvconf);
        *dns = (WgpDns) {};
}

static int copy_text(const char *from, char **ret) {
        *ret = from ? strdup(from) : NULL;
        return from && !*ret ? -ENOMEM : 0;
}

/* Appends a copy. Returns it, valid until the next one is added, or NULL when memory ran out. */
WgpDnsServer *wgp_dns_add_server(WgpDns *dns, const WgpDnsServer *server) {
        WgpDnsServer *to;

        if (!wgp_grow(&dns->servers, &dns->n_servers_allocated, dns->n_servers + 1, sizeof(*to)))
                return NULL;
        to = dns->servers + dns->n_servers++;
        *to = *server;
        to->server_name = to->scope = NULL;
        if (copy_text(server->server_name, &to->server_name) < 0 || copy_text(server->scope, &to->scope) < 0)
                return NULL;
        return to;
}

/* Appends a domain, unless it is there: one that is named as search and as routing domain is a search domain. Returns
 * it, valid until the next one is added, or NULL when memory ran out. */
WgpDnsDomain *wgp_dns_add_domain(WgpDns *dns, const char *name, bool route_only) {
        WgpDnsDomain *to;

        for (size_t i = 0; i < dns->n_domains; i++) {
                to = dns->domains + i;
                if (strcasecmp(to->name, name) != 0)
                        continue;
                to->route_only = to->route_only && route_only;
                return to;
        }

        if (!wgp_grow(&dns->domains, &dns->n_domains_allocated, dns->n_domains + 1, sizeof(*to)))
                return NULL;
        to = dns->domains + dns->n_domains;
        *to = (WgpDnsDomain) { .name = strdup(name), .route_only = route_only };
        if (!to->name)
                return NULL;
        dns->n_domains++;
        return to;
}

/* Makes a copy with memory of its own. Returns 0, or -ENOMEM. */
int wgp_dns_copy(const WgpDns *from, WgpDns *ret) {
        _cleanup_(wgp_dns_done) WgpDns to = { .default_route = from->default_route };

        memcpy(to.settings, from->settings, sizeof(to.settings));
        if (copy_text(from->resolvconf, &to.resolvconf) < 0)
                return -ENOMEM;
        for (size_t i = 0; i < from->n_servers; i++)
                if (!wgp_dns_add_server(&to, from->servers + i))
                        return -ENOMEM;
        for (size_t i = 0; i < from->n_domains; i++) {
                const WgpDnsDomain *domain = from->domains + i;
                WgpDnsDomain *copy = wgp_dns_add_domain(&to, domain->name, domain->route_only);

                if (!copy)
                        return -ENOMEM;
                copy->origin = domain->origin;
        }

        *ret = to;
        to = (WgpDns) {};
        return 0;
}

/* True when there is nothing to tell anybody. */
bool wgp_dns_is_empty(const WgpDns *dns) {
        for (size_t i = 0; i < _WGP_DNS_SETTING_N; i++)
                if (dns->settings[i] != WGP_DNS_DEFAULT)
                        return false;
        return dns->n_servers == 0 && dns->n_domains == 0;
}

/* True when systemd-resolved is told something. */
bool wgp_dns_uses_resolved(const WgpDns *dns) {
        return !dns->resolvconf && !wgp_dns_is_empty(dns);
}

static bool servers_equal(const WgpDnsServer *a, const WgpDnsServer *b) {
        return wgp_prefix_compare(&a->address, &b->address) == 0 && a->port == b->port &&
               streq_ptr(a->server_name, b->server_name) && streq_ptr(a->scope, b->scope);
}

/* Whether both would be told alike; the order counts. */
bool wgp_dns_equal(const WgpDns *a, const WgpDns *b) {
        if (a->n_servers != b->n_servers || a->n_domains != b->n_domains || a->default_route != b->default_route ||
                        memcmp(a->settings, b->settings, sizeof(a->settings)) != 0 ||
                        !streq_ptr(a->resolvconf, b->resolvconf))
                return false;
        for (size_t i = 0; i < a->n_servers; i++)
                if (!servers_equal(a->servers + i, b->servers + i))
                        return false;
        for (size_t i = 0; i < a->n_domains; i++)
                if (!streq(a->domains[i].name, b->domains[i].name) ||
                                a->domains[i].route_only != b->domains[i].route_only)
                        return false;
        return true;
}

/* The word of systemd-resolved for a value; "" for its default. */
const char *wgp_dns_word(WgpDnsSetting setting, uint8_t value) {
        static const char *const words[_WGP_DNS_SETTING_N][_WGP_DNS_VALUE_N] = {
                [WGP_DNS_LLMNR] = { "", "no", "resolve", "yes" },
                [WGP_DNS_MULTICAST] = { "", "no", "resolve", "yes" },
                [WGP_DNS_OVER_TLS] = { "", "no", "opportunistic", "yes" },
                [WGP_DNS_DNSSEC] = { "", "no", "allow-downgrade", "yes" },
        };

        return value < _WGP_DNS_VALUE_N ? words[setting][value] : "";
}

static void format_server(const WgpDnsServer *server, WgpText *t) {
        const bool bracketed = server->port > 0 && server->address.family == AF_INET6;
        char address[INET6_ADDRSTRLEN];

        wgp_address_format(&server->address, address);
        wgp_text_printf(t, bracketed ? " [%s" : " %s", address);
        if (server->scope)
                wgp_text_printf(t, "%%%s", server->scope);
        if (bracketed)
                wgp_text_append(t, "]");
        if (server->port > 0)
                wgp_text_printf(t, ":%u", server->port);
        if (server->server_name)
                wgp_text_printf(t, "#%s", server->server_name);
}

/* Writes all of it in the words of resolvectl(1), each part after a blank. */
void wgp_dns_format(const WgpDns *dns, WgpText *t) {
        static const char *const names[_WGP_DNS_SETTING_N] = {
                [WGP_DNS_LLMNR] = "llmnr",
                [WGP_DNS_MULTICAST] = "mdns",
                [WGP_DNS_OVER_TLS] = "dnsovertls",
                [WGP_DNS_DNSSEC] = "dnssec",
        };

        if (dns->resolvconf)
                wgp_text_printf(t, " resolvconf %s", dns->resolvconf);
        if (dns->n_servers > 0)
                wgp_text_append(t, " dns");
        for (size_t i = 0; i < dns->n_servers; i++)
                format_server(dns->servers + i, t);
        if (dns->n_domains > 0)
                wgp_text_append(t, " domain");
        for (size_t i = 0; i < dns->n_domains; i++)
                wgp_text_printf(t, " %s%s", dns->domains[i].route_only ? "~" : "", dns->domains[i].name);
        if (dns->n_servers > 0)
                wgp_text_printf(t, " default-route %s", dns->default_route ? "yes" : "no");
        for (size_t i = 0; i < _WGP_DNS_SETTING_N; i++)
                if (dns->settings[i] != WGP_DNS_DEFAULT)
                        wgp_text_printf(t, " %s %s", names[i], wgp_dns_word((WgpDnsSetting) i, dns->settings[i]));
}

/* Makes the text that "resolvconf -a" reads, in the words of resolv.conf(5), to be freed by the caller. Routing
 * domains and server names are unknown there. Returns 0, or -ENOMEM. */
int wgp_dns_format_resolv_conf(const WgpDns *dns, char **ret) {
        _cleanup_(wgp_text_done) WgpText text = WGP_TEXT_NULL;
        char address[INET6_ADDRSTRLEN];
        bool search = false;

        for (size_t i = 0; i < dns->n_servers; i++) {
                const WgpDnsServer *server = dns->servers + i;

                wgp_address_format(&server->address, address);
                wgp_text_printf(&text, "nameserver %s%s%s\n", address, server->scope ? "%" : "", server->scope ?: "");
        }
        for (size_t i = 0; i < dns->n_domains; i++) {
                if (dns->domains[i].route_only)
                        continue;
                wgp_text_printf(&text, "%s %s", search ? "" : "search", dns->domains[i].name);
                search = true;
        }
        wgp_text_append(&text, search ? "\n" : "");
        if (text.failed)
                return -ENOMEM;
        *ret = TAKE_PTR(text.data);
        return 0;
}
