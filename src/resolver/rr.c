/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Resource records in wire format, RFC 1035 section 3.2.1: name, type, class, TTL, length, data. Pure. */

#include "resolver/rr.h"

enum {
        FIXED_SIZE = 10, /* type, class, TTL and length */
        TTL_OFFSET = 4,  /* from the type */
        LENGTH_OFFSET = 8,
        LABEL_MAX = 63,
        NAME_TEXT_MAX = 253,
};

/* Skips a name, which is not compressed: there is no message to point into. Returns where it ends, or 0. */
static size_t skip_name(const uint8_t *data, size_t size) {
        size_t i = 0;

        while (i < size && data[i] > 0) {
                if (data[i] > LABEL_MAX)
                        return 0;
                i += 1 + (size_t) data[i];
        }
        return i < size ? i + 1 : 0; /* the empty label at the end */
}

/* Only names as host names are: a dot within a label, or a control byte, is refused. */
static int format_name(const uint8_t *data, size_t size, char **ret) {
        char text[NAME_TEXT_MAX + 1];
        size_t n = 0;

        if (skip_name(data, size) != size || size > NAME_TEXT_MAX + 2 || size < 2)
                return -EBADMSG;
        for (size_t i = 0; data[i] > 0; i += 1 + (size_t) data[i]) {
                if (n > 0)
                        text[n++] = '.';
                for (size_t k = 1; k <= data[i]; k++) {
                        if (data[i + k] <= ' ' || data[i + k] == '.' || data[i + k] >= 127)
                                return -EBADMSG;
                        text[n++] = (char) data[i + k];
                }
        }
        text[n] = 0;
        *ret = strdup(text);
        return *ret ? 0 : -ENOMEM;
}

static uint32_t read_32(const uint8_t *data) {
        return (uint32_t) data[0] << 24 | (uint32_t) data[1] << 16 | (uint32_t) data[2] << 8 | data[3];
}

/* Returns the TTL of a record in seconds, and the name that an alias leads to, to be freed, where "ret_alias" is not
 * NULL. Returns 0, -EBADMSG or -ENOMEM. */
int wgp_rr_parse(const uint8_t *data, size_t size, uint32_t *ret_ttl, char **ret_alias) {
        size_t i = skip_name(data, size), length;
        int r = 0;

        if (i == 0 || size - i < FIXED_SIZE)
                return -EBADMSG;
        length = (size_t) data[i + LENGTH_OFFSET] << 8 | data[i + LENGTH_OFFSET + 1];
        if (ret_alias)
                r = size - i - FIXED_SIZE < length ? -EBADMSG : format_name(data + i + FIXED_SIZE, length, ret_alias);
        if (r >= 0)
                *ret_ttl = read_32(data + i + TTL_OFFSET);
        return r;
}
