/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Checks names of profiles, and turns them into unit instances as systemctl turns arguments into unit names
 * ("mangling"): only bytes that no unit name may have become \xNN, and "-" stays, so that "systemctl start
 * 'wg-profile@my vpn'" is the generator's unit. systemd-escape(1) is stricter. */

#include "system/profile-name.h"

static const char hex_digits[] = "0123456789abcdef";

static bool is_control(char c) {
        return (unsigned char) c < ' ' || c == 0x7f;
}

/* The bytes of VALID_CHARS_WITH_AT in systemd's src/basic/unit-name.c. "\" and ":" are among them there, and
 * never get here: wgp_profile_name_problem() refuses them. */
static bool is_unit_name_byte(char c) {
        return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
               (c && strchr("@:-_.\\", c));
}

static size_t escaped_length(const char *name) {
        size_t n = 0;

        for (; *name; name++)
                n += is_unit_name_byte(*name) ? 1 : strlen("\\xNN");
        return n;
}

/* Returns why there can be no profile of that name, as a sentence in static memory; NULL when there can. */
const char *wgp_profile_name_problem(const char *name) {
        static const struct {
                char byte;
                const char *problem;
        } refused[] = {
                { '\\', "The name of a profile cannot contain '\\': unit names escape with it." },
                { '*', "The name of a profile cannot contain '*': systemctl takes it for a pattern." },
                { '?', "The name of a profile cannot contain '?': systemctl takes it for a pattern." },
                { '[', "The name of a profile cannot contain '[': systemctl takes it for a pattern." },
                { '/', "The name of a profile cannot contain '/'." },
                { ':', "The name of a profile cannot contain ':': names of credentials end there." },
        };
        static const char taken[] = ".resolver";
        size_t n = strlen(name);

        if (!*name)
                return "The name of a profile cannot be empty.";
        if (*name == '.')
                return "The name of a profile cannot start with a dot.";
        if (n > strlen(taken) && streq(name + n - strlen(taken), taken))
                return "The name of a profile cannot end in '.resolver': the resolver's own files do.";
        for (const char *c = name; *c; c++) {
                if (is_control(*c))
                        return "The name of a profile cannot contain a control character.";
                for (size_t i = 0; i < WGP_ARRAY_SIZE(refused); i++)
                        if (*c == refused[i].byte)
                                return refused[i].problem;
        }
        if (escaped_length(name) > WGP_INSTANCE_MAX)
                return "The name of a profile is too long for a unit's name.";
        return NULL;
}

/* Returns how a file of that format ends, dot included. */
const char *wgp_format_suffix(WgpFormat format) {
        static const char *const suffixes[_WGP_FORMAT_N] = {
                [WGP_FORMAT_WG_QUICK] = ".conf",
                [WGP_FORMAT_KEYFILE] = ".nmconnection",
        };

        return suffixes[format];
}

/* Tells the format by the end of a file's name. Returns how many bytes stand before that; 0 and no format
 * when the file is no profile, or nothing but the suffix. */
size_t wgp_profile_name_length(const char *file_name, WgpFormat *ret_format) {
        size_t n = strlen(file_name);

        for (WgpFormat f = 0; f < _WGP_FORMAT_N; f++) {
                const char *suffix = wgp_format_suffix(f);
                size_t k = strlen(suffix);

                if (n > k && streq(file_name + n - k, suffix)) {
                        *ret_format = f;
                        return n - k;
                }
        }
        return 0;
}

/* Writes \xNN for each byte that "is_plain" does not take. Returns memory of the caller's, or NULL. */
static char *escape(const char *text, bool (*is_plain)(char c)) {
        char *escaped, *e;

        escaped = e = malloc(strlen(text) * strlen("\\xNN") + 1);
        if (!escaped)
                return NULL;

        for (; *text; text++)
                if (is_plain(*text))
                        *e++ = *text;
                else {
                        *e++ = '\\';
                        *e++ = 'x';
                        *e++ = hex_digits[(unsigned char) *text >> 4];
                        *e++ = hex_digits[*text & 0xf];
                }
        *e = 0;
        return escaped;
}

/* Returns the name as the instance of a unit, to be freed by the caller, or NULL when memory ran out. */
char *wgp_instance_escape(const char *name) {
        return escape(name, is_unit_name_byte);
}

static bool is_printable(char c) {
        return !is_control(c);
}

/* Returns the text with \xNN for control characters, so that it stays one line of a message; to be freed by
 * the caller, NULL when memory ran out. */
char *wgp_printable(const char *text) {
        return escape(text, is_printable);
}

static int hex_value(char c) {
        const char *digit = c ? strchr(hex_digits, c) : NULL;

        return digit ? (int) (digit - hex_digits) : -1;
}

/* Turns an instance back into the profile's name: only \xNN is replaced, never "-". Strict: an instance that
 * is not the one wgp_instance_escape() makes of the name ("my\x2dvpn", as systemd-escape(1) writes it) would
 * be a second unit for the same tunnel, without what the generator wrote for the first.
 *
 * Returns 0; -EINVAL for such an instance, and where the name is not allowed; -ENOMEM. */
int wgp_instance_unescape(const char *instance, char **ret) {
        _cleanup_(freep) char *name = NULL, *again = NULL;
        const char *start = instance;
        char *n;

        name = n = malloc(strlen(instance) + 1);
        if (!name)
                return -ENOMEM;

        while (*instance) {
                int high, low;

                if (*instance != '\\') {
                        *n++ = *instance++;
                        continue;
                }
                if (instance[1] != 'x' || (high = hex_value(instance[2])) < 0 || (low = hex_value(instance[3])) < 0)
                        return -EINVAL;
                *n++ = (char) (high << 4 | low);
                instance += strlen("\\xNN");
        }
        *n = 0;

        if (wgp_profile_name_problem(name))
                return -EINVAL;
        again = wgp_instance_escape(name);
        if (!again)
                return -ENOMEM;
        if (!streq(again, start))
                return -EINVAL;

        *ret = TAKE_PTR(name);
        return 0;
}
