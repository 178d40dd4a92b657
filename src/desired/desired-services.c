/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Desired DNS and firewalld zone.
 *
 * The tunnel's servers are asked for all names (the routing domain "~.") when the tunnel takes all traffic, and when
 * the profile has servers but names no domain that would limit them: wg-quick's "resolvconf -x", and what
 * NetworkManager does. A full tunnel with a search domain is where NetworkManager goes on asking the LAN's servers for
 * all else. */

#include "desired/desired.h"
#include "desired/signature.h"
#include "model/dns.h"
#include "model/prefix.h"

/* Addresses that systemd-resolved refuses, and the whole list with them: "none", and its own stub. NetworkManager
 * leaves them out, too. */
static bool is_usable(const WgpDnsServer *server) {
        static const char *const unusable[] = { "0.0.0.0", "::", "127.0.0.53", "127.0.0.54" };
        WgpPrefix p;

        for (size_t i = 0; i < WGP_ARRAY_SIZE(unusable); i++)
                if (wgp_address_parse(unusable[i], &p) >= 0 && wgp_prefix_compare(&p, &server->address) == 0)
                        return false;
        return true;
}

/* Whether a server can be told of, as one of the tunnel's link: systemd-resolved takes a link-local address for one of
 * that link. */
bool wgp_dns_server_fits(const WgpProfile *profile, const WgpDnsServer *server, bool resolvconf) {
        return is_usable(server) && (resolvconf || !server->scope || streq(server->scope, profile->ifname));
}

/* Whether a server's family may get all names, and whether it asks for them: "never-default" says that the tunnel is
 * for its own networks only; a negative "dns-priority" that nobody else is to be asked. */
static void judge_servers(const WgpProfile *profile, const WgpDns *dns, bool *ret_may, bool *ret_must) {
        *ret_may = *ret_must = false;
        for (size_t i = 0; i < dns->n_servers; i++) {
                const WgpFamily *family = wgp_profile_family(profile, dns->servers[i].address.family);

                if (family->never_default == WGP_YES)
                        continue;
                *ret_may = true;
                *ret_must = *ret_must || family->dns_priority < 0;
        }
}

/* A keyfile's family may be switched off, and its default route be there only to keep it from going elsewhere. */
static bool takes_default_route(const WgpProfile *profile, const WgpNetwork *network) {
        for (size_t i = 0; i < network->n_routes; i++) {
                const WgpPrefix *destination = &network->routes[i].destination;

                /* also the unreachable one, which is behind a default route in halves */
                if (destination->length == 0 &&
                                (network->routes[i].uses_device || wgp_route_is_ours(network->routes + i)) &&
                                (profile->format == WGP_FORMAT_WG_QUICK ||
                                                wgp_profile_family(profile, destination->family)->method ==
                                                                WGP_METHOD_MANUAL))
                        return true;
        }
        return false;
}

static int add_domains(const WgpProfile *profile, const WgpNetwork *network, WgpDns *dns) {
        bool may, must;

        for (size_t i = 0; i < profile->n_dns_domains; i++) {
                const WgpDnsDomain *from = profile->dns_domains + i;
                WgpDnsDomain *domain = wgp_dns_add_domain(dns, from->name, from->route_only);

                if (!domain)
                        return -ENOMEM;
                domain->origin = from->origin;
        }

        judge_servers(profile, dns, &may, &must);
        if (must || (dns->n_servers > 0 && takes_default_route(profile, network)) || (may && dns->n_domains == 0))
                return wgp_dns_add_domain(dns, ".", /* route_only= */ true) ? 0 : -ENOMEM;
        return 0;
}

static bool has_everything(const WgpDns *dns) {
        for (size_t i = 0; i < dns->n_domains; i++)
                if (streq(dns->domains[i].name, "."))
                        return true;
        return false;
}

static void set_settings(const WgpProfile *profile, WgpDns *dns) {
        dns->settings[WGP_DNS_LLMNR] = (uint8_t) (profile->llmnr + 1);
        dns->settings[WGP_DNS_MULTICAST] = (uint8_t) (profile->mdns + 1);
        dns->settings[WGP_DNS_OVER_TLS] = (uint8_t) (profile->dns_over_tls + 1);
        dns->settings[WGP_DNS_DNSSEC] = (uint8_t) (profile->dnssec + 1);
}

static int build_dns(const WgpProfile *profile, const char *resolvconf, WgpNetwork *network) {
        WgpDns *dns = &network->dns;
        int r;

        for (size_t i = 0; i < profile->n_dns_servers; i++)
                if (wgp_dns_server_fits(profile, profile->dns_servers + i, resolvconf) &&
                                !wgp_dns_add_server(dns, profile->dns_servers + i))
                        return -ENOMEM;

        r = add_domains(profile, network, dns);
        if (r < 0)
                return r;
        dns->default_route = dns->n_servers > 0 && has_everything(dns);

        if (!resolvconf)
                set_settings(profile, dns);
        else if (dns->n_servers + dns->n_domains > 0) {
                dns->resolvconf = strdup(resolvconf);
                if (!dns->resolvconf)
                        return -ENOMEM;
        }
        return 0;
}

/* Whether anybody is told about the link: the services look after the host's own links, and a number or name from
 * another network namespace means nothing to them, or another link. */
bool wgp_desired_has_services(const WgpProfile *profile) {
        return !profile->netns;
}

/* Adds DNS and zone; the routes are there. Returns 0, or -ENOMEM. */
int wgp_desired_services(const WgpProfile *profile, const WgpDesiredInput *input, WgpNetwork *network) {
        if (!wgp_desired_has_services(profile))
                return 0;
        if (profile->zone) {
                network->zone = strdup(profile->zone);
                if (!network->zone)
                        return -ENOMEM;
        }
        return build_dns(profile, input->resolvconf, network);
}
