/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once
/* Key store: where a key lies that was made here, in a file of its own or as an encrypted credential. */

#include "base/text.h"
#include "cli/cli.h"

int wgp_key_store_find(int root_fd, const char *name, char **ret_path);
int wgp_key_store_save(int root_fd, const char *path, const char *data, size_t size);
int wgp_key_store_encrypt(const char *id, const char *key_text, WgpText *ret);
char *wgp_key_store_path(const char *name, bool encrypted);
