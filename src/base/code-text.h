/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once
/* Code text: a square code (ISO/IEC 18004) as characters for a terminal, as SVG, and as pixels. Pure. */

#include "base/text.h"

typedef struct WgpCode WgpCode;

struct WgpCode {
        uint8_t *modules; /* row by row; bit 0: dark, as libqrencode has them */
        unsigned width;
};

enum {
        WGP_CODE_QUIET = 4,      /* light modules around it, ISO/IEC 18004 section 9.1 */
        WGP_CODE_PIXELS = 8,     /* of a module, each way: easy to see for a camera */
        WGP_CODE_WIDTH_MAX = 177 /* of version 40 */
};

/* How a terminal can show it. */
typedef enum WgpCodeStyle {
        WGP_CODE_BLOCKS, /* UTF-8: two rows of modules a line */
        WGP_CODE_ASCII,  /* two columns a module */
} WgpCodeStyle;

unsigned wgp_code_columns(const WgpCode *code, WgpCodeStyle style);
unsigned wgp_code_lines(const WgpCode *code, WgpCodeStyle style);
void wgp_code_write(const WgpCode *code, WgpCodeStyle style, bool colours, WgpText *text);
void wgp_code_write_svg(const WgpCode *code, WgpText *text);
unsigned wgp_code_pixels(const WgpCode *code);
void wgp_code_write_pixels(const WgpCode *code, uint8_t *ret);
