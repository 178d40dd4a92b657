/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once
/* Program: where another program is. */

#include "core/macro.h"

char *wgp_program_find(const char *name);
