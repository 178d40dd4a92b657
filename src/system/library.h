/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once
/* Library: one that is loaded only where it is needed, since most runs do without it. */

#include "base/macro.h"

typedef struct WgpSymbol WgpSymbol;

struct WgpSymbol {
        const char *name;
        void *function; /* the pointer to a function that gets the address */
};

int wgp_library_load(const char *file, const WgpSymbol *symbols, size_t n_symbols, void **ret);
