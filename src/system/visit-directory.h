/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once
/* Visit a directory: every file in it, by name. */

#include "base/macro.h"

/* "file" is the name of a file in "directory". A negative return value ends the walk. */
typedef int (*WgpFileVisitor)(int directory, const char *file, void *userdata);

int wgp_visit_directory(int directory, WgpFileVisitor visit, void *userdata);
