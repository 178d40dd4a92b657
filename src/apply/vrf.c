/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Finds the VRF of a profile, and puts links back into it. */

#include "apply/vrf.h"

#include "apply/gather.h"
#include "system/report.h"

/* Returns 0, -ENODEV: there is no link of that name, -EMEDIUMTYPE: it is not a VRF, or another negative errno. */
static int find(WgpRun *run, const char *name, WgpLink *ret) {
        int r;

        r = wgp_gather_link(&run->context, name, ret);
        if (r < 0)
                return r;
        if (ret->ifindex == 0)
                return -ENODEV;
        return streq(ret->kind, "vrf") ? 0 : -EMEDIUMTYPE;
}

static WgpOrigin origin_of(const WgpProfile *profile) {
        return profile->vrf ? profile->vrf_origin : profile->controller_origin;
}

/* Looks for the VRF that the profile names, if it does. Returns 0, an exit code, or a negative errno (both
 * reported). */
int wgp_vrf_choose(WgpRun *run, WgpDesiredInput *input) {
        const char *name = wgp_profile_vrf(run->profile);
        _cleanup_(freep) char *place = NULL;
        WgpLink vrf = {};
        int r;

        if (!name)
                return 0;
        r = find(run, name, &vrf);
        if (r >= 0) {
                input->vrf = vrf.ifindex;
                input->vrf_table = vrf.vrf_table;
                return 0;
        }

        place = wgp_run_place(run, origin_of(run->profile));
        if (r == -ENODEV)
                wgp_report_error("%sThere is no VRF '%s': nothing was changed. Make it first, with systemd.netdev(5), "
                                 "or with "
                                 "'ip link add %s type vrf table N' and 'ip link set %s up'.",
                                place ?: "", name, name, name);
        else if (r == -EMEDIUMTYPE)
                wgp_report_error("%sThe link '%s' is not a VRF (kind '%s'): nothing was changed.", place ?: "", name,
                                *vrf.kind ? vrf.kind : "hardware");
        else
                wgp_report_error("%sCannot look for the VRF '%s': %s.", place ?: "", name, strerror(-r));
        return r == -ENODEV || r == -EMEDIUMTYPE ? WGP_EXIT_FAILED : r;
}

/* Updates a recorded link, whose VRF may have been created again since. Without the VRF the link stays where it is.
 * Returns 0 or a negative errno. */
int wgp_vrf_find_again(WgpRun *run, WgpLink *link) {
        WgpLink vrf = {};
        int r;

        if (!*link->master_name)
                return 0;
        r = find(run, link->master_name, &vrf);
        if (r < 0 && r != -ENODEV && r != -EMEDIUMTYPE)
                return r;
        link->master = r == 0 ? vrf.ifindex : 0;
        if (r < 0)
                wgp_report_warning("The VRF '%s' is gone: make it again, then restart the tunnel.", link->master_name);
        return 0;
}
