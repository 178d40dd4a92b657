/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once
/* Output of whole texts that may contain keys: past stdio, whose buffer nobody wipes. */

#include "base/macro.h"

int wgp_output_write(const char *data, size_t size);
int wgp_output_replace(const char *path, const char *data, size_t size, unsigned mode);
int wgp_output_create(const char *path, const char *data, size_t size);
