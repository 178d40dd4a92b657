/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once
/* What store-*.c share. */

#include <sys/stat.h>

#include "system/profile-store.h"
#include "system/root-path.h"

typedef struct WgpStoreDirectory WgpStoreDirectory;

enum {
        WGP_STORE_DIRECTORIES_OURS = 4,
        WGP_STORE_DIRECTORIES = 8,
};

/* A directory that profiles are looked for in. */
struct WgpStoreDirectory {
        const char *path; /* inside the root */
        char *real;       /* the path to use with the root's descriptor; NULL: there is no such directory */
        bool unsafe;      /* others than root may replace files in it */
        bool denied;      /* the caller may not list it */
        bool closed;      /* nobody but root gets into it: the files' own modes do not matter */
};

struct WgpStore {
        char *root;  /* prefix of paths in messages: "" or without a final slash */
        int root_fd; /* AT_FDCWD: no root, paths are absolute */
        const WgpLookup *lookup;
        bool keep_entries, make_digest;
        WgpStoreDirectory directories[WGP_STORE_DIRECTORIES];
};

/* store-dropins.c */
int wgp_store_add_dropins(WgpStore *store, WgpStoreItem *item, unsigned directories);

/* store-open.c */
void wgp_store_judge_directory(const WgpStore *store, int fd, bool *ret_unsafe, bool *ret_closed);
char *wgp_store_shown_path(const WgpStore *store, const char *path);
