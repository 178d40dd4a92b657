/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once
/* Replace a file: whoever opens it sees the old text or the new one, whole, under the same owner and mode. */

#include <limits.h>
#include <sys/stat.h>

#include "base/macro.h"

/* Conditions of wgp_replace_file(). */
enum {
        _WGP_REPLACE_E_SUCCESS,
        WGP_REPLACE_E_CHANGED, /* it is not what was read */
};

/* A file that was read, to be replaced. */
typedef struct WgpReplace {
        int fd;
        struct stat st;
        char path[PATH_MAX]; /* without links */
        bool linked;         /* the path that it was opened by is a link to it */
        char *data;          /* and a NUL behind it */
        size_t size;
} WgpReplace;

#define WGP_REPLACE_NULL ((WgpReplace) { .fd = -1 })

int wgp_replace_open(const char *root, const char *path, size_t size_max, WgpReplace *ret);
bool wgp_replace_is_in_usr(const WgpReplace *file, const char *root);
bool wgp_replace_is_private(const WgpReplace *file);
int wgp_replace_file(const WgpReplace *old, const char *data, size_t size);
void wgp_replace_done(WgpReplace *old);
