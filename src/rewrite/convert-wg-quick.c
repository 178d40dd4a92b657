/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Conversion: the text of a *.conf file, in the order in which wg-quick(8) saves one. */

#include "rewrite/convert-internal.h"
#include "rewrite/edit.h"

/* Writes "separator" before all items but the first. */
static void separate(WgpConvert *c, bool *first, const char *separator) {
        if (!*first)
                wgp_text_append(c->text, separator);
        *first = false;
}

static void write_addresses(WgpConvert *c) {
        for (size_t i = 0; i < c->profile->n_addresses; i++) {
                char text[WGP_PREFIX_TEXT_SIZE];

                wgp_prefix_format(&c->profile->addresses[i].prefix, text);
                wgp_convert_string(c, "Address", text);
        }
}

/* A keyfile names a domain once per family. */
static bool is_repeated(const WgpProfile *p, size_t k) {
        for (size_t i = 0; i < k; i++)
                if (p->dns_domains[i].route_only == p->dns_domains[k].route_only &&
                                streq(p->dns_domains[i].name, p->dns_domains[k].name))
                        return true;
        return false;
}

/* wg-quick(8) implies "~." where it is the only domain, or where the tunnel takes all traffic. */
static bool is_implied(const WgpConvert *c, const WgpDnsDomain *domain) {
        const WgpProfile *p = c->profile;

        if (same_format(c) || !domain->route_only || !streq(domain->name, ".") || p->n_dns_servers == 0)
                return false;
        if (wgp_convert_has_default(p, AF_UNSPEC))
                return true;
        for (size_t i = 0; i < p->n_dns_domains; i++)
                if (!p->dns_domains[i].route_only || !streq(p->dns_domains[i].name, "."))
                        return false;
        return true;
}

/* A domain of nothing but digits and dots would be read as a server. */
static bool is_like_server(const WgpDnsDomain *domain) {
        return !domain->route_only && domain->name[strspn(domain->name, "0123456789.")] == 0;
}

static void write_dns(WgpConvert *c) {
        const WgpProfile *p = c->profile;
        bool first = true;

        for (size_t i = 0; i < p->n_dns_servers; i++) {
                char text[INET6_ADDRSTRLEN];

                if (!wgp_convert_can_write_scope(c, "DNS", p->dns_servers[i].scope))
                        continue;
                if (first)
                        wgp_convert_begin(c, "DNS");
                separate(c, &first, ", ");
                wgp_address_format(&p->dns_servers[i].address, text);
                wgp_text_printf(c->text, "%s%s%s", text, p->dns_servers[i].scope ? "%" : "",
                                p->dns_servers[i].scope ?: "");
        }
        for (size_t i = 0; i < p->n_dns_domains; i++) {
                const WgpDnsDomain *domain = p->dns_domains + i;

                if ((!same_format(c) && is_repeated(p, i)) || is_implied(c, domain))
                        continue;
                if (is_like_server(domain)) {
                        wgp_convert_leave_out(c, "DNS", "Left out: a domain of digits would be a server here.");
                        continue;
                }
                if (first)
                        wgp_convert_begin(c, "DNS");
                separate(c, &first, ", ");
                wgp_text_printf(c->text, "%s%s", domain->route_only ? "~" : "", domain->name);
        }
        if (!first)
                wgp_convert_end(c);
}

static void write_table(WgpConvert *c) {
        const WgpProfile *p = c->profile;
        uint32_t table = p->table.number;

        if (p->table.kind == WGP_TABLE_OFF || !p->peer_routes) {
                wgp_convert_string(c, "Table", "off");
                return;
        }
        if (p->table.name) {
                wgp_convert_string(c, "Table", p->table.name);
                return;
        }
        if (!same_format(c))
                table = wgp_convert_common_table(p);
        if (p->table.kind == WGP_TABLE_NUMBER || table > 0)
                wgp_convert_number(c, "Table", table);
}

/* As they are written, with their %i. */
static void write_hooks(WgpConvert *c) {
        for (WgpHookType type = 0; type < _WGP_HOOK_TYPE_N; type++)
                for (size_t i = 0; i < c->effective.n_sections; i++)
                        for (size_t j = 0; j < c->effective.sections[i].n_entries; j++) {
                                const WgpEntry *entry = c->effective.sections[i].entries[j];

                                if (!(entry->key->flags & WGP_KEY_RAW) ||
                                                !streq(entry->key->name, wgp_hook_names[type]))
                                        continue;
                                wgp_convert_begin(c, entry->key->name);
                                wgp_text_append(c->text, entry->value);
                                wgp_convert_end(c);
                        }
}

static void write_mark(WgpConvert *c) {
        const WgpProfile *p = c->profile;

        if (!p->has_fwmark)
                return;
        wgp_convert_begin(c, "FwMark");
        if (p->fwmark > 0)
                wgp_text_printf(c->text, "0x%x", p->fwmark);
        else
                wgp_text_append(c->text, "off");
        wgp_convert_end(c);
}

static void write_interface(WgpConvert *c) {
        const WgpProfile *p = c->profile;

        wgp_convert_header(c, "Interface");
        wgp_convert_secret(c, "PrivateKey", &p->private_key);
        if (p->listen_service)
                wgp_convert_string(c, "ListenPort", p->listen_service);
        else if (p->has_listen_port)
                wgp_convert_number(c, "ListenPort", p->listen_port);
        write_mark(c);
        write_addresses(c);
        write_dns(c);
        if (p->mtu > 0)
                wgp_convert_number(c, "MTU", p->mtu);
        write_table(c);
        write_hooks(c);
        if (p->save_config)
                wgp_convert_string(c, "SaveConfig", "true");
}

/* Whether an item changes what the peer has: wg(8) decides that anew at each line, and so there is one line. */
static bool has_changes(const WgpPeer *peer) {
        for (size_t i = 0; i < peer->n_allowed_ips; i++)
                if (peer->allowed_ips[i].action != WGP_PEER_IP_PLAIN)
                        return true;
        return false;
}

static void write_allowed_ips(WgpConvert *c, const WgpPeer *peer) {
        static const char *const actions[] = {
                [WGP_PEER_IP_PLAIN] = "",
                [WGP_PEER_IP_ADD] = "+",
                [WGP_PEER_IP_REMOVE] = "-",
        };
        const size_t per_line = has_changes(peer) ? SIZE_MAX : (size_t) WGP_LINE_ITEMS_MAX;

        for (size_t i = 0; i < peer->n_allowed_ips; i++) {
                char text[WGP_PREFIX_TEXT_SIZE];

                if (i % per_line == 0)
                        wgp_convert_begin(c, "AllowedIPs");
                else
                        wgp_text_append(c->text, ", ");
                wgp_prefix_format(&peer->allowed_ips[i].prefix, text);
                wgp_text_append(c->text, actions[peer->allowed_ips[i].action]);
                wgp_text_append(c->text, text);
                if (i + 1 == peer->n_allowed_ips || (i + 1) % per_line == 0)
                        wgp_convert_end(c);
        }
}

static void write_peer(WgpConvert *c, const WgpPeer *peer) {
        char key[WGP_KEY_TEXT_SIZE];

        wgp_key_format(peer->public_key, key);
        wgp_convert_header(c, "Peer");
        wgp_convert_peer_comments(c, peer);
        wgp_convert_string(c, "PublicKey", key);
        wgp_convert_secret(c, "PresharedKey", &peer->preshared_key);
        write_allowed_ips(c, peer);
        wgp_convert_endpoint(c, "Endpoint", &peer->endpoint);
        if (peer->keepalive > 0)
                wgp_convert_number(c, "PersistentKeepalive", peer->keepalive);
}

void wgp_convert_to_wg_quick(WgpConvert *c) {
        write_interface(c);
        for (size_t i = 0; i < c->profile->n_peers; i++)
                write_peer(c, c->profile->peers + i);
}
