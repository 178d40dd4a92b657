/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once
/* Ask password: a key that a person types in. */

#include "base/macro.h"

int wgp_ask_password(
                const char *id, const char *question, unsigned timeout_sec, size_t max, char **ret, size_t *ret_size);
