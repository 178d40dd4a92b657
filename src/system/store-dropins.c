/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Finds a profile's drop-ins: NAME.<suffix>.d/ of all four directories, merged by file name. The file in the highest
 * directory counts; they apply in the order of their names, whatever their directory. */

#include <dirent.h>
#include <stdio.h>

#include "system/profile-name.h"
#include "system/store-internal.h"

typedef struct Dropin {
        WgpStoreFile dropin;
        unsigned directory; /* lower: wins */
} Dropin;

typedef struct Dropins {
        Dropin *items;
        size_t n_items, n_allocated;
} Dropins;

static void dropin_done(Dropin *d) {
        free(d->dropin.path);
        free(d->dropin.real);
}

static void dropins_done(Dropins *dropins) {
        for (size_t i = 0; i < dropins->n_items; i++)
                dropin_done(dropins->items + i);
        free(dropins->items);
}

/* Adds one file; with "file" NULL the directory itself. */
static int add(Dropins *dropins, const Dropin *what, const char *path, const char *real, const char *file) {
        Dropin d = *what;

        if (!wgp_grow(&dropins->items, &dropins->n_allocated, dropins->n_items + 1, sizeof(d)))
                return -ENOMEM;
        if (asprintf(&d.dropin.path, "%s%s%s", path, file ? "/" : "", file ?: "") < 0)
                return -ENOMEM;
        if (asprintf(&d.dropin.real, "%s%s%s", real, file ? "/" : "", file ?: "") < 0) {
                free(d.dropin.path);
                return -ENOMEM;
        }
        dropins->items[dropins->n_items++] = d;
        return 0;
}

static bool is_dropin(const char *file) {
        size_t n = strlen(file), k = strlen(".conf");

        return *file != '.' && n > k && streq(file + n - k, ".conf");
}

static int read_directory(WgpStore *store, const WgpStoreItem *item, unsigned i, Dropins *dropins) {
        const WgpStoreDirectory *parent = store->directories + i;
        _cleanup_(freep) char *path = NULL, *real = NULL;
        Dropin what = { .directory = i };
        const struct dirent *entry;
        DIR *directory;
        int fd, r = 0;

        if (asprintf(&path, "%s/%s%s.d", parent->path, item->name, wgp_format_suffix(item->format)) < 0) {
                path = NULL;
                return -ENOMEM;
        }

        fd = wgp_root_open_directory(store->root_fd, path, &real);
        if (fd == -ENOENT || fd == -ENOTDIR || fd == -ENOMEM)
                return fd == -ENOMEM ? fd : 0;
        /* A directory that cannot be listed is an item itself: loading the profile fails on it and says so. */
        if (fd < 0)
                return add(dropins, &what, path, store->root_fd >= 0 ? path + 1 : path, NULL);

        wgp_store_judge_directory(store, fd, &what.dropin.unsafe, &what.dropin.closed);
        what.dropin.unsafe |= parent->unsafe;
        what.dropin.closed |= parent->closed;

        directory = fdopendir(fd);
        if (!directory) {
                close(fd);
                return -ENOMEM;
        }
        while (r >= 0 && dropins->n_items <= WGP_STORE_DROPINS_MAX && (entry = readdir(directory)))
                if (is_dropin(entry->d_name))
                        r = add(dropins, &what, path, real, entry->d_name);
        closedir(directory);
        return r;
}

static const char *base_name(const Dropin *d) {
        return strrchr(d->dropin.path, '/') + 1;
}

static int compare(const void *x, const void *y) {
        const Dropin *a = x, *b = y;
        int r;

        r = strcmp(base_name(a), base_name(b));
        return r != 0 ? r : (int) a->directory - (int) b->directory;
}

/* Fills in the item's drop-ins. "directories" has bit 1 << i set when the i-th directory has a
 * NAME.<suffix>.d. More than WGP_STORE_DROPINS_MAX files are not listed to the end: loading the profile
 * refuses it.
 *
 * Returns 0, or -ENOMEM. */
int wgp_store_add_dropins(WgpStore *store, WgpStoreItem *item, unsigned directories) {
        _cleanup_(dropins_done) Dropins dropins = {};
        const char *last = NULL;
        int r;

        for (unsigned i = 0; i < WGP_STORE_DIRECTORIES_OURS; i++) {
                if (!(directories & 1U << i))
                        continue;
                r = read_directory(store, item, i, &dropins);
                if (r < 0)
                        return r;
        }
        if (dropins.n_items == 0)
                return 0;

        qsort(dropins.items, dropins.n_items, sizeof(*dropins.items), compare);
        item->dropins = calloc(dropins.n_items, sizeof(*item->dropins));
        if (!item->dropins)
                return -ENOMEM;
        for (size_t i = 0; i < dropins.n_items; i++) {
                Dropin *d = dropins.items + i;

                if (last && streq(base_name(d), last))
                        continue;
                last = base_name(d);
                item->dropins[item->n_dropins++] = d->dropin;
                d->dropin = (WgpStoreFile) {};
        }
        return 0;
}
