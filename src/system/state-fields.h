/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once
/* The fields of a state file's objects, described once for writing, reading and comparing. Private to state-*.c. */

#include "system/state.h"

typedef struct StateField StateField;
typedef struct StateObject StateObject;

typedef enum StateFieldType {
        STATE_BOOL,
        STATE_U8,
        STATE_U16,
        STATE_U32,
        STATE_PREFIX,
        STATE_IFNAME, /* char[IF_NAMESIZE] */
} StateFieldType;

struct StateField {
        const char *name;
        StateFieldType type;
        size_t offset;
        uint32_t usual; /* not written; assumed when absent */
};

struct StateObject {
        const StateField *fields;
        size_t n_fields;
        size_t size; /* of the struct, in bytes */
};

extern const StateObject state_address, state_route, state_rule, state_link, state_device, state_filter,
                state_kill_switch, state_valid_mark;

extern const char *const state_format_names[_WGP_FORMAT_N];
extern const char *const state_backend_names[_WGP_BACKEND_N];

int state_set_number(const StateField *field, uint32_t value, void *p);
void state_set_usual(const StateObject *object, void *to);

int state_take_lines(const char *text, size_t size, WgpState *state, char **ret, size_t *ret_size);
