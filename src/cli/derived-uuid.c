/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The derived UUID: version 3 of RFC 9562 (MD5 of a name space and a name). The name is the word "keyfile" and the path
 * in /etc, even of a file in another directory, each with its NUL: nms-keyfile-reader.c of NetworkManager. */

#include "cli/derived-uuid.h"

#include <limits.h>
#include <md5.h>
#include <stdio.h>

static const uint8_t name_space[] = { /* b425e9fb-7598-44b4-9e3b-5a2e3aaa4905 */
        0xb4, 0x25, 0xe9, 0xfb, 0x75, 0x98, 0x44, 0xb4, 0x9e, 0x3b, 0x5a, 0x2e, 0x3a, 0xaa, 0x49, 0x05,
};

/* "file_name" is without directory, with its suffix. Returns 0, or -ENAMETOOLONG. */
int wgp_uuid_derive(const char *file_name, char ret[static WGP_DERIVED_UUID_SIZE]) {
        static const char kind[] = "keyfile", directory[] = "/etc/NetworkManager/system-connections";
        uint8_t d[MD5_DIGEST_LENGTH];
        char path[PATH_MAX];
        MD5_CTX context;
        int n;

        n = snprintf(path, sizeof(path), "%s/%s", directory, file_name);
        if (n < 0 || (size_t) n >= sizeof(path))
                return -ENAMETOOLONG;

        MD5Init(&context);
        MD5Update(&context, name_space, sizeof(name_space));
        MD5Update(&context, (const uint8_t *) kind, sizeof(kind));
        MD5Update(&context, (const uint8_t *) path, (size_t) n + 1);
        MD5Final(d, &context);

        d[6] = (uint8_t) ((d[6] & 0x0f) | 0x30); /* the version */
        d[8] = (uint8_t) ((d[8] & 0x3f) | 0x80); /* the variant */
        snprintf(ret, WGP_DERIVED_UUID_SIZE,
                        "%02x%02x%02x%02x-%02x%02x-%02x%02x-%02x%02x-%02x%02x%02x%02x%02x%02x", d[0], d[1], d[2],
                        d[3], d[4], d[5], d[6], d[7], d[8], d[9], d[10], d[11], d[12], d[13], d[14], d[15]);
        return 0;
}
