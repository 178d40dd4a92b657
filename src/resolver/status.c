/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Status as JSON, and back as far as it is needed again. Pure. */

#include "resolver/status.h"

#include "core/value.h"
#include "system/json-text.h"
#include "system/state.h"

static json_t *format_address(const WgpSockaddr *address) {
        char text[WGP_SOCKADDR_TEXT_SIZE];

        if (address->family == AF_UNSPEC)
                return NULL;
        wgp_sockaddr_format(address, text);
        return json_string(text);
}

/* "o*" and "s*" leave NULL out. */
static json_t *format_endpoint(const WgpEndpointName *e) {
        const WgpTracker *t = &e->tracker;
        const WgpName *name = e->name;
        json_t *addresses = json_array();

        for (size_t i = 0; addresses && i < t->n_candidates; i++)
                if (t->candidates[i].listed)
                        (void) json_array_append_new(addresses, format_address(&t->candidates[i].address));

        return json_pack("{s:o, s:i, s:o, s:o*, s:o*, s:o*, s:s*, s:s, s:o*, s:o*, s:o*, s:o*, s:o*}",
                        "host", wgp_json_bytes(e->host),
                        "port", (int) e->port,
                        "addresses", addresses,
                        "present", t->present ? format_address(&t->facts.address) : NULL,
                        "chosen", format_address(&t->ours),
                        "inherited", t->inherited ? json_true() : NULL,
                        "why", t->why != WGP_WHY_NONE ? wgp_why_text(t->why) : NULL,
                        "health", wgp_health_text(wgp_tracker_judge(t)),
                        "failure", wgp_json_bytes(name->failure),
                        "answered", name->answered_usec > 0 ? json_integer((json_int_t) name->answered_usec) : NULL,
                        "asked", name->asked_usec > 0 ? json_integer((json_int_t) name->asked_usec) : NULL,
                        "ttl", name->ttl_usec == WGP_TTL_UNKNOWN ? NULL : json_integer((json_int_t) (name->ttl_usec / WGP_SECOND)),
                        "next", name->n_asking > 0 ? NULL : json_integer((json_int_t) wgp_name_next(name)));
}

/* Makes the text, to be freed by the caller. Returns 0 or -ENOMEM. */
int wgp_status_format(const WgpTunnel *tunnel, char **ret) {
        json_t *endpoints = json_object(), *o;

        for (size_t i = 0; endpoints && i < tunnel->n_endpoints; i++) {
                char key[WGP_KEY_TEXT_SIZE];

                wgp_key_format(tunnel->endpoints[i]->public_key, key);
                if (json_object_set_new_nocheck(endpoints, key, format_endpoint(tunnel->endpoints[i])) < 0) {
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

/* Takes from an earlier status which addresses the resolver itself has set: of a peer that has another one now, it is
 * known that it roamed; and which peers have left the address of the endpoint before. Returns 0 or -EBADMSG. */
int wgp_status_restore(WgpTunnel *tunnel, const char *text, size_t size) {
        _cleanup_(json_decrefp) json_t *o = json_loadb(text, size, JSON_REJECT_DUPLICATES, NULL);
        _cleanup_(freep) char *name = NULL;
        const char *key;
        json_t *value;

        if (wgp_json_bytes_parse(json_object_get(o, "name"), &name) < 0 || !streq(name, tunnel->name) ||
            json_integer_value(json_object_get(o, "version")) != 1)
                return -EBADMSG;

        json_object_foreach(json_object_get(o, "endpoints"), key, value) {
                const char *chosen = json_string_value(json_object_get(value, "chosen"));
                uint8_t public_key[WGP_KEY_SIZE];
                WgpEndpointName *e;

                if (wgp_key_parse(key, WGP_KEY_CANONICAL, public_key) < 0)
                        continue;
                e = wgp_tunnel_find(tunnel, public_key);
                if (!e || !is_same_name(e, value))
                        continue;
                if (chosen)
                        (void) wgp_sockaddr_parse(chosen, &e->tracker.ours);
                e->tracker.inherited = json_is_true(json_object_get(value, "inherited"));
        }
        return 0;
}
