/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Reads the values that both formats have: keys, ports, endpoints, prefixes. */

#include <arpa/inet.h>
#include <ctype.h>
#include <stdio.h>

#include "base/text.h"
#include "base/utf8.h"
#include "parse/parse-internal.h"

/* Replaces "*field" by a copy of "value"; an empty value leaves NULL. Returns 0, or -ENOMEM. */
int wgp_parse_string(char **field, const char *value) {
        char *copy = NULL;

        if (*value) {
                copy = strdup(value);
                if (!copy)
                        return -ENOMEM;
        }
        free(*field);
        *field = copy;
        return 0;
}

/* The characters that systemd takes in a credential's name: those of a file name. */
static bool is_credential_name(const char *name) {
        size_t n = strlen(name);

        if (n == 0 || n > 255 || streq(name, ".") || streq(name, ".."))
                return false;
        for (size_t i = 0; i < n; i++)
                if (!isgraph((unsigned char) name[i]) || strchr("/:", name[i]))
                        return false;
        return true;
}

/* Parser of keys: a text. "field" is a char *. */
int wgp_parse_text(WgpParse *p, char *value, void *field) {
        return wgp_parse_string(field, value);
}

/* Parser of keys: a zone of firewalld. An empty one is the default zone, and not none. "field" is a char *. */
int wgp_parse_zone(WgpParse *p, char *value, void *field) {
        char **zone = field;

        if (!wgp_utf8_is_valid(value))
                return wgp_parse_error(p, "Not a valid name of a zone: expected UTF-8.");
        free(*zone);
        *zone = strdup(value);
        return *zone ? 0 : -ENOMEM;
}

/* Parser of keys: a private or preshared key as base64, "@NAME" for a credential, empty or all zero for none. "field"
 * is a WgpSecret. GLib, which reads keyfiles for NetworkManager, takes white space anywhere in the base64. */
int wgp_parse_secret(WgpParse *p, char *value, void *field) {
        const WgpKeyStyle style = p->profile->format == WGP_FORMAT_KEYFILE ? WGP_KEY_WITH_BLANKS : WGP_KEY_CANONICAL;
        WgpSecret *secret = field, s = { .origin = parse_origin(p) };

        if (*value == '@') {
                if (!is_credential_name(value + 1))
                        return wgp_parse_error(p,
                                        "'@' is not followed by a valid credential name: expected up to 255 printable "
                                        "characters without blanks, '/' and ':'.");
                s.source = WGP_SECRET_CREDENTIAL;
                s.name = strdup(value + 1);
                if (!s.name)
                        return -ENOMEM;
        } else if (*value) {
                if (wgp_key_parse(value, style, s.value) < 0)
                        return wgp_parse_error(p,
                                        "Not a valid key: expected 44 characters of base64, or @ and the name of a credential.");
                p->profile->files[p->file].has_secret = true;
                s.source = wgp_key_is_zero(s.value) ? WGP_SECRET_NONE : WGP_SECRET_VALUE;
        }

        if (p->in_peer)
                parse_peer(p)->set |= WGP_PEER_PRESHARED_KEY;
        wgp_secret_done(secret);
        *secret = s;
        explicit_bzero(&s, sizeof(s));
        return 0;
}

static bool looks_like_service(const char *s) {
        bool letter = false;

        for (; *s; s++) {
                letter = letter || isalpha((unsigned char) *s);
                if (!isalnum((unsigned char) *s) && !strchr("-_+.", *s))
                        return false;
        }
        return letter;
}

/* A UDP port: a number, or as getaddrinfo(3) and so wg(8) have it "+" and a number, or the name of a service. A number
 * beyond 65535 is an error, where those take it modulo 65536. "*ret_service" is set when there is no look-up. */
int wgp_parse_port_number(WgpParse *p, const char *value, bool as_wg, uint16_t *ret_port, char **ret_service) {
        _cleanup_(wgp_wipe_textp) char *service = NULL;
        uint64_t number = 0;
        uint16_t port = 0;
        int r;

        r = wgp_parse_decimal(as_wg && *value == '+' ? value + 1 : value, UINT16_MAX, &number);
        if (r >= 0)
                port = (uint16_t) number;
        else if (r == -ERANGE || !as_wg || *value == '+' || !looks_like_service(value))
                return wgp_parse_error(p, "'%s' is not a valid port: expected 0 to 65535%s.", value,
                                as_wg ? ", or the name of a UDP service" : "");
        else if (p->lookup->service) {
                if (p->lookup->service(value, &port) < 0)
                        return wgp_parse_error(p,
                                        "'%s' is not a valid port: expected 0 to 65535, or the name of a UDP service of this system.",
                                        value);
        } else {
                service = strdup(value);
                if (!service)
                        return -ENOMEM;
        }

        *ret_port = port;
        *ret_service = TAKE_PTR(service);
        return 0;
}

/* Reads the name of a routing table. "*ret_name" is set when there is no look-up. */
int wgp_parse_table_name(WgpParse *p, const char *value, uint32_t *ret_table, char **ret_name) {
        static const struct {
                const char *name;
                uint32_t number;
        } builtin[] = { { "default", 253 }, { "main", 254 }, { "local", 255 } };

        for (size_t i = 0; i < WGP_ARRAY_SIZE(builtin); i++)
                if (streq(value, builtin[i].name)) {
                        *ret_table = builtin[i].number;
                        return 0;
                }

        if (!p->lookup->table) {
                *ret_name = strdup(value);
                return *ret_name ? 0 : -ENOMEM;
        }
        if (p->lookup->table(value, ret_table) < 0)
                return wgp_parse_error(p, WGP_NOT_A_TABLE, value);
        return 0;
}

/* Parser of keys. "field" is a uint32_t. */
int wgp_parse_mtu(WgpParse *p, char *value, void *field) {
        enum {
                MTU_MIN = 68, /* RFC 791: what every link must carry */
                MTU_MAX = 65535,
        };
        uint64_t mtu = 0;

        if (*value && strcasecmp(value, "auto") != 0 &&
                        (wgp_parse_base0(value, MTU_MAX, &mtu) < 0 || (mtu > 0 && mtu < MTU_MIN)))
                return wgp_parse_error(p, "'%s' is not a valid MTU: expected %d to %d bytes, or auto.", value, MTU_MIN,
                                MTU_MAX);

        *(uint32_t *) field = (uint32_t) mtu;
        return 0;
}

/* A host's or a domain's name: letters, digits, "-" and "_" in labels, a dot at the end at most. */
bool wgp_parse_is_host_name(const char *s) {
        size_t n = strlen(s), label = 0;

        if (n == 0 || n > 253 + 1 || *s == '.' || *s == '-')
                return false;
        for (; *s; s++) {
                label = *s == '.' ? 0 : label + 1;
                if ((!isalnum((unsigned char) *s) && !strchr("-_.", *s)) || label > 63 || (*s == '.' && s[1] == '.'))
                        return false;
        }
        return true;
}

/* "fe80::1%eth0": a number becomes the scope's id, a name waits for the edge that may ask the kernel. */
static int parse_scope(WgpParse *p, const char *scope, WgpEndpoint *e) {
        uint64_t id;

        if (wgp_parse_decimal(scope, UINT32_MAX, &id) >= 0) {
                e->address.in6.sin6_scope_id = (uint32_t) id;
                return 0;
        }
        if (!IN6_IS_ADDR_LINKLOCAL(&e->address.in6.sin6_addr))
                return wgp_parse_error(p,
                                "'%%%s' does not fit this address: only a link-local one (fe80::/10) names its interface.",
                                scope);
        if (!wgp_ifname_is_valid(scope))
                return wgp_parse_error(p,
                                "'%s' is not a valid interface name: expected up to 15 bytes without blanks, '/', ':' and '%%'.",
                                scope);
        return wgp_parse_string(&e->scope, scope);
}

static bool parse_host_address(const char *host, WgpPrefix *ret) {
        struct in_addr in;

        if (wgp_address_parse(host, ret) >= 0)
                return true;
        /* the old forms that getaddrinfo(3) also takes: "127.1", "0x7f.1", "2130706433"; inet_aton(3) alone would
         * take anything behind white space */
        if (host[strcspn(host, " \t\r\v\f")] || !inet_aton(host, &in))
                return false;
        *ret = (WgpPrefix) { .family = AF_INET, .length = 32, .in = in };
        return true;
}

static int parse_host(WgpParse *p, char *host, WgpEndpoint *e) {
        char *scope = strchr(host, '%');
        WgpPrefix address;

        if (scope)
                *scope++ = 0;

        if (parse_host_address(host, &address)) {
                wgp_sockaddr_from_prefix(&address, e->port, &e->address);
                if (!scope)
                        return 0;
                if (address.family == AF_INET6)
                        return parse_scope(p, scope, e);
        } else if (!wgp_parse_is_host_name(host) || host[strspn(host, "0123456789.")] == 0)
                return wgp_parse_error(p,
                                "'%s' is not a valid host: expected an IP address, or a name of letters, digits, '-', '_' and dots.",
                                host);

        return scope ? wgp_parse_error(p, "'%%%s' does not fit this address: only an IPv6 one names its interface.",
                                       scope) :
                       wgp_parse_string(&e->host, host);
}

/* "HOST:PORT" or "[HOST]:PORT", split at the last colon: an IPv6 address without brackets also works. */
int wgp_parse_endpoint(WgpParse *p, char *value, bool as_wg, WgpEndpoint *endpoint) {
        WgpEndpoint e = { .origin = parse_origin(p) };
        char *host = value, *port = strrchr(value, ':'), *close;
        int r;

        if (!port || port == value)
                return wgp_parse_error(p, "'%s' is not a valid endpoint: expected HOST:PORT.", value);
        *port++ = 0;

        if (*host == '[') {
                close = strchr(++host, ']');
                if (!close || close[1])
                        return wgp_parse_error(p, "Not a valid endpoint: expected [ADDRESS]:PORT.");
                *close = 0;
        }

        r = wgp_parse_port_number(p, port, as_wg, &e.port, &e.service);
        if (r >= 0)
                r = parse_host(p, host, &e);
        if (r < 0) {
                wgp_endpoint_done(&e);
                return r;
        }
        *endpoint = e;
        return 0;
}

/* Says why "s" is not ADDRESS[/LENGTH]; "is_address": the part before the "/" is an address. */
int wgp_parse_refuse_prefix(WgpParse *p, const char *s, bool is_address) {
        const char *slash = strchr(s, '/');

        if (is_address && slash)
                return wgp_parse_error(p, "'%s' does not have a valid prefix length: expected 0 to %u behind the '/'.",
                                s, wgp_family_bits(strchr(s, ':') ? AF_INET6 : AF_INET));
        return wgp_parse_error(p, "'%s' is not a valid IP address: expected ADDRESS/LENGTH.", s);
}

/* Reads ADDRESS[/LENGTH], with a report where it is none. */
int wgp_parse_prefix(WgpParse *p, const char *s, WgpPrefix *ret) {
        char address[INET6_ADDRSTRLEN];
        const size_t n = strcspn(s, "/");
        WgpPrefix ignored;

        if (wgp_prefix_parse(s, ret, NULL) >= 0)
                return 0;
        if (n < sizeof(address))
                *(char *) mempcpy(address, s, n) = 0;
        return wgp_parse_refuse_prefix(p, s, n < sizeof(address) && wgp_address_parse(address, &ignored) >= 0);
}

/* Clears the host bits of a destination, with a warning when there were any. Returns 0, or -ENOMEM. */
int wgp_parse_mask_prefix(WgpParse *p, WgpPrefix *prefix) {
        char written[WGP_PREFIX_TEXT_SIZE], masked[WGP_PREFIX_TEXT_SIZE];
        WgpPrefix before = *prefix;

        if (!wgp_prefix_mask(prefix))
                return 0;
        wgp_prefix_format(&before, written);
        wgp_prefix_format(prefix, masked);
        return wgp_parse_warning(p, "%s has host bits set: read as %s.", written, masked);
}

/* Adds one allowed-ip. Returns 0, or -ENOMEM. */
int wgp_parse_add_allowed_ip(WgpParse *p, WgpPeer *peer, WgpPeerIp *ip) {
        int r;

        r = wgp_parse_mask_prefix(p, &ip->prefix);
        if (r < 0)
                return r;

        if (!wgp_grow(&peer->allowed_ips, &peer->n_allocated, peer->n_allowed_ips + 1, sizeof(*ip)))
                return -ENOMEM;
        peer->allowed_ips[peer->n_allowed_ips++] = *ip;
        return 0;
}
