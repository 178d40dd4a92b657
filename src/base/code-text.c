/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Code text. Light is drawn and dark is left out, since most terminals are dark; with colours, they are stated. */

#include "base/code-text.h"

static unsigned whole_width(const WgpCode *code) {
        return code->width + 2 * WGP_CODE_QUIET;
}

/* Coordinates count from the corner of the quiet zone; beyond it, everything is light. */
static bool is_dark(const WgpCode *code, unsigned x, unsigned y) {
        if (x < WGP_CODE_QUIET || y < WGP_CODE_QUIET || x >= WGP_CODE_QUIET + code->width ||
                        y >= WGP_CODE_QUIET + code->width)
                return false;
        return code->modules[(y - WGP_CODE_QUIET) * code->width + (x - WGP_CODE_QUIET)] & 1;
}

/* How much room it takes, quiet zone included. */
unsigned wgp_code_columns(const WgpCode *code, WgpCodeStyle style) {
        return whole_width(code) * (style == WGP_CODE_BLOCKS ? 1 : 2);
}

unsigned wgp_code_lines(const WgpCode *code, WgpCodeStyle style) {
        return style == WGP_CODE_BLOCKS ? (whole_width(code) + 1) / 2 : whole_width(code);
}

static void write_block_line(const WgpCode *code, unsigned y, WgpText *text) {
        /* by whether the upper and the lower module are dark: full block, lower half, upper half, nothing */
        static const char *const blocks[2][2] = { { "\u2588", "\u2580" }, { "\u2584", " " } };

        for (unsigned x = 0; x < whole_width(code); x++)
                wgp_text_append(text, blocks[is_dark(code, x, y)][is_dark(code, x, y + 1)]);
}

static void write_ascii_line(const WgpCode *code, unsigned y, bool colours, WgpText *text) {
        for (unsigned x = 0; x < whole_width(code); x++)
                if (colours)
                        wgp_text_append(text, is_dark(code, x, y) ? "\033[40m  " : "\033[47m  ");
                else
                        wgp_text_append(text, is_dark(code, x, y) ? "##" : "  ");
}

/* Writes it as lines of characters. */
void wgp_code_write(const WgpCode *code, WgpCodeStyle style, bool colours, WgpText *text) {
        const unsigned step = style == WGP_CODE_BLOCKS ? 2 : 1;

        for (unsigned y = 0; y < whole_width(code); y += step) {
                if (style == WGP_CODE_BLOCKS) {
                        wgp_text_append(text, colours ? "\033[40;37;1m" : ""); /* bright white on black */
                        write_block_line(code, y, text);
                } else
                        write_ascii_line(code, y, colours, text);
                wgp_text_append(text, colours ? "\033[0m\n" : "\n");
        }
}

/* Writes it as a picture of paths, one unit a module. */
void wgp_code_write_svg(const WgpCode *code, WgpText *text) {
        const unsigned n = whole_width(code);

        wgp_text_printf(text,
                        "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n"
                        "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"%u\" height=\"%u\" viewBox=\"0 0 %u %u\" "
                        "shape-rendering=\"crispEdges\">\n"
                        "<rect width=\"%u\" height=\"%u\" fill=\"#fff\"/>\n<path d=\"",
                        n * WGP_CODE_PIXELS, n * WGP_CODE_PIXELS, n, n, n, n);
        for (unsigned y = 0; y < n; y++)
                for (unsigned x = 0; x < n; x++)
                        if (is_dark(code, x, y))
                                wgp_text_printf(text, "M%u,%uh1v1h-1z", x, y);
        wgp_text_append(text, "\" fill=\"#000\"/>\n</svg>\n");
}

/* Pixels each way. */
unsigned wgp_code_pixels(const WgpCode *code) {
        return whole_width(code) * WGP_CODE_PIXELS;
}

/* Writes one byte a pixel, row by row: 0 is black, 255 is white. */
void wgp_code_write_pixels(const WgpCode *code, uint8_t *ret) {
        const unsigned n = wgp_code_pixels(code);

        for (unsigned y = 0; y < n; y++)
                for (unsigned x = 0; x < n; x++)
                        ret[(size_t) y * n + x] = is_dark(code, x / WGP_CODE_PIXELS, y / WGP_CODE_PIXELS) ? 0 : 255;
}
