/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Resource records in wire format, RFC 1035 section 3.2.1: name, type, class, TTL, length, data. Pure. */

#include "resolver/resolve.h"

enum {
        FIXED_SIZE = 10, /* type, class, TTL and length */
        TTL_OFFSET = 4,  /* from the type */
        LABEL_MAX = 63,
};

/* The name is not compressed: there is no message to point into. */
int wgp_rr_parse_ttl(const uint8_t *data, size_t size, uint32_t *ret) {
        size_t i = 0;

        while (i < size && data[i] > 0) {
                if (data[i] > LABEL_MAX)
                        return -EBADMSG;
                i += 1 + (size_t) data[i];
        }
        i++; /* the empty label at the end */
        if (i > size || size - i < FIXED_SIZE)
                return -EBADMSG;

        data += i + TTL_OFFSET;
        *ret = (uint32_t) data[0] << 24 | (uint32_t) data[1] << 16 | (uint32_t) data[2] << 8 | data[3];
        return 0;
}
