/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once
/* Shell quoting: names in commands that are printed for somebody to paste. Pure. */

#include "base/macro.h"

char *wgp_shell_quote(const char *word);
