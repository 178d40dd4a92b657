/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once
/* What NetworkManager takes for a UUID: uuid= of a keyfile. Pure; nothing here is hashed, since nothing that a tunnel
 * is made of depends on it. */

#include "base/macro.h"

enum {
        WGP_UUID_TEXT_SIZE = sizeof("xxxxxxxx-xxxx-xxxx-xxxx-xxxxxxxxxxxx"),
};

bool wgp_uuid_is_canonical(const char *s);
bool wgp_uuid_is_old(const char *s);
