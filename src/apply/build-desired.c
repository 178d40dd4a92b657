/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Builds the desired state of the profile, with the routing numbers and the MTU that only this machine can tell. */

#include "apply/build-desired.h"

#include "apply/ipv6.h"
#include "apply/link-local.h"
#include "apply/mtu.h"
#include "apply/recover.h"
#include "apply/routing-numbers.h"
#include "apply/vrf.h"
#include "model/prefix.h"
#include "system/report.h"

/* Whether the MTU of a running tunnel stays: until an endpoint changes, the resolver watches the paths. */
static bool keeps_mtu(const WgpRun *run) {
        const WgpDevice *recorded = &run->state.network.device;
        size_t n = 0;

        if (!run->has_state || !run->state.complete || !run->state.automatic_mtu || run->actual.link.mtu == 0)
                return false;
        for (size_t i = 0; i < run->profile->n_peers; i++) {
                const WgpSockaddr *endpoint = &run->profile->peers[i].endpoint.address;

                if (endpoint->family == AF_UNSPEC || run->profile->peers[i].is_self)
                        continue;
                /* The record is in the order of the profile that was applied. */
                if (n >= recorded->n_peers || !wgp_sockaddr_equal(&recorded->peers[n++].endpoint, endpoint))
                        return false;
        }
        return n == recorded->n_peers;
}

static void choose_link_local(const WgpRun *run, WgpDesiredInput *input) {
        int r;

        if (run->profile->ipv6.method != WGP_METHOD_LINK_LOCAL)
                return;
        r = wgp_link_local_address(run->profile->ifname, &input->link_local);
        if (r < 0)
                wgp_report_warning(
                                "'%s' gets no link-local address, since this system has no machine-id(5) to derive it "
                                "from: %s.",
                                run->name, strerror(-r));
}

/* A tunnel without link and record may have left rules: then it keeps their numbers. */
static int find_left_behind(WgpRun *run) {
        if (run->has_state || run->record != WGP_STATE_E_ABSENT || run->actual.link.ifindex > 0)
                return 0;
        return wgp_recover(run, run->profile->ifname, run->profile);
}

/* Builds run->desired out of run->profile. run->actual.link has been looked for. Returns 0, an exit code or a negative
 * errno (both reported). */
int wgp_build_desired(WgpRun *run) {
        WgpDesiredInput input = { .resolvconf = run->resolvconf };
        int r;

        r = wgp_vrf_choose(run, &input);
        if (r != 0)
                return r;
        choose_link_local(run, &input);
        if (run->has_state && run->actual.link.ifindex > 0)
                input.metric = run->state.network.metric;
        r = wgp_desired_build(run->profile, &input, &run->desired);
        if (r == WGP_DESIRED_E_NEEDS_MARK) {
                r = find_left_behind(run);
                if (r >= 0)
                        r = wgp_routing_numbers_choose(run, &input);
                if (r < 0)
                        return r;
                r = wgp_desired_build(run->profile, &input, &run->desired);
        }
        if (r < 0) {
                wgp_report_error("Cannot build the desired state of '%s': %s.", run->name, strerror(-r));
                return r;
        }
        wgp_ipv6_leave_out(run);
        if (run->profile->mtu == 0)
                run->desired.link.mtu = keeps_mtu(run) ? run->actual.link.mtu : wgp_mtu_find(run);
        return 0;
}
