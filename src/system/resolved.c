/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* systemd-resolved, org.freedesktop.resolve1(5). The order is that of its RESOLVED-VPNS document: what limits the
 * servers comes before the servers, so that no query goes astray in between. */

#include "system/resolved.h"

#include <sys/socket.h>

#include "core/value.h"

typedef struct Settings {
        uint32_t ifindex;
        const WgpDns *dns;
        const char *word;
} Settings;

static int fill_link(const WgpBus *bus, sd_bus_message *m, const void *userdata) {
        const Settings *s = userdata;

        return wgp_bus_append(bus, m, "i", s->ifindex);
}

static int fill_word(const WgpBus *bus, sd_bus_message *m, const void *userdata) {
        const Settings *s = userdata;

        return wgp_bus_append(bus, m, "is", s->ifindex, s->word);
}

static int fill_default_route(const WgpBus *bus, sd_bus_message *m, const void *userdata) {
        const Settings *s = userdata;

        return wgp_bus_append(bus, m, "ib", s->ifindex, (int) s->dns->default_route);
}

static int fill_domains(const WgpBus *bus, sd_bus_message *m, const void *userdata) {
        const Settings *s = userdata;
        int r;

        r = wgp_bus_append(bus, m, "i", s->ifindex);
        if (r >= 0)
                r = wgp_bus_open_container(bus, m, 'a', "(sb)");
        for (size_t i = 0; r >= 0 && i < s->dns->n_domains; i++)
                r = wgp_bus_append(bus, m, "(sb)", s->dns->domains[i].name, (int) s->dns->domains[i].route_only);
        return r < 0 ? r : wgp_bus_close_container(bus, m);
}

static int fill_servers_ex(const WgpBus *bus, sd_bus_message *m, const void *userdata) {
        const Settings *s = userdata;
        int r;

        r = wgp_bus_append(bus, m, "i", s->ifindex);
        if (r >= 0)
                r = wgp_bus_open_container(bus, m, 'a', "(iayqs)");
        for (size_t i = 0; r >= 0 && i < s->dns->n_servers; i++) {
                const WgpDnsServerState *server = s->dns->servers + i;

                r = wgp_bus_open_container(bus, m, 'r', "iayqs");
                if (r >= 0)
                        r = wgp_bus_append(bus, m, "i", (int) server->address.family);
                if (r >= 0)
                        r = wgp_bus_append_array(bus, m, 'y', server->address.bytes,
                                        wgp_family_bits(server->address.family) / 8);
                if (r >= 0)
                        r = wgp_bus_append(bus, m, "qs", (unsigned) server->port, server->server_name ?: "");
                if (r >= 0)
                        r = wgp_bus_close_container(bus, m);
        }
        return r < 0 ? r : wgp_bus_close_container(bus, m);
}

static int call(WgpBus *bus, const char *member, WgpBusFill fill, const Settings *settings, char **ret_error) {
        const WgpBusMethod method = {
                .destination = "org.freedesktop.resolve1",
                .path = "/org/freedesktop/resolve1",
                .interface = "org.freedesktop.resolve1.Manager",
                .member = member,
        };

        return wgp_bus_call(bus, &method, fill, settings, ret_error);
}

/* Sets one of the settings that are words, when there is one. One that this resolved does not know is left out. */
static int set_word(WgpBus *bus, const char *member, uint32_t ifindex, const char *word, char **ret_error) {
        int r;

        if (!word)
                return 0;
        r = call(bus, member, fill_word, &(Settings) { .ifindex = ifindex, .word = word }, ret_error);
        return r == WGP_BUS_E_UNKNOWN ? 0 : r;
}

/* Tells resolved all about the link. Returns 0, WGP_BUS_E_ABSENT when resolved does not run, WGP_BUS_E_FAILED with its
 * words (the caller frees them), or a negative errno. */
int wgp_resolved_set_link(WgpBus *bus, uint32_t ifindex, const WgpDns *dns, char **ret_error) {
        const Settings settings = { .ifindex = ifindex, .dns = dns };
        int r;

        r = call(bus, "SetLinkDomains", fill_domains, &settings, ret_error);
        if (r == 0)
                r = call(bus, "SetLinkDefaultRoute", fill_default_route, &settings, ret_error);
        if (r == 0)
                r = set_word(bus, "SetLinkLLMNR", ifindex, dns->llmnr, ret_error);
        if (r == 0)
                r = set_word(bus, "SetLinkMulticastDNS", ifindex, dns->mdns, ret_error);
        if (r == 0)
                r = set_word(bus, "SetLinkDNSOverTLS", ifindex, dns->dns_over_tls, ret_error);
        if (r == 0)
                r = set_word(bus, "SetLinkDNSSEC", ifindex, dns->dnssec, ret_error);
        return r == 0 ? call(bus, "SetLinkDNSEx", fill_servers_ex, &settings, ret_error) : r;
}

/* Takes all of the link's settings away. Returns as above. */
int wgp_resolved_revert_link(WgpBus *bus, uint32_t ifindex, char **ret_error) {
        return call(bus, "RevertLink", fill_link, &(Settings) { .ifindex = ifindex }, ret_error);
}
