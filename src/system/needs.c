/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Writes and lists the files that say what the stop of a tunnel needs. */

#include "system/needs.h"

#include <fcntl.h>
#include <limits.h>
#include <stdio.h>

#include "system/profile-name.h"
#include "system/root-path.h"
#include "system/visit-directory.h"

enum {
        NAMES_MAX = 5000, /* of tunnels: as many profiles as the generator takes */
};

static const char *const suffixes[_WGP_NEED_N] = {
        [WGP_NEED_NETNS] = ".needs-netns",
        [WGP_NEED_SAVECONFIG] = ".needs-saveconfig",
        [WGP_NEED_RESOLVCONF] = ".needs-resolvconf",
        [WGP_NEED_HOOKS] = ".needs-hooks",
};

static int file_name(const char *name, WgpNeed need, char ret[static NAME_MAX + 1]) {
        return snprintf(ret, NAME_MAX + 1, "%s%s", name, suffixes[need]) > NAME_MAX ? -ENAMETOOLONG : 0;
}

/* Leaves a file for each bit. "directory" is that of the records. Returns 0 or a negative errno. */
int wgp_needs_add(int directory, const char *name, unsigned bits) {
        for (WgpNeed need = 0; need < _WGP_NEED_N; need++) {
                _cleanup_(wgp_closep) int fd = -EBADF;
                char file[NAME_MAX + 1];
                int r;

                if (!(bits & 1U << need))
                        continue;
                r = file_name(name, need, file);
                if (r < 0)
                        return r;
                fd = openat(directory, file, O_WRONLY | O_CREAT | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC, 0600);
                if (fd < 0)
                        return -errno;
        }
        return 0;
}

/* Removes the files of all other bits. Each is tried. Returns 0 or the first negative errno. */
int wgp_needs_keep_only(int directory, const char *name, unsigned bits) {
        int r = 0;

        for (WgpNeed need = 0; need < _WGP_NEED_N; need++) {
                char file[NAME_MAX + 1];

                if (!(bits & 1U << need) && file_name(name, need, file) >= 0 && unlinkat(directory, file, 0) < 0 &&
                                errno != ENOENT)
                        wgp_gather(&r, -errno);
        }
        return r;
}

/* Returns 0, or a negative errno: -EACCES: only root may look. */
int wgp_needs_read(int directory, const char *name, unsigned *ret_bits) {
        unsigned bits = 0;

        for (WgpNeed need = 0; need < _WGP_NEED_N; need++) {
                char file[NAME_MAX + 1];
                int r;

                r = file_name(name, need, file);
                if (r < 0)
                        return r;
                if (faccessat(directory, file, F_OK, AT_SYMLINK_NOFOLLOW) >= 0)
                        bits |= 1U << need;
                else if (errno != ENOENT)
                        return -errno;
        }
        *ret_bits = bits;
        return 0;
}

/* --- of all tunnels --- */

/* Recognises the need by the end of a file's name. Returns the length of the name before it, 0: another file. */
static size_t name_length(const char *file, WgpNeed *ret) {
        const size_t n = strlen(file);

        for (WgpNeed need = 0; need < _WGP_NEED_N; need++) {
                const size_t k = strlen(suffixes[need]);

                if (n > k && streq(file + n - k, suffixes[need])) {
                        *ret = need;
                        return n - k;
                }
        }
        return 0;
}

static int add_file(int directory, const char *file, void *userdata) {
        WgpNeedsList *list = userdata;
        WgpNeeds *item;
        WgpNeed need;
        size_t n = name_length(file, &need);

        if (n == 0 || list->n_items >= (size_t) NAMES_MAX * _WGP_NEED_N)
                return 0;
        if (!wgp_grow(&list->items, &list->n_allocated, list->n_items + 1, sizeof(*list->items)))
                return -ENOMEM;
        item = list->items + list->n_items;
        *item = (WgpNeeds) { .name = strndup(file, n), .bits = 1U << need };
        if (!item->name)
                return -ENOMEM;
        if (wgp_profile_name_problem(item->name)) { /* there is no unit of that name */
                free(item->name);
                return 0;
        }
        list->n_items++;
        return 0;
}

static int compare(const void *x, const void *y) {
        const WgpNeeds *a = x, *b = y;

        return strcmp(a->name, b->name);
}

static void sort_and_merge(WgpNeedsList *list) {
        WgpNeeds *items = list->items;
        size_t n = 0;

        if (list->n_items == 0)
                return;
        qsort(items, list->n_items, sizeof(*items), compare);
        for (size_t i = 0; i < list->n_items; i++)
                if (n > 0 && streq(items[n - 1].name, items[i].name)) {
                        items[n - 1].bits |= items[i].bits;
                        free(items[i].name);
                } else
                        items[n++] = items[i];
        list->n_items = n;
}

/* Reads which tunnels need what. No file is opened. "directory" is that of the records. Returns 0 or a negative errno.
 */
int wgp_needs_list(int directory, WgpNeedsList *ret) {
        _cleanup_(wgp_needs_list_done) WgpNeedsList list = WGP_NEEDS_LIST_NULL;
        int r;

        r = wgp_visit_directory(directory, add_file, &list);
        if (r < 0)
                return r;

        sort_and_merge(&list);
        *ret = list;
        list = WGP_NEEDS_LIST_NULL;
        return 0;
}

/* Returns the needs of one tunnel, or NULL. */
const WgpNeeds *wgp_needs_list_find(const WgpNeedsList *list, const char *name) {
        const WgpNeeds key = { .name = (char *) name };

        return list->n_items > 0 ? bsearch(&key, list->items, list->n_items, sizeof(key), compare) : NULL;
}

void wgp_needs_list_done(WgpNeedsList *list) {
        for (size_t i = 0; i < list->n_items; i++)
                free(list->items[i].name);
        free(list->items);
        *list = WGP_NEEDS_LIST_NULL;
}
