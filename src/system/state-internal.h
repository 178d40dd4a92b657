/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once
/* What state-*.c share: the fields of a record's objects, described once for writing, reading and comparing. */

#include <jansson.h>

#include "system/state.h"

typedef struct WgpStateField WgpStateField;
typedef struct WgpStateObject WgpStateObject;

typedef enum WgpStateFieldType {
        WGP_STATE_BOOL,
        WGP_STATE_U8,
        WGP_STATE_U16,
        WGP_STATE_U32,
        WGP_STATE_PREFIX,
        WGP_STATE_IFNAME, /* char[IF_NAMESIZE] */
} WgpStateFieldType;

struct WgpStateField {
        const char *name;
        WgpStateFieldType type;
        size_t offset;
        uint32_t usual; /* not written; assumed when absent */
};

struct WgpStateObject {
        const WgpStateField *fields;
        size_t n_fields;
        size_t size; /* of the struct, in bytes */
};

extern const WgpStateObject wgp_state_address, wgp_state_route, wgp_state_rule, wgp_state_link, wgp_state_device,
                wgp_state_filter, wgp_state_kill_switch, wgp_state_valid_mark;

extern const char *const wgp_state_format_names[_WGP_FORMAT_N];
extern const char *const wgp_state_backend_names[_WGP_BACKEND_N];

int wgp_state_set_number(const WgpStateField *field, uint32_t value, void *p);
void wgp_state_set_usual(const WgpStateObject *object, void *to);

int wgp_state_take_lines(const char *text, size_t size, WgpState *state, char **ret, size_t *ret_size);

json_t *wgp_state_format_dns(const WgpDns *dns);
int wgp_state_parse_dns(const json_t *o, WgpDns *dns);
