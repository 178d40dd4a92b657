/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* wg-profile set: the profile as it is. */

#include <fcntl.h>
#include <stdio.h>

#include "cli/message.h"
#include "cli/profile-set.h"
#include "cli/profile-text.h"
#include "cli/set-request.h"

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
static int read_file(WgpSetProfile *set, const char *path) {
        int fd, r;

        fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK);
        if (fd < 0)
                return -errno;
        r = wgp_replace_open(fd, WGP_STORE_FILE_MAX, &set->file);
        if (r >= 0)
                set->texts[0] = (WgpInput) { .data = TAKE_PTR(set->file.data), .size = set->file.size };
        return r;
}

static int read_texts(WgpSetProfile *set) {
        const char *root = set->cli->root ?: "";

        set->texts = calloc(set->item.n_dropins + 1, sizeof(*set->texts));
        if (!set->texts)
                return -ENOMEM;
        for (size_t i = 0; i <= set->item.n_dropins; i++) {
                const char *name = i == 0 ? set->item.path : set->item.dropins[i - 1].path;
                _cleanup_(freep) char *path = NULL;
                int r;

                if (asprintf(&path, "%s%s", root, name) < 0) {
                        path = NULL;
                        return -ENOMEM;
                }
                r = i == 0 ? read_file(set, path) : wgp_input_read(path, WGP_STORE_FILE_MAX, set->texts + i);
                if (r < 0)
                        return wgp_cli_report_failure(path, r);
                set->n_texts++;
                if (i == 0)
                        set->path = TAKE_PTR(path);
        }
        return 0;
}

/* Reads what the profile alone says: to that the changes apply. */
static int read_present(WgpSetProfile *set) {
        _cleanup_(wgp_diagnostics_done) WgpDiagnostics ignored = WGP_DIAGNOSTICS_NULL;
        int r;

        r = wgp_profile_new(set->item.name, set->item.format, &set->present);
        if (r >= 0)
                r = wgp_profile_text_judge(set->cli, set->present, &(WgpProfileText) { set->path, set->texts }, 1,
                                &ignored);
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
        if (r != 0 || set->item.rival) { /* says why */
                r = wgp_loaded_open(set->cli, name, &loaded);
                return r != 0 ? r : CLI_EXIT_FAILED;
        }
        if (strncmp(set->item.path, "/usr/", strlen("/usr/")) != 0)
                return 0;
        wgp_cli_error("%s belongs to a package or an image: copy it to /etc/wg-profile, or make a drop-in there.",
                        set->item.path);
        return CLI_EXIT_FAILED;
}

/* Reads the profile that "cli" names. Returns 0, an exit code (reported), or a negative errno. */
int wgp_set_profile_open(WgpSetProfile *set) {
        int r;

        r = find(set);
        if (r == 0)
                r = read_texts(set);
        return r != 0 ? r : read_present(set);
}
