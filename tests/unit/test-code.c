/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Codes for phones: what zbarimg(1) reads in the PNG, in the SVG and on the terminal are the bytes that went in. */

#include <criterion/criterion.h>
#include <stdio.h>
#include <unistd.h>

#include "cli/code.h"

enum {
        SCALE = 4, /* pixels of a module in the pictures that are made here */
        TEXT_MAX = 3000,
};

/* A picture that is made of what was written, not of the code. */
typedef struct Picture {
        uint8_t dark[256][256];
        unsigned width, height;
} Picture;

static void save(const char *path, const char *data, size_t size) {
        FILE *f = fopen(path, "w");

        cr_assert(f);
        cr_assert_eq(fwrite(data, 1, size, f), size);
        cr_assert_eq(fclose(f), 0);
}

static void expect_decoded(const char *path, const char *expected, size_t size, const char *what) {
        char command[128], found[TEXT_MAX + 16];
        FILE *f;
        size_t n;

        snprintf(command, sizeof(command), "zbarimg --quiet --raw --oneshot -Sdisable -Sqrcode.enable -Sbinary %s",
                        path);
        f = popen(command, "r");
        cr_assert(f);
        n = fread(found, 1, sizeof(found), f);
        cr_expect_eq(pclose(f), 0, "%s of %zu bytes: zbarimg found no code", what, size);
        cr_expect(n == size && memcmp(found, expected, size) == 0, "%s: %zu bytes instead of %zu", what, n, size);
}

static void expect_picture(const Picture *picture, const char *expected, size_t size, const char *what) {
        char path[] = "/tmp/wgp-code-XXXXXX";
        int fd = mkstemp(path);
        FILE *f = fd < 0 ? NULL : fdopen(fd, "w");

        cr_assert(f);
        fprintf(f, "P5\n%u %u\n255\n", picture->width * SCALE, picture->height * SCALE);
        for (unsigned y = 0; y < picture->height * SCALE; y++)
                for (unsigned x = 0; x < picture->width * SCALE; x++)
                        fputc(picture->dark[y / SCALE][x / SCALE] ? 0 : 255, f);
        cr_assert_eq(fclose(f), 0);
        expect_decoded(path, expected, size, what);
        unlink(path);
}

static bool skip(const char **s, const char *word) {
        const size_t n = strlen(word);

        if (strncmp(*s, word, n) != 0)
                return false;
        *s += n;
        return true;
}

/* Half blocks, as a terminal shows them: what is drawn is light. */
static void read_blocks(const char *s, Picture *picture) {
        unsigned x = 0, y = 0;

        memset(picture, 0, sizeof(*picture));
        while (*s) {
                bool upper = true, lower = true;

                if (skip(&s, "\033[40;37;1m") || skip(&s, "\033[0m"))
                        continue;
                if (skip(&s, "\n")) {
                        picture->width = x;
                        x = 0;
                        y += 2;
                        continue;
                }
                if (skip(&s, "\u2588"))
                        upper = lower = false;
                else if (skip(&s, "\u2580"))
                        upper = false;
                else if (skip(&s, "\u2584"))
                        lower = false;
                else
                        cr_assert(skip(&s, " "), "what is this: %.8s", s);
                cr_assert(x < 256 && y + 1 < 256);
                picture->dark[y][x] = upper;
                picture->dark[y + 1][x++] = lower;
        }
        picture->height = y;
}

static void read_ascii(const char *s, Picture *picture) {
        unsigned x = 0, y = 0;

        memset(picture, 0, sizeof(*picture));
        while (*s) {
                if (skip(&s, "\033[0m"))
                        continue;
                if (skip(&s, "\n")) {
                        picture->width = x;
                        x = 0;
                        y++;
                        continue;
                }
                cr_assert(x < 256 && y < 256);
                if (skip(&s, "##") || skip(&s, "\033[40m  "))
                        picture->dark[y][x++] = true;
                else {
                        cr_assert(skip(&s, "\033[47m  ") || skip(&s, "  "));
                        x++;
                }
        }
        picture->height = y;
}

static void read_svg(const char *s, Picture *picture) {
        unsigned x, y, n;

        memset(picture, 0, sizeof(*picture));
        cr_assert_eq(sscanf(strstr(s, "viewBox"), "viewBox=\"0 0 %u %u\"", &picture->width, &n), 2);
        picture->height = n;
        for (s = strstr(s, "d=\"") + strlen("d=\""); sscanf(s, "M%u,%uh1v1h-1z", &x, &y) == 2;
                        s = strchr(s, 'z') + 1) {
                cr_assert(x < 256 && y < 256);
                picture->dark[y][x] = true;
        }
        cr_assert_eq(*s, '"');
}

static void check(const char *text, size_t size, WgpCodeLevel level) {
        _cleanup_(wgp_text_done) WgpText png = WGP_TEXT_NULL, svg = WGP_TEXT_NULL;
        _cleanup_(wgp_code_done) WgpCode code = {};
        char path[] = "/tmp/wgp-code-XXXXXX";
        Picture picture;

        cr_assert_eq(wgp_code_make(text, size, level, &code), 0, "%zu bytes", size);
        cr_assert_eq(wgp_code_make_png(&code, &png), 0);
        close(mkstemp(path));
        save(path, png.data, png.size);
        expect_decoded(path, text, size, "PNG");
        unlink(path);

        wgp_code_write_svg(&code, &svg);
        read_svg(svg.data, &picture);
        expect_picture(&picture, text, size, "SVG");

        for (WgpCodeStyle style = WGP_CODE_BLOCKS; style <= WGP_CODE_ASCII; style++)
                for (unsigned colours = 0; colours < 2; colours++) {
                        _cleanup_(wgp_text_done) WgpText shown = WGP_TEXT_NULL;

                        wgp_code_write(&code, style, colours, &shown);
                        (style == WGP_CODE_BLOCKS ? read_blocks : read_ascii)(shown.data, &picture);
                        cr_expect_eq(picture.width * (style == WGP_CODE_BLOCKS ? 1 : 2),
                                        wgp_code_columns(&code, style));
                        cr_expect_eq(picture.height / (style == WGP_CODE_BLOCKS ? 2 : 1),
                                        wgp_code_lines(&code, style));
                        expect_picture(&picture, text, size, "terminal");
                }
}

Test(code, same_bytes) {
        static const char profile[] =
                        "# phone, a client of vpn\n[Interface]\nPrivateKey = "
                        "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHk8=\nAddress = 10.8.0.2/32, fd00::2/128\nDNS = 10.8.0.1\n\n"
                        "[Peer]\nPublicKey = xTIBA5rboUvnH4htodjb6e697QjLERt1NAB4mZqp8Dg=\nPresharedKey = "
                        "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHk8=\nAllowedIPs = 0.0.0.0/0, ::/0\nEndpoint = "
                        "vpn.example.com:51820\nPersistentKeepalive = 25\n";
        static const char name[] = "# Zo\xc3\xab, a client of b\xc3\xbcro\n";

        check(profile, strlen(profile), WGP_CODE_LEVEL_M);
        check(profile, strlen(profile), WGP_CODE_LEVEL_L);
        check(name, strlen(name), WGP_CODE_LEVEL_M);
}

/* Of version 40, ISO/IEC 18004 table 7. */
Test(code, longest) {
        static const struct {
                WgpCodeLevel level;
                size_t size;
        } rows[] = { { WGP_CODE_LEVEL_L, 2953 }, { WGP_CODE_LEVEL_M, 2331 } };
        char text[TEXT_MAX];

        for (size_t i = 0; i < sizeof(text); i++)
                text[i] = (char) ('a' + i * 7 % 26);
        for (size_t i = 0; i < WGP_ARRAY_SIZE(rows); i++) {
                _cleanup_(wgp_code_done) WgpCode code = {};

                check(text, rows[i].size, rows[i].level);
                cr_expect_eq(wgp_code_make(text, rows[i].size + 1, rows[i].level, &code), -ERANGE);
        }
}
