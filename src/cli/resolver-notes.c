/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Resolver notes. resolver/status.h has the format. */

#include "cli/resolver-notes.h"

#include <fcntl.h>
#include <stdio.h>
#include <unistd.h>

#include "model/prefix.h"
#include "model/value.h"
#include "system/json-text.h"
#include "system/root-path.h"

static int copy_text(const json_t *o, const char *key, char **ret) {
        free(*ret);
        *ret = NULL;
        return wgp_json_get_bytes(o, key, ret);
}

static int read_addresses(const json_t *array, WgpEndpointStatus *endpoint) {
        const json_t *value;
        size_t i;

        endpoint->addresses = calloc(json_array_size(array) + 1, sizeof(*endpoint->addresses));
        if (!endpoint->addresses)
                return -ENOMEM;
        json_array_foreach(array, i, value) {
                if (!json_is_string(value))
                        return -EBADMSG;
                endpoint->addresses[endpoint->n_addresses] = strdup(json_string_value(value));
                if (!endpoint->addresses[endpoint->n_addresses])
                        return -ENOMEM;
                endpoint->n_addresses++;
        }
        return 0;
}

/* What is asked for has been asked, or will be. */
static int read_endpoint(const json_t *o, WgpEndpointStatus *endpoint) {
        const json_t *ttl = json_object_get(o, "ttl");
        WgpPrefix address;
        int r;

        *endpoint = (WgpEndpointStatus) {
                .port = (uint16_t) json_integer_value(json_object_get(o, "port")),
                .answered_usec = (uint64_t) json_integer_value(json_object_get(o, "answered")),
                .asked_usec = (uint64_t) json_integer_value(json_object_get(o, "asked")),
                .next_usec = (uint64_t) json_integer_value(json_object_get(o, "next")),
                .ttl_sec = ttl ? json_integer_value(ttl) : -1,
        };
        r = wgp_json_bytes_parse(json_object_get(o, "host"), &endpoint->host);
        if (r >= 0)
                r = copy_text(o, "failure", &endpoint->failure);
        if (r >= 0)
                r = read_addresses(json_object_get(o, "addresses"), endpoint);
        endpoint->is_name = r >= 0 && wgp_address_parse(endpoint->host, &address) < 0;
        return r;
}

static int read_endpoints(const json_t *o, WgpPeerStatus *peer) {
        const json_t *more = json_object_get(o, "endpoints"), *value;
        size_t i;

        peer->endpoints = calloc(json_array_size(more) + 1, sizeof(*peer->endpoints));
        if (!peer->endpoints)
                return -ENOMEM;
        if (!more)
                return read_endpoint(o, peer->endpoints + peer->n_endpoints++);
        json_array_foreach(more, i, value) {
                int r = read_endpoint(value, peer->endpoints + peer->n_endpoints++);

                if (r < 0)
                        return r;
        }
        return 0;
}

static int read_peer(const json_t *o, WgpPeerStatus *peer) {
        int r;

        peer->since_usec = (uint64_t) json_integer_value(json_object_get(o, "since"));
        r = copy_text(o, "health", &peer->health);
        if (r >= 0)
                r = copy_text(o, "why", &peer->why);
        return r < 0 || peer->endpoints ? r : read_endpoints(o, peer);
}

/* Takes what concerns the tunnel; notes about a name that the peer no longer has are left out. Returns 0, -EBADMSG or
 * -ENOMEM. */
int wgp_resolver_notes_take(const json_t *notes, WgpTunnelStatus *tunnel) {
        json_t *value;
        const char *key;

        if (json_integer_value(json_object_get(notes, "version")) != 1)
                return -EBADMSG;
        json_object_foreach(json_object_get(notes, "endpoints"), key, value) {
                _cleanup_(freep) char *host = NULL;
                uint8_t public_key[WGP_KEY_SIZE];
                WgpPeerStatus *peer;
                int r;

                if (wgp_json_bytes_parse(json_object_get(value, "host"), &host) < 0 ||
                                wgp_key_parse(key, WGP_KEY_CANONICAL, public_key) < 0)
                        continue;
                peer = wgp_tunnel_find_peer(tunnel, public_key);
                if (!peer || (peer->host ? !streq(peer->host, host) : !peer->configured))
                        continue;
                r = read_peer(value, peer);
                if (r < 0)
                        return r;
        }
        return 0;
}

/* Returns 0, also when there are no notes, or a negative errno. */
int wgp_resolver_notes_read(int directory, WgpTunnelStatus *tunnel) {
        _cleanup_(freep) char *file = NULL;
        _cleanup_(wgp_closep) int fd = -EBADF;
        _cleanup_(json_decrefp) json_t *notes = NULL;

        if (asprintf(&file, "%s.resolver.json", tunnel->name) < 0) {
                file = NULL;
                return -ENOMEM;
        }
        fd = openat(directory, file, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);
        if (fd < 0)
                return errno == ENOENT ? 0 : -errno;
        notes = json_loadfd(fd, JSON_REJECT_DUPLICATES, NULL);
        return notes ? wgp_resolver_notes_take(notes, tunnel) : -EBADMSG;
}
