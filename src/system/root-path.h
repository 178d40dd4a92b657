/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once
/* Paths inside a root: opening what a path means in the tree below a directory. "root_fd" is that directory,
 * or AT_FDCWD for this system's own root. */

#include <limits.h>
#include <unistd.h>

#include "base/macro.h"

int wgp_root_resolve(int root_fd, const char *path, char ret[static PATH_MAX]);
int wgp_root_path(const char *root, const char *path, char **ret);
int wgp_root_open_directory(int root_fd, const char *path, char **ret_real);
int wgp_root_open_file(int root_fd, const char *real, const char *path, bool *ret_symlink);

static inline void wgp_closep(int *fd) {
        if (*fd >= 0)
                close(*fd);
}
