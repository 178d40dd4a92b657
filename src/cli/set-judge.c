/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Judges a new text of a profile, before it is written. */

#include "cli/message.h"
#include "cli/profile-text.h"
#include "cli/set-request.h"

/* Judges the text together with the profile's drop-ins, and adds to the diagnostics what there is to say, errors too.
 * "ret_exposed": a key would be in a file that others may read, wgp_set_refuse_exposed(). Returns 0, CLI_EXIT_INVALID
 * (not reported), or a negative errno. */
int wgp_set_profile_judge(
                const WgpSetProfile *set, const WgpInput *text, WgpDiagnostics *diagnostics, bool *ret_exposed) {
        _cleanup_(freep) WgpProfileText *texts = calloc(set->n_texts, sizeof(*texts));
        _cleanup_(wgp_profile_freep) WgpProfile *profile = NULL;
        int r;

        *ret_exposed = false;
        if (!texts)
                return -ENOMEM;
        texts[0] = (WgpProfileText) { set->path, text };
        for (size_t i = 1; i < set->n_texts; i++)
                texts[i] = (WgpProfileText) { set->item.dropins[i - 1].path, set->texts + i };
        r = wgp_profile_new(set->item.name, set->item.format, &profile);
        if (r >= 0)
                r = wgp_profile_text_judge(set->cli, profile, texts, set->n_texts, diagnostics);
        *ret_exposed = r == 0 && profile->files[0].has_secret && !wgp_replace_is_private(&set->file);
        return r;
}

/* Returns the exit code. */
int wgp_set_refuse_exposed(const WgpSetProfile *set) {
        wgp_cli_error("%s was not changed: a key would stand in it, and others may read it. Run 'chmod 600 %s' first.",
                        set->path, set->path);
        return CLI_EXIT_INVALID;
}
