/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* wg-profile remove: a tunnel and everything that was made for it. */

#include <stdio.h>
#include <unistd.h>

#include "cli/confirm.h"
#include "cli/json-output.h"
#include "cli/message.h"
#include "cli/profile-parts.h"
#include "cli/unit-refresh.h"
#include "system/profile-name.h"

/* Stops the tunnel as "down" does, then its kill switch. Returns 0, an exit code (reported), or a negative errno. */
static int stop(const WgpCli *cli, const char *name) {
        _cleanup_(freep) char *instance = wgp_instance_escape(name), *unit = NULL;
        int r;

        if (cli->root || !wgp_systemd_runs())
                return 0;
        if (!instance || asprintf(&unit, "wg-profile-killswitch@%s" WGP_UNIT_SUFFIX, instance) < 0) {
                unit = NULL;
                return -ENOMEM;
        }
        r = wgp_verb_down.run(cli);
        return r != 0 ? r : wgp_systemctl("stop", unit);
}

static void list_parts(const WgpCli *cli, const WgpParts *parts) {
        if (cli->yes || cli->json)
                return;
        printf("These files go:\n");
        for (size_t i = 0; i < parts->files.n_items; i++) {
                _cleanup_(freep) char *shown = wgp_printable(parts->files.items[i]);

                printf("  %s\n", shown ?: "");
        }
}

static int remove_parts(const WgpParts *parts) {
        for (size_t i = 0; i < parts->files.n_items; i++)
                if (unlink(parts->files.items[i]) < 0 && errno != ENOENT)
                        return wgp_cli_report_failure(parts->files.items[i], -errno);
        for (size_t i = 0; i < parts->directories.n_items; i++)
                if (rmdir(parts->directories.items[i]) < 0 && errno != ENOENT)
                        return wgp_cli_report_failure(parts->directories.items[i], -errno);
        return 0;
}

static int print_json(const char *name, const WgpParts *parts) {
        _cleanup_(json_decrefp) json_t *json =
                        json_pack("{s:o, s:b, s:[]}", "name", wgp_json_text(name), "changed", true, "removed");

        for (size_t i = 0; json && i < parts->files.n_items; i++)
                if (json_array_append_new(json_object_get(json, "removed"), wgp_json_text(parts->files.items[i])) < 0)
                        return -ENOMEM;
        return wgp_json_print(json);
}

/* A profile of that name that the removed one has hidden takes effect now. */
static int tell(const WgpCli *cli, const char *name) {
        _cleanup_(wgp_diagnostics_done) WgpDiagnostics ignored = WGP_DIAGNOSTICS_NULL;
        _cleanup_(wgp_store_item_done) WgpStoreItem item = WGP_STORE_ITEM_NULL;
        _cleanup_(wgp_store_freep) WgpStore *store = NULL;
        int r;

        printf("%s was removed.\n", name);
        r = wgp_cli_open_store(cli, &store);
        if (r != 0)
                return r;
        r = wgp_store_find(store, name, &ignored, &item);
        if (r == 0)
                printf("There is another profile of that name, which counts from now on: %s\n", item.path);
        return r < 0 ? r : 0;
}

static int run_remove(const WgpCli *cli) {
        const char *name = cli->arguments[0];
        _cleanup_(wgp_parts_done) WgpParts parts = WGP_PARTS_NULL;
        _cleanup_(wgp_loaded_done) WgpLoaded loaded = WGP_LOADED_NULL;
        _cleanup_(freep) char *question = NULL;
        int r;

        r = wgp_loaded_open_broken(cli, name, &loaded);
        if (r == 0)
                r = wgp_parts_refuse_foreign(&loaded, "removed");
        if (r == 0)
                r = wgp_parts_find(cli, &loaded.item, &parts);
        if (r != 0)
                return r;
        list_parts(cli, &parts);
        if (asprintf(&question, "Stop the tunnel '%s', and remove it?", name) < 0) {
                question = NULL;
                return -ENOMEM;
        }
        r = wgp_confirm(cli, question);
        if (r == 0)
                r = stop(cli, name);
        if (r == 0)
                r = remove_parts(&parts);
        if (r == 0 && !cli->root && wgp_systemd_runs())
                r = wgp_unit_reload_all();
        if (r != 0)
                return r;
        return cli->json ? print_json(name, &parts) : tell(cli, name);
}

const WgpVerb wgp_verb_remove = {
        .name = "remove",
        .synopsis = "remove [--yes] NAME...",
        .summary = "stop a tunnel, and remove its profile and all that was made for it",
        .examples = "  wg-profile remove old-office\n"
                    "  wg-profile remove --yes 'test-*'\n",
        .exits = "  0  done\n"
                 "  1  it failed, or the answer was no\n"
                 "  4  not permitted\n"
                 "  6  there is no such profile\n",
        .operands = WGP_OPERANDS_EACH,
        .options = CLI_OPTION_YES,
        .n_arguments_min = 1,
        .n_arguments_max = SIZE_MAX,
        .run = run_remove,
};
