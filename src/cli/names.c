/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Keeps a list of names of profiles. */

#include "cli/names.h"

#include <fnmatch.h>

#include "cli/message.h"
#include "system/profile-name.h"
#include "system/root-path.h"
#include "system/state.h"

void wgp_names_done(WgpNames *names) {
        for (size_t i = 0; i < names->n_items; i++)
                free(names->items[i]);
        free(names->items);
        *names = WGP_NAMES_NULL;
}

/* Returns 0, or -ENOMEM. */
int wgp_names_add(WgpNames *names, const char *name) {
        if (!wgp_grow(&names->items, &names->n_allocated, names->n_items + 1, sizeof(*names->items)))
                return -ENOMEM;
        names->items[names->n_items] = strdup(name);
        if (!names->items[names->n_items])
                return -ENOMEM;
        names->n_items++;
        return 0;
}

static int compare_text(const void *a, const void *b) {
        return strcmp(*(char *const *) a, *(char *const *) b);
}

/* Sorts the names, and leaves each once. */
void wgp_names_sort(WgpNames *names) {
        size_t n = 0;

        if (names->n_items == 0)
                return;
        qsort(names->items, names->n_items, sizeof(*names->items), compare_text);
        for (size_t i = 0; i < names->n_items; i++)
                if (n > 0 && streq(names->items[n - 1], names->items[i]))
                        free(names->items[i]);
                else
                        names->items[n++] = names->items[i];
        names->n_items = n;
}

/* Of a list that is sorted. */
bool wgp_names_contains(const WgpNames *names, const char *name) {
        return names->n_items > 0 && bsearch(&name, names->items, names->n_items, sizeof(*names->items), compare_text);
}

/* --- what arguments mean --- */

/* Whether a profile can have that name. Returns 0, or CLI_EXIT_NO_PROFILE (reported). */
int wgp_name_check(const char *name) {
        const char *problem = wgp_profile_name_problem(name);

        if (!problem)
                return 0;
        wgp_cli_error("%s: %s", name, problem);
        return CLI_EXIT_NO_PROFILE;
}

/* The same for all arguments. */
int wgp_names_check(const WgpCli *cli) {
        int r = 0;

        for (size_t i = 0; r == 0 && i < cli->n_arguments; i++)
                r = wgp_name_check(cli->arguments[i]);
        return r;
}

/* A path is none. */
static bool is_pattern(const char *argument) {
        return argument[strcspn(argument, "*?[")] && !strchr(argument, '/');
}

static int add_recorded(const char *name, const WgpState *state, void *userdata) {
        return wgp_names_add(userdata, name);
}

/* Lists what patterns are compared with: the profiles in our directories, and tunnels that have a record. Returns 0,
 * an exit code (reported), or a negative errno. */
static int list_all(const WgpCli *cli, WgpNames *all) {
        _cleanup_(wgp_diagnostics_done) WgpDiagnostics diagnostics = WGP_DIAGNOSTICS_NULL;
        _cleanup_(wgp_store_list_done) WgpStoreList list = WGP_STORE_LIST_NULL;
        _cleanup_(wgp_store_freep) WgpStore *store = NULL;
        _cleanup_(wgp_closep) int directory = -EBADF;
        int r;

        r = wgp_cli_open_store(cli, &store);
        if (r != 0)
                return r;
        r = wgp_store_enumerate(store, &diagnostics, &list);
        for (size_t i = 0; r >= 0 && i < list.n_items; i++)
                if (!list.items[i].fallback && wgp_store_is_masked(store, list.items + i) <= 0)
                        r = wgp_names_add(all, list.items[i].name);
        if (r >= 0 && wgp_state_find_directory(cli->root, &directory) >= 0)
                r = wgp_state_read_others(directory, "", add_recorded, all);
        wgp_names_sort(all);
        return r;
}

static int add_matching(const WgpNames *all, const char *pattern, WgpNames *names) {
        const size_t before = names->n_items;

        for (size_t i = 0; i < all->n_items; i++) {
                int r;

                if (fnmatch(pattern, all->items[i], FNM_PERIOD) != 0)
                        continue;
                r = wgp_names_add(names, all->items[i]);
                if (r < 0)
                        return r;
        }
        if (names->n_items > before)
                return 0;
        wgp_cli_error("No tunnel matches '%s'.", pattern);
        return CLI_EXIT_NO_PROFILE;
}

/* Each name once, where it was named first. */
static void drop_repeated(WgpNames *names) {
        size_t n = 0;

        for (size_t i = 0; i < names->n_items; i++) {
                size_t k = 0;

                while (k < n && !streq(names->items[k], names->items[i]))
                        k++;
                if (k < n)
                        free(names->items[i]);
                else
                        names->items[n++] = names->items[i];
        }
        names->n_items = n;
}

/* Makes names of a verb's arguments: names as they are, the names that patterns match, with --all all of them. "ret"
 * is for wgp_names_done() in any case. Returns 0, an exit code (reported), or a negative errno. */
int wgp_names_expand(const WgpCli *cli, WgpNames *ret) {
        _cleanup_(wgp_names_done) WgpNames all = WGP_NAMES_NULL;
        bool patterns = cli->all;
        int r = 0;

        for (size_t i = 0; i < cli->n_arguments; i++)
                patterns = patterns || is_pattern(cli->arguments[i]);
        if (patterns)
                r = list_all(cli, &all);
        if (r == 0 && cli->all) {
                *ret = all;
                all = WGP_NAMES_NULL;
                return 0;
        }
        for (size_t i = 0; r == 0 && i < cli->n_arguments; i++)
                r = is_pattern(cli->arguments[i]) ? add_matching(&all, cli->arguments[i], ret) :
                                                    wgp_names_add(ret, cli->arguments[i]);
        drop_repeated(ret);
        return r;
}
