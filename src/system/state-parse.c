/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* JSON to state. Pure. Strict: a file that another program wrote is refused as a whole, and so is one that names what
 * no tunnel of ours would have put there. */

#include <jansson.h>
#include <linux/rtnetlink.h>

#include "desired/signature.h"
#include "model/prefix.h"
#include "model/value.h"
#include "system/json-text.h"
#include "system/state-internal.h"

static int parse_ifname(const json_t *value, char *to) {
        _cleanup_(freep) char *name = NULL;
        int r;

        if (!value)
                return 0;
        r = wgp_json_bytes_parse(value, &name);
        if (r < 0)
                return r;
        if (!wgp_ifname_is_valid(name))
                return -EBADMSG;
        strcpy(to, name);
        return 0;
}

static int parse_field(const WgpStateField *field, const json_t *value, void *p) {
        const char *text = json_string_value(value);

        if (field->type == WGP_STATE_IFNAME)
                return parse_ifname(value, p);
        if (field->type == WGP_STATE_PREFIX) {
                if (!value)
                        return 0;
                return text && wgp_prefix_parse(text, p, NULL) >= 0 ? 0 : -EBADMSG;
        }
        if (!value)
                return wgp_state_set_number(field, field->usual, p);
        if (field->type == WGP_STATE_BOOL)
                return json_is_boolean(value) ? wgp_state_set_number(field, json_is_true(value), p) : -EBADMSG;
        if (!json_is_integer(value) || json_integer_value(value) < 0 || json_integer_value(value) > UINT32_MAX)
                return -EBADMSG;
        return wgp_state_set_number(field, (uint32_t) json_integer_value(value), p);
}

static int parse_object(const WgpStateObject *object, const json_t *o, void *to) {
        int r = json_is_object(o) ? 0 : -EBADMSG;

        for (size_t i = 0; r >= 0 && i < object->n_fields; i++) {
                const WgpStateField *field = object->fields + i;

                r = parse_field(field, json_object_get(o, field->name), (uint8_t *) to + field->offset);
        }
        return r;
}

/* Reads an item of an array: a value that is not an object is the first field alone. */
static int parse_item(const WgpStateObject *object, const json_t *value, void *to) {
        if (json_is_object(value))
                return parse_object(object, value, to);
        wgp_state_set_usual(object, to);
        return parse_field(object->fields, value, (uint8_t *) to + object->fields->offset);
}

static void *add_address(WgpNetwork *network) {
        return wgp_network_add_address(network);
}

static void *add_route(WgpNetwork *network) {
        return wgp_network_add_route(network);
}

static void *add_rule(WgpNetwork *network) {
        return wgp_network_add_rule(network);
}

static int parse_items(
                const WgpStateObject *object, const json_t *array, void *(*add)(WgpNetwork *), WgpNetwork *network) {
        const json_t *value;
        size_t i;
        int r = json_is_array(array) ? 0 : -EBADMSG;

        json_array_foreach(array, i, value) {
                void *item = r >= 0 ? add(network) : NULL;

                if (!item)
                        return r < 0 ? r : -ENOMEM;
                r = parse_item(object, value, item);
        }
        return r;
}

/* An object with a name and a port. */
static int parse_host(const json_t *value, WgpStateName *name) {
        const json_t *port = json_object_get(value, "port");

        if (!json_is_integer(port) || json_integer_value(port) < 0 || json_integer_value(port) > UINT16_MAX)
                return -EBADMSG;
        name->port = (uint16_t) json_integer_value(port);
        return wgp_json_bytes_parse(json_object_get(value, "host"), &name->host);
}

static int parse_name(const uint8_t key[static WGP_KEY_SIZE], const json_t *value, WgpState *state) {
        WgpStateName *name;
        int r;

        if (!wgp_grow(&state->names, &state->n_names_allocated, state->n_names + 1, sizeof(*name)))
                return -ENOMEM;

        name = state->names + state->n_names;
        *name = (WgpStateName) { .replaced = json_is_true(json_object_get(value, "replaced")) };
        r = parse_host(value, name);
        if (r < 0)
                return r;
        memcpy(name->public_key, key, WGP_KEY_SIZE);
        state->n_names++;
        return 0;
}

static int parse_alternate(const uint8_t key[static WGP_KEY_SIZE], const json_t *value, WgpState *state) {
        WgpStateName *name;
        int r;

        if (!wgp_grow(&state->alternates, &state->n_alternates_allocated, state->n_alternates + 1, sizeof(*name)))
                return -ENOMEM;

        name = state->alternates + state->n_alternates;
        *name = (WgpStateName) {};
        if (!json_is_string(value))
                r = parse_host(value, name);
        else
                r = wgp_sockaddr_parse(json_string_value(value), &name->address) < 0 ? -EBADMSG : 0;
        if (r < 0)
                return r;
        memcpy(name->public_key, key, WGP_KEY_SIZE);
        state->n_alternates++;
        return 0;
}

/* NULL: there are none, or the record is older than they are. */
static int parse_alternates(json_t *alternates, WgpState *state) {
        const char *text;
        json_t *list, *value;
        size_t i;

        json_object_foreach(alternates, text, list) {
                uint8_t key[WGP_KEY_SIZE];

                if (wgp_key_parse(text, WGP_KEY_CANONICAL, key) < 0 || !json_is_array(list))
                        return -EBADMSG;
                json_array_foreach(list, i, value) {
                        int r = parse_alternate(key, value, state);

                        if (r < 0)
                                return r;
                }
        }
        return alternates && !json_is_object(alternates) ? -EBADMSG : 0;
}

static int parse_peers(json_t *peers, WgpState *state) {
        const char *text;
        json_t *value;
        int r = json_is_object(peers) ? 0 : -EBADMSG;

        json_object_foreach(peers, text, value) {
                uint8_t key[WGP_KEY_SIZE];
                WgpPeerState *peer;

                if (wgp_key_parse(text, WGP_KEY_CANONICAL, key) < 0)
                        return -EBADMSG;
                if (json_is_string(value)) {
                        peer = wgp_device_add_peer(&state->network.device, key);
                        if (!peer)
                                return -ENOMEM;
                        r = wgp_sockaddr_parse(json_string_value(value), &peer->endpoint) < 0 ? -EBADMSG : 0;
                } else
                        r = parse_name(key, value, state);
                if (r < 0)
                        return r;
        }
        return r;
}

static int parse_choice(const json_t *value, const char *const *names, size_t n_names);

/* A record of an older version has none. */
static int parse_hooks(const json_t *array, WgpNetwork *network) {
        const json_t *o;
        size_t i;
        int r = !array || json_is_array(array) ? 0 : -EBADMSG;

        json_array_foreach(array, i, o) {
                _cleanup_(freep) char *command = NULL, *place = NULL;
                int type = parse_choice(json_object_get(o, "type"), wgp_hook_names, _WGP_HOOK_TYPE_N);

                if (r >= 0)
                        r = WGP_MIN(type, 0);
                if (r >= 0)
                        r = wgp_json_bytes_parse(json_object_get(o, "command"), &command);
                if (r >= 0)
                        r = wgp_json_bytes_parse(json_object_get(o, "place"), &place);
                if (r < 0)
                        return r;
                r = wgp_network_add_hook(network, (WgpHookType) type, command, place);
        }
        return r;
}

/* The index of "value" among "names", or -EBADMSG. */
static int parse_choice(const json_t *value, const char *const *names, size_t n_names) {
        const char *text = json_string_value(value);

        for (size_t i = 0; text && i < n_names; i++)
                if (streq(text, names[i]))
                        return (int) i;
        return -EBADMSG;
}

static int parse_head(const json_t *o, WgpState *state) {
        int format = parse_choice(json_object_get(o, "format"), wgp_state_format_names, _WGP_FORMAT_N);
        int backend = parse_choice(json_object_get(o, "backend"), wgp_state_backend_names, _WGP_BACKEND_N), r;

        if (format < 0 || backend < 0 || json_integer_value(json_object_get(o, "version")) < 1)
                return -EBADMSG;
        r = wgp_json_bytes_parse(json_object_get(o, "name"), &state->name);
        if (r < 0)
                return r;
        if (!*state->name)
                return -EBADMSG;
        state->format = (WgpFormat) format;
        state->backend = (WgpBackend) backend;
        state->complete = json_is_true(json_object_get(o, "complete"));
        state->of_unit = json_is_true(json_object_get(o, "unit"));
        state->save_config = json_is_integer(json_object_get(o, "save-config"));
        state->digest = (uint64_t) json_integer_value(json_object_get(o, "save-config"));
        state->automatic_mtu = json_is_true(json_object_get(o, "automatic-mtu"));
        state->ipv6 = json_is_true(json_object_get(o, "ipv6"));
        state->refresh_usec =
                        (uint64_t) WGP_MAX(json_integer_value(json_object_get(o, "refresh-usec")), (json_int_t) 0);
        return 0;
}

static int parse_filter(const json_t *o, WgpState *state) {
        const json_t *filter = json_object_get(o, "nft");
        const json_t *valid_mark = json_object_get(o, "src-valid-mark"),
                     *kill_switch = json_object_get(o, "kill-switch");
        int r = 0;

        if (filter)
                r = parse_object(&wgp_state_filter, filter, &state->network.filter);
        if (r >= 0 && kill_switch)
                r = parse_object(&wgp_state_kill_switch, kill_switch, &state->network.kill_switch);
        if (r >= 0 && valid_mark)
                r = parse_object(&wgp_state_valid_mark, valid_mark, &state->network.valid_mark);
        return r < 0 ? r : wgp_json_get_bytes(o, "nft-problem", &state->filter_problem);
}

/* Without one, the routes have the metric that comes with the format. */
static int parse_metric(const json_t *value, WgpNetwork *network) {
        if (!value)
                return 0;
        if (!json_is_integer(value) || json_integer_value(value) < 0 || json_integer_value(value) > UINT32_MAX)
                return -EBADMSG;
        network->metric = (uint32_t) json_integer_value(value);
        return 0;
}

static int parse_netns(const json_t *o, WgpNetwork *network) {
        int r;

        r = wgp_json_get_bytes(o, "netns", &network->netns);
        if (r < 0 || !network->netns)
                return r;
        return wgp_netns_is_valid(network->netns) ? 0 : -EBADMSG;
}

/* "down" removes what a record names: it must not name rules or routes of the kernel or other programs. */
static bool is_plausible(const WgpNetwork *network) {
        for (size_t i = 0; i < network->n_rules; i++)
                if (network->rules[i].protocol == RTPROT_KERNEL && !wgp_rule_is_ours(network->rules + i))
                        return false;
        for (size_t i = 0; i < network->n_routes; i++) {
                const WgpRoute *route = network->routes + i;

                if (!route->uses_device && route->type != RTN_UNREACHABLE && route->type != RTN_BLACKHOLE &&
                                route->type != RTN_PROHIBIT && route->type != RTN_THROW)
                        return false;
        }
        return true;
}

static int parse(const char *text, size_t size, WgpState *state) {
        json_error_t error;
        _cleanup_(json_decrefp) json_t *o = json_loadb(text, size, JSON_REJECT_DUPLICATES, &error);
        int r = o ? parse_head(o, state) : json_error_code(&error) == json_error_out_of_memory ? -ENOMEM : -EBADMSG;

        if (r >= 0)
                r = parse_netns(o, &state->network);
        if (r >= 0)
                r = parse_metric(json_object_get(o, "route-metric"), &state->network);
        if (r >= 0)
                r = parse_object(&wgp_state_link, json_object_get(o, "link"), &state->network.link);
        if (r >= 0)
                r = parse_object(&wgp_state_device, json_object_get(o, "device"), &state->network.device);
        if (r >= 0)
                r = parse_peers(json_object_get(o, "peers"), state);
        if (r >= 0)
                r = parse_alternates(json_object_get(o, "alternates"), state);
        if (r >= 0)
                r = parse_items(&wgp_state_address, json_object_get(o, "addresses"), add_address, &state->network);
        if (r >= 0)
                r = parse_items(&wgp_state_route, json_object_get(o, "routes"), add_route, &state->network);
        if (r >= 0)
                r = parse_items(&wgp_state_rule, json_object_get(o, "rules"), add_rule, &state->network);
        if (r >= 0)
                r = parse_filter(o, state);
        if (r >= 0)
                r = parse_hooks(json_object_get(o, "hooks"), &state->network);
        if (r >= 0)
                r = wgp_json_get_bytes(o, "file", &state->file);
        state->network.hooks_done = json_is_true(json_object_get(o, "hooks-done"));
        if (r >= 0)
                r = wgp_state_parse_dns(json_object_get(o, "dns"), &state->network.dns);
        if (r >= 0)
                r = wgp_json_get_bytes(o, "zone", &state->network.zone);
        if (r >= 0)
                r = is_plausible(&state->network) ? 0 : -EBADMSG;
        if (r < 0)
                return r;
        return json_integer_value(json_object_get(o, "version")) > WGP_STATE_VERSION ? WGP_STATE_E_NEWER : 0;
}

/* Reads what wgp_state_format() wrote. Returns 0; WGP_STATE_E_NEWER, with what is understood of a newer version's
 * record; -ENOMEM, or -EBADMSG. */
int wgp_state_parse(const char *text, size_t size, WgpState *ret) {
        _cleanup_(freep) char *rest = NULL;
        WgpState state = WGP_STATE_NULL;
        size_t n_rest = 0;
        int r;

        r = wgp_state_take_lines(text, size, &state, &rest, &n_rest);
        if (r >= 0)
                r = parse(rest, n_rest, &state);
        if (r < 0) {
                wgp_state_done(&state);
                return r;
        }
        *ret = state;
        return r;
}
