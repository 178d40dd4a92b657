/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Conversion: the text of a *.nmconnection file, in the order in which NetworkManager writes one. What it does not
 * read right by itself is spelled out: the flags of a preshared key, addr-gen-mode, dns-search=~. */

#include "rewrite/convert-internal.h"

#include <stdio.h>

static void write_bool(WgpConvert *c, const char *key, bool value) {
        wgp_convert_string(c, key, value ? "true" : "false");
}

static void write_tristate_bool(WgpConvert *c, const char *key, WgpTristate value) {
        if (value != WGP_UNSET)
                write_bool(c, key, value == WGP_YES);
}

static void write_optional_number(WgpConvert *c, const char *key, int64_t value, int64_t unset) {
        if (value != unset)
                wgp_convert_number(c, key, value);
}

/* Keys that mean nothing here, or of which the model keeps only what they mean here, go over as they are. */
static void copy_others(WgpConvert *c, WgpSectionId id) {
        for (size_t i = 0; i < c->effective.n_sections; i++) {
                const WgpEffectiveSection *s = c->effective.sections + i;

                if (s->section->id != id)
                        continue;
                for (size_t j = 0; j < s->n_entries; j++) {
                        const WgpEntry *entry = s->entries[j];

                        if (entry->key->flags & WGP_KEY_IGNORED || streq(entry->key->name, "permissions")) {
                                /* its escapes are still in it */
                                wgp_convert_begin(c, entry->key->name);
                                wgp_text_append(c->text, entry->value);
                                wgp_convert_end(c);
                        }
                }
        }
}

/* --- [connection], [wireguard] --- */

static void write_connection(WgpConvert *c) {
        const WgpProfile *p = c->profile;

        wgp_convert_section(c, "connection");
        wgp_convert_string(c, "id", p->id ?: p->name);
        if (p->uuid || c->uuid)
                wgp_convert_string(c, "uuid", p->uuid ?: c->uuid);
        wgp_convert_string(c, "type", "wireguard");
        if (p->ifname)
                wgp_convert_string(c, "interface-name", p->ifname);
        if (same_format(c))
                write_tristate_bool(c, "autoconnect", p->keyfile_autoconnect);
        else if (p->autoconnect == WGP_NO)
                write_bool(c, "autoconnect", false);
        if (p->zone)
                wgp_convert_string(c, "zone", p->zone);
        if (p->controller)
                wgp_convert_string(c, "controller", p->controller);
        if (p->port_type)
                wgp_convert_string(c, "port-type", p->port_type);
        write_optional_number(c, "mdns", p->mdns, -1);
        write_optional_number(c, "llmnr", p->llmnr, -1);
        write_optional_number(c, "dns-over-tls", p->dns_over_tls, -1);
        write_optional_number(c, "dnssec", p->dnssec, -1);
        copy_others(c, WGP_SECTION_CONNECTION);
}

/* wg-quick makes no rules for a default route when the table is stated; NetworkManager has to be told. */
static bool is_policy_off(const WgpConvert *c) {
        return !same_format(c) && c->profile->table.kind != WGP_TABLE_AUTO;
}

static void write_wireguard(WgpConvert *c) {
        const WgpProfile *p = c->profile;
        const bool no_policy = is_policy_off(c);

        wgp_convert_header(c, "wireguard");
        wgp_convert_secret(c, "private-key", &p->private_key);
        write_optional_number(c, "private-key-flags", p->private_key_flags, 0);
        if (p->has_listen_port && p->listen_port > 0)
                wgp_convert_number(c, "listen-port", p->listen_port);
        if (p->fwmark > 0) {
                wgp_convert_begin(c, "fwmark");
                wgp_text_printf(c->text, "0x%x", p->fwmark);
                wgp_convert_end(c);
        }
        if (!p->peer_routes || p->table.kind == WGP_TABLE_OFF)
                write_bool(c, "peer-routes", false);
        write_optional_number(c, "mtu", p->mtu, 0);
        write_optional_number(c, "ip4-auto-default-route", no_policy ? 0 : p->ipv4.auto_default_route, WGP_UNSET);
        write_optional_number(c, "ip6-auto-default-route", no_policy ? 0 : p->ipv6.auto_default_route, WGP_UNSET);
}

/* --- [wireguard-peer.KEY] --- */

static void write_preshared_key(WgpConvert *c, const WgpPeer *peer) {
        const bool stated = peer->set & WGP_PEER_PRESHARED_KEY_FLAGS;

        switch (peer->preshared_key.source) {
        case WGP_SECRET_VALUE:
        case WGP_SECRET_CREDENTIAL:
                wgp_convert_secret(c, "preshared-key", &peer->preshared_key);
                /* without 0, NetworkManager takes no notice of the key */
                wgp_convert_number(c, "preshared-key-flags", stated ? peer->preshared_key_flags : 0);
                break;
        case WGP_SECRET_ASK:
                wgp_convert_number(c, "preshared-key-flags", peer->preshared_key_flags);
                break;
        default:
                break;
        }
}

static void write_peer(WgpConvert *c, const WgpPeer *peer) {
        static const char prefix[] = "wireguard-peer.";
        char name[sizeof(prefix) + WGP_KEY_TEXT_SIZE];
        bool first = true;

        strcpy(name, prefix);
        wgp_key_format(peer->public_key, name + strlen(prefix));
        wgp_convert_header(c, name);
        wgp_convert_peer_comments(c, peer);
        if (peer->endpoint.port > 0)
                wgp_convert_endpoint(c, "endpoint", &peer->endpoint);
        write_preshared_key(c, peer);
        if (peer->keepalive > 0)
                wgp_convert_number(c, "persistent-keepalive", peer->keepalive);

        for (size_t i = 0; i < peer->n_allowed_ips; i++) {
                char text[WGP_PREFIX_TEXT_SIZE];

                if (peer->allowed_ips[i].action == WGP_PEER_IP_REMOVE)
                        continue;
                if (first)
                        wgp_convert_begin(c, "allowed-ips");
                first = false;
                wgp_prefix_format(&peer->allowed_ips[i].prefix, text);
                wgp_text_printf(c->text, "%s;", text);
        }
        if (!first)
                wgp_convert_end(c);
}

/* --- [ipv4], [ipv6] --- */

/* A family without an address of a wg-quick profile: "ignore" leaves IPv6 on where a peer has some of it, so that
 * NetworkManager can make the peer's routes. */
static WgpMethod method_of(const WgpConvert *c, int family) {
        const WgpProfile *p = c->profile;

        if (same_format(c))
                return wgp_profile_family(p, family)->method;
        if (wgp_convert_has_address(p, family))
                return WGP_METHOD_MANUAL;
        for (size_t i = 0; family == AF_INET6 && i < p->n_peers; i++)
                for (size_t j = 0; j < p->peers[i].n_allowed_ips; j++)
                        if (p->peers[i].allowed_ips[j].prefix.family == AF_INET6)
                                return WGP_METHOD_IGNORE;
        return WGP_METHOD_DISABLED;
}

static void write_addresses(WgpConvert *c, int family) {
        size_t n = 0;

        for (size_t i = 0; i < c->profile->n_addresses; i++) {
                const WgpPrefix *address = &c->profile->addresses[i].prefix;
                char key[sizeof("address18446744073709551615")], text[WGP_PREFIX_TEXT_SIZE];

                if (address->family != family)
                        continue;
                snprintf(key, sizeof(key), "address%zu", ++n);
                wgp_prefix_format(address, text);
                wgp_convert_string(c, key, text);
        }
}

static void append_server(WgpText *text, const WgpDnsServer *server) {
        const bool ipv6 = server->address.family == AF_INET6, uri = server->tls || server->port > 0 || server->scope;
        char address[INET6_ADDRSTRLEN];

        wgp_address_format(&server->address, address);
        if (uri)
                wgp_text_printf(text, "dns+%s://%s", server->tls ? "tls" : "udp", ipv6 ? "[" : "");
        wgp_text_append(text, address);
        if (server->scope)
                wgp_text_printf(text, "%%%s", server->scope);
        if (uri && ipv6)
                wgp_text_append(text, "]");
        if (server->port > 0)
                wgp_text_printf(text, ":%u", server->port);
        if (server->server_name) {
                wgp_text_append(text, "#");
                wgp_convert_append_escaped(text, server->server_name, /* in_list= */ true);
        }
        wgp_text_append(text, ";");
}

static void write_servers(WgpConvert *c, int family) {
        const WgpProfile *p = c->profile;
        bool any = false;

        for (size_t i = 0; i < p->n_dns_servers; i++) {
                const WgpDnsServer *server = p->dns_servers + i;

                if (server->address.family != family || !wgp_convert_can_write_scope(c, "dns", server->scope))
                        continue;
                if (!any)
                        wgp_convert_begin(c, "dns");
                any = true;
                append_server(c->text, server);
        }
        if (any)
                wgp_convert_end(c);
}

/* Whether a wg-quick profile's domains go into this family's section. */
static bool takes_domains(const WgpProfile *p, int family) {
        int to = wgp_convert_domain_family(p);

        if (p->n_dns_servers == 0 && p->n_dns_domains == 0)
                return false;
        return to == AF_UNSPEC ? wgp_convert_has_server(p, family) : to == family;
}

static void write_domains(WgpConvert *c, int family) {
        const WgpProfile *p = c->profile;
        bool any = false, everything = false;

        if (!same_format(c) && !takes_domains(p, family))
                return;

        for (size_t i = 0; i < p->n_dns_domains; i++) {
                const WgpDnsDomain *domain = p->dns_domains + i;
                const bool is_everything = domain->route_only && streq(domain->name, ".");

                if (same_format(c) && domain->family != family)
                        continue;
                if (!any)
                        wgp_convert_begin(c, "dns-search");
                any = true;
                everything = everything || is_everything;
                wgp_text_printf(c->text, "%s%s;", domain->route_only ? "~" : "", is_everything ? "" : domain->name);
        }
        if (!same_format(c) && !everything && wgp_convert_routes_all_names(p)) {
                if (!any)
                        wgp_convert_begin(c, "dns-search");
                any = true;
                wgp_text_append(c->text, "~;");
        }
        if (any)
                wgp_convert_end(c);
}

static void write_family(WgpConvert *c, int family) {
        static const char *const methods[] = {
                [WGP_METHOD_DISABLED] = "disabled",
                [WGP_METHOD_MANUAL] = "manual",
                [WGP_METHOD_IGNORE] = "ignore",
                [WGP_METHOD_LINK_LOCAL] = "link-local",
        };
        const WgpFamily *f = wgp_profile_family(c->profile, family);
        const WgpMethod method = method_of(c, family);
        uint32_t table = f->route_table;

        if (method == WGP_METHOD_UNSET)
                return;
        if (!same_format(c) && c->profile->table.kind == WGP_TABLE_NUMBER && !c->profile->table.name)
                table = c->profile->table.number;

        wgp_convert_section(c, family == AF_INET6 ? "ipv6" : "ipv4");
        wgp_convert_string(c, "method", methods[method]);
        write_addresses(c, family);
        if (f->has_gateway) {
                char gateway[INET6_ADDRSTRLEN];

                wgp_address_format(&f->gateway, gateway);
                wgp_convert_string(c, "gateway", gateway);
        }
        wgp_convert_routes(c, family);
        wgp_convert_rules(c, family);
        write_optional_number(c, "route-metric", f->route_metric, -1);
        write_optional_number(c, "route-table", table, 0);
        write_tristate_bool(c, "never-default", f->never_default);
        write_tristate_bool(c, "may-fail", f->may_fail);
        if (method == WGP_METHOD_MANUAL) {
                write_servers(c, family);
                write_domains(c, family);
        }
        write_optional_number(c, "dns-priority", f->dns_priority, 0);
        /* without it, NetworkManager wants an address made of a hardware address, and a tunnel has none */
        if (!same_format(c) && family == AF_INET6 && method == WGP_METHOD_MANUAL)
                wgp_convert_string(c, "addr-gen-mode", "default");
        copy_others(c, family == AF_INET6 ? WGP_SECTION_IPV6 : WGP_SECTION_IPV4);
}

void wgp_convert_to_keyfile(WgpConvert *c) {
        write_connection(c);
        write_wireguard(c);
        for (size_t i = 0; i < c->profile->n_peers; i++)
                write_peer(c, c->profile->peers + i);
        write_family(c, AF_INET);
        write_family(c, AF_INET6);
}
