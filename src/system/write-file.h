/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once
/* Write file: text that has to be there whole. */

#include "core/macro.h"

int wgp_write_all(int fd, const char *data, size_t size);
int wgp_write_file(int directory, const char *file, const char *text);
