/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The profile as text: one line per thing that is not at its default, in a fixed order, without secrets. */

#include <stdio.h>

#include "model/prefix.h"
#include "model/profile.h"
#include "model/value.h"
#include "parse/parse.h"
#include "support/profile-text.h"

/* --- scalars --- */

static void dump_text(FILE *f, const char *name, const char *value) {
        if (value)
                fprintf(f, "%s %s\n", name, *value ? value : "(empty)");
}

static void dump_number(FILE *f, const char *name, int64_t value, int64_t unset) {
        if (value != unset)
                fprintf(f, "%s %lld\n", name, (long long) value);
}

static void dump_flag(FILE *f, const char *name, bool value) {
        if (value)
                fprintf(f, "%s\n", name);
}

static void dump_secret(FILE *f, const char *name, const WgpSecret *secret) {
        static const char *const sources[] = {
                [WGP_SECRET_VALUE] = "stated",
                [WGP_SECRET_CREDENTIAL] = "credential ",
                [WGP_SECRET_FILE] = "file ",
                [WGP_SECRET_ASK] = "asked for",
        };

        if (secret->source != WGP_SECRET_NONE)
                fprintf(f, "%s %s%s\n", name, sources[secret->source], secret->name ?: "");
}

/* --- addresses --- */

static const char *prefix_text(const WgpPrefix *prefix) {
        static char text[WGP_PREFIX_TEXT_SIZE];

        wgp_prefix_format(prefix, text);
        return text;
}

static const char *address_text(const WgpPrefix *prefix) {
        static char text[INET6_ADDRSTRLEN];

        wgp_address_format(prefix, text);
        return text;
}

static void dump_prefix(FILE *f, const char *name, const WgpPrefix *prefix) {
        if (prefix->family != AF_UNSPEC)
                fprintf(f, " %s %s", name, prefix_text(prefix));
}

static void dump_address(FILE *f, const char *name, const WgpPrefix *prefix) {
        if (prefix->family != AF_UNSPEC)
                fprintf(f, " %s %s", name, address_text(prefix));
}

/* --- routes and rules --- */

static void dump_route_metrics(FILE *f, const WgpRoute *route) {
        static const char *const names[_WGP_ROUTE_METRIC_N] = {
                [WGP_ROUTE_MTU] = "mtu",
                [WGP_ROUTE_WINDOW] = "window",
                [WGP_ROUTE_CWND] = "cwnd",
                [WGP_ROUTE_INITCWND] = "initcwnd",
                [WGP_ROUTE_INITRWND] = "initrwnd",
                [WGP_ROUTE_ADVMSS] = "advmss",
                [WGP_ROUTE_RTO_MIN] = "rto_min",
                [WGP_ROUTE_QUICKACK] = "quickack",
        };

        for (unsigned i = 0; i < _WGP_ROUTE_METRIC_N; i++) {
                if (route->metrics_set & 1U << i)
                        fprintf(f, " %s %u", names[i], route->metrics[i]);
                if (route->metrics_lock & 1U << i)
                        fprintf(f, " lock-%s", names[i]);
        }
}

static void dump_route(FILE *f, const WgpRoute *route) {
        fprintf(f, "route %s", prefix_text(&route->destination));
        dump_address(f, "via", &route->gateway);
        if (route->states_metric)
                fprintf(f, " metric %u", route->metric);
        if (route->table > 0)
                fprintf(f, " table %u", route->table);
        if (route->type != 1)
                fprintf(f, " type %u%s", route->type, route->uses_device ? "" : " no-device");
        dump_address(f, "src", &route->preferred_source);
        dump_prefix(f, "from", &route->source);
        if (route->states_scope)
                fprintf(f, " scope %u", route->scope);
        if (route->tos > 0)
                fprintf(f, " tos %u", route->tos);
        if (route->onlink)
                fprintf(f, " onlink");
        if (route->weight > 0)
                fprintf(f, " weight %u", route->weight);
        dump_route_metrics(f, route);
        fputc('\n', f);
}

static void dump_ports(FILE *f, const char *name, uint16_t start, uint16_t end) {
        if (end > 0)
                fprintf(f, " %s %u-%u", name, start, end);
}

static void dump_rule(FILE *f, const WgpRule *rule) {
        fprintf(f, "rule%s %u", rule->family == AF_INET6 ? "6" : "4", rule->priority);
        if (rule->invert)
                fprintf(f, " not");
        dump_prefix(f, "from", &rule->from);
        dump_prefix(f, "to", &rule->to);
        if (rule->tos > 0)
                fprintf(f, " tos 0x%x", rule->tos);
        if (rule->has_fwmark)
                fprintf(f, " fwmark 0x%x/0x%x", rule->fwmark, rule->fwmask);
        if (*rule->iif)
                fprintf(f, " iif %s", rule->iif);
        if (*rule->oif)
                fprintf(f, " oif %s", rule->oif);
        if (rule->ip_protocol > 0)
                fprintf(f, " ipproto %u", rule->ip_protocol);
        dump_ports(f, "sport", rule->sport_start, rule->sport_end);
        dump_ports(f, "dport", rule->dport_start, rule->dport_end);
        if (rule->has_uid_range)
                fprintf(f, " uidrange %u-%u", rule->uid_start, rule->uid_end);
        if (rule->has_suppress_prefixlength)
                fprintf(f, " suppress %u", rule->suppress_prefixlength);
        fprintf(f, " action %u", rule->action);
        if (rule->table > 0)
                fprintf(f, " table %u", rule->table);
        fputc('\n', f);
}

/* --- groups of settings --- */

static void dump_table(FILE *f, const WgpTable *table) {
        if (table->kind == WGP_TABLE_OFF)
                fprintf(f, "table off\n");
        else if (table->kind == WGP_TABLE_NUMBER && table->name)
                fprintf(f, "table name %s\n", table->name);
        else if (table->kind == WGP_TABLE_NUMBER)
                fprintf(f, "table %u\n", table->number);
}

static void dump_device(const WgpProfile *p, FILE *f) {
        static const char *const hooks[] = { "pre-up", "post-up", "pre-down", "post-down" };

        if (p->format == WGP_FORMAT_KEYFILE || !streq_ptr(p->ifname, p->name))
                dump_text(f, "ifname", p->ifname);
        dump_secret(f, "private-key", &p->private_key);
        dump_number(f, "private-key-flags", p->private_key_flags, 0);
        if (p->has_listen_port && p->listen_service)
                fprintf(f, "listen-service %s\n", p->listen_service);
        else if (p->has_listen_port)
                fprintf(f, "listen-port %u\n", p->listen_port);
        if (p->has_fwmark)
                fprintf(f, "fwmark 0x%x\n", p->fwmark);
        dump_number(f, "mtu", p->mtu, 0);
        dump_table(f, &p->table);
        dump_flag(f, "save-config", p->save_config);
        dump_flag(f, "no-peer-routes", !p->peer_routes);
        for (size_t i = 0; i < p->n_hooks; i++)
                fprintf(f, "%s %s\n", hooks[p->hooks[i].type], p->hooks[i].command);
}

static void dump_family(FILE *f, const char *name, const WgpFamily *family) {
        static const char *const methods[] = {
                [WGP_METHOD_UNSET] = "unset",
                [WGP_METHOD_DISABLED] = "disabled",
                [WGP_METHOD_MANUAL] = "manual",
                [WGP_METHOD_IGNORE] = "ignore",
                [WGP_METHOD_LINK_LOCAL] = "link-local",
        };

        if (family->present)
                fprintf(f, "%s method %s\n", name, methods[family->method]);
        if (family->has_gateway)
                fprintf(f, "%s gateway %s\n", name, address_text(&family->gateway));
        if (family->never_default != WGP_UNSET)
                fprintf(f, "%s never-default %d\n", name, family->never_default);
        if (family->may_fail != WGP_UNSET)
                fprintf(f, "%s may-fail %d\n", name, family->may_fail);
        if (family->auto_default_route != WGP_UNSET)
                fprintf(f, "%s auto-default-route %d\n", name, family->auto_default_route);
        if (family->route_metric != -1)
                fprintf(f, "%s route-metric %lld\n", name, (long long) family->route_metric);
        if (family->route_table != 0)
                fprintf(f, "%s route-table %u\n", name, family->route_table);
        if (family->dns_priority != 0)
                fprintf(f, "%s dns-priority %d\n", name, family->dns_priority);
}

static void dump_dns(const WgpProfile *p, FILE *f) {
        for (size_t i = 0; i < p->n_dns_servers; i++) {
                const WgpDnsServer *s = p->dns_servers + i;

                fprintf(f, "dns %s", address_text(&s->address));
                if (s->scope)
                        fprintf(f, " scope %s", s->scope);
                if (s->port > 0)
                        fprintf(f, " port %u", s->port);
                if (s->tls)
                        fprintf(f, " tls");
                if (s->server_name)
                        fprintf(f, " name %s", s->server_name);
                fputc('\n', f);
        }
        for (size_t i = 0; i < p->n_dns_domains; i++)
                fprintf(f, "domain %s%s%s\n", p->dns_domains[i].route_only ? "~" : "", p->dns_domains[i].name,
                                p->dns_domains[i].family == AF_INET  ? " (ipv4)" :
                                p->dns_domains[i].family == AF_INET6 ? " (ipv6)" :
                                                                       "");
        dump_number(f, "mdns", p->mdns, -1);
        dump_number(f, "llmnr", p->llmnr, -1);
        dump_number(f, "dns-over-tls", p->dns_over_tls, -1);
        dump_number(f, "dnssec", p->dnssec, -1);
}

static void dump_network(const WgpProfile *p, FILE *f) {
        for (size_t i = 0; i < p->n_addresses; i++)
                fprintf(f, "address %s\n", prefix_text(&p->addresses[i].prefix));
        dump_family(f, "ipv4", &p->ipv4);
        dump_family(f, "ipv6", &p->ipv6);
        for (size_t i = 0; i < p->n_routes; i++)
                dump_route(f, p->routes + i);
        for (size_t i = 0; i < p->n_rules; i++)
                dump_rule(f, p->rules + i);
        dump_dns(p, f);
}

static void dump_endpoint(FILE *f, const char *label, const WgpEndpoint *e) {
        char text[WGP_SOCKADDR_TEXT_SIZE];

        if (e->address.family != AF_UNSPEC) {
                wgp_sockaddr_format(&e->address, text);
                fprintf(f, "  %s %s", label, text);
        } else if (e->host)
                fprintf(f, "  %s name %s port %u", label, e->host, e->port);
        else
                return;

        if (e->scope)
                fprintf(f, " scope %s", e->scope);
        if (e->service)
                fprintf(f, " service %s", e->service);
        fputc('\n', f);
}

static void dump_peer(FILE *f, const WgpPeer *peer) {
        static const char actions[] = {
                [WGP_PEER_IP_PLAIN] = ' ', [WGP_PEER_IP_ADD] = '+', [WGP_PEER_IP_REMOVE] = '-'
        };
        char key[WGP_KEY_TEXT_SIZE];

        wgp_key_format(peer->public_key, key);
        fprintf(f, "peer %s\n", key);
        dump_text(f, "  name", peer->name);
        dump_secret(f, "  preshared-key", &peer->preshared_key);
        dump_number(f, "  preshared-key-flags", peer->preshared_key_flags, 0);
        dump_endpoint(f, "endpoint", &peer->endpoint);
        for (size_t i = 0; i < peer->n_alternates; i++)
                dump_endpoint(f, "alternate", peer->alternates + i);
        dump_number(f, "  keepalive", peer->keepalive, 0);
        for (size_t i = 0; i < peer->n_allowed_ips; i++)
                fprintf(f, "  allowed %c%s\n", actions[peer->allowed_ips[i].action],
                                prefix_text(&peer->allowed_ips[i].prefix));
}

static void dump_connection(const WgpProfile *p, FILE *f) {
        dump_text(f, "id", p->id);
        dump_text(f, "uuid", p->uuid);
        dump_text(f, "zone", p->zone);
        dump_text(f, "controller", p->controller);
        dump_text(f, "port-type", p->port_type);
        dump_number(f, "keyfile-autoconnect", p->keyfile_autoconnect, WGP_UNSET);
        dump_flag(f, "permissions", p->has_permissions);
}

static void dump_wg_profile(const WgpProfile *p, FILE *f) {
        dump_number(f, "autoconnect", p->autoconnect, WGP_UNSET);
        dump_number(f, "hooks", p->hooks_allowed, WGP_UNSET);
        dump_number(f, "kill-switch", p->kill_switch, WGP_UNSET);
        dump_flag(f, "kill-switch-strict", p->kill_switch_strict);
        dump_number(f, "refresh-usec", (int64_t) p->refresh_usec, 0);
        dump_text(f, "netns", p->netns);
        dump_text(f, "vrf", p->vrf);
        dump_number(f, "route-metric", p->route_metric, -1);
        dump_number(f, "generate-key", p->generate_key, WGP_GENERATE_KEY_NO);
        dump_text(f, "private-key-file", p->private_key_file);
}

void profile_dump(const WgpProfile *p, FILE *f) {
        dump_connection(p, f);
        dump_device(p, f);
        dump_network(p, f);
        dump_wg_profile(p, f);
        for (size_t i = 0; i < p->n_peers; i++)
                dump_peer(f, p->peers + i);
}

void diagnostics_dump(const WgpDiagnostics *diagnostics, FILE *f) {
        for (size_t i = 0; i < diagnostics->n_items; i++) {
                _cleanup_(freep) char *text = wgp_diagnostic_format(diagnostics->items + i);

                fprintf(f, "%s\n", text ?: "out of memory");
        }
        if (diagnostics->n_left_out > 0)
                fprintf(f, "%zu more\n", diagnostics->n_left_out);
}

/* --- reading --- */

static int lookup_service(const char *name, uint16_t *ret) {
        if (streq(name, "domain"))
                *ret = 53;
        else if (streq(name, "ntp"))
                *ret = 123;
        else
                return -ENOENT;
        return 0;
}

static int lookup_table(const char *name, uint32_t *ret) {
        if (!streq(name, "vpn"))
                return -ENOENT;
        *ret = 200;
        return 0;
}

const WgpLookup test_lookup = { .service = lookup_service, .table = lookup_table };

static char *dump_to_string(const Reading *r) {
        char *text = NULL;
        size_t size = 0;
        FILE *f = open_memstream(&text, &size);

        if (!f)
                abort();
        profile_dump(r->profile, f);
        fclose(f);
        return text;
}

static char *problems_to_string(const Reading *r) {
        char *text = NULL;
        size_t size = 0;
        FILE *f = open_memstream(&text, &size);

        if (!f)
                abort();
        diagnostics_dump(&r->diagnostics, f);
        fclose(f);
        return text;
}

static char *places_to_string(const Reading *r) {
        char *text = NULL;
        size_t size = 0;
        FILE *f = open_memstream(&text, &size);

        if (!f)
                abort();
        for (size_t i = 0; i < r->diagnostics.n_items; i++)
                fprintf(f, "%s%c%u", i > 0 ? " " : "", "NWE"[r->diagnostics.items[i].severity],
                                r -> diagnostics.items[i].line);
        fclose(f);
        return text;
}

/* Reads "texts", the profile and its drop-ins, and judges them. */
Reading read_profile(const char *name, WgpFormat format, const char *const *texts, size_t n_texts) {
        Reading r = {};

        if (wgp_profile_new(name, format, &r.profile) < 0)
                abort();
        r.profile->keep_entries = true;
        for (size_t i = 0; i < n_texts; i++) {
                const size_t size = strlen(texts[i]);
                char *data = malloc(size + 1), path[32];

                if (!data)
                        abort();
                memcpy(data, texts[i], size + 1);
                snprintf(path, sizeof(path), i == 0 ? "profile" : "drop-in-%zu", i);
                if (wgp_profile_parse(r.profile, path, data, size, &test_lookup, &r.diagnostics) < 0)
                        abort();
                free(data);
        }
        if (wgp_profile_verify(r.profile, &test_lookup, &r.diagnostics) < 0)
                abort();

        r.dump = dump_to_string(&r);
        r.places = places_to_string(&r);
        r.problems = problems_to_string(&r);
        return r;
}

Reading read_one(WgpFormat format, const char *text) {
        return read_profile("wg0", format, &text, 1);
}

void reading_done(Reading *reading) {
        wgp_profile_free(reading->profile);
        wgp_diagnostics_done(&reading->diagnostics);
        free(reading->dump);
        free(reading->places);
        free(reading->problems);
        *reading = (Reading) {};
}
