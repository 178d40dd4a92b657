/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once
/* Whole file: text that is written and read whole. */

#include "base/macro.h"

int wgp_write_all(int fd, const char *data, size_t size);
int wgp_write_file(int directory, const char *file, const char *text);
int wgp_read_fd(int fd, size_t max, char **ret, size_t *ret_size);
int wgp_read_file(int directory, const char *file, size_t max, char **ret, size_t *ret_size);
