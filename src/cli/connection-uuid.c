/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The UUIDs of connections: versions 3 (MD5) and 5 (SHA-1) of RFC 9562, each of a name space and a name. */

#include "cli/connection-uuid.h"

#include <ctype.h>
#include <limits.h>
#include <md5.h>
#include <sha1.h>
#include <stdio.h>

static void format_uuid(const uint8_t *digest, uint8_t version, char ret[static WGP_UUID_TEXT_SIZE]) {
        for (unsigned i = 0; i < 16; i++) {
                uint8_t byte = i == 6 ? (uint8_t) ((digest[i] & 0x0f) | version << 4) :
                               i == 8 ? (uint8_t) ((digest[i] & 0x3f) | 0x80) : /* the variant */
                                        digest[i];

                ret += sprintf(ret, "%s%02x", i == 4 || i == 6 || i == 8 || i == 10 ? "-" : "", byte);
        }
}

/* The UUID of a keyfile that states none. The name is the word "keyfile" and the path in /etc, even of a file in
 * another directory, each with its NUL: nms-keyfile-reader.c of NetworkManager. "file_name" is without directory, with
 * its suffix.
 *
 * Returns 0, or -ENAMETOOLONG. */
int wgp_uuid_of_file(const char *file_name, char ret[static WGP_UUID_TEXT_SIZE]) {
        static const char kind[] = "keyfile", directory[] = "/etc/NetworkManager/system-connections";
        static const uint8_t name_space[] = {
                /* b425e9fb-7598-44b4-9e3b-5a2e3aaa4905 */
                0xb4,
                0x25,
                0xe9,
                0xfb,
                0x75,
                0x98,
                0x44,
                0xb4,
                0x9e,
                0x3b,
                0x5a,
                0x2e,
                0x3a,
                0xaa,
                0x49,
                0x05,
        };
        uint8_t digest[MD5_DIGEST_LENGTH];
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
        MD5Final(digest, &context);
        format_uuid(digest, 3, ret);
        return 0;
}

/* A UUID for the one connection that has a key, from the first bytes of the public one, which are as random as any:
 * version 8 of RFC 9562. */
void wgp_uuid_of_key(const uint8_t key[static 16], char ret[static WGP_UUID_TEXT_SIZE]) {
        format_uuid(key, 8, ret);
}

/* The UUID of a keyfile that states one, which must be of either form: in lower case, and of the older form its hash.
 */
void wgp_uuid_of_text(const char *stated, char ret[static WGP_UUID_TEXT_SIZE]) {
        static const uint8_t name_space[] = {
                /* 4e72f709-ca95-4405-9053-1f43294a618c */
                0x4e,
                0x72,
                0xf7,
                0x09,
                0xca,
                0x95,
                0x44,
                0x05,
                0x90,
                0x53,
                0x1f,
                0x43,
                0x29,
                0x4a,
                0x61,
                0x8c,
        };
        uint8_t digest[SHA1_DIGEST_LENGTH];
        char text[64] = "";
        SHA1_CTX context;
        size_t n = 0;

        for (; stated[n] && n < sizeof(text) - 1; n++)
                text[n] = (char) tolower((unsigned char) stated[n]);
        if (!wgp_uuid_is_old(text)) {
                snprintf(ret, WGP_UUID_TEXT_SIZE, "%s", text);
                return;
        }

        SHA1Init(&context);
        SHA1Update(&context, name_space, sizeof(name_space));
        SHA1Update(&context, (const uint8_t *) text, n);
        SHA1Final(digest, &context);
        format_uuid(digest, 5, ret);
}
