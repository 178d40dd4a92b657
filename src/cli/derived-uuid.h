/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once
/* The UUID that NetworkManager gives a keyfile which states none. Pure. */

#include "core/macro.h"

enum {
        WGP_DERIVED_UUID_SIZE = sizeof("xxxxxxxx-xxxx-xxxx-xxxx-xxxxxxxxxxxx"),
};

int wgp_uuid_derive(const char *file_name, char ret[static WGP_DERIVED_UUID_SIZE]);
