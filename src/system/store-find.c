/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Finds profiles. Every directory is read once; files that look like profiles and directories of drop-ins are noted,
 * and the notes, sorted by name, say which file of a name wins. No file is opened here; a name that turns out not to
 * be a regular file is an error of that profile, not a reason to take a lower one.
 *
 * wgp_store_find() makes the same notes for one name by asking for its files, and goes on the same way. */

#include <dirent.h>
#include <fcntl.h>
#include <stdio.h>

#include "system/profile-name.h"
#include "system/store-internal.h"

/* wg-profile(5), in the order of precedence. NetworkManager's own order is run, etc, lib,
 * too. */
static const struct {
        const char *path;
        unsigned formats; /* bit 1 << WgpFormat */
} sources[WGP_STORE_DIRECTORIES] = {
        { "/etc/wg-profile", 1 << WGP_FORMAT_WG_QUICK | 1 << WGP_FORMAT_KEYFILE },
        { "/run/wg-profile", 1 << WGP_FORMAT_WG_QUICK | 1 << WGP_FORMAT_KEYFILE },
        { "/usr/local/lib/wg-profile", 1 << WGP_FORMAT_WG_QUICK | 1 << WGP_FORMAT_KEYFILE },
        { "/usr/lib/wg-profile", 1 << WGP_FORMAT_WG_QUICK | 1 << WGP_FORMAT_KEYFILE },
        { "/etc/wireguard", 1 << WGP_FORMAT_WG_QUICK },
        { "/run/NetworkManager/system-connections", 1 << WGP_FORMAT_KEYFILE },
        { "/etc/NetworkManager/system-connections", 1 << WGP_FORMAT_KEYFILE },
        { "/usr/lib/NetworkManager/system-connections", 1 << WGP_FORMAT_KEYFILE },
};

/* One name in one directory. */
typedef struct Note {
        char *name;          /* of the profile */
        const char *problem; /* why there can be none of that name */
        bool dropins;        /* a directory of drop-ins, not a profile */
        uint8_t directory, format;
} Note;

typedef struct Notes {
        Note *items;
        size_t n_items, n_allocated;
} Notes;

static void notes_done(Notes *notes) {
        for (size_t i = 0; i < notes->n_items; i++)
                free(notes->items[i].name);
        free(notes->items);
}

static int add_note(Notes *notes, const char *name, size_t n_name, const Note *what) {
        Note note = *what;

        if (notes->n_items >= WGP_STORE_ENTRIES_MAX)
                return -E2BIG;
        if (!wgp_grow(&notes->items, &notes->n_allocated, notes->n_items + 1, sizeof(note)))
                return -ENOMEM;
        note.name = strndup(name, n_name);
        if (!note.name)
                return -ENOMEM;
        notes->items[notes->n_items++] = note;
        return 0;
}

/* Reports about a file or directory as a whole. Returns 0, or -ENOMEM. */
static int report(const WgpStore *store, WgpDiagnostics *diagnostics, WgpSeverity severity, const char *path,
                const char *problem) {
        _cleanup_(freep) char *shown = NULL;

        shown = wgp_store_shown_path(store, path);
        if (!shown)
                return -ENOMEM;
        return wgp_diagnostics_add(diagnostics, severity, &(WgpPlace) { .file = shown }, "%s", problem);
}

/* Opens the i-th directory and remembers what there is to know about it. Returns the descriptor; -ENOENT
 * when there is nothing to read, which has been reported unless it simply does not exist; or -ENOMEM. */
static int open_source(WgpStore *store, unsigned i, WgpDiagnostics *diagnostics) {
        WgpStoreDirectory *directory = store->directories + i;
        int fd, r;

        free(directory->real);
        *directory = (WgpStoreDirectory) { .path = sources[i].path };

        fd = wgp_root_open_directory(store->root_fd, directory->path, &directory->real);
        if (fd >= 0) {
                wgp_store_judge_directory(store, fd, &directory->unsafe, &directory->closed);
                return fd;
        }
        if (fd == -ENOMEM || fd == -ENOENT)
                return fd;
        directory->denied = fd == -EACCES;

        r = report(store, diagnostics, i < WGP_STORE_DIRECTORIES_OURS ? WGP_ERROR : WGP_NOTICE, directory->path,
                        strerror(-fd));
        return r < 0 ? r : -ENOENT;
}

static int note_file(unsigned directory, const struct dirent *entry, Notes *notes) {
        char name[sizeof(entry->d_name)];
        const bool ours = directory < WGP_STORE_DIRECTORIES_OURS;
        WgpFormat format;
        Note note = { .directory = (uint8_t) directory };
        size_t n = strlen(entry->d_name);

        if (ours && n > 2 && streq(entry->d_name + n - 2, ".d") && entry->d_type != DT_REG) {
                note.dropins = true;
                n -= 2;
        }
        memcpy(name, entry->d_name, n);
        name[n] = 0;

        n = wgp_profile_name_length(name, &format);
        if (n == 0 || !(sources[directory].formats & 1U << format))
                return 0;
        name[n] = 0;
        note.format = (uint8_t) format;

        /* elsewhere, a name that cannot be is others' business */
        note.problem = wgp_profile_name_problem(name);
        if (note.problem && (note.dropins || !ours))
                return 0;
        return add_note(notes, name, n, &note);
}

static int note_directory(WgpStore *store, unsigned i, Notes *notes, WgpDiagnostics *diagnostics) {
        DIR *directory;
        int fd, r = 0;

        fd = open_source(store, i, diagnostics);
        if (fd < 0)
                return fd == -ENOENT ? 0 : fd;

        directory = fdopendir(fd);
        if (!directory) {
                close(fd);
                return -ENOMEM;
        }
        for (;;) {
                const struct dirent *entry;

                errno = 0;
                entry = readdir(directory);
                if (!entry) {
                        if (errno != 0)
                                r = report(store, diagnostics, WGP_ERROR, sources[i].path, strerror(errno));
                        break;
                }
                r = note_file(i, entry, notes);
                if (r < 0)
                        break;
        }
        closedir(directory);
        return r;
}

/* By name; under a name the profiles first, and of those the highest directory, the .conf before the
 * .nmconnection. */
static int compare_notes(const void *x, const void *y) {
        const Note *a = x, *b = y;
        int r;

        r = strcmp(a->name, b->name);
        if (r != 0)
                return r;
        if (a->dropins != b->dropins)
                return a->dropins ? 1 : -1;
        if (a->directory != b->directory)
                return a->directory < b->directory ? -1 : 1;
        return (int) a->format - (int) b->format;
}

static char *profile_path(const Note *note) {
        char *path;
        int n;

        n = asprintf(&path, "%s/%s%s", sources[note->directory].path, note->name, wgp_format_suffix(note->format));
        return n < 0 ? NULL : path;
}

/* Tells the files of a name that cannot be. One with a leading dot is what editors leave behind: no reason
 * to fail the generator of a boot. */
static int refuse_name(WgpStore *store, const Note *notes, size_t n_notes, WgpDiagnostics *diagnostics) {
        int r = 0;

        for (size_t i = 0; i < n_notes && r >= 0; i++) {
                _cleanup_(freep) char *path = profile_path(notes + i);

                if (!path)
                        return -ENOMEM;
                r = report(store, diagnostics, *notes[i].name == '.' ? WGP_WARNING : WGP_ERROR, path,
                                notes[i].problem);
        }
        return r;
}

/* Makes the item out of the notes of one name. Returns 0, WGP_STORE_E_ABSENT when they are all of drop-ins,
 * or -ENOMEM. */
static int build_item(WgpStore *store, const Note *notes, size_t n_notes, WgpStoreItem *ret) {
        _cleanup_(wgp_store_item_done) WgpStoreItem item = WGP_STORE_ITEM_NULL;
        unsigned dropins = 0;
        int r;

        if (notes[0].dropins)
                return WGP_STORE_E_ABSENT;

        item = (WgpStoreItem) {
                .format = notes[0].format,
                .fallback = notes[0].directory >= WGP_STORE_DIRECTORIES_OURS,
                .directory = notes[0].directory,
                .name = strdup(notes[0].name),
                .path = profile_path(notes),
        };
        if (!item.name || !item.path)
                return -ENOMEM;

        if (n_notes > 1 && !notes[1].dropins && notes[1].directory == notes[0].directory) {
                item.rival = calloc(1, sizeof(*item.rival));
                if (!item.rival)
                        return -ENOMEM;
                r = build_item(store, notes + 1, n_notes - 1, item.rival);
                if (r < 0)
                        return r;
        }

        for (size_t i = 1; i < n_notes; i++)
                if (notes[i].dropins && notes[i].format == item.format)
                        dropins |= 1U << notes[i].directory;
        r = wgp_store_add_dropins(store, &item, dropins);
        if (r < 0)
                return r;

        *ret = item;
        item = WGP_STORE_ITEM_NULL;
        return 0;
}

/* Lists all profiles, those of the fallback directories included, sorted by name. Directories that cannot be
 * read and names that cannot be are told in the diagnostics.
 *
 * Returns 0, -ENOMEM, or -E2BIG for more than WGP_STORE_ENTRIES_MAX files. */
int wgp_store_enumerate(WgpStore *store, WgpDiagnostics *diagnostics, WgpStoreList *ret) {
        _cleanup_(wgp_store_list_done) WgpStoreList list = WGP_STORE_LIST_NULL;
        _cleanup_(notes_done) Notes notes = {};
        int r;

        for (unsigned i = 0; i < WGP_STORE_DIRECTORIES; i++) {
                r = note_directory(store, i, &notes, diagnostics);
                if (r < 0)
                        return r;
        }
        if (notes.n_items > 0) {
                qsort(notes.items, notes.n_items, sizeof(*notes.items), compare_notes);
                list.items = calloc(notes.n_items, sizeof(*list.items));
                if (!list.items)
                        return -ENOMEM;
        }

        for (size_t i = 0, n; i < notes.n_items; i += n) {
                for (n = 1; i + n < notes.n_items && streq(notes.items[i].name, notes.items[i + n].name);)
                        n++;
                if (notes.items[i].problem) {
                        r = refuse_name(store, notes.items + i, n, diagnostics);
                        if (r < 0)
                                return r;
                        continue;
                }
                r = build_item(store, notes.items + i, n, list.items + list.n_items);
                if (r < 0)
                        return r;
                if (r == 0)
                        list.n_items++;
        }

        *ret = list;
        list = WGP_STORE_LIST_NULL;
        return 0;
}

static int note_if_present(int fd, const char *name, const Note *what, Notes *notes) {
        char file[NAME_MAX + sizeof(".nmconnection.d")];

        snprintf(file, sizeof(file), "%s%s%s", name, wgp_format_suffix(what->format), what->dropins ? ".d" : "");
        if (faccessat(fd, file, F_OK, AT_SYMLINK_NOFOLLOW) < 0)
                return 0;
        return add_note(notes, name, strlen(name), what);
}

/* Finds one profile for an explicit start.
 *
 * Returns 0, WGP_STORE_E_ABSENT, WGP_STORE_E_BAD_NAME, or -ENOMEM. */
int wgp_store_find(WgpStore *store, const char *name, WgpDiagnostics *diagnostics, WgpStoreItem *ret) {
        _cleanup_(notes_done) Notes notes = {};
        const char *problem;
        int r;

        problem = wgp_profile_name_problem(name);
        if (problem) {
                _cleanup_(freep) char *shown = wgp_printable(name);

                if (!shown)
                        return -ENOMEM;
                r = wgp_diagnostics_add(diagnostics, WGP_ERROR, &(WgpPlace) { .file = shown }, "%s", problem);
                return r < 0 ? r : WGP_STORE_E_BAD_NAME;
        }

        for (unsigned i = 0; i < WGP_STORE_DIRECTORIES; i++) {
                _cleanup_(wgp_closep) int fd = open_source(store, i, diagnostics);

                if (fd < 0 && fd != -ENOENT)
                        return fd;
                for (unsigned k = 0; fd >= 0 && k < 2 * _WGP_FORMAT_N; k++) {
                        Note note = { .directory = (uint8_t) i, .format = k / 2, .dropins = k % 2 };

                        if (!(sources[i].formats & 1U << note.format) ||
                                        (note.dropins && i >= WGP_STORE_DIRECTORIES_OURS))
                                continue;
                        r = note_if_present(fd, name, &note, &notes);
                        if (r < 0)
                                return r;
                }
        }
        if (notes.n_items == 0)
                return WGP_STORE_E_ABSENT;

        qsort(notes.items, notes.n_items, sizeof(*notes.items), compare_notes);
        return build_item(store, notes.items, notes.n_items, ret);
}

/* Whether the profile that was found, or was not ("item" is NULL), may be another one for those who may read more: it,
 * or a part of it, would lie in a directory that could not be listed. */
bool wgp_store_is_hidden(const WgpStore *store, const WgpStoreItem *item) {
        for (size_t i = 0; i < WGP_STORE_DIRECTORIES; i++)
                if (store->directories[i].denied && (!item || i < WGP_STORE_DIRECTORIES_OURS || i < item->directory))
                        return true;
        return false;
}

/* Makes an item of a file that was named by its path, wherever it lies. It has no drop-ins.
 *
 * Returns 0, WGP_STORE_E_BAD_NAME when the file's name is not that of a profile, or -ENOMEM. */
int wgp_store_file(const char *path, WgpDiagnostics *diagnostics, WgpStoreItem *ret) {
        _cleanup_(wgp_store_item_done) WgpStoreItem item = { .directory = WGP_STORE_NO_DIRECTORY };
        const char *slash = strrchr(path, '/'), *file = slash ? slash + 1 : path, *problem;
        _cleanup_(freep) char *shown = wgp_printable(path);
        size_t n;
        int r;

        n = wgp_profile_name_length(file, &item.format);
        item.name = strndup(file, n);
        item.path = strdup(path);
        if (!item.name || !item.path || !shown)
                return -ENOMEM;

        problem = n == 0 ? "The name of a profile's file ends in .conf or .nmconnection." :
                           wgp_profile_name_problem(item.name);
        if (problem) {
                r = wgp_diagnostics_add(diagnostics, WGP_ERROR, &(WgpPlace) { .file = shown }, "%s", problem);
                return r < 0 ? r : WGP_STORE_E_BAD_NAME;
        }

        *ret = item;
        item = WGP_STORE_ITEM_NULL;
        return 0;
}
