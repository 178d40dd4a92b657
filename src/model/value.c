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
                over = over || v > (UINT64_MAX - (uint64_t) (*s - '0')) / 10;
                v = over ? 0 : v * 10 + (uint64_t) (*s - '0');
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

enum {
        BASE64_INVALID = 0x80,
};

/* All ones when first <= c <= last, else zero: a comparison without a branch. */
static inline uint8_t range_mask(uint8_t c, uint8_t first, uint8_t last) {
        return (uint8_t) - (uint8_t) ((uint8_t) (c - first) <= (uint8_t) (last - first));
}

/* The 6 bits of one base64 character; BASE64_INVALID is among the bits of any other byte. There is no table and no
 * branch on the value, so that neither the cache nor the clock tells anything of a private key. Bytes only, so that
 * the compiler does sixteen at once. */
static inline uint8_t base64_bits(uint8_t c) {
        const uint8_t upper = range_mask(c, 'A', 'Z'), lower = range_mask(c, 'a', 'z'),
                      digit = range_mask(c, '0', '9'), plus = range_mask(c, '+', '+'), slash = range_mask(c, '/', '/');

        return (uint8_t) ((upper & (c - 'A')) | (lower & (c - 'a' + 26)) | (digit & (c - '0' + 52)) | (plus & 62) |
                          (slash & 63) | (~(upper | lower | digit | plus | slash) & BASE64_INVALID));
}

/* Copies the text of a key without its padding; what is left of "ret" is zero bits. */
static bool copy_key_text(const char *s, WgpKeyStyle style, char ret[static 48]) {
        size_t n = 0;
        bool ok;

        memset(ret, 'A', 48);
        if (style == WGP_KEY_CANONICAL) {
                n = strnlen(s, WGP_KEY_TEXT_SIZE);
                memcpy(ret, s, WGP_MIN(n, (size_t) WGP_KEY_TEXT_SIZE - 1));
        } else
                for (; *s; s++) {
                        if (isspace((unsigned char) *s))
                                continue;
                        if (n < WGP_KEY_TEXT_SIZE - 1)
                                ret[n] = *s;
                        n++;
                }

        ok = n == WGP_KEY_TEXT_SIZE - 1 && ret[n - 1] == '=';
        ret[WGP_KEY_TEXT_SIZE - 2] = 'A';
        return ok;
}

/* Reads 44 characters of base64. The bits of the last one that are no part of the key must be zero, as for wg(8). */
int wgp_key_parse(const char *s, WgpKeyStyle style, uint8_t ret[static WGP_KEY_SIZE]) {
        uint8_t key[WGP_KEY_SIZE + 1], bits[48], bad = 0;
        char text[48];
        bool ok;

        ok = copy_key_text(s, style, text);
        for (size_t i = 0; i < sizeof(bits); i++) {
                bits[i] = base64_bits((uint8_t) text[i]);
                bad |= bits[i];
        }
        for (size_t i = 0; i < sizeof(key) / 3; i++) {
                const uint8_t *b = bits + 4 * i;

                key[3 * i] = (uint8_t) (b[0] << 2 | b[1] >> 4);
                key[3 * i + 1] = (uint8_t) (b[1] << 4 | b[2] >> 2);
                key[3 * i + 2] = (uint8_t) (b[2] << 6 | b[3]);
        }

        ok = ok && !(bad & BASE64_INVALID) && key[WGP_KEY_SIZE] == 0;
        if (ok)
                memcpy(ret, key, WGP_KEY_SIZE);
        explicit_bzero(text, sizeof(text));
        explicit_bzero(bits, sizeof(bits));
        explicit_bzero(key, sizeof(key));
        return ok ? 0 : -EINVAL;
}

void wgp_key_format(const uint8_t key[static WGP_KEY_SIZE], char ret[static WGP_KEY_TEXT_SIZE]) {
        static const char alphabet[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

        for (size_t i = 0; i < 11; i++) {
                uint32_t v = (uint32_t) key[3 * i] << 16 | (uint32_t) key[3 * i + 1] << 8 |
                             (3 * i + 2 < WGP_KEY_SIZE ? key[3 * i + 2] : 0U);

                for (size_t j = 0; j < 4; j++)
                        ret[4 * i + j] = alphabet[v >> (18 - 6 * j) & 63];
        }
        ret[43] = '=';
        ret[44] = 0;
}

bool wgp_key_is_zero(const uint8_t key[static WGP_KEY_SIZE]) {
        uint8_t bits = 0;

        /* All bytes are read, whatever they hold: the time taken tells nothing about a key. */
        for (size_t i = 0; i < WGP_KEY_SIZE; i++)
                bits |= key[i];
        return bits == 0;
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
