/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once
/* UTF-8, as far as text of a profile is judged by it. Pure. */

#include "base/macro.h"

size_t wgp_utf8_size(const char *s);
bool wgp_utf8_is_control(const char *s, size_t n);
bool wgp_utf8_is_printable(const char *s);
bool wgp_utf8_is_valid(const char *s);
