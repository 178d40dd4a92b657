/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Keeps where peers last answered in the state directory, for the next boot. */

#include "resolver/last-good.h"

#include <stdio.h>

#include "model/prefix.h"
#include "model/value.h"
#include "system/json-text.h"
#include "system/whole-file.h"

enum {
        SIZE_MAX_READ = 64 << 20, /* bytes; ten thousand peers take 2 MB */
};

/* A peer with one endpoint that is an address has it from the profile. */
static bool is_worth_keeping(const WgpEndpointPeer *peer) {
        return peer->remote.moves.good.family != AF_UNSPEC &&
               (peer->n_endpoints > 1 || !peer->endpoints[0]->answers.constant);
}

static json_t *format_peer(const WgpEndpointPeer *peer) {
        const WgpSockaddr *good = &peer->remote.moves.good;
        const WgpTarget *target = wgp_remote_find(&peer->remote, good);
        const WgpEndpointName *e =
                        peer->endpoints[target && target->endpoint < peer->n_endpoints ? target->endpoint : 0];
        char address[WGP_SOCKADDR_TEXT_SIZE];

        wgp_sockaddr_format(good, address);
        return json_pack(
                        "{s:o, s:i, s:s}", "host", wgp_json_bytes(e->host), "port", (int) e->port, "address", address);
}

/* Makes the text, to be freed by the caller. Returns 0 or -ENOMEM. */
int wgp_last_good_format(const WgpTunnel *tunnel, char **ret) {
        _cleanup_(json_decrefp) json_t *peers = json_object(), *o = NULL;

        for (size_t i = 0; peers && i < tunnel->n_peers; i++) {
                char key[WGP_KEY_TEXT_SIZE];

                if (!is_worth_keeping(tunnel->peers[i]))
                        continue;
                wgp_key_format(tunnel->peers[i]->public_key, key);
                if (json_object_set_new_nocheck(peers, key, format_peer(tunnel->peers[i])) < 0)
                        return -ENOMEM;
        }
        o = json_pack("{s:i, s:o, s:O}", "version", 1, "name", wgp_json_bytes(tunnel->name), "peers", peers);
        if (!o)
                return -ENOMEM;
        *ret = json_dumps(o, JSON_INDENT(1));
        return *ret ? 0 : -ENOMEM;
}

/* NULL: the peer does not have that endpoint any more. */
static WgpEndpointName *find_endpoint(const WgpEndpointPeer *peer, const json_t *value) {
        const json_t *port = json_object_get(value, "port");
        _cleanup_(freep) char *host = NULL;

        if (wgp_json_bytes_parse(json_object_get(value, "host"), &host) < 0 || !json_is_integer(port))
                return NULL;
        for (size_t i = 0; i < peer->n_endpoints; i++)
                if (streq(peer->endpoints[i]->host, host) && peer->endpoints[i]->port == json_integer_value(port))
                        return peer->endpoints[i];
        return NULL;
}

/* Takes from a text where peers last answered. Returns 0, -EBADMSG or -ENOMEM. */
int wgp_last_good_restore(WgpTunnel *tunnel, const char *text, size_t size) {
        _cleanup_(json_decrefp) json_t *o = json_loadb(text, size, JSON_REJECT_DUPLICATES, NULL);
        _cleanup_(freep) char *name = NULL;
        const char *key;
        json_t *value;

        if (wgp_json_bytes_parse(json_object_get(o, "name"), &name) < 0 || !streq(name, tunnel->name) ||
                        json_integer_value(json_object_get(o, "version")) != 1)
                return -EBADMSG;

        json_object_foreach(json_object_get(o, "peers"), key, value) {
                const char *address = json_string_value(json_object_get(value, "address"));
                uint8_t public_key[WGP_KEY_SIZE];
                WgpEndpointPeer *peer;
                WgpEndpointName *e;
                WgpSockaddr good;
                int r;

                if (wgp_key_parse(key, WGP_KEY_CANONICAL, public_key) < 0 || !address ||
                                wgp_sockaddr_parse(address, &good) < 0)
                        continue;
                peer = wgp_tunnel_find(tunnel, public_key);
                e = peer ? find_endpoint(peer, value) : NULL;
                if (!e)
                        continue;
                r = wgp_remote_restore_good(&peer->remote, &good);
                if (r >= 0)
                        r = wgp_answers_expect(&e->answers, &good);
                if (r < 0)
                        return r;
        }
        return 0;
}

/* --- files --- */

static char *file_name(const char *name) {
        char *s;

        return asprintf(&s, "%s.endpoints.json", name) < 0 ? NULL : s;
}

/* Whether there is anything to write down. */
bool wgp_last_good_has_changed(const WgpTunnel *tunnel) {
        for (size_t i = 0; i < tunnel->n_peers; i++)
                if (tunnel->peers[i]->remote.moves.good_changed && is_worth_keeping(tunnel->peers[i]))
                        return true;
        return false;
}

/* Writes down where the peers last answered: the file is replaced, with mode 0600. Returns 0 or a negative errno. */
int wgp_last_good_write(int directory, WgpTunnel *tunnel) {
        _cleanup_(freep) char *file = file_name(tunnel->name), *text = NULL;
        int r;

        if (!file)
                return -ENOMEM;
        r = wgp_last_good_format(tunnel, &text);
        if (r >= 0)
                r = wgp_write_file(directory, file, text);
        for (size_t i = 0; i < tunnel->n_peers; i++) /* also when it fails: the next change is the next try */
                tunnel->peers[i]->remote.moves.good_changed = false;
        return r;
}

/* Takes over what was written down. Returns 0, also when nothing was, or a negative errno. */
int wgp_last_good_read(int directory, WgpTunnel *tunnel) {
        _cleanup_(freep) char *file = file_name(tunnel->name), *text = NULL;
        size_t size = 0;
        int r;

        if (!file)
                return -ENOMEM;
        r = wgp_read_file(directory, file, SIZE_MAX_READ, &text, &size);
        return r == -ENOENT ? 0 : r < 0 ? r : wgp_last_good_restore(tunnel, text, size);
}
