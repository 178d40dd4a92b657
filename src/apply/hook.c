/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Runs hooks as wg-quick(8) does: by bash, with errexit, pipefail and extglob, in the C locale, each in a shell of
 * its own. No secret of ours is in the environment. */

#include "apply/hook.h"

#include <spawn.h>
#include <stdio.h>
#include <sys/wait.h>
#include <unistd.h>

#include "apply/helper.h"
#include "apply/routing-numbers.h"
#include "system/program.h"
#include "system/report.h"
#include "system/root-path.h"
#include "system/within-hook.h"

/* Looks whether hooks of run->profile could be run. Returns 0, or an exit code (reported). */
int wgp_hook_check(const WgpRun *run) {
        _cleanup_(freep) char *place = NULL, *bash = NULL;

        if (!wgp_profile_runs_hooks(run->profile))
                return 0;
        place = wgp_run_place(run, run->profile->hooks[0].origin);
        if (!wgp_helper_is_allowed(WGP_HELPER_HOOK)) {
                wgp_report_error("%sThe unit's sandbox does not let the hooks of '%s' run: nothing was changed. Run "
                                 "'systemctl daemon-reload' and start it again.",
                                place ?: "", run->name);
                return WGP_EXIT_UNSUPPORTED;
        }
        bash = wgp_helper_find("bash");
        if (!bash) {
                wgp_report_error("%sHooks are run by bash, which is not installed: nothing was changed.", place ?: "");
                return WGP_EXIT_UNSUPPORTED;
        }
        return 0;
}

/* On reload: says that other hooks in run->profile are for the next start. */
void wgp_hooks_note_change(const WgpRun *run) {
        const WgpHook *hooks = run->profile->hooks, *recorded = run->state.network.hooks;
        size_t n = wgp_profile_runs_hooks(run->profile) ? run->profile->n_hooks : 0;
        bool same = n == run->state.network.n_hooks;

        for (size_t i = 0; i < n && same; i++)
                same = hooks[i].type == recorded[i].type && streq(hooks[i].command, recorded[i].command);
        if (!same)
                wgp_report_notice(
                                "The hooks of '%s' have changed: the new ones run from its next start on.", run->name);
}

/* --- running a hook --- */

typedef struct Environment {
        char **variables;
        size_t n, n_allocated; /* without the NULL at the end */
        char *own[8];
        size_t n_own;
} Environment;

static void environment_done(Environment *environment) {
        for (size_t i = 0; i < environment->n_own; i++)
                free(environment->own[i]);
        free(environment->variables);
}

static int append(Environment *environment, char *variable) {
        if (!wgp_grow(&environment->variables, &environment->n_allocated, environment->n + 2, sizeof(char *)))
                return -ENOMEM;
        environment->variables[environment->n++] = variable;
        environment->variables[environment->n] = NULL;
        return 0;
}

static int set(Environment *environment, const char *name, const char *value) {
        char *variable;

        if (!value)
                return 0;
        if (asprintf(&variable, "%s=%s", name, value) < 0)
                return -ENOMEM;
        environment->own[environment->n_own++] = variable;
        return append(environment, variable);
}

/* Tells a call of apply by the hook that it must not wait for this tunnel's lock. */
static int set_mark(const WgpRun *run, Environment *environment) {
        char *variable;

        if (wgp_within_hook_format(run->name, &variable) < 0)
                return -ENOMEM;
        environment->own[environment->n_own++] = variable;
        return append(environment, variable);
}

static bool is_ours(const char *variable) {
        static const char *const names[] = { "INTERFACE=", "PROFILE=", "CONFIG_FILE=", "NETNS=", "LC_ALL=",
                "WG_PROFILE_HOOKS=", "WG_PROFILE_RESOLVCONF=", "CREDENTIALS_DIRECTORY=", "WG_PROFILE_HOOK=" };

        for (size_t i = 0; i < WGP_ARRAY_SIZE(names); i++)
                if (strncmp(variable, names[i], strlen(names[i])) == 0)
                        return true;
        return false;
}

static int build_environment(const WgpRun *run, Environment *environment) {
        int r = 0;

        for (char **variable = environ; r >= 0 && *variable; variable++)
                if (!is_ours(*variable))
                        r = append(environment, *variable);
        if (r >= 0)
                r = set(environment, "INTERFACE", run->state.network.link.name);
        if (r >= 0)
                r = set(environment, "PROFILE", run->name);
        if (r >= 0)
                r = set(environment, "CONFIG_FILE", run->state.file);
        if (r >= 0)
                r = set(environment, "NETNS", run->state.network.netns);
        if (r >= 0)
                r = set_mark(run, environment);
        return r < 0 ? r : set(environment, "LC_ALL", "C");
}

enum {
        COMMAND_FD = 3,
};

/* The child gets our standard descriptors and the command, which is closed when the hook begins; all others are closed
 * on exec. A hook's output is for people, as ours is. */
static int spawn_bash(const char *bash, int command, const char *place, char **environment, pid_t *ret) {
        /* "$0" begins each message of bash's own */
        const char *const argv[] = { "bash", "-e", "-o", "pipefail", "-O", "extglob", "-c",
                "eval \"$(</proc/self/fd/3)\" 3<&-", place, NULL };
        posix_spawn_file_actions_t actions;
        int r;

        r = posix_spawn_file_actions_init(&actions);
        if (r != 0)
                return -r;
        r = posix_spawn_file_actions_adddup2(&actions, STDERR_FILENO, STDOUT_FILENO);
        if (r == 0)
                r = posix_spawn_file_actions_adddup2(&actions, command, COMMAND_FD);
        if (r == 0)
                r = posix_spawn(ret, bash, &actions, NULL, (char *const *) argv, environment);
        posix_spawn_file_actions_destroy(&actions);
        return -r;
}

/* Returns 0 and the status of waitpid(2), or a negative errno. */
static int run_bash(const WgpRun *run, const WgpHook *hook, int *ret_status) {
        _cleanup_(freep) char *bash = wgp_helper_find("bash");
        _cleanup_(environment_done) Environment environment = {};
        _cleanup_(wgp_closep) int command = -EBADF;
        pid_t pid;
        int r;

        r = bash ? build_environment(run, &environment) : -ENOENT;
        if (r < 0)
                return r;
        /* not an argument: a hook may have a secret in it that is not ours */
        command = wgp_program_make_input(hook->command);
        if (command < 0)
                return command;
        r = spawn_bash(bash, command, hook->place, environment.variables, &pid);
        return r < 0 ? r : wgp_program_wait(pid, ret_status);
}

/* Runs a hook and waits for its end. The lock of all tunnels is released before, since the chosen numbers are in the
 * record. Returns 0, an exit code or a negative errno (both reported). */
int wgp_hook_run(WgpRun *run, const WgpHook *hook) {
        const char *name = wgp_hook_names[hook->type];
        int status = 0, r;

        wgp_routing_numbers_close(run);
        wgp_report_notice("Running %s of %s.", name, hook->place);
        r = wgp_context_before_change(&run->context);
        if (r >= 0)
                r = run_bash(run, hook, &status);
        if (r < 0)
                wgp_report_error("%s: %s cannot be run: %s.", hook->place, name,
                                r == -ENOENT ? "bash is not installed" : strerror(-r));
        else if (WIFSIGNALED(status))
                wgp_report_error("%s: %s was ended by signal %d (%s).", hook->place, name, WTERMSIG(status),
                                strsignal(WTERMSIG(status)));
        else if (WEXITSTATUS(status) != 0)
                wgp_report_error("%s: %s failed with exit status %d.", hook->place, name, WEXITSTATUS(status));
        return r < 0 ? r : status != 0 ? WGP_EXIT_FAILED : 0;
}

/* --- hooks of a tunnel that goes down --- */

static bool has_hooks(const WgpNetwork *network, WgpHookType type) {
        for (size_t i = 0; i < network->n_hooks; i++)
                if (network->hooks[i].type == type)
                        return true;
        return false;
}

/* A failing hook does not keep the tunnel up. (wg-quick stops there.) */
static void run_all(WgpRun *run, const WgpNetwork *network, WgpHookType type) {
        if (!wgp_helper_is_allowed(WGP_HELPER_HOOK)) {
                wgp_report_error("%s of '%s' was not run: the unit's sandbox no longer lets hooks run.",
                                wgp_hook_names[type], run->name);
                run->hook_failed = true;
                return;
        }
        for (size_t i = 0; i < network->n_hooks; i++)
                if (network->hooks[i].type == type && wgp_hook_run(run, network->hooks + i) != 0) {
                        run->hook_failed = true;
                        wgp_report_notice("Going on all the same: the tunnel '%s' goes down.", run->name);
                }
}

/* Runs the recorded PreDown hooks, if the tunnel had come up. They are removed from the record first, so that a hook
 * that is killed for taking too long is not run again. */
void wgp_hooks_run_pre_down(WgpRun *run) {
        WgpNetwork hooks = WGP_NETWORK_NULL;
        int r = 0;

        if (!run->has_state || !run->state.network.hooks_done || !has_hooks(&run->state.network, WGP_HOOK_PRE_DOWN))
                return;
        for (size_t i = 0; r >= 0 && i < run->state.network.n_hooks; i++)
                r = wgp_network_add_hook(&hooks, run->state.network.hooks[i].type, run->state.network.hooks[i].command,
                                run->state.network.hooks[i].place);
        wgp_network_remove_hooks(&run->state.network, WGP_HOOK_PRE_DOWN);
        if (r >= 0 && wgp_run_write_state(run) >= 0)
                run_all(run, &hooks, WGP_HOOK_PRE_DOWN);
        wgp_network_done(&hooks);
}

/* Runs the PostDown hooks of a tunnel that had come up and is gone. Its record is gone as well, or says that the
 * tunnel is not up, so that a hook that is killed for taking too long is not run again. */
void wgp_hooks_run_post_down(WgpRun *run) {
        if (has_hooks(&run->state.network, WGP_HOOK_POST_DOWN))
                run_all(run, &run->state.network, WGP_HOOK_POST_DOWN);
}
