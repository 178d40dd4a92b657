/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Chooses the DNS manager and tells it about the link: systemd-resolved if it runs, else resolvconf(8). Without
 * either, a profile with DNS servers is refused before anything is changed. */

#include "apply/dns.h"

#include <stdio.h>
#include <unistd.h>

#include "apply/bus.h"
#include "apply/helper.h"
#include "apply/operation-report.h"
#include "apply/resolvconf.h"
#include "apply/resolved.h"
#include "model/dns.h"
#include "system/report.h"

static WgpOrigin origin_of(const WgpProfile *profile) {
        return profile->n_dns_servers > 0 ? profile->dns_servers[0].origin : profile->dns_domains[0].origin;
}

/* --- choosing --- */

static int refuse(const WgpRun *run, WgpOrigin origin, const char *text) {
        _cleanup_(freep) char *place = wgp_run_place(run, origin);

        wgp_report_error("%s%s", place ?: "", text);
        return WGP_EXIT_UNSUPPORTED;
}

/* Refuses settings that resolv.conf(5) cannot express: without them names might reach other servers. */
static int check_resolvconf(const WgpRun *run) {
        const WgpProfile *profile = run->profile;

        for (size_t i = 0; i < profile->n_dns_servers; i++)
                if (profile->dns_servers[i].port > 0 && profile->dns_servers[i].port != 53)
                        return refuse(run, profile->dns_servers[i].origin,
                                        "A name server with a port needs systemd-resolved, which is not running: "
                                        "nothing was changed. Start it, or remove the port.");
        if (profile->dns_over_tls + 1 == WGP_DNS_YES)
                return refuse(run, origin_of(profile),
                                "DNS over TLS needs systemd-resolved, which is not running: nothing was changed. "
                                "Start it, or remove 'dns-over-tls'.");
        /* The unit's sandbox would keep it from writing /etc/resolv.conf. */
        if (!wgp_helper_is_allowed(WGP_HELPER_RESOLVCONF))
                return refuse(run, origin_of(profile),
                                "The unit's sandbox does not let resolvconf run: nothing was changed. Start "
                                "systemd-resolved; or "
                                "disable it, and run 'systemctl daemon-reload'.");
        return 0;
}

static int choose_resolvconf(WgpRun *run, const char *program) {
        const char *recorded = run->has_state ? run->state.network.dns.resolvconf : NULL;
        int r;

        r = check_resolvconf(run);
        if (r != 0)
                return r;
        if (recorded) {
                run->resolvconf = strdup(recorded);
                return run->resolvconf ? 0 : -ENOMEM;
        }
        return wgp_resolvconf_make_entry(run->context.root, program, run->profile->ifname, &run->resolvconf);
}

static void warn_left_out(const WgpRun *run) {
        const WgpProfile *profile = run->profile;

        for (size_t i = 0; i < profile->n_dns_servers; i++) {
                const WgpDnsServer *server = profile->dns_servers + i;
                _cleanup_(freep) char *place = NULL;

                if (wgp_dns_server_fits(profile, server, run->resolvconf))
                        continue;
                place = wgp_run_place(run, server->origin);
                if (server->scope)
                        wgp_report_warning(
                                        "%sThe name server on '%s' is left out: systemd-resolved takes servers of the "
                                        "tunnel's own link only.",
                                        place ?: "", server->scope);
                else
                        wgp_report_warning("%sA name server is left out: its address is unspecified, or that of "
                                           "systemd-resolved itself.",
                                        place ?: "");
        }
}

/* DNS managers know the links of this network namespace only. ip-netns(8) gives another namespace a resolv.conf of its
 * own: if there is one, nothing is missing. */
static void warn_of_netns(const WgpRun *run) {
        _cleanup_(freep) char *path = NULL;

        if (asprintf(&path, "%s/etc/netns/%s/resolv.conf", run->context.root ?: "", run->profile->netns) < 0)
                path = NULL;
        else if (access(path, F_OK) < 0)
                wgp_report_warning(
                                "The DNS settings of '%s' are left out: for programs in the network namespace '%s', "
                                "write "
                                "its name servers into %s.",
                                run->name, run->profile->netns, path);
}

/* Chooses the DNS manager for the profile: run->resolvconf is the link's name for resolvconf(8), NULL for
 * systemd-resolved. A tunnel keeps the manager of its record, which has been read. Returns 0, an exit code, or a
 * negative errno (both reported). */
int wgp_dns_find(WgpRun *run) {
        const WgpProfile *profile = run->profile;
        _cleanup_(freep) char *program = NULL;
        bool recorded;
        int r;

        if (profile->n_dns_servers + profile->n_dns_domains == 0)
                return 0;
        if (!wgp_desired_has_services(profile)) {
                warn_of_netns(run);
                return 0;
        }

        program = wgp_resolvconf_find();
        recorded = program && run->has_state && run->state.network.dns.resolvconf &&
                   wgp_helper_is_allowed(WGP_HELPER_RESOLVCONF);
        if (!recorded && wgp_resolved_is_there(&run->context))
                r = 0;
        else if (program)
                r = choose_resolvconf(run, program);
        else
                r = refuse(run, origin_of(profile),
                                "No DNS manager: systemd-resolved is not running and resolvconf is not installed. "
                                "Nothing was changed. Start systemd-resolved, install resolvconf or openresolv, or "
                                "remove the DNS settings.");
        if (r == 0)
                warn_left_out(run);
        else if (r < 0)
                wgp_report_error("Cannot choose a DNS manager: %s.", strerror(-r));
        return r;
}

/* Guesses, without a record, which DNS manager was told of the profile's settings, into run->resolvconf. */
void wgp_dns_find_again(WgpRun *run, const WgpProfile *profile) {
        _cleanup_(freep) char *program = NULL;

        if (profile->n_dns_servers + profile->n_dns_domains == 0 || !wgp_desired_has_services(profile))
                return;
        program = wgp_resolvconf_find();
        if (program && !wgp_resolved_is_there(&run->context))
                (void) wgp_resolvconf_make_entry(run->context.root, program, profile->ifname, &run->resolvconf);
}

/* --- telling --- */

static int tell_resolved(WgpRun *run, const WgpOperation *op, char **ret_error) {
        int r;

        r = op->type == WGP_OP_SET_DNS ?
                            wgp_resolved_set(&run->context, run->actual.link.ifindex, &op->dns, ret_error) :
                            wgp_resolved_revert(&run->context, run->actual.link.ifindex, ret_error);
        /* a stopped systemd-resolved has forgotten the link; and settings for it alone are no loss */
        if (r == WGP_BUS_E_ABSENT && (op->type == WGP_OP_REVERT_DNS || op->dns.n_servers + op->dns.n_domains == 0))
                return 0;
        return r;
}

/* In a sandbox that no longer lets resolvconf(8) run, its settings cannot be taken back: the stop fails then. */
static int tell_resolvconf(WgpRun *run, const WgpOperation *op, char **ret_error) {
        if (op->type == WGP_OP_SET_DNS)
                return wgp_resolvconf_set(&op->dns, ret_error);
        if (wgp_helper_is_allowed(WGP_HELPER_RESOLVCONF))
                return wgp_resolvconf_revert(&op->dns, ret_error);
        wgp_report_warning(
                        "The unit's sandbox no longer lets resolvconf run, which still has the tunnel's name servers: "
                        "run 'resolvconf -d %s -f'.",
                        op->dns.resolvconf);
        run->hook_failed = true;
        return 0;
}

/* Returns 0, or the exit code of a failure (reported). */
int wgp_dns_execute(WgpRun *run, const WgpOperation *op) {
        _cleanup_(freep) char *error = NULL;
        int r;

        r = wgp_context_before_change(&run->context);
        if (r < 0)
                return wgp_operation_fail(run, op, strerror(-r));

        r = op->dns.resolvconf ? tell_resolvconf(run, op, &error) : tell_resolved(run, op, &error);
        return r == 0 ? 0 : wgp_operation_fail(run, op, error ?: wgp_bus_error(r));
}
