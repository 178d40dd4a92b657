/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once
/* Public key of a private one, for programs that mostly do without. */

#include "model/device.h"

int wgp_public_key_derive(const uint8_t private_key[static WGP_KEY_SIZE], uint8_t ret[static WGP_KEY_SIZE]);
