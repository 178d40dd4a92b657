/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Switches a run to another network namespace. The process stays in its own: sockets opened in the other namespace
 * work there. */

#include "apply/netns.h"

#include <linux/netlink.h>
#include <unistd.h>

#include "apply/routing-numbers.h"
#include "netlink/rt-message.h"
#include "system/netns.h"
#include "system/report.h"
#include "system/root-path.h"
#include "system/userspace.h"

/* Returns to this namespace, and forgets what was learnt of the other one. */
static void leave(WgpRun *run) {
        run->context.generic = wgp_nl_socket_free(run->context.generic);
        run->context.netfilter = wgp_nl_socket_free(run->context.netfilter);
        if (run->context.outside) {
                wgp_nl_socket_free(run->context.route);
                run->context.route = run->context.outside;
                run->context.outside = NULL;
        }
        if (run->context.netns >= 0)
                close(run->context.netns);
        run->context.netns = -EBADF;
        free(run->context.netns_name);
        run->context.netns_name = NULL;
        run->stray = (WgpLink) {};
        wgp_routing_numbers_close(run);
}

/* Has the run work in a network namespace, NULL: this one. Returns 0 or a negative errno, not
 * reported, that wgp_netns_refuse() can put into words; then the run works in this one. */
int wgp_netns_use(WgpRun *run, const char *name) {
        WgpNlSocket *route = NULL;
        int r;

        run->netns_gone = false;
        if (streq_ptr(name, run->context.netns_name))
                return 0;
        leave(run);
        if (!name)
                return 0;

        run->context.netns_name = strdup(name);
        r = run->context.netns_name ? wgp_netns_open(name, &run->context.netns) : -ENOMEM;
        if (r >= 0)
                r = wgp_context_open_socket(&run->context, NETLINK_ROUTE, &route);
        if (r < 0) {
                leave(run);
                return r;
        }
        run->context.outside = run->context.route;
        run->context.route = route;
        return 0;
}

/* Reports why the profile's network namespace cannot be used. Returns an exit code. */
int wgp_netns_refuse(const WgpRun *run, int error) {
        _cleanup_(freep) char *place = wgp_run_place(run, run->profile->netns_origin);
        const char *name = run->profile->netns;

        if (error == -ENOENT)
                wgp_report_error("%sThere is no network namespace '%s': nothing was changed. Make it with 'systemctl "
                                 "enable "
                                 "--now wg-profile-netns@%s.service', or with 'ip netns add %s'.",
                                place ?: "", name, name, name);
        else if (error == -EMEDIUMTYPE)
                wgp_report_error(
                                "%s" WGP_NETNS_DIRECTORY
                                "/%s is not a network namespace: nothing was changed. Remove what is left of one with "
                                "'ip netns delete %s'.",
                                place ?: "", name, name);
        else if (error == -EPERM)
                wgp_report_error("%sThe network namespace '%s' may not be entered: nothing was changed. That needs "
                                 "CAP_SYS_ADMIN, which the unit gets by 'systemctl daemon-reload'.",
                                place ?: "", name);
        else
                wgp_report_error(
                                "%sCannot enter the network namespace '%s': %s.", place ?: "", name, strerror(-error));
        return error == -EPERM ? WGP_EXIT_DENIED : WGP_EXIT_FAILED;
}

/* Deletes run->stray, and waits for the end of its daemon. Returns 0 or a negative errno (reported). */
int wgp_netns_remove_stray(WgpRun *run) {
        _cleanup_(wgp_closep) int daemon = -EBADF;
        WgpRtBuffer buffer;
        int r;

        if (run->stray.ifindex == 0)
                return 0;
        (void) wgp_userspace_open(run->stray.name, &daemon);
        r = wgp_rt_link_encode_delete(&buffer, run->stray.ifindex);
        if (r >= 0)
                r = wgp_nl_socket_request(run->context.outside, &buffer.header, NULL, NULL);
        if (r < 0 && r != -ENODEV) {
                wgp_report_error("Cannot delete the link %s, which was not moved to '%s': %s.", run->stray.name,
                                run->context.netns_name, strerror(-r));
                return r;
        }
        if (daemon >= 0)
                (void) wgp_userspace_wait(daemon);
        run->stray = (WgpLink) {};
        return 0;
}
