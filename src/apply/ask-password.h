/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once
/* Ask: a secret that somebody types in, through systemd's password agents. */

#include "base/macro.h"

int wgp_ask_password(
                const char *id, const char *question, unsigned timeout_sec, size_t max, char **ret, size_t *ret_size);
