/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Reads a profile with its drop-ins. Each file is opened first and judged by its descriptor, so that what is judged
 * is what is read; the target of a link is judged, not the link. All problems of all files are reported in one run. */

#include <fcntl.h>
#include <stdio.h>
#include <sys/sysmacros.h>

#include "base/digest.h"
#include "base/text.h"
#include "parse/parse.h"
#include "system/profile-name.h"
#include "system/store-internal.h"
#include "system/whole-file.h"

typedef struct Loader {
        const WgpStore *store;
        const WgpStoreItem *item;
        WgpDiagnostics *diagnostics;
        WgpProfile *profile;
} Loader;

/* One file while it is open. */
typedef struct Input {
        int fd;
        struct stat st;
        bool closed; /* only root gets into its directory */
        char *shown;
} Input;

static void input_done(Input *input) {
        if (input->fd >= 0)
                close(input->fd);
        free(input->shown);
}

static bool is_file_argument(const Loader *l) {
        return l->item->directory == WGP_STORE_NO_DIRECTORY;
}

/* Reports an error of the file as a whole. Returns a negative errno. */
static int _printf_(3, 4) add_error(const Loader *l, const Input *input, const char *format, ...) {
        _cleanup_(freep) char *text = NULL;
        va_list ap;

        va_start(ap, format);
        text = wgp_vasprintf(format, ap);
        va_end(ap);
        return text ? wgp_error(l->diagnostics, &(WgpPlace) { .file = input->shown }, "%s", text) : -ENOMEM;
}

static int unreadable(int r) {
        return r == -ENOMEM ? r : WGP_STORE_E_UNREADABLE;
}

/* Opens a regular file that is not empty. Returns 0, WGP_STORE_E_MASKED, WGP_STORE_E_UNREADABLE (reported),
 * or -ENOMEM. */
static int open_input(const Loader *l, const WgpStoreFile *file, Input *input) {
        bool symlink = false;

        input->shown = is_file_argument(l) ? wgp_printable(file->path) : wgp_store_shown_path(l->store, file->path);
        if (!input->shown)
                return -ENOMEM;

        input->fd = wgp_root_open_file(
                        is_file_argument(l) ? AT_FDCWD : l->store->root_fd, file->real, file->path, &symlink);
        if (input->fd == -ENODATA)
                return WGP_STORE_E_MASKED;
        if (input->fd == -EACCES)
                return unreadable(add_error(l, input, "You are not permitted to read it."));
        if (input->fd < 0)
                return unreadable(add_error(l, input, "Cannot open: %s.", strerror(-input->fd)));
        if (fstat(input->fd, &input->st) < 0)
                return unreadable(add_error(l, input, "Cannot read its status: %m."));

        /* 1:3 is /dev/null, Documentation/admin-guide/devices.txt of Linux */
        if (S_ISCHR(input->st.st_mode) && input->st.st_rdev == makedev(1, 3))
                return WGP_STORE_E_MASKED;
        if (!S_ISREG(input->st.st_mode))
                return unreadable(add_error(l, input, "Not a regular file."));
        if (input->st.st_size == 0)
                return WGP_STORE_E_MASKED;
        if (input->st.st_size > WGP_STORE_FILE_MAX)
                return unreadable(add_error(l, input, "Larger than %d MiB.", WGP_STORE_FILE_MAX >> 20));

        input->closed = file->closed && !symlink;
        return 0;
}

/* Whoever may change the file decides what root runs: hooks are commands. Returns 0, or -ENOMEM. */
static int judge_owner(const Loader *l, const WgpStoreFile *file, const Input *input) {
        const struct stat *st = &input->st;
        const bool caller_may = is_file_argument(l) || l->store->root_fd >= 0;
        int r = 0;

        if (st->st_uid != 0 && !(caller_may && st->st_uid == geteuid()))
                r = add_error(l, input, "Owned by user %u instead of root.", st->st_uid);
        if (r != -ENOMEM && (st->st_mode & (S_IWGRP | S_IWOTH)))
                r = add_error(l, input, "Others than its owner may write to it: run chmod go-w.");
        if (r != -ENOMEM && file->unsafe)
                r = add_error(l, input, "Others than root may replace it: they own its directory or may write to it.");
        return r == -ENOMEM ? r : 0;
}

/* Returns 0, or -ENOMEM. */
static int judge_secret(const Loader *l, const Input *input) {
        const WgpProfile *profile = l->profile;
        int r;

        if (!profile->files[profile->n_files - 1].has_secret || input->closed ||
                        !(input->st.st_mode & (S_IROTH | S_IRGRP)))
                return 0;
        r = add_error(l, input, "It contains a key, and others may read it: run chmod 600.");
        return r == -ENOMEM ? r : 0;
}

/* Returns 0 with the text, WGP_STORE_E_UNREADABLE (reported), or -ENOMEM. */
static int read_input(const Loader *l, const Input *input, char **ret, size_t *ret_size) {
        int r = wgp_read_fd(input->fd, (size_t) input->st.st_size, ret, ret_size);

        if (r == -EFBIG)
                return unreadable(add_error(l, input, "It changes while it is being read."));
        return r < 0 && r != -ENOMEM ? unreadable(add_error(l, input, "Cannot read: %s.", strerror(-r))) : r;
}

/* Returns 0, WGP_STORE_E_MASKED, WGP_STORE_E_UNREADABLE, or a negative errno. That something is wrong with
 * what the file says shows in the diagnostics only. */
static int load_file(const Loader *l, const WgpStoreFile *file) {
        _cleanup_(input_done) Input input = { .fd = -EBADF };
        char *data = NULL;
        size_t n = 0;
        int r;

        r = open_input(l, file, &input);
        if (r != 0)
                return r;
        r = judge_owner(l, file, &input);
        if (r < 0)
                return r;

        r = read_input(l, &input, &data, &n);
        if (r == 0 && l->store->make_digest)
                l->profile->digest = wgp_digest_add(l->profile->digest, data, n);
        if (r == 0)
                r = wgp_profile_parse(l->profile, input.shown, data, n, l->store->lookup, l->diagnostics);
        wgp_wipe_free(data, n);
        return r != 0 ? r : judge_secret(l, &input);
}

/* Fills in the item's own file; "real" is its memory. Returns 0, or -ENAMETOOLONG. */
static int base_file(const Loader *l, char real[static PATH_MAX], WgpStoreFile *ret) {
        const char *path = l->item->path;
        const WgpStoreDirectory *directory;

        if (is_file_argument(l)) {
                *ret = (WgpStoreFile) { .path = (char *) path, .real = (char *) path };
                return 0;
        }

        directory = l->store->directories + l->item->directory;
        if (snprintf(real, PATH_MAX, "%s%s", directory->real, strrchr(path, '/')) >= PATH_MAX)
                return -ENAMETOOLONG;
        *ret = (WgpStoreFile) {
                .path = (char *) path,
                .real = real,
                .unsafe = directory->unsafe,
                .closed = directory->closed,
        };
        return 0;
}

static WgpStoreKind find_kind(const Loader *l, const WgpStoreFile *file) {
        _cleanup_(wgp_closep) int fd = -EBADF;
        struct stat st;
        bool symlink;

        fd = wgp_root_open_file(is_file_argument(l) ? AT_FDCWD : l->store->root_fd, file->real, file->path, &symlink);
        if (fd >= 0)
                return fstat(fd, &st) >= 0 && !S_ISREG(st.st_mode) ? WGP_STORE_KIND_OTHER : WGP_STORE_KIND_FILE;
        return fd == -ENOENT                ? WGP_STORE_KIND_NOTHING :
               fd == -ENXIO || fd == -ELOOP ? WGP_STORE_KIND_OTHER :
                                              WGP_STORE_KIND_FILE;
}

static void note_missing(const Loader *l, const WgpStoreFile *dropin) {
        switch (find_kind(l, dropin)) {
        case WGP_STORE_KIND_FILE:
                l->profile->incomplete = true;
                break;
        case WGP_STORE_KIND_NOTHING:
                l->profile->awaits_file = true;
                break;
        case WGP_STORE_KIND_OTHER:
                break;
        }
}

static int load_dropins(const Loader *l) {
        const WgpStoreItem *item = l->item;
        int r;

        if (item->n_dropins > WGP_STORE_DROPINS_MAX) {
                l->profile->incomplete = true;
                r = wgp_error(l->diagnostics, &(WgpPlace) { .file = l->profile->files[0].path },
                                "More than %d drop-ins.", WGP_STORE_DROPINS_MAX);
                return r == -ENOMEM ? r : 0;
        }
        for (size_t i = 0; i < item->n_dropins; i++) {
                r = load_file(l, item->dropins + i);
                if (r < 0)
                        return r;
                if (r == WGP_STORE_E_UNREADABLE)
                        note_missing(l, item->dropins + i);
        }
        return 0;
}

/* As wgp_store_load(), but for a rival, which is not looked at. */
static int load_one(WgpStore *store, const WgpStoreItem *item, WgpDiagnostics *diagnostics, WgpProfile **ret) {
        _cleanup_(wgp_profile_freep) WgpProfile *profile = NULL;
        Loader l = { .store = store, .item = item, .diagnostics = diagnostics };
        size_t n_errors = diagnostics->n_errors;
        char real[PATH_MAX];
        WgpStoreFile base;
        int r;

        r = wgp_profile_new(item->name, item->format, &profile);
        if (r < 0)
                return r;
        profile->keep_entries = store->keep_entries;
        l.profile = profile;

        r = base_file(&l, real, &base);
        if (r < 0)
                return r;
        r = load_file(&l, &base);
        if (r != 0)
                return r;
        r = load_dropins(&l);
        if (r < 0)
                return r;
        r = wgp_profile_verify(profile, store->lookup, diagnostics);
        if (r < 0 && r != -EBADMSG)
                return r;

        *ret = TAKE_PTR(profile);
        return diagnostics->n_errors > n_errors ? WGP_STORE_E_INVALID : 0;
}

static int report_ambiguous(const WgpStore *store, const WgpStoreItem *item, WgpDiagnostics *diagnostics) {
        _cleanup_(freep) char *path = wgp_store_shown_path(store, item->path);
        _cleanup_(freep) char *rival = wgp_store_shown_path(store, item->rival->path);
        int r;

        if (!path || !rival)
                return -ENOMEM;
        r = wgp_error(diagnostics, &(WgpPlace) { .file = path }, "There is %sas well: remove one of them.", rival);
        return r == -ENOMEM ? r : WGP_STORE_E_AMBIGUOUS;
}

/* Reads one of two. What is wrong with it comes after which of them has to go, and is not told. */
static int load_rival(WgpStore *store, const WgpStoreItem *item, WgpProfile **ret) {
        _cleanup_(wgp_diagnostics_done) WgpDiagnostics ignored = WGP_DIAGNOSTICS_NULL;
        int r;

        r = load_one(store, item, &ignored, ret);
        return r == -ENOMEM ? r : 0;
}

/* Both are read for what protects: a file that somebody lays beside a profile must not take its kill switch away. */
static int load_both(WgpStore *store, const WgpStoreItem *item, WgpDiagnostics *diagnostics, WgpProfile **ret) {
        _cleanup_(wgp_profile_freep) WgpProfile *profile = NULL, *rival = NULL;
        int r;

        r = load_rival(store, item, &profile);
        if (r >= 0)
                r = load_rival(store, item->rival, &rival);
        if (r >= 0)
                r = report_ambiguous(store, item, diagnostics);
        if (r < 0)
                return r;

        if (!profile)
                profile = TAKE_PTR(rival);
        else if (rival && rival->kill_switch == WGP_YES) {
                profile->kill_switch = WGP_YES;
                profile->kill_switch_strict |= rival->kill_switch_strict;
        }
        *ret = TAKE_PTR(profile);
        return r;
}

/* Reads a profile and its drop-ins and judges them.
 *
 * Returns 0; WGP_STORE_E_MASKED; WGP_STORE_E_UNREADABLE; WGP_STORE_E_INVALID, with "*ret" set to what could be
 * made out, which is for telling a person about it, for its kill switch, and for nothing else;
 * WGP_STORE_E_AMBIGUOUS, with "*ret" likewise, or NULL when neither file can be read; or a negative errno. Every
 * problem is in the diagnostics. The caller frees "*ret". */
int wgp_store_load(WgpStore *store, const WgpStoreItem *item, WgpDiagnostics *diagnostics, WgpProfile **ret) {
        return item->rival ? load_both(store, item, diagnostics, ret) : load_one(store, item, diagnostics, ret);
}

/* Whether loading the item would give WGP_STORE_E_MASKED. Returns 1, 0, or -ENOMEM; what cannot be opened is
 * not masked. */
int wgp_store_is_masked(WgpStore *store, const WgpStoreItem *item) {
        _cleanup_(wgp_diagnostics_done) WgpDiagnostics ignored = WGP_DIAGNOSTICS_NULL;
        _cleanup_(input_done) Input input = { .fd = -EBADF };
        Loader l = { .store = store, .item = item, .diagnostics = &ignored };
        char real[PATH_MAX];
        WgpStoreFile base;
        int r;

        if (item->rival)
                return 0;
        r = base_file(&l, real, &base);
        if (r >= 0)
                r = open_input(&l, &base, &input);
        return r < 0 ? r : r == WGP_STORE_E_MASKED;
}

/* Looks at what WGP_STORE_E_UNREADABLE was about. Returns 0, or -ENAMETOOLONG. */
int wgp_store_find_kind(const WgpStore *store, const WgpStoreItem *item, WgpStoreKind *ret) {
        Loader l = { .store = store, .item = item };
        char real[PATH_MAX];
        WgpStoreFile base;
        int r;

        r = base_file(&l, real, &base);
        if (r >= 0)
                *ret = find_kind(&l, &base);
        return r;
}

/* Returns 0 and the names of all profiles that are not masked, as in "home, office", to be freed by the
 * caller; "" when there are none. Or a negative errno. */
int wgp_store_format_names(WgpStore *store, char **ret) {
        _cleanup_(wgp_diagnostics_done) WgpDiagnostics ignored = WGP_DIAGNOSTICS_NULL;
        _cleanup_(wgp_store_list_done) WgpStoreList list = WGP_STORE_LIST_NULL;
        _cleanup_(wgp_text_done) WgpText text = WGP_TEXT_NULL;
        int r;

        r = wgp_store_enumerate(store, &ignored, &list);
        if (r < 0)
                return r;

        wgp_text_append(&text, "");
        for (size_t i = 0; i < list.n_items; i++) {
                r = wgp_store_is_masked(store, list.items + i);
                if (r == 0)
                        wgp_text_printf(&text, "%s%s", text.size > 0 ? ", " : "", list.items[i].name);
        }
        if (text.failed)
                return -ENOMEM;

        *ret = TAKE_PTR(text.data);
        return 0;
}
