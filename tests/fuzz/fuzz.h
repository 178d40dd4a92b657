/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once
/* libFuzzer's entry point, also called by local-main.c where there is no libFuzzer. */

#include <stdio.h>

#include "base/diag.h"
#include "model/profile.h"

#define check(ok)                                                                        \
        do                                                                               \
                if (!(ok)) {                                                             \
                        fprintf(stderr, "%s:%d: not so: %s\n", __FILE__, __LINE__, #ok); \
                        abort();                                                         \
                }                                                                        \
        while (0)

/* A private key that the dictionary holds: no twenty of its characters may come back in a diagnostic. */
#define FUZZ_SECRET "yAnz5TF+lXXJte14tji3zlMNqxhd2rYUIgJBgB3fBmk="

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

uint8_t *fuzz_copy(const uint8_t *data, size_t size);
void fuzz_check_diagnostics(const WgpDiagnostics *d, bool secrets);

void fuzz_profile(WgpFormat format, const uint8_t *data, size_t size);
