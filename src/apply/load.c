/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Load: finding and reading the profile, and asking the system what its names mean. */

#include "apply/load.h"

#include <net/if.h>

#include "apply/report.h"
#include "system/name-lookup.h"
#include "system/profile-store.h"

/* --- names that the system knows --- */

static int report_name(const WgpRun *run, WgpOrigin origin, const char *what, const char *name) {
        _cleanup_(freep) char *place = wgp_run_place(run, origin);

        wgp_report_error("%sThis system knows no %s '%s'.", place ?: "", what, name);
        return WGP_EXIT_INVALID;
}

/* What the parsers had to leave open, because there is no file to look it up in. */
static int refuse_unknown_names(const WgpRun *run) {
        const WgpProfile *profile = run->profile;

        if (profile->listen_service)
                return report_name(run, profile->listen_port_origin, "service", profile->listen_service);
        if (profile->table.name)
                return report_name(run, profile->table.origin, "routing table", profile->table.name);
        for (size_t i = 0; i < profile->n_peers; i++)
                if (profile->peers[i].endpoint.service)
                        return report_name(run, profile->peers[i].endpoint.origin, "service",
                                        profile->peers[i].endpoint.service);
        return 0;
}

/* "fe80::1%eth0" */
static int look_up_scopes(WgpRun *run) {
        for (size_t i = 0; i < run->profile->n_peers; i++) {
                WgpEndpoint *endpoint = &run->profile->peers[i].endpoint;
                _cleanup_(freep) char *place = NULL;

                if (!endpoint->scope)
                        continue;
                endpoint->address.in6.sin6_scope_id = if_nametoindex(endpoint->scope);
                if (endpoint->address.in6.sin6_scope_id > 0)
                        continue;
                place = wgp_run_place(run, endpoint->origin);
                wgp_report_error("%sThe endpoint is reached over the interface '%s', which does not exist.",
                                place ?: "", endpoint->scope);
                return WGP_EXIT_FAILED;
        }
        return 0;
}

/* --- the profile --- */

static void report_absent(WgpStore *store, const char *name) {
        _cleanup_(freep) char *names = NULL;

        if (wgp_store_format_names(store, &names) < 0 || !names || !*names)
                wgp_report_error("There is no profile '%s', and no other one.", name);
        else
                wgp_report_error("There is no profile '%s'. There are: %s.", name, names);
}

static int report_condition(WgpStore *store, const char *name, int condition) {
        switch (condition) {
        case WGP_STORE_E_ABSENT:
                report_absent(store, name);
                return WGP_EXIT_NO_PROFILE;
        case WGP_STORE_E_BAD_NAME:
                return WGP_EXIT_NO_PROFILE;
        case WGP_STORE_E_MASKED:
                wgp_report_error("The profile '%s' is masked: its file is empty, or a link to /dev/null.", name);
                return WGP_EXIT_NO_PROFILE;
        default:
                return WGP_EXIT_INVALID;
        }
}

static int load_from(WgpRun *run, WgpStore *store, WgpDiagnostics *diagnostics, bool partly) {
        WgpStoreItem item = WGP_STORE_ITEM_NULL;
        int r;

        r = wgp_store_find(store, run->name, diagnostics, &item);
        if (r == 0) {
                r = wgp_store_load(store, &item, diagnostics, &run->profile);
                wgp_store_item_done(&item);
        }

        wgp_report_diagnostics(diagnostics);
        if (r < 0)
                wgp_report_error("Cannot read the profile '%s': %s.", run->name, strerror(-r));
        if (r == WGP_STORE_E_INVALID && partly)
                return 0;
        return r > 0 ? report_condition(store, run->name, r) : r;
}

/* What the profile relies on and this program does not do: a tunnel without it would not be the one that was asked
 * for. */
static int refuse_unsupported(const WgpRun *run) {
        const WgpProfile *profile = run->profile;
        _cleanup_(freep) char *place = NULL;
        WgpOrigin origin = {};
        const char *what = NULL;

        if (profile->netns) {
                origin = profile->netns_origin;
                what = "Network namespaces (Netns=) are";
        }
        if (!what)
                return 0;

        place = wgp_run_place(run, origin);
        wgp_report_error("%s%s not supported by this version.", place ?: "", what);
        return WGP_EXIT_UNSUPPORTED;
}

/* What this version leaves out of a tunnel that is of use without it: said, so that nobody relies on it. */
static void warn_left_out(const WgpRun *run) {
        const WgpProfile *profile = run->profile;

        if (profile->n_hooks > 0 && !wgp_profile_runs_hooks(profile))
                wgp_report_notice("The hooks of '%s' are not run: Hooks=no.", run->name);
        if (profile->save_config)
                wgp_report_warning("SaveConfig of '%s' is left out: this version never writes a profile.", run->name);
}

static int load(WgpRun *run, bool partly) {
        WgpLookup lookup = {};
        const WgpStoreOptions options = { .root = run->root, .lookup = &lookup };
        WgpDiagnostics diagnostics = WGP_DIAGNOSTICS_NULL;
        WgpStore *store;
        int r;

        r = wgp_name_lookup_open(run->root, &lookup);
        if (r >= 0)
                r = wgp_store_open(&options, &store);
        if (r < 0) {
                wgp_report_error("%s: %s.", run->root ?: "/", strerror(-r));
                return r;
        }
        r = load_from(run, store, &diagnostics, partly);
        wgp_store_free(store);
        wgp_name_lookup_close();
        wgp_diagnostics_done(&diagnostics);
        return r;
}

/* Reads what can be made out of a profile, errors or not, into run->profile. Returns as below. */
int wgp_load_partly(WgpRun *run) {
        return load(run, /* partly= */ true);
}

/* Reads the profile into run->profile. Returns 0, an exit code (reported), or a negative errno (reported, too). */
int wgp_load_profile(WgpRun *run) {
        int r;

        r = load(run, /* partly= */ false);
        if (r == 0)
                r = refuse_unsupported(run);
        if (r == 0)
                r = refuse_unknown_names(run);
        if (r == 0)
                r = look_up_scopes(run);
        if (r == 0)
                warn_left_out(run);
        return r;
}
