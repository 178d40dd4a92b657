/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Desired DNS. The servers get all names ("~.") when the tunnel takes all traffic, or when the profile names no domain
 * that would limit them: wg-quick's "resolvconf -x", and what NetworkManager does for a VPN. A full tunnel with a
 * search domain is where NetworkManager sends other names past the tunnel, to the LAN's servers. */

#include "core/desired-dns.h"

#include <stdio.h>

#include "core/value.h"

static bool has_method(const WgpProfile *profile, int family) {
        const WgpFamily *f = family == AF_INET6 ? &profile->ipv6 : &profile->ipv4;

        return profile->format == WGP_FORMAT_WG_QUICK || f->method == WGP_METHOD_MANUAL;
}

/* Addresses that systemd-resolved refuses, and the whole list with them: "none", and its own stub. */
static bool is_usable(const WgpPrefix *address) {
        static const char *const unusable[] = { "0.0.0.0", "::", "127.0.0.53", "127.0.0.54" };

        for (size_t i = 0; i < WGP_ARRAY_SIZE(unusable); i++) {
                WgpPrefix p;

                if (wgp_address_parse(unusable[i], &p) >= 0 && wgp_prefix_compare(&p, address) == 0)
                        return false;
        }
        return true;
}

static int add_servers(const WgpProfile *profile, WgpDns *dns) {
        dns->servers = calloc(profile->n_dns_servers + 1, sizeof(*dns->servers));
        if (!dns->servers)
                return -ENOMEM;

        for (size_t i = 0; i < profile->n_dns_servers; i++) {
                const WgpDnsServer *from = profile->dns_servers + i;
                WgpDnsServerState *to = dns->servers + dns->n_servers;

                if (!has_method(profile, from->address.family) || !is_usable(&from->address))
                        continue;
                *to = (WgpDnsServerState) { .address = from->address, .port = from->port };
                dns->n_servers++;
                if (from->server_name) {
                        to->server_name = strdup(from->server_name);
                        if (!to->server_name)
                                return -ENOMEM;
                }
        }
        return 0;
}

static int add_domain(WgpDns *dns, const char *name, bool route_only) {
        for (size_t i = 0; i < dns->n_domains; i++)
                if (strcasecmp(dns->domains[i].name, name) == 0) {
                        dns->domains[i].route_only = dns->domains[i].route_only && route_only;
                        return 0;
                }

        dns->domains[dns->n_domains] = (WgpDnsDomainState) { .name = strdup(name), .route_only = route_only };
        if (!dns->domains[dns->n_domains].name)
                return -ENOMEM;
        dns->n_domains++;
        return 0;
}

static int add_domains(const WgpProfile *profile, WgpDns *dns) {
        int r = 0;

        dns->domains = calloc(profile->n_dns_domains + 1 /* for "~." */, sizeof(*dns->domains));
        if (!dns->domains)
                return -ENOMEM;
        for (size_t i = 0; r >= 0 && i < profile->n_dns_domains; i++)
                r = add_domain(dns, profile->dns_domains[i].name, profile->dns_domains[i].route_only);
        return r;
}

/* "never-default" says that the tunnel is for its own networks only, names included. */
static bool is_for_itself(const WgpProfile *profile) {
        return profile->ipv4.never_default == WGP_YES || profile->ipv6.never_default == WGP_YES;
}

static bool has_everything(const WgpDns *dns) {
        for (size_t i = 0; i < dns->n_domains; i++)
                if (streq(dns->domains[i].name, "."))
                        return true;
        return false;
}

/* NetworkManager's number of a setting, as a word of systemd-resolved; -1: its default. */
static const char *word(int number, const char *one) {
        return number == 0 ? "no" : number == 1 ? one : number == 2 ? "yes" : NULL;
}

/* Works out what to tell the resolver. "full_tunnel": the tunnel takes the default route of a family.
 *
 * Returns 0, or -ENOMEM. The caller ends with wgp_dns_done(ret). */
int wgp_desired_dns(const WgpProfile *profile, bool full_tunnel, WgpDns *ret) {
        WgpDns dns = {
                .llmnr = word(profile->llmnr, "resolve"),
                .mdns = word(profile->mdns, "resolve"),
                .dns_over_tls = word(profile->dns_over_tls, "opportunistic"),
                .dnssec = word(profile->dnssec, "allow-downgrade"),
        };
        int r;

        r = add_servers(profile, &dns);
        if (r >= 0)
                r = add_domains(profile, &dns);
        if (r >= 0 && dns.n_servers > 0 && (full_tunnel || dns.n_domains == 0) && !is_for_itself(profile))
                r = add_domain(&dns, ".", /* route_only= */ true);
        if (r < 0) {
                wgp_dns_done(&dns);
                return r;
        }

        dns.default_route = dns.n_servers > 0 && has_everything(&dns);
        *ret = dns;
        return 0;
}

/* True when there is nothing to tell anybody. */
bool wgp_dns_is_empty(const WgpDns *dns) {
        return dns->n_servers == 0 && dns->n_domains == 0 && !dns->llmnr && !dns->mdns && !dns->dns_over_tls &&
                        !dns->dnssec;
}

static bool lists_equal(const WgpDns *a, const WgpDns *b) {
        if (a->n_servers != b->n_servers || a->n_domains != b->n_domains)
                return false;
        for (size_t i = 0; i < a->n_servers; i++)
                if (wgp_prefix_compare(&a->servers[i].address, &b->servers[i].address) != 0 ||
                    a->servers[i].port != b->servers[i].port ||
                    !streq_ptr(a->servers[i].server_name, b->servers[i].server_name))
                        return false;
        for (size_t i = 0; i < a->n_domains; i++)
                if (!streq(a->domains[i].name, b->domains[i].name) ||
                    a->domains[i].route_only != b->domains[i].route_only)
                        return false;
        return true;
}

bool wgp_dns_equal(const WgpDns *a, const WgpDns *b) {
        return lists_equal(a, b) && a->default_route == b->default_route && streq_ptr(a->llmnr, b->llmnr) &&
                        streq_ptr(a->mdns, b->mdns) && streq_ptr(a->dns_over_tls, b->dns_over_tls) &&
                        streq_ptr(a->dnssec, b->dnssec);
}

/* What "resolvconf -a" reads, in the words of resolv.conf(5). Routing domains are unknown there: left out, as are
 * ports and server names. Returns 0, or -ENOMEM; the caller frees "*ret". */
int wgp_dns_format_resolvconf(const WgpDns *dns, char **ret) {
        char address[INET6_ADDRSTRLEN], *text = NULL;
        bool search = false;
        size_t size;
        FILE *f;

        f = open_memstream(&text, &size);
        if (!f)
                return -ENOMEM;

        for (size_t i = 0; i < dns->n_servers; i++) {
                wgp_address_format(&dns->servers[i].address, address);
                fprintf(f, "nameserver %s\n", address);
        }
        for (size_t i = 0; i < dns->n_domains; i++) {
                if (dns->domains[i].route_only)
                        continue;
                fprintf(f, "%s %s", search ? "" : "search", dns->domains[i].name);
                search = true;
        }
        if (search)
                fputc('\n', f);

        if (fclose(f) != 0) {
                free(text);
                return -ENOMEM;
        }
        *ret = text;
        return 0;
}

void wgp_dns_done(WgpDns *dns) {
        for (size_t i = 0; i < dns->n_servers; i++)
                free(dns->servers[i].server_name);
        for (size_t i = 0; i < dns->n_domains; i++)
                free(dns->domains[i].name);
        free(dns->servers);
        free(dns->domains);
        *dns = WGP_DNS_NULL;
}
