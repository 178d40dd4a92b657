/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* wg-profile import: checks a file that came from somewhere, and puts it where tunnels are made of it. */

#include <fcntl.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

#include "cli/child.h"
#include "cli/json-output.h"
#include "cli/message.h"
#include "cli/output.h"
#include "cli/profile-set.h"
#include "cli/profile-text.h"
#include "cli/unit-refresh.h"
#include "system/profile-name.h"
#include "system/root-path.h"

#define PROFILE_DIRECTORY "/etc/wg-profile"

typedef struct Import {
        const WgpCli *cli;
        const char *source; /* as it was named */
        WgpInput input;
        char *name;
        WgpFormat format;
        char *directory, *path; /* where it goes, on this system */
        WgpProfile *profile;
        WgpDiagnostics diagnostics;
        bool unchanged; /* it is there already */
} Import;

static void import_done(Import *i) {
        wgp_input_done(&i->input);
        wgp_profile_free(i->profile);
        wgp_diagnostics_done(&i->diagnostics);
        free(i->name);
        free(i->directory);
        free(i->path);
}

static int report(const char *path, int r) {
        if (r != -EFBIG)
                return wgp_cli_report_failure(path, r);
        wgp_cli_error("%s: It is too large for a profile.", path);
        return CLI_EXIT_FAILED;
}

/* --- what it is --- */

/* The file's name without what it ends with; --name= has the last word. */
static int take_name(Import *i) {
        const char *slash = strrchr(i->source, '/'), *base = slash ? slash + 1 : i->source, *dot = strrchr(base, '.');
        WgpFormat format;
        size_t n = wgp_profile_name_length(base, &format);

        if (i->cli->name)
                i->name = strdup(i->cli->name);
        else if (streq(i->source, "-")) {
                wgp_cli_error("What comes from standard input needs a name: --name=NAME.");
                return CLI_EXIT_USAGE;
        } else
                i->name = strndup(base, n > 0 ? n : dot && dot > base ? (size_t) (dot - base) : strlen(base));
        if (!i->name)
                return -ENOMEM;
        i->format = format;
        return n > 0 ? 0 : wgp_profile_text_guess(&i->input, &i->format);
}

/* Returns 0, an exit code (reported), or a negative errno. */
static int judge(Import *i) {
        const char *problem;
        int r;

        if (i->input.size == 0) { /* as a profile it would be a mask */
                wgp_cli_error("%s: It is empty.", i->source);
                return CLI_EXIT_INVALID;
        }
        r = take_name(i);
        if (r == -EINVAL) {
                wgp_cli_error("%s: This is neither a wg-quick file nor a NetworkManager keyfile.", i->source);
                return CLI_EXIT_INVALID;
        }
        if (r != 0)
                return r;
        problem = wgp_profile_name_problem(i->name);
        if (problem) {
                wgp_cli_error("%s: %s Choose another with --name=NAME.", i->name, problem);
                return CLI_EXIT_USAGE;
        }

        r = wgp_profile_new(i->name, i->format, &i->profile);
        if (r >= 0)
                r = wgp_profile_text_judge(
                                i->cli, i->profile, &(WgpProfileText) { i->source, &i->input }, 1, &i->diagnostics);
        if (r != CLI_EXIT_INVALID)
                return r;
        r = wgp_cli_refuse(i->cli, &i->diagnostics);
        if (i->format == WGP_FORMAT_WG_QUICK && strlen(i->name) >= IF_NAMESIZE)
                wgp_cli_error("A wg-quick file's name is its link's: choose a shorter one with --name=NAME.");
        if (r >= 0)
                wgp_cli_error("%s was not imported.", i->source);
        return r;
}

/* --- putting it there --- */

static char *place_of(const Import *i, WgpFormat format) {
        char *path;

        return asprintf(&path, "%s/%s%s", i->directory, i->name, wgp_format_suffix(format)) < 0 ? NULL : path;
}

/* Whether there is such a profile already. Returns 0 when it may be put there, or when it is there; an exit code
 * (reported); or a negative errno. */
static int look_there(Import *i) {
        const WgpFormat other = i->format == WGP_FORMAT_KEYFILE ? WGP_FORMAT_WG_QUICK : WGP_FORMAT_KEYFILE;
        _cleanup_(freep) char *rival = place_of(i, other);
        _cleanup_(wgp_input_done) WgpInput there = WGP_INPUT_NULL;
        int r;

        if (!rival)
                return -ENOMEM;
        if (access(rival, F_OK) >= 0) {
                wgp_cli_error("There is %s already, and a profile has one format: choose another name with --name=NAME.",
                                rival);
                return CLI_EXIT_FAILED;
        }
        r = wgp_input_read(i->path, WGP_STORE_FILE_MAX, &there);
        if (r == -ENOENT)
                return 0;
        if (r < 0)
                return report(i->path, r);
        i->unchanged = there.size == i->input.size && memcmp(there.data, i->input.data, there.size) == 0;
        if (i->unchanged || i->cli->force)
                return 0;
        wgp_cli_error("%s is there already, and is not the same: see what differs, then use --force, or another name "
                      "with --name=NAME.",
                        i->path);
        return CLI_EXIT_FAILED;
}

/* A link to it is followed inside of the root. */
static int open_directory(Import *i) {
        int r;

        r = wgp_root_path(i->cli->root, PROFILE_DIRECTORY, &i->directory);
        if (r >= 0 && mkdir(i->directory, 0755) < 0 && errno != EEXIST)
                r = -errno;
        return r < 0 ? report(i->directory ?: PROFILE_DIRECTORY, r) : 0;
}

static int put(Import *i) {
        int r;

        r = open_directory(i);
        if (r != 0)
                return r;
        i->path = place_of(i, i->format);
        if (!i->path)
                return -ENOMEM;
        r = look_there(i);
        if (r != 0)
                return r;
        if (i->unchanged)
                r = chmod(i->path, 0600) < 0 ? -errno : 0;
        else
                r = wgp_output_replace(i->path, i->input.data, i->input.size, 0600);
        return r < 0 ? report(i->path, r) : 0;
}

/* --- telling --- */

static bool is_enabled(const char *unit) {
        const char *const arguments[] = { "systemctl", "is-enabled", "--", unit, NULL };
        _cleanup_(wgp_text_done) WgpText text = WGP_TEXT_NULL;
        int status;

        return wgp_child_capture(arguments, &text, &status) >= 0 && text.data &&
               strncmp(text.data, "enabled", strlen("enabled")) == 0;
}

/* The other programs that would bring the same tunnel up. */
static int tell_rivals(const Import *i) {
        _cleanup_(freep) char *instance = wgp_instance_escape(i->name), *unit = NULL;

        if (strstr(i->source, "/NetworkManager/system-connections/"))
                printf("NetworkManager has it, too. Keep it from starting it: nmcli connection modify '%s' "
                       "connection.autoconnect no, or remove it: nmcli connection delete '%s'\n",
                                i->profile->id ?: i->name, i->profile->id ?: i->name);
        if (!instance || asprintf(&unit, "wg-quick@%s.service", instance) < 0) {
                unit = NULL;
                return -ENOMEM;
        }
        if (is_enabled(unit))
                printf("wg-quick starts it, too, at boot: systemctl disable --now wg-quick@%s\n", instance);
        return 0;
}

static int tell(const Import *i, const WgpLoaded *loaded) {
        printf("%s: %s, mode 0600.\n", i->path, i->unchanged ? "it is there already" : "imported");
        if (!streq(i->source, "-") && i->input.mode & (S_IRGRP | S_IROTH) && i->profile->files[0].has_secret)
                printf("There is a key in %s, and others may read it: chmod 600, or remove it.\n", i->source);
        printf("It %s.\n", wgp_loaded_autoconnects(loaded) ? "starts at boot" : "does not start at boot");
        if (!i->cli->start && !i->cli->root)
                printf("Start it now: wg-profile up %s\n", i->name);
        return i->cli->root ? 0 : tell_rivals(i);
}

static int print_json(const Import *i, const WgpLoaded *loaded) {
        _cleanup_(json_decrefp) json_t *json = NULL;

        json = json_pack("{s:o, s:s, s:o, s:b, s:b, s:o}", "name", wgp_json_text(i->name), "format",
                        wgp_format_name(i->format), "path", wgp_json_text(i->path), "changed", !i->unchanged,
                        "autoconnect", wgp_loaded_autoconnects(loaded), "problems",
                        wgp_json_problems(&i->diagnostics));
        return wgp_json_print(json);
}

/* The profile as it is now, with drop-ins that were there before. Systemd learns of it. */
static int take_up(const Import *i) {
        _cleanup_(wgp_loaded_done) WgpLoaded loaded = WGP_LOADED_NULL;
        WgpCli up = *i->cli;
        int r;

        r = wgp_loaded_open_name(i->cli, i->name, &loaded);
        if (r != 0)
                return r;
        r = i->cli->json ? print_json(i, &loaded) : tell(i, &loaded);
        if (r < 0)
                return r;
        fflush(stdout);
        if (!i->cli->start)
                return i->cli->root || !wgp_systemd_runs() ? 0 : wgp_unit_refresh(&loaded);
        up.arguments = (char **) &i->name;
        up.n_arguments = 1;
        return wgp_verb_up.run(&up);
}

static int run_import(const WgpCli *cli) {
        _cleanup_(import_done) Import i = { .cli = cli, .source = cli->arguments[0] };
        int r;

        if (cli->start && cli->root) {
                wgp_cli_error("Tunnels run in this system: --start does not go with --root=.");
                return CLI_EXIT_USAGE;
        }
        r = wgp_input_read(i.source, WGP_STORE_FILE_MAX, &i.input);
        if (r < 0)
                return report(i.source, r);
        r = judge(&i);
        if (r == 0)
                r = put(&i);
        if (r == 0 && !cli->json)
                r = wgp_cli_print_diagnostics(cli, &i.diagnostics);
        return r != 0 ? r : take_up(&i);
}

const WgpVerb wgp_verb_import = {
        .name = "import",
        .synopsis = "import FILE [--name=NAME] [--start] [--force]",
        .summary = "check a file, and make a profile of it",
        .examples = "  wg-profile import --start ~/Downloads/home.conf\n"
                    "  wg-profile import --name=us-east - < provider.txt\n",
        .exits = "  0  done, or it was there already\n"
                 "  1  it failed, or another profile of that name is there\n"
                 "  2  the name cannot be a profile's\n"
                 "  3  the file has errors\n",
        .options = CLI_OPTION_NAME | CLI_OPTION_START | CLI_OPTION_FORCE,
        .n_arguments_min = 1,
        .n_arguments_max = 1,
        .run = run_import,
};
