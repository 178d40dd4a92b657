/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Opens and closes the profile store, and says who may write to its directories. */

#include <fcntl.h>
#include <stdio.h>

#include "system/profile-name.h"
#include "system/store-internal.h"

/* Returns the path as a person outside the root has to write it, in one line; NULL when memory ran out. */
char *wgp_store_shown_path(const WgpStore *store, const char *path) {
        _cleanup_(freep) char *whole = NULL;

        if (asprintf(&whole, "%s%s", store->root, path) < 0) {
                whole = NULL;
                return NULL;
        }
        return wgp_printable(whole);
}

/* Whether a directory protects its files. Inside a root, the caller may own files as well. */
void wgp_store_judge_directory(const WgpStore *store, int fd, bool *ret_unsafe, bool *ret_closed) {
        struct stat st;

        *ret_unsafe = true;
        *ret_closed = false;
        if (fstat(fd, &st) < 0)
                return;
        *ret_unsafe = (st.st_mode & (S_IWGRP | S_IWOTH)) ||
                      (st.st_uid != 0 && !(store->root_fd >= 0 && st.st_uid == geteuid()));
        *ret_closed = !(st.st_mode & (S_IXGRP | S_IXOTH));
}

/* Returns 0, -ENOMEM, or why the root cannot be opened. */
int wgp_store_open(const WgpStoreOptions *options, WgpStore **ret) {
        _cleanup_(wgp_store_freep) WgpStore *store = NULL;
        const char *root = options->root ?: "";
        size_t n = strlen(root);

        store = calloc(1, sizeof(*store));
        if (!store)
                return -ENOMEM;
        store->lookup = options->lookup;
        store->keep_entries = options->keep_entries;
        store->make_digest = options->make_digest;
        store->root_fd = AT_FDCWD;

        while (n > 0 && root[n - 1] == '/')
                n--;
        store->root = strndup(root, n);
        if (!store->root)
                return -ENOMEM;

        if (n > 0) {
                store->root_fd = open(store->root, O_PATH | O_DIRECTORY | O_CLOEXEC);
                if (store->root_fd < 0)
                        return -errno;
        }

        *ret = TAKE_PTR(store);
        return 0;
}

WgpStore *wgp_store_free(WgpStore *store) {
        if (!store)
                return NULL;

        for (unsigned i = 0; i < WGP_STORE_DIRECTORIES; i++)
                free(store->directories[i].real);
        if (store->root_fd >= 0)
                close(store->root_fd);
        free(store->root);
        free(store);
        return NULL;
}

void wgp_store_item_done(WgpStoreItem *item) {
        for (size_t i = 0; i < item->n_dropins; i++) {
                free(item->dropins[i].path);
                free(item->dropins[i].real);
        }
        free(item->dropins);
        free(item->name);
        free(item->path);
        if (item->rival)
                wgp_store_item_done(item->rival);
        free(item->rival);
        *item = WGP_STORE_ITEM_NULL;
}

void wgp_store_list_done(WgpStoreList *list) {
        for (size_t i = 0; i < list->n_items; i++)
                wgp_store_item_done(list->items + i);
        free(list->items);
        *list = WGP_STORE_LIST_NULL;
}
