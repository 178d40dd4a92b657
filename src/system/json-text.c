/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Puts any bytes into JSON and back. jansson refuses bytes that are not UTF-8, and reports that as lack of memory. */

#include "system/json-text.h"

#include "base/macro.h"

/* Each byte is written as the character of its number, Latin-1, which is the same for all of ASCII. Returns
 * NULL for NULL, and when memory ran out. */
json_t *wgp_json_bytes(const char *s) {
        _cleanup_(freep) char *text = s ? malloc(strlen(s) * 2 + 1) : NULL;
        char *to = text;

        for (; text && *s; s++)
                if ((unsigned char) *s < 0x80)
                        *to++ = *s;
                else {
                        *to++ = (char) (0xc0 | (unsigned char) *s >> 6);
                        *to++ = (char) (0x80 | ((unsigned char) *s & 0x3f));
                }
        if (!text)
                return NULL;
        *to = 0;
        return json_string(text);
}

/* Sets nothing when "s" is NULL. Returns 0, or -ENOMEM. */
int wgp_json_set_bytes(json_t *o, const char *key, const char *s) {
        return s && json_object_set_new_nocheck(o, key, wgp_json_bytes(s)) < 0 ? -ENOMEM : 0;
}

/* Takes the bytes back out of Latin-1. Returns 0, -EBADMSG, or -ENOMEM. */
int wgp_json_bytes_parse(const json_t *value, char **ret) {
        const char *s = json_string_value(value);
        char *text, *to;

        if (!s)
                return -EBADMSG;
        text = to = malloc(strlen(s) + 1);
        if (!text)
                return -ENOMEM;
        for (; *s; s++)
                if ((unsigned char) *s < 0x80)
                        *to++ = *s;
                else if (((unsigned char) *s & 0xfc) == 0xc0) { /* one of two bytes: jansson takes UTF-8 only */
                        *to++ = (char) ((unsigned char) s[0] << 6 | ((unsigned char) s[1] & 0x3f));
                        s++;
                } else {
                        free(text);
                        return -EBADMSG;
                }
        *to = 0;
        *ret = text;
        return 0;
}

/* The same for a value that may be missing: "*ret" is left alone then. */
int wgp_json_get_bytes(const json_t *o, const char *key, char **ret) {
        const json_t *value = json_object_get(o, key);

        return value ? wgp_json_bytes_parse(value, ret) : 0;
}

/* A string of whatever bytes a file has: those that JSON cannot carry are written as \xNN. Returns NULL when memory
 * ran out; NULL gives null. */
json_t *wgp_json_text(const char *text) {
        static const char digits[] = "0123456789abcdef";
        char *escaped, *e;
        json_t *json;
        size_t size;

        if (!text)
                return json_null();
        json = json_string(text);
        if (json)
                return json;

        size = 4 * strlen(text) + 1;
        escaped = e = malloc(size);
        if (!escaped)
                return NULL;
        for (; *text; text++)
                if ((unsigned char) *text < 0x80)
                        *e++ = *text;
                else {
                        *e++ = '\\';
                        *e++ = 'x';
                        *e++ = digits[(unsigned char) *text >> 4];
                        *e++ = digits[*text & 0xf];
                }
        *e = 0;

        json = json_string(escaped);
        wgp_wipe_free(escaped, size);
        return json;
}
