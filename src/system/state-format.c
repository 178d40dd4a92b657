/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Writes a record as JSON. Pure. */

#include "model/dns.h"
#include "model/prefix.h"
#include "model/value.h"
#include "system/json-text.h"
#include "system/state-internal.h"

static uint32_t get_number(const WgpStateField *field, const void *p) {
        switch (field->type) {
        case WGP_STATE_BOOL:
                return *(const bool *) p;
        case WGP_STATE_U8:
                return *(const uint8_t *) p;
        case WGP_STATE_U16:
                return *(const uint16_t *) p;
        default:
                return *(const uint32_t *) p;
        }
}

static bool has_value(const WgpStateField *field, const void *p) {
        if (field->type == WGP_STATE_IFNAME)
                return *(const char *) p;
        if (field->type == WGP_STATE_PREFIX)
                return ((const WgpPrefix *) p)->family != AF_UNSPEC;
        return get_number(field, p) != field->usual;
}

/* For a field that has_value(). */
static json_t *field_value(const WgpStateField *field, const void *p) {
        char text[WGP_PREFIX_TEXT_SIZE];

        switch (field->type) {
        case WGP_STATE_IFNAME:
                return wgp_json_bytes(p);
        case WGP_STATE_PREFIX:
                wgp_prefix_format(p, text);
                return json_string(text);
        case WGP_STATE_BOOL:
                return json_boolean(*(const bool *) p);
        default:
                return json_integer(get_number(field, p));
        }
}

static json_t *format_object(const WgpStateObject *object, const void *from) {
        _cleanup_(json_decrefp) json_t *o = json_object();

        for (size_t i = 0; o && i < object->n_fields; i++) {
                const WgpStateField *field = object->fields + i;
                const void *p = (const uint8_t *) from + field->offset;

                if (has_value(field, p) && json_object_set_new_nocheck(o, field->name, field_value(field, p)) < 0)
                        return NULL;
        }
        return TAKE_PTR(o);
}

/* Whether only the first field has a value. */
static bool is_plain(const WgpStateObject *object, const void *from) {
        for (size_t i = 0; i < object->n_fields; i++)
                if (has_value(object->fields + i, (const uint8_t *) from + object->fields[i].offset) != (i == 0))
                        return false;
        return true;
}

/* What is plain is its first field alone: ten thousand routes as objects would be most of a run's memory. */
static json_t *format_array(const WgpStateObject *object, const void *from, size_t n) {
        _cleanup_(json_decrefp) json_t *array = json_array();

        for (size_t i = 0; array && i < n; i++) {
                const uint8_t *p = (const uint8_t *) from + i * object->size;
                json_t *value = is_plain(object, p) ? field_value(object->fields, p + object->fields->offset) :
                                                      format_object(object, p);

                if (json_array_append_new(array, value) < 0)
                        return NULL;
        }
        return TAKE_PTR(array);
}

static int put_key(json_t *peers, const uint8_t key[static WGP_KEY_SIZE], json_t *value) {
        char text[WGP_KEY_TEXT_SIZE];

        wgp_key_format(key, text);
        return json_object_set_new_nocheck(peers, text, value) < 0 ? -ENOMEM : 0;
}

/* Literal endpoints as text, names as objects. */
static json_t *format_peers(const WgpState *state) {
        _cleanup_(json_decrefp) json_t *peers = json_object();
        char text[WGP_SOCKADDR_TEXT_SIZE];

        for (size_t i = 0; peers && i < state->network.device.n_peers; i++) {
                const WgpPeerState *peer = state->network.device.peers + i;

                if (peer->endpoint.family == AF_UNSPEC)
                        continue;
                wgp_sockaddr_format(&peer->endpoint, text);
                if (put_key(peers, peer->public_key, json_string(text)) < 0)
                        return NULL;
        }
        for (size_t i = 0; peers && i < state->n_names; i++)
                if (put_key(peers, state->names[i].public_key,
                                    json_pack("{s:o, s:i, s:o*}", "host", wgp_json_bytes(state->names[i].host), "port",
                                                    (int) state->names[i].port, "replaced",
                                                    state->names[i].replaced ? json_true() : NULL)) < 0)
                        return NULL;
        return TAKE_PTR(peers);
}

static json_t *format_alternate(const WgpStateName *name) {
        char text[WGP_SOCKADDR_TEXT_SIZE];

        if (name->host)
                return json_pack("{s:o, s:i}", "host", wgp_json_bytes(name->host), "port", (int) name->port);
        wgp_sockaddr_format(&name->address, text);
        return json_string(text);
}

/* By peer, in order of preference: addresses as text, names as objects. */
static json_t *format_alternates(const WgpState *state) {
        _cleanup_(json_decrefp) json_t *alternates = json_object();

        for (size_t i = 0; alternates && i < state->n_alternates; i++) {
                const WgpStateName *name = state->alternates + i;
                char key[WGP_KEY_TEXT_SIZE];
                json_t *list;

                wgp_key_format(name->public_key, key);
                list = json_object_get(alternates, key);
                if (!list && put_key(alternates, name->public_key, json_array()) >= 0)
                        list = json_object_get(alternates, key);
                if (json_array_append_new(list, format_alternate(name)) < 0)
                        return NULL;
        }
        return TAKE_PTR(alternates);
}

static json_t *format_hooks(const WgpNetwork *network) {
        _cleanup_(json_decrefp) json_t *hooks = json_array();

        for (size_t i = 0; hooks && i < network->n_hooks; i++) {
                const WgpHook *hook = network->hooks + i;

                if (json_array_append_new(hooks, json_pack("{s:s, s:o, s:o}", "type", wgp_hook_names[hook->type],
                                                                 "command", wgp_json_bytes(hook->command), "place",
                                                                 wgp_json_bytes(hook->place))) < 0)
                        return NULL;
        }
        return TAKE_PTR(hooks);
}

/* What has to be looked after while the tunnel is up. */
static json_t *format_watch(const WgpState *state) {
        _cleanup_(json_decrefp) json_t *watch = json_array();

        if (!watch || (state->n_names > 0 && json_array_append_new(watch, json_string("names")) < 0) ||
                        (state->network.n_rules > 0 && json_array_append_new(watch, json_string("rules")) < 0) ||
                        ((state->network.filter.present || state->network.kill_switch.on) &&
                                        json_array_append_new(watch, json_string("nft")) < 0) ||
                        (state->automatic_mtu && json_array_append_new(watch, json_string("mtu")) < 0) ||
                        (wgp_dns_uses_resolved(&state->network.dns) &&
                                        json_array_append_new(watch, json_string("dns")) < 0) ||
                        (state->network.zone && json_array_append_new(watch, json_string("zone")) < 0))
                return NULL;
        return TAKE_PTR(watch);
}

/* What only full tunnels have, and those with a kill switch. */
static int put_filter(const WgpState *state, json_t *o) {
        const WgpNetwork *network = &state->network;

        if ((network->filter.present && json_object_set_new_nocheck(o, "nft",
                                                        format_object(&wgp_state_filter, &network->filter)) < 0) ||
                        wgp_json_set_bytes(o, "nft-problem", state->filter_problem) < 0 ||
                        (network->kill_switch.on && json_object_set_new_nocheck(o, "kill-switch",
                                                                    format_object(&wgp_state_kill_switch,
                                                                                    &network->kill_switch)) < 0) ||
                        (network->valid_mark.wanted && json_object_set_new_nocheck(o, "src-valid-mark",
                                                                       format_object(&wgp_state_valid_mark,
                                                                                       &network->valid_mark)) < 0))
                return -ENOMEM;
        return 0;
}

/* Left out when there is nothing. */
static int put_services(const WgpNetwork *network, json_t *o) {
        if (!wgp_dns_is_empty(&network->dns) && json_object_set_new(o, "dns", wgp_state_format_dns(&network->dns)) < 0)
                return -ENOMEM;
        return wgp_json_set_bytes(o, "zone", network->zone);
}

/* Makes the text, to be freed by the caller. Returns 0, or -ENOMEM. */
int wgp_state_format(const WgpState *state, char **ret) {
        _cleanup_(json_decrefp) json_t *o = NULL;
        const WgpNetwork *network = &state->network;

        o = json_pack("{s:i, s:o, s:s, s:s, s:b, s:b, s:b, s:I, s:o, s:o, s:o, s:o, s:o, s:o, s:o}", "version",
                        (int) WGP_STATE_VERSION, "name", wgp_json_bytes(state->name), "format",
                        wgp_state_format_names[state->format], "backend", wgp_state_backend_names[state->backend],
                        "complete", state->complete, "automatic-mtu", state->automatic_mtu, "ipv6", state->ipv6,
                        "refresh-usec", (json_int_t) WGP_MIN(state->refresh_usec, (uint64_t) INT64_MAX), "watch",
                        format_watch(state), "link", format_object(&wgp_state_link, &network->link), "device",
                        format_object(&wgp_state_device, &network->device), "peers", format_peers(state), "addresses",
                        format_array(&wgp_state_address, network->addresses, network->n_addresses), "routes",
                        format_array(&wgp_state_route, network->routes, network->n_routes), "rules",
                        format_array(&wgp_state_rule, network->rules, network->n_rules));
        if (!o || wgp_json_set_bytes(o, "netns", network->netns) < 0 || put_filter(state, o) < 0 ||
                        put_services(network, o) < 0)
                return -ENOMEM;
        if (network->metric > 0 && json_object_set_new(o, "route-metric", json_integer(network->metric)) < 0)
                return -ENOMEM;
        if (state->of_unit && json_object_set_new(o, "unit", json_true()) < 0)
                return -ENOMEM;
        if (state->save_config && json_object_set_new(o, "save-config", json_integer((json_int_t) state->digest)) < 0)
                return -ENOMEM;
        if (state->n_alternates > 0 && json_object_set_new(o, "alternates", format_alternates(state)) < 0)
                return -ENOMEM;
        if (wgp_json_set_bytes(o, "file", state->file) < 0 ||
                        json_object_set_new(o, "hooks", format_hooks(network)) < 0 ||
                        json_object_set_new(o, "hooks-done", json_boolean(network->hooks_done)) < 0)
                return -ENOMEM;

        *ret = json_dumps(o, JSON_INDENT(1));
        return *ret ? 0 : -ENOMEM;
}
