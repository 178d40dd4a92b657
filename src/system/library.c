/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Loads libraries on demand. */

#include "system/library.h"

#include <dlfcn.h>

/* Loads a library and looks up its functions. Returns 0 with what dlclose(3) takes, if the caller cares to; -ELIBACC:
 * it cannot be loaded, dlerror(3) says why; -ELIBBAD: it lacks a function. */
int wgp_library_load(const char *file, const WgpSymbol *symbols, size_t n_symbols, void **ret) {
        void *library = dlopen(file, RTLD_NOW | RTLD_LOCAL);

        if (!library)
                return -ELIBACC;
        for (size_t i = 0; i < n_symbols; i++) {
                void *address = dlsym(library, symbols[i].name);

                if (!address) {
                        dlclose(library);
                        return -ELIBBAD;
                }
                memcpy(symbols[i].function, &address, sizeof(address));
        }
        *ret = library;
        return 0;
}
