/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once
/* Input: files that somebody named, which may hold keys: read whole, and wiped. */

#include "base/macro.h"

typedef struct WgpInput WgpInput;

struct WgpInput {
        char *data; /* with a byte more than "size", as wgp_profile_parse() wants it; 0 */
        size_t size;
        unsigned mode; /* of the file; 0: not a regular one */
};

#define WGP_INPUT_NULL ((WgpInput) {})

int wgp_input_read(const char *path, size_t max, WgpInput *ret);
int wgp_input_copy(const WgpInput *input, WgpInput *ret);
void wgp_input_done(WgpInput *input);
