/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* wg-profile list: every profile in a line: its tunnel, or, of a tree of files, what is wrong with it. */

#include <stdio.h>

#include "cli/json-output.h"
#include "cli/look.h"
#include "cli/message.h"
#include "cli/overview-print.h"
#include "cli/pager.h"
#include "cli/profile-set.h"
#include "cli/verdict.h"
#include "system/profile-name.h"

enum {
        PATH_WIDTH_MIN = 16,
};

static const char *autoconnect_text(const WgpLoaded *loaded) {
        return !loaded->profile ? "-" : wgp_loaded_autoconnects(loaded) ? "yes" : "no";
}

/* How wide a column has to be for its texts and its title. */
typedef struct Widths {
        size_t name, format, autoconnect, verdict;
} Widths;

static Widths measure(const WgpProfileSet *set) {
        Widths w = {
                .name = strlen("NAME"),
                .format = strlen("FORMAT"),
                .autoconnect = strlen("AUTOCONNECT"),
                .verdict = strlen("VERDICT"),
        };

        for (size_t i = 0; i < set->n_items; i++) {
                const WgpLoaded *loaded = set->items + i;
                char verdict[WGP_VERDICT_TEXT_SIZE];

                wgp_verdict_format(loaded, verdict);
                w.name = WGP_MAX(w.name, strlen(loaded->item.name));
                w.format = WGP_MAX(w.format, strlen(wgp_format_name(loaded->item.format)));
                w.verdict = WGP_MAX(w.verdict, strlen(verdict));
        }
        return w;
}

/* The end of a path says more than its beginning. */
static void print_path(const WgpCli *cli, const Widths *w, const char *path) {
        static const char cut[] = "...";
        size_t before = w->name + w->format + w->autoconnect + w->verdict + 4 * strlen("  ");
        size_t n = strlen(path), room = SIZE_MAX;

        if (cli->out.width > 0)
                room = WGP_MAX(cli->out.width > before ? cli->out.width - before : 0, (size_t) PATH_WIDTH_MIN);
        if (n > room)
                printf("%s%s\n", cut, path + n - (room - strlen(cut)));
        else
                printf("%s\n", path);
}

static int print_line(const WgpCli *cli, const Widths *w, const WgpLoaded *loaded) {
        _cleanup_(freep) char *path = wgp_printable(loaded->path);
        const WgpColour colour = wgp_verdict_colour(wgp_loaded_verdict(loaded));
        char verdict[WGP_VERDICT_TEXT_SIZE];

        if (!path)
                return -ENOMEM;
        wgp_verdict_format(loaded, verdict);
        printf("%-*s  %-*s  %-*s  %s%-*s%s  ", (int) w->name, loaded->item.name, (int) w->format,
                        wgp_format_name(loaded->item.format), (int) w->autoconnect, autoconnect_text(loaded),
                        wgp_terminal_colour(&cli->out, colour), (int) w->verdict, verdict,
                        wgp_terminal_reset(&cli->out, colour));
        print_path(cli, w, path);
        return 0;
}

static int print_table(const WgpCli *cli, const WgpProfileSet *set) {
        Widths w = measure(set);

        if (set->n_items == 0) {
                printf("No profiles.\n");
                return 0;
        }

        printf("%s%-*s  %-*s  %-*s  %-*s  PATH%s\n", wgp_terminal_colour(&cli->out, WGP_COLOUR_BOLD), (int) w.name,
                        "NAME", (int) w.format, "FORMAT", (int) w.autoconnect, "AUTOCONNECT", (int) w.verdict,
                        "VERDICT", wgp_terminal_reset(&cli->out, WGP_COLOUR_BOLD));
        for (size_t i = 0; i < set->n_items; i++) {
                int r;

                r = print_line(cli, &w, set->items + i);
                if (r < 0)
                        return r;
        }
        return 0;
}

static int print_json(const WgpProfileSet *set) {
        _cleanup_(json_decrefp) json_t *json = json_pack("{s:[]}", "profiles");

        for (size_t i = 0; json && i < set->n_items; i++) {
                json_t *item = wgp_loaded_json(set->items + i);

                if (!item || json_array_append_new(json_object_get(json, "profiles"), item) < 0)
                        return -ENOMEM;
        }
        return wgp_json_print(json);
}

/* What systemd, the records and the kernel say, of profiles that no tunnel was made of as well. */
static int print_overview(const WgpCli *cli) {
        _cleanup_(wgp_look_done) WgpLook look = WGP_LOOK_NULL;
        int r;

        r = wgp_look_at_all(cli, /* unused= */ true, &look);
        if (r != 0)
                return r;
        if (!cli->no_pager)
                wgp_pager_open();
        return wgp_overview_print(&look, /* rates= */ false);
}

static int run_list(const WgpCli *cli) {
        _cleanup_(wgp_store_freep) WgpStore *store = NULL;
        _cleanup_(wgp_profile_set_done) WgpProfileSet set = WGP_PROFILE_SET_NULL;
        int r;

        if (!cli->json && !cli->root) /* a tree of files has no tunnels */
                return print_overview(cli);
        r = wgp_cli_open_store(cli, &store);
        if (r != 0)
                return r;
        r = wgp_profile_set_add_all(cli, store, &set);
        if (r >= 0)
                r = wgp_profile_set_verify(&set);
        if (r >= 0)
                r = wgp_cli_print_diagnostics(cli, &set.diagnostics);
        if (r < 0)
                return r;
        return cli->json ? print_json(&set) : print_table(cli, &set);
}

const WgpVerb wgp_verb_list = {
        .name = "list",
        .synopsis = "list",
        .summary = "all profiles, those of other programs as well, a line each",
        .options = CLI_OPTION_LEGEND,
        .examples = "  wg-profile list\n"
                    "  wg-profile list --json | jq -r '.profiles[] | select(.autoconnect) | .name'\n",
        .exits = "  0  done\n",
        .run = run_list,
};
