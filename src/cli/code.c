/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "cli/code.h"

#include <png.h>
#include <qrencode.h>

#include "system/library.h"

static typeof(QRcode_encodeData) *encode_data;
static typeof(QRcode_free) *free_code;
static typeof(png_image_write_to_memory) *write_to_memory;

void wgp_code_done(WgpCode *code) {
        wgp_wipe_free(code->modules, (size_t) code->width * code->width);
        *code = (WgpCode) {};
}

static int load_qrencode(void) {
        const WgpSymbol symbols[] = {
                { "QRcode_encodeData", &encode_data },
                { "QRcode_free", &free_code },
        };
        void *library;

        return wgp_library_load(WGP_QRENCODE_SONAME, symbols, WGP_ARRAY_SIZE(symbols), &library);
}

/* Makes the smallest code that has the text, for wgp_code_done(). Returns 0, -ERANGE when no code is large enough,
 * -ENOENT when libqrencode is not there, or another negative errno. */
int wgp_code_make(const char *data, size_t size, WgpCodeLevel level, WgpCode *ret) {
        QRcode *code;
        size_t n;
        int r;

        r = load_qrencode();
        if (r < 0)
                return r;
        if (size > INT_MAX)
                return -ERANGE;
        code = encode_data((int) size, (const unsigned char *) data, /* version= */ 0,
                        level == WGP_CODE_LEVEL_L ? QR_ECLEVEL_L : QR_ECLEVEL_M);
        if (!code)
                return -errno;
        n = (size_t) code->width * (size_t) code->width;
        *ret = (WgpCode) { .modules = malloc(n), .width = (unsigned) code->width };
        if (ret->modules)
                memcpy(ret->modules, code->data, n);
        explicit_bzero(code->data, n);
        free_code(code);
        return ret->modules ? 0 : -ENOMEM;
}

static int write_png(const WgpCode *code, const uint8_t *pixels, WgpText *ret) {
        png_image image = {
                .version = PNG_IMAGE_VERSION,
                .width = wgp_code_pixels(code),
                .height = wgp_code_pixels(code),
                .format = PNG_FORMAT_GRAY,
        };
        png_alloc_size_t size = PNG_IMAGE_PNG_SIZE_MAX(image);

        if (!wgp_grow(&ret->data, &ret->n_allocated, size, 1))
                return -ENOMEM;
        if (!write_to_memory(&image, ret->data, &size, /* convert_to_8_bit= */ 0, pixels, /* row_stride= */ 0, NULL))
                return -EIO;
        ret->size = size;
        return 0;
}

/* Writes the code as PNG. Returns 0, -ENOENT when libpng is not there, or another negative errno. */
int wgp_code_make_png(const WgpCode *code, WgpText *ret) {
        const WgpSymbol symbol = { "png_image_write_to_memory", &write_to_memory };
        const size_t n = (size_t) wgp_code_pixels(code) * wgp_code_pixels(code);
        uint8_t *pixels;
        void *library;
        int r;

        r = wgp_library_load(WGP_PNG_SONAME, &symbol, 1, &library);
        if (r < 0)
                return r;
        pixels = malloc(n);
        if (!pixels)
                return -ENOMEM;
        wgp_code_write_pixels(code, pixels);
        r = write_png(code, pixels, ret);
        wgp_wipe_free(pixels, n);
        return r;
}
