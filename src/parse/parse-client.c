/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What a server's [WgProfile] says of its clients: "wg-profile peer add" tells it to them, and the tunnel itself does
 * not depend on it. */

#include <stdio.h>

#include "parse/parse-internal.h"

/* An address, or a name, that no port follows. */
static bool lacks_port(const char *value) {
        WgpPrefix address;
        size_t n = strlen(value);

        return !strchr(value, ':') || wgp_address_parse(value, &address) >= 0 ||
               (*value == '[' && n > 0 && value[n - 1] == ']');
}

/* HOST[:PORT]; without a port it is the listen port of the server, and port 0 here. */
int wgp_parse_client_endpoint(WgpParse *p, char *value, void *field) {
        _cleanup_(freep) char *full = NULL;
        WgpEndpoint endpoint = {};
        int r;

        if (!*value) {
                wgp_endpoint_done(&p->profile->client_endpoint);
                return 0;
        }
        if (lacks_port(value)) {
                if (asprintf(&full, "%s:1", value) < 0) {
                        full = NULL;
                        return -ENOMEM;
                }
        }
        r = wgp_parse_endpoint(p, full ?: value, /* as_wg= */ false, &endpoint);
        if (r < 0)
                return r;
        if (full) {
                endpoint.port = 0;
                wgp_sockaddr_set_port(&endpoint.address, 0);
        } else if (endpoint.port == 0) {
                wgp_endpoint_done(&endpoint);
                return wgp_parse_error(p, "Port 0 is not a valid port of an endpoint: expected 1 to 65535.");
        }
        wgp_endpoint_done(&p->profile->client_endpoint);
        p->profile->client_endpoint = endpoint;
        return 0;
}

static int add_allowed_ip(WgpParse *p, const char *item) {
        WgpProfile *profile = p->profile;
        WgpPrefix prefix;
        int r;

        r = wgp_parse_prefix(p, item, &prefix);
        if (r < 0)
                return r;
        wgp_prefix_mask(&prefix);
        if (!wgp_grow(&profile->client_allowed_ips, &profile->n_client_allowed_ips_allocated,
                            profile->n_client_allowed_ips + 1, sizeof(prefix)))
                return -ENOMEM;
        profile->client_allowed_ips[profile->n_client_allowed_ips++] = prefix;
        return 0;
}

/* Several lines add up; an empty value drops what was there. */
int wgp_parse_client_allowed_ips(WgpParse *p, char *value, void *field) {
        int r = 0;

        if (!*value)
                p->profile->n_client_allowed_ips = 0;
        for (char *save = NULL, *item = strtok_r(value, ", \t", &save); item; item = strtok_r(NULL, ", \t", &save)) {
                int k = add_allowed_ip(p, item);

                if (k == -ENOMEM)
                        return k;
                r = k < 0 ? k : r;
        }
        return r;
}

static int add_dns(WgpParse *p, const char *item) {
        char **list = &p->profile->client_dns, *joined;
        WgpPrefix address;

        if (wgp_address_parse(item, &address) < 0 && !wgp_parse_is_host_name(item))
                return wgp_parse_error(p,
                                "'%s' is not a valid name server or domain: expected an IP address, or letters, digits, '-', '_' and dots.",
                                item);
        if (asprintf(&joined, "%s%s%s", *list ?: "", *list ? ", " : "", item) < 0)
                return -ENOMEM;
        free(*list);
        *list = joined;
        return 0;
}

/* Name servers and search domains, as DNS= of a wg-quick profile has them. Several lines add up; an empty value drops
 * what was there. */
int wgp_parse_client_dns(WgpParse *p, char *value, void *field) {
        int r = 0;

        if (!*value)
                return wgp_parse_string(&p->profile->client_dns, value);
        for (char *save = NULL, *item = strtok_r(value, ", \t", &save); item; item = strtok_r(NULL, ", \t", &save)) {
                int k = add_dns(p, item);

                if (k == -ENOMEM)
                        return k;
                r = k < 0 ? k : r;
        }
        return r;
}
