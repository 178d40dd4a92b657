/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Reads the command line of wg-profile-apply, and calls the verb. */

#include "apply/apply.h"

#include <getopt.h>
#include <stdio.h>

#include "apply/plan-json.h"
#include "apply/verbs.h"
#include "system/profile-name.h"
#include "system/report.h"

typedef struct Arguments {
        const char *verb, *root, *text;
        char *name;
        bool after_failure, json, quiet, exit_code;
} Arguments;

static int show_usage(void) {
        fputs("Usage: wg-profile-apply [--root=DIR] "
              "up|down|reload|repair|plan|killswitch|killswitch-wanted|killswitch-off NAME\n"
              "       wg-profile-apply [--root=DIR] plan [--json] [--text=FILE] NAME\n"
              "       wg-profile-apply [--root=DIR] repair [--quiet] [--exit-code] NAME\n"
              "       wg-profile-apply [--root=DIR] down|killswitch-off --after-failure NAME\n"
              "NAME is that of a profile, or the instance of its unit (%i): \"\\x20\" is read as a blank.\n",
                        stderr);
        return WGP_EXIT_USAGE;
}

/* %i of the unit, or the name as it is. */
static int read_name(const char *argument, char **ret) {
        if (strchr(argument, '\\'))
                return wgp_instance_unescape(argument, ret);
        *ret = strdup(argument);
        return *ret ? 0 : -ENOMEM;
}

static int parse_arguments(int argc, char **argv, Arguments *arguments) {
        enum {
                OPTION_ROOT = 1000,
                OPTION_AFTER_FAILURE,
                OPTION_JSON,
                OPTION_QUIET,
                OPTION_EXIT_CODE,
                OPTION_TEXT,
        };
        static const struct option options[] = {
                { "root", required_argument, NULL, OPTION_ROOT },
                { "after-failure", no_argument, NULL, OPTION_AFTER_FAILURE },
                { "json", no_argument, NULL, OPTION_JSON },
                { "quiet", no_argument, NULL, OPTION_QUIET },
                { "exit-code", no_argument, NULL, OPTION_EXIT_CODE },
                { "text", required_argument, NULL, OPTION_TEXT },
                {},
        };
        int c;

        while ((c = getopt_long(argc, argv, "", options, NULL)) >= 0) {
                if (c == OPTION_ROOT && *optarg)
                        arguments->root = streq(optarg, "/") ? NULL : optarg;
                else if (c == OPTION_AFTER_FAILURE)
                        arguments->after_failure = true;
                else if (c == OPTION_JSON)
                        arguments->json = true;
                else if (c == OPTION_QUIET)
                        arguments->quiet = true;
                else if (c == OPTION_EXIT_CODE)
                        arguments->exit_code = true;
                else if (c == OPTION_TEXT)
                        arguments->text = optarg;
                else
                        return -EINVAL;
        }
        if (argc - optind != 2)
                return -EINVAL;
        arguments->verb = argv[optind];
        return read_name(argv[optind + 1], &arguments->name);
}

static int show_plan(WgpRun *run, bool json) {
        _cleanup_(wgp_plan_done) WgpPlan plan = WGP_PLAN_NULL;
        int r;

        r = wgp_run_plan(run, &plan);
        if (r != WGP_EXIT_OK)
                return r;
        if ((json ? wgp_plan_format_json(&plan, stdout) : wgp_plan_format(&plan, stdout)) < 0 || fflush(stdout) != 0)
                return WGP_EXIT_FAILED;
        return plan.n_operations > 0 ? WGP_EXIT_CHANGES : WGP_EXIT_OK;
}

static int run_verb(WgpRun *run, const Arguments *arguments) {
        run->quiet = arguments->quiet;
        run->exit_code = arguments->exit_code;
        if ((arguments->quiet || arguments->exit_code) && !streq(arguments->verb, "repair"))
                return show_usage();
        if (streq(arguments->verb, "down") && !arguments->json)
                return wgp_run_down(run, arguments->after_failure);
        if (streq(arguments->verb, "killswitch-off") && !arguments->json)
                return wgp_run_kill_switch_off(run, arguments->after_failure);
        if (arguments->after_failure || ((arguments->json || arguments->text) && !streq(arguments->verb, "plan")))
                return show_usage();
        if (streq(arguments->verb, "up"))
                return wgp_run_up(run);
        if (streq(arguments->verb, "reload"))
                return wgp_run_reload(run);
        if (streq(arguments->verb, "repair"))
                return wgp_run_repair(run);
        if (streq(arguments->verb, "killswitch-wanted"))
                return wgp_run_kill_switch_is_wanted(run);
        if (streq(arguments->verb, "killswitch"))
                return wgp_run_kill_switch_on(run);
        run->text = arguments->text;
        if (streq(arguments->verb, "plan"))
                return show_plan(run, arguments->json);
        return show_usage();
}

/* Does what the arguments say. "hook" may be NULL. Returns an exit code. */
int wgp_apply(int argc, char **argv, const WgpChangeHook *hook) {
        Arguments arguments = {};
        const char *problem;
        WgpRun run;
        int r;

        wgp_report_open();
        r = parse_arguments(argc, argv, &arguments);
        if (r < 0) {
                free(arguments.name);
                return show_usage();
        }

        problem = wgp_profile_name_problem(arguments.name);
        if (problem) {
                wgp_report_error("%s", problem);
                free(arguments.name);
                return WGP_EXIT_NO_PROFILE;
        }

        wgp_run_init(&run, arguments.root, arguments.name, hook);
        r = run_verb(&run, &arguments);
        wgp_run_done(&run);
        free(arguments.name);
        return r;
}
