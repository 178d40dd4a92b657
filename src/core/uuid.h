/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once
/* UUIDs that NetworkManager derives: from a file's path, and from an identifier of its older form. Pure. */

#include "core/macro.h"

enum {
        WGP_UUID_TEXT_SIZE = 37, /* 36 characters and the NUL */
};

int wgp_uuid_normalize(const char *s, char ret[static WGP_UUID_TEXT_SIZE]);
void wgp_uuid_of_keyfile(const char *name, char ret[static WGP_UUID_TEXT_SIZE]);

void wgp_md5(const void *data, size_t size, uint8_t ret[static 16]);
void wgp_sha1(const void *data, size_t size, uint8_t ret[static 20]);
