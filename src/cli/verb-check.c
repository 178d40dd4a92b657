/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* wg-profile check: all problems of profiles, as a compiler tells them: each on standard error with its file and
 * line, the sum on standard output. */

#include <stdio.h>
#include <unistd.h>

#include "cli/check-system.h"
#include "cli/json-output.h"
#include "cli/message.h"
#include "cli/profile-set.h"
#include "cli/verdict.h"
#include "system/profile-name.h"

/* What the run is about. Profiles that were not asked for are read, too, to find out what two cannot both have. */
typedef struct Check {
        const WgpCli *cli;
        WgpStore *store;
        WgpProfileSet set;
        bool *selected; /* by profile */
        int exit_code;  /* so far */
} Check;

static void check_done(Check *check) {
        wgp_profile_set_done(&check->set);
        wgp_store_free(check->store);
        free(check->selected);
}

static bool names_profile(const Check *check) {
        for (size_t i = 0; i < check->cli->n_arguments; i++)
                if (!wgp_is_file_argument(check->cli->arguments[i]))
                        return true;
        return false;
}

/* Where some were asked for, files of names that cannot be are others' business; a directory that cannot be read is
 * not: one of them may be in it. */
static int forget_files(WgpDiagnostics *diagnostics) {
        _cleanup_(wgp_diagnostics_done) WgpDiagnostics all = *diagnostics;
        WgpFormat format;
        int r = 0;

        *diagnostics = WGP_DIAGNOSTICS_NULL;
        for (size_t i = 0; r >= 0 && i < all.n_items; i++)
                if (wgp_profile_name_length(all.items[i].file, &format) == 0)
                        r = wgp_diagnostics_add(diagnostics, all.items[i].severity,
                                        &(WgpPlace) { .file = all.items[i].file }, "%s", all.items[i].message);
        return r;
}

static int read_profiles(Check *check) {
        const WgpCli *cli = check->cli;
        int r = 0;

        if (cli->n_arguments == 0 || names_profile(check))
                r = wgp_profile_set_add_all(cli, check->store, &check->set);
        if (r >= 0 && cli->n_arguments > 0)
                r = forget_files(&check->set.diagnostics);
        for (size_t i = 0; r >= 0 && i < cli->n_arguments; i++)
                if (wgp_is_file_argument(cli->arguments[i]))
                        r = wgp_profile_set_add_file(cli, check->store, cli->arguments[i], &check->set);
        if (r < 0)
                return r;

        check->selected = calloc(check->set.n_items + 1, sizeof(*check->selected));
        r = check->selected ? wgp_profile_set_verify(&check->set) : -ENOMEM;
        return r < 0 ? r : wgp_check_system(cli, &check->set);
}

static bool is_file_item(const WgpLoaded *loaded) {
        return loaded->item.directory == WGP_STORE_NO_DIRECTORY;
}

static int select_name(Check *check, const char *name) {
        _cleanup_(wgp_loaded_done) WgpLoaded loaded = WGP_LOADED_NULL;
        int r;

        for (size_t i = 0; i < check->set.n_items; i++)
                if (!is_file_item(check->set.items + i) && streq(check->set.items[i].item.name, name)) {
                        check->selected[i] = true;
                        return 0;
                }

        /* It is not there: have the one place that knows say why. */
        r = wgp_loaded_open_name(check->cli, name, &loaded);
        if (r < 0)
                return r;
        if (check->exit_code == CLI_EXIT_OK)
                check->exit_code = r > 0 ? r : CLI_EXIT_NO_PROFILE;
        return 0;
}

static int select_profiles(Check *check) {
        const WgpCli *cli = check->cli;
        int r = 0;

        for (size_t i = 0; i < check->set.n_items; i++)
                check->selected[i] = cli->n_arguments == 0 || is_file_item(check->set.items + i);
        for (size_t i = 0; r >= 0 && i < cli->n_arguments; i++)
                if (!wgp_is_file_argument(cli->arguments[i]))
                        r = select_name(check, cli->arguments[i]);
        return r;
}

typedef struct Sums {
        size_t profiles, verdicts[_WGP_VERDICT_N], errors, warnings;
} Sums;

static Sums add_up(const Check *check) {
        Sums sums = { .errors = check->set.diagnostics.n_errors, .warnings = check->set.diagnostics.n_warnings };

        for (size_t i = 0; i < check->set.n_items; i++) {
                const WgpLoaded *loaded = check->set.items + i;

                if (!check->selected[i])
                        continue;
                sums.profiles++;
                sums.verdicts[wgp_loaded_verdict(loaded)]++;
                sums.errors += loaded->diagnostics.n_errors;
                sums.warnings += loaded->diagnostics.n_warnings;
        }
        return sums;
}

static const char *plural(size_t n) {
        return n == 1 ? "" : "s";
}

static int print_text(const Check *check, const Sums *sums) {
        int r;

        r = wgp_cli_print_diagnostics(check->cli, &check->set.diagnostics);
        for (size_t i = 0; r >= 0 && i < check->set.n_items; i++)
                if (check->selected[i])
                        r = wgp_cli_print_diagnostics(check->cli, &check->set.items[i].diagnostics);
        if (r < 0 || (check->exit_code != CLI_EXIT_OK && sums->profiles == 0)) /* it was said why */
                return r;

        printf("%zu profile%s checked: %zu error%s, %zu warning%s", sums->profiles, plural(sums->profiles),
                        sums->errors, plural(sums->errors), sums->warnings, plural(sums->warnings));
        if (sums->verdicts[WGP_VERDICT_MASKED] > 0)
                printf(", %zu masked", sums->verdicts[WGP_VERDICT_MASKED]);
        printf(".\n");
        return 0;
}

static int print_json(const Check *check, const Sums *sums) {
        _cleanup_(json_decrefp) json_t *json = NULL;

        json = json_pack("{s:[], s:o, s:I, s:I}", "profiles", "problems", wgp_json_problems(&check->set.diagnostics),
                        "errors", (json_int_t) sums->errors, "warnings", (json_int_t) sums->warnings);
        for (size_t i = 0; json && i < check->set.n_items; i++) {
                const WgpLoaded *loaded = check->set.items + i;
                json_t *item, *problems;

                if (!check->selected[i])
                        continue;
                item = wgp_loaded_json(loaded);
                problems = wgp_json_problems(&loaded->diagnostics);
                if (!item || json_object_set_new(item, "problems", problems) < 0) {
                        json_decref(item);
                        return -ENOMEM;
                }
                if (json_array_append_new(json_object_get(json, "profiles"), item) < 0)
                        return -ENOMEM;
        }
        return wgp_json_print(json);
}

/* A single unreadable file tells more than "invalid": that root has to look, or that it is not there. */
static int exit_code(const Check *check, const Sums *sums) {
        int code = sums->errors > 0 ? CLI_EXIT_INVALID : CLI_EXIT_OK;

        if (check->exit_code != CLI_EXIT_OK)
                return check->exit_code;
        for (size_t i = 0; i < check->set.n_items; i++)
                if (check->selected[i] && wgp_loaded_verdict(check->set.items + i) == WGP_VERDICT_UNREADABLE &&
                                sums->profiles == 1 && access(check->set.items[i].path, R_OK) < 0)
                        return errno == EACCES ? CLI_EXIT_DENIED : errno == ENOENT ? CLI_EXIT_NO_PROFILE : code;
        return code;
}

static int run_check(const WgpCli *cli) {
        _cleanup_(check_done) Check check = { .cli = cli, .set = WGP_PROFILE_SET_NULL };
        Sums sums;
        int r;

        r = wgp_cli_open_store(cli, &check.store);
        if (r != 0)
                return r;
        r = read_profiles(&check);
        if (r >= 0)
                r = select_profiles(&check);
        if (r < 0)
                return r;

        sums = add_up(&check);
        r = cli->json ? print_json(&check, &sums) : print_text(&check, &sums);
        return r < 0 ? r : exit_code(&check, &sums);
}

const WgpVerb wgp_verb_check = {
        .name = "check",
        .synopsis = "check [NAME|FILE...]",
        .summary = "all problems of these profiles, or of all",
        .examples = "  wg-profile check\n"
                    "  wg-profile check ~/Downloads/provider.conf\n",
        .exits = "  0  no errors; there may be warnings\n"
                 "  3  a profile has errors\n"
                 "  4  a profile can be read by root only\n"
                 "  6  there is no such profile\n",
        .operands = WGP_OPERANDS_NAMES,
        .n_arguments_max = SIZE_MAX,
        .run = run_check,
};
