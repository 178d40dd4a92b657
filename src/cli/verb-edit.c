/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* wg-profile edit: the profile in an editor, checked before anything is changed. */

#include <fcntl.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

#include "cli/ask-apply.h"
#include "cli/child.h"
#include "cli/confirm.h"
#include "cli/editor.h"
#include "cli/message.h"
#include "cli/output.h"
#include "cli/set-request.h"
#include "cli/unit-refresh.h"
#include "cli/unit-status.h"
#include "system/profile-name.h"

typedef struct Edit {
        const WgpCli *cli;
        WgpSetRequest request; /* of nothing */
        WgpSetProfile set;
        char *copy; /* the file that the editor gets */
        WgpInput text;
        bool keep; /* the copy has work in it that is nowhere else */
} Edit;

static void edit_done(Edit *edit) {
        if (edit->copy && !edit->keep)
                (void) unlink(edit->copy);
        if (edit->copy && edit->keep)
                wgp_cli_error("Your text is in %s.", edit->copy);
        free(edit->copy);
        wgp_input_done(&edit->text);
        wgp_set_profile_done(&edit->set);
}

/* A copy beside the profile, which only its owner can read. Its name does not end like a profile's. */
static int make_copy(Edit *edit) {
        const char *path = edit->set.file.path, *slash = strrchr(path, '/');
        const WgpInput *text = edit->set.texts;
        int fd, r;

        if (asprintf(&edit->copy, "%.*s/.%s.edit-XXXXXX", (int) (slash - path), path, slash + 1) < 0) {
                edit->copy = NULL;
                return -ENOMEM;
        }
        fd = mkostemp(edit->copy, O_CLOEXEC);
        if (fd < 0) {
                r = -errno;
                free(TAKE_PTR(edit->copy));
                return wgp_cli_report_failure(edit->set.path, r);
        }
        close(fd);
        r = wgp_output_replace(edit->copy, text->data, text->size, 0600);
        return r < 0 ? wgp_cli_report_failure(edit->copy, r) : 0;
}

static int run_editor(const Edit *edit) {
        int r, status;

        r = wgp_editor_run(edit->copy, &status);
        if (r < 0)
                return wgp_report_spawn("/bin/sh", r);
        if (status == 0)
                return 0;
        if (status == 127)
                wgp_cli_error("%s was not changed: no editor was found. Set $EDITOR.", edit->set.path);
        else if (status > 128)
                wgp_cli_error("%s was not changed: the editor was ended by signal %d.", edit->set.path, status - 128);
        else
                wgp_cli_error("%s was not changed: the editor has failed, with exit code %d.", edit->set.path, status);
        return CLI_EXIT_FAILED;
}

/* Whether the copy is another text than the profile's. */
static int read_copy(Edit *edit, bool *ret_differs) {
        const WgpInput *before = edit->set.texts;
        int r;

        wgp_input_done(&edit->text);
        r = wgp_input_read(edit->copy, WGP_STORE_FILE_MAX, &edit->text);
        if (r < 0)
                return wgp_cli_report_failure(edit->copy, r);
        *ret_differs = edit->text.size != before->size || memcmp(edit->text.data, before->data, before->size) != 0;
        edit->keep = *ret_differs && edit->text.size > 0;
        return 0;
}

/* Judges the new text, and says all there is to say. */
static int judge(const Edit *edit) {
        _cleanup_(wgp_diagnostics_done) WgpDiagnostics diagnostics = WGP_DIAGNOSTICS_NULL;
        bool exposed;
        int r, printed;

        if (edit->text.size == 0) { /* as a profile it would be a mask */
                wgp_cli_error("An empty file would hide the profile. 'wg-profile remove' removes it.");
                return CLI_EXIT_INVALID;
        }
        r = wgp_set_profile_judge(&edit->set, &edit->text, &diagnostics, &exposed);
        printed = wgp_cli_print_diagnostics(edit->cli, &diagnostics);
        if (exposed)
                return wgp_set_refuse_exposed(&edit->set);
        return r != 0 ? r : printed;
}

/* Lets the person correct what is wrong, as often as they like. Returns 0 when there is a good text that differs, an
 * exit code (reported), or a negative errno; "*ret_differs" false: there is nothing to do. */
static int edit_until_good(Edit *edit, bool *ret_differs) {
        for (;;) {
                int r;

                r = run_editor(edit);
                if (r == 0)
                        r = read_copy(edit, ret_differs);
                else {
                        bool differs = false;

                        if (read_copy(edit, &differs) != 0)
                                edit->keep = false;
                }
                if (r != 0 || !*ret_differs)
                        return r;
                r = judge(edit);
                if (r != CLI_EXIT_INVALID)
                        return r;
                if (edit->cli->yes || !isatty(STDIN_FILENO) || !isatty(STDERR_FILENO)) {
                        wgp_cli_error("%s was not changed.", edit->set.path);
                        return r;
                }
                if (wgp_confirm(edit->cli, "The profile has errors. Edit it again?") != 0)
                        return r;
        }
}

static int is_active(const Edit *edit, bool *ret) {
        WgpUnits units = WGP_UNITS_NULL;
        int r;

        *ret = false;
        if (edit->cli->root)
                return 0;
        r = wgp_units_read(edit->set.item.name, &units);
        if (r < 0)
                return r == -ENODATA ? 0 : r;
        *ret = wgp_unit_is(wgp_units_find(&units, edit->set.item.name), "active");
        wgp_units_done(&units);
        return 0;
}

/* Shows what a reload with the new text would do, and asks. */
static int ask(const Edit *edit) {
        int r, status;

        if (edit->cli->yes)
                return 0;
        fflush(stdout);
        r = wgp_ask_plan_of(edit->cli, edit->set.item.name, edit->copy, STDOUT_FILENO, STDERR_FILENO, &status);
        if (r < 0)
                return wgp_report_spawn(wgp_apply_program(), r);
        if (status == 0)
                printf("The running tunnel stays as it is.\n");
        return wgp_confirm(edit->cli, status == 0 || status == CLI_EXIT_CHANGES ?
                                                      "Save the profile, and reload the tunnel?" :
                                                      "Save the profile all the same, and try a reload?");
}

static int save(Edit *edit) {
        int r = wgp_replace_file(&edit->set.file, edit->text.data, edit->text.size);

        if (r == WGP_REPLACE_E_CHANGED) {
                wgp_cli_error("%s was changed by somebody else meanwhile, and is as they left it.", edit->set.path);
                return CLI_EXIT_FAILED;
        }
        if (r == -EBUSY) {
                wgp_cli_error("%s was not changed: another run is writing it.", edit->set.path);
                return CLI_EXIT_FAILED;
        }
        if (r < 0)
                return wgp_cli_report_failure(edit->set.path, r);
        edit->keep = false;
        printf("%s: changed.\n", edit->set.path);
        fflush(stdout);
        return 0;
}

/* "reload" lets systemd read the units again where the profile needs that. */
static int take_up(const Edit *edit, bool active) {
        _cleanup_(wgp_loaded_done) WgpLoaded loaded = WGP_LOADED_NULL;
        int r;

        if (active) {
                r = wgp_verb_reload.run(edit->cli);
                if (r == 0)
                        printf("The tunnel was reloaded.\n");
                return r;
        }
        if (edit->cli->root || !wgp_systemd_runs())
                return 0;
        r = wgp_loaded_open_name(edit->cli, edit->set.item.name, &loaded);
        return r != 0 ? r : wgp_unit_refresh(&loaded);
}

static int run_edit(const WgpCli *cli) {
        _cleanup_(edit_done) Edit edit = { .cli = cli, .set = { .cli = cli, .file = WGP_REPLACE_NULL } };
        bool differs = false, active = false;
        int r;

        edit.set.request = &edit.request;
        r = wgp_set_profile_open(&edit.set);
        if (r == 0)
                r = make_copy(&edit);
        if (r == 0)
                r = edit_until_good(&edit, &differs);
        if (r != 0)
                return r;
        if (!differs) {
                printf("%s: nothing to change.\n", edit.set.path);
                return 0;
        }
        r = is_active(&edit, &active);
        if (r == 0 && active)
                r = ask(&edit);
        if (r == 0)
                r = save(&edit);
        return r == 0 ? take_up(&edit, active) : r;
}

const WgpVerb wgp_verb_edit = {
        .name = "edit",
        .synopsis = "edit [--yes] NAME",
        .summary = "the profile in an editor; what was wrong is not saved, and the tunnel follows",
        .examples = "  wg-profile edit home\n"
                    "  EDITOR='sed -i s/25/20/' wg-profile edit --yes home\n",
        .exits = "  0  done, or nothing was changed in the editor\n"
                 "  1  it failed, the answer was no, or somebody else has changed the profile\n"
                 "  3  the profile would have errors\n"
                 "  4  not permitted\n"
                 "  6  there is no such profile\n",
        .options = CLI_OPTION_YES,
        .n_arguments_min = 1,
        .n_arguments_max = 1,
        .run = run_edit,
};
