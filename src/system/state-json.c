/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* State as JSON. Pure. A field that has its usual value is left out: with ten thousand routes that is most of the
 * text. Each object's fields are described once, for both directions. */

#include <jansson.h>
#include <linux/fib_rules.h>
#include <linux/rtnetlink.h>

#include "core/value.h"
#include "system/state.h"

typedef enum FieldType {
        FIELD_BOOL,
        FIELD_U8,
        FIELD_U16,
        FIELD_U32,
        FIELD_PREFIX,
        FIELD_IFNAME, /* char[IF_NAMESIZE] */
} FieldType;

typedef struct Field {
        const char *name;
        FieldType type;
        size_t offset;
        uint32_t usual; /* not written; assumed when absent */
} Field;

static const Field address_fields[] = {
        { "address", FIELD_PREFIX, offsetof(WgpAddress, prefix), 0 },
        { "flags", FIELD_U32, offsetof(WgpAddress, flags), 0 },
        { "protocol", FIELD_U8, offsetof(WgpAddress, protocol), 0 },
};

static const Field route_fields[] = {
        { "to", FIELD_PREFIX, offsetof(WgpRoute, destination), 0 },
        { "from", FIELD_PREFIX, offsetof(WgpRoute, source), 0 },
        { "via", FIELD_PREFIX, offsetof(WgpRoute, gateway), 0 },
        { "src", FIELD_PREFIX, offsetof(WgpRoute, preferred_source), 0 },
        { "table", FIELD_U32, offsetof(WgpRoute, table), RT_TABLE_MAIN },
        { "metric", FIELD_U32, offsetof(WgpRoute, metric), 0 },
        { "protocol", FIELD_U8, offsetof(WgpRoute, protocol), RTPROT_BOOT },
        { "scope", FIELD_U8, offsetof(WgpRoute, scope), RT_SCOPE_LINK },
        { "type", FIELD_U8, offsetof(WgpRoute, type), RTN_UNICAST },
        { "tos", FIELD_U8, offsetof(WgpRoute, tos), 0 },
        { "device", FIELD_BOOL, offsetof(WgpRoute, uses_device), true },
        { "onlink", FIELD_BOOL, offsetof(WgpRoute, onlink), false },
        { "weight", FIELD_U16, offsetof(WgpRoute, weight), 0 },
        { "metrics-set", FIELD_U16, offsetof(WgpRoute, metrics_set), 0 },
        { "metrics-lock", FIELD_U16, offsetof(WgpRoute, metrics_lock), 0 },
        { "mtu", FIELD_U32, offsetof(WgpRoute, metrics[WGP_ROUTE_MTU]), 0 },
        { "window", FIELD_U32, offsetof(WgpRoute, metrics[WGP_ROUTE_WINDOW]), 0 },
        { "cwnd", FIELD_U32, offsetof(WgpRoute, metrics[WGP_ROUTE_CWND]), 0 },
        { "initcwnd", FIELD_U32, offsetof(WgpRoute, metrics[WGP_ROUTE_INITCWND]), 0 },
        { "initrwnd", FIELD_U32, offsetof(WgpRoute, metrics[WGP_ROUTE_INITRWND]), 0 },
        { "advmss", FIELD_U32, offsetof(WgpRoute, metrics[WGP_ROUTE_ADVMSS]), 0 },
        { "rto_min", FIELD_U32, offsetof(WgpRoute, metrics[WGP_ROUTE_RTO_MIN]), 0 },
        { "quickack", FIELD_U32, offsetof(WgpRoute, metrics[WGP_ROUTE_QUICKACK]), 0 },
};

static const Field rule_fields[] = {
        { "family", FIELD_U8, offsetof(WgpRule, family), 0 },
        { "priority", FIELD_U32, offsetof(WgpRule, priority), 0 },
        { "action", FIELD_U8, offsetof(WgpRule, action), FR_ACT_TO_TBL },
        { "protocol", FIELD_U8, offsetof(WgpRule, protocol), RTPROT_KERNEL },
        { "table", FIELD_U32, offsetof(WgpRule, table), 0 },
        { "goto", FIELD_U32, offsetof(WgpRule, goto_priority), 0 },
        { "not", FIELD_BOOL, offsetof(WgpRule, invert), false },
        { "has-fwmark", FIELD_BOOL, offsetof(WgpRule, has_fwmark), false },
        { "fwmark", FIELD_U32, offsetof(WgpRule, fwmark), 0 },
        { "fwmask", FIELD_U32, offsetof(WgpRule, fwmask), 0 },
        { "has-suppress-prefixlength", FIELD_BOOL, offsetof(WgpRule, has_suppress_prefixlength), false },
        { "suppress-prefixlength", FIELD_U32, offsetof(WgpRule, suppress_prefixlength), 0 },
        { "tos", FIELD_U8, offsetof(WgpRule, tos), 0 },
        { "ip-protocol", FIELD_U8, offsetof(WgpRule, ip_protocol), 0 },
        { "has-uid-range", FIELD_BOOL, offsetof(WgpRule, has_uid_range), false },
        { "uid-start", FIELD_U32, offsetof(WgpRule, uid_start), 0 },
        { "uid-end", FIELD_U32, offsetof(WgpRule, uid_end), 0 },
        { "sport-start", FIELD_U16, offsetof(WgpRule, sport_start), 0 },
        { "sport-end", FIELD_U16, offsetof(WgpRule, sport_end), 0 },
        { "dport-start", FIELD_U16, offsetof(WgpRule, dport_start), 0 },
        { "dport-end", FIELD_U16, offsetof(WgpRule, dport_end), 0 },
        { "from", FIELD_PREFIX, offsetof(WgpRule, from), 0 },
        { "to", FIELD_PREFIX, offsetof(WgpRule, to), 0 },
        { "iif", FIELD_IFNAME, offsetof(WgpRule, iif), 0 },
        { "oif", FIELD_IFNAME, offsetof(WgpRule, oif), 0 },
        { "shared", FIELD_BOOL, offsetof(WgpRule, shared), false },
};

static const Field link_fields[] = {
        { "name", FIELD_IFNAME, offsetof(WgpLink, name), 0 },
        { "ifindex", FIELD_U32, offsetof(WgpLink, ifindex), 0 },
        { "group", FIELD_U32, offsetof(WgpLink, group), WGP_LINK_GROUP },
        { "mtu", FIELD_U32, offsetof(WgpLink, mtu), 0 },
        { "controller", FIELD_U32, offsetof(WgpLink, master), 0 },
        { "up", FIELD_BOOL, offsetof(WgpLink, up), true },
};

static const Field device_fields[] = {
        { "has-listen-port", FIELD_BOOL, offsetof(WgpDevice, has_listen_port), false },
        { "listen-port", FIELD_U16, offsetof(WgpDevice, listen_port), 0 },
        { "has-fwmark", FIELD_BOOL, offsetof(WgpDevice, has_fwmark), false },
        { "fwmark", FIELD_U32, offsetof(WgpDevice, fwmark), 0 },
};

static const char *const format_names[_WGP_FORMAT_N] = {
        [WGP_FORMAT_WG_QUICK] = "wg-quick",
        [WGP_FORMAT_KEYFILE] = "keyfile",
};

static const char *const backend_names[_WGP_BACKEND_N] = {
        [WGP_BACKEND_KERNEL] = "kernel",
        [WGP_BACKEND_USERSPACE] = "userspace",
};

void wgp_state_done(WgpState *state) {
        for (size_t i = 0; i < state->n_names; i++)
                free(state->names[i].host);
        free(state->names);
        free(state->name);
        wgp_network_done(&state->network);
        *state = WGP_STATE_NULL;
}

/* --- comparing --- */

static bool values_equal(const Field *field, const void *a, const void *b) {
        static const size_t sizes[] = {
                [FIELD_BOOL] = sizeof(bool),
                [FIELD_U8] = sizeof(uint8_t),
                [FIELD_U16] = sizeof(uint16_t),
                [FIELD_U32] = sizeof(uint32_t),
        };

        if (field->type == FIELD_IFNAME)
                return streq(a, b);
        if (field->type == FIELD_PREFIX)
                return wgp_prefix_compare(a, b) == 0;
        return memcmp(a, b, sizes[field->type]) == 0;
}

static bool objects_equal(const Field *fields, size_t n_fields, const void *a, const void *b) {
        for (size_t i = 0; i < n_fields; i++)
                if (!values_equal(fields + i, (const uint8_t *) a + fields[i].offset,
                                    (const uint8_t *) b + fields[i].offset))
                        return false;
        return true;
}

static bool endpoints_equal(const WgpState *a, const WgpState *b) {
        const WgpDevice *x = &a->network.device, *y = &b->network.device;

        if (x->n_peers != y->n_peers || a->n_names != b->n_names)
                return false;
        for (size_t i = 0; i < x->n_peers; i++)
                if (memcmp(x->peers[i].public_key, y->peers[i].public_key, WGP_KEY_SIZE) != 0 ||
                    !wgp_sockaddr_equal(&x->peers[i].endpoint, &y->peers[i].endpoint))
                        return false;
        for (size_t i = 0; i < a->n_names; i++)
                if (memcmp(a->names[i].public_key, b->names[i].public_key, WGP_KEY_SIZE) != 0 ||
                    a->names[i].port != b->names[i].port || !streq(a->names[i].host, b->names[i].host))
                        return false;
        return true;
}

/* Whether two records would be written alike, order included. */
bool wgp_state_equal(const WgpState *a, const WgpState *b) {
        const WgpNetwork *x = &a->network, *y = &b->network;

        if (!streq(a->name, b->name) || a->format != b->format || a->backend != b->backend ||
            a->complete != b->complete || a->automatic_mtu != b->automatic_mtu ||
            a->refresh_usec != b->refresh_usec ||
            x->n_addresses != y->n_addresses || x->n_routes != y->n_routes || x->n_rules != y->n_rules ||
            !objects_equal(link_fields, WGP_ARRAY_SIZE(link_fields), &x->link, &y->link) ||
            !objects_equal(device_fields, WGP_ARRAY_SIZE(device_fields), &x->device, &y->device) ||
            !endpoints_equal(a, b))
                return false;

        for (size_t i = 0; i < x->n_addresses; i++)
                if (!objects_equal(address_fields, WGP_ARRAY_SIZE(address_fields), x->addresses + i, y->addresses + i))
                        return false;
        for (size_t i = 0; i < x->n_routes; i++)
                if (!objects_equal(route_fields, WGP_ARRAY_SIZE(route_fields), x->routes + i, y->routes + i))
                        return false;
        for (size_t i = 0; i < x->n_rules; i++)
                if (!objects_equal(rule_fields, WGP_ARRAY_SIZE(rule_fields), x->rules + i, y->rules + i))
                        return false;
        return true;
}

/* --- writing --- */

static uint32_t get_number(const Field *field, const void *p) {
        switch (field->type) {
        case FIELD_BOOL:
                return *(const bool *) p;
        case FIELD_U8:
                return *(const uint8_t *) p;
        case FIELD_U16:
                return *(const uint16_t *) p;
        default:
                return *(const uint32_t *) p;
        }
}

/* NULL: nothing to write. */
static json_t *field_value(const Field *field, const void *p) {
        char text[WGP_PREFIX_TEXT_SIZE];

        if (field->type == FIELD_IFNAME)
                return *(const char *) p ? json_string(p) : NULL;
        if (field->type == FIELD_PREFIX) {
                if (((const WgpPrefix *) p)->family == AF_UNSPEC)
                        return NULL;
                wgp_prefix_format(p, text);
                return json_string(text);
        }
        if (get_number(field, p) == field->usual)
                return NULL;
        return field->type == FIELD_BOOL ? json_boolean(*(const bool *) p) : json_integer(get_number(field, p));
}

static bool has_value(const Field *field, const void *p) {
        if (field->type == FIELD_IFNAME)
                return *(const char *) p;
        if (field->type == FIELD_PREFIX)
                return ((const WgpPrefix *) p)->family != AF_UNSPEC;
        return get_number(field, p) != field->usual;
}

static json_t *format_object(const Field *fields, size_t n_fields, const void *object) {
        _cleanup_(json_decrefp) json_t *o = json_object();

        for (size_t i = 0; o && i < n_fields; i++) {
                const void *p = (const uint8_t *) object + fields[i].offset;

                if (has_value(fields + i, p) && json_object_set_new_nocheck(o, fields[i].name, field_value(fields + i, p)) < 0)
                        return NULL;
        }
        return TAKE_PTR(o);
}

/* An array of "n" objects of "size" bytes. */
static json_t *format_array(const Field *fields, size_t n_fields, const void *objects, size_t n, size_t size) {
        _cleanup_(json_decrefp) json_t *array = json_array();

        for (size_t i = 0; array && i < n; i++)
                if (json_array_append_new(array, format_object(fields, n_fields, (const uint8_t *) objects + i * size)) < 0)
                        return NULL;
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
                                    json_pack("{s:s, s:i}", "host", state->names[i].host, "port",
                                                    (int) state->names[i].port)) < 0)
                        return NULL;
        return TAKE_PTR(peers);
}

/* What has to be looked after while the tunnel is up. */
static json_t *format_watch(const WgpState *state) {
        _cleanup_(json_decrefp) json_t *watch = json_array();

        if (!watch || (state->n_names > 0 && json_array_append_new(watch, json_string("names")) < 0) ||
            (state->network.n_rules > 0 && json_array_append_new(watch, json_string("rules")) < 0) ||
            (state->automatic_mtu && json_array_append_new(watch, json_string("mtu")) < 0))
                return NULL;
        return TAKE_PTR(watch);
}

/* Makes the text, to be freed by the caller. Returns 0, or -ENOMEM. */
int wgp_state_format(const WgpState *state, char **ret) {
        _cleanup_(json_decrefp) json_t *o = NULL;
        const WgpNetwork *network = &state->network;

        o = json_pack("{s:i, s:s, s:s, s:s, s:b, s:b, s:I, s:o, s:o, s:o, s:o, s:o, s:o, s:o}",
                        "version", 1,
                        "name", state->name,
                        "format", format_names[state->format],
                        "backend", backend_names[state->backend],
                        "complete", state->complete,
                        "automatic-mtu", state->automatic_mtu,
                        "refresh-usec", (json_int_t) WGP_MIN(state->refresh_usec, (uint64_t) INT64_MAX),
                        "watch", format_watch(state),
                        "link", format_object(link_fields, WGP_ARRAY_SIZE(link_fields), &network->link),
                        "device", format_object(device_fields, WGP_ARRAY_SIZE(device_fields), &network->device),
                        "peers", format_peers(state),
                        "addresses", format_array(address_fields, WGP_ARRAY_SIZE(address_fields),
                                        network->addresses, network->n_addresses, sizeof(WgpAddress)),
                        "routes", format_array(route_fields, WGP_ARRAY_SIZE(route_fields),
                                        network->routes, network->n_routes, sizeof(WgpRoute)),
                        "rules", format_array(rule_fields, WGP_ARRAY_SIZE(rule_fields),
                                        network->rules, network->n_rules, sizeof(WgpRule)));
        if (!o)
                return -ENOMEM;

        *ret = json_dumps(o, JSON_INDENT(1));
        return *ret ? 0 : -ENOMEM;
}

/* --- reading --- */

static int set_number(const Field *field, uint32_t value, void *p) {
        static const uint32_t max[] = {
                [FIELD_BOOL] = 1, [FIELD_U8] = UINT8_MAX, [FIELD_U16] = UINT16_MAX, [FIELD_U32] = UINT32_MAX,
        };

        if (value > max[field->type])
                return -EBADMSG;
        switch (field->type) {
        case FIELD_BOOL:
                *(bool *) p = value;
                break;
        case FIELD_U8:
                *(uint8_t *) p = (uint8_t) value;
                break;
        case FIELD_U16:
                *(uint16_t *) p = (uint16_t) value;
                break;
        default:
                *(uint32_t *) p = value;
                break;
        }
        return 0;
}

static int parse_field(const Field *field, const json_t *value, void *p) {
        const char *text = json_string_value(value);

        if (field->type == FIELD_IFNAME) {
                if (!value)
                        return 0;
                if (!text || !wgp_ifname_is_valid(text))
                        return -EBADMSG;
                strcpy(p, text);
                return 0;
        }
        if (field->type == FIELD_PREFIX) {
                if (!value)
                        return 0;
                return text && wgp_prefix_parse(text, p, NULL) >= 0 ? 0 : -EBADMSG;
        }
        if (!value)
                return set_number(field, field->usual, p);
        if (field->type == FIELD_BOOL)
                return json_is_boolean(value) ? set_number(field, json_is_true(value), p) : -EBADMSG;
        if (!json_is_integer(value) || json_integer_value(value) < 0 || json_integer_value(value) > UINT32_MAX)
                return -EBADMSG;
        return set_number(field, (uint32_t) json_integer_value(value), p);
}

static int parse_object(const Field *fields, size_t n_fields, const json_t *o, void *object) {
        int r = json_is_object(o) ? 0 : -EBADMSG;

        for (size_t i = 0; r >= 0 && i < n_fields; i++)
                r = parse_field(fields + i, json_object_get(o, fields[i].name), (uint8_t *) object + fields[i].offset);
        return r;
}

static int parse_addresses(const json_t *array, WgpNetwork *network) {
        const json_t *o;
        size_t i;
        int r = json_is_array(array) ? 0 : -EBADMSG;

        json_array_foreach(array, i, o) {
                WgpAddress *address = r >= 0 ? wgp_network_add_address(network) : NULL;

                if (!address)
                        return r < 0 ? r : -ENOMEM;
                r = parse_object(address_fields, WGP_ARRAY_SIZE(address_fields), o, address);
        }
        return r;
}

static int parse_routes(const json_t *array, WgpNetwork *network) {
        const json_t *o;
        size_t i;
        int r = json_is_array(array) ? 0 : -EBADMSG;

        json_array_foreach(array, i, o) {
                WgpRoute *route = r >= 0 ? wgp_network_add_route(network) : NULL;

                if (!route)
                        return r < 0 ? r : -ENOMEM;
                r = parse_object(route_fields, WGP_ARRAY_SIZE(route_fields), o, route);
        }
        return r;
}

static int parse_rules(const json_t *array, WgpNetwork *network) {
        const json_t *o;
        size_t i;
        int r = json_is_array(array) ? 0 : -EBADMSG;

        json_array_foreach(array, i, o) {
                WgpRule *rule = r >= 0 ? wgp_network_add_rule(network) : NULL;

                if (!rule)
                        return r < 0 ? r : -ENOMEM;
                r = parse_object(rule_fields, WGP_ARRAY_SIZE(rule_fields), o, rule);
        }
        return r;
}

static int parse_name(const uint8_t key[static WGP_KEY_SIZE], const json_t *value, WgpState *state) {
        const char *host = json_string_value(json_object_get(value, "host"));
        const json_t *port = json_object_get(value, "port");
        WgpStateName *name;

        if (!host || !json_is_integer(port) || json_integer_value(port) < 0 || json_integer_value(port) > UINT16_MAX)
                return -EBADMSG;
        if (!wgp_grow(&state->names, &state->n_names_allocated, state->n_names + 1, sizeof(*name)))
                return -ENOMEM;

        name = state->names + state->n_names;
        *name = (WgpStateName) { .host = strdup(host), .port = (uint16_t) json_integer_value(port) };
        if (!name->host)
                return -ENOMEM;
        memcpy(name->public_key, key, WGP_KEY_SIZE);
        state->n_names++;
        return 0;
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

/* The index of "value" among "names", or -EBADMSG. */
static int parse_choice(const json_t *value, const char *const *names, size_t n_names) {
        const char *text = json_string_value(value);

        for (size_t i = 0; text && i < n_names; i++)
                if (streq(text, names[i]))
                        return (int) i;
        return -EBADMSG;
}

static int parse_head(const json_t *o, WgpState *state) {
        const char *name = json_string_value(json_object_get(o, "name"));
        int format = parse_choice(json_object_get(o, "format"), format_names, _WGP_FORMAT_N);
        int backend = parse_choice(json_object_get(o, "backend"), backend_names, _WGP_BACKEND_N);

        if (!name || format < 0 || backend < 0 || json_integer_value(json_object_get(o, "version")) != 1)
                return -EBADMSG;
        state->name = strdup(name);
        if (!state->name)
                return -ENOMEM;
        state->format = (WgpFormat) format;
        state->backend = (WgpBackend) backend;
        state->complete = json_is_true(json_object_get(o, "complete"));
        state->automatic_mtu = json_is_true(json_object_get(o, "automatic-mtu"));
        state->refresh_usec = (uint64_t) WGP_MAX(json_integer_value(json_object_get(o, "refresh-usec")), (json_int_t) 0);
        return 0;
}

/* Reads what wgp_state_format() wrote. Returns 0, -ENOMEM, or -EBADMSG. */
int wgp_state_parse(const char *text, size_t size, WgpState *ret) {
        _cleanup_(json_decrefp) json_t *o = json_loadb(text, size, JSON_REJECT_DUPLICATES, NULL);
        WgpState state = WGP_STATE_NULL;
        int r;

        if (!o)
                return -EBADMSG;

        r = parse_head(o, &state);
        if (r >= 0)
                r = parse_object(link_fields, WGP_ARRAY_SIZE(link_fields), json_object_get(o, "link"), &state.network.link);
        if (r >= 0)
                r = parse_object(device_fields, WGP_ARRAY_SIZE(device_fields), json_object_get(o, "device"),
                                &state.network.device);
        if (r >= 0)
                r = parse_peers(json_object_get(o, "peers"), &state);
        if (r >= 0)
                r = parse_addresses(json_object_get(o, "addresses"), &state.network);
        if (r >= 0)
                r = parse_routes(json_object_get(o, "routes"), &state.network);
        if (r >= 0)
                r = parse_rules(json_object_get(o, "rules"), &state.network);

        if (r < 0) {
                wgp_state_done(&state);
                return r;
        }
        *ret = state;
        return 0;
}
