/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Status as JSON, and back as far as it is needed again. Pure. */

#include "resolver/status.h"

#include "model/prefix.h"
#include "model/value.h"
#include "system/json-text.h"
#include "system/state.h"

static json_t *format_address(const WgpSockaddr *address) {
        char text[WGP_SOCKADDR_TEXT_SIZE];

        if (address->family == AF_UNSPEC)
                return NULL;
        wgp_sockaddr_format(address, text);
        return json_string(text);
}

static json_t *format_addresses(const WgpAnswers *answers) {
        json_t *addresses = json_array();

        for (size_t i = 0; addresses && i < answers->n_listings; i++)
                if (answers->listings[i].listed)
                        (void) json_array_append_new(addresses, format_address(&answers->listings[i].address));
        return addresses;
}

static json_t *format_time(uint64_t usec) {
        return usec > 0 ? json_integer((json_int_t) usec) : NULL;
}

/* What there is to know of one endpoint. "o*" and "s*" leave NULL out. */
static json_t *format_endpoint(const WgpEndpointName *e) {
        const WgpName *name = e->name;
        json_t *addresses = format_addresses(&e->answers);

        if (!name)
                return json_pack("{s:o, s:i, s:o}", "host", wgp_json_bytes(e->host), "port", (int) e->port,
                                "addresses", addresses);
        return json_pack("{s:o, s:i, s:o, s:o*, s:o*, s:o*, s:o*, s:o*}", "host", wgp_json_bytes(e->host), "port",
                        (int) e->port, "addresses", addresses, "failure", wgp_json_bytes(name->failure), "answered",
                        format_time(name->answered_usec), "asked", format_time(name->asked_usec), "ttl",
                        name->ttl_usec == WGP_TTL_UNKNOWN ? NULL :
                                                            json_integer((json_int_t) (name->ttl_usec / WGP_SECOND)),
                        "next", name->n_asking > 0 ? NULL : json_integer((json_int_t) wgp_name_next(name)));
}

static json_t *format_endpoints(const WgpEndpointPeer *peer) {
        json_t *endpoints = json_array();

        for (size_t i = 0; endpoints && i < peer->n_endpoints; i++)
                (void) json_array_append_new(endpoints, format_endpoint(peer->endpoints[i]));
        return endpoints;
}

/* The endpoint in the profile, what concerns the peer, and if there are others all of them. */
static json_t *format_peer(const WgpEndpointPeer *peer) {
        const WgpMoves *moves = &peer->remote.moves;
        const WgpSight *sight = &peer->remote.sight;
        json_t *o = format_endpoint(peer->endpoints[0]);
        json_t *more = json_pack("{s:o*, s:o*, s:o*, s:s*, s:o*, s:s, s:o*}", "present",
                        sight->present ? format_address(&sight->facts.address) : NULL, "chosen",
                        format_address(&moves->ours), "inherited", moves->inherited ? json_true() : NULL, "why",
                        moves->why != WGP_WHY_NONE ? wgp_why_text(moves->why) : NULL, "since",
                        format_time(moves->moved_usec), "health", wgp_health_text(wgp_sight_judge(sight)), "endpoints",
                        peer->n_endpoints > 1 ? format_endpoints(peer) : NULL);

        if (!o || !more || json_object_update(o, more) < 0) {
                json_decref(o);
                o = NULL;
        }
        json_decref(more);
        return o;
}

/* Makes the text, to be freed by the caller. Returns 0 or -ENOMEM. */
int wgp_status_format(const WgpTunnel *tunnel, char **ret) {
        json_t *endpoints = json_object(), *o;

        for (size_t i = 0; endpoints && i < tunnel->n_peers; i++) {
                char key[WGP_KEY_TEXT_SIZE];

                wgp_key_format(tunnel->peers[i]->public_key, key);
                if (json_object_set_new_nocheck(endpoints, key, format_peer(tunnel->peers[i])) < 0) {
                        json_decref(endpoints);
                        return -ENOMEM;
                }
        }

        o = json_pack("{s:i, s:o, s:o}", "version", 1, "name", wgp_json_bytes(tunnel->name), "endpoints", endpoints);
        if (!o)
                return -ENOMEM;
        *ret = json_dumps(o, JSON_INDENT(1));
        json_decref(o);
        return *ret ? 0 : -ENOMEM;
}

static bool is_same_name(const WgpEndpointName *e, const json_t *value) {
        const json_t *port = json_object_get(value, "port");
        _cleanup_(freep) char *host = NULL;

        return wgp_json_bytes_parse(json_object_get(value, "host"), &host) >= 0 && streq(e->host, host) &&
               json_is_integer(port) && json_integer_value(port) == e->port;
}

static bool has_address(const json_t *endpoint, const char *address) {
        const json_t *value;
        size_t i;

        json_array_foreach(json_object_get(endpoint, "addresses"), i,
                        value) if (streq_ptr(json_string_value(value), address)) return true;
        return false;
}

/* The endpoint that had an address, else the first. */
static WgpEndpointName *find_endpoint(const WgpEndpointPeer *peer, const json_t *value, const char *address) {
        const json_t *endpoint;
        size_t i;

        json_array_foreach(json_object_get(value, "endpoints"), i,
                        endpoint) for (size_t j = 0; has_address(endpoint, address) && j < peer->n_endpoints;
                                       j++) if (is_same_name(peer->endpoints[j], endpoint)) return peer->endpoints[j];
        return peer->endpoints[0];
}

static WgpWhy find_why(const json_t *value) {
        for (WgpWhy why = WGP_WHY_NONE + 1; why < _WGP_WHY_N; why++)
                if (streq_ptr(json_string_value(value), wgp_why_text(why)))
                        return why;
        return WGP_WHY_NONE;
}

static int restore_peer(WgpEndpointPeer *peer, const json_t *value) {
        const char *chosen = json_string_value(json_object_get(value, "chosen"));
        WgpMoves *moves = &peer->remote.moves;
        int r = 0;

        moves->inherited = json_is_true(json_object_get(value, "inherited"));
        if (!chosen || wgp_sockaddr_parse(chosen, &moves->ours) < 0)
                return 0;
        moves->why = find_why(json_object_get(value, "why"));
        moves->moved_usec = (uint64_t) json_integer_value(json_object_get(value, "since"));
        r = wgp_answers_remember(&find_endpoint(peer, value, chosen)->answers, &moves->ours);
        return r < 0 ? r : wgp_remote_update(&peer->remote);
}

/* Takes from an earlier status which addresses the resolver itself has set: of a peer that has another one now, it is
 * known that it roamed; and which peers have left the address of the endpoint before. Returns 0, -EBADMSG or -ENOMEM.
 */
int wgp_status_restore(WgpTunnel *tunnel, const char *text, size_t size) {
        _cleanup_(json_decrefp) json_t *o = json_loadb(text, size, JSON_REJECT_DUPLICATES, NULL);
        _cleanup_(freep) char *name = NULL;
        const char *key;
        json_t *value;

        if (wgp_json_bytes_parse(json_object_get(o, "name"), &name) < 0 || !streq(name, tunnel->name) ||
                        json_integer_value(json_object_get(o, "version")) != 1)
                return -EBADMSG;

        json_object_foreach(json_object_get(o, "endpoints"), key, value) {
                uint8_t public_key[WGP_KEY_SIZE];
                WgpEndpointPeer *peer;
                int r;

                if (wgp_key_parse(key, WGP_KEY_CANONICAL, public_key) < 0)
                        continue;
                peer = wgp_tunnel_find(tunnel, public_key);
                if (!peer || !is_same_name(peer->endpoints[0], value))
                        continue;
                r = restore_peer(peer, value);
                if (r < 0)
                        return r;
        }
        return 0;
}
