/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* wg-profile set: the profile as it is. */

#include <stdio.h>

#include "cli/message.h"
#include "cli/profile-set.h"
#include "cli/profile-text.h"
#include "cli/set-request.h"
#include "system/root-path.h"

void wgp_set_profile_done(WgpSetProfile *set) {
        for (size_t i = 0; i < set->n_texts; i++)
                wgp_input_done(set->texts + i);
        free(set->texts);
        wgp_profile_free(set->present);
        wgp_peer_names_done(&set->names);
        wgp_edit_free(set->edit);
        wgp_store_item_done(&set->item);
        wgp_replace_done(&set->file);
        free(set->path);
}

/* The file that is to be replaced. */
static int read_file(WgpSetProfile *set) {
        int r;

        r = wgp_replace_open(set->cli->root, set->item.path, WGP_STORE_FILE_MAX, &set->file);
        if (r < 0)
                return wgp_cli_report_failure(set->path, r);
        set->texts[set->n_texts++] = (WgpInput) { .data = TAKE_PTR(set->file.data), .size = set->file.size };
        return 0;
}

static int read_dropin(WgpSetProfile *set, const char *name) {
        _cleanup_(freep) char *path = NULL;
        int r;

        r = wgp_root_path(set->cli->root, name, &path);
        if (r >= 0)
                r = wgp_input_read(path, WGP_STORE_FILE_MAX, set->texts + set->n_texts);
        if (r < 0)
                return wgp_cli_report_failure(path ?: name, r);
        set->n_texts++;
        return 0;
}

static int read_texts(WgpSetProfile *set) {
        int r;

        set->texts = calloc(set->item.n_dropins + 1, sizeof(*set->texts));
        if (!set->texts)
                return -ENOMEM;
        if (asprintf(&set->path, "%s%s", set->cli->root ?: "", set->item.path) < 0) {
                set->path = NULL;
                return -ENOMEM;
        }
        r = read_file(set);
        for (size_t i = 0; r == 0 && i < set->item.n_dropins; i++)
                r = read_dropin(set, set->item.dropins[i].path);
        return r;
}

/* What the distribution owns is not edited, whatever link leads to it. */
static int refuse_usr(const WgpSetProfile *set) {
        if (!wgp_replace_is_in_usr(&set->file, set->cli->root))
                return 0;
        wgp_cli_error("%s lies in /usr, which belongs to packages and images: copy it to /etc/wg-profile, or make a drop-in there.",
                        set->item.path);
        return CLI_EXIT_FAILED;
}

/* Reads what the profile alone says: to that the changes apply. */
static int read_present(WgpSetProfile *set) {
        _cleanup_(wgp_diagnostics_done) WgpDiagnostics ignored = WGP_DIAGNOSTICS_NULL;
        int r;

        r = wgp_profile_new(set->item.name, set->item.format, &set->present);
        if (r >= 0)
                r = wgp_profile_text_judge(
                                set->cli, set->present, &(WgpProfileText) { set->path, set->texts }, 1, &ignored);
        for (size_t i = 0; r >= 0 && i < set->n_texts; i++)
                r = wgp_peer_names_read(set->texts[i].data, set->texts[i].size, &set->names);
        if (r >= 0)
                r = wgp_edit_new(set->item.format, set->texts[0].data, set->texts[0].size, &set->edit);
        return WGP_MIN(r, 0);
}

/* Finds the file that is to be edited. */
static int find(WgpSetProfile *set) {
        _cleanup_(wgp_diagnostics_done) WgpDiagnostics diagnostics = WGP_DIAGNOSTICS_NULL;
        _cleanup_(wgp_store_freep) WgpStore *store = NULL;
        _cleanup_(wgp_loaded_done) WgpLoaded loaded = WGP_LOADED_NULL;
        const char *name = set->cli->arguments[0];
        int r;

        r = wgp_cli_open_store(set->cli, &store);
        if (r != 0)
                return r;
        r = wgp_store_find(store, name, &diagnostics, &set->item);
        if (r == 0)
                r = wgp_store_is_masked(store, &set->item);
        if (r != 0 || set->item.rival) { /* says why */
                r = wgp_loaded_open_name(set->cli, name, &loaded);
                return r != 0 ? r : CLI_EXIT_FAILED;
        }
        return 0;
}

/* Reads the profile that "cli" names. Returns 0, an exit code (reported), or a negative errno. */
int wgp_set_profile_open(WgpSetProfile *set) {
        int r;

        r = find(set);
        if (r == 0)
                r = read_texts(set);
        if (r == 0)
                r = refuse_usr(set);
        return r != 0 ? r : read_present(set);
}
