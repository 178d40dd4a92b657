/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Values: numbers, keys, names. Each parser takes the whole string or refuses it: no prefix is ever accepted. */

#include "model/value.h"

#include <arpa/inet.h>
#include <ctype.h>
#include <limits.h>
#include <net/if.h>
#include <stdio.h>

#include "base/utf8.h"

/* Digits only: no sign, no white space; leading zeros are fine. */
int wgp_parse_decimal(const char *s, uint64_t max, uint64_t *ret) {
        uint64_t v = 0;
        bool over = false;

        if (!*s)
                return -EINVAL;

        for (; *s; s++) {
                if (*s < '0' || *s > '9')
                        return -EINVAL;
                over = __builtin_mul_overflow(v, 10, &v) || __builtin_add_overflow(v, (uint64_t) (*s - '0'), &v) ||
                       over;
        }
        if (over || v > max)
                return -ERANGE;

        *ret = v;
        return 0;
}

/* strtoull() with base 0, as GLib reads a keyfile's numbers: "0x10" is 16, "010" is 8, white space around is fine. */
int wgp_parse_base0(const char *s, uint64_t max, uint64_t *ret) {
        unsigned long long v;
        char *end;

        while (isspace((unsigned char) *s))
                s++;
        if (!isdigit((unsigned char) *s))
                return *s == '-' ? -ERANGE : -EINVAL;

        errno = 0;
        v = strtoull(s, &end, 0);
        while (isspace((unsigned char) *end))
                end++;
        if (*end)
                return -EINVAL;
        if (errno == ERANGE || v > max)
                return -ERANGE;

        *ret = v;
        return 0;
}

/* wg(8)'s FwMark: "off", decimal, or hexadecimal with a lower-case "0x"; a leading zero does not mean octal. */
int wgp_parse_fwmark(const char *s, uint32_t *ret) {
        uint64_t v = 0;
        int r;

        if (strcasecmp(s, "off") == 0) {
                *ret = 0;
                return 0;
        }

        if (s[0] != '0' || s[1] != 'x') {
                r = wgp_parse_decimal(s, UINT32_MAX, &v);
                if (r < 0)
                        return r;
        } else {
                s += 2;
                if (!*s)
                        return -EINVAL;
                for (; *s; s++) {
                        if (!isxdigit((unsigned char) *s))
                                return -EINVAL;
                        v = v * 16 + (uint64_t) (isdigit((unsigned char) *s) ? *s - '0' : (*s | 0x20) - 'a' + 10);
                        if (v > UINT32_MAX)
                                return -ERANGE;
                }
        }

        *ret = (uint32_t) v;
        return 0;
}

/* A time span as in systemd.time(7), of whole numbers: they are added up, and seconds where there is no unit. Months
 * and years, which are none in particular, are not among the units. */
int wgp_parse_duration(const char *s, uint64_t *ret_usec) {
        static const struct {
                const char *unit;
                uint64_t usec;
        } units[] = {
                { "us", 1 },
                { "usec", 1 },
                { "ms", 1000 },
                { "msec", 1000 },
                { "", 1000000 },
                { "s", 1000000 },
                { "sec", 1000000 },
                { "second", 1000000 },
                { "seconds", 1000000 },
                { "m", 60000000 },
                { "min", 60000000 },
                { "minute", 60000000 },
                { "minutes", 60000000 },
                { "h", 3600000000 },
                { "hr", 3600000000 },
                { "hour", 3600000000 },
                { "hours", 3600000000 },
                { "d", 86400000000 },
                { "day", 86400000000 },
                { "days", 86400000000 },
                { "w", 604800000000 },
                { "week", 604800000000 },
                { "weeks", 604800000000 },
        };
        uint64_t total = 0;

        if (!*s)
                return -EINVAL;

        while (*s) {
                size_t n_digits, n_unit, i;
                uint64_t v;
                char digits[16];
                int r;

                s += strspn(s, " ");
                n_digits = strspn(s, "0123456789");
                if (n_digits == 0)
                        return -EINVAL;
                if (n_digits >= sizeof(digits))
                        return -ERANGE;
                memcpy(digits, s, n_digits);
                digits[n_digits] = 0;
                r = wgp_parse_decimal(digits, UINT64_MAX, &v);
                if (r < 0)
                        return r;
                s += n_digits;
                s += strspn(s, " ");

                n_unit = strspn(s, "abcdefghijklmnopqrstuvwxyz");
                for (i = 0; i < WGP_ARRAY_SIZE(units); i++)
                        if (strlen(units[i].unit) == n_unit && strncmp(units[i].unit, s, n_unit) == 0)
                                break;
                if (i == WGP_ARRAY_SIZE(units))
                        return -EINVAL;
                if (v > (UINT64_MAX - total) / units[i].usec)
                        return -ERANGE;
                total += v * units[i].usec;
                s += n_unit;
                s += strspn(s, " ");
        }

        *ret_usec = total;
        return 0;
}

/* systemd's booleans. */
int wgp_parse_boolean(const char *s, bool *ret) {
        static const char *const yes[] = { "1", "yes", "y", "true", "t", "on" };
        static const char *const no[] = { "0", "no", "n", "false", "f", "off" };

        for (size_t i = 0; i < WGP_ARRAY_SIZE(yes); i++) {
                if (strcasecmp(s, yes[i]) == 0) {
                        *ret = true;
                        return 0;
                }
                if (strcasecmp(s, no[i]) == 0) {
                        *ret = false;
                        return 0;
                }
        }
        return -EINVAL;
}

/* Keys: base64, as wg(8) reads and writes it.
 *
 * What time and caches tell is not defended against: keys are read once per start or change, by root, from a file that
 * only root may read, and are compared and written with plain code as well. What is defended against is memory that is
 * left behind: it is wiped. */

static const char base64_alphabet[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

/* 64 and the 6 bits of each character of base64, 0 for any other byte. A line per run of characters: */
/* clang-format off */
static const uint8_t base64_values[UINT8_MAX + 1] = {
        ['A'] = 64, 65, 66, 67, 68, 69, 70, 71, 72, 73, 74, 75, 76, 77, 78, 79, 80, 81, 82, 83, 84, 85, 86, 87, 88, 89,
        ['a'] = 90, 91, 92, 93, 94, 95, 96, 97, 98, 99, 100, 101, 102, 103, 104, 105, 106, 107, 108, 109, 110, 111, 112, 113, 114, 115,
        ['0'] = 116, 117, 118, 119, 120, 121, 122, 123, 124, 125,
        ['+'] = 126,
        ['/'] = 127,
};
/* clang-format on */

/* Copies without white space, as GLib reads base64. A text that is too long stays too long. */
static void copy_without_blanks(const char *s, char ret[static WGP_KEY_TEXT_SIZE + 1]) {
        size_t n = 0;

        for (; *s && n < WGP_KEY_TEXT_SIZE; s++)
                if (!isspace((unsigned char) *s))
                        ret[n++] = *s;
        ret[n] = 0;
}

/* Decodes four characters into three bytes. Returns false when one is not of base64; "ret" has been written then. */
static inline bool decode_four(uint8_t c0, uint8_t c1, uint8_t c2, uint8_t c3, uint8_t ret[static 3]) {
        const uint32_t a = base64_values[c0], b = base64_values[c1], c = base64_values[c2], d = base64_values[c3],
                       bits = (a << 18) + (b << 12) + (c << 6) + d - (64U << 18) - (64U << 12) - (64U << 6) - 64U;

        ret[0] = (uint8_t) (bits >> 16);
        ret[1] = (uint8_t) (bits >> 8);
        ret[2] = (uint8_t) bits;
        return a & b & c & d & 64;
}

/* Reads 43 characters and the padding. The bits of the last one that are no part of the key must be zero. */
static int decode_key(const char *s, uint8_t ret[static WGP_KEY_SIZE]) {
        const uint8_t *text = (const uint8_t *) s;
        uint8_t key[WGP_KEY_SIZE + 1];
        bool ok = true;

        if (strnlen(s, WGP_KEY_TEXT_SIZE) != WGP_KEY_TEXT_SIZE - 1 || s[WGP_KEY_TEXT_SIZE - 2] != '=')
                return -EINVAL;
        for (size_t i = 0; i + 3 < sizeof(key); i += 3, text += 4)
                ok &= decode_four(text[0], text[1], text[2], text[3], key + i);
        ok &= decode_four(text[0], text[1], text[2], 'A', key + sizeof(key) - 3);

        ok = ok && key[WGP_KEY_SIZE] == 0;
        if (ok)
                memcpy(ret, key, WGP_KEY_SIZE);
        explicit_bzero(key, sizeof(key));
        return ok ? 0 : -EINVAL;
}

int wgp_key_parse(const char *s, WgpKeyStyle style, uint8_t ret[static WGP_KEY_SIZE]) {
        char text[WGP_KEY_TEXT_SIZE + 1];
        int r;

        if (style == WGP_KEY_CANONICAL)
                return decode_key(s, ret);
        copy_without_blanks(s, text);
        r = decode_key(text, ret);
        explicit_bzero(text, sizeof(text));
        return r;
}

void wgp_key_format(const uint8_t key[static WGP_KEY_SIZE], char ret[static WGP_KEY_TEXT_SIZE]) {
        for (size_t i = 0; i < 11; i++) {
                uint32_t v = (uint32_t) key[3 * i] << 16 | (uint32_t) key[3 * i + 1] << 8 |
                             (3 * i + 2 < WGP_KEY_SIZE ? key[3 * i + 2] : 0U);

                for (size_t j = 0; j < 4; j++)
                        ret[4 * i + j] = base64_alphabet[v >> (18 - 6 * j) & 63];
        }
        ret[43] = '=';
        ret[44] = 0;
}

bool wgp_key_is_zero(const uint8_t key[static WGP_KEY_SIZE]) {
        static const uint8_t zero[WGP_KEY_SIZE] = {};

        return memcmp(key, zero, sizeof(zero)) == 0;
}

/* Gives a private key the form of RFC 7748, section 5, with the bits that X25519 fixes. The kernel stores and returns
 * it in that form: any other would look like a change with each reload, and cost every peer its session. */
void wgp_key_clamp(uint8_t private_key[static WGP_KEY_SIZE]) {
        private_key[0] &= 248;
        private_key[31] = (uint8_t) ((private_key[31] & 127) | 64);
}

bool wgp_ifname_is_valid(const char *name) {
        static const char *const reserved[] = { ".", "..", "all", "default", "bonding_masters" };
        size_t n = strlen(name);

        if (n == 0 || n >= IF_NAMESIZE)
                return false;
        for (size_t i = 0; i < n; i++)
                if (strchr("/:%", name[i]) || isspace((unsigned char) name[i]) || iscntrl((unsigned char) name[i]))
                        return false;
        for (size_t i = 0; i < WGP_ARRAY_SIZE(reserved); i++)
                if (streq(name, reserved[i]))
                        return false;
        return true;
}

/* Whether a rule can have a link's name in it: a string of nft(8) has no escapes, and a "*" in it may mean anything.
 */
bool wgp_ifname_fits_nft(const char *ifname) {
        return *ifname && !strpbrk(ifname, "\"*\\");
}

/* Whether a network namespace can have that name: it is a file's. */
bool wgp_netns_is_valid(const char *name) {
        for (const char *c = name; *c; c++)
                if (*c == '/' || (unsigned char) *c < ' ' || *c == 0x7f)
                        return false;
        return *name && *name != '.' && strlen(name) <= NAME_MAX && wgp_utf8_is_valid(name);
}
