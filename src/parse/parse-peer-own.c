/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Our own keys in a peer's section, the same in both formats: wg-profile(5). They are read in drop-ins only, since
 * wg(8) would refuse the file. */

#include "base/utf8.h"
#include "parse/parse-internal.h"

enum {
        NAME_MAX_SIZE = 64,  /* bytes: one column of a table */
        ALTERNATES_MAX = 16, /* each that does not answer takes 7 s of a round through all */
};

/* Text that fits a line of output. A public key in this place would be taken for another peer. */
static bool is_peer_name(const char *name) {
        uint8_t key[WGP_KEY_SIZE];

        return strlen(name) <= NAME_MAX_SIZE && wgp_utf8_is_printable(name) &&
               wgp_key_parse(name, WGP_KEY_CANONICAL, key) < 0;
}

int wgp_parse_peer_name(WgpParse *p, char *value, void *field) {
        WgpPeer *peer = parse_peer(p);

        if (!is_peer_name(value))
                return wgp_parse_error(p,
                                "Not a valid name: expected up to %d bytes of UTF-8 text without control characters, which "
                                "are not a key.",
                                NAME_MAX_SIZE);

        peer->set |= WGP_PEER_NAME;
        return wgp_parse_string(field, value);
}

static int add_alternate(WgpParse *p, WgpPeer *peer, char *item) {
        WgpEndpoint endpoint = {};
        int r;

        if (peer->n_alternates >= ALTERNATES_MAX)
                return wgp_parse_error(p, "More than %d alternate endpoints.", ALTERNATES_MAX);
        r = wgp_parse_endpoint(p, item, /* as_wg= */ false, &endpoint);
        if (r < 0)
                return r;
        if (endpoint.port == 0) {
                wgp_endpoint_done(&endpoint);
                return wgp_parse_error(p, "Port 0 is not a valid port of an endpoint: expected 1 to 65535.");
        }
        if (!wgp_grow(&peer->alternates, &peer->n_alternates_allocated, peer->n_alternates + 1, sizeof(endpoint))) {
                wgp_endpoint_done(&endpoint);
                return -ENOMEM;
        }
        peer->alternates[peer->n_alternates++] = endpoint;
        return 0;
}

/* Several lines add up, those of earlier drop-ins too; an empty value drops what was there. */
int wgp_parse_alternate_endpoints(WgpParse *p, char *value, void *field) {
        WgpPeer *peer = parse_peer(p);
        int r = 0;

        peer->set |= WGP_PEER_ALTERNATES;
        if (!*value) {
                peer->reset |= WGP_PEER_ALTERNATES;
                wgp_peer_reset_alternates(peer);
        }
        for (char *save = NULL, *item = strtok_r(value, ", \t", &save); item; item = strtok_r(NULL, ", \t", &save)) {
                int k = add_alternate(p, peer, item);

                if (k == -ENOMEM)
                        return k;
                r = k < 0 ? k : r;
        }
        return r;
}
