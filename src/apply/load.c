/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Finds and reads the profile, and looks up its names in the system's files. */

#include "apply/load.h"

#include <net/if.h>

#include "system/name-lookup.h"
#include "system/profile-store.h"
#include "system/report.h"

/* --- names --- */

static int report_name(const WgpRun *run, WgpOrigin origin, const char *what, const char *name) {
        _cleanup_(freep) char *place = wgp_run_place(run, origin);

        wgp_report_error("%sNot known on this system: %s '%s'.", place ?: "", what, name);
        return WGP_EXIT_INVALID;
}

/* Refuses names that the parsers could not look up. */
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
static bool look_up_scope(WgpEndpoint *endpoint) {
        if (endpoint->scope)
                endpoint->address.in6.sin6_scope_id = if_nametoindex(endpoint->scope);
        return !endpoint->scope || endpoint->address.in6.sin6_scope_id > 0;
}

/* An alternate endpoint without its interface is left out; the tunnel works without it. */
static int look_up_scopes(WgpRun *run) {
        for (size_t i = 0; i < run->profile->n_peers; i++) {
                WgpPeer *peer = run->profile->peers + i;
                _cleanup_(freep) char *place = NULL;

                for (size_t j = 0; j < peer->n_alternates; j++)
                        if (!look_up_scope(peer->alternates + j))
                                wgp_report_warning(
                                                "An alternate endpoint is reached over the interface '%s', which does "
                                                "not "
                                                "exist: it is left out.",
                                                peer->alternates[j].scope);
                if (look_up_scope(&peer->endpoint))
                        continue;
                place = wgp_run_place(run, peer->endpoint.origin);
                wgp_report_error("%sThe endpoint is reached over the interface '%s', which does not exist.",
                                place ?: "", peer->endpoint.scope);
                return WGP_EXIT_FAILED;
        }
        return 0;
}

/* --- the profile --- */

static void report_absent(WgpStore *store, const char *name) {
        _cleanup_(freep) char *names = NULL;

        if (wgp_store_format_names(store, &names) < 0 || !names || !*names)
                wgp_report_error("There is no profile '%s', and no other profile.", name);
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

/* Where profiles and names are looked up. */
typedef struct Source {
        WgpLookup lookup;
        WgpStore *store;
} Source;

static int source_open(const WgpRun *run, Source *source) {
        const WgpStoreOptions options = { .root = run->context.root, .lookup = &source->lookup, .make_digest = true };
        int r;

        r = wgp_name_lookup_open(run->context.root, &source->lookup);
        return r < 0 ? r : wgp_store_open(&options, &source->store);
}

static void source_done(Source *source) {
        wgp_store_free(source->store);
        wgp_name_lookup_close();
}

/* Has another file read in the profile's place; its drop-ins stay. */
static int use_text(const char *file, WgpStoreItem *item) {
        char *path = strdup(file);

        if (!path)
                return -ENOMEM;
        free(item->path);
        item->path = path;
        return 0;
}

static int find_and_load(const WgpRun *run, WgpStore *store, WgpDiagnostics *diagnostics, WgpProfile **ret) {
        WgpStoreItem item = WGP_STORE_ITEM_NULL;
        int r;

        r = wgp_store_find(store, run->name, diagnostics, &item);
        if (r == 0 && run->text)
                r = use_text(run->text, &item);
        if (r == 0)
                r = wgp_store_load(store, &item, diagnostics, ret);
        wgp_store_item_done(&item);
        return r;
}

static int load_from(WgpRun *run, WgpStore *store, WgpDiagnostics *diagnostics, bool partly) {
        int r = find_and_load(run, store, diagnostics, &run->profile);

        wgp_report_diagnostics(diagnostics);
        if (r < 0)
                wgp_report_error("Cannot read the profile '%s': %s.", run->name, strerror(-r));
        if (r == -EACCES) /* this user may not read the file */
                r = -EPERM;
        if ((r == WGP_STORE_E_INVALID || r == WGP_STORE_E_AMBIGUOUS) && run->profile && partly)
                return 0;
        return r > 0 ? report_condition(store, run->name, r) : r;
}

static void notice_hooks(const WgpRun *run) {
        const WgpProfile *profile = run->profile;

        if (profile->n_hooks > 0 && !wgp_profile_runs_hooks(profile))
                wgp_report_notice("The hooks of '%s' are not run: Hooks=no.", run->name);
}

static int load(WgpRun *run, bool partly) {
        _cleanup_(wgp_diagnostics_done) WgpDiagnostics diagnostics = WGP_DIAGNOSTICS_NULL;
        _cleanup_(source_done) Source source = {};
        int r;

        r = source_open(run, &source);
        if (r < 0) {
                wgp_report_error("%s: %s.", run->context.root ?: "/", strerror(-r));
                return r;
        }
        return load_from(run, source.store, &diagnostics, partly);
}

/* Reads a profile into run->profile as far as possible, despite errors. Returns as below. */
int wgp_load_partly(WgpRun *run) {
        return load(run, /* partly= */ true);
}

/* Whether there may be a profile that cannot be read: it exists but is unreadable, or its existence cannot be checked.
 */
bool wgp_load_may_be_hidden(const WgpRun *run) {
        _cleanup_(wgp_diagnostics_done) WgpDiagnostics ignored = WGP_DIAGNOSTICS_NULL;
        _cleanup_(wgp_store_item_done) WgpStoreItem item = WGP_STORE_ITEM_NULL;
        _cleanup_(wgp_profile_freep) WgpProfile *profile = NULL;
        _cleanup_(source_done) Source source = {};
        WgpStoreKind kind;
        int r;

        r = source_open(run, &source);
        if (r >= 0)
                r = wgp_store_find(source.store, run->name, &ignored, &item);
        if (r == 0)
                r = wgp_store_load(source.store, &item, &ignored, &profile);
        if (r == WGP_STORE_E_UNREADABLE)
                return wgp_store_find_kind(source.store, &item, &kind) < 0 || kind == WGP_STORE_KIND_FILE;
        return r < 0;
}

/* Reads the profile into run->profile. Returns 0, an exit code or a negative errno (both reported). */
int wgp_load_profile(WgpRun *run) {
        int r;

        r = load(run, /* partly= */ false);
        if (r == 0)
                r = refuse_unknown_names(run);
        if (r == 0)
                r = look_up_scopes(run);
        if (r == 0)
                notice_hooks(run);
        return r;
}

/* "*ret" may be set even when there are errors. */
static int load_silently(const WgpRun *run, WgpProfile **ret) {
        _cleanup_(wgp_diagnostics_done) WgpDiagnostics ignored = WGP_DIAGNOSTICS_NULL;
        _cleanup_(source_done) Source source = {};
        int r;

        r = source_open(run, &source);
        return r < 0 ? r : find_and_load(run, source.store, &ignored, ret);
}

/* Reads the present profile without messages. "*ret" is freed by the caller. Returns 0, a condition of
 * wgp_store_find() or wgp_store_load(), or a negative errno. */
int wgp_load_again(const WgpRun *run, WgpProfile **ret) {
        _cleanup_(wgp_profile_freep) WgpProfile *profile = NULL;
        int r;

        r = load_silently(run, &profile);
        if (r == 0)
                *ret = TAKE_PTR(profile);
        return r;
}

/* The same for a profile that may have errors: "*ret" is as much as could be read, NULL: nothing. Returns 0, or a
 * negative errno. */
int wgp_load_quietly(const WgpRun *run, WgpProfile **ret, bool *ret_valid) {
        _cleanup_(wgp_profile_freep) WgpProfile *profile = NULL;
        int r;

        r = load_silently(run, &profile);
        if (r < 0)
                return r;
        *ret_valid = r == 0;
        *ret = TAKE_PTR(profile);
        return 0;
}
