/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Conversion: what the other format cannot say, with the line that says it. A table of keys, each with the question
 * whether something gets lost this time. id= and uuid=, which name a connection and do nothing, are not losses. */

#include "rewrite/convert-internal.h"

typedef struct Line {
        const WgpConvert *convert;
        const WgpEffectiveSection *section;
        const WgpEntry *entry;
        int family; /* of the section, for [ipv4] and [ipv6] */
} Line;

typedef struct Loss {
        WgpSectionId section; /* WGP_SECTION_IPV4: also [ipv6] */
        const char *key;
        bool (*is_lost)(const Line *line);
        const char *message;
} Loss;

static const WgpFamily *family_of(const Line *line) {
        return wgp_profile_family(line->convert->profile, line->family);
}

static bool is_from_line(const Line *line, WgpOrigin origin) {
        return origin.file == line->entry->origin.file && origin.line == line->entry->origin.line;
}

static bool always(const Line *line) {
        return true;
}

/* --- both ways --- */

/* wg-quick(8) hands resolvconf(8) its -x: every name is asked for there. */
static bool splits_names(const Line *line) {
        const WgpProfile *p = line->convert->profile;

        if (p->n_dns_servers == 0 || wgp_convert_routes_all_names(p))
                return false;
        for (size_t i = 0; i < p->n_dns_domains; i++)
                if (is_from_line(line, p->dns_domains[i].origin))
                        return true;
        return false;
}

#define SPLITS_NAMES                                                                                    \
        "wg-profile and NetworkManager ask these servers for names in these domains only; wg-quick(8) " \
        "asks them for all."

/* --- to a keyfile --- */

static bool saves(const Line *line) {
        return line->convert->profile->save_config;
}

static bool has_table_name(const Line *line) {
        return line->convert->profile->table.name;
}

static bool has_listen_service(const Line *line) {
        return line->convert->profile->listen_service;
}

static bool has_server_of_no_family(const Line *line) {
        const WgpProfile *p = line->convert->profile;

        for (size_t i = 0; i < p->n_dns_servers; i++)
                if (is_from_line(line, p->dns_servers[i].origin) &&
                                !wgp_convert_has_address(p, p->dns_servers[i].address.family))
                        return true;
        return false;
}

static bool has_domain_without_place(const Line *line) {
        const WgpProfile *p = line->convert->profile;

        for (size_t i = 0; i < p->n_dns_domains; i++)
                if (is_from_line(line, p->dns_domains[i].origin) && wgp_convert_domain_family(p) == -1)
                        return true;
        return false;
}

/* Of all that an address may consist of, neither sign is a part. */
static bool changes_allowed_ips(const Line *line) {
        return strpbrk(line->entry->value, "+-");
}

static bool has_no_port(const Line *line) {
        return line->section->peer->endpoint.port == 0;
}

#define FOR_DROP_INS "Read in drop-ins only: a comment has it. Write it into a drop-in of the new profile."

static const Loss losses_to_keyfile[] = {
        { WGP_SECTION_PEER, "AlternateEndpoints", always, FOR_DROP_INS },
        { WGP_SECTION_INTERFACE, "PreUp", always, "A keyfile has no commands." },
        { WGP_SECTION_INTERFACE, "PostUp", always, "A keyfile has no commands." },
        { WGP_SECTION_INTERFACE, "PreDown", always, "A keyfile has no commands." },
        { WGP_SECTION_INTERFACE, "PostDown", always, "A keyfile has no commands." },
        { WGP_SECTION_INTERFACE, "SaveConfig", saves, "A keyfile is not written back." },
        { WGP_SECTION_INTERFACE, "Table", has_table_name,
                        "A keyfile numbers its tables, and the number of this name is not known." },
        { WGP_SECTION_INTERFACE, "ListenPort", has_listen_service,
                        "A keyfile numbers its ports, and the number of this service is not known." },
        { WGP_SECTION_INTERFACE, "DNS", has_server_of_no_family,
                        "A keyfile takes a server only if there is an Address of its family." },
        { WGP_SECTION_INTERFACE, "DNS", has_domain_without_place,
                        "A keyfile takes a domain only if there is an Address." },
        { WGP_SECTION_INTERFACE, "DNS", splits_names, SPLITS_NAMES },
        { WGP_SECTION_PEER, "AllowedIPs", changes_allowed_ips,
                        "A keyfile has no '+' and '-': added prefixes are in the list, removed ones are not." },
        { WGP_SECTION_PEER, "Endpoint", has_no_port,
                        "A keyfile takes an endpoint with a number from 1 to 65535 as its port only." },
};

/* --- to wg-quick --- */

static bool has_other_controller(const Line *line) {
        const WgpProfile *p = line->convert->profile;

        return !p->controller || !streq_ptr(wgp_profile_vrf(p), p->controller);
}

static bool is_private_key_asked(const Line *line) {
        return line->convert->profile->private_key.source == WGP_SECRET_ASK;
}

static bool is_preshared_key_asked(const Line *line) {
        return line->section->peer->preshared_key.source == WGP_SECRET_ASK;
}

/* Whether the policy is the one that -1 means. */
static bool is_usual_policy(const WgpProfile *p, int family) {
        const WgpFamily *f = wgp_profile_family(p, family);
        const bool usual = f->never_default != WGP_YES && wgp_convert_has_default(p, family);

        return f->auto_default_route == WGP_UNSET || (f->auto_default_route == WGP_YES) == usual;
}

/* A stated table has no rules in wg-quick. */
static bool loses_policy(const WgpProfile *p, int family) {
        return wgp_convert_common_table(p) == 0 && p->peer_routes && !is_usual_policy(p, family);
}

static bool loses_policy_4(const Line *line) {
        return loses_policy(line->convert->profile, AF_INET);
}

static bool loses_policy_6(const Line *line) {
        return loses_policy(line->convert->profile, AF_INET6);
}

static bool is_link_local(const Line *line) {
        return family_of(line)->method == WGP_METHOD_LINK_LOCAL;
}

static bool has_gateway(const Line *line) {
        return family_of(line)->has_gateway && is_from_line(line, family_of(line)->gateway_origin);
}

static bool has_other_metric(const Line *line) {
        const WgpProfile *p = line->convert->profile;

        return p->route_metric < 0 && wgp_convert_common_metric(p) != family_of(line)->route_metric;
}

static bool has_other_table(const Line *line) {
        return wgp_convert_common_table(line->convert->profile) != family_of(line)->route_table;
}

/* A default route gets rules in NetworkManager, whatever the table of the others. */
static bool loses_rules(const Line *line) {
        const WgpProfile *p = line->convert->profile;
        const WgpFamily *f = family_of(line);

        return wgp_convert_common_table(p) > 0 && p->peer_routes && f->auto_default_route != WGP_NO &&
               f->never_default != WGP_YES && wgp_convert_has_default(p, line->family);
}

static bool drops_default(const Line *line) {
        const WgpProfile *p = line->convert->profile;

        return family_of(line)->never_default == WGP_YES && p->peer_routes && wgp_convert_has_default(p, line->family);
}

static bool must_not_fail(const Line *line) {
        return family_of(line)->may_fail == WGP_NO;
}

static bool has_server_options(const Line *line) {
        const WgpProfile *p = line->convert->profile;

        for (size_t i = 0; i < p->n_dns_servers; i++) {
                const WgpDnsServer *server = p->dns_servers + i;

                if (is_from_line(line, server->origin) && (server->tls || server->port > 0 || server->server_name))
                        return true;
        }
        return false;
}

#define NO_SUCH_SETTING "The format of wg-quick(8) has no such setting."

static const Loss losses_to_wg_quick[] = {
        { WGP_SECTION_WIREGUARD_PEER, "AlternateEndpoints", always, FOR_DROP_INS },
        { WGP_SECTION_CONNECTION, "permissions", always,
                        "The format of wg-quick(8) has no permissions: root starts the tunnel." },
        { WGP_SECTION_CONNECTION, "controller", has_other_controller, NO_SUCH_SETTING },
        { WGP_SECTION_CONNECTION, "master", has_other_controller, NO_SUCH_SETTING },
        { WGP_SECTION_CONNECTION, "mdns", always, NO_SUCH_SETTING },
        { WGP_SECTION_CONNECTION, "llmnr", always, NO_SUCH_SETTING },
        { WGP_SECTION_CONNECTION, "dns-over-tls", always, NO_SUCH_SETTING },
        { WGP_SECTION_CONNECTION, "dnssec", always, NO_SUCH_SETTING },
        { WGP_SECTION_WIREGUARD, "private-key-flags", is_private_key_asked,
                        "Nobody is asked for a key: the result has none." },
        { WGP_SECTION_WIREGUARD, "ip4-auto-default-route", loses_policy_4, NO_SUCH_SETTING },
        { WGP_SECTION_WIREGUARD, "ip6-auto-default-route", loses_policy_6, NO_SUCH_SETTING },
        { WGP_SECTION_WIREGUARD_PEER, "preshared-key-flags", is_preshared_key_asked,
                        "Nobody is asked for a key: the result has none." },
        { WGP_SECTION_IPV4, "method", is_link_local, "The format of wg-quick(8) makes no link-local address." },
        { WGP_SECTION_IPV4, "address", has_gateway, "The format of wg-quick(8) has no gateway." },
        { WGP_SECTION_IPV4, "addresses", has_gateway, "The format of wg-quick(8) has no gateway." },
        { WGP_SECTION_IPV4, "gateway", has_gateway, "The format of wg-quick(8) has no gateway." },
        { WGP_SECTION_IPV4, "route", always, "The format of wg-quick(8) has no routes but those to allowed-ips." },
        { WGP_SECTION_IPV4, "routes", always, "The format of wg-quick(8) has no routes but those to allowed-ips." },
        { WGP_SECTION_IPV4, "routing-rule", always, "The format of wg-quick(8) has no routing rules." },
        { WGP_SECTION_IPV4, "route-metric", has_other_metric,
                        "The format of wg-quick(8) has one metric for both families." },
        { WGP_SECTION_IPV4, "route-table", has_other_table,
                        "The format of wg-quick(8) has one table for both families." },
        { WGP_SECTION_IPV4, "route-table", loses_rules,
                        "wg-quick(8) makes no rules for a default route in a table that was stated." },
        { WGP_SECTION_IPV4, "never-default", drops_default, "wg-quick(8) makes a route of every allowed-ip." },
        { WGP_SECTION_IPV4, "may-fail", must_not_fail, NO_SUCH_SETTING },
        { WGP_SECTION_IPV4, "dns", has_server_options,
                        "The format of wg-quick(8) has addresses of servers only: no port, no TLS." },
        { WGP_SECTION_IPV4, "dns-search", splits_names, SPLITS_NAMES },
        { WGP_SECTION_IPV4, "dns-priority", always, NO_SUCH_SETTING },
};

static int check_line(const Line *line, const Loss *losses, size_t n_losses) {
        const WgpConvert *c = line->convert;
        const bool is_keyfile_peer = line->section->section->id == WGP_SECTION_WIREGUARD_PEER;
        WgpSectionId section = line->section->section->id;

        if (section == WGP_SECTION_IPV6)
                section = WGP_SECTION_IPV4;
        for (size_t i = 0; i < n_losses; i++) {
                const WgpPlace place = {
                        .file = wgp_profile_file(c->profile, line->entry->origin),
                        .line = line->entry->origin.line,
                        .section = is_keyfile_peer ? "wireguard-peer" : line->entry->section_name,
                        .key = line->entry->name,
                };
                int r;

                if (losses[i].section != section || !streq(losses[i].key, line->entry->key->name) ||
                                !losses[i].is_lost(line))
                        continue;
                r = wgp_warning(c->losses, &place, "%s", losses[i].message);
                if (r < 0)
                        return r;
        }
        return 0;
}

/* Reports everything that the format to write has no words for. Returns 0, or -ENOMEM. */
int wgp_convert_losses(WgpConvert *c) {
        const Loss *losses = losses_to_wg_quick;
        size_t n_losses = WGP_ARRAY_SIZE(losses_to_wg_quick);

        if (to_keyfile(c)) {
                losses = losses_to_keyfile;
                n_losses = WGP_ARRAY_SIZE(losses_to_keyfile);
        }
        for (size_t i = 0; i < c->effective.n_sections; i++) {
                const WgpEffectiveSection *section = c->effective.sections + i;

                for (size_t j = 0; j < section->n_entries; j++) {
                        const Line line = {
                                .convert = c,
                                .section = section,
                                .entry = section->entries[j],
                                .family = section->section->id == WGP_SECTION_IPV6 ? AF_INET6 : AF_INET,
                        };
                        int r;

                        r = check_line(&line, losses, n_losses);
                        if (r < 0)
                                return r;
                }
        }
        return 0;
}
