/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Our own keys in a peer's section, the same in both formats: wg-profile(5). They are read in drop-ins only, since wg(8)
 * would refuse the file. */

#include "core/parse.h"
#include "core/utf8.h"

enum {
        NAME_MAX_SIZE = 64, /* bytes: one column of a table */
};

/* Text that fits a line of output. A public key in this place would be taken for another peer. */
static bool is_peer_name(const char *name) {
        uint8_t key[WGP_KEY_SIZE];

        return strlen(name) <= NAME_MAX_SIZE && wgp_utf8_is_printable(name) &&
                        wgp_key_parse(name, WGP_KEY_CANONICAL, key) < 0;
}

int wgp_parse_peer_name(WgpParse *p, char *value) {
        WgpPeer *peer = parse_peer(p);

        if (!is_peer_name(value))
                return parse_error(p, "Not a valid name: expected up to %d bytes of UTF-8 text without control characters, which "
                                      "are not a key.", NAME_MAX_SIZE);

        peer->set |= WGP_PEER_NAME;
        return wgp_parse_string(&peer->name, value);
}
