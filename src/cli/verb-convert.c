/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* wg-profile convert: a profile in the other format, keys included, with a report of what gets lost. */

#include <stdio.h>

#include "cli/connection-uuid.h"
#include "cli/json-output.h"
#include "cli/message.h"
#include "cli/output.h"
#include "cli/profile-set.h"
#include "rewrite/convert.h"
#include "system/profile-name.h"

/* The name of the file that the text is for: --output, or that of the profile with the other suffix. */
static char *file_name(const WgpCli *cli, const WgpProfile *profile) {
        const char *slash = cli->output ? strrchr(cli->output, '/') : NULL;
        char *name;

        if (cli->output)
                return strdup(slash ? slash + 1 : cli->output);
        return asprintf(&name, "%s%s", profile->name, wgp_format_suffix(cli->format)) < 0 ? NULL : name;
}

/* wg-quick takes the link's name from the file's. */
static int report_file_name(const WgpCli *cli, const WgpProfile *profile, const char *name, WgpDiagnostics *losses) {
        const char *suffix = wgp_format_suffix(WGP_FORMAT_WG_QUICK);
        size_t n = strlen(profile->ifname);

        if (cli->format != WGP_FORMAT_WG_QUICK || (strncmp(name, profile->ifname, n) == 0 && streq(name + n, suffix)))
                return 0;
        return wgp_warning(losses, &(WgpPlace) { .file = profile->files[0].path },
                        "The link's name is that of the file: it has to be called %s%s.", profile->ifname, suffix);
}

static int convert(const WgpCli *cli, const WgpProfile *profile, WgpText *text, WgpDiagnostics *losses) {
        _cleanup_(freep) char *name = file_name(cli, profile);
        char uuid[WGP_UUID_TEXT_SIZE];
        int r;

        if (!name)
                return -ENOMEM;
        r = wgp_uuid_of_file(name, uuid);
        if (r >= 0)
                r = report_file_name(cli, profile, name, losses);
        return r < 0 ? r : wgp_convert(profile, cli->format, uuid, text, losses);
}

static int print_json(const WgpCli *cli, const WgpText *text, const WgpDiagnostics *losses) {
        _cleanup_(json_decrefp) json_t *json = NULL;

        json = json_pack("{s:s, s:o, s:o, s:o}", "format", wgp_format_name(cli->format), "text",
                        wgp_json_text(cli->output ? NULL : text->data), "output", wgp_json_text(cli->output), "losses",
                        wgp_json_problems(losses));
        return wgp_json_print(json);
}

static int write_text(const WgpCli *cli, const WgpText *text) {
        int r;

        if (!cli->output)
                return cli->json ? 0 : wgp_output_write(text->data, text->size);

        r = wgp_output_create(cli->output, text->data, text->size);
        if (r >= 0)
                return 0;
        if (r != -EEXIST)
                return wgp_cli_report_failure(cli->output, r);
        wgp_cli_error("%s: It exists, and is not overwritten.", cli->output);
        return CLI_EXIT_FAILED;
}

static int run_convert(const WgpCli *cli) {
        _cleanup_(wgp_loaded_done) WgpLoaded loaded = WGP_LOADED_NULL;
        _cleanup_(wgp_text_done) WgpText text = WGP_TEXT_NULL;
        _cleanup_(wgp_diagnostics_done) WgpDiagnostics losses = WGP_DIAGNOSTICS_NULL;
        int r;

        if (!cli->has_format) {
                wgp_cli_error("convert needs --to=wg-quick or --to=nmconnection.");
                return CLI_EXIT_USAGE;
        }

        r = wgp_loaded_open(cli, cli->arguments[0], &loaded);
        if (r != 0)
                return r;
        r = convert(cli, loaded.profile, &text, &losses);
        if (r >= 0)
                r = write_text(cli, &text);
        if (r != 0)
                return r;
        wgp_cli_sort_diagnostics(&losses);
        return cli->json ? print_json(cli, &text, &losses) : wgp_cli_print_diagnostics(cli, &losses);
}

const WgpVerb wgp_verb_convert = {
        .name = "convert",
        .synopsis = "convert --to=FORMAT [--output=FILE] NAME|FILE",
        .summary = "a profile as wg-quick or nmconnection, keys included",
        .examples = "  wg-profile convert --to=nmconnection home\n"
                    "  wg-profile convert --to=wg-quick --output=wg0.conf Office.nmconnection\n",
        .exits = "  0  done\n"
                 "  1  it failed\n"
                 "  3  the profile has errors\n"
                 "  4  not permitted\n"
                 "  6  there is no such profile\n",
        .options = CLI_OPTION_TO | CLI_OPTION_OUTPUT,
        .n_arguments_min = 1,
        .n_arguments_max = 1,
        .run = run_convert,
};
