/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once
/* Code: a text as a QR code for a phone's camera, by libqrencode, and as PNG, by libpng. Both are loaded when they are
 * needed. */

#include "base/code-text.h"

/* How much of a code may be covered or dirty: 7 %, 15 %. */
typedef enum WgpCodeLevel {
        WGP_CODE_LEVEL_L,
        WGP_CODE_LEVEL_M,
} WgpCodeLevel;

int wgp_code_make(const char *data, size_t size, WgpCodeLevel level, WgpCode *ret);
int wgp_code_make_png(const WgpCode *code, WgpText *ret);
void wgp_code_done(WgpCode *code);
