/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once
/* The UUID that NetworkManager gives a connection: from the path of a keyfile that states none, or from what an older
 * version wrote. Pure. */

#include "base/uuid.h"

int wgp_uuid_of_file(const char *file_name, char ret[static WGP_UUID_TEXT_SIZE]);
void wgp_uuid_of_key(const uint8_t key[static 16], char ret[static WGP_UUID_TEXT_SIZE]);
void wgp_uuid_of_text(const char *stated, char ret[static WGP_UUID_TEXT_SIZE]);
