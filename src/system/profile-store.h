/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once
/* Profile store: the profiles of a system, or of a tree that will become one, and how one is read. libc and core
 * only: the generator links it. */

#include "model/profile.h"

typedef struct WgpStore WgpStore;
typedef struct WgpStoreFile WgpStoreFile;
typedef struct WgpStoreItem WgpStoreItem;
typedef struct WgpStoreList WgpStoreList;
typedef struct WgpStoreOptions WgpStoreOptions;

enum {
        WGP_STORE_FILE_MAX = 16 << 20,  /* bytes of a profile or drop-in; 100 000 peers are 15 MB */
        WGP_STORE_DROPINS_MAX = 65534,  /* of one profile: a client each of a server with a /16; WgpOrigin counts no
                                           further */
        WGP_STORE_ENTRIES_MAX = 200000, /* file names looked at in all directories together */
        WGP_STORE_NO_DIRECTORY = UINT8_MAX, /* WgpStoreItem.directory of a file that was named by its path */
};

/* Conditions of wgp_store_find() and wgp_store_load(). */
enum {
        _WGP_STORE_E_SUCCESS,
        WGP_STORE_E_ABSENT,     /* no profile of that name */
        WGP_STORE_E_BAD_NAME,   /* and there cannot be one; the diagnostics say why */
        WGP_STORE_E_MASKED,     /* an empty file or a link to /dev/null says: not this one */
        WGP_STORE_E_AMBIGUOUS,  /* both formats in one directory; the diagnostics name both files */
        WGP_STORE_E_UNREADABLE, /* no profile came of the file at all; the diagnostics say why */
        WGP_STORE_E_INVALID,    /* the profile has to be refused; the diagnostics say why */
};

struct WgpStoreOptions {
        const char *root;        /* the tree to look into; NULL, "" or "/": this system */
        const WgpLookup *lookup; /* for the parsers; NULL: no look-ups. Borrowed */
        bool keep_entries;       /* WgpProfile.keep_entries */
        bool make_digest;        /* WgpProfile.digest */
};

struct WgpStoreFile {
        char *path; /* inside the root */

        /* the store's own */
        char *real;  /* the path to open below the root's descriptor */
        bool unsafe; /* others than root may replace it */
        bool closed; /* only root gets into the directory */
};

struct WgpStoreItem {
        char *name;
        WgpFormat format;
        char *path;            /* inside the root */
        WgpStoreItem *rival;   /* of the other format beside it: the profile is ambiguous; NULL: none */
        WgpStoreFile *dropins; /* in the order in which they apply: by file name */
        size_t n_dropins;
        bool fallback;     /* not in a directory of ours: for an explicit start only */
        uint8_t directory; /* the store's own */
};

struct WgpStoreList {
        WgpStoreItem *items; /* sorted by name, each name once */
        size_t n_items;
};

#define WGP_STORE_ITEM_NULL ((WgpStoreItem) {})
#define WGP_STORE_LIST_NULL ((WgpStoreList) {})

int wgp_store_open(const WgpStoreOptions *options, WgpStore **ret);
WgpStore *wgp_store_free(WgpStore *store);
WGP_DEFINE_CLEANUP(WgpStore *, wgp_store_free)

int wgp_store_enumerate(WgpStore *store, WgpDiagnostics *diagnostics, WgpStoreList *ret);
int wgp_store_find(WgpStore *store, const char *name, WgpDiagnostics *diagnostics, WgpStoreItem *ret);
int wgp_store_file(const char *path, WgpDiagnostics *diagnostics, WgpStoreItem *ret);
void wgp_store_item_done(WgpStoreItem *item);
void wgp_store_list_done(WgpStoreList *list);

int wgp_store_load(WgpStore *store, const WgpStoreItem *item, WgpDiagnostics *diagnostics, WgpProfile **ret);
bool wgp_store_is_hidden(const WgpStore *store, const WgpStoreItem *item);
/* What lies where a profile should that cannot be read. */
typedef enum WgpStoreKind {
        WGP_STORE_KIND_FILE,    /* or it cannot be told */
        WGP_STORE_KIND_NOTHING, /* a link into nowhere: what it leads to may come later */
        WGP_STORE_KIND_OTHER,   /* a directory, a pipe, a link to itself: never a profile */
} WgpStoreKind;

int wgp_store_find_kind(const WgpStore *store, const WgpStoreItem *item, WgpStoreKind *ret);
int wgp_store_is_masked(WgpStore *store, const WgpStoreItem *item);
int wgp_store_format_names(WgpStore *store, char **ret);
