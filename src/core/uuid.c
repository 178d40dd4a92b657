/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* UUIDs of version 3 (MD5) and 5 (SHA-1), RFC 9562. The two hashes are only names here, nothing rests on them; they are
 * written out since no library of ours has them. */

#include <ctype.h>
#include <stdio.h>

#include "core/uuid.h"

/* --- RFC 1321 and RFC 3174: both work on blocks of 64 bytes, with the length behind the last byte --- */

static uint32_t rotate(uint32_t x, unsigned n) {
        return x << n | x >> (32 - n);
}

static uint32_t load_le(const uint8_t *p) {
        return (uint32_t) p[3] << 24 | (uint32_t) p[2] << 16 | (uint32_t) p[1] << 8 | p[0];
}

static uint32_t load_be(const uint8_t *p) {
        return (uint32_t) p[0] << 24 | (uint32_t) p[1] << 16 | (uint32_t) p[2] << 8 | p[3];
}

static void md5_block(uint32_t state[static 5], const uint8_t *block) {
        static const uint8_t shifts[4][4] = { { 7, 12, 17, 22 }, { 5, 9, 14, 20 }, { 4, 11, 16, 23 }, { 6, 10, 15, 21 } };
        static const uint32_t sines[64] = {
                0xd76aa478, 0xe8c7b756, 0x242070db, 0xc1bdceee, 0xf57c0faf, 0x4787c62a, 0xa8304613, 0xfd469501,
                0x698098d8, 0x8b44f7af, 0xffff5bb1, 0x895cd7be, 0x6b901122, 0xfd987193, 0xa679438e, 0x49b40821,
                0xf61e2562, 0xc040b340, 0x265e5a51, 0xe9b6c7aa, 0xd62f105d, 0x02441453, 0xd8a1e681, 0xe7d3fbc8,
                0x21e1cde6, 0xc33707d6, 0xf4d50d87, 0x455a14ed, 0xa9e3e905, 0xfcefa3f8, 0x676f02d9, 0x8d2a4c8a,
                0xfffa3942, 0x8771f681, 0x6d9d6122, 0xfde5380c, 0xa4beea44, 0x4bdecfa9, 0xf6bb4b60, 0xbebfbc70,
                0x289b7ec6, 0xeaa127fa, 0xd4ef3085, 0x04881d05, 0xd9d4d039, 0xe6db99e5, 0x1fa27cf8, 0xc4ac5665,
                0xf4292244, 0x432aff97, 0xab9423a7, 0xfc93a039, 0x655b59c3, 0x8f0ccc92, 0xffeff47d, 0x85845dd1,
                0x6fa87e4f, 0xfe2ce6e0, 0xa3014314, 0x4e0811a1, 0xf7537e82, 0xbd3af235, 0x2ad7d2bb, 0xeb86d391,
        };
        uint32_t a = state[0], b = state[1], c = state[2], d = state[3];

        for (unsigned i = 0; i < 64; i++) {
                uint32_t f, t;
                unsigned word;

                switch (i / 16) {
                case 0:
                        f = (b & c) | (~b & d);
                        word = i;
                        break;
                case 1:
                        f = (d & b) | (~d & c);
                        word = (5 * i + 1) % 16;
                        break;
                case 2:
                        f = b ^ c ^ d;
                        word = (3 * i + 5) % 16;
                        break;
                default:
                        f = c ^ (b | ~d);
                        word = 7 * i % 16;
                }
                t = d;
                d = c;
                c = b;
                b += rotate(a + f + sines[i] + load_le(block + 4 * word), shifts[i / 16][i % 4]);
                a = t;
        }

        state[0] += a;
        state[1] += b;
        state[2] += c;
        state[3] += d;
}

static void sha1_block(uint32_t state[static 5], const uint8_t *block) {
        static const uint32_t constants[4] = { 0x5a827999, 0x6ed9eba1, 0x8f1bbcdc, 0xca62c1d6 };
        uint32_t a = state[0], b = state[1], c = state[2], d = state[3], e = state[4], w[80];

        for (unsigned i = 0; i < 16; i++)
                w[i] = load_be(block + 4 * i);
        for (unsigned i = 16; i < 80; i++)
                w[i] = rotate(w[i - 3] ^ w[i - 8] ^ w[i - 14] ^ w[i - 16], 1);

        for (unsigned i = 0; i < 80; i++) {
                uint32_t f = i < 20 ? (b & c) | (~b & d) : i >= 40 && i < 60 ? (b & c) | (b & d) | (c & d) : b ^ c ^ d;
                uint32_t t = rotate(a, 5) + f + e + w[i] + constants[i / 20];

                e = d;
                d = c;
                c = rotate(b, 30);
                b = a;
                a = t;
        }

        state[0] += a;
        state[1] += b;
        state[2] += c;
        state[3] += d;
        state[4] += e;
}

static void hash(void (*take_block)(uint32_t *, const uint8_t *), bool big_endian, const void *data, size_t size,
                uint32_t state[static 5]) {
        static const uint32_t start[5] = { 0x67452301, 0xefcdab89, 0x98badcfe, 0x10325476, 0xc3d2e1f0 };
        const uint8_t *p = data;
        uint8_t tail[128] = {};
        const size_t n_tail = size % 64, n_padded = n_tail < 56 ? 64 : 128;

        memcpy(state, start, sizeof(start));
        for (size_t i = 0; i + 64 <= size; i += 64)
                take_block(state, p + i);

        if (n_tail > 0)
                memcpy(tail, p + size - n_tail, n_tail);
        tail[n_tail] = 0x80;
        for (unsigned i = 0; i < 8; i++)
                tail[n_padded - 8 + (big_endian ? 7 - i : i)] = (uint8_t) ((uint64_t) size * 8 >> 8 * i);
        for (size_t i = 0; i < n_padded; i += 64)
                take_block(state, tail + i);
}

void wgp_md5(const void *data, size_t size, uint8_t ret[static 16]) {
        uint32_t state[5];

        hash(md5_block, /* big_endian= */ false, data, size, state);
        for (unsigned i = 0; i < 16; i++)
                ret[i] = (uint8_t) (state[i / 4] >> 8 * (i % 4));
}

void wgp_sha1(const void *data, size_t size, uint8_t ret[static 20]) {
        uint32_t state[5];

        hash(sha1_block, /* big_endian= */ true, data, size, state);
        for (unsigned i = 0; i < 20; i++)
                ret[i] = (uint8_t) (state[i / 4] >> (24 - 8 * (i % 4)));
}

/* --- UUIDs --- */

static void format_uuid(const uint8_t hashed[static 16], uint8_t version, char ret[static WGP_UUID_TEXT_SIZE]) {
        for (unsigned i = 0; i < 16; i++) {
                uint8_t byte = i == 6 ? (uint8_t) ((hashed[i] & 0x0f) | version << 4) :
                               i == 8 ? (uint8_t) ((hashed[i] & 0x3f) | 0x80) :
                                        hashed[i];

                ret += sprintf(ret, "%s%02x", i == 4 || i == 6 || i == 8 || i == 10 ? "-" : "", byte);
        }
}

static bool has_uuid_form(const char *s) {
        static const char form[] = "xxxxxxxx-xxxx-xxxx-xxxx-xxxxxxxxxxxx";

        for (size_t i = 0; i < sizeof(form); i++)
                if (form[i] == 'x' ? !isxdigit((unsigned char) s[i]) : s[i] != form[i])
                        return false;
        return true;
}

/* What NetworkManager once took for a UUID: 40 hexadecimal digits, or 36 of them and dashes, four of which are dashes. */
static bool has_old_form(const char *s) {
        size_t n_dashes = 0, n = strlen(s);

        for (size_t i = 0; i < n; i++)
                if (s[i] == '-')
                        n_dashes++;
                else if (!isxdigit((unsigned char) s[i]))
                        return false;
        return (n == 40 && n_dashes == 0) || (n == 36 && n_dashes == 4);
}

/* A UUID in lower case; of the older form NetworkManager's hash. Returns 0, or -EINVAL. */
int wgp_uuid_normalize(const char *s, char ret[static WGP_UUID_TEXT_SIZE]) {
        /* NetworkManager's, 4e72f709-ca95-4405-9053-1f43294a618c, and room for the text */
        uint8_t data[16 + 40] = { 0x4e, 0x72, 0xf7, 0x09, 0xca, 0x95, 0x44, 0x05, 0x90, 0x53, 0x1f, 0x43, 0x29, 0x4a, 0x61, 0x8c };
        uint8_t digest[20];
        size_t n = 0;

        if (!has_uuid_form(s) && !has_old_form(s))
                return -EINVAL;

        for (; s[n]; n++)
                data[16 + n] = (uint8_t) tolower((unsigned char) s[n]);
        if (has_uuid_form(s)) {
                memcpy(ret, data + 16, n);
                ret[n] = 0;
                return 0;
        }
        wgp_sha1(data, 16 + n, digest);
        format_uuid(digest, 5, ret);
        return 0;
}

/* The UUID of NAME.nmconnection when it states none. NetworkManager hashes the path in /etc, wherever the file is. */
void wgp_uuid_of_keyfile(const char *name, char ret[static WGP_UUID_TEXT_SIZE]) {
        /* b425e9fb-7598-44b4-9e3b-5a2e3aaa4905, "keyfile" and the path, each with its NUL */
        static const uint8_t start[16 + 8] =
                        "\xb4\x25\xe9\xfb\x75\x98\x44\xb4\x9e\x3b\x5a\x2e\x3a\xaa\x49\x05" "keyfile";
        uint8_t data[sizeof(start) + 64 + 256], digest[16];
        int n;

        memcpy(data, start, sizeof(start));
        n = snprintf((char *) data + sizeof(start), sizeof(data) - sizeof(start),
                        "/etc/NetworkManager/system-connections/%s.nmconnection", name);
        wgp_md5(data, WGP_MIN(sizeof(start) + (size_t) n + 1, sizeof(data)), digest);
        format_uuid(digest, 3, ret);
}
