/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* wg-profile up, down, restart, reload: through systemd, whose unit has the sandbox and the credentials. What apply
 * says about a failure, and its exit code, become ours. */

#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <time.h>
#include <unistd.h>

#include "cli/ask-apply.h"
#include "cli/check-system.h"
#include "cli/child.h"
#include "cli/message.h"
#include "cli/names.h"
#include "cli/profile-set.h"
#include "cli/unit-refresh.h"
#include "cli/up-again.h"
#include "system/kill-switch-record.h"
#include "system/profile-name.h"
#include "system/root-path.h"
#include "system/state.h"
#include "system/within-hook.h"

typedef struct Job {
        const WgpCli *cli;
        const char *verb;     /* of systemctl(1) */
        const char *property; /* the command of the unit that it runs */
        char *instance, *unit;
        char since[sizeof("--since=@18446744073709551615.000000")];
} Job;

static void job_done(Job *job) {
        free(job->instance);
        free(job->unit);
}

/* --- what systemd knows --- */

/* The value of one property. "*ret" is for wgp_text_done(), without the line's end, and empty when there is none. */
static int get_property(const Job *job, const char *name, WgpText *ret) {
        const char *arguments[] = { "systemctl", "show", "--value", "--property", name, "--", job->unit, NULL };
        int r, status;

        r = wgp_child_capture(arguments, ret, &status);
        if (r < 0)
                return r;
        wgp_text_append(ret, ""); /* so that there is a text */
        if (ret->failed)
                return -ENOMEM;
        if (ret->data)
                ret->data[strcspn(ret->data, "\n")] = 0;
        return 0;
}

static bool property_is(const Job *job, const char *name, const char *value) {
        _cleanup_(wgp_text_done) WgpText text = WGP_TEXT_NULL;

        return get_property(job, name, &text) >= 0 && text.data && streq(text.data, value);
}

static bool has_failed(const Job *job) {
        return property_is(job, "ActiveState", "failed");
}

static bool is_active(const Job *job) {
        _cleanup_(wgp_text_done) WgpText state = WGP_TEXT_NULL;

        return get_property(job, "ActiveState", &state) >= 0 && state.data && *state.data &&
               !streq(state.data, "inactive") && !streq(state.data, "failed");
}

/* The exit code of the unit's command, as in "{ path=… ; code=exited ; status=3 }". */
static int command_status(const Job *job) {
        static const char before[] = "code=exited ; status=";
        _cleanup_(wgp_text_done) WgpText text = WGP_TEXT_NULL;
        const char *found;
        int status;

        if (get_property(job, job->property, &text) < 0 || !text.data)
                return CLI_EXIT_FAILED;
        found = strstr(text.data, before);
        status = found ? atoi(found + strlen(before)) : 0;
        return status > CLI_EXIT_OK && status <= CLI_EXIT_NO_PROFILE ? status : CLI_EXIT_FAILED;
}

/* What the unit's processes have said since the job began, the journal permitting. */
static int get_messages(const Job *job, WgpText *ret) {
        const char *sync[] = { "journalctl", "--quiet", "--sync", NULL }; /* for root only */
        _cleanup_(wgp_text_done) WgpText ignored = WGP_TEXT_NULL, id = WGP_TEXT_NULL;
        char match[64];
        int r, status;

        r = get_property(job, "InvocationID", &id);
        if (r < 0 || !id.data || !*id.data)
                return r;
        snprintf(match, sizeof(match), "_SYSTEMD_INVOCATION_ID=%s", id.data);
        (void) wgp_child_capture(sync, &ignored, &status);

        return wgp_child_capture((const char *const[]) { "journalctl", "--quiet", "--no-pager", "--output=cat",
                                                 job->since, "--unit", job->unit, match, NULL },
                        ret, &status);
}

/* --- systemctl --- */

/* Tells why systemctl failed. Returns the exit code. */
static int report_failure(const Job *job, int status, int errors) {
        _cleanup_(wgp_text_done) WgpText messages = WGP_TEXT_NULL;
        int code = CLI_EXIT_FAILED, r;

        r = get_messages(job, &messages);
        if (r >= 0 && messages.size > 0)
                code = command_status(job);
        else {
                /* It never came to apply: no permission, no systemd, a mask, too many starts. */
                r = wgp_child_read(errors, &messages);
                code = status == CLI_EXIT_DENIED ? CLI_EXIT_DENIED : CLI_EXIT_FAILED; /* LSB's code is the same */
        }
        if (r >= 0 && messages.data)
                fputs(messages.data, stderr);
        else
                wgp_cli_error("systemctl %s %s has failed.", job->verb, job->unit);
        return code;
}

static int run_job(Job *job) {
        const char *arguments[] = { "systemctl", "--no-pager", "--quiet", job->verb, "--", job->unit, NULL };
        _cleanup_(wgp_closep) int errors = wgp_child_memory();
        struct timespec now;
        int r, status;

        if (errors < 0)
                return errors;
        clock_gettime(CLOCK_REALTIME, &now);
        snprintf(job->since, sizeof(job->since), "--since=@%" PRIu64 ".%06u", (uint64_t) now.tv_sec,
                        (unsigned) (now.tv_nsec / 1000));

        r = wgp_child_run(arguments, STDOUT_FILENO, errors, &status);
        if (r < 0)
                return wgp_report_spawn(arguments[0], r);
        return status == 0 ? CLI_EXIT_OK : report_failure(job, status, errors);
}

/* --- the profile --- */

static bool may_not_read(const char *path) {
        return access(path, R_OK) < 0 && errno == EACCES;
}

/* Whoever may start a tunnel need not be able to read its profile: then systemd is asked at once. */
static bool is_hidden(const WgpCli *cli) {
        _cleanup_(wgp_diagnostics_done) WgpDiagnostics diagnostics = WGP_DIAGNOSTICS_NULL;
        _cleanup_(wgp_store_item_done) WgpStoreItem item = WGP_STORE_ITEM_NULL;
        _cleanup_(wgp_store_freep) WgpStore *store = NULL;
        bool hidden;
        int r;

        if (geteuid() == 0 || wgp_cli_open_store(cli, &store) != 0)
                return false;
        r = wgp_store_find(store, cli->arguments[0], &diagnostics, &item);
        if (r != 0)
                return r == WGP_STORE_E_ABSENT && wgp_store_is_hidden(store, NULL);

        hidden = wgp_store_is_hidden(store, &item) || may_not_read(item.path);
        for (size_t i = 0; !hidden && i < item.n_dropins; i++)
                hidden = may_not_read(item.dropins[i].path);
        return hidden;
}

/* What "check" warns of is said when it takes effect; notices alone are not. */
static int print_warnings(const WgpCli *cli, WgpLoaded *loaded) {
        WgpProfileSet set = { .items = loaded, .n_items = 1 };
        int r;

        r = wgp_check_system(cli, &set);
        return r < 0 || loaded->diagnostics.n_warnings == 0 ? r : wgp_cli_print_diagnostics(cli, &loaded->diagnostics);
}

/* Returns 0 when systemd can be asked, an exit code (reported), or a negative errno. */
static int check_profile(const Job *job) {
        _cleanup_(wgp_loaded_done) WgpLoaded loaded = WGP_LOADED_NULL;
        int r;

        if (is_hidden(job->cli))
                return 0;
        r = wgp_loaded_open_name(job->cli, job->cli->arguments[0], &loaded);
        if (r == 0)
                r = print_warnings(job->cli, &loaded);
        return r != 0 ? r : wgp_unit_refresh(&loaded);
}

/* Whether the tunnel has a record. Only root can look. */
static bool has_record(const Job *job) {
        _cleanup_(wgp_closep) int directory = -EBADF;
        _cleanup_(freep) char *file = NULL;

        if (wgp_state_find_directory(/* root= */ NULL, &directory) < 0)
                return false;
        if (asprintf(&file, "%s.json", job->cli->arguments[0]) < 0) {
                file = NULL;
                return false;
        }
        return faccessat(directory, file, F_OK, AT_SYMLINK_NOFOLLOW) >= 0;
}

/* A tunnel goes down without its profile, too: by its record. */
static int check_down(const Job *job) {
        _cleanup_(wgp_loaded_done) WgpLoaded loaded = WGP_LOADED_NULL;

        if (is_active(job) || has_failed(job) || has_record(job) || is_hidden(job->cli))
                return 0;
        return wgp_loaded_open_name(job->cli, job->cli->arguments[0], &loaded);
}

/* --- the verbs --- */

static int open_job(const WgpCli *cli, Job *job) {
        const char *name = cli->arguments[0];
        int r;

        if (!wgp_cli_is_this_system(cli)) {
                wgp_cli_error("Tunnels run in this system: --root= has no meaning here.");
                return CLI_EXIT_USAGE;
        }
        r = wgp_name_check(name);
        if (r != 0)
                return r;
        if (wgp_is_within_hook(name)) {
                wgp_cli_error("A hook of the tunnel '%s' cannot wait for itself: nothing was changed. Use 'systemctl "
                              "--no-block', which acts when the hook has ended.",
                                name);
                return CLI_EXIT_FAILED;
        }

        job->cli = cli;
        job->instance = wgp_instance_escape(name);
        if (!job->instance || asprintf(&job->unit, WGP_UNIT_PREFIX "%s" WGP_UNIT_SUFFIX, job->instance) < 0) {
                job->unit = NULL;
                return -ENOMEM;
        }
        return 0;
}

/* The profile as it is by now, errors or not; NULL: it cannot be read. */
static WgpProfile *load_again(const WgpCli *cli) {
        _cleanup_(wgp_diagnostics_done) WgpDiagnostics ignored = WGP_DIAGNOSTICS_NULL;
        _cleanup_(wgp_store_item_done) WgpStoreItem item = WGP_STORE_ITEM_NULL;
        _cleanup_(wgp_store_freep) WgpStore *store = NULL;
        WgpProfile *profile = NULL;

        if (wgp_cli_open_store(cli, &store) == 0 && wgp_store_find(store, cli->arguments[0], &ignored, &item) == 0)
                (void) wgp_store_load(store, &item, &ignored, &profile);
        return profile;
}

/* A tunnel that has come up without the kill switch that its profile wants does not look as if all were well. Returns
 * 0 or an exit code (reported). */
static int judge_kill_switch(const Job *job) {
        _cleanup_(wgp_profile_freep) WgpProfile *profile = load_again(job->cli);
        _cleanup_(wgp_closep) int directory = -EBADF;
        WgpKillSwitch record;

        if (!profile || profile->kill_switch != WGP_YES ||
                        wgp_state_find_directory(/* root= */ NULL, &directory) < 0 ||
                        wgp_kill_switch_read(directory, job->cli->arguments[0], &record) != WGP_KILL_SWITCH_E_OFF)
                return 0;
        wgp_cli_error("The profile has KillSwitch=, and the kill switch is off: 'systemctl status "
                      "wg-profile-killswitch@%s' "
                      "may say why.",
                        job->instance);
        return CLI_EXIT_FAILED;
}

/* To start a unit that is about to be started again takes as long as that would, and one that is active does nothing,
 * whatever has become of its link: a restart is at once. */
static int run_up(const WgpCli *cli) {
        _cleanup_(job_done) Job job = { .verb = "start", .property = "ExecStart" };
        bool was_up, restart = false;
        int r;

        r = open_job(cli, &job);
        if (r == 0)
                r = check_profile(&job);
        if (r != 0)
                return r;
        was_up = geteuid() == 0 && property_is(&job, "ActiveState", "active"); /* nobody else can look */
        if (was_up)
                r = wgp_up_again_needs_restart(cli, cli->arguments[0], &restart);
        if (r != 0)
                return r;
        if (restart || property_is(&job, "SubState", "auto-restart"))
                job.verb = "restart";
        r = run_job(&job);
        if (r == 0 && was_up && !restart)
                r = wgp_up_again_tell(cli, cli->arguments[0]);
        return r == 0 ? judge_kill_switch(&job) : r;
}

/* Somebody may wonder why nothing else can be reached now. */
static void tell_of_kill_switch(const Job *job) {
        _cleanup_(wgp_closep) int directory = -EBADF;
        WgpKillSwitch record;

        if (wgp_state_find_directory(/* root= */ NULL, &directory) >= 0 &&
                        wgp_kill_switch_read(directory, job->cli->arguments[0], &record) == 0)
                wgp_cli_error("The kill switch stays on: what is not for the LAN stays here. To switch it off, run "
                              "'systemctl stop wg-profile-killswitch@%s'.",
                                job->instance);
}

/* What no stop of the unit has taken down: it was killed, or the unit is masked and has nothing that could stop it. */
static int take_down_rest(const Job *job) {
        const char *arguments[] = { wgp_apply_program(), "down", "--", job->cli->arguments[0], NULL };
        int r, status;

        r = wgp_child_run(arguments, STDERR_FILENO, STDERR_FILENO, &status);
        if (r < 0)
                return wgp_report_spawn(arguments[0], r);
        return status > CLI_EXIT_NO_PROFILE ? CLI_EXIT_FAILED : status;
}

/* systemctl says nothing of a stop that has failed. */
static int report_failed_stop(const Job *job) {
        _cleanup_(wgp_closep) int errors = wgp_child_memory();

        return errors < 0 ? errors : report_failure(job, /* status= */ 0, errors);
}

static int run_down(const WgpCli *cli) {
        _cleanup_(job_done) Job job = { .verb = "stop", .property = "ExecStop" };
        bool had_failed, was_left = false;
        int r;

        r = open_job(cli, &job);
        if (r == 0)
                r = check_down(&job);
        if (r != 0)
                return r;
        had_failed = has_failed(&job);
        r = run_job(&job);
        if (r == 0) {
                was_left = has_record(&job);
                r = was_left ? take_down_rest(&job) : 0;
        }
        if (r == 0 && has_failed(&job))
                r = had_failed || was_left ? wgp_systemctl("reset-failed", job.unit) : report_failed_stop(&job);
        if (r == 0)
                tell_of_kill_switch(&job);
        return r;
}

static int run_reload(const WgpCli *cli) {
        _cleanup_(job_done) Job job = { .verb = "reload", .property = "ExecReload" };
        int r;

        r = open_job(cli, &job);
        if (r == 0)
                r = check_profile(&job);
        return r != 0 ? r : run_job(&job);
}

static int run_restart(const WgpCli *cli) {
        _cleanup_(job_done) Job job = { .verb = "restart", .property = "ExecStart" };
        int r;

        r = open_job(cli, &job);
        if (r == 0)
                r = check_profile(&job);
        if (r == 0)
                r = run_job(&job);
        return r == 0 ? judge_kill_switch(&job) : r;
}

/* What all these verbs have in common. */
#define FOR_EACH_TUNNEL                                        \
        .exits = "  0  done\n"                                 \
                 "  1  it failed, and may work another time\n" \
                 "  3  the profile has errors\n"               \
                 "  4  not permitted\n"                        \
                 "  5  the system lacks something\n"           \
                 "  6  there is no such profile\n",            \
        .operands = WGP_OPERANDS_EACH, .options = CLI_OPTION_ALL, .n_arguments_min = 1, .n_arguments_max = SIZE_MAX

const WgpVerb wgp_verb_up = {
        .name = "up",
        .synopsis = "up NAME...",
        .summary = "start the tunnel, as wg-profile@NAME.service",
        .examples = "  wg-profile up home\n"
                    "  wg-profile up 'site-*'\n",
        FOR_EACH_TUNNEL,
        .run = run_up,
};

const WgpVerb wgp_verb_down = {
        .name = "down",
        .synopsis = "down NAME...",
        .summary = "stop it",
        .examples = "  wg-profile down home\n"
                    "  wg-profile down --all\n",
        FOR_EACH_TUNNEL,
        .run = run_down,
};

const WgpVerb wgp_verb_reload = {
        .name = "reload",
        .synopsis = "reload NAME...",
        .summary = "change of a running tunnel what the profile changed, and nothing else",
        .examples = "  wg-profile reload home\n"
                    "  wg-profile reload --all\n",
        FOR_EACH_TUNNEL,
        .run = run_reload,
};

const WgpVerb wgp_verb_restart = {
        .name = "restart",
        .synopsis = "restart NAME...",
        .summary = "stop the tunnel and start it again; a kill switch stays on",
        .examples = "  wg-profile restart home\n"
                    "  wg-profile restart 'site-*'\n",
        FOR_EACH_TUNNEL,
        .run = run_restart,
};

const WgpVerb wgp_verb_start = {
        .name = "start",
        .synopsis = "start NAME...",
        .summary = "start the tunnel, as wg-profile@NAME.service",
        .same_as = "up",
        .examples = "  wg-profile start home\n"
                    "  wg-profile start 'site-*'\n",
        FOR_EACH_TUNNEL,
        .run = run_up,
};

const WgpVerb wgp_verb_stop = {
        .name = "stop",
        .synopsis = "stop NAME...",
        .summary = "stop it",
        .same_as = "down",
        .examples = "  wg-profile stop home\n"
                    "  wg-profile stop --all\n",
        FOR_EACH_TUNNEL,
        .run = run_down,
};
