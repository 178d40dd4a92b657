/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* wg-profile enable, disable: whether tunnels start at boot. That is for their profiles to say, so that a drop-in of
 * the profile says it; one with errors can be disabled, too. */

#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

#include "cli/json-output.h"
#include "cli/message.h"
#include "cli/output.h"
#include "cli/profile-set.h"
#include "cli/unit-refresh.h"
#include "parse/key-table.h"
#include "system/profile-name.h"
#include "system/root-path.h"

#define PROFILE_DIRECTORY "/etc/wg-profile"
#define UNIT_DIRECTORY "/etc/systemd/system"
#define DROPIN "50-autoconnect.conf"

typedef struct Switch {
        const WgpCli *cli;
        bool on;
        const char *name;
        char *unit;
        char *directory, *path; /* of the drop-in, on this system */
        bool changed;
} Switch;

static void switch_done(Switch *s) {
        free(s->unit);
        free(s->directory);
        free(s->path);
}

/* A link to it is followed inside of the root. */
static int find_path(Switch *s, WgpFormat format) {
        _cleanup_(freep) char *parent = NULL;
        int r;

        r = wgp_root_path(s->cli->root, PROFILE_DIRECTORY, &parent);
        if (r < 0)
                return wgp_cli_report_failure(PROFILE_DIRECTORY, r);
        if (mkdir(parent, 0755) < 0 && errno != EEXIST)
                return wgp_cli_report_failure(parent, -errno);
        if (asprintf(&s->directory, "%s/%s%s.d", parent, s->name, wgp_format_suffix(format)) < 0) {
                s->directory = NULL;
                return -ENOMEM;
        }
        if (asprintf(&s->path, "%s/" DROPIN, s->directory) < 0) {
                s->path = NULL;
                return -ENOMEM;
        }
        return 0;
}

static int write_dropin(const Switch *s, bool on) {
        _cleanup_(freep) char *text = NULL;
        int r;

        if (asprintf(&text, "# Made by \"wg-profile %s\".\n[WgProfile]\nAutoconnect=%s\n", on ? "enable" : "disable",
                            on ? "yes" : "no") < 0) {
                text = NULL;
                return -ENOMEM;
        }
        if (mkdir(s->directory, 0755) < 0 && errno != EEXIST)
                return wgp_cli_report_failure(s->directory, -errno);
        r = wgp_output_replace(s->path, text, strlen(text), 0644);
        return r < 0 ? wgp_cli_report_failure(s->path, r) : 0;
}

/* As it was before: without a drop-in, or with one that says the opposite. */
static void take_back(const Switch *s, bool was_there) {
        if (was_there)
                (void) write_dropin(s, !s->on);
        else {
                (void) unlink(s->path);
                (void) rmdir(s->directory);
        }
}

/* Says which line has the last word. Returns an exit code. */
static int report_overruled(const Switch *s, const WgpProfile *profile) {
        const WgpEntry *last = NULL;

        for (size_t i = 0; i < profile->n_entries; i++) {
                const WgpEntry *entry = profile->entries + i;

                if (strcasecmp(entry->section_name, "WgProfile") == 0 && streq(entry->key->name, "Autoconnect"))
                        last = entry;
        }
        if (last)
                wgp_cli_error("%s: nothing was changed: 'Autoconnect=%s' in %s:%u has the last word. Change it there.",
                                s->name, last->value ?: "", wgp_profile_file(profile, last->origin),
                                last->origin.line);
        else
                wgp_cli_error("%s: nothing was changed: the profile cannot be told by a drop-in.", s->name);
        return CLI_EXIT_FAILED;
}

static int change(Switch *s, WgpFormat format) {
        _cleanup_(wgp_loaded_done) WgpLoaded after = WGP_LOADED_NULL;
        bool was_there;
        int r;

        r = find_path(s, format);
        if (r != 0)
                return r;
        was_there = access(s->path, F_OK) >= 0;
        r = write_dropin(s, s->on);
        if (r != 0)
                return r;
        r = wgp_loaded_open_broken(s->cli, s->name, &after);
        if (r == 0 && wgp_loaded_autoconnects(&after) != s->on)
                r = report_overruled(s, after.profile);
        if (r != 0)
                take_back(s, was_there);
        s->changed = r == 0;
        return r;
}

/* Whether the unit is masked, for good or until the next boot. */
static bool is_masked(const Switch *s, const char *unit) {
        static const char *const directories[] = { "/etc/systemd/system", "/run/systemd/system" };

        for (size_t i = 0; i < WGP_ARRAY_SIZE(directories); i++) {
                _cleanup_(freep) char *directory = NULL, *path = NULL;
                char target[sizeof("/dev/null") + 1] = "";

                if (wgp_root_path(s->cli->root, directories[i], &directory) < 0)
                        continue;
                if (asprintf(&path, "%s/%s", directory, unit) < 0) {
                        path = NULL;
                        return false;
                }
                if (readlink(path, target, sizeof(target) - 1) > 0 && streq(target, "/dev/null"))
                        return true;
        }
        return false;
}

/* Removes what "systemctl add-wants", or "systemctl enable" of an older version of ours, has made. */
static int remove_links(Switch *s) {
        static const char *const wants[] = { "wg-profile.target.wants", "multi-user.target.wants" };

        for (size_t i = 0; i < WGP_ARRAY_SIZE(wants); i++) {
                _cleanup_(freep) char *directory = NULL, *path = NULL;
                int r;

                r = wgp_root_path(s->cli->root, UNIT_DIRECTORY, &directory);
                if (r < 0)
                        return r == -ENOMEM ? r : 0;
                if (asprintf(&path, "%s/%s/%s", directory, wants[i], s->unit) < 0) {
                        path = NULL;
                        return -ENOMEM;
                }
                if (unlink(path) >= 0)
                        s->changed = true;
                else if (errno != ENOENT && errno != ENOTDIR)
                        return wgp_cli_report_failure(path, -errno);
        }
        return 0;
}

/* --- one profile --- */

static int refuse_enable(const Switch *s, const WgpLoaded *loaded) {
        if (loaded->item.fallback) {
                wgp_cli_error("%s: nothing that lies in %.*s starts at boot. Make it ours: wg-profile import %s",
                                s->name, (int) (strrchr(loaded->path, '/') - loaded->path), loaded->path,
                                loaded->path);
                return CLI_EXIT_FAILED;
        }
        if (wgp_profile_must_prompt(loaded->profile)) {
                wgp_cli_error("%s: somebody has to type a key of it, so that it cannot start at boot.", s->name);
                return CLI_EXIT_FAILED;
        }
        return 0;
}

/* What keeps the tunnel from starting at boot that no profile speaks of. */
static int tell_of_masks(const Switch *s) {
        if (is_masked(s, s->unit)) {
                wgp_cli_error("%s: its unit is masked, and nothing starts it. Run 'systemctl unmask %s'.", s->name,
                                s->unit);
                return CLI_EXIT_FAILED;
        }
        if (is_masked(s, "wg-profile.target")) {
                wgp_cli_error("%s: wg-profile.target is masked, so that no tunnel starts at boot. Run 'systemctl unmask "
                              "wg-profile.target'.",
                                s->name);
                return CLI_EXIT_FAILED;
        }
        return 0;
}

static int tell(const Switch *s, const WgpLoaded *loaded, json_t *tunnels) {
        json_t *json;

        if (s->cli->json) {
                json = json_pack("{s:o, s:b, s:b}", "name", wgp_json_text(s->name), "autoconnect", s->on, "changed",
                                s->changed);
                return json_array_append_new(tunnels, json) < 0 ? -ENOMEM : 0;
        }
        printf("%s %s.\n", s->name,
                        s->on      ? s->changed ? "starts at boot from now on" : "starts at boot already" :
                        s->changed ? "does not start at boot any more" :
                                     "does not start at boot, as before");
        if (!s->on && loaded->profile->kill_switch == WGP_YES && !loaded->item.fallback)
                printf("Its kill switch is on at boot nevertheless: KillSwitch=no in the profile changes that.\n");
        return 0;
}

static int switch_one(const WgpCli *cli, bool on, const char *name, bool *changed, json_t *tunnels) {
        _cleanup_(switch_done) Switch s = { .cli = cli, .on = on, .name = name };
        _cleanup_(wgp_loaded_done) WgpLoaded loaded = WGP_LOADED_NULL;
        _cleanup_(freep) char *instance = wgp_instance_escape(name);
        int r;

        if (!instance || asprintf(&s.unit, WGP_UNIT_PREFIX "%s" WGP_UNIT_SUFFIX, instance) < 0) {
                s.unit = NULL;
                return -ENOMEM;
        }
        r = on ? wgp_loaded_open_name(cli, name, &loaded) : wgp_loaded_open_broken(cli, name, &loaded);
        if (r == 0 && on)
                r = refuse_enable(&s, &loaded);
        if (r == 0 && wgp_loaded_autoconnects(&loaded) != on)
                r = change(&s, loaded.item.format);
        if (r == 0 && !on)
                r = remove_links(&s);
        *changed = *changed || s.changed;
        if (r == 0)
                r = tell(&s, &loaded, tunnels);
        return r == 0 && on ? tell_of_masks(&s) : r;
}

/* --- all of them --- */

static int start_or_stop(const WgpCli *cli, bool on, char **name) {
        WgpCli one = *cli;

        one.arguments = name;
        one.n_arguments = 1;
        fflush(stdout);
        return on ? wgp_verb_up.run(&one) : wgp_verb_down.run(&one);
}

/* Each of them is tried. */
static int run(const WgpCli *cli, bool on) {
        _cleanup_(json_decrefp) json_t *json = json_pack("{s:[]}", "tunnels");
        bool changed = false;
        int first = 0;

        if (!json)
                return -ENOMEM;
        if (cli->now && cli->root) {
                wgp_cli_error("Tunnels run in this system: --now does not go with --root=.");
                return CLI_EXIT_USAGE;
        }
        for (size_t i = 0; i < cli->n_arguments; i++) {
                int r = switch_one(cli, on, cli->arguments[i], &changed, json_object_get(json, "tunnels"));

                if (r < 0)
                        return r;
                first = first ?: r;
        }
        if (changed && !cli->root && wgp_systemd_runs()) {
                int r = wgp_unit_reload_all();

                first = first ?: r;
        }
        for (size_t i = 0; cli->now && i < cli->n_arguments; i++) {
                int r = start_or_stop(cli, on, cli->arguments + i);

                if (r < 0)
                        return r;
                first = first ?: r;
        }
        if (cli->json) {
                int r = wgp_json_print(json);

                return r < 0 ? r : first;
        }
        return first;
}

static int run_enable(const WgpCli *cli) {
        return run(cli, /* on= */ true);
}

static int run_disable(const WgpCli *cli) {
        return run(cli, /* on= */ false);
}

const WgpVerb wgp_verb_enable = {
        .name = "enable",
        .synopsis = "enable [--now] NAME...",
        .summary = "have tunnels start at boot",
        .examples = "  wg-profile enable home\n"
                    "  wg-profile enable --now home office\n",
        .exits = "  0  done\n"
                 "  1  it failed\n"
                 "  3  the profile has errors\n"
                 "  4  not permitted\n"
                 "  6  there is no such profile\n",
        .operands = WGP_OPERANDS_NAMES,
        .options = CLI_OPTION_ALL | CLI_OPTION_NOW,
        .n_arguments_min = 1,
        .n_arguments_max = SIZE_MAX,
        .run = run_enable,
};

const WgpVerb wgp_verb_disable = {
        .name = "disable",
        .synopsis = "disable [--now] NAME...",
        .summary = "have them not start at boot",
        .examples = "  wg-profile disable home\n"
                    "  wg-profile disable --now 'old-*'\n",
        .exits = "  0  done\n"
                 "  1  it failed\n"
                 "  3  the profile has errors\n"
                 "  4  not permitted\n"
                 "  6  there is no such profile\n",
        .operands = WGP_OPERANDS_NAMES,
        .options = CLI_OPTION_ALL | CLI_OPTION_NOW,
        .n_arguments_min = 1,
        .n_arguments_max = SIZE_MAX,
        .run = run_disable,
};
