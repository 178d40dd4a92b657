/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Writes what was changed at runtime into the profile when the tunnel goes down. The profile is read again and must
 * be the one that the tunnel came up with: nothing is saved over somebody's edit. No failure here keeps the tunnel
 * from going down. */

#include "apply/save-config.h"

#include <stdio.h>

#include "apply/device.h"
#include "apply/load.h"
#include "netlink/nl-query.h"
#include "parse/parse.h"
#include "rewrite/save.h"
#include "system/profile-store.h"
#include "system/replace-file.h"
#include "system/report.h"

#define NOT_SAVED "The runtime changes of '%s' are not saved: "

/* --- whether --- */

static bool is_due(const WgpRun *run) {
        if (!run->has_state || !run->state.save_config || !run->state.file || !run->state.network.hooks_done)
                return false;
        if (run->actual.link.ifindex == 0)
                wgp_report_warning(NOT_SAVED "its link has disappeared.", run->name);
        else if (!run->state.complete)
                wgp_report_warning(NOT_SAVED "the last change of its profile was not fully applied.", run->name);
        return run->actual.link.ifindex > 0 && run->state.complete;
}

/* --- the text --- */

/* Parses the file alone; its errors without the drop-ins do not matter. */
static int parse_base(const WgpRun *run, const char *data, size_t size, size_t *ret_n_errors, WgpProfile **ret) {
        static const WgpLookup lookup = {};
        _cleanup_(wgp_diagnostics_done) WgpDiagnostics ignored = WGP_DIAGNOSTICS_NULL;
        _cleanup_(wgp_profile_freep) WgpProfile *base = NULL;
        char *copy = malloc(size + 1);
        int r;

        if (!copy)
                return -ENOMEM;
        memcpy(copy, data, size);
        r = wgp_profile_new(run->name, run->state.format, &base);
        if (r >= 0)
                r = wgp_profile_parse(base, run->state.file, copy, size, &lookup, &ignored);
        wgp_wipe_free(copy, size + 1);
        if (r < 0)
                return r;
        *ret_n_errors = ignored.n_errors;
        *ret = TAKE_PTR(base);
        return 0;
}

static int gather(WgpRun *run, WgpNetwork *network) {
        int r;

        network->link = run->actual.link;
        r = wgp_device_get(&run->context, &network->link, &network->device);
        return r < 0 ? r : wgp_nl_query_addresses(run->context.route, network->link.ifindex, network);
}

/* Makes the new text, for wgp_wipe_free(). Returns 0, -EBADMSG when it would be no profile, or another negative errno.
 */
static int make_text(WgpRun *run, const WgpReplace *file, const WgpProfile *applied, char **ret, size_t *ret_size) {
        _cleanup_(wgp_diagnostics_done) WgpDiagnostics diagnostics = WGP_DIAGNOSTICS_NULL;
        _cleanup_(wgp_profile_freep) WgpProfile *base = NULL, *again = NULL;
        _cleanup_(wgp_network_done) WgpNetwork actual = WGP_NETWORK_NULL;
        _cleanup_(wgp_edit_freep) WgpEdit *edit = NULL;
        WgpSaveInput input = { .applied = applied, .actual = &actual, .is_private = wgp_replace_is_private(file) };
        size_t n_errors = 0, n_errors_again = 0, size = 0;
        char *text = NULL;
        int r;

        r = gather(run, &actual);
        if (r >= 0)
                r = parse_base(run, file->data, file->size, &n_errors, &base);
        if (r >= 0)
                r = wgp_edit_new(run->state.format, file->data, file->size, &edit);
        input.base = base;
        if (r >= 0)
                r = wgp_save_edit(&input, edit, &diagnostics);
        if (r >= 0)
                r = wgp_edit_format(edit, &text, &size);
        if (r >= 0)
                r = parse_base(run, text, size, &n_errors_again, &again);
        if (r >= 0 && n_errors_again > n_errors)
                r = -EBADMSG;
        if (r < 0) {
                wgp_wipe_free(text, size);
                return r;
        }
        wgp_report_diagnostics(&diagnostics);
        *ret = text;
        *ret_size = size;
        return 0;
}

/* --- the file --- */

static void report(const WgpRun *run, const WgpReplace *file, int result) {
        if (result == 0)
                wgp_report_notice("The runtime changes of '%s' are saved in %s.", run->name, file->path);
        else if (result == WGP_REPLACE_E_CHANGED)
                wgp_report_warning(NOT_SAVED "%s was edited meanwhile.", run->name, file->path);
        else
                wgp_report_warning(NOT_SAVED "cannot write %s: %s.%s", run->name, file->path, strerror(-result),
                                result != -EROFS ? "" :
                                                   " If SaveConfig= is new in it, run 'systemctl daemon-reload' "
                                                   "before the next start.");
}

static void save(WgpRun *run, const WgpReplace *file, const WgpProfile *applied) {
        size_t size = 0;
        char *text = NULL;
        int r;

        r = make_text(run, file, applied, &text, &size);
        if (r < 0) {
                wgp_report_warning(NOT_SAVED "%s.", run->name,
                                r == -EBADMSG ? "the profile would not be valid" : strerror(-r));
                return;
        }
        if (size != file->size || memcmp(text, file->data, size) != 0) {
                if (wgp_replace_is_in_usr(file, run->context.root))
                        wgp_report_warning(NOT_SAVED "%s belongs to the distribution. Copy it to /etc/wg-profile/.",
                                        run->name, file->path);
                else {
                        r = wgp_context_before_change(&run->context);
                        report(run, file, r < 0 ? r : wgp_replace_file(file, text, size));
                }
        }
        wgp_wipe_free(text, size);
}

static int open_file(const WgpRun *run, WgpReplace *ret) {
        int r;

        r = wgp_replace_open(
                        run->context.root, run->state.file + strlen(run->context.root ?: ""), WGP_STORE_FILE_MAX, ret);
        if (r < 0)
                wgp_report_warning(NOT_SAVED "cannot read %s: %s.", run->name, run->state.file, strerror(-r));
        return r;
}

/* Saves runtime changes if SaveConfig= asks for it; run->actual.link has been looked for and still exists. */
void wgp_save_config(WgpRun *run) {
        _cleanup_(wgp_profile_freep) WgpProfile *applied = NULL;
        _cleanup_(wgp_replace_done) WgpReplace file = WGP_REPLACE_NULL;

        if (!is_due(run) || open_file(run, &file) < 0)
                return;
        /* after the file was opened: an edit between the two is noticed when it is replaced */
        if (wgp_load_again(run, &applied) != 0 || applied->digest != run->state.digest ||
                        !streq(applied->files[0].path, run->state.file)) {
                wgp_report_warning(NOT_SAVED "%s or a drop-in was edited meanwhile.", run->name, run->state.file);
                return;
        }
        save(run, &file, applied);
}
