/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Writes and reads DNS settings in a record. Pure. */

#include "model/dns.h"
#include "model/prefix.h"
#include "system/json-text.h"
#include "system/state-internal.h"

static const char *const setting_names[_WGP_DNS_SETTING_N] = {
        [WGP_DNS_LLMNR] = "llmnr",
        [WGP_DNS_MULTICAST] = "mdns",
        [WGP_DNS_OVER_TLS] = "dns-over-tls",
        [WGP_DNS_DNSSEC] = "dnssec",
};

static json_t *format_servers(const WgpDns *dns) {
        _cleanup_(json_decrefp) json_t *array = json_array();
        char address[INET6_ADDRSTRLEN];

        for (size_t i = 0; array && i < dns->n_servers; i++) {
                const WgpDnsServer *server = dns->servers + i;
                json_t *o;

                wgp_address_format(&server->address, address);
                o = json_pack("{s:s, s:i}", "address", address, "port", (int) server->port);
                if (json_array_append_new(array, o) < 0 || wgp_json_set_bytes(o, "name", server->server_name) < 0 ||
                                wgp_json_set_bytes(o, "scope", server->scope) < 0)
                        return NULL;
        }
        return TAKE_PTR(array);
}

static json_t *format_domains(const WgpDns *dns) {
        _cleanup_(json_decrefp) json_t *array = json_array();

        for (size_t i = 0; array && i < dns->n_domains; i++)
                if (json_array_append_new(array, json_pack("{s:o, s:b}", "name", wgp_json_bytes(dns->domains[i].name),
                                                                 "route-only", (int) dns->domains[i].route_only)) < 0)
                        return NULL;
        return TAKE_PTR(array);
}

/* Returns NULL when memory ran out. */
json_t *wgp_state_format_dns(const WgpDns *dns) {
        _cleanup_(json_decrefp) json_t *o = NULL;

        o = json_pack("{s:o, s:o, s:b}", "servers", format_servers(dns), "domains", format_domains(dns),
                        "default-route", (int) dns->default_route);
        if (!o || wgp_json_set_bytes(o, "resolvconf", dns->resolvconf) < 0)
                return NULL;
        for (size_t i = 0; i < _WGP_DNS_SETTING_N; i++)
                if (dns->settings[i] != WGP_DNS_DEFAULT &&
                                json_object_set_new(o, setting_names[i], json_integer(dns->settings[i])) < 0)
                        return NULL;
        return TAKE_PTR(o);
}

static int parse_server(const json_t *value, WgpDns *dns) {
        const char *address = json_string_value(json_object_get(value, "address"));
        const json_int_t port = json_integer_value(json_object_get(value, "port"));
        _cleanup_(freep) char *name = NULL, *scope = NULL;
        WgpDnsServer server = { .port = (uint16_t) port };
        int r;

        if (!address || wgp_address_parse(address, &server.address) < 0 || port < 0 || port > UINT16_MAX)
                return -EBADMSG;
        r = wgp_json_get_bytes(value, "name", &name);
        if (r >= 0)
                r = wgp_json_get_bytes(value, "scope", &scope);
        if (r < 0)
                return r;
        server.server_name = name;
        server.scope = scope;
        return wgp_dns_add_server(dns, &server) ? 0 : -ENOMEM;
}

static int parse_domain(const json_t *value, WgpDns *dns) {
        _cleanup_(freep) char *name = NULL;
        int r;

        r = wgp_json_bytes_parse(json_object_get(value, "name"), &name);
        if (r < 0)
                return r;
        return wgp_dns_add_domain(dns, name, json_is_true(json_object_get(value, "route-only"))) ? 0 : -ENOMEM;
}

static int parse_list(json_t *array, int (*parse)(const json_t *, WgpDns *), WgpDns *dns) {
        json_t *value;
        size_t i;
        int r = json_is_array(array) ? 0 : -EBADMSG;

        json_array_foreach(array, i, value) if (r >= 0) r = parse(value, dns);
        return r;
}

/* "o" is NULL in the record of a tunnel that has none. "dns" is empty, and for wgp_dns_done() in any case. Returns 0,
 * -ENOMEM, or -EBADMSG. */
int wgp_state_parse_dns(const json_t *o, WgpDns *dns) {
        int r;

        if (!o)
                return 0;
        dns->default_route = json_is_true(json_object_get(o, "default-route"));
        for (size_t i = 0; i < _WGP_DNS_SETTING_N; i++) {
                json_int_t n = json_integer_value(json_object_get(o, setting_names[i]));

                if (n < 0 || n >= _WGP_DNS_VALUE_N)
                        return -EBADMSG;
                dns->settings[i] = (uint8_t) n;
        }

        r = parse_list(json_object_get(o, "servers"), parse_server, dns);
        if (r >= 0)
                r = parse_list(json_object_get(o, "domains"), parse_domain, dns);
        return r < 0 ? r : wgp_json_get_bytes(o, "resolvconf", &dns->resolvconf);
}
