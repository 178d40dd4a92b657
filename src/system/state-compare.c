/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Frees and compares records. */

#include "model/dns.h"
#include "model/prefix.h"
#include "model/value.h"
#include "system/state-internal.h"

void wgp_state_done(WgpState *state) {
        for (size_t i = 0; i < state->n_names; i++)
                free(state->names[i].host);
        for (size_t i = 0; i < state->n_alternates; i++)
                free(state->alternates[i].host);
        free(state->names);
        free(state->alternates);
        free(state->name);
        free(state->filter_problem);
        free(state->file);
        wgp_network_done(&state->network);
        *state = WGP_STATE_NULL;
}

static bool values_equal(const WgpStateField *field, const void *a, const void *b) {
        static const size_t sizes[] = {
                [WGP_STATE_BOOL] = sizeof(bool),
                [WGP_STATE_U8] = sizeof(uint8_t),
                [WGP_STATE_U16] = sizeof(uint16_t),
                [WGP_STATE_U32] = sizeof(uint32_t),
        };

        if (field->type == WGP_STATE_IFNAME)
                return streq(a, b);
        if (field->type == WGP_STATE_PREFIX)
                return wgp_prefix_compare(a, b) == 0;
        return memcmp(a, b, sizes[field->type]) == 0;
}

static bool objects_equal(const WgpStateObject *object, const void *a, const void *b) {
        for (size_t i = 0; i < object->n_fields; i++) {
                const WgpStateField *field = object->fields + i;

                if (!values_equal(field, (const uint8_t *) a + field->offset, (const uint8_t *) b + field->offset))
                        return false;
        }
        return true;
}

static bool arrays_equal(const WgpStateObject *object, const void *a, const void *b, size_t n) {
        for (size_t i = 0; i < n; i++)
                if (!objects_equal(object, (const uint8_t *) a + i * object->size,
                                    (const uint8_t *) b + i * object->size))
                        return false;
        return true;
}

static bool names_equal(const WgpStateName *a, const WgpStateName *b, size_t n) {
        for (size_t i = 0; i < n; i++)
                if (memcmp(a[i].public_key, b[i].public_key, WGP_KEY_SIZE) != 0 || a[i].port != b[i].port ||
                                a[i].replaced != b[i].replaced || !streq_ptr(a[i].host, b[i].host) ||
                                !wgp_sockaddr_equal(&a[i].address, &b[i].address))
                        return false;
        return true;
}

static bool endpoints_equal(const WgpState *a, const WgpState *b) {
        const WgpDevice *x = &a->network.device, *y = &b->network.device;

        if (x->n_peers != y->n_peers || a->n_names != b->n_names || a->n_alternates != b->n_alternates)
                return false;
        for (size_t i = 0; i < x->n_peers; i++)
                if (memcmp(x->peers[i].public_key, y->peers[i].public_key, WGP_KEY_SIZE) != 0 ||
                                !wgp_sockaddr_equal(&x->peers[i].endpoint, &y->peers[i].endpoint))
                        return false;
        return names_equal(a->names, b->names, a->n_names) &&
               names_equal(a->alternates, b->alternates, a->n_alternates);
}

static bool hooks_equal(const WgpNetwork *a, const WgpNetwork *b) {
        if (a->n_hooks != b->n_hooks || a->hooks_done != b->hooks_done)
                return false;
        for (size_t i = 0; i < a->n_hooks; i++)
                if (a->hooks[i].type != b->hooks[i].type || !streq(a->hooks[i].command, b->hooks[i].command) ||
                                !streq(a->hooks[i].place, b->hooks[i].place))
                        return false;
        return true;
}

/* Whether two records would be written alike, order included. */
bool wgp_state_equal(const WgpState *a, const WgpState *b) {
        const WgpNetwork *x = &a->network, *y = &b->network;

        if (!streq(a->name, b->name) || !streq_ptr(x->netns, y->netns) || a->format != b->format ||
                        a->backend != b->backend || a->complete != b->complete ||
                        a->automatic_mtu != b->automatic_mtu || a->ipv6 != b->ipv6 || a->of_unit != b->of_unit ||
                        a->save_config != b->save_config || a->digest != b->digest ||
                        a->refresh_usec != b->refresh_usec || !streq_ptr(a->file, b->file) || !hooks_equal(x, y) ||
                        x->n_addresses != y->n_addresses || x->n_routes != y->n_routes || x->n_rules != y->n_rules ||
                        !objects_equal(&wgp_state_link, &x->link, &y->link) ||
                        !objects_equal(&wgp_state_device, &x->device, &y->device) ||
                        !objects_equal(&wgp_state_filter, &x->filter, &y->filter) ||
                        !objects_equal(&wgp_state_kill_switch, &x->kill_switch, &y->kill_switch) ||
                        !objects_equal(&wgp_state_valid_mark, &x->valid_mark, &y->valid_mark) ||
                        !streq_ptr(a->filter_problem, b->filter_problem) || !endpoints_equal(a, b) ||
                        !wgp_dns_equal(&x->dns, &y->dns) || !streq_ptr(x->zone, y->zone))
                return false;

        return arrays_equal(&wgp_state_address, x->addresses, y->addresses, x->n_addresses) &&
               arrays_equal(&wgp_state_route, x->routes, y->routes, x->n_routes) &&
               arrays_equal(&wgp_state_rule, x->rules, y->rules, x->n_rules);
}
