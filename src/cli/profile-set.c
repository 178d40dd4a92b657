/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Profile set: reading with the store, and verdicts. */

#include "cli/profile-set.h"

#include <unistd.h>

#include "base/suggest.h"
#include "cli/message.h"
#include "parse/key-table.h"
#include "parse/verify-set.h"
#include "system/profile-name.h"

const char *wgp_format_name(WgpFormat format) {
        static const char *const names[_WGP_FORMAT_N] = {
                [WGP_FORMAT_WG_QUICK] = "wg-quick",
                [WGP_FORMAT_KEYFILE] = "nmconnection",
        };

        return names[format];
}

/* A path, or at least the name of a file, as opposed to the NAME of a profile. */
bool wgp_is_file_argument(const char *argument) {
        WgpFormat format;

        return strchr(argument, '/') || wgp_profile_name_length(argument, &format) > 0;
}

void wgp_loaded_done(WgpLoaded *loaded) {
        wgp_store_item_done(&loaded->item);
        wgp_profile_free(loaded->profile);
        wgp_diagnostics_done(&loaded->diagnostics);
        free(loaded->path);
        *loaded = WGP_LOADED_NULL;
}

void wgp_profile_set_done(WgpProfileSet *set) {
        for (size_t i = 0; i < set->n_items; i++)
                wgp_loaded_done(set->items + i);
        free(set->items);
        wgp_diagnostics_done(&set->diagnostics);
        *set = WGP_PROFILE_SET_NULL;
}

/* --- verdicts --- */

WgpVerdict wgp_loaded_verdict(const WgpLoaded *loaded) {
        switch (loaded->condition) {
        case WGP_STORE_E_MASKED:
                return WGP_VERDICT_MASKED;
        case WGP_STORE_E_AMBIGUOUS:
                return WGP_VERDICT_AMBIGUOUS;
        case WGP_STORE_E_UNREADABLE:
                return WGP_VERDICT_UNREADABLE;
        }
        if (loaded->diagnostics.n_errors > 0)
                return WGP_VERDICT_ERRORS;
        return loaded->diagnostics.n_warnings > 0 ? WGP_VERDICT_WARNINGS : WGP_VERDICT_OK;
}

/* Whether it comes up at boot, as far as the profile has a say. */
bool wgp_loaded_autoconnects(const WgpLoaded *loaded) {
        return loaded->profile && !loaded->item.fallback && loaded->item.directory != WGP_STORE_NO_DIRECTORY &&
               wgp_profile_autoconnects(loaded->profile);
}

/* --- reading --- */

static bool is_named_by_path(const WgpStoreItem *item) {
        return item->directory == WGP_STORE_NO_DIRECTORY;
}

static char *shown_path(const WgpCli *cli, const WgpStoreItem *item) {
        size_t n = cli->root && !is_named_by_path(item) ? strlen(cli->root) : 0;
        char *path;

        while (n > 0 && cli->root[n - 1] == '/')
                n--;
        return asprintf(&path, "%.*s%s", (int) n, n > 0 ? cli->root : "", item->path) < 0 ? NULL : path;
}

/* Reads what "loaded->item" says. Returns 0, whatever becomes of the profile, or a negative errno. */
static int load(const WgpCli *cli, WgpStore *store, WgpLoaded *loaded) {
        int r;

        loaded->path = shown_path(cli, &loaded->item);
        if (!loaded->path)
                return -ENOMEM;
        r = wgp_store_load(store, &loaded->item, &loaded->diagnostics, &loaded->profile);
        if (r < 0)
                return r;
        if (r == WGP_STORE_E_AMBIGUOUS) /* it is neither */
                loaded->profile = wgp_profile_free(loaded->profile);
        wgp_cli_sort_diagnostics(&loaded->diagnostics);
        loaded->condition = r;
        return 0;
}

/* NetworkManager's directories hold its connections of all types. One without a type has that of its groups. */
static bool is_other_connection(const WgpLoaded *loaded) {
        const WgpProfile *profile = loaded->profile;
        bool wireguard = false;

        if (!loaded->item.fallback || loaded->item.format != WGP_FORMAT_KEYFILE || !profile)
                return false;
        for (size_t i = 0; i < profile->n_entries; i++) {
                const WgpEntry *entry = profile->entries + i;

                if (streq(entry->section_name, "connection") && streq(entry->key->name, "type"))
                        return !streq(entry->value, "wireguard");
                wireguard = wireguard || strncmp(entry->section_name, "wireguard", strlen("wireguard")) == 0;
        }
        return !wireguard;
}

static int add(const WgpCli *cli, WgpStore *store, WgpStoreItem *item, WgpProfileSet *set) {
        WgpLoaded *loaded;
        int r;

        if (!wgp_grow(&set->items, &set->n_allocated, set->n_items + 1, sizeof(*set->items)))
                return -ENOMEM;
        loaded = set->items + set->n_items++;
        *loaded = (WgpLoaded) { .item = *item };
        *item = WGP_STORE_ITEM_NULL;

        r = load(cli, store, loaded);
        if (r >= 0 && is_other_connection(loaded)) {
                wgp_loaded_done(loaded);
                set->n_items--;
        }
        return r;
}

/* Adds all profiles that a name can find. Returns 0, or a negative errno. */
int wgp_profile_set_add_all(const WgpCli *cli, WgpStore *store, WgpProfileSet *set) {
        _cleanup_(wgp_store_list_done) WgpStoreList list = WGP_STORE_LIST_NULL;
        int r;

        r = wgp_store_enumerate(store, &set->diagnostics, &list);
        for (size_t i = 0; r >= 0 && i < list.n_items; i++)
                r = add(cli, store, list.items + i, set);
        return r;
}

/* Adds the profile in one file. What is wrong with its name is in set->diagnostics.
 *
 * Returns 0, or a negative errno. */
int wgp_profile_set_add_file(const WgpCli *cli, WgpStore *store, const char *path, WgpProfileSet *set) {
        _cleanup_(wgp_store_item_done) WgpStoreItem item = WGP_STORE_ITEM_NULL;
        int r;

        r = wgp_store_file(path, &set->diagnostics, &item);
        if (r != 0)
                return r == WGP_STORE_E_BAD_NAME ? 0 : r;
        return add(cli, store, &item, set);
}

/* Judges the profiles together. Returns 0, or -ENOMEM. */
int wgp_profile_set_verify(WgpProfileSet *set) {
        _cleanup_(freep) WgpTogether *together = calloc(set->n_items + 1, sizeof(*together));
        size_t n = 0;
        int r;

        if (!together)
                return -ENOMEM;
        for (size_t i = 0; i < set->n_items; i++) {
                WgpLoaded *loaded = set->items + i;

                if (loaded->profile)
                        together[n++] = (WgpTogether) {
                                .profile = loaded->profile,
                                .autoconnects = wgp_loaded_autoconnects(loaded),
                                .diagnostics = &loaded->diagnostics,
                        };
        }
        r = wgp_verify_together(together, n);
        for (size_t i = 0; i < n; i++)
                wgp_cli_sort_diagnostics(together[i].diagnostics);
        return r;
}

/* --- one profile --- */

/* The profile that lies in a file of that name. */
static const char *find_by_file(const char *typed, const char *const *names, size_t n_names) {
        WgpFormat format;
        size_t n = wgp_profile_name_length(typed, &format);

        for (size_t i = 0; n > 0 && i < n_names; i++)
                if (strlen(names[i]) == n && memcmp(names[i], typed, n) == 0)
                        return names[i];
        return NULL;
}

/* The name that was meant, perhaps. "*ret" is NULL when there is none like it. Returns 0, or a negative errno. */
static int suggest_name(WgpStore *store, const char *typed, char **ret) {
        _cleanup_(wgp_diagnostics_done) WgpDiagnostics ignored = WGP_DIAGNOSTICS_NULL;
        _cleanup_(wgp_store_list_done) WgpStoreList list = WGP_STORE_LIST_NULL;
        _cleanup_(freep) const char **names = NULL;
        const char *near;
        int r;

        r = wgp_store_enumerate(store, &ignored, &list);
        if (r < 0)
                return r;
        names = calloc(list.n_items + 1, sizeof(*names));
        if (!names)
                return -ENOMEM;
        for (size_t i = 0; i < list.n_items; i++)
                names[i] = list.items[i].name;
        near = find_by_file(typed, names, list.n_items) ?: wgp_suggest(typed, names, list.n_items);
        *ret = near ? strdup(near) : NULL;
        return near && !*ret ? -ENOMEM : 0;
}

/* Says that there is none of that name, which was meant, and which there are; as far as the caller may know. */
static int report_absent(const WgpCli *cli, WgpStore *store, const char *name, const WgpDiagnostics *diagnostics) {
        const bool hidden = wgp_store_is_hidden(store, NULL);
        const char *where = hidden ? " in the directories that you are permitted to read" : "";
        _cleanup_(freep) char *names = NULL, *near = NULL;
        int r = 0;

        if (hidden)
                r = wgp_cli_print_diagnostics(cli, diagnostics);
        if (r >= 0)
                r = wgp_store_format_names(store, &names);
        if (r >= 0)
                r = suggest_name(store, name, &near);
        if (r == -ENOMEM)
                return r;
        if (r < 0 || !names || !*names)
                wgp_cli_error("There is no profile '%s'%s, and no other profile.", name, where);
        else if (near)
                wgp_cli_error("There is no profile '%s'%s. Did you mean '%s'? There are: %s.", name, where, near,
                                names);
        else
                wgp_cli_error("There is no profile '%s'%s. There are: %s.", name, where, names);
        return hidden ? CLI_EXIT_DENIED : CLI_EXIT_NO_PROFILE;
}

/* Says why a profile was not read. Returns the exit code, or -ENOMEM. */
static int report_condition(const WgpCli *cli, const WgpLoaded *loaded) {
        int r;

        if (loaded->condition == WGP_STORE_E_MASKED) {
                wgp_cli_error("The profile '%s' is masked: %s is empty, or a link to /dev/null.", loaded->item.name,
                                loaded->path);
                return CLI_EXIT_NO_PROFILE;
        }
        r = wgp_cli_refuse(cli, &loaded->diagnostics);
        if (loaded->condition != WGP_STORE_E_UNREADABLE || r < 0 || access(loaded->path, R_OK) >= 0)
                return r;
        return errno == EACCES ? CLI_EXIT_DENIED : errno == ENOENT ? CLI_EXIT_NO_PROFILE : r;
}

/* What a verb takes for its profile. */
typedef enum Wanted {
        FILE_THAT_IS_GOOD,
        NAME_THAT_IS_GOOD,
        NAME_WITH_ERRORS, /* or without */
} Wanted;

/* Reads what was found. "r" is the result of that. */
static int open_found(
                const WgpCli *cli, WgpStore *store, const char *argument, Wanted wanted, int r, WgpLoaded *loaded) {
        if (r == WGP_STORE_E_ABSENT)
                return report_absent(cli, store, argument, &loaded->diagnostics);
        if (r == WGP_STORE_E_BAD_NAME) {
                r = wgp_cli_print_diagnostics(cli, &loaded->diagnostics);
                return r < 0 ? r : CLI_EXIT_NO_PROFILE;
        }
        if (r < 0)
                return r;

        r = load(cli, store, loaded);
        if (r < 0)
                return r;
        if (loaded->condition == 0 || (loaded->condition == WGP_STORE_E_INVALID && wanted == NAME_WITH_ERRORS))
                return 0;
        return report_condition(cli, loaded);
}

static int open_one(const WgpCli *cli, const char *argument, Wanted wanted, WgpLoaded *ret) {
        _cleanup_(wgp_store_freep) WgpStore *store = NULL;
        WgpLoaded loaded = WGP_LOADED_NULL;
        int r;

        r = wgp_cli_open_store(cli, &store);
        if (r != 0)
                return r;
        r = wanted == FILE_THAT_IS_GOOD ? wgp_store_file(argument, &loaded.diagnostics, &loaded.item) :
                                          wgp_store_find(store, argument, &loaded.diagnostics, &loaded.item);
        r = open_found(cli, store, argument, wanted, r, &loaded);
        if (r != 0) {
                wgp_loaded_done(&loaded);
                return r;
        }
        *ret = loaded;
        return 0;
}

/* Reads the one profile that a verb is about, by NAME or FILE. It is usable when the result is 0.
 *
 * Returns 0, an exit code (reported), or a negative errno. */
int wgp_loaded_open(const WgpCli *cli, const char *argument, WgpLoaded *ret) {
        return open_one(cli, argument, wgp_is_file_argument(argument) ? FILE_THAT_IS_GOOD : NAME_THAT_IS_GOOD, ret);
}

/* The same for verbs that take NAME only: a file of that name, wherever they are run, is not meant. */
int wgp_loaded_open_name(const WgpCli *cli, const char *name, WgpLoaded *ret) {
        return open_one(cli, name, NAME_THAT_IS_GOOD, ret);
}

/* The same for verbs for which a profile with errors will do. ret->profile is what could be made out of it. */
int wgp_loaded_open_broken(const WgpCli *cli, const char *name, WgpLoaded *ret) {
        return open_one(cli, name, NAME_WITH_ERRORS, ret);
}
